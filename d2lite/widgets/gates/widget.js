// The gates explorer: the cells at one step, then the text from left to right with gates, states, answers and the gradient.
import { control, defineExplorer } from "../_core/define.js";
import { formatNumber } from "../_core/format.js";
import { group, hint, paragraph, player, stage } from "../_core/parts.js";
import { mixColor } from "../_core/theme.js";
import { clipped, drawLine, drawMark } from "../_draw/layers.js";
import { above } from "../_draw/panes.js";
import { drawLabel, linearScale, logScale, setText, strokeSegment } from "../_draw/scales.js";
import { argmax } from "../_math/nn.js";
import { drawCell, gateColors } from "./cell.js";
import { drawGruCell } from "./grucell.js";
import { STATE, sumsOf, valuesAt } from "./equations.js";
import { countRight, gradientBack, readText } from "./model.js";

const SETTINGS = ["forget_bias", "input_bias", "output_bias", "forget_gate", "input_gate", "output_gate", "update_bias", "reset_bias", "update_gate", "reset_gate"];
const PAYLOADS = { LSTM: "data", GRU: "gru" };
/** The rows of a cell: a quantity, its name; first where it is alone, then beside the other. */
const ALONE = {
  LSTM: [["i", "input gate i"], ["f", "forget gate f"], ["o", "output gate o"], ["g", "candidate g"], ["c", "cell state c"], ["h", "hidden state h"]],
  GRU: [["z", "update gate z"], ["r", "reset gate r"], ["n", "candidate n"], ["h", "state h"]],
};
const PAIR = {
  LSTM: [["f", "LSTM forget f"], ["i", "LSTM input i"], ["o", "LSTM output o"], ["c", "LSTM cell c"]],
  GRU: [["z", "GRU update z"], ["r", "GRU reset r"], ["h", "GRU state h"]],
};
const GATES = "ifozr";
const HEIGHTS = { signs: 24, i: 26, f: 26, o: 26, z: 26, r: 26, g: 30, n: 30, c: 38, h: 30, answer: 60, gradient: 90 };
const FLOOR = 2e-7; // of the logarithmic axis
const STRIP = 14; // px above the curves for their name
const SIDE = 96; // px for the rows' names
const NARROW = 460; // px of width below which names are letters alone
const ROOM = 600; // px of width below which one cell is drawn of the two

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
  const kinds = kindsOf(get);
  const key = JSON.stringify([settings, kinds, get("text")]);
  if (key !== scene.key) {
    const readers = kinds.map((kind) => ({ kind, cell: get(PAYLOADS[kind]), rows: (kinds.length > 1 ? PAIR : ALONE)[kind] }));
    for (const reader of readers) reader.steps = readText(reader.cell, get("text"), settings);
    Object.assign(scene, { key, readers, steps: readers[0].steps });
  }
  scene.unit = get("unit") - 1;
  Object.assign(scene, { move: get("move"), alone: get("view") === "step", settings });
  scene.step = Math.max(0, Math.min(get("step"), scene.steps.length - 1));
  for (const reader of scene.readers) {
    reader.back = scene.steps.length ? gradientBack(reader.cell, reader.steps, scene.step, scene.unit, settings) : null;
    reader.reach = Math.max(1, ...reader.steps.map((step) => Math.abs(step[STATE[reader.kind]][scene.unit])));
  }
}

/** The cells shown. */
function kindsOf(get) {
  return get("cell") === "both" ? ["LSTM", "GRU"] : [get("cell")];
}

/** The heights of the rows by their keys, and a gap after each cell's. */
function rowHeights(readers) {
  const pair = readers.length > 1;
  const heights = [["signs", HEIGHTS.signs]];
  for (const { kind, rows } of readers) {
    for (const [name] of rows) heights.push([`${kind} ${name}`, HEIGHTS[name]]);
    heights.push([`${kind} answer`, pair ? 40 : HEIGHTS.answer]);
    if (pair) heights.push([`${kind} gap`, 6]);
  }
  return [...heights, ["gradient", pair ? 70 : HEIGHTS.gradient]];
}

