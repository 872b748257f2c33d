// The map of a sweep: a cell a point, in the colour of its score.
import { makeRamp, mixColor } from "../_core/theme.js";
import { drawMark } from "../_draw/layers.js";
import { drawLabel, plotBox, setText } from "../_draw/scales.js";
import { isLostValue, normalizedScore, rowOf, valueText } from "./model.js";

const GROUP_GAP = 5; // px between the map's groups of rows
const CONTRAST = 3; // power of the score, so that good cells differ in colour
const WEAKEST = 0.06; // of the accent, in a cell at the level of guessing

/** Where the map's cells stand: { box, column(k), row(r), width, height, at(px, py) -> [row, column] or null }. */
export function mapLayout({ sweep }, width, height) {
  const inner = innerAxis(sweep);
  const margins = { top: 6, right: 6, bottom: 32, left: Math.min(width * 0.42, 14 + 6 * labelLength(sweep, inner)) };
  const box = plotBox(width, height, margins);
  const perGroup = inner < 0 ? 1 : sweep.axes[inner].values.length;
  const groups = Math.ceil(sweep.rows.length / perGroup);
  const cell = { width: box.width / sweep.columns, height: (box.height - (groups - 1) * GROUP_GAP) / sweep.rows.length };
  const column = (k) => box.x + k * cell.width;
  const row = (r) => box.y + r * cell.height + Math.floor(r / perGroup) * GROUP_GAP;
  const at = (px, py) => {
    const k = Math.min(sweep.columns - 1, Math.max(0, Math.floor((px - box.x) / cell.width)));
    let r = 0;
    while (r < sweep.rows.length - 1 && py >= row(r + 1)) r++;
    return [r, k];
  };
  return { box, column, row, ...cell, at, perGroup, inner };
}

/** The axis that changes from row to row. */
function innerAxis({ axes, across }) {
  for (let i = axes.length - 1; i >= 0; i--) if (i !== across && axes[i].varies) return i;
  return -1;
}

/** The axes whose values name a group of rows. */
function groupAxes({ axes, across }, inner) {
  return axes.map((_, i) => i).filter((i) => i !== across && i !== inner && axes[i].varies);
}

/** The most letters a row's label takes. */
function labelLength(sweep, inner) {
  const longest = (i) => Math.max(...sweep.axes[i].values.map((_, k) => valueText(sweep.axes[i], k).length)) + 2;
  return [...groupAxes(sweep, inner), ...(inner < 0 ? [] : [inner])].reduce((sum, i) => sum + longest(i), 0);
}

/** 64 colours from guessing to the best, made once a theme. */
function rampOf(scene, theme) {
  const key = theme.bg + theme.accent;
  if (scene.colors.key !== key) {
    const ramp = makeRamp(mixColor(theme.bg, theme.accent, WEAKEST), mixColor(theme.bg, theme.accent, 0.4), mixColor(theme.accent, theme.text, 0.25));
    const steps = Array.from({ length: 64 }, (_, i) => 3 * Math.round((255 * i) / 63));
    scene.colors = { key, ramp: steps.map((k) => `rgb(${ramp[k]}, ${ramp[k + 1]}, ${ramp[k + 2]})`) };
  }
  return scene.colors.ramp;
}

export function drawMap(ctx, width, height, theme, scene) {
  const { sweep, metric, map, point } = scene;
  const layout = mapLayout(scene, width, height);
  const ramp = rampOf(scene, theme);
  const range = scene.ranges.get(metric);
  const lost = mixColor(theme.bg, theme.bad, 0.16);
  const gap = layout.width > 8 ? 1 : 0.5;
  map.values.forEach((line, r) => {
    line.forEach((value, k) => {
      if (value === null) return;
      const [px, py] = [layout.column(k), layout.row(r)];
      const broken = !Number.isFinite(value);
      const shade = isLostValue(metric, value) ? theme.line : ramp[Math.round(63 * normalizedScore(metric, value, range) ** CONTRAST)];
      ctx.fillStyle = broken ? lost : shade;
      ctx.fillRect(px, py, layout.width - gap, layout.height - gap);
      if (!broken) return;
      const cross = { shape: "cross", radius: Math.min(3.5, layout.height / 3), stroke: theme.bad };
      drawMark(ctx, px + (layout.width - gap) / 2, py + (layout.height - gap) / 2, cross);
    });
    if (map.best[r] >= 0) drawBest(ctx, layout, r, map.best[r], theme, map.top?.[0] === r);
  });
  drawRowLabels(ctx, scene, layout, theme);
  drawColumnLabels(ctx, scene, layout, theme, width);
  drawChosen(ctx, layout, rowOf(sweep, point), point[sweep.across], theme);
}

