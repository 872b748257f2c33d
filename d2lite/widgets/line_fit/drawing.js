// The two pictures of the line-fit explorer: the points with their line, and the loss surface with its point.
import { formatNumber, shortNumber } from "../_core/format.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { clipped, drawContour, drawHeat, drawLine, drawMark, drawMarks, makeGrid } from "../_draw/layers.js";
import { drawPath } from "../_draw/paths.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { lineAt, lossOf, stepsDone } from "./model.js";

const CELLS = 60; // of the surface's grid, across
const RINGS = 9;
const REACH = 130; // of the surface from the best line, in the target's units: half its width, where the input is in standard deviations
const INPUTS = [15, 45];

export function dataScales({ top }, width, height) {
  const box = plotBox(width, height, { top: 8, right: 8, bottom: 24, left: 34 });
  const x = linearScale(INPUTS, [box.x, box.x + box.width]);
  const y = linearScale([0, top], [box.y + box.height, box.y]);
  return { box, x, y };
}

/** The shown line, as it stands after the step that is shown. */
export function shownLine({ run, step }) {
  return { w: run.ws[step], b: run.bs[step] };
}

export function drawData(ctx, width, height, theme, scene, get) {
  const scales = dataScales(scene, width, height);
  const { box, x, y } = scales;
  const { points, frame, best, hold } = scene;
  const line = shownLine(scene);
  drawAxes(ctx, box, x, y, theme, { xTicks: 5, yTicks: 4 });
  clipped(ctx, box, () => {
    for (const point of points) drawError(ctx, scales, point, lineAt(line, frame, point[0]), get("errors"), theme);
    if (scene.step > 0) drawThrough(ctx, scales, frame, { w: scene.run.ws[0], b: scene.run.bs[0] }, { color: theme.muted, width: 1, alpha: 0.7 });
    if (get("best") && best) drawThrough(ctx, scales, frame, best, { color: theme.good, width: 2, dash: [6, 4] });
    drawThrough(ctx, scales, frame, line, { color: theme.accent, width: 2.75 });
  });
  drawMarks(ctx, points, x, y, () => ({ radius: 4, fill: theme.a, stroke: theme.bg }));
  for (const i of [hold?.hovered(), hold?.selected()]) {
    if (points[i]) drawMark(ctx, x(points[i][0]), y(points[i][1]), { radius: 8, stroke: theme.text, width: 2 });
  }
  drawLabel(ctx, "body mass index, kg/m²", box.x + box.width - 2, box.y + box.height - 4, theme, { align: "right", baseline: "bottom", color: theme.text });
  drawLabel(ctx, "progression after a year", box.x + 5, box.y + 1, theme, { color: theme.text });
}

function drawThrough(ctx, { x, y }, frame, line, style) {
  const limit = (value) => Math.max(-1e5, Math.min(1e5, value));
  drawLine(ctx, INPUTS, INPUTS.map((input) => limit(lineAt(line, frame, input))), x, y, style);
}

/** An error as a bar, or as the square on it, on the side where it does not cross a rising line, unless the picture ends there. */
function drawError(ctx, { x, y }, [input, target], prediction, kind, theme) {
  if (kind === "none" || !Number.isFinite(prediction)) return;
  const [px, from, to] = [x(input), y(target), y(Math.max(-1e5, Math.min(1e5, prediction)))];
  ctx.save();
  if (kind === "squares") {
    const side = Math.abs(to - from);
    const [least, most] = INPUTS.map(x);
    const leftward = prediction > target ? px - side >= least : px + side > most;
    const left = leftward ? px - side : px;
    ctx.fillStyle = theme.b;
    ctx.globalAlpha = 0.13;
    ctx.fillRect(left, Math.min(from, to), side, side);
    ctx.globalAlpha = 0.5;
    ctx.strokeStyle = theme.b;
    ctx.lineWidth = 1;
    ctx.strokeRect(left, Math.min(from, to), side, side);
  }
  ctx.globalAlpha = 0.9;
  ctx.strokeStyle = theme.b;
  ctx.lineWidth = kind === "bars" ? 2 : 1.25;
  strokeSegment(ctx, px, from, px, to);
  ctx.restore();
}

