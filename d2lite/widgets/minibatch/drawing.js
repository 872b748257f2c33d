// The pictures of the mini-batch explorer.
import { formatNumber, shortNumber } from "../_core/format.js";
import { mixColor } from "../_core/theme.js";
import { drawLandscape, landscapeOf } from "../_draw/landscape.js";
import { clipped, drawLine, drawMark } from "../_draw/layers.js";
import { drawArrow, drawPath } from "../_draw/paths.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import * as model from "./model.js";

const MOST = 160; // places along the axis of a budget
const LOSSES = [0.35, 2.6]; // of the axis of a loss
const LOSS_TICKS = [0.4, 0.5, 0.7, 1, 1.5, 2];
const SIZE_TICKS = [1, 8, 64, 512, 4096];
const across = ({ x, width }) => [x, x + width];
const upward = ({ y, height }) => [y + height, y];
const chartBox = (width, height) => plotBox(width, height, { top: 10, right: 14, left: 44, bottom: 24 });

/** Which moment of the recorded run is shown. */
export function momentAt({ step, recording }) {
  return Math.min(step, recording.noise.steps.length - 1);
}

/** What a step_count of 0 to 160 spends: equal factors along the axis. */
export function budgetOf({ recording, cost, step }) {
  const [low, high] = model.costRange(recording, cost);
  return low * (high / low) ** (step / MOST);
}

function costScale(scene, box) {
  return logScale(model.costRange(scene.recording, scene.cost), across(box));
}

function momentScale({ recording }, box) {
  return logScale([1, recording.noise.steps.at(-1)], across(box));
}

/** The scale of batch sizes in the right picture. */
export function sizeScale({ view }, width, height) {
  return logScale([0.8, view === "bowl" ? 1200 : 10_000], across(chartBox(width, height)));
}

/** The step that a point of the left picture stands for. */
export function nearestStep(scene, px, py, width, height) {
  const box = chartBox(width, height);
  if (scene.view === "race") return (MOST * (px - box.x)) / box.width;
  const nearest = (distances) => distances.indexOf(Math.min(...distances));
  if (scene.view === "network") return nearest(scene.recording.noise.steps.map((s) => Math.abs(momentScale(scene, box)(Math.max(1, s)) - px)));
  return scene.map ? nearest(scene.path.map(([u, v]) => Math.hypot(scene.map.x(u) - px, scene.map.y(v) - py))) : 0;
}

export function drawLeft(ctx, width, height, theme, scene) {
  ({ bowl: drawMap, network: drawRun, race: drawRace })[scene.view](ctx, width, height, theme, scene);
}

function drawMap(ctx, width, height, theme, scene) {
  const map = landscapeOf(scene, width, height);
  const at = ([u, v]) => [map.x(u), map.y(v)];
  drawLandscape(ctx, map, theme);
  clipped(ctx, { x: 0, y: 0, width, height }, () => {
    for (const place of scene.fan.slice(0, scene.still ? 12 : undefined)) drawMark(ctx, ...at(place), { radius: 2, fill: mixColor(theme.bg, theme.text, 0.55) });
    drawPath(ctx, scene.path, scene.step, map, { color: theme.b, dots: true, edge: theme.bg });
    const full = model.stepFrom(scene.point, [0, 0], scene.settings.lr);
    drawArrow(ctx, at(scene.point), at(full), theme.text, { edge: theme.bg });
    drawMark(ctx, ...at(scene.point), { radius: 5, fill: theme.b, stroke: theme.bg, width: 1.5 });
  });
  drawMark(ctx, ...at(scene.path[0]), { radius: 6, fill: theme.bg, stroke: theme.text, width: 2 });
  drawLabel(ctx, "start", map.x(scene.path[0][0]) + 10, map.y(scene.path[0][1]) - 5, theme, { color: theme.text, baseline: "bottom" });
}

function lossAxes(ctx, box, x, theme, labels) {
  const y = logScale(LOSSES, upward(box));
  drawAxes(ctx, box, x, y, theme, { yTicks: LOSS_TICKS, format: shortNumber, ...labels });
  return y;
}

/** The loss of the recorded run, with a mark at the moment whose noise is shown. */
function drawRun(ctx, width, height, theme, scene) {
  const { noise } = scene.recording;
  const box = chartBox(width, height);
  const x = momentScale(scene, box);
  const places = noise.steps.map((step) => Math.max(1, step)); // the start stands at the axis' end
  const y = lossAxes(ctx, box, x, theme, { xLabel: "steps", yLabel: "validation loss", xTicks: [1, 4, 16, 64, 256] });
  drawLine(ctx, places, noise.losses, x, y, { color: theme.accent });
  places.forEach((place, k) => drawMark(ctx, x(place), y(noise.losses[k]), { radius: 3, fill: theme.accent }));
  const k = momentAt(scene);
  drawMark(ctx, x(places[k]), y(noise.losses[k]), { radius: 6, fill: theme.b, stroke: theme.bg, width: 1.5 });
}

