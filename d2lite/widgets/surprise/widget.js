// The surprise explorer: the loss of one tumour against its logit above, the pull on the logit below.
import { defineExplorer } from "../_core/define.js";
import { formatFixed } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { facts, hint, stage } from "../_core/parts.js";
import { clipped, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { beside } from "../_draw/panes.js";
import { drawArrow } from "../_draw/paths.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { sigmoid } from "../_math/nn.js";
import { lossesOf, slopesOf } from "./model.js";

const REACH = 10;
const LOGITS = Array.from({ length: 401 }, (_, i) => -REACH + (2 * REACH * i) / 400);
const TENTHS = 10 * REACH; // the chart is a slider in tenths of a logit

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const [z, y] = [get("logit"), get("label") === "malignant" ? 1 : 0];
  const [losses, slopes] = [LOGITS.map((value) => lossesOf(value, y)), LOGITS.map((value) => slopesOf(value, y))];
  Object.assign(scene, { z, y, p: sigmoid(z), squared: get("squared"), losses, slopes, loss: lossesOf(z, y), slope: slopesOf(z, y) });
}

/** A probability with enough digits to tell it from 0 and 1. */
function formatProbability(p) {
  const rest = Math.min(p, 1 - p);
  return formatFixed(p, rest > 0.01 ? 2 : rest > 0.0005 ? 4 : 6);
}

function summarise({ z, y, p, loss, slope, squared }) {
  const other = squared ? `; squared error ${formatFixed(loss[1], 3)}, pull ${formatFixed(Math.abs(slope[1]), 4)}` : "";
  return `Logit ${formatFixed(z, 1)}, probability ${formatProbability(p)}, the tumour is ${y ? "malignant" : "benign"}: surprise ${formatFixed(loss[0], 2)} nats, pull ${formatFixed(Math.abs(slope[0]), 4)}${other}.`;
}

function scalesOf(domain, width, height) {
  const box = plotBox(width, height, { top: 44, right: 12, bottom: 36, left: 34 });
  return { box, x: linearScale([-REACH, REACH], [box.x, box.x + box.width]), y: linearScale(domain, [box.y + box.height, box.y]) };
}

/** One chart: the curves of both losses, the chosen logit on them. */
function drawChart(ctx, theme, scene, { box, x, y }, { curves, now, title, yTicks }) {
  drawAxes(ctx, box, x, y, theme, { xTicks: [-10, -5, 0, 5, 10], yTicks });
  drawLabel(ctx, "logit z", box.x + box.width, box.y + box.height + 34, theme, { align: "right", baseline: "bottom" });
  drawLabel(ctx, title, box.x, 22, theme, { color: theme.text, baseline: "top" });
  const names = ["cross-entropy", "squared error"].slice(0, scene.squared ? 2 : 1);
  const entries = names.map((label, k) => ({ label, color: k ? theme.b : theme.accent, ...(k ? { dash: [6, 4] } : {}) }));
  drawLegend(ctx, entries, { x: box.x, y: 0 }, theme, box.width);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(scene.z), box.y, x(scene.z), box.y + box.height);
  const looks = [{ color: theme.accent, width: 2.5 }, { color: theme.b, width: 2, dash: [6, 4] }];
  clipped(ctx, { ...box, y: box.y - 6, height: box.height + 12 }, () => {
    for (let k = scene.squared ? 1 : 0; k >= 0; k--) {
      drawLine(ctx, LOGITS, curves.map((pair) => pair[k]), x, y, looks[k]);
      drawMark(ctx, x(scene.z), y(now[k]), { radius: 5, fill: looks[k].color, stroke: theme.bg, width: 2 });
    }
  });
}

function drawLosses(ctx, width, height, theme, scene) {
  const scales = scalesOf([0, 6], width, height);
  drawChart(ctx, theme, scene, scales, { curves: scene.losses, now: scene.loss, title: "loss: the surprise, in nats", yTicks: [0, 2, 4, 6] });
  if (scene.loss[0] > 6) drawLabel(ctx, `↑ ${formatFixed(scene.loss[0], 1)}`, scales.x(scene.z) + 6, scales.box.y + 2, theme, { color: theme.accent, weight: 600 });
}

/** The size of the slope, and an arrow on the logit's axis the way descent moves it. */
function drawPulls(ctx, width, height, theme, scene) {
  const scales = scalesOf([0, 1.05], width, height);
  const sizes = scene.slopes.map((pair) => pair.map(Math.abs));
  drawChart(ctx, theme, scene, scales, { curves: sizes, now: scene.slope.map(Math.abs), title: "pull: the size of the slope", yTicks: [0, 0.25, 0.5, 0.75, 1] });
  const way = -Math.sign(scene.slope[0]) * Math.max(8, 46 * Math.abs(scene.slope[0]));
  const [from, level] = [scales.x(scene.z), scales.box.y + scales.box.height - 12];
  drawArrow(ctx, [from, level], [from + way, level], theme.accent, { width: 2, least: 0 });
}

function results({ p, y, loss, slope, squared }) {
  const list = [
    ["probability p of cancer", formatProbability(p)],
    ["given to what is true", formatProbability(y ? p : 1 - p)],
    ["surprise", `${formatFixed(loss[0], 2)} nats`],
    ["pull", formatFixed(Math.abs(slope[0]), 4)],
  ];
  return squared ? [...list, ["squared error", formatFixed(loss[1], 3)], ["its pull", formatFixed(Math.abs(slope[1]), 5)]] : list;
}

/** Both charts are sliders of the logit, in tenths. */
function slide(label) {
  return (app, chart, scene) =>
    addScrubber(app, chart, {
      label,
      min: -TENTHS,
      value: () => Math.round(10 * app.get("logit")),
      max: () => TENTHS,
      valueAt: (px) => 10 * scalesOf([0, 1], chart.width(), chart.height()).x.invert(px),
      move: (tenths) => app.set({ logit: tenths / 10 }),
      text: () => summarise(scene),
    });
}

export const { render, preview } = defineExplorer({
  title: "Surprise explorer: one tumour under two losses",
  update: updateScene,
  output: ({ loss, slope }) => ({ losses: loss, pulls: slope }),
  say: summarise,
  left: [stage({ draw: drawLosses, label: "Loss against the logit", ratio: 1.5, use: slide("Logit, in tenths") })],
  right: [stage({ draw: drawPulls, label: "Pull against the logit", ratio: 1.5, use: slide("Logit, in tenths, over the pull") })],
  bottom: [facts(results), hint("Drag in either chart. The arrow shows which way descent moves the logit.")],
  controls: ["logit", "label", "squared"],
  preview: beside(drawLosses, drawPulls, 0.5),
});
