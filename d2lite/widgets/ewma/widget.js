// The exponentially weighted average explorer: days and their average above, the weights of one day's average below.
import { defineExplorer } from "../_core/define.js";
import { formatCounted, formatFixed, formatNumber } from "../_core/format.js";
import { facts, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { clipped, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { above } from "../_draw/panes.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { averages, dayWeights, effectiveDays, halfLife, openSeries, plainMeans, recentWeight, seenWeight } from "./model.js";

const DOTS = 400; // days that are drawn as dots; more are a line
const PART = 0.25; // of the days shown, that playing moves the window by

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const [beta, correct] = [get("beta"), get("correct")];
  const { values } = scene.series;
  const key = `${beta} ${correct}`;
  if (key !== scene.key) {
    Object.assign(scene, { key, beta, correct, v: averages(values, beta, correct), raw: averages(values, beta, false) });
    scene.means = plainMeans(values, Math.round(effectiveDays(beta)));
  }
  const most = values.length;
  const [day, count] = [Math.min(most, get("day")), Math.min(most, get("days_shown"))];
  const hop = Math.max(1, Math.round(count * PART));
  const first = day <= count ? 0 : Math.min(most - count, Math.ceil((day - count) / hop) * hop);
  Object.assign(scene, { day, first, count, plain: get("plain"), weights: dayWeights(beta, day, correct) });
}

function days(count) {
  const text = formatNumber(count);
  return `${text} ${text === "1" ? "day" : "days"}`;
}

function summarise(scene) {
  const { series, day, v, beta, correct } = scene;
  const how = correct ? "corrected average" : "average";
  return `Day ${day}, ${series.dateOf(day)}: ${formatNumber(series.values[day - 1], 5)} births, ${how} ${formatNumber(v[day], 5)}, β ${formatNumber(beta)}.`;
}

function seriesBox(width, height) {
  return plotBox(width, height, { top: 24, right: 10, left: 50, bottom: 20 });
}

/** Days to pixels; both charts have it in common. */
function dayScale({ first, count }, box) {
  return linearScale([first, first + count], [box.x, box.x + box.width]);
}

/** The days as dots, their average as a line up to the day and pale after it; dashed, the plain mean. */
function drawSeries(ctx, width, height, theme, scene) {
  const { series, day, first, count, v, means, correct, plain } = scene;
  const box = seriesBox(width, height);
  const x = dayScale(scene, box);
  const y = linearScale(correct ? [6000, 13500] : [first < 60 ? 0 : 6000, 13500], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: 6, yTicks: 5, format: (value) => (value > 3000 ? `${value / 1000}k` : String(value)), xLabel: "day" });
  const last = Math.min(series.values.length, first + count);
  const days = Array.from({ length: last - first }, (_, i) => first + 1 + i);
  clipped(ctx, { ...box, y: box.y - 4 }, () => {
    if (count <= DOTS) for (const t of days) drawMark(ctx, x(t), y(series.values[t - 1]), { radius: count > 150 ? 1.4 : 2.2, fill: theme.muted });
    else drawLine(ctx, days, days.map((t) => series.values[t - 1]), x, y, { color: theme.muted, width: 0.6, alpha: 0.7 });
    const from = correct || first ? Math.max(1, first) : 0;
    const line = Array.from({ length: last - from + 1 }, (_, i) => from + i);
    const upTo = line.filter((t) => t <= day);
    drawLine(ctx, line, line.map((t) => v[t]), x, y, { color: theme.b, width: 1.5, alpha: 0.35 });
    if (plain) drawLine(ctx, line.slice(1), line.slice(1).map((t) => means[t]), x, y, { color: theme.a, width: 1.5, dash: [5, 3] });
    drawLine(ctx, upTo, upTo.map((t) => v[t]), x, y, { color: theme.b, width: 2.5 });
  });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(day), box.y, x(day), box.y + box.height);
  drawMark(ctx, x(day), y(series.values[day - 1]), { radius: 4, fill: theme.bg, stroke: theme.text, width: 2 });
  drawMark(ctx, x(day), y(v[day]), { radius: 5, fill: theme.b, stroke: theme.bg });
  const entries = [{ label: series.unit, color: theme.muted, ...(count <= DOTS && { shape: "circle" }) }, { label: correct ? "average, corrected" : "average", color: theme.b }];
  if (plain) entries.push({ label: `mean of ${formatCounted(Math.round(effectiveDays(scene.beta)), "day")}`, color: theme.a, dash: [5, 3] });
  drawLegend(ctx, entries, { x: box.x, y: 0 }, theme, box.width);
}

