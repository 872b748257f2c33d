// The family explorer's pictures: recorded networks as points, a block as boxes, and a dense block layer by layer.
import { formatNumber, shortNumber } from "../_core/format.js";
import { clipped, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { BLOCKS } from "./model.js";

const TITLES = { parameters: "parameters", multiply_adds: "multiply-adds for a photo", seconds: "seconds of a run", accuracy: "test accuracy" };

/** Where the networks stand: the box, both scales, and each network's pixel. */
export function place(scene, width, height) {
  const box = plotBox(width, height, { top: 20, right: 14, bottom: 34, left: 50 });
  const make = (name, ends, range) => (name === "accuracy" ? linearScale : logScale)(ends, range);
  const x = make(scene.across, scene.ends.across, [box.x, box.x + box.width]);
  const y = make(scene.up, scene.ends.up, [box.y + box.height, box.y]);
  return { box, x, y, at: scene.points.map((point) => [x(point[scene.across]), y(point[scene.up])]) };
}

/** Ticks at 1, 2 and 5 times powers of ten. */
function logTicks([low, high]) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const digit of [1, 2, 5]) if (digit * 10 ** power >= low && digit * 10 ** power <= high) found.push(digit * 10 ** power);
  return found;
}

/** The seeds as small dots, and two standard errors of the test photos as a line, both along the axis of accuracy. */
function drawErrors(ctx, [px, py], point, scene, { x, y }, color) {
  for (const [name, scale] of [["across", x], ["up", y]]) {
    if (scene[name] !== "accuracy") continue;
    const spot = (value) => (name === "up" ? [px, scale(value)] : [scale(value), py]);
    ctx.strokeStyle = color;
    ctx.lineWidth = 1;
    strokeSegment(ctx, ...spot(point.accuracy - 2 * point.error), ...spot(point.accuracy + 2 * point.error));
    for (const value of point.accuracies) drawMark(ctx, ...spot(value), { radius: 2, fill: color });
  }
}

export function drawNetworks(ctx, width, height, theme, scene) {
  const spots = place(scene, width, height);
  const { box, x, y, at } = spots;
  const ticksOf = (name) => (scene[name] === "accuracy" ? 4 : logTicks(scene.ends[name]));
  drawAxes(ctx, box, x, y, theme, { xTicks: ticksOf("across"), yTicks: ticksOf("up"), format: (value) => (value < 1 ? formatNumber(value) : shortNumber(value)) });
  drawLabel(ctx, `${TITLES[scene.up]} ↑`, 2, 3, theme, { color: theme.text });
  drawLabel(ctx, `${TITLES[scene.across]} →`, box.x + box.width, height - 3, theme, { color: theme.text, align: "right", baseline: "bottom" });
  clipped(ctx, box, () => {
    scene.points.forEach((point, i) => {
      const color = point.normed ? theme.b : theme.a;
      drawErrors(ctx, at[i], point, scene, spots, i === scene.chosen ? theme.text : color);
      const look = point.normed ? { shape: "diamond", fill: color } : { fill: color };
      drawMark(ctx, ...at[i], { ...look, radius: i === scene.chosen ? 7 : 4.5, stroke: i === scene.chosen ? theme.text : theme.bg, width: i === scene.chosen ? 2 : 1 });
    });
  });
  const [px, py] = at[scene.chosen];
  const left = px > box.x + 0.55 * box.width;
  drawLabel(ctx, scene.points[scene.chosen].name, px + (left ? -11 : 11), py, theme, { color: theme.text, weight: 600, size: 12, align: left ? "right" : "left", baseline: "middle" });
  drawLegend(ctx, [{ label: "with batch norm", color: theme.b, shape: "diamond" }, { label: "without", color: theme.a, shape: "circle" }], { x: box.x + box.width - 178, y: 0 }, theme);
}

function boxed(ctx, text, x, y, wide, high, theme, color) {
  ctx.fillStyle = theme.surface;
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.5;
  ctx.fillRect(x - wide / 2, y - high / 2, wide, high);
  ctx.strokeRect(x - wide / 2, y - high / 2, wide, high);
  drawLabel(ctx, text, x, y, theme, { color: theme.text, align: "center", baseline: "middle", size: Math.min(12, wide / 3.1) });
}

function way(ctx, points, color, width = 1.5) {
  ctx.beginPath();
  points.forEach(([px, py], k) => (k ? ctx.lineTo(px, py) : ctx.moveTo(px, py)));
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.stroke();
}

