// The curves, the network with what is frozen in it, and what each seed gains.
import { drawBand, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, setText, strokeSegment } from "../_draw/scales.js";

const PARTS = ["conv 1", "conv 2", "conv 3", "dense", "head"];

/** The ways' colours, dashes and shapes. */
export function looks(theme) {
  return {
    scratch: { color: theme.text, dash: [6, 4], shape: "square" },
    frozen: { color: theme.a, dash: [], shape: "circle" },
    tuned: { color: theme.b, dash: [], shape: "diamond" },
    random: { color: theme.muted, dash: [2, 3], shape: "cross" },
  };
}

/** The chart's box and its scales. */
export function place(width, height) {
  const box = plotBox(width, height, { top: 42, right: 14, bottom: 34, left: 42 });
  return { box, x: logScale([0.85, 120], [box.x, box.x + box.width]), y: linearScale([0.2, 1], [box.y + box.height, box.y]) };
}

/** Accuracy against labelled images, a curve for each way. */
export function drawCurves(ctx, width, height, theme, scene) {
  const { box, x, y } = place(width, height);
  const look = looks(theme);
  drawAxes(ctx, box, x, y, theme, { xTicks: scene.counts, yTicks: [0.2, 0.4, 0.6, 0.8, 1], format: String });
  drawLabel(ctx, "labelled images a class →", box.x + box.width, height - 1, theme, { align: "right", baseline: "bottom" });
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 2;
  strokeSegment(ctx, x(scene.count), box.y, x(scene.count), box.y + box.height);
  for (const { key, rows, points } of scene.ways) {
    const { color, dash, shape } = look[key];
    const means = points.map((point) => point.mean);
    if (scene.each) rows[0].forEach((_, seed) => drawLine(ctx, scene.counts, rows.map((row) => row[seed]), x, y, { color, dash, width: 0.8, alpha: 0.55 }));
    else drawBand(ctx, scene.counts, points.map((point) => point.low), points.map((point) => point.high), x, y, { color, alpha: 0.14 });
    drawLine(ctx, scene.counts, means, x, y, { color, dash, width: 2.25 });
    drawMark(ctx, x(scene.count), y(means[scene.at]), shape === "cross" ? { shape, stroke: color, width: 2 } : { shape, fill: color });
  }
  drawLabel(ctx, "test accuracy ↑", 2, 2, theme, { color: theme.text });
  drawLegend(ctx, scene.ways.map(({ key, short }) => ({ label: short, ...look[key], shape: undefined })), { x: 2, y: 18 }, theme, width - 4);
}

/** Where the network's parts stand: [left, top, width, height] of each. */
export function boxesOf(width) {
  const wide = width / PARTS.length;
  return PARTS.map((_, k) => [k * wide + 2, 24, wide - 8, 38]);
}

function drawNetwork(ctx, width, theme, scene) {
  drawLabel(ctx, "the network: press its last frozen layer", 2, 2, theme, { color: theme.text });
  boxesOf(width).forEach(([left, top, wide, high], k) => {
    const frozen = k < scene.layers;
    ctx.strokeStyle = frozen ? theme.a : theme.muted;
    ctx.fillStyle = frozen ? theme.a : theme.surface;
    ctx.lineWidth = 1.5;
    ctx.globalAlpha = frozen ? 0.22 : 1;
    ctx.fillRect(left, top, wide, high);
    ctx.globalAlpha = 1;
    ctx.strokeRect(left, top, wide, high);
    const middle = left + wide / 2;
    drawLabel(ctx, PARTS[k], middle, top + 12, theme, { color: theme.text, align: "center", baseline: "middle" });
    drawLabel(ctx, frozen ? "frozen" : "new", middle, top + 27, theme, { align: "center", baseline: "middle", size: 10 });
    ctx.strokeStyle = theme.muted;
    if (k) strokeSegment(ctx, left - 6, top + high / 2, left, top + high / 2);
  });
}

/** Over it the network, under it what each seed gains against starting from scratch. */
export function drawGains(ctx, width, height, theme, scene) {
  drawNetwork(ctx, width, theme, scene);
  const top = 92;
  const most = 0.05 * Math.ceil(20 * Math.max(0.05, ...scene.gains.flatMap(({ each }) => each.map(Math.abs))));
  const box = { x: 66, y: top + 8, width: width - 78, height: Math.max(10, height - top - 42) };
  const x = linearScale([-most, most], [box.x, box.x + box.width]);
  drawLabel(ctx, `gain over scratch, ${scene.count} a class`, 2, top - 16, theme, { color: theme.text });
  setText(ctx, theme, 11);
  ctx.fillStyle = theme.muted;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const value of [-most, 0, most]) ctx.fillText(value ? value.toFixed(2).replace("-", "−") : "0", x(value), box.y + box.height + 4);
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(0), box.y, x(0), box.y + box.height);
  const look = looks(theme);
  scene.gains.forEach(({ key, each, mean }, k) => {
    const { color, shape } = look[key];
    const at = box.y + ((k + 0.5) / scene.gains.length) * box.height;
    drawLabel(ctx, scene.ways.find((way) => way.key === key).short, 2, at, theme, { color: theme.text, baseline: "middle" });
    each.forEach((value, seed) => drawMark(ctx, x(value), at + 5 + (seed % 3) * 3, { radius: 2, fill: color }));
    drawMark(ctx, x(mean), at - 5, shape === "cross" ? { shape, stroke: color, width: 2 } : { shape, fill: color });
  });
}
