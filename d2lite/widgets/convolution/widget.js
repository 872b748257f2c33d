// The convolution explorer: the picture with its window, the products, the output.
import { control, defineExplorer } from "../_core/define.js";
import { formatCell, formatCounted, formatNumber } from "../_core/format.js";
import { group, hint, paragraph, player, stage } from "../_core/parts.js";
import { parseColor } from "../_core/theme.js";
import { drawPixels } from "../_draw/layers.js";
import { drawLabel, setText, strokeSegment } from "../_draw/scales.js";
import { correlate, countUses, kernelOf, pixelsOf, replaned, settingsOf, sizeFormula, tapsOf, usersOf, whyImpossible, whyUnfit } from "./model.js";
import { addPainting, addSliding, brushes, cellOf, hasCursor, lastPlace, placeOf, summarise } from "./painting.js";
import { products } from "./products.js";
import { drawStill } from "./still.js";

const LEGIBLE = 23; // px a cell needs to show its number

function makeScene() {
  return { key: "", result: null, uses: [], problem: "", index: 0, taps: [], cursor: null, focused: false, hovering: false, brush: "white" };
}

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const settings = settingsOf(get);
  const [pixels, kernel] = [pixelsOf(get), kernelOf(get)];
  const key = JSON.stringify([settings, pixels, kernel]);
  if (key !== scene.key) {
    Object.assign(scene, { key, kernel, problem: whyImpossible(settings), result: correlate(settings, pixels, kernel), uses: countUses(settings) });
    if (scene.cursor && Math.max(...scene.cursor) >= settings.size) scene.cursor = null;
  }
  const { side } = scene.result;
  scene.unfit = whyUnfit(get);
  scene.fill = get("fill");
  scene.index = Math.max(0, Math.min(get("position"), side * side - 1));
  scene.taps = side ? tapsOf(scene.result, scene.index) : [];
}

/** Values in cells, where there is room for them. */
function drawValues(ctx, values, side, at, cell, theme, ink) {
  if (cell < LEGIBLE) return;
  setText(ctx, theme, Math.min(12, cell * 0.35));
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  values.forEach((value, k) => {
    ctx.fillStyle = ink(value, k);
    ctx.fillText(formatCell(value), at + ((k % side) + 0.5) * cell, at + (Math.floor(k / side) + 0.5) * cell);
  });
}

function drawInput(ctx, width, height, theme, scene) {
  const { settings, pixels } = scene.result;
  const { size, padding, channels } = settings;
  const [cell, edge] = [cellOf(scene, width), cellOf(scene, width) * padding];
  const bytes = new Uint8ClampedArray(4 * size * size).fill(255);
  for (let k = 0; k < size * size; k++) for (let c = 0; c < 3; c++) bytes[4 * k + c] = 255 * pixels[(channels === 3 ? c : 0) * size * size + k];
  ctx.fillStyle = theme.surface;
  ctx.fillRect(0, 0, width, width);
  drawPixels(ctx, bytes, size, size, [edge, edge, size * cell, size * cell], false);
  if (channels === 1) drawValues(ctx, pixels, size, edge, cell, theme, (value) => (value > 0.5 ? "#222" : "#ddd"));
  if (padding && cell >= LEGIBLE) drawZeros(ctx, size + 2 * padding, padding, cell, theme);
  drawUnseen(ctx, scene, edge, cell, theme);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.strokeRect(edge + 0.5, edge + 0.5, size * cell - 1, size * cell - 1);
  drawWindow(ctx, scene, edge, cell, theme);
  if (hasCursor(scene)) {
    ctx.strokeStyle = theme.b;
    ctx.lineWidth = 2.5;
    ctx.strokeRect(edge + scene.cursor[1] * cell, edge + scene.cursor[0] * cell, cell, cell);
  }
}

function drawZeros(ctx, side, padding, cell, theme) {
  setText(ctx, theme, 10);
  ctx.fillStyle = theme.muted;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const within = (k) => k >= padding && k < side - padding;
  for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) if (!within(i) || !within(j)) ctx.fillText("0", (j + 0.5) * cell, (i + 0.5) * cell);
}

