// Pictures of gradient descent: the map with the path, the map of ends, the loss by step and along the next step.
import { shortNumber } from "../_core/format.js";
import { mixColor, parseColor } from "../_core/theme.js";
import { drawLandscape, landscapeOf } from "../_draw/landscape.js";
import { clipped, drawLine, drawMark, drawPixels } from "../_draw/layers.js";
import { drawArrow, drawPath, heightsAbove, heightText, lossBox, stepScale } from "../_draw/paths.js";
import { drawAxes, drawLabel, linearScale, logScale, strokeSegment } from "../_draw/scales.js";
import { alongStep, bowlRate, endOf, stepsDone } from "./model.js";

const ENDS = 84; // cells of the map of ends, across
export const MOST = 300; // steps after which a start has not arrived

/** What the map of ends depends on. */
export function endsKey({ shape, settings, map: { x, y } }) {
  return `${shape};${settings.lr};${x.domain};${y.domain}`;
}

/** Follow starts all over the map to their ends, row by row; return whether some are left. */
export function findEnds(scene, deadline) {
  const { x, y } = scene.map;
  const key = endsKey(scene);
  const rows = Math.round((ENDS * y.range[0]) / x.range[1]);
  if (scene.ends?.rows !== rows) scene.ends = { rows, found: new Int16Array(ENDS * rows).fill(-1), taken: new Int16Array(ENDS * rows).fill(MOST) };
  if (scene.ends.key !== key) Object.assign(scene.ends, { key, next: 0 });
  const { ends } = scene;
  while (ends.next < ends.found.length) {
    for (const last = ends.next + ENDS; ends.next < last; ends.next++) {
      const [i, j] = [ends.next % ENDS, Math.floor(ends.next / ENDS)];
      const start = [x.invert(((i + 0.5) * x.range[1]) / ENDS), y.invert(((j + 0.5) * y.range[0]) / rows)];
      [ends.found[ends.next], ends.taken[ends.next]] = endOf(scene.surface, start, scene.settings.lr, MOST);
    }
    if (deadline()) return ends.next < ends.found.length;
  }
  return false;
}

export function isLost({ run, step }) {
  return run.broken > 0 && step >= run.broken;
}

export function drawMap(ctx, width, height, theme, scene, get) {
  const map = landscapeOf(scene, width, height);
  const { run, step, before } = scene;
  const isColored = get("basins") && (scene.ends || scene.still);
  if (scene.still && isColored) findEnds(scene, () => false);
  if (isColored) drawEnds(ctx, width, height, theme, scene);
  drawLandscape(ctx, map, theme, { shade: !isColored });
  if (before) drawPath(ctx, before.points, stepsDone(before), map, { color: theme.muted, alpha: 0.5 });
  drawPath(ctx, run.points, stepsDone(run), map, { color: theme.b, alpha: 0.25 });
  drawPath(ctx, run.points, step, map, { color: theme.b, dots: true, edge: theme.bg });
  drawHere(ctx, width, height, theme, scene);
}

/** Where the path stands: the Hessian's directions, the next step as an arrow; and where it began. */
function drawHere(ctx, width, height, theme, scene) {
  const { x, y } = scene.map;
  const { run, step, local } = scene;
  const [px, py] = [x(run.points[step][0]), y(run.points[step][1])];
  const inside = px > -20 && py > -20 && px < width + 20 && py < height + 20;
  if (inside) {
    drawDirections(ctx, px, py, theme, local);
    const [dx, dy] = local.gradient;
    const next = [x(run.points[step][0] - run.lr * dx), y(run.points[step][1] - run.lr * dy)];
    drawArrow(ctx, [px, py], next, theme.text);
    drawMark(ctx, px, py, { radius: 5, fill: theme.b, stroke: theme.bg, width: 1.5 });
  } else {
    const text = isLost(scene) ? `diverged at step ${run.broken}` : `step ${step} is outside the map`;
    drawLabel(ctx, text, width / 2, 10, theme, { align: "center", color: theme.bad, weight: 600, size: 13 });
  }
  const [sx, sy] = [x(run.points[0][0]), y(run.points[0][1])];
  drawMark(ctx, sx, sy, { radius: 6, fill: theme.bg, stroke: theme.text, width: 2 });
  drawLabel(ctx, "start", sx + 10, sy - 5, theme, { color: theme.text, baseline: "bottom" });
}

/** A cross along the Hessian's directions: solid where the surface curves up, dashed where it curves down. */
function drawDirections(ctx, px, py, theme, { values, vectors }) {
  ctx.save();
  ctx.lineWidth = 2;
  vectors.forEach(([u, v], i) => {
    const reach = 26;
    ctx.strokeStyle = directionColor(theme, i);
    ctx.setLineDash(values[i] < 0 ? [4, 4] : []);
    strokeSegment(ctx, px - reach * u, py + reach * v, px + reach * u, py - reach * v);
  });
  ctx.restore();
}

function directionColor(theme, i) {
  return i ? theme.a : theme.good;
}

