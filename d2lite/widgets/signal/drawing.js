// The signal explorer's pictures: bars of sizes by layer, and how often each value occurs in one layer.
import { shortNumber } from "../_core/format.js";
import { clipped, drawLegend, drawLine } from "../_draw/layers.js";
import { above, beside } from "../_draw/panes.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { countBins } from "./model.js";

const BINS = 31;

function sizesBox(width, height) {
  return plotBox(width, height, { top: 20, right: 8, bottom: 18, left: 46 });
}

/** Layers along a chart of bars, in the middle of each bar. */
export function layerScale({ depth }, width, height) {
  const box = sizesBox(width, height);
  return linearScale([-0.5, depth + 0.5], [box.x, box.x + box.width]);
}

/** Bars from 1 up or down to each layer's size, the theory's prediction dashed over them, the layer looked into in the text's colour. */
function drawBars(ctx, width, height, theme, scene, { sizes, theory, color, title }) {
  const { depth, layer, axis } = scene;
  const box = sizesBox(width, height);
  const x = layerScale(scene, width, height);
  const y = logScale(axis.domain, [box.y + box.height, box.y]);
  const every = [1, 5, 10].find((step) => depth / step <= 11);
  drawAxes(ctx, box, x, y, theme, {
    xTicks: Array.from({ length: Math.floor(depth / every) + 1 }, (_, k) => k * every),
    yTicks: axis.ticks,
    format: (value) => shortNumber(value),
  });
  const half = Math.max(0.5, (x(1) - x(0)) * 0.36);
  clipped(ctx, box, () => {
    sizes.forEach((size, k) => {
      ctx.fillStyle = k === layer ? theme.text : color;
      const [from, to] = [y(1), y(size)];
      ctx.fillRect(x(k) - half, Math.min(from, to), 2 * half, Math.max(1.5, Math.abs(to - from)));
    });
    if (theory) drawLine(ctx, null, theory, x, y, { color: theme.text, width: 1.75, dash: [5, 4] });
  });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, box.x, y(1), box.x + box.width, y(1));
  drawLabel(ctx, title, box.x, 3, theme, { color: theme.text });
  if (theory) drawLegend(ctx, [{ label: "theory", color: theme.text, dash: [5, 4] }], { x: box.x + box.width - 52, y: 1 }, theme);
}

export function drawSignal(ctx, width, height, theme, scene) {
  drawBars(ctx, width, height, theme, scene, { sizes: scene.signal, theory: scene.theory?.signal, color: theme.a, title: "size of the signal by layer, forward →" });
}

export function drawGradient(ctx, width, height, theme, scene) {
  drawBars(ctx, width, height, theme, scene, { sizes: scene.gradient, theory: scene.theory?.gradient, color: theme.b, title: "← size of the gradient by layer, back" });
}

/** How often each value occurs in a layer, over all units and inputs; the bars' height is a share of all values. */
function drawHistogram(ctx, width, height, theme, values, color, title) {
  const box = plotBox(width, height, { top: 20, right: 10, bottom: 20, left: 10 });
  const reach = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  drawLabel(ctx, title, box.x, 3, theme, { color: theme.text });
  if (!(reach > 0)) return void drawLabel(ctx, "all are 0", box.x + box.width / 2, box.y + box.height / 2, theme, { align: "center", baseline: "middle" });
  const x = linearScale([-reach, reach], [box.x, box.x + box.width]);
  const counts = countBins(values, reach, BINS);
  const most = counts.reduce((a, b) => Math.max(a, b));
  const y = linearScale([0, most], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: [], yTicks: [], grid: false });
  const step = box.width / BINS;
  ctx.fillStyle = color;
  counts.forEach((count, k) => ctx.fillRect(box.x + k * step + 0.5, y(count), Math.max(0.5, step - 1), y(0) - y(count)));
  const bottom = box.y + box.height + 5;
  drawLabel(ctx, shortNumber(-reach, 2), box.x, bottom, theme);
  drawLabel(ctx, "0", x(0), bottom, theme, { align: "center" });
  drawLabel(ctx, shortNumber(reach, 2), box.x + box.width, bottom, theme, { align: "right" });
}

const drawValues = (ctx, width, height, theme, { layer, signals }) =>
  drawHistogram(ctx, width, height, theme, signals[layer], theme.a, `values in ${layer ? `layer ${layer}` : "the input"}`);
const drawSlopes = (ctx, width, height, theme, { layer, gradients }) =>
  drawHistogram(ctx, width, height, theme, gradients[layer], theme.b, "gradients there");

/** Both histograms, beside each other or one above the other. */
export function drawLayer(ctx, width, height, ...rest) {
  (width > 1.3 * height ? beside(drawValues, drawSlopes, 0.5) : above(drawValues, drawSlopes))(ctx, width, height, ...rest);
}