/** The surface's scales around the line of least squares: equal for w and b in standard deviations, so that a round bowl looks round. */
export function surfaceScales({ center, frame, unit }, width, height) {
  const box = plotBox(width, height, { top: 8, right: 8, bottom: 24, left: 44 });
  const side = Math.min(box.width, box.height);
  const [stretchW, stretchB] = unit === "raw" ? [1 / center.spread, center.mean / center.spread] : [1, 1];
  const halfW = (REACH * stretchW * box.width) / side;
  const halfB = (REACH * stretchB * box.height) / side;
  const { w, b } = center[unit];
  const x = linearScale([w - halfW, w + halfW], [box.x, box.x + box.width]);
  const y = linearScale([b - halfB, b + halfB], [box.y + box.height, box.y]);
  return { box, x, y, frame };
}

/** The grid of losses, kept while neither the surface nor its size changes. */
function gridOf(scene, scales, width, height) {
  const key = `${scene.surfaceKey}|${width}|${height}`;
  if (scene.gridKey !== key) {
    const { moments, loss } = scene;
    Object.assign(scene, { gridKey: key, grid: makeGrid(scales.x, scales.y, scene.still ? CELLS / 2 : CELLS, (w, b) => lossOf(moments, loss, w, b)) });
  }
  return scene.grid;
}

/** The levels of rings that stand equally far apart on a round bowl, and a shade that goes with them. */
function levelsOf({ grid, lowest, loss }) {
  const low = Number.isFinite(lowest) ? lowest : Math.min(...grid.values);
  const top = Math.max(...grid.values) - low || 1;
  const power = loss === "squared" ? 2 : 1;
  const levels = Array.from({ length: RINGS }, (_, i) => low + top * ((i + 1) / (RINGS + 1)) ** power);
  return { levels, shade: (value) => Math.max(0, (value - low) / top) ** (1 / power) };
}

export function drawSurface(ctx, width, height, theme, scene, get) {
  const scales = surfaceScales(scene, width, height);
  const { box, x, y } = scales;
  const { run, step, best } = scene;
  const grid = gridOf(scene, scales, width, height);
  const { levels, shade } = levelsOf(scene);
  clipped(ctx, box, () => {
    drawHeat(ctx, grid, makeRamp(theme.bg, mixColor(theme.bg, theme.b, 0.32)), shade);
    for (const level of levels) drawContour(ctx, grid, level, { color: theme.muted, width: 1, alpha: 0.55 });
    drawPath(ctx, pathPoints(run, step), step, scales, { color: theme.accent, dots: true, edge: theme.bg });
    if (get("best") && best) drawMark(ctx, x(best.w), y(best.b), { shape: "cross", radius: 6, stroke: theme.good, width: 2.5 });
  });
  drawAxes(ctx, box, x, y, theme, { xTicks: 4, yTicks: 4, grid: false, format: shortNumber });
  drawLabel(ctx, "weight w", box.x + box.width - 2, box.y + box.height - 4, theme, { align: "right", baseline: "bottom", color: theme.text });
  drawLabel(ctx, "bias b", box.x + 5, box.y + 1, theme, { color: theme.text });
  const { w, b } = shownLine(scene);
  const inside = w >= x.domain[0] && w <= x.domain[1] && b >= y.domain[0] && b <= y.domain[1];
  if (inside) drawMark(ctx, x(w), y(b), { radius: 7, fill: theme.accent, stroke: theme.bg, width: 2 });
  else drawLabel(ctx, Number.isFinite(w + b) ? `off the map: w ${formatNumber(w)}, b ${formatNumber(b)}` : "off the map", box.x + box.width / 2, box.y + 22, theme, { align: "center", color: theme.bad, weight: 600 });
}

/** The path as points; of a long one, some four thousand of its steps and the last. */
function pathPoints({ ws, bs }, step) {
  const every = Math.max(1, Math.ceil(step / 4000));
  const points = [];
  for (let k = 0; k < step; k += every) points.push([ws[k], bs[k]]);
  points.push([ws[step], bs[step]]);
  return points;
}

/** What stands at a place of the surface, as text. */
export function describeSurface(scene, px, py, width, height) {
  const { box, x, y } = surfaceScales(scene, width, height);
  if (px < box.x || py > box.y + box.height || stepsDone(scene.run) < 0) return null;
  const [w, b] = [x.invert(px), y.invert(py)];
  return `w ${formatNumber(w)}, b ${formatNumber(b)}: loss ${formatNumber(lossOf(scene.moments, scene.loss, w, b))}`;
}
