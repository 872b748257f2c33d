// The three pictures of the activation explorer.
import { clipped, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { DEPTH, WIDTH } from "./model.js";

export const REACH = 6; // the curve's axis goes from -6 to 6
const BOUNDED = { sigmoid: [0, 1], tanh: [-1, 1] };
const SIZES = [1e-8, 1e4];
const POWERS = { 1e-8: "10⁻⁸", 1e-4: "10⁻⁴", 1e4: "10⁴" };
const MARGINS = { top: 24, right: 10, bottom: 32, left: 40 };

/** The heights of a chart of values: the function's range, or what a signal of usual size needs. */
function valueDomain({ name, lowered }, wide) {
  const [low, high] = BOUNDED[name] || (name === "linear" ? [-wide, wide] : [-1, wide]);
  return [low - lowered - 0.08, Math.max(high - lowered, 1) + 0.08];
}

export function curveScales(scene, width, height) {
  const box = plotBox(width, height, MARGINS);
  return { box, x: linearScale([-REACH, REACH], [box.x, box.x + box.width]), y: linearScale(valueDomain(scene, 3), [box.y + box.height, box.y]) };
}

/** The function and its slope over x, and the tangent at the chosen point. */
export function drawCurve(ctx, width, height, theme, scene) {
  const { points, curve, x: at, value, slope } = scene;
  const { box, x, y } = curveScales(scene, width, height);
  drawAxes(ctx, box, x, y, theme, { xTicks: [-6, -4, -2, 0, 2, 4, 6], yTicks: 4 });
  drawLabel(ctx, "x", box.x + box.width, height - 1, theme, { align: "right", baseline: "bottom" });
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(0), box.y, x(0), box.y + box.height);
  clipped(ctx, box, () => {
    ctx.strokeStyle = theme.muted;
    ctx.setLineDash([2, 3]);
    strokeSegment(ctx, x(at), y(0), x(at), y(value));
    ctx.setLineDash([]);
    drawLine(ctx, points, curve.map((pair) => pair[1]), x, y, { color: theme.b, width: 2, dash: [6, 4] });
    drawLine(ctx, points, curve.map((pair) => pair[0]), x, y, { color: theme.accent, width: 2.5 });
    drawLine(ctx, [at - 1.2, at + 1.2], [value - 1.2 * slope, value + 1.2 * slope], x, y, { color: theme.text, width: 1.5 });
    drawMark(ctx, x(at), y(slope), { shape: "diamond", fill: theme.b, stroke: theme.bg });
    drawMark(ctx, x(at), y(value), { radius: 6, fill: theme.accent, stroke: theme.bg, width: 2 });
  });
  const entries = [{ label: "function", color: theme.accent }, { label: "its slope", color: theme.b, dash: [6, 4] }, { label: "tangent", color: theme.text }];
  drawLegend(ctx, entries, { x: box.x, y: 0 }, theme, box.width);
}

const BINS = 24;

/** The range of each unit over the inputs, and at the right how often each value occurs among all units. */
export function drawUnits(ctx, width, height, theme, scene) {
  const box = plotBox(width, height, { ...MARGINS, bottom: 10, right: 10 + Math.round(0.18 * width) });
  const y = linearScale(valueDomain(scene, 4), [box.y + box.height, box.y]);
  const x = linearScale([-1, WIDTH], [box.x, box.x + box.width]);
  drawAxes(ctx, box, x, y, theme, { xTicks: [], yTicks: 4 });
  drawLabel(ctx, `${scene.layers === 1 ? "values after 1 layer" : `values after ${scene.layers} layers`}, unit by unit`, box.x, 2, theme, { color: theme.text });
  drawLabel(ctx, "all", box.x + box.width + 8, 2, theme, { color: theme.text });
  clipped(ctx, { ...box, x: box.x - 2, width: box.width + 4 }, () => {
    scene.ranges.forEach(([low, middle, high], i) => {
      ctx.strokeStyle = theme.accent;
      ctx.lineWidth = Math.max(1.5, Math.min(4, (0.5 * box.width) / WIDTH));
      strokeSegment(ctx, x(i), y(low), x(i), y(high));
      drawMark(ctx, x(i), y(middle), { radius: 2, fill: theme.text });
    });
  });
  drawHistogram(ctx, { x: box.x + box.width + 8, y: box.y, width: width - box.x - box.width - 14, height: box.height }, y, theme, scene.signals[scene.layers]);
}

/** Bars from the left: how many of the values lie in each of BINS heights; what is beyond counts at the ends. */
function drawHistogram(ctx, box, y, theme, values) {
  const counts = new Float64Array(BINS);
  for (const value of values) counts[Math.max(0, Math.min(BINS - 1, Math.floor((BINS * (box.y + box.height - y(value))) / box.height) || 0))] += 1;
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  ctx.fillStyle = theme.a;
  counts.forEach((count, k) => {
    const high = box.height / BINS;
    ctx.fillRect(box.x, box.y + box.height - (k + 1) * high + 0.5, (count / most) * box.width, high - 1);
  });
}

function sizesBox(width, height) {
  return plotBox(width, height, { ...MARGINS, top: width < 420 ? 42 : 24 });
}

/** Layers along the chart of sizes; it is a slider of their number. */
export function sizesScale(scene, width, height) {
  const box = sizesBox(width, height);
  return linearScale([0, DEPTH], [box.x, box.x + box.width]);
}

/** The size of the signal, the part that differs between inputs, and the gradient going back, layer by layer. */
export function drawSizes(ctx, width, height, theme, scene) {
  const { layers, sizes, spreads, gradients } = scene;
  const box = sizesBox(width, height);
  const x = sizesScale(scene, width, height);
  const y = logScale(SIZES, [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: [0, 5, 10, 15, 20], yTicks: [1e-8, 1e-4, 1, 1e4], format: (value) => POWERS[value] || String(value) });
  drawLabel(ctx, "layer", box.x + box.width, height - 1, theme, { align: "right", baseline: "bottom" });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(layers), box.y, x(layers), box.y + box.height);
  clipped(ctx, { ...box, x: box.x - 5, width: box.width + 10 }, () => {
    drawLine(ctx, null, sizes, x, y, { color: theme.muted, width: 1.5, alpha: 0.35 });
    drawLine(ctx, null, spreads, x, y, { color: theme.accent, width: 2, alpha: 0.35 });
    drawLine(ctx, null, sizes, x, y, { color: theme.muted, width: 1.5, to: layers + 1 });
    drawLine(ctx, null, spreads, x, y, { color: theme.accent, width: 2.5, to: layers + 1 });
    drawLine(ctx, null, gradients, x, y, { color: theme.b, width: 2.5, dash: [6, 4] });
    drawMark(ctx, x(layers), y(spreads[layers]), { radius: 4, fill: theme.accent, stroke: theme.bg });
    drawMark(ctx, x(0), y(gradients[0]), { shape: "diamond", fill: theme.b, stroke: theme.bg });
  });
  const entries = [{ label: "signal", color: theme.muted }, { label: "its difference between inputs", color: theme.accent }, { label: "gradient, going back", color: theme.b, dash: [6, 4] }];
  drawLegend(ctx, entries, { x: 4, y: 0 }, theme, width - 8);
}
