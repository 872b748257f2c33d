// The NMS explorer: a scene with its candidate boxes on the left; the precision-recall curve of fifty scenes on the right.
import { control, defineExplorer } from "../_core/define.js";
import { formatCounted, formatFixed, formatNumber } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { hint, paragraph, player, stage, table } from "../_core/parts.js";
import { drawBand, drawBox, drawLine, drawMark } from "../_draw/layers.js";
import { squareBeside } from "../_draw/panes.js";
import { drawPicture, halfPicture, readPicture } from "../_draw/pictures.js";
import { drawAxes, drawLabel, linearScale, plotBox, setText, strokeSegment } from "../_draw/scales.js";
import { boxMiddle } from "../_math/boxes.js";
import { averagePrecision, envelope, LEVELS, makeCurve, matchImage, meanPrecision, METHODS, readImage, readings, suppress, workAt } from "./model.js";

const SIDE = 96; // px of the pictures
const LABELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const RESULTS = ["AP, 11 points", "AP, all points", "AP, 101 points", "mAP@0.5, ten classes", "mAP@[.5:.95], ten classes", "precision, recall, F1 at the dot"];

function makeScene() {
  return { images: [], pictures: [], key: "", curveKey: "", results: [], curve: null, precisions: null, means: [NaN, NaN], shown: null, className: () => "" };
}

function readData(scene, data) {
  scene.data = data;
  scene.pictures = (data.pictures || []).map(readPicture);
  scene.images = (data.candidates || []).map((flat, n) => {
    const rows = Array.from({ length: flat.length / 6 }, (_, i) => flat.slice(6 * i, 6 * i + 6));
    return readImage(rows.map(([x1, y1, x2, y2, score, label]) => [x1 / 10, y1 / 10, x2 / 10, y2 / 10, score / 1e4, label]), data.targets[n]);
  });
}

/**
 * Bring a scene up to date with the traits: suppression first, then the curve, then what is shown of one picture. The means
 * over classes and levels take longer, a class and level at a time; they are drawn when all are there.
 */
function updateScene(scene, get, { deadline }) {
  if (scene.data !== get("data")) readData(scene, get("data"));
  const settings = { method: get("method"), threshold: get("iou_threshold"), sigma: get("sigma"), perClass: get("per_class") };
  const key = JSON.stringify(settings);
  if (key !== scene.key) {
    scene.results = scene.images.map((image) => suppress(image, settings));
    scene.precisions = null; // wait until the threshold rests for a frame
  } else scene.precisions = scene.precisions || [];
  const [level, label] = [get("match_threshold"), get("label")];
  const curveKey = `${key} ${level} ${label}`;
  if (curveKey !== scene.curveKey) {
    scene.curve = makeCurve(scene.images, scene.results, level, label);
    scene.aps = METHODS.map((method) => averagePrecision(scene.curve, method));
  }
  Object.assign(scene, { key, curveKey, settings, level, label, confidence: get("confidence") });
  scene.work = workAt(scene.curve, scene.confidence);
  scene.shown = showImage(scene, get);
  return addPrecisions(scene, deadline) && "quiet";
}

/** The precision of one class after the other at each COCO level; return whether some are left. */
function addPrecisions(scene, deadline) {
  const { images, results, precisions } = scene;
  if (!precisions) {
    scene.means = [NaN, NaN];
    return true;
  }
  const isDone = () => precisions.length === LEVELS.length * LABELS.length;
  while (!isDone()) { // one at least, however slow the machine
    const [level, label] = [LEVELS[Math.floor(precisions.length / LABELS.length)], LABELS[precisions.length % LABELS.length]];
    precisions.push(averagePrecision(makeCurve(images, results, level, label), "101-point"));
    if (!isDone() && deadline()) return true;
  }
  scene.means = [meanPrecision(precisions.slice(0, LABELS.length)), meanPrecision(precisions)];
  return false;
}