/** A dot in the best cell of a row; in the best of all a ring around it. */
function drawBest(ctx, { column, row, width, height }, r, k, theme, isTop) {
  const [px, py] = [column(k) + width / 2 - 0.5, row(r) + height / 2 - 0.5];
  drawMark(ctx, px, py, { radius: Math.min(2.5, height / 4), fill: theme.bg });
  if (isTop) drawMark(ctx, px, py, { radius: Math.min(5.5, height / 2 - 2), stroke: theme.bg, width: 1.5 });
}

function drawChosen(ctx, { column, row, width, height }, r, k, theme) {
  if (r < 0) return;
  const at = [column(k) - 1.5, row(r) - 1.5, width + 2, height + 2];
  for (const [color, line] of [[theme.bg, 4.5], [theme.b, 2.5]]) {
    ctx.strokeStyle = color;
    ctx.lineWidth = line;
    ctx.strokeRect(...at);
  }
}

function drawRowLabels(ctx, { sweep, point }, { box, row, height, perGroup, inner }, theme) {
  const others = groupAxes(sweep, inner);
  const mine = rowOf(sweep, point);
  sweep.rows.forEach((at, r) => {
    const color = r === mine ? theme.text : theme.muted;
    const middle = row(r) + height / 2;
    const weight = r === mine ? 600 : 400;
    if (inner >= 0 && height >= 9) drawLabel(ctx, valueText(sweep.axes[inner], at[inner]), box.x - 6, middle, theme, { align: "right", baseline: "middle", size: 10.5, color, weight });
    if (others.length && r % perGroup === 0) {
      const text = others.map((i) => valueText(sweep.axes[i], at[i])).join(", ");
      const chosen = Math.floor(mine / perGroup) === Math.floor(r / perGroup);
      drawLabel(ctx, text, 2, row(r) + height / 2, theme, { baseline: "middle", size: 11, color: chosen ? theme.text : theme.muted, weight: chosen ? 600 : 400 });
    }
  });
}

function drawColumnLabels(ctx, { sweep }, { box, column, width: cell }, theme, width) {
  const axis = sweep.axes[sweep.across];
  if (!axis) return;
  const bottom = box.y + box.height + 4;
  let free = 0;
  axis.values.forEach((_, k) => {
    const text = valueText(axis, k);
    setText(ctx, theme, 10.5);
    const half = ctx.measureText(text).width / 2;
    const middle = column(k) + cell / 2;
    if (middle - half < free || middle + half > width + 4) return;
    drawLabel(ctx, text, middle, bottom, theme, { align: "center", size: 10.5 });
    free = middle + half + 8;
  });
  drawLabel(ctx, axis.label, box.x + box.width, bottom + 14, theme, { align: "right", size: 11, color: theme.text });
  drawRowNames(ctx, sweep, box.x + box.width - ctx.measureText(axis.label).width, bottom + 14, theme);
}

/** What the rows are, under their labels, where there is room before the name of the columns. */
function drawRowNames(ctx, sweep, end, y, theme) {
  const inner = innerAxis(sweep);
  const names = [...groupAxes(sweep, inner), ...(inner < 0 ? [] : [inner])].map((i) => sweep.axes[i].label).join(", ");
  if (names && ctx.measureText(names).width < end - 14) drawLabel(ctx, names, 2, y, theme, { size: 11, color: theme.text });
}
