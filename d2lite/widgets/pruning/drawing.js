// The pruning explorer's pictures: the weights, the accuracy and the answer.
import { makeRamp } from "../_core/theme.js";
import { drawLegend, drawLine, drawMark, drawMatrix } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { argmax } from "../_math/nn.js";

const SIDE = 28; // of the photo
const MARGINS = { top: 24, right: 12, bottom: 24, left: 40 };
const NAMES = 82; // px for the names of the classes

/** The weights by size: those before in grey, those left in colour, the band that is cut shaded. */
export function drawWeights(ctx, width, height, theme, scene) {
  const box = plotBox(width, height, MARGINS);
  const { most, before, after, band } = scene;
  const x = linearScale([-most, most], [box.x, box.x + box.width]);
  const y = logScale([0.7, 1.5 * Math.max(...before, ...after)], [box.y + box.height, box.y]);
  if (band > 0) {
    ctx.save();
    ctx.globalAlpha = 0.18;
    ctx.fillStyle = theme.b;
    ctx.fillRect(x(-Math.min(band, most)), box.y, x(Math.min(band, most)) - x(-Math.min(band, most)), box.height);
    ctx.restore();
  }
  drawAxes(ctx, box, x, y, theme, { xTicks: 5, yTicks: 4 });
  drawBars(ctx, before, box, x, y, theme.line);
  drawBars(ctx, after, box, x, y, theme.accent);
  const entries = [{ label: "before", color: theme.line, shape: "circle" }, { label: "left", color: theme.accent, shape: "circle" }];
  if (band > 0) entries.push({ label: "cut", color: theme.b, shape: "circle" });
  drawLegend(ctx, [{ label: "weights by value:", color: theme.bg, shape: "circle" }, ...entries], { x: 0, y: 0 }, theme, width);
}

function drawBars(ctx, counts, box, x, y, color) {
  const wide = box.width / counts.length;
  ctx.fillStyle = color;
  counts.forEach((count, i) => {
    if (count > 0) ctx.fillRect(box.x + i * wide + 0.5, y(count), Math.max(1, wide - 1), box.y + box.height - y(count));
  });
}

/** The axis of the shares cut, in percent. */
export function cutScale(scene, width, height) {
  const box = plotBox(width, height, MARGINS);
  return linearScale([0, 100], [box.x, box.x + box.width]);
}

/** Recorded accuracy against the share cut: as chosen, in 8 bits, and trained on. */
export function drawAccuracy(ctx, width, height, theme, scene) {
  const box = plotBox(width, height, MARGINS);
  const x = cutScale(scene, width, height);
  const y = linearScale([0, 1], [box.y + box.height, box.y]);
  const { cuts, curve, plain, retrained, cut, accuracy, bits } = scene;
  drawAxes(ctx, box, x, y, theme, { xTicks: [0, 25, 50, 75, 100], yTicks: [0, 0.25, 0.5, 0.75, 1] });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(cut), box.y, x(cut), box.y + box.height);
  const entries = [{ label: `${bits} bits`, color: theme.accent }];
  if (bits < 8) {
    drawLine(ctx, cuts, plain, x, y, { color: theme.muted, dash: [4, 3] });
    entries.push({ label: "8 bits", color: theme.muted, dash: [4, 3] });
  }
  drawLine(ctx, cuts, curve, x, y, { color: theme.accent, width: 2.5 });
  if (retrained) {
    drawLine(ctx, cuts, retrained, x, y, { color: theme.b, width: 1 });
    cuts.forEach((at, i) => drawMark(ctx, x(at), y(retrained[i]), { shape: "diamond", radius: 3.5, fill: theme.b }));
    entries.push({ label: "trained on", color: theme.b, shape: "diamond" });
  }
  drawMark(ctx, x(cut), y(accuracy), { radius: 6, fill: theme.accent, stroke: theme.bg, width: 2 });
  drawLegend(ctx, [{ label: "accuracy, by % cut:", color: theme.bg, shape: "circle" }, ...entries], { x: 0, y: 0 }, theme, width);
}

/** The photo, and how sure the network is of each class; a tick is what the whole network says. */
export function drawAnswer(ctx, width, height, theme, { pixels, classes, label, probabilities, whole }) {
  const side = Math.min(height, width * 0.34, 150);
  drawMatrix(ctx, pixels, SIDE, SIDE, { x: 0, y: (height - side) / 2, width: side, height: side }, makeRamp(theme.bg, theme.text), (v) => v / 255);
  const row = height / classes.length;
  const left = side + NAMES + 10;
  const scale = linearScale([0, 1], [left, width - 38]);
  const first = argmax(probabilities);
  classes.forEach((name, k) => {
    const middle = (k + 0.5) * row;
    const look = { align: "right", baseline: "middle", color: k === label ? theme.text : theme.muted, weight: k === label ? 700 : 400 };
    drawLabel(ctx, name, left - 6, middle, theme, look);
    ctx.fillStyle = k === label ? theme.accent : theme.b;
    ctx.fillRect(left, middle - row * 0.33, Math.max(0.5, scale(probabilities[k]) - left), row * 0.66);
    ctx.fillStyle = theme.text;
    ctx.fillRect(scale(whole[k]) - 1, middle - row * 0.42, 2, row * 0.84);
    if (k === first || k === label) drawLabel(ctx, `${Math.round(100 * probabilities[k])}%`, width - 32, middle, theme, { baseline: "middle", color: theme.text });
  });
}