/** Stripes over pixels that no window looks at. */
function drawUnseen(ctx, { uses, result, problem }, edge, cell, theme) {
  if (problem) return;
  const { size } = result.settings;
  ctx.save();
  ctx.strokeStyle = theme.bad;
  ctx.lineWidth = 1.5;
  uses.forEach((count, k) => {
    const [x, y] = [edge + (k % size) * cell, edge + Math.floor(k / size) * cell];
    if (count === 0) strokeSegment(ctx, x, y + cell, x + cell, y);
  });
  ctx.restore();
}

function drawWindow(ctx, { taps, result }, edge, cell, theme) {
  if (!taps.length) return;
  const place = ({ y, x }) => [edge + x * cell, edge + y * cell];
  for (const [color, width] of [[theme.bg, 4.5], [theme.accent, 2]]) {
    ctx.strokeStyle = color;
    ctx.lineWidth = width;
    if (result.settings.dilation > 1) for (const tap of taps) if (tap.c === 0) ctx.strokeRect(...place(tap), cell, cell);
    const [x0, y0] = place(taps[0]);
    const [x1, y1] = place(taps[taps.length - 1]);
    ctx.strokeRect(x0, y0, x1 - x0 + cell, y1 - y0 + cell);
  }
}

/** How outputs are shown: { signed, scale }: in gray where the weights add up to something, else by sign. */
function lookOf({ result }) {
  const sum = result.weights.reduce((a, b) => a + b, 0);
  if (sum > 0.5) return { signed: false, scale: sum };
  return { signed: true, scale: result.output.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9) };
}

/** The outputs that are shown: all, or those up to the window. */
function shownOf({ fill, index, result: { output } }) {
  return fill ? output.slice(0, index + 1) : output;
}

/** Stripes, where outputs are to come. */
function drawEmpty(ctx, width, theme) {
  ctx.fillStyle = theme.surface;
  ctx.fillRect(0, 0, width, width);
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, 0, width, width);
  ctx.clip();
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 2;
  for (let x = -width; x < width; x += 10) strokeSegment(ctx, x, width, x + width, 0);
  ctx.restore();
}

function drawOutput(ctx, width, height, theme, scene) {
  const { side, settings } = scene.result;
  if (!side) return drawLabel(ctx, "no output", width / 2, width / 2, theme, { align: "center", baseline: "middle", color: theme.bad, size: 14, weight: 600 });
  const cell = width / side;
  const { signed, scale } = lookOf(scene);
  const [paper, cold, warm] = [theme.bg, theme.a, theme.b].map(parseColor);
  const shown = shownOf(scene);
  const bytes = new Uint8ClampedArray(4 * shown.length).fill(255);
  shown.forEach((value, k) => {
    const t = Math.min(1, Math.abs(value) / scale);
    const end = value < 0 ? cold : warm;
    for (let c = 0; c < 3; c++) bytes[4 * k + c] = signed ? paper[c] + t * (end[c] - paper[c]) : (255 * value) / scale;
  });
  if (shown.length < side * side) drawEmpty(ctx, width, theme);
  const [rows, rest] = [Math.floor(shown.length / side), shown.length % side];
  if (rows) drawPixels(ctx, bytes.slice(0, 4 * rows * side), side, rows, [0, 0, width, rows * cell], false);
  if (rest) drawPixels(ctx, bytes.slice(4 * rows * side), rest, 1, [0, rows * cell, rest * cell, cell], false);
  drawValues(ctx, shown, side, 0, cell, theme, (value) => (signed ? (Math.abs(value) > 0.6 * scale ? theme.bg : theme.text) : value > scale / 2 ? "#222" : "#ddd"));
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.strokeRect(0.5, 0.5, width - 1, width - 1);
  const mark = (index, color, line) => {
    ctx.strokeStyle = color;
    ctx.lineWidth = line;
    ctx.strokeRect((index % side) * cell + 1, Math.floor(index / side) * cell + 1, cell - 2, cell - 2);
  };
  if (hasCursor(scene)) for (const index of usersOf(settings, ...scene.cursor)) mark(index, theme.text, 1.5);
  mark(scene.index, theme.bg, 4.5);
  mark(scene.index, theme.accent, 2.5);
}

