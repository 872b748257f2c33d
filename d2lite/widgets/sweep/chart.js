// The curves of a sweep's chosen point, its neighbours and the reader's own runs.
import { shortNumber } from "../_core/format.js";
import { clipped, drawBand, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, setText, strokeSegment, ticks } from "../_draw/scales.js";
import { bandAt, brokenAt, meanAt, valueText } from "./model.js";

export function chartBox(width, height) {
  return plotBox(width, height, { top: 18, right: 58, left: 44, bottom: 22 });
}

/** The x of a measurement. */
export function xAt({ sweep }, i) {
  return (sweep.x.first ?? 1) + i * (sweep.x.step ?? 1);
}

export function xScale(scene, box) {
  const first = xAt(scene, 0);
  return linearScale([Math.min(first, 0), Math.max(xAt(scene, scene.last), first + 1e-9)], [box.x, box.x + box.width]);
}

/** The y scale of a chart: from the best of the recording to guessing or to what is shown, whichever is less; the same for neighbouring points. */
function yScale(scene, metric, box) {
  const [best, worst] = scene.ranges.get(metric);
  const shown = (bandAt(metric, scene.point)?.high || []).filter(Number.isFinite);
  const edge = shown.reduce((a, b) => (metric.falls ? Math.max(a, b) : Math.min(a, b)), best);
  const far = metric.baseline === null ? edge : metric.falls ? Math.min(edge, metric.baseline * 1.5) : Math.max(edge, metric.baseline * 0.5);
  const [low, high] = metric.falls ? [best, Math.max(far, worst * 0.45)] : [Math.min(far, best - 0.55 * (best - worst)), best];
  const range = [box.y + box.height, box.y];
  if (metric.log && low > 0) return logScale([low / 1.08, high * 1.08], range);
  const pad = 0.06 * (high - low || 1);
  return linearScale([low - pad, high + pad], range);
}

function yTicks(y) {
  if (!y.log) return 4;
  const few = ticks(linearScale(y.domain, [0, 1]), 5).filter((value) => value >= y.domain[0]);
  return y.domain[1] / y.domain[0] > 30 ? 4 : few;
}

export function drawChart(ctx, width, height, theme, scene, metric) {
  const box = chartBox(width, height);
  const [x, y] = [xScale(scene, box), yScale(scene, metric, box)];
  const { sweep, point, step } = scene;
  drawAxes(ctx, box, x, y, theme, { xTicks: 5, yTicks: yTicks(y), format: shortNumber });
  drawNames(ctx, box, width, theme, sweep.x.label || "measurement", metric.label);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(xAt(scene, step)), box.y, x(xAt(scene, step)), box.y + box.height);
  clipped(ctx, { x: box.x, y: box.y - 4, width: box.width + 4, height: box.height + 8 }, () => {
    drawBaseline(ctx, box, y, metric, theme);
    for (const other of scene.beside) drawMean(ctx, scene, metric, other, x, y, besideStyle(theme, scene, other));
    drawSeeds(ctx, scene, metric, x, y, theme);
    drawOwn(ctx, scene, metric, x, y, theme);
  });
  nameBaseline(ctx, box, y, metric, theme);
  drawEnds(ctx, scene, metric, box, x, y, theme);
  drawLostMark(ctx, scene, metric, box, x, theme);
  const here = meanAt(metric, point, step);
  if (Number.isFinite(here) && y(here) >= box.y && y(here) <= box.y + box.height) drawMark(ctx, x(xAt(scene, step)), y(here), { radius: 4.5, fill: theme.b, stroke: theme.bg });
}

function drawBaseline(ctx, box, y, metric, theme) {
  const py = y(metric.baseline ?? NaN);
  if (!(py >= box.y && py <= box.y + box.height)) return;
  ctx.save();
  ctx.strokeStyle = theme.muted;
  ctx.setLineDash([2, 4]);
  strokeSegment(ctx, box.x, py, box.x + box.width, py);
  ctx.restore();
}

/** The dashed line's name: over the curves, above the line where there is room. */
function nameBaseline(ctx, box, y, { baseline }, theme) {
  const at = y(baseline ?? NaN);
  if (!(at >= box.y && at <= box.y + box.height)) return; // as the line
  const above = at > box.y + 14;
  drawLabel(ctx, "guessing", box.x + box.width - 4, at + (above ? -2 : 3), theme, { align: "right", baseline: above ? "bottom" : "top", size: 10 });
}