/** One picture's boxes and what has become of each by the round shown. */
function showImage(scene, get) {
  const number = scene.data.shown[get("scene")];
  const [image, result] = [scene.images[number], scene.results[number]];
  const { indices, matches } = matchImage(image, result, scene.level, scene.label);
  const round = get("step_count");
  const rounds = result.kept.length;
  const match = new Map(indices.map((i, k) => [i, matches[k]]));
  const chosen = get("candidate") < image.boxes.length ? get("candidate") : -1;
  const detections = result.kept.filter((i) => result.round[i] < round && result.scores[i] >= scene.confidence);
  const found = new Set(detections.map((i) => match.get(i)));
  return { image, result, match, round, rounds, chosen, picture: scene.pictures[get("scene")], found };
}

/** "hit", "miss", "low" (kept, below the confidence threshold), "dropped", "waiting" or "other" (a class not in the curve). */
function fateOf({ image, result, match, round }, i, confidence) {
  if (result.round[i] >= round) return "waiting";
  if (!result.kept.includes(i)) return "dropped";
  if (result.scores[i] < confidence) return "low";
  if (!match.has(i)) return "other";
  return match.get(i) >= 0 ? "hit" : "miss";
}

/** How boxes of each fate are drawn, from below upwards. */
const LOOKS = {
  dropped: { color: "muted", width: 1, dash: [4, 4], alpha: 0.55 },
  low: { color: "muted", width: 1, dash: [2, 3], alpha: 0.6 },
  waiting: { color: "text", width: 1, alpha: 0.5 },
  other: { color: "muted", width: 2, alpha: 0.9 },
  miss: { color: "bad", width: 3, dash: [9, 4], alpha: 1 },
  hit: { color: "good", width: 3, alpha: 1 },
};

function drawScene(ctx, width, height, theme, scene) {
  const side = Math.min(width, height);
  const x = linearScale([0, SIDE], [0, side]);
  const { shown, confidence, still } = scene;
  if (shown.picture) drawPicture(ctx, still ? halfPicture(shown.picture) : shown.picture, side, theme, theme.dark ? 0.35 : 0.5);
  shown.image.targets.forEach((box, k) => drawBox(ctx, x, box, shown.found.has(k) ? { color: theme.a, width: 1.5 } : { color: theme.a, width: 3, edge: theme.bg }));
  const fates = shown.image.boxes.map((_, i) => fateOf(shown, i, confidence));
  for (const fate of Object.keys(LOOKS)) {
    const look = { ...LOOKS[fate], color: theme[LOOKS[fate].color], edge: LOOKS[fate].width > 2 ? theme.bg : null };
    fates.forEach((own, i) => own === fate && drawBox(ctx, x, shown.image.boxes[i], look));
  }
  labelBoxes(ctx, x, theme, scene, fates);
  if (shown.chosen >= 0) drawChosen(ctx, x, theme, shown);
}

/** Class and score of the boxes kept, the best first; one that would lie on another is left out, a click still tells it. */
function labelBoxes(ctx, x, theme, { shown: { image, result, chosen }, className }, fates) {
  const placed = [];
  fates.forEach((fate, i) => {
    if (i === chosen || !["hit", "miss", "other"].includes(fate)) return;
    const [left, top] = image.boxes[i];
    const text = `${className(image.classes[i])} ${formatFixed(result.scores[i], 2)}`;
    setText(ctx, theme, 11, 600);
    const place = [x(left) + 3, Math.max(2, x(top) - 14), ctx.measureText(text).width];
    if (placed.some(([px, py, wide]) => place[0] < px + wide && px < place[0] + place[2] && Math.abs(place[1] - py) < 11)) return;
    placed.push(place);
    drawLabel(ctx, text, place[0], place[1], theme, { color: theme[LOOKS[fate].color], weight: 600 });
  });
}

/** The box looked at, and a line to the one that dropped or lowered it. */
function drawChosen(ctx, x, theme, { image, result, chosen }) {
  const by = result.by[chosen];
  drawBox(ctx, x, image.boxes[chosen], { color: theme.b, width: 3.5, edge: theme.bg });
  if (by < 0) return;
  drawBox(ctx, x, image.boxes[by], { color: theme.text, width: 2, dash: [6, 3] });
  const [from, to] = [boxMiddle(image.boxes[by]).map(x), boxMiddle(image.boxes[chosen]).map(x)];
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 2;
  strokeSegment(ctx, ...from, ...to);
  drawMark(ctx, ...to, { radius: 4, fill: theme.b, stroke: theme.bg });
  drawLabel(ctx, `IoU ${formatFixed(result.overlap[chosen], 2)}`, to[0] + 7, to[1] - 6, theme, { color: theme.text, weight: 600 });
}