/** The chosen network's block: paths from left to right, and the way past them. */
export function drawBlock(ctx, width, height, theme, scene) {
  const { paths, join, past } = BLOCKS[scene.network];
  drawLabel(ctx, `a block of ${scene.points[scene.chosen].name}`, 4, 3, theme, { color: theme.text });
  const [left, right, top] = [0.06 * width, (join ? 0.86 : 0.94) * width, 26];
  const rows = paths.length + (past ? 1 : 0);
  const step = (height - top) / rows;
  const rowY = (k) => top + (k + 0.5) * step;
  const middle = rowY((rows - 1) / 2);
  const tall = Math.min(26, 0.6 * step);
  const colors = { norm: theme.b, ReLU: theme.good, pool: theme.muted };
  way(ctx, [[2, middle], [left, middle]], theme.text);
  paths.forEach((path, k) => {
    way(ctx, [[left, middle], [left, rowY(k)], [right, rowY(k)], [right, middle]], theme.text);
    const room = (right - left) / path.length;
    path.forEach((text, i) => boxed(ctx, text, left + (i + 0.5) * room, rowY(k), Math.min(58, 0.82 * room), tall, theme, colors[text] || theme.a));
  });
  if (past) way(ctx, [[left, middle], [left, rowY(rows - 1)], [right, rowY(rows - 1)], [right, middle]], theme.accent, 3);
  if (past) drawLabel(ctx, "the input, unchanged", (left + right) / 2, rowY(rows - 1) - 6, theme, { align: "center", baseline: "bottom" });
  way(ctx, [[right, middle], [width - 2, middle]], theme.text);
  if (join) boxed(ctx, join, right, middle, join === "+" ? 24 : 34, 24, theme, theme.accent);
}

function layerScales({ block }, most, width, height) {
  const box = plotBox(width, height, { top: 20, right: 12, bottom: 34, left: 46 });
  return { box, x: linearScale([-0.5, block.widths.length - 0.5], [box.x, box.x + box.width]), y: linearScale([0, 1.08 * most], [box.y + box.height, box.y]) };
}

function layerAxes(ctx, { box, x, y }, width, height, theme, count, title) {
  const every = [1, 2, 5, 10].find((step) => count / step <= 8);
  const xTicks = Array.from({ length: Math.floor(count / every) + 1 }, (_, k) => k * every);
  drawAxes(ctx, box, x, y, theme, { xTicks, format: (value) => shortNumber(value) });
  drawLabel(ctx, title, 2, 3, theme, { color: theme.text });
  drawLabel(ctx, "layer →", box.x + box.width, height - 3, theme, { align: "right", baseline: "bottom" });
}

/** Maps after each layer: those of the start, and what each layer has put beside them. */
export function drawWidths(ctx, width, height, theme, scene) {
  const { block, channels, growth } = scene;
  const count = block.widths.length - 1;
  const scales = layerScales(scene, block.widths[count], width, height);
  const { x, y } = scales;
  layerAxes(ctx, scales, width, height, theme, count, "maps after each layer ↑");
  const wide = Math.max(2, 0.62 * (x(1) - x(0)));
  for (let l = 0; l <= count; l++) {
    const at = x(l) - wide / 2;
    for (let part = 0; part <= l; part++) {
      const [low, high] = part ? [channels + (part - 1) * growth, channels + part * growth] : [0, channels];
      ctx.fillStyle = part === 0 ? theme.muted : part === l ? theme.b : theme.a;
      ctx.fillRect(at, y(high), wide, Math.max(0.5, y(low) - y(high) - (count < 14 ? 1 : 0)));
    }
  }
  drawLine(ctx, [-0.5, count + 0.5], [channels, channels], x, y, { color: theme.text, dash: [5, 4] });
  drawLegend(ctx, [{ label: "new", color: theme.b, shape: "square" }, { label: "added instead", color: theme.text, dash: [5, 4] }], { x: Math.max(150, width - 158), y: 0 }, theme);
}

/** Maps that the joinings have written so far, against the maps that there are. */
export function drawJoined(ctx, width, height, theme, scene) {
  const { block } = scene;
  const count = block.widths.length - 1;
  const most = Math.max(block.joined[count], block.widths[count]);
  const scales = layerScales(scene, most, width, height);
  layerAxes(ctx, scales, width, height, theme, count, "maps in memory ↑");
  const layers = block.widths.map((_, l) => l);
  drawLine(ctx, layers, block.joined, scales.x, scales.y, { color: theme.b, width: 2.5 });
  drawLine(ctx, layers, block.widths, scales.x, scales.y, { color: theme.a, width: 2.5, dash: [5, 4] });
  drawLegend(ctx, [{ label: "a copy a layer", color: theme.b }, { label: "each once", color: theme.a, dash: [5, 4] }], { x: Math.max(108, width - 190), y: 0 }, theme);
}
