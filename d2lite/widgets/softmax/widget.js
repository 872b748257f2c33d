// The softmax explorer: a row for each class with its logit, its power of e, its probability and the slope of the loss.
import { defineExplorer } from "../_core/define.js";
import { formatCounted, formatFixed, formatNumber } from "../_core/format.js";
import { addHandle } from "../_core/handles.js";
import { facts, hint, paragraph, player, stage } from "../_core/parts.js";
import { drawArrow } from "../_draw/paths.js";
import { drawLabel, linearScale, strokeSegment } from "../_draw/scales.js";
import { argmax } from "../_math/nn.js";
import { CLASSES, descend, pass } from "./model.js";

const REACH = 5.5; // logits shown to either side of the shift
const HEAD = 26; // px above the rows
const FOOT = 18; // px below them, for the logits' axis
const PARTS = [[0, 0.34], [0.38, 0.16], [0.56, 0.19], [0.79, 0.21]]; // of the width: where a column begins, how wide it is

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const names = ["temperature", "shift", "method", "lr"];
  const settings = Object.fromEntries(names.map((name) => [name, get(name)]));
  const truth = CLASSES.indexOf(get("target"));
  const logits = descend(get("logits"), truth, settings, get("step_count"));
  Object.assign(scene, { settings, truth, logits, steps: get("step_count") }, pass(logits, truth, settings));
  scene.broken = !scene.p.every(Number.isFinite);
}

/** A number as PyTorch prints what is none. */
const show = (value, decimals = 2) => (Number.isNaN(value) ? "nan" : Number.isFinite(value) ? formatFixed(value, decimals) : value > 0 ? "inf" : "−inf");

/** A probability with enough digits to tell it from 0 and 1. */
function chance(p) {
  const rest = Math.min(p, 1 - p);
  return show(p, !(rest > 0) || rest >= 0.01 ? 2 : rest >= 0.0005 ? 4 : 6);
}

function power(value) {
  return Number.isFinite(value) ? (value >= 0.01 && value < 1000 ? formatFixed(value, 2) : formatNumber(value, 2)) : show(value);
}

function summarise(scene) {
  const { truth, z, p, loss, broken, steps } = scene;
  const after = steps ? `After ${formatCounted(steps, "step")}: ` : "";
  if (broken) return `${after}${reason(scene)}`;
  const parts = CLASSES.map((name, k) => `${name} logit ${show(z[k], 1)}, probability ${chance(p[k])}`).join("; ");
  return `${after}${parts}. True is ${CLASSES[truth]}: loss ${show(loss)} nats.`;
}

/** Why there is no probability, if there is none. */
function reason({ broken, powers, logits }) {
  if (!broken) return "";
  if (!logits.every(Number.isFinite)) return "The logits are nan: a step was taken with a gradient that is nan. Press Reset.";
  if (powers.some((value) => value === Infinity)) return "A power of e is larger than any float32 (3.4·10³⁸): it becomes inf, and inf divided by inf is nan.";
  return powers.every((value) => value === 0)
    ? "Every power of e is smaller than any float32: all become 0, and 0 divided by 0 is nan."
    : "The powers of e add up to more than any float32 holds: inf.";
}

/** The columns of a picture: [x, width] each, and the rows' places. */
function layout({ settings }, width, height) {
  const columns = PARTS.map(([from, part]) => [4 + from * (width - 8), part * (width - 8)]);
  const tall = (height - HEAD - FOOT) / CLASSES.length;
  const middle = (k) => HEAD + (k + 0.6) * tall;
  const { shift } = settings;
  const [from, wide] = columns[0];
  return { columns, tall, middle, thick: Math.min(16, 0.3 * tall), x: linearScale([shift - REACH, shift + REACH], [from + 6, from + wide - 6]) };
}

/** e with its exponent, raised. */
function drawPowerHead(ctx, x, { temperature, method }, theme) {
  const top = method === "stable" ? "z − max" : "z";
  const exponent = temperature === 1 ? top : method === "stable" ? `(${top})/T` : "z/T";
  drawLabel(ctx, "e", x, 6, theme, { color: theme.text, size: 12 });
  drawLabel(ctx, exponent, x + 8, 1, theme, { color: theme.text, size: 9 });
}