function curveScales(width, height) {
  const box = plotBox(width, height, { left: 36, right: 10, top: 24, bottom: 34 });
  return { box, x: linearScale([0, 1], [box.x, box.x + box.width]), y: linearScale([0, 1.02], [box.y + box.height, box.y]) };
}

/** The curve, its envelope, the eleven points, and where the confidence threshold stands on it. */
function drawCurve(ctx, width, height, theme, { curve, work, confidence }) {
  const { box, x, y } = curveScales(width, height);
  drawAxes(ctx, box, x, y, theme, { xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1], yTicks: [0, 0.5, 1] });
  drawLabel(ctx, "precision", 4, 2, theme);
  drawLabel(ctx, "recall", x(0.5), height - 2, theme, { align: "center", baseline: "bottom" });
  if (!curve.recall.length) return drawLabel(ctx, "no detections", width / 2, height / 2, theme, { align: "center" });
  const best = envelope(curve);
  const stairs = { u: [0], v: [best[0]] };
  curve.recall.forEach((recall, n) => {
    stairs.u.push(recall, recall);
    stairs.v.push(best[n], best[n + 1]);
  });
  drawBand(ctx, stairs.u, stairs.u.map(() => 0), stairs.v, x, y, { color: theme.accent, alpha: 0.13 });
  drawLine(ctx, stairs.u, stairs.v, x, y, { color: theme.accent, width: 1.5, dash: [4, 3] });
  drawLine(ctx, curve.recall, curve.precision, x, y, { color: theme.text, width: 2 });
  for (const [recall, precision] of readings(curve, "11-point")) drawMark(ctx, x(recall), y(precision), { shape: "square", radius: 3, fill: theme.accent });
  if (!work.kept) return;
  drawMark(ctx, x(work.recall), y(work.precision), { radius: 6, fill: theme.b, stroke: theme.bg, width: 2 });
  const right = work.recall > 0.55;
  drawLabel(ctx, `score ≥ ${formatFixed(confidence, 2)}`, x(work.recall) + (right ? -9 : 9), y(work.precision) + 8, theme, { align: right ? "right" : "left", color: theme.b, weight: 600 });
}

/** The score of the detection whose point of the curve is nearest to a recall. */
function scoreAt(curve, recall) {
  let best = 0;
  curve.recall.forEach((value, n) => {
    if (Math.abs(value - recall) < Math.abs(curve.recall[best] - recall)) best = n;
  });
  return Math.floor(100 * (curve.scores[best] ?? 0)) / 100;
}

function summarise(scene) {
  const { work, aps, means } = scene;
  const at = `At confidence ${formatNumber(scene.confidence)}: precision ${formatFixed(work.precision, 2)}, recall ${formatFixed(work.recall, 2)}.`;
  const mean = Number.isFinite(means[0]) ? `, mAP at 0.5 ${formatFixed(means[0], 3)}` : ""; // it takes a second
  return `${at} Average precision ${formatFixed(aps[2], 3)}${mean}. ${describeChosen(scene)}`;
}

