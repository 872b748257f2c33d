// The diagnosis explorer: tumours and their curve at the left, the cost of each threshold at the right.
import { defineExplorer } from "../_core/define.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { addHandle, addScrubber } from "../_core/handles.js";
import { facts, hint, stage } from "../_core/parts.js";
import { drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { beside } from "../_draw/panes.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { sigmoid } from "../_math/nn.js";
import { costs, countMistakes, probabilities, valueAt } from "./model.js";

const THRESHOLDS = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
const GOLDEN = 0.618; // spreads the marks of a class over its strip
const STRIP = [0.05, 0.15]; // above 1 and below 0, where the tumours lie

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const [threshold, cost, feature] = [get("threshold"), get("cost"), get("feature")];
  const { malignant, features } = get("data");
  const { values, weight, bias } = features[feature];
  const p = probabilities(values, weight, bias);
  const ends = [Math.min(...values), Math.max(...values)];
  Object.assign(scene, { threshold, cost, feature, malignant, values, weight, bias, p, ends });
  Object.assign(scene, countMistakes(p, malignant, threshold));
  scene.costs = costs(p, malignant, cost, THRESHOLDS);
  scene.cancers = malignant.reduce((a, b) => a + b, 0);
}

function summarise({ feature, threshold, missed, alarms, cancers, malignant, cost }) {
  const healthy = malignant.length - cancers;
  return `Acting above ${formatFixed(threshold, 2)} on ${feature}: ${missed} of ${cancers} cancers missed, ${alarms} of ${healthy} false alarms, cost ${formatNumber(cost * missed + alarms)}.`;
}

function curveScales({ ends }, width, height) {
  const box = plotBox(width, height, { top: 26, right: 10, bottom: 34, left: 34 });
  const wide = 0.04 * (ends[1] - ends[0]);
  const x = linearScale([ends[0] - wide, ends[1] + wide], [box.x, box.x + box.width]);
  const y = linearScale([-0.2, 1.2], [box.y + box.height, box.y]);
  return { box, x, y };
}

/** A tumour's height: its class's strip, spread so that marks seldom cover each other. */
function heightOf(i, malignant) {
  const part = STRIP[0] + (STRIP[1] - STRIP[0]) * ((i * GOLDEN) % 1);
  return malignant ? 1 + part : -part;
}

function drawTumours(ctx, width, height, theme, scene) {
  const { box, x, y } = curveScales(scene, width, height);
  const { threshold, weight, bias, values, malignant, p } = scene;
  const cut = Math.max(box.x, Math.min(box.x + box.width, x(valueAt(threshold, weight, bias))));
  ctx.save();
  ctx.globalAlpha = 0.1;
  ctx.fillStyle = theme.b;
  if (weight > 0) ctx.fillRect(cut, box.y, box.x + box.width - cut, box.height);
  ctx.restore();
  drawAxes(ctx, box, x, y, theme, { yTicks: [0, 0.5, 1], xTicks: 5 });
  drawLabel(ctx, scene.feature, box.x + box.width, height - 2, theme, { align: "right", baseline: "bottom" });
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = theme.text;
  ctx.setLineDash([4, 3]);
  strokeSegment(ctx, box.x, y(threshold), cut, y(threshold));
  strokeSegment(ctx, cut, box.y, cut, box.y + box.height);
  ctx.setLineDash([]);
  values.forEach((value, i) => {
    const wrong = p[i] > threshold !== Boolean(malignant[i]);
    const look = malignant[i] ? { shape: "diamond", fill: theme.b } : { shape: "circle", fill: theme.a };
    ctx.globalAlpha = wrong ? 1 : 0.45;
    drawMark(ctx, x(value), y(heightOf(i, malignant[i])), { ...look, radius: wrong ? 4 : 3, ...(wrong ? { stroke: theme.text, width: 1.5 } : {}) });
  });
  ctx.globalAlpha = 1;
  const along = Array.from({ length: 121 }, (_, i) => x.domain[0] + ((x.domain[1] - x.domain[0]) * i) / 120);
  drawLine(ctx, along, along.map((value) => sigmoid(weight * value + bias)), x, y, { color: theme.accent, width: 2.5 });
  drawMark(ctx, cut, y(threshold), { radius: 6, fill: theme.accent, stroke: theme.bg, width: 2 });
  if (cut < box.x + box.width - 70) drawLabel(ctx, "alarm →", cut + 14, y(0.5), theme, { color: theme.text, weight: 600, baseline: "middle" });
  const entries = [{ label: "malignant", color: theme.b, shape: "diamond" }, { label: "benign", color: theme.a, shape: "circle" }, { label: "probability", color: theme.accent }];
  drawLegend(ctx, entries, { x: box.x, y: 0 }, theme, box.width);
}