function drawHeads(ctx, scene, { columns }, theme) {
  const style = { color: theme.text, size: 12 };
  drawLabel(ctx, "logit z", columns[0][0], 6, theme, style);
  drawPowerHead(ctx, columns[1][0], scene.settings, theme);
  const narrow = columns[2][1] < 110;
  drawLabel(ctx, narrow ? "probab. p" : "probability p", columns[2][0], 6, theme, style);
  const { temperature } = scene.settings;
  const slope = temperature === 1 ? "p − y" : "(p − y)/T";
  drawLabel(ctx, narrow ? slope : `slope ${slope}`, columns[3][0], 6, theme, style);
}

function fillBar(ctx, from, to, middle, thick, color, alpha = 1) {
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.fillStyle = color;
  ctx.fillRect(Math.min(from, to), middle - thick / 2, Math.abs(to - from), thick);
  ctx.restore();
}

/** A row's logit: a bar from the shift to where the handle is, and below it an arrow as long as the next step. */
function drawLogit(ctx, scene, place, k, theme) {
  const { x, columns: [[from, wide]], middle, tall, thick } = place;
  const { z, settings, truth, gradient } = scene;
  const y = middle(k);
  const label = k === truth ? `${CLASSES[k]} ✓` : CLASSES[k];
  const style = { color: theme.text, size: 12, baseline: "middle" };
  drawLabel(ctx, label, from, y - 0.42 * tall, theme, { ...style, weight: k === truth ? 700 : 400 });
  drawLabel(ctx, show(z[k], Math.abs(settings.shift) < 10 ? 2 : 1), from + wide, y - 0.42 * tall, theme, { ...style, align: "right" });
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(settings.shift), y - thick / 2 - 3, x(settings.shift), y + thick / 2 + 3);
  if (!Number.isFinite(z[k])) return;
  const end = clampTo(x, z[k]);
  fillBar(ctx, x(settings.shift), end, y, thick, theme.muted, 0.55);
  const next = clampTo(x, z[k] - settings.lr * gradient[k]);
  const below = y + Math.max(12, thick / 2 + 4);
  if (Number.isFinite(next)) drawArrow(ctx, [end, below], [next, below], gradient[k] < 0 ? theme.a : theme.b, { width: 2, least: 1 });
}

const clampTo = (scale, value) => Math.max(scale.range[0], Math.min(scale.range[1], scale(value)));

/** A row's probability as a bar from 0 to 1, and a tick at y, which is 1 for the true class and 0 for the others. */
function drawChance(ctx, scene, { columns, middle, tall, thick }, k, theme) {
  const [from, wide] = columns[2];
  const y = middle(k);
  const value = scene.p[k];
  const style = { color: Number.isFinite(value) ? theme.text : theme.bad, size: 12, baseline: "middle" };
  drawLabel(ctx, chance(value), from, y - 0.42 * tall, theme, style);
  fillBar(ctx, from, from + wide, y, thick, theme.line, 0.5);
  if (Number.isFinite(value)) fillBar(ctx, from, from + wide * value, y, thick, theme.accent);
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 2;
  const tick = from + (k === scene.truth ? wide : 0);
  strokeSegment(ctx, tick, y - thick / 2 - 4, tick, y + thick / 2 + 4);
}

/** A row's slope as a bar from the middle: to the right where descent lowers the logit, to the left where it raises it. */
function drawSlope(ctx, scene, { columns, middle, tall, thick }, k, theme) {
  const [from, wide] = columns[3];
  const [y, value] = [middle(k), scene.gradient[k]];
  const scale = linearScale([-1, 1], [from, from + wide]);
  const style = { color: Number.isFinite(value) ? theme.text : theme.bad, size: 12, baseline: "middle" };
  drawLabel(ctx, `${value > 0 ? "+" : ""}${show(value)}`, from, y - 0.42 * tall, theme, style);
  if (Number.isFinite(value)) fillBar(ctx, scale(0), clampTo(scale, value), y, thick, value < 0 ? theme.a : theme.b);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, scale(0), y - thick / 2 - 3, scale(0), y + thick / 2 + 3);
}

