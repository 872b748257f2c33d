// The gates explorer: the text from left to right; below each sign the gates, the cell state, the answer and the gradient.
import { addControl, addControls } from "../_core/controls.js";
import { make, writeText } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { clipped } from "../_draw/layers.js";
import { drawLabel, linearScale, logScale, setText, strokeSegment } from "../_draw/scales.js";
import { addStage } from "../_core/stage.js";
import { mixColor, plainTheme } from "../_core/theme.js";
import { addTransport } from "../_core/transport.js";
import { countRight, gradientBack, readText } from "./model.js";

const SETTINGS = ["forget_bias", "input_bias", "output_bias", "forget_gate", "input_gate", "output_gate"];
const BARS = [["i", "input gate i"], ["f", "forget gate f"], ["o", "output gate o"], ["g", "candidate g"], ["c", "cell state c"], ["h", "hidden state h"]];
const FLOOR = 1e-5; // of the logarithmic axis
const SIDE = 96; // px for the rows' names
const NARROW = 460; // px of width below which names are letters alone

function makeScene() {
  return { key: "", steps: [], step: 0, unit: 0, back: null, settings: null, reach: 1 };
}

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
  const key = JSON.stringify([settings, get("text")]);
  const cell = get("data");
  if (key !== scene.key) Object.assign(scene, { key, settings, steps: readText(cell, get("text"), settings) });
  scene.unit = get("unit") - 1;
  scene.step = Math.max(0, Math.min(get("step"), scene.steps.length - 1));
  scene.back = scene.steps.length ? gradientBack(cell, scene.steps, scene.step, scene.unit, settings) : null;
  scene.reach = Math.max(1, ...scene.steps.map(({ c }) => Math.abs(c[scene.unit])));
}

/** Where everything stands: { x(t), column, left, rows: { name: [top, height] } }. */
function layoutOf(scene, width, height) {
  const left = width < NARROW ? 32 : SIDE;
  const column = (width - left - 4) / Math.max(1, scene.steps.length);
  const weights = { signs: 24, i: 26, f: 26, o: 26, g: 30, c: 38, h: 30, answer: 50, gradient: 104 };
  const gap = 6;
  const total = Object.values(weights).reduce((a, b) => a + b);
  const scale = (height - gap * (Object.keys(weights).length - 1)) / total;
  const rows = {};
  let y = 0;
  for (const [name, weight] of Object.entries(weights)) {
    rows[name] = [y, weight * scale];
    y += weight * scale + gap;
  }
  return { left, column, rows, x: (t) => left + t * column };
}

function drawAll(ctx, width, height, theme, scene) {
  if (!scene.steps.length) return drawLabel(ctx, "Type a text: A to D, a to d, full stops, question marks.", width / 2, height / 2, theme, { align: "center" });
  const layout = layoutOf(scene, width, height);
  const { column, x, rows } = layout;
  const bottom = rows.gradient[0] + rows.gradient[1];
  ctx.fillStyle = mixColor(theme.bg, theme.accent, 0.16);
  ctx.fillRect(x(scene.step), 0, column, bottom);
  drawSigns(ctx, layout, theme, scene);
  for (const [name, label] of BARS) drawBars(ctx, layout, theme, scene, name, width < NARROW ? name : label);
  drawAnswers(ctx, layout, theme, scene, width < NARROW ? "" : "answer");
  drawGradient(ctx, layout, theme, scene, width);
}

function drawSigns(ctx, { x, column, rows }, theme, { steps }) {
  const [top, size] = rows.signs;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  steps.forEach(({ sign, x: code, asked }, t) => {
    setText(ctx, theme, Math.min(16, column * 0.9, size * 0.8), code[4] || asked ? 700 : 400);
    ctx.fillStyle = code[4] ? theme.b : asked ? theme.accent : theme.muted;
    ctx.fillText(sign, x(t) + column / 2, top + size / 2);
  });
}

/** One quantity of the unit over time as bars: gates from the bottom, 0 to 1; the others from the middle, up or down. */
function drawBars(ctx, { x, column, rows, left }, theme, { steps, unit, reach }, name, label) {
  const [top, size] = rows[name];
  const gate = "ifo".includes(name);
  const color = gate ? theme.a : name === "c" ? theme.b : theme.good;
  const scale = name === "c" ? reach : 1;
  ctx.fillStyle = theme.surface;
  ctx.fillRect(left, top, column * steps.length, size);
  steps.forEach((step, t) => {
    const share = step[name][unit] / scale;
    const length = Math.max(1, (gate ? size : size / 2) * Math.abs(share));
    const from = gate ? top + size - length : share > 0 ? top + size / 2 - length : top + size / 2;
    ctx.fillStyle = color;
    ctx.fillRect(x(t) + 1, from, Math.max(1, column - 2), length);
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
      ctx.fillRect(x(t) + 0.5, top + k * cell, column - 1, cell - 0.5);
    });
    if (!asked || wanted < 0) return;
    ctx.strokeStyle = p.indexOf(Math.max(...p)) === wanted ? theme.good : theme.bad;
    ctx.lineWidth = 2;
    ctx.strokeRect(x(t) + 1, top + wanted * cell, column - 2, cell - 0.5);
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
  const middle = (t) => x(t) + column / 2;
  clipped(ctx, box, () => {
    drawPath(ctx, back.direct.map((value, t) => [middle(t), y(Math.max(FLOOR / 10, Math.abs(value)))]), theme.text, [4, 3]);
    drawPath(ctx, back.total.map((value, t) => [middle(t), y(Math.max(FLOOR / 10, Math.abs(value)))]), theme.b, []);
  });
  const right = step > steps.length / 2;
  drawLabel(ctx, width < NARROW ? "gradient of c, back in time" : `gradient of c at step ${step + 1}, back to each step`, right ? left + 6 : left + box.width - 6, top + size - 4, theme, { align: right ? "left" : "right", baseline: "bottom" });
}