/** Every batch size's loss by what was spent; the chosen one dark; the budget as an upright line. */
function drawRace(ctx, width, height, theme, scene) {
  const { recording, cost, index } = scene;
  const box = chartBox(width, height);
  const x = costScale(scene, box);
  const y = lossAxes(ctx, box, x, theme, { xLabel: cost, yLabel: "validation loss" });
  const line = (k, style) => {
    const price = model.costOf(recording, cost, k);
    const curve = recording.losses[k];
    drawLine(ctx, curve.map((_, i) => recording.steps[i] * price), curve, x, y, style);
  };
  clipped(ctx, box, () => {
    recording.sizes.forEach((_, k) => line(k, { color: sizeColor(theme, k, recording.sizes.length), width: 1.25, alpha: 0.85 }));
    line(index, { color: theme.text, width: 2.75 });
    drawUpright(ctx, x(budgetOf(scene)), box, theme);
  });
  drawLabel(ctx, `${formatNumber(budgetOf(scene))} ${cost}`, x(budgetOf(scene)) + (scene.step > MOST / 2 ? -6 : 6), box.y + 18, theme, {
    align: scene.step > MOST / 2 ? "right" : "left",
    color: theme.b,
    weight: 600,
  });
}

function sizeColor(theme, k, count) {
  return mixColor(theme.b, theme.a, k / (count - 1));
}

function drawUpright(ctx, px, box, theme) {
  ctx.strokeStyle = theme.b;
  ctx.lineWidth = 1.75;
  strokeSegment(ctx, px, box.y, px, box.y + box.height);
}

export function drawRight(ctx, width, height, theme, scene) {
  if (scene.view === "race") drawBudget(ctx, width, height, theme, scene);
  else drawNoise(ctx, width, height, theme, scene, scene.view === "bowl" ? bowlNoise(scene) : networkNoise(scene));
}

/** What a chart of noise shows: sizes and mean squares measured, the formula, the gradient's square, the number of samples. */
function bowlNoise({ noise, trace, settings, point }) {
  const sizes = model.BOWL_SIZES;
  return { sizes, measured: noise, trace, replacement: settings.replacement, square: model.squareOf(point), count: model.COUNT, limits: [0.05, 15] };
}

function networkNoise({ recording, ...scene }) {
  const { sizes, spreads, traces, squares } = recording.noise;
  const k = momentAt({ recording, ...scene });
  return { sizes, measured: spreads.map((row) => row[k]), trace: traces[k], replacement: false, square: squares[k], count: recording.sizes.at(-1), limits: [0.05, 15] };
}

/** Root mean square length of the noise by batch size, beside the gradient's length. */
function drawNoise(ctx, width, height, theme, scene, { sizes, measured, trace, replacement, square, count, limits }) {
  const box = chartBox(width, height);
  const x = sizeScale(scene, width, height);
  const y = logScale(limits, upward(box));
  drawAxes(ctx, box, x, y, theme, { xLabel: "batch size", yLabel: "noise", xTicks: SIZE_TICKS.filter((size) => size <= count), yTicks: [0.1, 1, 10], format: shortNumber });
  const fine = Array.from({ length: 61 }, (_, i) => count ** (i / 60));
  const heights = fine.map((size) => Math.sqrt(model.expectedNoise(trace, size, count, replacement)));
  clipped(ctx, box, () => {
    drawLine(ctx, fine, heights, x, y, { color: theme.accent });
    drawUpright(ctx, x(Math.min(count, scene.settings.size)), box, theme);
    drawLine(ctx, [...x.domain], [Math.sqrt(square), Math.sqrt(square)], x, y, { color: theme.text, dash: [5, 3], width: 1.5 });
    sizes.forEach((size, k) => drawMark(ctx, x(size), y(Math.sqrt(measured[k])), { radius: 3.5, fill: theme.accent, stroke: theme.bg }));
  });
  const gradient = Math.min(box.y + box.height - 20, Math.max(box.y + 12, y(Math.sqrt(square))));
  drawLabel(ctx, "gradient", box.x + box.width - 2, gradient - 2, theme, { align: "right", baseline: "bottom", color: theme.text });
}

/** The loss of each batch size when the budget is spent. */
function drawBudget(ctx, width, height, theme, scene) {
  const { recording, cost, index } = scene;
  const box = chartBox(width, height);
  const x = sizeScale(scene, width, height);
  const y = lossAxes(ctx, box, x, theme, { xLabel: "batch size", yLabel: `loss after ${formatNumber(budgetOf(scene))} ${cost}`, xTicks: SIZE_TICKS });
  const found = recording.sizes.map((_, k) => model.lossWithin(recording, cost, k, budgetOf(scene)));
  const known = recording.sizes.map((_, k) => k).filter((k) => found[k] !== null);
  drawLine(ctx, known.map((k) => recording.sizes[k]), known.map((k) => found[k]), x, y, { color: theme.line });
  for (const k of known) {
    const color = sizeColor(theme, k, recording.sizes.length);
    const over = model.isOver(recording, cost, k, budgetOf(scene));
    drawMark(ctx, x(recording.sizes[k]), y(found[k]), over ? { radius: 4, fill: theme.bg, stroke: color, width: 1.5 } : { radius: 4, fill: color });
  }
  if (found[index] !== null) drawMark(ctx, x(recording.sizes[index]), y(found[index]), { radius: 6, fill: theme.text, stroke: theme.bg, width: 1.5 });
  else drawLabel(ctx, "no step yet", x(recording.sizes[index]), box.y + 24, theme, { align: "center", color: theme.bad });
}
