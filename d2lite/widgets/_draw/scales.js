// Scales and axes: data to pixels, and the lines that say which.
import { formatNumber } from "../_core/format.js";

/** A scale: call it with data for pixels; invert(pixels) is data; domain and range are kept. */
export function linearScale([d0, d1], [r0, r1]) {
  const slope = (r1 - r0) / (d1 - d0 || 1);
  const scale = (value) => r0 + (value - d0) * slope;
  return Object.assign(scale, { domain: [d0, d1], range: [r0, r1], invert: (p) => d0 + (p - r0) / slope, log: false });
}

/** The same with equal steps for equal factors; the domain is positive. */
export function logScale([d0, d1], range) {
  const inner = linearScale([Math.log(d0), Math.log(d1)], range);
  const scale = (value) => inner(Math.log(Math.max(value, 1e-300)));
  return Object.assign(scale, { domain: [d0, d1], range, invert: (p) => Math.exp(inner.invert(p)), log: true });
}

/** About count round values within a scale's domain. */
export function ticks(scale, count = 5) {
  const [low, high] = [...scale.domain].sort((a, b) => a - b);
  return scale.log ? logTicks(low, high, count) : linearTicks(low, high, count);
}

function linearTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function logTicks(low, high, count) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / count));
  const powers = [];
  for (let e = first; e <= last; e += every) powers.push(Number(`1e${e}`));
  return powers;
}

/** The part of width x height inside the margins { top, right, bottom, left }: { x, y, width, height }. */
export function plotBox(width, height, { top = 8, right = 8, bottom = 28, left = 40 } = {}) {
  return { x: left, y: top, width: Math.max(1, width - left - right), height: Math.max(1, height - top - bottom) };
}

const waiting = new WeakMap(); // context -> the names of axes that are written once all else is drawn

/** Write the names of axes that wait: over the curves, which would strike them through. Stages, panes and previews call it. */
export function writeNames(ctx) {
  const names = waiting.get(ctx) || [];
  waiting.delete(ctx);
  for (const write of names) write();
}

/** Axes at the left and bottom of a box; their names come last, over all curves. Options: xLabel, yLabel, grid (lines across), xTicks, yTicks (counts or values), format, gap (px above the ticks of x). */
export function drawAxes(ctx, box, x, y, theme, options = {}) {
  const { xLabel = "", yLabel = "", grid = true, xTicks = 5, yTicks = 4, format = formatNumber, gap = 5 } = options;
  const values = (scale, wanted) => (Array.isArray(wanted) ? wanted : ticks(scale, wanted));
  const bottom = box.y + box.height;
  setText(ctx, theme, 11);
  ctx.fillStyle = theme.muted;
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const value of values(x, xTicks)) ctx.fillText(format(value), x(value), bottom + gap);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const value of values(y, yTicks)) {
    ctx.fillText(format(value), box.x - 6, y(value));
    if (grid) strokeSegment(ctx, box.x, y(value), box.x + box.width, y(value));
  }
  strokeSegment(ctx, box.x, bottom, box.x + box.width, bottom);
  const names = waiting.get(ctx) || [];
  if (xLabel) names.push(() => drawLabel(ctx, xLabel, box.x + box.width, bottom - 3, theme, { align: "right", baseline: "bottom" }));
  if (yLabel) names.push(() => drawLabel(ctx, yLabel, box.x + 5, box.y, theme));
  waiting.set(ctx, names);
}

/** Set the theme's font at a size in pixels. */
export function setText(ctx, theme, size = 12, weight = 400) {
  ctx.font = `${weight} ${size}px ${theme.font}`;
}

/** Text with an edge of the background's colour, legible on anything; options: color, size, weight, align, baseline. */
export function drawLabel(ctx, text, x, y, theme, options = {}) {
  const { color = theme.muted, size = 11, weight = 400, align = "left", baseline = "top" } = options;
  setText(ctx, theme, size, weight);
  ctx.textAlign = align;
  ctx.textBaseline = baseline;
  ctx.lineJoin = "round";
  ctx.lineWidth = 3;
  ctx.strokeStyle = theme.bg;
  ctx.strokeText(text, x, y);
  ctx.lineJoin = "miter";
  ctx.fillStyle = color;
  ctx.fillText(text, x, y);
}

export function strokeSegment(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}