function drawRows(ctx, width, height, theme, scene) {
  const place = layout(scene, width, height);
  drawHeads(ctx, scene, place, theme);
  CLASSES.forEach((_, k) => {
    drawLogit(ctx, scene, place, k, theme);
    const [from] = place.columns[1];
    const lost = !Number.isFinite(scene.powers[k]);
    drawLabel(ctx, power(scene.powers[k]), from, place.middle(k), theme, { color: lost ? theme.bad : theme.text, size: width < 420 ? 11 : 12, baseline: "middle" });
    drawChance(ctx, scene, place, k, theme);
    drawSlope(ctx, scene, place, k, theme);
  });
  const { shift } = scene.settings;
  for (const value of [shift - 5, shift, shift + 5]) {
    drawLabel(ctx, formatNumber(value, 4), place.x(value), height - 2, theme, { align: "center", baseline: "bottom" });
  }
  if (scene.still) CLASSES.forEach((_, k) => drawDot(ctx, scene, place, k, theme));
}

/** What stands for a handle in a still picture. */
function drawDot(ctx, { z }, { x, middle }, k, theme) {
  ctx.beginPath();
  ctx.arc(clampTo(x, z[k]), middle(k), 6, 0, 2 * Math.PI);
  ctx.fillStyle = theme.accent;
  ctx.fill();
}

/** The logits at this moment as a start: those after the steps taken, or the given ones where these are lost. */
function startFrom(app, scene) {
  const { min, max } = app.entry("logits");
  if (!app.get("step_count")) return [...app.get("logits")];
  return scene.logits.map((value, k) => (Number.isFinite(value) ? Math.max(min, Math.min(max, value)) : app.get("logits")[k]));
}

/** A handle at the end of each logit's bar. */
function addLogits(app, chart, scene) {
  const { min, max } = app.entry("logits");
  const places = () => layout(scene, chart.width() || 1, chart.height() || 1);
  const put = (k, px) => {
    const value = places().x.invert(px) - app.get("shift");
    const logits = startFrom(app, scene);
    logits[k] = Math.max(min, Math.min(max, Math.round(20 * value) / 20));
    app.set({ logits, step_count: 0 });
  };
  CLASSES.forEach((name, k) => {
    const now = () => (app.get("step_count") ? scene.logits[k] : app.get("logits")[k]);
    addHandle(app, chart, {
      label: `Logit of ${name}`,
      at: () => [Number.isFinite(now()) ? clampTo(places().x, now() + app.get("shift")) : places().x(app.get("shift")), places().middle(k)],
      move: (px) => put(k, px),
      text: () => `${name}: logit ${show(scene.z[k])}, probability ${chance(scene.p[k])}`,
      step: 4,
    });
  });
  app.scope.on(chart.canvas, "click", (event) => {
    const [px, py] = chart.at(event);
    const { columns, tall } = places();
    const k = Math.floor((py - HEAD) / tall);
    if (px <= columns[0][0] + columns[0][1] && CLASSES[k]) put(k, px);
  });
}

function results({ truth, p, loss, broken }) {
  return [
    [`loss: −log p(${CLASSES[truth]})`, broken || !Number.isFinite(loss) ? { text: show(loss), bad: true } : `${show(loss)} nats`],
    ["chosen", broken ? { text: "none", bad: true } : CLASSES[argmax(p)]],
  ];
}

export const { render, preview } = defineExplorer({
  title: "Softmax explorer: four scores, four probabilities, a loss and a pull",
  update: updateScene,
  output: ({ p, gradient, broken }) => (broken ? { probabilities: [], gradient: [] } : { probabilities: [...p], gradient: [...gradient] }),
  say: summarise,
  top: [
    stage({ draw: drawRows, label: "A row for each class: logit, power of e, probability, slope of the loss", ratio: 1.5, className: "d2l-rows", use: addLogits }),
    player({ rest: ({ broken }) => broken }),
    facts(results, { name: "results" }),
  ],
  controls: ["target", "temperature", "shift", "method", "lr"],
  bottom: [
    paragraph((scene) => ({ text: reason(scene), bad: true })),
    hint("Drag the dots. A short upright line marks y: 1 for the true class, 0 for the others. The slope is the bar's end minus that line; arrows show the next step of descent on the logits."),
  ],
  preview: drawRows,
});
