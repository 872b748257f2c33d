// The three pictures of a run along one curvature: its roots in the complex plane, weight by step, velocity by weight.
import { formatNumber, shortNumber } from "../_core/format.js";
import { mixColor } from "../_core/theme.js";
import { clipped, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { regimeName } from "./model.js";

export const RATIO = 1.14; // of the complex plane: units as long across as up
const MIDDLE = -0.2; // of its real axis, in the picture's middle
const REACH = 1.18; // of its imaginary axis
const TELL = 4; // px between powers that get a dot of their own
const MARK = 5; // px of the mark of the step shown
const WAVE = 3; // the greatest height of an envelope that is drawn
const FIRST = 12; // weights of a run that grows for ever, by which its axes are made

/** The scales of the complex plane. */
export function complexScales(width, height) {
  const unit = Math.min(height / (2 * REACH), width / (2 * REACH * RATIO));
  const x = linearScale([MIDDLE - width / 2 / unit, MIDDLE + width / 2 / unit], [0, width]);
  const y = linearScale([-height / 2 / unit, height / 2 / unit], [height, 0]);
  return { x, y, unit };
}

export function drawComplex(ctx, width, height, theme, scene) {
  const { x, y, unit } = complexScales(width, height);
  const zero = [x(0), y(0)];
  ctx.fillStyle = mixColor(theme.bg, theme.bad, 0.13);
  ctx.fillRect(0, 0, width, height);
  drawMark(ctx, ...zero, { radius: unit, fill: theme.bg, stroke: theme.muted, width: 1.25 });
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  strokeSegment(ctx, 0, zero[1], width, zero[1]);
  strokeSegment(ctx, zero[0], 0, zero[0], height);
  ctx.setLineDash([4, 4]);
  drawMark(ctx, ...zero, { radius: unit * Math.sqrt(scene.beta), stroke: theme.muted });
  ctx.setLineDash([]);
  const write = (text, re, im, options) => drawLabel(ctx, text, x(re), y(im), theme, { align: "center", baseline: "middle", ...options });
  for (const [text, re, im] of [["−1", -1, 0], ["1", 1, 0], ["i", 0, 1], ["−i", 0, -1]]) write(text, re + (re ? 0.07 * Math.sign(re) : 0.06), im - (re ? 0.07 : 0));
  drawLabel(ctx, `a step keeps ${formatNumber(scene.share)}`, 8, height - 8, theme, { baseline: "bottom", weight: 600, size: 13, color: scene.share > 1 ? theme.bad : theme.text });
  write("diverges", -1.2, 0.95, { color: theme.bad, weight: 600, size: 12 });
  drawPowers(ctx, theme, scene, { x, y });
  const color = rootColor(theme, scene);
  const [first, second] = scene.roots.map(({ re, im }) => [x(re), y(im)]);
  drawMark(ctx, ...second, { radius: 8, fill: theme.bg, stroke: color, width: 2.25 });
  drawMark(ctx, ...first, { radius: 6, fill: color });
}

export function rootColor(theme, { share }) {
  return share > 1 ? theme.bad : theme.accent;
}

/** The powers of the larger root up to the step shown: for a pair, on a spiral. */
function drawPowers(ctx, theme, scene, { x, y }) {
  const powers = scene.powers.slice(0, scene.step + 1);
  const color = mixColor(theme.bg, rootColor(theme, scene), 0.75);
  drawLine(ctx, powers.map(({ re }) => re), powers.map(({ im }) => im), x, y, { color, width: 1, alpha: 0.6 });
  let last = [-99, -99];
  for (const { re, im } of powers) {
    const at = [x(re), y(im)];
    if (Math.hypot(at[0] - last[0], at[1] - last[1]) < TELL) continue;
    drawMark(ctx, ...(last = at), { radius: 2.25, fill: color });
  }
}

function chartBox(width, height) {
  return plotBox(width, height, { top: 6, right: 8, bottom: 18, left: 30 });
}

/** The scale of steps 0 to count, with room for a mark at its end. */
export function stepAxis(count, width, height) {
  const box = chartBox(width, height);
  return linearScale([0, count], [box.x, box.x + box.width - MARK]);
}

/** Weight by step, and dashed what is left of the larger root's part. */
export function drawWeights(ctx, width, height, theme, scene) {
  const { weights, step, part, share } = scene;
  const box = chartBox(width, height);
  const x = stepAxis(weights.length - 1, width, height);
  const y = evenScale(reach(weights, share), [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: 3, yTicks: y.round, format: shortNumber });
  clipped(ctx, box, () => {
    if (part !== null && Math.abs(part) < WAVE) {
      const left = weights.map((_, t) => part * (scene.roots[0].im ? share : scene.roots[0].re) ** t);
      for (const line of scene.roots[0].im ? [left, left.map((value) => -value)] : [left]) drawLine(ctx, null, line, x, y, { color: theme.muted, width: 1.25, dash: [3, 3] });
    }
    drawRun(ctx, theme, scene, { xs: weights.map((_, t) => t), ys: weights, x, y, step });
  });
  drawLabel(ctx, "weight, by step", box.x + box.width - 4, box.y, theme, { align: "right" });
  drawLabel(ctx, kindOf(scene), box.x + box.width - 4, box.y + box.height - 5, theme, { align: "right", baseline: "bottom", weight: 600, size: 13, color: share > 1 ? theme.bad : theme.text });
}

/** Velocity by weight: the phase plot. */
export function drawPhase(ctx, width, height, theme, scene) {
  const { weights, velocities, step, share } = scene;
  const box = chartBox(width, height);
  const x = evenScale(reach(weights, share), [box.x, box.x + box.width]);
  const y = evenScale(reach(velocities, share) * 1.1, [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: x.round, yTicks: y.round, format: shortNumber, xLabel: "weight", yLabel: "velocity" });
  clipped(ctx, box, () => {
    ctx.strokeStyle = theme.line;
    strokeSegment(ctx, x(0), box.y, x(0), box.y + box.height);
    drawRun(ctx, theme, scene, { xs: weights, ys: velocities, x, y, step });
  });
}

/** How far an axis reaches: the greatest size in a run, or, of one that grows for ever, in its first steps. */
function reach(values, share) {
  return 1.15 * Math.max(1e-9, ...values.slice(0, share > 1 ? FIRST : values.length).map(Math.abs));
}

/** A scale from -most to most, and in round its ticks. */
function evenScale(most, range) {
  const near = Number((most / 1.2).toPrecision(1));
  return Object.assign(linearScale([-most, most], range), { round: [-near, 0, near] });
}

function drawRun(ctx, theme, scene, { xs, ys, x, y, step }) {
  const color = rootColor(theme, scene);
  drawLine(ctx, xs, ys, x, y, { color, width: 1.5, alpha: 0.3, from: step });
  drawLine(ctx, xs, ys, x, y, { color, width: 2, to: step + 1 });
  drawMark(ctx, x(xs[step]), y(ys[step]), { radius: MARK - 0.5, fill: color, stroke: theme.bg, width: 1.5 });
}

/** What a run does, in words. */
export function kindOf({ product, beta, share }) {
  const name = regimeName(product, beta);
  return share >= 1 && name !== "diverges" ? "swings for ever" : name;
}

/** A root as text: 0.405 + 0.804 i. */
export function rootText({ re, im }) {
  return im ? `${formatNumber(re)} ${im < 0 ? "−" : "+"} ${formatNumber(Math.abs(im))} i` : formatNumber(re);
}
