// The gates explorer: the cell at one step, then the text from left to right with gates, states, answers and the gradient.
import { control, defineExplorer } from "../_core/define.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { group, hint, paragraph, player, stage } from "../_core/parts.js";
import { mixColor } from "../_core/theme.js";
import { clipped, drawLine, drawMark } from "../_draw/layers.js";
import { above } from "../_draw/panes.js";
import { drawLabel, linearScale, logScale, setText, strokeSegment } from "../_draw/scales.js";
import { argmax } from "../_math/nn.js";
import { drawCell, gateColors } from "./cell.js";
import { countRight, gradientBack, readText } from "./model.js";

const SETTINGS = ["forget_bias", "input_bias", "output_bias", "forget_gate", "input_gate", "output_gate"];
const BARS = [["i", "input gate i"], ["f", "forget gate f"], ["o", "output gate o"], ["g", "candidate g"], ["c", "cell state c"], ["h", "hidden state h"]];
const FLOOR = 1e-5; // of the logarithmic axis
const SIDE = 96; // px for the rows' names
const NARROW = 460; // px of width below which names are letters alone

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const gates = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
  const key = JSON.stringify([gates, get("text")]);
  const cell = get("data");
  if (key !== scene.key) Object.assign(scene, { key, steps: readText(cell, get("text"), gates) });
  scene.unit = get("unit") - 1;
  scene.move = get("move");
  scene.step = Math.max(0, Math.min(get("step"), scene.steps.length - 1));
  scene.back = scene.steps.length ? gradientBack(cell, scene.steps, scene.step, scene.unit, gates) : null;
  scene.reach = Math.max(1, ...scene.steps.map(({ c }) => Math.abs(c[scene.unit])));
}

/** Where everything stands: { x (a scale: the middle of step t), column, left, rows: { name: [top, height] } }. */
function layoutOf(scene, width, height) {
  const left = width < NARROW ? 32 : SIDE;
  const column = (width - left - 4) / Math.max(1, scene.steps.length);
  const weights = { signs: 24, i: 26, f: 26, o: 26, g: 30, c: 38, h: 30, answer: 60, gradient: 90 };
  const gap = 6;
  const total = Object.values(weights).reduce((a, b) => a + b);
  const scale = (height - gap * (Object.keys(weights).length - 1)) / total;
  const rows = {};
  let y = 0;
  for (const [name, weight] of Object.entries(weights)) {
    rows[name] = [y, weight * scale];
    y += weight * scale + gap;
  }
  const x = linearScale([-0.5, scene.steps.length - 0.5], [left, left + column * scene.steps.length]);
  return { left, column, rows, x };
}

function drawAll(ctx, width, height, theme, scene) {
  if (!scene.steps.length) return drawLabel(ctx, "Type a text: A to D, a to d, full stops, question marks.", width / 2, height / 2, theme, { align: "center" });
  const layout = layoutOf(scene, width, height);
  const { column, x, rows } = layout;
  const bottom = rows.gradient[0] + rows.gradient[1];
  ctx.fillStyle = mixColor(theme.bg, theme.accent, 0.16);
  ctx.fillRect(x(scene.step - 0.5), 0, column, bottom);
  drawSigns(ctx, layout, theme, scene);
  for (const [name, label] of BARS) drawBars(ctx, layout, theme, scene, name, width < NARROW ? name : label);
  drawAnswers(ctx, layout, theme, scene, width < NARROW ? "" : "answer");
  drawGradient(ctx, layout, theme, scene, width);
}

/** The cell of the unit at the step shown. */
function drawNow(ctx, width, height, theme, { steps, step, unit, move }) {
  if (!steps.length) return;
  const now = Object.fromEntries(["f", "i", "o", "g", "c", "h"].map((name) => [name, steps[step][name][unit]]));
  drawCell(ctx, width, height, theme, { ...now, before: step ? steps[step - 1].c[unit] : 0 }, move);
}

function drawSigns(ctx, { x, column, rows }, theme, { steps }) {
  const [top, size] = rows.signs;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  steps.forEach(({ sign, x: code, asked }, t) => {
    setText(ctx, theme, Math.min(16, column * 0.9, size * 0.8), code[4] || asked ? 700 : 400);
    ctx.fillStyle = code[4] ? theme.text : asked ? theme.accent : theme.muted;
    ctx.fillText(sign, x(t), top + size / 2);
  });
}