/** The weight of each day in the chosen day's average, over the same days; the missing weight lies on the zero at the start. */
function drawWeights(ctx, width, height, theme, scene) {
  const { day, first, beta, correct, weights, count } = scene;
  const box = plotBox(width, height, { top: 20, right: 10, left: 50, bottom: 20 });
  const x = dayScale(scene, box);
  const missing = correct ? 0 : 1 - seenWeight(beta, day);
  const most = Math.max(weights[day - 1], first === 0 ? missing : 0);
  const y = linearScale([0, 1.15 * most], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: 6, yTicks: 3, xLabel: "day" });
  const wide = Math.max(1, Math.min(12, (0.75 * box.width) / count));
  const bar = (t, weight, color) => {
    ctx.fillStyle = color;
    ctx.fillRect(x(t) - wide / 2, y(weight), wide, y(0) - y(weight));
  };
  const recent = day - effectiveDays(beta);
  clipped(ctx, { ...box, x: box.x - 6, width: box.width + 12 }, () => {
    for (let t = Math.max(1, first); t <= day; t++) if (y(0) - y(weights[t - 1]) > 0.2) bar(t, weights[t - 1], t > recent ? theme.b : theme.muted);
    if (first === 0 && missing > 0.0005) bar(0, missing, theme.bad);
  });
  if (first === 0 && missing > 0.02) drawLabel(ctx, `on the 0 at the start: βᵗ = ${formatNumber(missing, 2)}`, x(0) + wide, y(missing) - 2, theme, { color: theme.bad, weight: 600, baseline: "bottom" });
  const share = recentWeight(beta, Math.round(effectiveDays(beta)), day, correct);
  drawLabel(ctx, `weights: ${Math.round(100 * share)}% on the last 1/(1 − β) = ${days(effectiveDays(beta))}`, box.x, 2, theme, { color: theme.text });
}

const births = (value) => Math.round(value).toLocaleString("en");

/** The update of the chosen day in numbers. */
function fillUpdate({ series, day, raw, beta }) {
  return `m ← ${formatNumber(beta)} · ${births(raw[day - 1])} + ${formatNumber(1 - beta)} · ${births(series.values[day - 1])} = ${births(raw[day])}`;
}

function fillCorrection({ day, raw, beta, correct }) {
  const seen = seenWeight(beta, day);
  return correct ? `m̂ = ${births(raw[day])} / ${formatNumber(seen)} = ${births(raw[day] / seen)}` : "no correction: m is the average";
}

/** What β means. */
function results({ series, day, beta }) {
  return [
    ["date", series.dateOf(day)],
    ["1/(1 − β)", days(effectiveDays(beta))],
    ["half-life", days(halfLife(beta))],
    ["weight seen, 1 − βᵗ", formatFixed(seenWeight(beta, day), 3)],
  ];
}

const lastDay = ({ series }) => series.values.length;

function daysAlong(scene, width, height) {
  return dayScale(scene, seriesBox(width, height));
}

function describeDay(scene, px, py, width, height) {
  const t = Math.round(daysAlong(scene, width, height).invert(px));
  return t >= 1 && t <= lastDay(scene) ? `${scene.series.dateOf(t)}: ${scene.series.values[t - 1]} births` : null;
}

export const { render, preview } = defineExplorer({
  title: "Exponentially weighted average explorer",
  scene: (get) => ({ series: openSeries(get("data")), key: "", v: null, means: null }),
  update: updateScene,
  output: ({ v, day }) => ({ average: [v[day]] }),
  say: summarise,
  top: [
    player({ trait: "day", last: lastDay }),
    stage({
      draw: drawSeries,
      label: "Births of each day and their average",
      ratio: 2.4,
      className: "d2l-series",
      scrub: { trait: "day", label: "Day", last: lastDay, scale: daysAlong, text: summarise },
      tip: describeDay,
    }),
    stage({ draw: drawWeights, label: "The weight of each day in the average of the chosen day", ratio: 4, className: "d2l-weights" }),
  ],
  bottom: [
    hint("Click or drag to choose a day. Orange bars: the days of the last 1/(1 − β)."),
    group(
      { name: "numbers", className: "d2l-numbers" },
      paragraph(fillUpdate, { className: "d2l-sum" }),
      paragraph(fillCorrection, { className: "d2l-sum" }),
      facts(results),
    ),
  ],
  controls: ["beta", "correct", "plain", "days_shown"],
  preview: above(drawSeries, drawWeights, 0.64),
});