function describeSum(scene) {
  const [i, j] = placeOf(scene);
  if (scene.problem) return { text: scene.problem, bad: true };
  return `${scene.taps.length === 1 ? "The one product is" : `The ${scene.taps.length} products add up to`} ${formatNumber(scene.result.output[scene.index], 4)}: the output at row ${i + 1}, column ${j + 1}.`;
}

function describeSize({ problem, fill, result: { settings } }) {
  if (problem || fill) return "";
  return `Outputs along a side: ${sizeFormula(settings)}. Pixels a window spans: ${settings.dilation}·(${settings.kernel_size} − 1) + 1.`;
}

function describeLook(scene) {
  const { settings } = scene.result;
  const unseen = scene.problem ? 0 : scene.uses.filter((count) => count === 0).length;
  const { signed, scale } = lookOf(scene);
  const colours = signed ? `Output: orange above 0, blue below, to ±${formatNumber(scale, 2)}.` : `Output: black 0, white ${formatNumber(scale, 2)}.`;
  const used = hasCursor(scene) && !scene.problem ? ` The pixel under the cursor is in ${formatCounted(usersOf(settings, ...scene.cursor).length, "window")}, ringed.` : "";
  const left = unseen ? ` Struck out: ${formatCounted(unseen, "pixel")} that no window sees.` : "";
  const gray = scene.fill ? " Striped: not computed yet." : "";
  return colours + gray + left + used;
}

/** A control whose change keeps what was painted and typed, cut or widened. */
function keeping(name) {
  const change = (value, app) => {
    const [size, channels, k] = ["size", "channels", "kernel_size"].map((key) => (key === name ? value : app.get(key)));
    const changes = { [name]: value };
    if (app.get("picture") === "own") changes.pixels = replaned(pixelsOf(app.get), app.get("size"), size, channels);
    if (app.get("preset") === "own") changes.kernel = replaned(kernelOf(app.get), app.get("kernel_size"), k, channels);
    app.set(changes);
  };
  return control(name, { change });
}

/** A choice whose "own" begins as what was there. */
function choiceOf(trait, list, current) {
  return control(trait, { change: (value, app) => app.set({ [trait]: value, [list]: value === "own" ? current(app.get) : [] }) });
}

/** Stride and padding stay out of sight while the output fills in, unless they are in use. */
const isWanted = (name, usual) => (get) => !get("fill") || get(name) !== usual;

export const { render, preview } = defineExplorer({
  title: "Convolution explorer: a kernel slides over a picture",
  scene: makeScene,
  update: updateScene,
  output: ({ result }) => ({ output: result.output }),
  say: summarise,
  left: [stage({ draw: drawInput, label: "The picture, with the window on it", use: addPainting }), products],
  right: [
    stage({ draw: drawOutput, label: "The output", use: addSliding }),
    player({ trait: "position", last: lastPlace, again: true }),
  ],
  bottom: [
    group(
      { name: "readout", className: "d2l-readout" },
      paragraph(describeSum, { className: "d2l-sum" }),
      paragraph(({ unfit }) => ({ text: unfit, bad: true })),
      paragraph(describeSize, { className: "d2l-size" }),
      hint(describeLook),
    ),
  ],
  controls: [
    choiceOf("preset", "kernel", kernelOf), "stride", "padding", choiceOf("picture", "pixels", pixelsOf),
    ...["size", "channels", "kernel_size"].map(keeping),
    "dilation", "flip", "fill",
  ],
  visible: { stride: isWanted("stride", 1), padding: isWanted("padding", 0) },
  more: [brushes],
  preview: (ctx, width, height, theme, scene) => drawStill(ctx, width, height, theme, scene, { drawInput, drawOutput }),
});