/** One quantity of the unit over time as bars: gates from the bottom, 0 to 1; the others from the middle, up or down. */
function drawBars(ctx, { x, column, rows, left }, theme, { steps, unit, reach }, name, label) {
  const [top, size] = rows[name];
  const gate = "ifo".includes(name);
  const color = gateColors(theme)[name] ?? (name === "c" ? theme.text : theme.muted);
  const scale = name === "c" ? reach : 1;
  ctx.fillStyle = theme.surface;
  ctx.fillRect(left, top, column * steps.length, size);
  steps.forEach((step, t) => {
    const share = step[name][unit] / scale;
    const length = Math.max(1, (gate ? size : size / 2) * Math.abs(share));
    const from = gate ? top + size - length : share > 0 ? top + size / 2 - length : top + size / 2;
    ctx.fillStyle = color;
    ctx.fillRect(x(t - 0.5) + 1, from, Math.max(1, column - 2), length);
  });
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  const base = gate ? top + size : top + size / 2;
  strokeSegment(ctx, left, base, left + column * steps.length, base);
  drawLabel(ctx, label, 0, top + size / 2, theme, { baseline: "middle" });
}

/** The chances of the four letters after each step, as shades; a ring round the right one where it is asked. */
function drawAnswers(ctx, { x, column, rows, left }, theme, { steps }, label) {
  const [top, size] = rows.answer;
  const cell = size / 4;
  steps.forEach(({ p, asked, wanted }, t) => {
    p.forEach((chance, k) => {
      ctx.fillStyle = mixColor(theme.surface, theme.accent, 0.9 * chance);
      ctx.fillRect(x(t - 0.5) + 0.5, top + k * cell, column - 1, cell - 0.5);
    });
    if (!asked || wanted < 0) return;
    ctx.strokeStyle = argmax(p) === wanted ? theme.good : theme.bad;
    ctx.lineWidth = 2;
    ctx.strokeRect(x(t - 0.5) + 1, top + wanted * cell, column - 2, cell - 0.5);
  });
  drawLabel(ctx, label, 0, top + size / 2, theme, { baseline: "middle" });
  [..."ABCD"].forEach((letter, k) => drawLabel(ctx, letter, left - 5, top + (k + 0.5) * cell, theme, { align: "right", baseline: "middle", size: 10 }));
}

/** The gradient of the cell state shown, back to each step before it: by every way, and along the cell state alone. */
function drawGradient(ctx, { x, column, rows, left }, theme, { back, step, steps }, width) {
  const [top, size] = rows.gradient;
  const box = { x: left, y: top, width: column * steps.length, height: size };
  const most = Math.max(1, ...back.total.map(Math.abs));
  const y = logScale([FLOOR, 3 * most], [top + size, top]);
  ctx.fillStyle = theme.surface;
  ctx.fillRect(box.x, box.y, box.width, box.height);
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  for (const power of [0, -1, -2, -3, -4]) {
    strokeSegment(ctx, left, y(10 ** power), left + box.width, y(10 ** power));
    if (power % 2 === 0) drawLabel(ctx, power ? `10${power === -2 ? "⁻²" : "⁻⁴"}` : "1", left - 5, y(10 ** power), theme, { align: "right", baseline: "middle", size: 10 });
  }
  clipped(ctx, box, () => {
    const [direct, total] = [back.direct, back.total].map((values) => values.map((value) => Math.max(FLOOR / 10, Math.abs(value))));
    drawLine(ctx, null, direct, x, y, { color: theme.a, width: 2, dash: [4, 3] });
    drawLine(ctx, null, total, x, y, { color: theme.text, width: 2 });
    total.forEach((value, t) => drawMark(ctx, x(t), y(value), { radius: 2.2, fill: theme.text }));
  });
  const right = step > steps.length / 2;
  drawLabel(ctx, width < NARROW ? "gradient of c, back in time" : `gradient of c at step ${step + 1}, back to each step`, right ? left + 6 : left + box.width - 6, top + size - 4, theme, { align: right ? "left" : "right", baseline: "bottom" });
}