/** The axes' names outside, where no curve is: above the values, and behind the last tick or, if too long, below it. */
function drawNames(ctx, box, width, theme, xName, yName) {
  drawLabel(ctx, yName, box.x, box.y - 5, theme, { baseline: "bottom" });
  setText(ctx, theme, 11);
  const behind = box.x + box.width + 18;
  const fits = behind + ctx.measureText(xName).width <= width;
  const [at, below, look] = fits ? [behind, 5, {}] : [box.x + box.width, -3, { align: "right", baseline: "bottom" }];
  drawLabel(ctx, xName, at, box.y + box.height + below, theme, look);
}

/** A neighbour's line: one colour below the point, another above, paler the further. */
function besideStyle(theme, { point, along, sweep }, other) {
  const distance = other[along] - point[along];
  const far = Math.abs(distance) / Math.max(2, Math.min(4, sweep.axes[along].values.length - 1));
  return { color: distance < 0 ? theme.a : theme.good, alpha: Math.max(0.3, 0.85 - 0.5 * far), width: 1.25 };
}

/** The finite start of a curve, as a line. */
function drawCurve(ctx, scene, curve, x, y, style) {
  const broken = curve.findIndex((value) => !Number.isFinite(value));
  drawLine(ctx, Array.from(curve, (_, i) => xAt(scene, i)), curve, x, y, { ...style, to: broken < 0 ? curve.length : broken });
}

function drawMean(ctx, scene, metric, point, x, y, style) {
  const band = bandAt(metric, point);
  if (band) drawCurve(ctx, scene, band.mean, x, y, style);
}

/** The chosen point: a band between the lowest and the highest seed with the mean, or a line a seed. */
function drawSeeds(ctx, scene, metric, x, y, theme) {
  const band = bandAt(metric, scene.point);
  if (!band) return;
  if (scene.eachSeed) {
    const curves = scene.sweep.groups.get(scene.point.join()).map((run) => metric.runs[run]);
    for (const curve of curves) if (curve) drawCurve(ctx, scene, curve, x, y, { color: theme.b, width: 1.5 });
    return;
  }
  const broken = brokenAt(metric, scene.point);
  const xs = Array.from({ length: broken < 0 ? band.mean.length : broken }, (_, i) => xAt(scene, i));
  if (xs.length > 1) drawBand(ctx, xs, band.low, band.high, x, y, { color: theme.b, alpha: 0.24 });
  drawMean(ctx, scene, metric, scene.point, x, y, { color: theme.b, width: 2.25 });
}

/** The reader's runs, dashed, the last one strongest. */
function drawOwn(ctx, scene, metric, x, y, theme) {
  scene.own.forEach(({ values }, k) => {
    const style = { color: theme.text, dash: [5, 3], alpha: k === scene.own.length - 1 ? 1 : 0.45 };
    if (values[metric.name]) drawCurve(ctx, scene, values[metric.name], x, y, style);
  });
}

/** The value on the axis of neighbours at each line's end, where there is room for it. */
function drawEnds(ctx, scene, metric, box, x, y, theme) {
  const { sweep, point, along } = scene;
  const axis = sweep.axes[along];
  if (!axis || !axis.varies) return;
  const taken = [];
  for (const other of [point, ...scene.beside]) {
    const mean = bandAt(metric, other)?.mean;
    const value = mean ? mean[mean.length - 1] : NaN;
    const py = y(value);
    if (!Number.isFinite(value) || py < box.y - 2 || py > box.y + box.height + 2 || taken.some((used) => Math.abs(used - py) < 12)) continue;
    taken.push(py);
    const mine = other === point;
    const color = mine ? theme.b : besideStyle(theme, scene, other).color;
    drawLabel(ctx, valueText(axis, other[along]), box.x + box.width + 7, py, theme, { baseline: "middle", size: 10.5, color, weight: mine ? 600 : 400 });
  }
}

/** A cross and a word where the chosen point's curve ends without a finite value. */
function drawLostMark(ctx, scene, metric, box, x, theme) {
  const broken = brokenAt(metric, scene.point);
  if (broken < 0) return;
  const px = x(xAt(scene, Math.max(0, broken)));
  drawMark(ctx, px, box.y + 14, { shape: "cross", radius: 5, stroke: theme.bad });
  const right = px > box.x + box.width / 2;
  drawLabel(ctx, "diverged", px + (right ? -10 : 10), box.y + 14, theme, { align: right ? "right" : "left", baseline: "middle", color: theme.bad, weight: 600, size: 12 });
}
