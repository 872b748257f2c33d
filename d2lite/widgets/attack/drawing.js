// What the attack explorer draws: the three pictures, bars before and after, curves over the budget.
import { makeRamp, mixColor } from "../_core/theme.js";
import { formatFixed } from "../_core/format.js";
import { drawLegend, drawLine, drawMark, drawMatrix } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { argmax } from "../_math/nn.js";
import { SIDE } from "./model.js";

const LEGEND = 42; // px above the curves

function drawFramed(ctx, width, height, theme, values, ramp, shade, text) {
  const side = Math.min(width, height - 17);
  drawMatrix(ctx, values, SIDE, SIDE, { x: 0, y: 0, width: side, height: side }, ramp, shade);
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.line;
  ctx.strokeRect(0.5, 0.5, side - 1, side - 1);
  drawLabel(ctx, text, side / 2, side + 3, theme, { align: "center" });
}

const gray = (theme) => [makeRamp(theme.bg, theme.text), (value) => value / 255];

export function drawPhoto(ctx, width, height, theme, scene) {
  drawFramed(ctx, width, height, theme, scene.pixels, ...gray(theme), "picture");
  if (!scene.cursor) return;
  const cell = Math.min(width, height - 17) / SIDE;
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 2;
  ctx.strokeRect(scene.cursor[1] * cell, scene.cursor[0] * cell, cell, cell);
}

/** Orange where a pixel's value rose, blue where it fell; as strong as it can be at the whole budget. */
export function drawChange(ctx, width, height, theme, { attack, pixels, epsilon }) {
  const change = Array.from(attack.pixels, (value, k) => value - pixels[k]);
  const ramp = makeRamp(theme.a, theme.bg, theme.b);
  const text = epsilon ? `+ change × ${formatFixed(127 / epsilon, epsilon > 12 ? 1 : 0)}` : "+ no change";
  drawFramed(ctx, width, height, theme, change, ramp, (value) => 0.5 + value / Math.max(1, epsilon) / 2, text);
}

export function drawSeen(ctx, width, height, theme, { attack }) {
  drawFramed(ctx, width, height, theme, attack.pixels, ...gray(theme), "= what it gets");
}

/** A probability in per cent, with a decimal where that says more. */
export function percent(p) {
  if (p > 0.9995) return ">99.9%";
  if (p < 0.0005) return "<0.1%";
  return p > 0.0995 && p < 0.9945 ? `${Math.round(100 * p)}%` : `${formatFixed(100 * p, 1)}%`;
}

function colorOf(theme, { label, after }, k) {
  if (k === label) return theme.a;
  return k === argmax(after) ? theme.b : theme.muted;
}

/** For each class its probability before (light) and after (dark). */
export function drawBars(ctx, width, height, theme, scene) {
  const { classes, before, after } = scene;
  const row = height / classes.length;
  const x = linearScale([0, 1], [Math.min(76, width * 0.26), width - 50]);
  classes.forEach((name, k) => {
    const y = (k + 0.5) * row;
    const color = colorOf(theme, scene, k);
    const strong = color !== theme.muted;
    const look = { baseline: "middle", color: strong ? theme.text : theme.muted, weight: strong ? 600 : 400 };
    drawLabel(ctx, name, 0, y, theme, look);
    const bar = (p, share, fill) => {
      ctx.fillStyle = fill;
      ctx.fillRect(x(0), y - (row * share) / 2, Math.max(1, x(p) - x(0)), row * share);
    };
    bar(before[k], 0.8, mixColor(theme.bg, color, 0.35));
    bar(after[k], 0.42, color);
    drawLabel(ctx, percent(after[k]), width, y, theme, { ...look, align: "right" });
  });
}

function curveBox(width, height) {
  return plotBox(width, height, { left: 34, top: LEGEND, bottom: 36 });
}

/** The axis of budgets, for the slider that the picture is. */
export function budgetScale(scene, width, height) {
  const box = curveBox(width, height);
  return linearScale([0, scene.curve.largest], [box.x, box.x + box.width]);
}

/** A line for each class: its probability at every budget. */
export function drawCurves(ctx, width, height, theme, scene) {
  const { curve: { rows }, classes, after, label, epsilon } = scene;
  const box = curveBox(width, height);
  const x = budgetScale(scene, width, height);
  const y = linearScale([0, 1], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { yTicks: [0, 0.25, 0.5, 0.75, 1], xTicks: [0, 8, 16, 24, 32, 40, 48] });
  drawLabel(ctx, "probability", box.x + box.width, box.y + 4, theme, { align: "right" });
  drawLabel(ctx, "budget ε, gray levels of 255", box.x + box.width, height - 2, theme, { align: "right", baseline: "bottom" });
  const winner = argmax(after);
  const budgets = rows.map((_, i) => i);
  const last = (k) => (k === label ? 2 : k === winner ? 1 : 0);
  for (const k of [...classes.keys()].sort((a, b) => last(a) - last(b))) {
    drawLine(ctx, budgets, rows.map((row) => row[k]), x, y, { color: colorOf(theme, scene, k), width: last(k) ? 2.5 : 1, alpha: last(k) ? 1 : 0.6 });
  }
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1;
  ctx.setLineDash([4, 3]);
  strokeSegment(ctx, x(epsilon), box.y, x(epsilon), box.y + box.height);
  ctx.setLineDash([]);
  for (const k of new Set([winner, label])) drawMark(ctx, x(epsilon), y(after[k]), { fill: colorOf(theme, scene, k), stroke: theme.bg });
  const entries = [{ label: classes[label], color: theme.a }];
  if (winner !== label) entries.push({ label: `${classes[winner]}, its answer`, color: theme.b });
  entries.push({ label: "other classes", color: theme.muted }, { label: "this budget", color: theme.text, dash: [4, 3] });
  drawLegend(ctx, entries, { x: box.x - 30, y: 0 }, theme, width);
}