/** The step in words and numbers: { sums (the two equations filled in), text, bad (a wrong answer) }. */
function describeStep({ steps, step, unit, back, move }) {
  if (!steps.length) return { sums: "", text: "There is nothing to read.", bad: false };
  const at = steps[step];
  const [i, f, o, g, c, h] = ["i", "f", "o", "g", "c", "h"].map((name) => at[name][unit]);
  const before = step ? steps[step - 1].c[unit] : 0;
  const n = (value) => formatFixed(value, 2);
  const equations = {
    keep: `keep: f·c₋₁ = ${n(f)}·${n(before)} = ${n(f * before)}`,
    write: `write: i·g = ${n(i)}·${n(g)} = ${n(i * g)}`,
    add: `add: c = f·c₋₁ + i·g = ${n(f * before)} + ${n(i * g)} = ${n(c)}`,
    show: `show: h = o·tanh c = ${n(o)}·${n(Math.tanh(c))} = ${n(h)}`,
  };
  const whole = `c = f·c₋₁ + i·g = ${n(f)}·${n(before)} + ${n(i)}·${n(g)} = ${n(c)};  h = o·tanh c = ${n(o)}·${n(Math.tanh(c))} = ${n(h)}`;
  const sums = equations[move] ?? whole;
  const best = argmax(at.p);
  const answer = `it says ${"ABCD"[best]} (${formatNumber(100 * at.p[best], 2)}%)`;
  const wrong = at.asked && at.wanted >= 0 && best !== at.wanted;
  const verdict = at.asked && at.wanted >= 0 ? (wrong ? `, and ${"ABCD"[at.wanted]} was asked for` : ", which is right") : "";
  const far = `Of a change in c at step 1, ${formatNumber(100 * back.total[0], 2)}% arrives here; along the cell state alone ${formatNumber(100 * back.direct[0], 2)}% would.`;
  return { sums, text: `Step ${step + 1}, “${at.sign}”: ${answer}${verdict}. ${far}`, bad: wrong };
}

function summarise(scene) {
  const [right, asked] = countRight(scene.steps);
  return `${describeStep(scene).text} ${right} of ${asked} questions are answered right.`;
}

/** The last step of the text: keys may not wait for the next frame's scene. */
function lastStep(scene, get) {
  return [...get("text")].length - 1;
}

function timeScale(scene, width, height) {
  return layoutOf(scene, width, height).x;
}

function describeScore({ steps }) {
  const [right, asked] = countRight(steps);
  return `Questions answered right: ${right} of ${asked}.`;
}

export const { render, preview } = defineExplorer({
  title: "Gates explorer: a trained LSTM, step by step",
  scene: () => ({ key: "", steps: [], step: 0, unit: 0, move: "all", back: null, reach: 1 }),
  update: updateScene,
  say: summarise,
  top: [
    stage({ draw: drawNow, label: "The cell at the step shown: its gates and states", className: "d2l-cell" }),
    stage({
      draw: drawAll,
      label: "Gates, states, answers and gradient over time",
      className: "d2l-strip",
      scrub: { trait: "step", last: lastStep, scale: timeScale, text: (scene) => describeStep(scene).text },
    }),
    player({ trait: "step", last: lastStep }),
  ],
  bottom: [
    group(
      { name: "readout", className: "d2l-readout" },
      paragraph((scene) => describeStep(scene).sums, { className: "d2l-sums" }),
      paragraph(describeStep, { className: "d2l-answer" }),
      paragraph(describeScore, { className: "d2l-score" }),
    ),
    hint("The cell is at the step that is shaded; what passes a gate is as wide as the gate is open. i input gate, f forget gate, o output gate: 0 is shut, 1 is open. g candidate, c cell state, h hidden state: up or down from zero. Shades: the chances of A to D; a ring round the right one. At the bottom, on a logarithmic axis: how much of a change at each earlier step arrives (line), and by the forget gates alone (dashed)."),
  ],
  controls: ["forget_gate", "move", control("text", { resets: { step: 31 } }), "input_gate", "output_gate", "unit", "forget_bias", "input_bias", "output_bias"],
  preview: above(drawNow, drawAll, 0.34),
});