/** What has become of the box looked at, in words. */
function describeChosen({ shown, confidence, className }) {
  const { image, result, chosen, match } = shown;
  if (chosen < 0) {
    const count = image.boxes.map((_, i) => fateOf(shown, i, confidence));
    const of = (fate) => count.filter((own) => own === fate).length;
    const parts = [formatCounted(of("hit"), "true positive"), formatCounted(of("miss"), "false positive"), `${of("dropped")} dropped`, `${of("low")} below the confidence threshold`];
    if (of("other")) parts.push(`${of("other")} of other classes`);
    if (of("waiting")) parts.push(`${of("waiting")} not reached yet`);
    return `${formatCounted(image.boxes.length, "box", "boxes")} for ${formatCounted(image.targets.length, "item")}: ${parts.join(", ")}.`;
  }
  const name = `Box ${chosen}, ${className(image.classes[chosen])}, score ${formatFixed(image.scores[chosen], 2)}`;
  const by = result.by[chosen];
  const overlap = formatFixed(result.overlap[chosen], 2);
  if (!result.kept.includes(chosen)) return `${name}: dropped by box ${by}, IoU ${overlap}.`;
  const lowered = by >= 0 ? `, lowered to ${formatFixed(result.scores[chosen], 2)}, most by box ${by} (IoU ${overlap})` : "";
  const target = match.get(chosen);
  if (target === undefined) return `${name}${lowered}: kept, but its class is not in this curve.`;
  if (target < 0) return `${name}${lowered}: kept, a false positive: no free item fits well enough.`;
  return `${name}${lowered}: kept, a true positive: IoU ${formatFixed(image.fits[chosen][target], 2)} with a ${className(image.labels[target])}.`;
}

/** The names and numbers of the table. */
function results({ aps, means, work }) {
  const averages = [...aps, ...means].map((value) => (Number.isNaN(value) ? "…" : formatFixed(value, 3)));
  const atDot = [work.precision, work.recall, work.f1].map((value) => formatFixed(value, 2)).join(", ");
  return [...averages, atDot].map((text, i) => [RESULTS[i], text]);
}

/** A click chooses the box under it; a second one takes the next of those that lie over each other there. */
function addChoice(app, { canvas, at, width }, scene) {
  scene.className = (k) => app.entry("label").names[k + 1];
  app.scope.on(canvas, "click", (event) => {
    const [px, py] = at(event).map((p) => (p * SIDE) / width());
    const { boxes } = scene.shown.image;
    const under = [...boxes.keys()].filter((i) => px >= boxes[i][0] && px <= boxes[i][2] && py >= boxes[i][1] && py <= boxes[i][3]);
    const next = under.indexOf(app.get("candidate")) + 1;
    app.set({ candidate: under.length ? under[next % under.length] : -1 });
  });
}

/** The curve as a slider of the confidence threshold: a place along the recall axis means the score of its point. */
function addThreshold(app, curve, scene) {
  addScrubber(app, curve, {
    label: "Confidence threshold, in hundredths",
    value: () => Math.round(100 * app.get("confidence")),
    max: () => 100,
    valueAt: (px) => 100 * scoreAt(scene.curve, curveScales(curve.width(), curve.height()).x.invert(px)),
    move: (value) => app.set({ confidence: value / 100 }),
    text: () => summarise(scene),
  });
}

export const { render, preview } = defineExplorer({
  title: "NMS explorer: suppression, and the precision-recall curve",
  scene: makeScene,
  update: updateScene,
  output: ({ aps }) => ({ average_precision: aps[2] }),
  say: summarise,
  left: [
    stage({ draw: drawScene, label: "A scene with its candidate boxes, kept and suppressed", use: addChoice }),
    paragraph(describeChosen, { className: "d2l-about" }),
    hint(({ label }) => `Green: true positive. Red, dashed: false positive. Grey, dashed: dropped, or below the confidence threshold${label < 0 ? "" : "; grey, solid: of another class"}. Blue: the true items, thick until found. Click a box to ask about it.`),
    player({ last: ({ shown }) => shown.rounds, again: true }),
  ],
  right: [
    stage({ draw: drawCurve, label: "Precision against recall", ratio: 1.35, use: addThreshold }),
    hint("The curve is of all fifty scenes; the picture shows one of them. Line: precision after each box; dashed: best precision at this recall or beyond; squares: the eleven points. Click a point of the curve: its score becomes the threshold."),
    table({ name: "readout", className: "d2l-ap", rows: results }),
  ],
  controls: [
    control("method", { segments: false }), control("iou_threshold", { resets: { step_count: 40 } }), "sigma", "confidence", "match_threshold", "label",
    control("scene", { resets: { candidate: -1 } }), "candidate", "per_class",
  ],
  shown: 4, // one of the second and third at a time
  visible: {
    sigma: (get) => get("method") === "gaussian",
    iou_threshold: (get) => ["hard", "linear"].includes(get("method")),
  },
  preview: squareBeside(drawScene, drawCurve),
});