function costScales({ costs: heights }, width, height) {
  const box = plotBox(width, height, { top: 26, right: 10, bottom: 34, left: 40 });
  const x = linearScale([0, 1], [box.x, box.x + box.width]);
  const y = linearScale([0, 1.08 * Math.max(1, ...heights)], [box.y + box.height, box.y]);
  return { box, x, y };
}

function drawCosts(ctx, width, height, theme, scene) {
  const { box, x, y } = costScales(scene, width, height);
  const { threshold, cost, missed, alarms } = scene;
  drawAxes(ctx, box, x, y, theme, { xTicks: [0, 0.25, 0.5, 0.75, 1] });
  drawLabel(ctx, "threshold", box.x + box.width, height - 2, theme, { align: "right", baseline: "bottom" });
  drawLabel(ctx, "cost, in false alarms", box.x - 30, 2, theme, { color: theme.text });
  const rule = 1 / (1 + cost);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1.5;
  ctx.setLineDash([4, 3]);
  strokeSegment(ctx, x(rule), box.y, x(rule), box.y + box.height);
  ctx.setLineDash([]);
  drawLine(ctx, THRESHOLDS, scene.costs, x, y, { color: theme.b, width: 2 });
  drawLabel(ctx, `1/(1 + c) = ${formatFixed(rule, 2)}`, x(rule) + 5, box.y + 2, theme, { color: theme.text });
  drawMark(ctx, x(threshold), y(cost * missed + alarms), { radius: 6, fill: theme.accent, stroke: theme.bg, width: 2 });
}

const clampThreshold = (value) => Math.max(0.01, Math.min(0.99, Math.round(100 * value) / 100));

/** The threshold as a handle on the curve: along the measurement, or up and down the probability, whichever moves more. */
function addThreshold(app, map, scene) {
  const scales = () => curveScales(scene, map.width(), map.height());
  const at = () => {
    const { box, x, y } = scales();
    return [Math.max(box.x, Math.min(box.x + box.width, x(valueAt(scene.threshold, scene.weight, scene.bias)))), y(scene.threshold)];
  };
  const move = (px, py) => {
    const { x, y } = scales();
    const [cx, cy] = at();
    const wanted = Math.abs(px - cx) > Math.abs(py - cy) ? sigmoid(scene.weight * x.invert(px) + scene.bias) : y.invert(py);
    app.set({ threshold: clampThreshold(wanted) });
  };
  addHandle(app, map, { label: "Threshold on the curve", at, move, text: () => summarise(scene), step: 4 });
}

/** The chart of costs as a slider of the threshold, in hundredths. */
function slideThreshold(app, chart, scene) {
  addScrubber(app, chart, {
    label: "Threshold, in hundredths",
    min: 1,
    value: () => Math.round(100 * app.get("threshold")),
    max: () => 99,
    valueAt: (px) => 100 * costScales(scene, chart.width(), chart.height()).x.invert(px),
    move: (hundredths) => app.set({ threshold: hundredths / 100 }),
    text: () => summarise(scene),
  });
}

function results({ missed, alarms, cancers, malignant, cost }) {
  const [all, wrong] = [malignant.length, missed + alarms];
  return [
    ["cancers missed", `${missed} of ${cancers}`],
    ["false alarms", `${alarms} of ${all - cancers}`],
    ["accuracy", formatFixed(1 - wrong / all, 3)],
    ["cost c · missed + alarms", formatNumber(cost * missed + alarms)],
  ];
}

export const { render, preview } = defineExplorer({
  title: "Diagnosis explorer: a threshold on the probability of cancer",
  update: updateScene,
  output: ({ missed, alarms }) => ({ missed, alarms }),
  say: summarise,
  left: [stage({ draw: drawTumours, label: "Tumours by one measurement, and the probability of cancer", ratio: 1.45, className: "d2l-tumours", use: addThreshold })],
  right: [
    stage({
      draw: drawCosts,
      label: "Cost of each threshold",
      ratio: 1.45,
      use: slideThreshold,
    }),
  ],
  bottom: [facts(results), hint("Drag the dot along the curve. Marks with an edge are mistakes: diamonds left of the dashed line are missed cancers, circles right of it false alarms.")],
  controls: ["threshold", "cost", "feature"],
  preview: beside(drawTumours, drawCosts, 0.55),
});