/** The map of ends: a colour for each minimum, paler the longer the way; what diverges in the colour of warnings. */
function drawEnds(ctx, width, height, theme, { ends, surface }) {
  const colors = endColors(theme, surface);
  const paper = parseColor(theme.bg);
  const lost = parseColor(mixColor(theme.bg, theme.bad, 0.4));
  const shares = Float64Array.from({ length: MOST + 1 }, (_, k) => 0.7 - (0.5 * Math.log1p(k)) / Math.log1p(MOST));
  const pixels = new Uint8ClampedArray(4 * ends.found.length).fill(255);
  for (let k = 0; k < ends.found.length; k++) {
    const end = ends.found[k];
    const color = end >= 0 ? colors[end] : end === -2 ? lost : paper;
    const share = end >= 0 ? shares[ends.taken[k]] : 1;
    for (let i = 0; i < 3; i++) pixels[4 * k + i] = paper[i] + share * (color[i] - paper[i]);
  }
  drawPixels(ctx, pixels, ENDS, ends.rows, [0, 0, width, height], false);
}

/** A colour for each minimum: different ones for a few, by depth (the best in the accent) for many. */
function endColors(theme, surface) {
  const few = [theme.a, theme.b, theme.good, theme.muted];
  if (surface.minima.length <= few.length) return surface.minima.map((_, i) => parseColor(few[i]));
  const heights = surface.minima.map((place) => surface.value(...place));
  const most = Math.max(...heights);
  return heights.map((h) => parseColor(mixColor(theme.accent, theme.b, h / most)));
}

/** The loss above the minimum by step, on a logarithmic axis; dashed, on the bowl, the rate that the curvatures predict. */
export function drawLoss(ctx, width, height, theme, scene) {
  const { run, step, before, surface, settings } = scene;
  const box = lossBox(width, height);
  const x = stepScale(stepsDone(run), box);
  const above = (losses) => heightsAbove(losses, surface.lowest);
  const heights = above(run.losses);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const y = logScale([low / 2, Math.max(3 * high * (high / low) ** 0.12, 20 * low)], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: 4, yTicks: 4, format: shortNumber, xLabel: "step", yLabel: surface.lowest ? "loss above the minimum" : "loss" });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(step), box.y, x(step), box.y + box.height);
  clipped(ctx, box, () => {
    if (before) drawLine(ctx, null, above(before.losses), x, y, { color: theme.muted, width: 1.25, alpha: 0.6 });
    if (surface.name === "bowl") drawPrediction(ctx, x, y, heights, bowlRate(settings.condition, run.lr), theme);
    drawLine(ctx, null, heights, x, y, { color: theme.b, width: 1.5, alpha: 0.35, from: step });
    drawLine(ctx, null, heights, x, y, { color: theme.b, width: 2, to: step + 1 });
  });
  drawMark(ctx, x(step), y(heights[step]), { radius: 4.5, fill: theme.b, stroke: theme.bg });
  const right = x(step) > box.x + box.width / 2;
  const text = isLost(scene) ? "diverged" : heightText(heights[step]);
  const place = [x(step) + (right ? -8 : 8), Math.max(box.y + 2, y(heights[step]) - 18)];
  drawLabel(ctx, text, ...place, theme, { align: right ? "right" : "left", color: isLost(scene) ? theme.bad : theme.text, weight: 600 });
}

function drawPrediction(ctx, x, y, heights, rate, theme) {
  const last = Math.ceil(x.domain[1]);
  const line = Float64Array.from({ length: last + 1 }, (_, k) => heights[0] * rate ** (2 * k));
  drawLine(ctx, null, line, x, y, { color: theme.text, width: 1, dash: [3, 4], alpha: 0.7 });
}

/** How the loss changes along the next step, with the straight line that the gradient promises and the place η picks. */
export function drawAlong(ctx, width, height, theme, scene) {
  const { run, step } = scene;
  const box = lossBox(width, height);
  if (isLost(scene)) return drawLabel(ctx, "no step to show", width / 2, height / 2, theme, { align: "center" });
  const { rates, changes, slope, change } = alongStep(scene.surface, run.points[step], run.lr);
  const finite = changes.filter(Number.isFinite);
  const low = Math.min(...finite, -1e-300);
  const high = Math.min(Math.max(...finite), -1.5 * low);
  const x = linearScale([0, rates[rates.length - 1]], [box.x, box.x + box.width]);
  const y = linearScale([1.15 * low, Math.max(high, -0.4 * low)], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: 3, yTicks: 3, format: shortNumber, xLabel: "learning rate", yLabel: "change of the loss" });
  clipped(ctx, box, () => {
    drawLine(ctx, rates, rates.map((rate) => rate * slope), x, y, { color: theme.muted, dash: [4, 3], width: 1.25 });
    drawLine(ctx, rates, changes, x, y, { color: theme.accent, width: 2 });
  });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(run.lr), box.y, x(run.lr), box.y + box.height);
  const color = change > 0 ? theme.bad : theme.good;
  drawMark(ctx, x(0), y(0), { radius: 4.5, fill: theme.b, stroke: theme.bg });
  if (y(change) >= box.y) drawMark(ctx, x(run.lr), y(change), { radius: 4.5, fill: color, stroke: theme.bg });
  drawLabel(ctx, (change > 0 ? "+" : "") + shortNumber(Number(change.toPrecision(2))), x(run.lr) + 6, box.y + box.height - 4, theme, { color, weight: 600, baseline: "bottom" });
}
