// The picture of the sigmoid-fit explorer: the tumours with the S above, a bar of surprise for each below.
import { formatFixed } from "../_core/format.js";
import { clipped, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { sigmoid } from "../_math/nn.js";

const GOLDEN = 0.618; // spreads the marks of a class over its strip
const STRIP = [0.05, 0.15]; // above 1 and below 0, where the tumours lie
const TOP = 4; // nats, of the bars' axis
const SAMPLES = 200;
const NARROW = 500; // px: the legend takes two lines

/** The scales of both parts: one x, in the measurement's own unit, for both. */
export function scalesOf({ domain, mean, spread }, width, height) {
  const upper = plotBox(width, height, { top: width < NARROW ? 40 : 24, right: 8, bottom: Math.round(0.4 * height) + 6, left: 34 });
  const lower = plotBox(width, height, { top: Math.round(0.6 * height) + 14, right: 8, bottom: 34, left: 34 });
  const x = linearScale(domain.map((u) => mean + spread * u), [upper.x, upper.x + upper.width]);
  const y = linearScale([-0.2, 1.2], [upper.y + upper.height, upper.y]);
  const nats = linearScale([0, TOP], [lower.y + lower.height, lower.y]);
  return { upper, lower, x, y, nats };
}

function heightOf(i, malignant) {
  const part = STRIP[0] + (STRIP[1] - STRIP[0]) * ((i * GOLDEN) % 1);
  return malignant ? 1 + part : -part;
}

const lookOf = (malignant, theme) => (malignant ? { shape: "diamond", fill: theme.b } : { shape: "circle", fill: theme.a });

export function drawFit(ctx, width, height, theme, scene, get) {
  const scales = scalesOf(scene, width, height);
  drawCurves(ctx, theme, scene, scales, get("best"));
  drawBars(ctx, theme, scene, scales);
  const lines = [{ label: "probability", color: theme.accent }];
  if (scene.step) lines.push({ label: "before the first step", color: theme.muted });
  if (get("best")) lines.push({ label: "best", color: theme.good, dash: [6, 4] });
  drawLegend(ctx, [{ label: "malignant", color: theme.b, shape: "diamond" }, { label: "benign", color: theme.a, shape: "circle" }, ...lines], { x: scales.upper.x, y: 0 }, theme, width - scales.upper.x);
}

function drawCurves(ctx, theme, scene, { upper, x, y }, withBest) {
  const { values, ys, domain, mean, spread, curve, first, best, step } = scene;
  drawAxes(ctx, upper, x, y, theme, { yTicks: [0, 0.5, 1], xTicks: [] });
  values.forEach((value, i) => {
    ctx.globalAlpha = 0.75;
    drawMark(ctx, x(value), y(heightOf(i, ys[i])), { ...lookOf(ys[i], theme), radius: 3.5 });
  });
  ctx.globalAlpha = 1;
  const us = Array.from({ length: SAMPLES + 1 }, (_, i) => domain[0] + ((domain[1] - domain[0]) * i) / SAMPLES);
  const along = us.map((u) => mean + spread * u);
  const draw = ({ w, b }, style) => drawLine(ctx, along, us.map((u) => sigmoid(w * u + b)), x, y, style);
  if (step) draw(first, { color: theme.muted, width: 1.25 });
  if (withBest) draw(best, { color: theme.good, width: 2, dash: [6, 4] });
  draw(curve, { color: theme.accent, width: 2.75 });
}

/** The bars, the longest first, so that none hides a shorter one; and their mean as a line. */
function drawBars(ctx, theme, scene, { lower, x, nats }) {
  const { values, ys, surprises, loss, lowest } = scene;
  drawAxes(ctx, lower, x, nats, theme, { yTicks: [0, 1, 2, 3, 4], xTicks: 6 });
  const order = surprises.map((_, i) => i).sort((i, j) => surprises[j] - surprises[i]);
  const floor = nats(0);
  clipped(ctx, { ...lower, y: lower.y - 8, height: lower.height + 8 }, () => {
    for (const i of order) {
      const tall = surprises[i] > TOP;
      ctx.globalAlpha = 0.8;
      ctx.fillStyle = ys[i] ? theme.b : theme.a;
      const top = nats(Math.min(TOP, surprises[i]));
      ctx.fillRect(x(values[i]) - 1.5, top, 3, floor - top);
      if (tall) drawMark(ctx, x(values[i]), top - 3, { shape: ys[i] ? "diamond" : "circle", radius: 3, fill: ys[i] ? theme.b : theme.a });
    }
    ctx.globalAlpha = 1;
    ctx.strokeStyle = theme.accent;
    ctx.lineWidth = 1.75;
    ctx.setLineDash([5, 3]);
    const level = nats(Math.min(TOP, loss));
    strokeSegment(ctx, lower.x, level, lower.x + lower.width, level);
    ctx.setLineDash([]);
  });
  const right = { align: "right", size: 12 };
  drawLabel(ctx, `mean surprise ${formatFixed(loss, 3)}`, lower.x + lower.width, lower.y - 4, theme, { ...right, color: theme.accent, weight: 600 });
  drawLabel(ctx, `best possible ${formatFixed(lowest, 3)}`, lower.x + lower.width, lower.y + 12, theme, { ...right, color: theme.good, weight: 600 });
  drawLabel(ctx, "surprise, nats", lower.x + 4, lower.y - 4, theme, { color: theme.text });
  drawLabel(ctx, "radius of the largest nuclei", lower.x + lower.width, lower.y + lower.height + 32, theme, { align: "right", baseline: "bottom" });
}

/** The tumour nearest to a place, or -1. */
export function tumourAt(scene, px, width, height) {
  const { x } = scalesOf(scene, width, height);
  let [found, least] = [-1, 8];
  scene.values.forEach((value, i) => {
    const distance = Math.abs(x(value) - px);
    if (distance < least) [found, least] = [i, distance];
  });
  return found;
}
