// The roofline explorer's pictures: the roof with the layer on it, and the two times of the layer.
import { formatNumber, shortNumber } from "../_core/format.js";
import { drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { BATCHES, loadOf, roofAt } from "./model.js";

const LOW = 0.1;
const HIGH = 1e5;

/** Box and scales of the roof's picture. */
export function place({ machine }, width, height) {
  const box = plotBox(width, height, { top: 20, right: 10, bottom: 32, left: 50 });
  const x = logScale([LOW, HIGH], [box.x, box.x + box.width]);
  const top = 10 ** Math.ceil(Math.log10(machine.peak * 1.5));
  const y = logScale([top / 1e5, top], [box.y + box.height, box.y]);
  return { box, x, y };
}

/** Operations a second as a tick: 1 T is 10¹². */
export function rateText(value, digits = 3) {
  if (!(value >= 1e6)) return formatNumber(value, digits);
  const [unit, name] = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"]].find(([least]) => value >= least * 0.9995);
  return `${formatNumber(value / unit, digits)} ${name}`;
}

const inside = (value) => Math.min(HIGH, Math.max(LOW, value));

export function drawRoof(ctx, width, height, theme, scene) {
  const { box, x, y } = place(scene, width, height);
  const { machine, cost, load, points, batch } = scene;
  const ridge = inside(machine.peak / machine.bandwidth);
  drawAxes(ctx, box, x, y, theme, { xTicks: [0.1, 1, 10, 100, 1000, 1e4], format: (value) => (value >= 1e6 ? rateText(value) : shortNumber(value)) });
  drawLabel(ctx, "operations a second, at most", box.x, 3, theme, { color: theme.text });
  drawLabel(ctx, "operations a byte →", box.x + box.width, box.y + box.height - 3, theme, { align: "right", baseline: "bottom" });
  const floor = Math.max(LOW, y.domain[0] / machine.bandwidth);
  drawLine(ctx, [floor, ridge], [floor, ridge].map((at) => roofAt(at, machine)), x, y, { color: theme.a, width: 3 });
  drawLine(ctx, [ridge, HIGH], [machine.peak, machine.peak], x, y, { color: theme.b, width: 3 });
  ctx.setLineDash([3, 4]);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(ridge), y(machine.peak), x(ridge), box.y + box.height);
  ctx.setLineDash([]);
  drawLabel(ctx, formatNumber(ridge, 3), x(ridge) + 4, box.y + box.height - 18, theme, { baseline: "bottom" });
  for (const [intensity, rate] of points) drawMark(ctx, x(inside(intensity)), y(Math.max(y.domain[0], rate * 1e9)), { shape: "diamond", radius: 4, fill: theme.good, stroke: theme.bg });
  for (const other of BATCHES) {
    const { intensity } = loadOf(cost, other);
    drawMark(ctx, x(inside(intensity)), y(roofAt(inside(intensity), machine)), { radius: 2.5, fill: theme.muted, stroke: theme.bg });
  }
  const [px, py] = [x(inside(load.intensity)), y(Math.max(y.domain[0], roofAt(inside(load.intensity), machine)))];
  drawMark(ctx, px, py, { radius: 7, fill: theme.text, stroke: theme.bg, width: 2 });
  const left = px > box.x + (points.length ? 0.2 : 0.72) * box.width; // measured points stand to the right and below
  drawLabel(ctx, `batch ${batch}`, px + (left ? -11 : 11), py + (points.length ? -13 : 15), theme, { color: theme.text, weight: 600, align: left ? "right" : "left", baseline: "middle" });
}

/** Seconds as text. */
export function timeText(seconds) {
  const [unit, name] = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]].find(([least]) => seconds >= least * 0.9995) ?? [1e-12, "ps"];
  return `${formatNumber(seconds / unit, 3)} ${name}`;
}

/** Two bars from the left: how long the bytes take, and the operations. */
export function drawTimes(ctx, width, height, theme, { times }) {
  drawLabel(ctx, "time it takes, at least", 8, 3, theme, { color: theme.text });
  const room = Math.max(1, width - 16);
  const step = (height - 22) / 2;
  [["memory moves its bytes", times.memory, theme.a], ["arithmetic on its numbers", times.arithmetic, theme.b]].forEach(([name, seconds, color], k) => {
    const top = 22 + k * step;
    drawLabel(ctx, `${name}: ${timeText(seconds)}`, 8, top, theme);
    ctx.fillStyle = color;
    ctx.fillRect(8, top + 15, Math.max(1, (room * seconds) / times.whole), Math.max(4, step - 24));
  });
}
