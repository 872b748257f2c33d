// The shortcut explorer's pictures: sizes of signal and gradient by block, and one block with the sizes on its ways.
import { shortNumber } from "../_core/format.js";
import { clipped, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment } from "../_draw/scales.js";

export const sizeText = (value) => shortNumber(value, 2);

function chartBox(width, height) {
  return plotBox(width, height, { top: 20, right: 10, bottom: 18, left: 46 });
}

/** Blocks along a chart, the input at 0. */
export function blockScale({ blocks }, width, height) {
  const box = chartBox(width, height);
  return linearScale([0, blocks], [box.x + 4, box.x + box.width - 4]);
}

/** The sizes of the network shown and, dashed, of its twin; the place of the block looked into is marked. */
function drawSizes(ctx, width, height, theme, scene, { name, place, color, title }) {
  const { blocks, axis, shown, twin, shortcut } = scene;
  const box = chartBox(width, height);
  const x = blockScale(scene, width, height);
  const y = logScale(axis.domain, [box.y + box.height, box.y]);
  const every = [1, 2, 5, 10].find((step) => blocks / step <= 11);
  drawAxes(ctx, box, x, y, theme, {
    xTicks: Array.from({ length: Math.floor(blocks / every) + 1 }, (_, k) => k * every),
    yTicks: axis.ticks,
    format: (value) => shortNumber(value),
  });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, box.x, y(1), box.x + box.width, y(1));
  clipped(ctx, box, () => {
    const at = shown[name].map((_, k) => k);
    drawLine(ctx, at, twin[name], x, y, { color: theme.muted, width: 1.75, dash: [5, 4] });
    drawLine(ctx, at, shown[name], x, y, { color, width: 2.5 });
    drawMark(ctx, x(place), y(shown[name][place]), { radius: 5, fill: color, stroke: theme.bg });
  });
  drawLabel(ctx, title, box.x, 3, theme, { color: theme.text });
  const other = shortcut ? "without" : "with";
  drawLegend(ctx, [{ label: `${other} shortcuts`, color: theme.muted, dash: [5, 4] }], { x: box.x + box.width - 118, y: 1 }, theme);
}

export function drawSignal(ctx, width, height, theme, scene) {
  drawSizes(ctx, width, height, theme, scene, { name: "signal", place: scene.block, color: theme.a, title: "signal's size by block →" });
}

export function drawGradient(ctx, width, height, theme, scene) {
  drawSizes(ctx, width, height, theme, scene, { name: "gradient", place: scene.block - 1, color: theme.b, title: "← gradient's size by block" });
}

function path(ctx, points, { color, width, dash = [] }) {
  ctx.beginPath();
  points.forEach(([x, y], k) => (k ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** The block looked into: both ways from its input to the sum, sizes of the signal above the lines and of the gradient below. */
export function drawBlock(ctx, width, height, theme, scene) {
  const { shown, block, blocks, shortcut, order } = scene;
  const k = block - 1;
  const [top, low, left, right] = [0.36 * height, 0.76 * height, 0.24 * width, 0.75 * width];
  const [wide, high] = [Math.min(120, 0.36 * width), Math.min(34, 0.2 * height)];
  const line = { color: theme.text, width: 1.75 };
  path(ctx, [[0.02 * width, low], [left, low], [left, top], [right, top], [right, low], [0.98 * width, low]], line);
  path(ctx, [[left, low], [right, low]], shortcut ? { color: theme.accent, width: 3 } : { color: theme.muted, width: 1, dash: [2, 5] });
  ctx.fillStyle = theme.surface;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1.5;
  ctx.fillRect(width / 2 - wide / 2, top - high / 2, wide, high);
  ctx.strokeRect(width / 2 - wide / 2, top - high / 2, wide, high);
  const middle = { align: "center", baseline: "middle", color: theme.text };
  drawLabel(ctx, "two layers", width / 2, top, theme, { ...middle, size: 12 });
  drawMark(ctx, right, low, { radius: 9, fill: theme.surface, stroke: theme.text, width: 1.5 });
  drawLabel(ctx, shortcut ? "+" : "", right, low, theme, { ...middle, size: 14 });
  drawLabel(ctx, `block ${block} of ${blocks}`, width / 2, 3, theme, { align: "center", color: theme.text });
  const number = (size, color, x, y, align, baseline) => drawLabel(ctx, sizeText(size), x, y, theme, { align, baseline, color, size: 12, weight: 600 });
  const pair = (signal, gradient, x, align) => {
    number(signal, theme.a, x, low - 6, align, "bottom");
    number(gradient, theme.b, x, low + 6, align, "top");
  };
  pair(shown.signal[k], shown.gradient[k], 0.02 * width, "left");
  number(shown.sent[k], theme.a, right - 6, (top + low) / 2, "right", "middle");
  number(shown.back[k], theme.b, left + 6, (top + low) / 2, "left", "middle");
  if (shortcut) pair(shown.passed[k], shown.direct[k], width / 2, "center");
  else drawLabel(ctx, "no shortcut", width / 2, low, theme, { ...middle, color: theme.muted });
  pair(shown.signal[block], shown.gradient[block], 0.98 * width, "right");
  if (order === "last") drawLabel(ctx, "ReLU", 0.98 * width, low - 22, theme, { align: "right", baseline: "bottom" });
}
