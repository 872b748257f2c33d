// Pictures of a penalty: the map with the ball and the zones of zeros, one weight's shrinking, and the path over λ.
import { mixColor, parseColor } from "../_core/theme.js";
import { clipped, drawLine, drawMark, drawPixels } from "../_draw/layers.js";
import { drawArrow } from "../_draw/paths.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment, ticks } from "../_draw/scales.js";
import { ballPoint, contourPoint, shrink, solve, zerosOf } from "./model.js";

const SIDE = 3.4; // the map shows -SIDE to SIDE along both axes
const ZONE_CELLS = 80;
const BOTH = 3; // the kind of a place that leaves no weight
export const STRENGTHS = Array.from({ length: 73 }, (_, i) => 0.01 * 1000 ** (i / 72)); // of the path: 0.01 to 10
export const LAST = STRENGTHS.length - 1;
const PULL = 34; // px of the arrow
const LEVELS = [0.06, 0.25, 0.6, 1.1, 1.8, 2.8, 4.2, 6]; // of the loss, drawn faintly
const ANGLES = Array.from({ length: 241 }, (_, i) => (i * Math.PI) / 120);

/** Which weights vanish for minima all over the map, row by row; return whether rows are left. */
export function findZones(scene, deadline) {
  const key = JSON.stringify({ ...scene.settings, target: 0 });
  if (scene.zones?.key !== key) scene.zones = { key, next: 0, found: new Uint8Array(ZONE_CELLS ** 2) };
  const { zones, settings } = scene;
  const at = (i) => (2 * (i + 0.5) * SIDE) / ZONE_CELLS - SIDE;
  // the picture is its own mirror image through the middle: half of the rows is enough
  while (zones.next < ZONE_CELLS / 2) {
    const row = zones.next++;
    for (let i = 0; i < ZONE_CELLS; i++) {
      const kind = zerosOf(solve({ ...settings, target: [at(i), -at(row)] }));
      zones.found[row * ZONE_CELLS + i] = kind;
      zones.found[(ZONE_CELLS - 1 - row) * ZONE_CELLS + ZONE_CELLS - 1 - i] = kind;
    }
    if (deadline()) return zones.next < ZONE_CELLS / 2;
  }
  return false;
}

export function mapScale(width, height) {
  const unit = (2 * SIDE) / Math.min(width, height);
  const half = [(width * unit) / 2, (height * unit) / 2];
  return { x: linearScale([-half[0], half[0]], [0, width]), y: linearScale([-half[1], half[1]], [height, 0]) };
}

export function drawMap(ctx, width, height, theme, scene) {
  const { x, y } = mapScale(width, height);
  const { settings, w, loss, cost, path } = scene;
  if (scene.showZones && scene.zones) drawZones(ctx, x, y, theme, scene.zones);
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(0), 0, x(0), height);
  strokeSegment(ctx, 0, y(0), width, y(0));
  for (const level of LEVELS) strokeLoop(ctx, x, y, (t) => contourPoint(settings, level, t), { color: theme.muted, width: 0.8, alpha: 0.55 });
  drawBall(ctx, x, y, theme, settings, cost);
  if (loss > 0) strokeLoop(ctx, x, y, (t) => contourPoint(settings, loss, t), { color: theme.text, width: 1.75 });
  drawTrace(ctx, x, y, theme, path, settings.target);
  drawSlope(ctx, x, y, theme, scene);
  drawMark(ctx, x(w[0]), y(w[1]), { radius: 6, fill: theme.text, stroke: theme.bg, width: 1.5 });
  drawMapLabels(ctx, width, height, x, y, theme, scene);
  const [px, py] = settings.target.map((v, j) => [x, y][j](v));
  if (scene.still) drawMark(ctx, px, py, { radius: 6, fill: theme.accent, stroke: theme.bg, width: 1.5 }); // in a page, a handle
}

/** The ball through the solution; where both weights are 0 it has no size left, and says so. */
function drawBall(ctx, x, y, theme, settings, cost) {
  const color = theme.good;
  if (cost > 0) return strokeLoop(ctx, x, y, (t) => ballPoint(settings, cost, t), { color, width: 2, fill: mixColor(theme.bg, color, 0.55) });
  drawMark(ctx, x(0), y(0), { radius: 10, stroke: color, width: 2 });
  drawLabel(ctx, "the ball has shrunk to this point", x(0), y(0) + 24, theme, { align: "center", color, weight: 600 });
}

/** A closed line through at(angle); fill tints its inside. */
function strokeLoop(ctx, x, y, at, { color, width, alpha = 1, fill = null }) {
  ctx.save();
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.beginPath();
  ANGLES.forEach((t, i) => {
    const [u, v] = at(t);
    if (i) ctx.lineTo(x(u), y(v));
    else ctx.moveTo(x(u), y(v));
  });
  ctx.closePath();
  if (fill) {
    ctx.globalAlpha = 0.3;
    ctx.fillStyle = fill;
    ctx.fill();
  }
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = color;
  ctx.stroke();
  ctx.restore();
}

/** The solutions from λ = 0 at the minimum towards the middle. */
function drawTrace(ctx, x, y, theme, { first, second }, target) {
  drawLine(ctx, [target[0], ...first], [target[1], ...second], x, y, { color: theme.accent, width: 2.25, dash: [5, 3] });
}

/** At the solution the loss pulls one way and the penalty the other: the pull of the loss, as an arrow. */
function drawSlope(ctx, x, y, theme, { settings, w }) {
  const { correlation: rho, target } = settings;
  const [d, e] = [target[0] - w[0], target[1] - w[1]];
  const pull = [d + rho * e, e + rho * d];
  const size = Math.hypot(...pull);
  if (size < 1e-6) return;
  const [px, py] = [x(w[0]), y(w[1])];
  drawArrow(ctx, [px, py], [px + (PULL * pull[0]) / size, py - (PULL * pull[1]) / size], theme.text);
}