function drawPath(ctx, points, color, dash) {
  ctx.strokeStyle = color;
  ctx.lineWidth = 2;
  ctx.setLineDash(dash);
  ctx.beginPath();
  points.forEach(([px, py], k) => (k ? ctx.lineTo(px, py) : ctx.moveTo(px, py)));
  ctx.stroke();
  ctx.setLineDash([]);
  for (const [px, py] of dash.length ? [] : points) {
    ctx.fillStyle = color;
    ctx.beginPath();
    ctx.arc(px, py, 2.2, 0, 2 * Math.PI);
    ctx.fill();
  }
}

/** The step in words and numbers: { sums (the two equations filled in), text, bad }. */
function describeStep({ steps, step, unit, back }) {
  if (!steps.length) return { sums: "", text: "There is nothing to read.", bad: false };
  const at = steps[step];
  const [i, f, o, g, c, h] = ["i", "f", "o", "g", "c", "h"].map((name) => at[name][unit]);
  const before = step ? steps[step - 1].c[unit] : 0;
  const n = (value) => formatFixed(value, 2);
  const sums = `c = f·c₋₁ + i·g = ${n(f)}·${n(before)} + ${n(i)}·${n(g)} = ${n(c)};  h = o·tanh c = ${n(o)}·${n(Math.tanh(c))} = ${n(h)}`;
  const best = at.p.indexOf(Math.max(...at.p));
  const said = `it says ${"ABCD"[best]} (${formatNumber(100 * at.p[best], 2)}%)`;
  const wrong = at.asked && at.wanted >= 0 && best !== at.wanted;
  const verdict = at.asked && at.wanted >= 0 ? (wrong ? `, and ${"ABCD"[at.wanted]} was asked for` : ", which is right") : "";
  const far = `Of a change in c at step 1, ${formatNumber(100 * back.total[0], 2)}% arrives here; along the cell state alone ${formatNumber(100 * back.direct[0], 2)}% would.`;
  return { sums, text: `Step ${step + 1}, “${at.sign}”: ${said}${verdict}. ${far}`, bad: wrong };
}

function summarise(scene) {
  const [right, asked] = countRight(scene.steps);
  return `${describeStep(scene).text} ${right} of ${asked} questions are answered right.`;
}

function addReadout(app, parent, scene) {
  const sums = make("p", { class: "d2l-sums" });
  const line = make("p", { class: "d2l-said" });
  const score = make("p", { class: "d2l-score" });
  const element = make("div", { class: "d2l-readout" }, sums, line, score);
  nameElement(app, "readout", element);
  parent.append(element);
  app.draw(() => {
    const { sums: filled, text, bad } = describeStep(scene);
    const [right, asked] = countRight(scene.steps);
    writeText(sums, filled);
    writeText(line, text);
    writeText(score, `Questions answered right: ${right} of ${asked}.`);
    line.classList.toggle("d2l-bad", bad);
  });
}

/** The step the trait asks for, within the text; keys may not wait for the next frame's scene. */
function stepNow(app) {
  return Math.max(0, Math.min(app.get("step"), [...app.get("text")].length - 1));
}

function forwardSteps(app, n) {
  const last = Math.max(0, [...app.get("text")].length - 1);
  const target = Math.min(last, stepNow(app) + n);
  app.set({ step: target }, { later: true });
  return target < last;
}

function addStrip(app, parent, scene) {
  const draw = (ctx, width, height, theme) => drawAll(ctx, width, height, theme, scene);
  const stage = addStage(app, parent, { draw, label: "Gates, states, answers and gradient over time", className: "d2l-strip" });
  addScrubber(app, stage, {
    label: "Step shown",
    value: () => stepNow(app),
    max: () => Math.max(0, scene.steps.length - 1),
    valueAt: (px) => {
      const { left, column } = layoutOf(scene, stage.width(), stage.height());
      return linearScale([0, 1], [left + column / 2, left + column * 1.5]).invert(px);
    },
    move: (step) => app.set({ step }),
    text: () => describeStep(scene).text,
  });
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Gates explorer: a trained LSTM, step by step" });
  const scene = makeScene();
  app.update(() => {
    updateScene(scene, app.get);
    app.say(summarise(scene));
  });
  app.body.classList.add("d2l-gates");
  const top = addControls(app, app.body, []);
  addControl(app, top, "text", { change: (text) => app.set({ text, step: app.entry("step").max }) });
  addControl(app, top, "unit");
  addStrip(app, app.body, scene);
  const hint = "Bars: the unit's gates from 0 to 1, the rest up or down from zero. Shades: the chances of A to D. Below, on a logarithmic axis: the gradient by every way (line) and along the cell state alone (dashed).";
  app.body.append(make("p", { class: "d2l-hint", text: hint }));
  addTransport(app, app.body, {
    forward: (n) => forwardSteps(app, n),
    back: (n) => app.set({ step: Math.max(0, stepNow(app) - n) }),
    reset: () => app.set({ step: 0 }),
  });
  addReadout(app, app.body, scene);
  addControls(app, app.body, ["forget_gate", "input_gate", "output_gate", "forget_bias", "input_bias", "output_bias"]);
  return app.close;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const scene = makeScene();
  updateScene(scene, (name) => state[name]);
  drawAll(ctx, width, height, plainTheme(themeName), scene);
}
