// The ranking explorer: a picture with the box of one row, the list of all rows, and the curve drawn so far.
import { defineExplorer } from "../_core/define.js";
import { formatCounted, formatFixed } from "../_core/format.js";
import { facts, hint, paragraph, player, stage } from "../_core/parts.js";
import { drawBand, drawBox, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { squareBeside } from "../_draw/panes.js";
import { drawPicture, halfPicture, readPicture } from "../_draw/pictures.js";
import { drawAxes, drawLabel, linearScale, plotBox } from "../_draw/scales.js";
import { readImage, walk } from "./model.js";

const SIDE = 96; // px of the picture

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  if (scene.data !== get("data")) readData(scene, get("data"));
  const settings = { suppressed: get("suppressed"), level: get("match_threshold") };
  const walked = walk(scene.image, settings);
  const at = Math.min(get("step_count"), walked.rows.length);
  const now = at > 0 ? walked.rows[at - 1] : null;
  Object.assign(scene, walked, settings, { at, now, isFiled: get("filed"), isDone: at === walked.rows.length });
  scene.found = walked.rows.slice(0, at).filter(({ target }) => target >= 0);
}

function readData(scene, data) {
  const flat = data.candidates;
  const rows = Array.from({ length: flat.length / 6 }, (_, i) => flat.slice(6 * i, 6 * i + 6));
  scene.image = readImage(rows.map(([x1, y1, x2, y2, score, label]) => [x1 / 10, y1 / 10, x2 / 10, y2 / 10, score / 1e4, label]), data.targets);
  scene.picture = readPicture(data.picture);
  Object.assign(scene, { data, names: data.names });
}

/** The row walked last, in words: what it is and why. */
function describeRow({ rows, at, now, image, names, level, suppressed }) {
  if (!now) return `${formatCounted(rows.length, "detection")} ${suppressed ? "left" : "in the list"}, ${formatCounted(image.targets.length, "item")} in the picture. Step to the first.`;
  const item = names[image.labels[now.best]];
  const head = `Row ${at} of ${rows.length}, score ${formatFixed(now.score, 2)}:`;
  const fit = formatFixed(now.fit, 2);
  if (now.target >= 0) return `${head} true positive. Its IoU with the ${item} is ${fit}, and no row had that item yet.`;
  if (now.taker >= 0) return `${head} false positive, a copy. Its IoU with the ${item} is ${fit}, but row ${now.taker + 1} has that item already.`;
  return `${head} false positive. Its best IoU with an item is ${fit}, less than ${formatFixed(level, 2)}${now.fit >= level ? " with a free one" : ""}.`;
}

function drawScene(ctx, width, height, theme, scene) {
  const side = Math.min(width, height);
  const x = linearScale([0, SIDE], [0, side]);
  const { image, rows, at, now, found, picture, still } = scene;
  drawPicture(ctx, still ? halfPicture(picture) : picture, side, theme, theme.dark ? 0.35 : 0.5);
  for (const { index } of rows.slice(at)) drawBox(ctx, x, image.boxes[index], { color: theme.text, width: 1, alpha: 0.18 });
  image.targets.forEach((box, k) => drawBox(ctx, x, box, found.some(({ target }) => target === k) ? { color: theme.a, width: 1.5 } : { color: theme.a, width: 3, edge: theme.bg }));
  rows.slice(0, Math.max(0, at - 1)).forEach(({ index, target }) => drawBox(ctx, x, image.boxes[index], target >= 0 ? { color: theme.good, width: 1.5, alpha: 0.7 } : { color: theme.bad, width: 1.5, alpha: 0.45, dash: [5, 4] }));
  if (!now) return;
  const color = now.target >= 0 ? theme.good : theme.bad;
  drawBox(ctx, x, image.boxes[now.index], { color, width: 4, edge: theme.bg, dash: now.target >= 0 ? [] : [9, 4] });
  const [left, top] = image.boxes[now.index];
  drawLabel(ctx, `${at}: ${formatFixed(now.score, 2)}`, Math.min(x(left) + 4, side - 50), Math.max(2, x(top) - 16), theme, { color, weight: 700, size: 13 });
}

function listScale({ rows }, width) {
  return linearScale([0.5, rows.length + 0.5], [4, width - 4]);
}