function drawZones(ctx, x, y, theme, zones) {
  const colors = [theme.bg, theme.a, theme.b, theme.muted].map((color, kind) => parseColor(mixColor(theme.bg, color, kind ? 0.2 : 0)));
  const pixels = new Uint8ClampedArray(4 * zones.found.length).fill(255);
  zones.found.forEach((kind, k) => pixels.set(colors[kind], 4 * k));
  drawPixels(ctx, pixels, ZONE_CELLS, ZONE_CELLS, [x(-SIDE), y(SIDE), x(SIDE) - x(-SIDE), y(-SIDE) - y(SIDE)], false);
}

function drawMapLabels(ctx, width, height, x, y, theme, { settings, w, showZones, zones }) {
  const at = (value) => String(value).replace("-", "−");
  for (const v of ticks(x, 5)) if (v !== 0) drawLabel(ctx, at(v), x(v), y(0) + 4, theme, { align: "center" });
  for (const v of ticks(y, 5)) if (v !== 0) drawLabel(ctx, at(v), x(0) - 5, y(v), theme, { align: "right", baseline: "middle" });
  drawLabel(ctx, "w₁", width - 6, y(0) - 4, theme, { align: "right", baseline: "bottom", color: theme.a, weight: 600 });
  drawLabel(ctx, "w₂", x(0) + 6, 4, theme, { color: theme.b, weight: 600 });
  drawLabel(ctx, "ŵ", x(settings.target[0]) + 11, y(settings.target[1]) - 4, theme, { baseline: "bottom", color: theme.accent, weight: 600, size: 13 });
  const right = w[0] >= 0;
  drawLabel(ctx, "w", x(w[0]) + (right ? -10 : 10), y(w[1]) + 6, theme, { align: right ? "right" : "left", color: theme.text, weight: 600, size: 13 });
  if (showZones) {
    if (zones?.found.includes(BOTH)) drawLabel(ctx, "ŵ here: both 0", width - 8, height - 40, theme, { align: "right", baseline: "bottom" });
    drawLabel(ctx, "ŵ here: w₂ = 0", width - 8, height - 24, theme, { align: "right", baseline: "bottom", color: theme.b });
    drawLabel(ctx, "ŵ here: w₁ = 0", width - 8, height - 8, theme, { align: "right", baseline: "bottom", color: theme.a });
  }
}

export function chartBox(width, height) {
  return plotBox(width, height, { top: 8, right: 12, left: 36, bottom: 22 });
}

/** What the penalty makes of one weight: in, what it would be given the other; out, what it becomes. */
export function drawShrink(ctx, width, height, theme, { settings, w, z }) {
  const box = chartBox(width, height);
  const reach = Math.max(2.2, ...z.map((v) => 1.15 * Math.abs(v)));
  const x = linearScale([-reach, reach], [box.x, box.x + box.width]);
  const y = linearScale([-reach, reach], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: 5, yTicks: 3, xLabel: "weight without penalty, z", yLabel: "weight w" });
  ctx.strokeStyle = theme.line;
  strokeSegment(ctx, x(0), box.y, x(0), box.y + box.height);
  drawLine(ctx, [-reach, reach], [-reach, reach], x, y, { color: theme.muted, width: 1, dash: [3, 4] });
  const ins = Array.from({ length: 301 }, (_, i) => (reach * (i - 150)) / 150);
  const outs = ins.map((value) => shrink(settings, value));
  drawLine(ctx, ins, outs, x, y, { color: theme.good, width: 2.25 });
  const marks = [{ shape: "circle", fill: theme.a }, { shape: "diamond", fill: theme.b }];
  marks.forEach((mark, j) => {
    ctx.save();
    ctx.setLineDash([2, 3]);
    ctx.strokeStyle = mark.fill;
    ctx.lineWidth = 1;
    strokeSegment(ctx, x(z[j]), y(z[j]), x(z[j]), y(w[j]));
    ctx.restore();
    drawMark(ctx, x(z[j]), y(w[j]), { ...mark, radius: 5, stroke: theme.bg });
  });
}

/** Where a strength stands among those of the path, as an index with fractions. */
export function strengthIndex(strength) {
  return (LAST * Math.log(Math.max(strength, STRENGTHS[0]) / STRENGTHS[0])) / Math.log(STRENGTHS[LAST] / STRENGTHS[0]);
}

export function strengthScale(box) {
  return logScale([STRENGTHS[0], STRENGTHS[LAST]], [box.x, box.x + box.width]);
}

/** Both weights against λ. */
export function drawCoefficients(ctx, width, height, theme, { settings, w, path }) {
  const box = chartBox(width, height);
  const values = [...path.first, ...path.second, ...settings.target, 0];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.12 * (high - low || 1);
  const x = strengthScale(box);
  const y = linearScale([low - room, high + room], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: [0.01, 0.1, 1, 10], yTicks: 4, xLabel: "strength λ", yLabel: "weights" });
  const at = Math.max(settings.strength, STRENGTHS[0]);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(at), box.y, x(at), box.y + box.height);
  strokeSegment(ctx, box.x, y(0), box.x + box.width, y(0));
  clipped(ctx, box, () => {
    drawLine(ctx, path.strengths, path.first, x, y, { color: theme.a, width: 2.25 });
    drawLine(ctx, path.strengths, path.second, x, y, { color: theme.b, width: 2.25 });
  });
  drawMark(ctx, x(at), y(w[0]), { radius: 5, fill: theme.a, stroke: theme.bg });
  drawMark(ctx, x(at), y(w[1]), { shape: "diamond", radius: 5, fill: theme.b, stroke: theme.bg });
}