/** Where everything stands: { x (a scale: the middle of step t), column, left, rows: { key: [top, height] } }. */
function layoutOf(scene, width, height) {
  const left = width < NARROW ? 32 : SIDE;
  const column = (width - left - 4) / Math.max(1, scene.steps.length);
  const heights = rowHeights(scene.readers);
  const gap = scene.readers.length > 1 ? 4 : 6;
  const total = heights.reduce((sum, [, size]) => sum + size, 0);
  const scale = (height - gap * (heights.length - 1)) / total;
  const rows = {};
  let y = 0;
  for (const [key, size] of heights) {
    rows[key] = [y, size * scale];
    y += size * scale + gap;
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
  for (const reader of scene.readers) {
    for (const [name, label] of reader.rows) drawBars(ctx, layout, theme, scene, reader, name, width < NARROW ? name : label);
    drawAnswers(ctx, layout, theme, reader, width < NARROW ? "" : "answer");
  }
  drawGradients(ctx, layout, theme, scene, width);
}

/** The cell of the unit at the step shown; of two cells both, where there is room. */
function drawNow(ctx, width, height, theme, { readers, step, unit, move }) {
  if (!readers[0].steps.length) return;
  const shown = width < ROOM ? readers.slice(-1) : readers;
  shown.forEach((reader, k) => {
    ctx.save();
    const gap = shown.length > 1 ? 20 : 0;
    const size = (width - gap) / shown.length;
    ctx.translate(k * (size + gap), 0);
    const draw = reader.kind === "GRU" ? drawGruCell : drawCell;
    draw(ctx, size, height, theme, valuesAt(reader, step, unit), readers.length > 1 ? "all" : move);
    if (readers.length > 1) drawLabel(ctx, reader.kind, 0, 2, theme, { baseline: "top", size: 12, weight: 700 });
    ctx.restore();
  });
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
function drawBars(ctx, { x, column, rows, left }, theme, { unit }, { kind, steps, reach }, name, label) {
  const [top, size] = rows[`${kind} ${name}`];
  const gate = GATES.includes(name);
  const colors = gateColors(theme);
  const scale = name === "c" ? reach : 1;
  const width = Math.max(1, column - 2);
  ctx.fillStyle = theme.surface;
  ctx.fillRect(left, top, column * steps.length, size);
  steps.forEach((step, t) => {
    const share = step[name][unit] / scale;
    const length = Math.max(1, (gate ? size : size / 2) * Math.abs(share));
    const from = gate ? top + size - length : share > 0 ? top + size / 2 - length : top + size / 2;
    ctx.fillStyle = gate ? colors[name] : name === STATE[kind] ? theme.text : theme.muted;
    ctx.fillRect(x(t - 0.5) + 1, from, width, length);
    if (name !== "z") return;
    ctx.fillStyle = colors.w; // what the update gate does not keep is written
    ctx.fillRect(x(t - 0.5) + 1, top, width, from - top);
  });
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  const base = gate ? top + size : top + size / 2;
  strokeSegment(ctx, left, base, left + column * steps.length, base);
  drawLabel(ctx, label, 0, top + size / 2, theme, { baseline: "middle" });
}

/** The chances of the four letters after each step, as shades; a ring round the right one where it is asked. */
function drawAnswers(ctx, { x, column, rows, left }, theme, { kind, steps }, label) {
  const [top, size] = rows[`${kind} answer`];
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
  [..."ABCD"].forEach((letter, k) => drawLabel(ctx, letter, left - 5, top + (k + 0.5) * cell, theme, { align: "right", baseline: "middle", size: Math.min(10, cell + 1) }));
}

/** The gradient of the state shown, back to each step before it: by every way, and along the state alone. */
function drawGradients(ctx, { x, column, rows, left }, theme, { readers, step, steps }, width) {
  const [start, whole] = rows.gradient;
  const [top, size] = [start + STRIP, whole - STRIP];
  const box = { x: left, y: top, width: column * steps.length, height: size };
  const most = Math.max(1, ...readers.flatMap(({ back }) => back.total.map(Math.abs)));
  const y = logScale([FLOOR, 3 * most], [top + size, top]);
  ctx.fillStyle = theme.surface;
  ctx.fillRect(box.x, box.y, box.width, box.height);
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  for (const [power, name] of [[0, "1"], [-2, "10⁻²"], [-4, "10⁻⁴"], [-6, "10⁻⁶"]]) {
    strokeSegment(ctx, left, y(10 ** power), left + box.width, y(10 ** power));
    drawLabel(ctx, name, left - 5, y(10 ** power), theme, { align: "right", baseline: "middle", size: 10 });
  }
  for (const reader of readers) clipped(ctx, box, () => drawGradient(ctx, x, y, theme, reader));
  const what = readers.length > 1 ? "the states" : STATE[readers[0].kind];
  drawLabel(ctx, width < NARROW ? `gradient of ${what}, back in time` : `gradient of ${what} at step ${step + 1}, back to each step`, left, start + 1, theme);
}

function drawGradient(ctx, x, y, theme, { kind, back }) {
  const [direct, total] = [back.direct, back.total].map((values) => values.map((value) => Math.max(FLOOR / 10, Math.abs(value))));
  const [color, shape] = kind === "GRU" ? [theme.accent, "diamond"] : [theme.text, "circle"];
  drawLine(ctx, null, direct, x, y, { color: kind === "GRU" ? theme.accent : theme.a, width: 2, dash: [4, 3] });
  drawLine(ctx, null, total, x, y, { color, width: 2 });
  total.forEach((value, t) => drawMark(ctx, x(t), y(value), { radius: shape === "circle" ? 2.2 : 3.2, fill: color, shape }));
}

/** The step in words and numbers: { sums (the equations filled in), text, bad (a wrong answer) }. */
function describeStep({ readers, steps, step, unit, move, alone, settings }) {
  if (!steps.length) return { sums: "", text: "There is nothing to read.", bad: false };
  const pair = readers.length > 1;
  const sums = readers.map((reader) => (pair ? `${reader.kind}: ` : "") + sumsOf(reader, step, unit, pair ? "all" : move, settings)).join("\n");
  const says = readers.map((reader) => answerOf(reader, step, pair ? `the ${reader.kind}` : "it"));
  const far = readers.map(({ kind, back }) => [kind, percentOf(back.total[0]), percentOf(back.direct[0])]);
  const [[kind, total, direct]] = far;
  const arrives = pair
    ? `Of a change in the state at step 1, ${far.map(([name, part]) => `${part} arrives here in the ${name}`).join(", ")}.`
    : `Of a change in ${STATE[kind]} at step 1, ${total} arrives here; along the ${kind === "GRU" ? "" : "cell "}state alone ${direct} would.`;
  return { sums, text: `Step ${step + 1}, “${steps[step].sign}”: ${says.map(({ text }) => text).join("; ")}.${alone ? "" : ` ${arrives}`}`, bad: says.some(({ bad }) => bad) };
}

/** A share in percent; so little that no reader wants its digits is nothing. */
function percentOf(share) {
  return share && Math.abs(share) < 1e-9 ? "next to nothing" : `${formatNumber(100 * share, 2)}%`;
}

/** What a network says at a step: { text, bad }. */
function answerOf({ steps }, step, who) {
  const at = steps[step];
  const best = argmax(at.p);
  const answer = `${who} says ${"ABCD"[best]} (${formatNumber(100 * at.p[best], 2)}%)`;
  if (!at.asked || at.wanted < 0) return { text: answer, bad: false };
  const bad = best !== at.wanted;
  return { text: `${answer}${bad ? `, and ${"ABCD"[at.wanted]} was asked for` : ", which is right"}`, bad };
}

function summarise(scene) {
  return `${describeStep(scene).text} ${describeScore(scene)}`;
}

/** The last step of the text: keys may not wait for the next frame's scene. */
function lastStep(scene, get) {
  return [...get("text")].length - 1;
}

function timeScale(scene, width, height) {
  return layoutOf(scene, width, height).x;
}

function describeScore({ readers }) {
  const parts = readers.map(({ kind, steps }) => `${readers.length > 1 ? `${kind} ` : ""}${countRight(steps).join(" of ")}`);
  return `Questions answered right: ${parts.join(", ")}.`;
}

const STEP = "What passes a gate is as wide as the gate is open. Thin lines: what a gate sees, x (solid) and the hidden states of the step before (dashed). Numbers: the moves of a step.";

const KEYS = {
  LSTM: "i input gate, f forget gate, o output gate: 0 is shut, 1 is open. g candidate, c cell state, h hidden state: up or down from zero.",
  GRU: "z update gate: blue is what is kept of the state, orange, 1−z, what is written. r reset gate: how much of the old states the candidate sees. n candidate, h state: up or down from zero.",
  both: "Blue keeps, orange writes: the LSTM has a gate for each (f, i), the GRU one for both (z keeps, 1−z writes). Green: the LSTM's output gate o, the GRU's reset gate r. c and h are the states, up or down from zero.",
};

/** What the marks mean. */
function describeMarks({ readers, alone }) {
  if (alone) return STEP;
  const pair = readers.length > 1;
  const lines = pair ? "how much of a change at each earlier step arrives (circles the LSTM, diamonds the GRU), and by the keeping gates alone (dashed)" : `how much of a change at each earlier step arrives (line), and by the ${readers[0].kind === "GRU" ? "update" : "forget"} gates alone (dashed)`;
  return `The cell is at the step that is shaded. ${STEP} ${KEYS[pair ? "both" : readers[0].kind]} Shades: the chances of A to D; a ring round the right one. At the bottom, on a logarithmic axis: ${lines}.`;
}

/** A part: the strip is higher where it shows two cells, and not there where a step is shown alone. */
function makeRoom(app) {
  const fit = () => {
    app.body.classList.toggle("d2l-pair", kindsOf(app.get).length > 1);
    app.body.classList.toggle("d2l-alone", app.get("view") === "step");
  };
  fit();
  app.draw(fit);
}

/** The cell, and below it the text, unless the step is shown alone. */
function drawBoth(ctx, width, height, theme, scene, get) {
  if (get("view") === "step") return drawNow(ctx, width, Math.min(height, 0.3 * width), theme, scene);
  above(drawNow, drawAll, 0.34)(ctx, width, height, theme, scene, get);
}

const hasLstm = (get) => get("cell") !== "GRU";
const hasGru = (get) => get("cell") !== "LSTM";

export const { render, preview } = defineExplorer({
  title: "Gates explorer: a trained LSTM and a trained GRU, step by step",
  scene: () => ({ key: "", readers: [], steps: [], step: 0, unit: 0, move: "all", alone: false, settings: {} }),
  update: updateScene,
  say: summarise,
  top: [
    makeRoom,
    paragraph((scene) => (scene.alone ? describeStep(scene).sums : ""), { className: "d2l-filled d2l-direct" }),
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
      paragraph((scene) => (scene.alone ? "" : describeStep(scene).sums), { className: "d2l-sums" }),
      paragraph(describeStep, { className: "d2l-answer" }),
      paragraph((scene) => (scene.alone ? "" : describeScore(scene)), { className: "d2l-score" }),
    ),
    hint(describeMarks),
  ],
  controls: ["forget_gate", "update_gate", "move", control("text", { resets: { step: 31 } }), "input_gate", "output_gate", "reset_gate", "cell", "unit", "view", "forget_bias", "input_bias", "output_bias", "update_bias", "reset_bias"],
  shown: 4, // of which three are of use at a time
  visible: {
    ...Object.fromEntries(["forget_gate", "input_gate", "output_gate", "forget_bias", "input_bias", "output_bias"].map((name) => [name, hasLstm])),
    ...Object.fromEntries(["update_gate", "reset_gate", "update_bias", "reset_bias"].map((name) => [name, hasGru])),
    move: (get) => get("cell") !== "both",
    text: (get) => get("view") !== "step",
  },
  preview: drawBoth,
});