/** The list from left to right: a circle for a true positive, a cross for a false one; what is not walked yet is a dot. */
function drawList(ctx, width, height, theme, scene) {
  const { rows, at } = scene;
  const x = listScale(scene, width);
  const radius = Math.max(2.5, Math.min(6, (0.4 * width) / rows.length));
  drawLabel(ctx, "best score", 4, height - 1, theme, { baseline: "bottom" });
  drawLabel(ctx, "worst", width - 4, height - 1, theme, { align: "right", baseline: "bottom" });
  rows.forEach(({ target }, n) => {
    if (n >= at) return drawMark(ctx, x(n + 1), 12, { radius: 1.5, fill: theme.muted });
    markRow(ctx, x(n + 1), 12, theme, target >= 0, radius);
  });
  if (!at) return;
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(x(at) - radius - 3, 9 - radius, 2 * radius + 6, 2 * radius + 6);
}

function markRow(ctx, px, py, theme, isTrue, radius) {
  drawMark(ctx, px, py, isTrue ? { radius, fill: theme.good } : { shape: "cross", radius: radius * 0.85, stroke: theme.bad, width: 2 });
}

function drawCurve(ctx, width, height, theme, scene) {
  const { rows, at, filed, isFiled } = scene;
  const box = plotBox(width, height, { left: 34, right: 10, top: 24, bottom: 32 });
  const x = linearScale([0, 1.03], [box.x, box.x + box.width]);
  const y = linearScale([0, 1.05], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1], yTicks: [0, 0.5, 1] });
  drawLabel(ctx, "precision", box.x + 5, y(0.52), theme, { baseline: "bottom" }); // no curve goes there
  drawLabel(ctx, "recall", x(0.5), height - 1, theme, { align: "center", baseline: "bottom" });
  const seen = rows.slice(0, at);
  if (isFiled) fileTeeth(ctx, x, y, theme, seen, filed);
  drawLine(ctx, seen.map(({ recall }) => recall), seen.map(({ precision }) => precision), x, y, { color: theme.text, width: 1.75 });
  seen.forEach(({ recall, precision, target }, n) => markRow(ctx, x(recall), y(precision), theme, target >= 0, n === at - 1 ? 6.5 : 3.5));
  const legend = [{ label: "true positive", color: theme.good, shape: "circle" }, { label: "false positive", color: theme.bad, shape: "cross" }];
  if (isFiled) legend.push({ label: "interpolated", color: theme.accent, dash: [4, 3] });
  drawLegend(ctx, legend, { x: box.x, y: 0 }, theme, box.width);
}

/** The stairs over the curve, and the area under them. */
function fileTeeth(ctx, x, y, theme, seen, filed) {
  if (!seen.length) return;
  const [us, vs] = [[0], [filed[0]]];
  seen.forEach(({ recall }, n) => {
    us.push(recall, recall);
    vs.push(filed[n], filed[Math.min(n + 1, seen.length - 1)]);
  });
  drawBand(ctx, us, us.map(() => 0), vs, x, y, { color: theme.accent, alpha: 0.15 });
  drawLine(ctx, us, vs, x, y, { color: theme.accent, width: 2, dash: [4, 3] });
}

function results({ at, found, image, isDone, ap }) {
  const ratio = (part, whole) => (whole ? `${part}/${whole} = ${formatFixed(part / whole, 2)}` : "none yet");
  return [
    ["precision", ratio(found.length, at)],
    ["recall", ratio(found.length, image.targets.length)],
    ["average precision", isDone ? formatFixed(ap, 3) : "at the end"],
  ];
}

const listed = stage({
  draw: drawList,
  label: "The list of detections, best score first",
  className: "d2l-list",
  ratio: 9,
  scrub: { trait: "step_count", last: ({ rows }) => rows.length, scale: listScale, label: "Row of the list", text: describeRow },
});

export const { render, preview } = defineExplorer({
  title: "Ranking explorer: true and false positives, and the precision-recall curve",
  update: updateScene,
  output: ({ ap }) => ({ average_precision: ap }),
  say: describeRow,
  left: [stage({ draw: drawScene, label: "The picture with the box of the row", className: "d2l-picture" })],
  right: [stage({ draw: drawCurve, label: "Precision against recall, so far", ratio: 1.6, className: "d2l-curve" }), listed, player({ last: ({ rows }) => rows.length }), paragraph(describeRow, { className: "d2l-about d2l-direct" })],
  bottom: [facts(results), hint("Blue: the items, thick until found. Grey: boxes further down the list.")],
  controls: ["suppressed", "filed", "match_threshold"],
  preview: squareBeside(drawScene, drawCurve),
});
