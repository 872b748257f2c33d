// The NMS explorer: a scene with its candidate boxes on the left; the precision-recall curve of fifty scenes on the right.
import { boxMiddle } from "../_math/boxes.js";
import { addControl, addControls } from "../_core/controls.js";
import { make, writeText } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { clipped, drawLine, drawMark } from "../_draw/layers.js";
import { drawPicture, halfPicture, readPicture } from "../_draw/pictures.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { addStage } from "../_core/stage.js";
import { plainTheme } from "../_core/theme.js";
import { addTransport } from "../_core/transport.js";
import { averagePrecision, envelope, LEVELS, makeCurve, matchImage, meanPrecision, METHODS, readImage, readings, suppress, workAt } from "./model.js";

const SIDE = 96; // px of the pictures
const BUDGET = 6; // ms a frame may take before the means wait for the next
const LABELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

function makeScene() {
  return { images: [], pictures: [], key: "", curveKey: "", results: [], curve: null, precisions: null, means: [NaN, NaN], shown: null };
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
 * over classes and levels take longer, a class and level at a time; return whether some are left.
 */
function updateScene(scene, get, deadline = () => false) {
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
  return addPrecisions(scene, deadline);
}

/** The precision of one class after the other at each COCO level; the means shown change when all are there. */
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
  return { image, result, match, round, rounds, chosen, picture: scene.pictures[get("scene")], found: new Set(found(image, result, match, round, scene.confidence)) };
}

/** The targets that boxes shown by now have found. */
function found(image, result, match, round, confidence) {
  const boxes = result.kept.filter((i) => result.round[i] < round && result.scores[i] >= confidence);
  return boxes.map((i) => match.get(i)).filter((k) => k >= 0 && k !== undefined);
}

/** "hit", "miss", "low" (kept, below the confidence threshold), "dropped", "waiting" or "other" (a class not in the curve). */
function fateOf({ image, result, match, round }, i, confidence) {
  if (result.round[i] >= round) return "waiting";
  if (!result.kept.includes(i)) return "dropped";
  if (result.scores[i] < confidence) return "low";
  if (!match.has(i)) return "other";
  return match.get(i) >= 0 ? "hit" : "miss";
}

const LOOKS = {
  hit: { color: "good", width: 3, dash: [], alpha: 1 },
  miss: { color: "bad", width: 3, dash: [9, 4], alpha: 1 },
  other: { color: "muted", width: 2, dash: [], alpha: 0.9 },
  low: { color: "muted", width: 1, dash: [2, 3], alpha: 0.6 },
  dropped: { color: "muted", width: 1, dash: [4, 4], alpha: 0.55 },
  waiting: { color: "text", width: 1, dash: [], alpha: 0.5 },
};

function drawScene(ctx, width, height, theme, scene, className) {
  const side = Math.min(width, height);
  const x = linearScale([0, SIDE], [0, side]);
  const { shown, confidence } = scene;
  if (shown.picture) drawPicture(ctx, shown.picture, side, theme, theme.dark ? 0.35 : 0.5);
  shown.image.targets.forEach((box, k) => drawBox(ctx, x, box, { color: theme.a, width: shown.found.has(k) ? 1.5 : 3, dash: [], alpha: 1 }, theme));
  const order = ["dropped", "low", "waiting", "other", "miss", "hit"];
  const fates = shown.image.boxes.map((_, i) => fateOf(shown, i, confidence));
  for (const fate of order) {
    fates.forEach((own, i) => own === fate && drawBox(ctx, x, shown.image.boxes[i], { ...LOOKS[fate], color: theme[LOOKS[fate].color] }, theme));
  }
  fates.forEach((fate, i) => ["hit", "miss", "other"].includes(fate) && i !== shown.chosen && labelBox(ctx, x, theme, shown, i, fate, className));
  if (shown.chosen >= 0) drawChosen(ctx, x, theme, shown);
}

function drawBox(ctx, x, box, { color, width, dash, alpha }, theme) {
  ctx.save();
  ctx.globalAlpha = alpha;
  for (const [look, wide] of width > 2 ? [[theme.bg, width + 2], [color, width]] : [[color, width]]) {
    ctx.setLineDash(look === color ? dash : []);
    ctx.strokeStyle = look;
    ctx.lineWidth = wide;
    ctx.strokeRect(x(box[0]), x(box[1]), x(box[2]) - x(box[0]), x(box[3]) - x(box[1]));
  }
  ctx.restore();
}

function labelBox(ctx, x, theme, { image, result }, i, fate, className) {
  const [left, top] = image.boxes[i];
  const text = `${className(image.classes[i])} ${formatFixed(result.scores[i], 2)}`;
  drawLabel(ctx, text, x(left) + 3, Math.max(2, x(top) - 14), theme, { color: theme[LOOKS[fate].color], weight: 600 });
}

/** The box looked at, and a line to the one that dropped or lowered it. */
function drawChosen(ctx, x, theme, { image, result, chosen }) {
  const by = result.by[chosen];
  drawBox(ctx, x, image.boxes[chosen], { color: theme.b, width: 3.5, dash: [], alpha: 1 }, theme);
  if (by < 0) return;
  drawBox(ctx, x, image.boxes[by], { color: theme.text, width: 2, dash: [6, 3], alpha: 1 }, theme);
  const [from, to] = [boxMiddle(image.boxes[by]).map(x), boxMiddle(image.boxes[chosen]).map(x)];
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 2;
  strokeSegment(ctx, ...from, ...to);
  drawMark(ctx, ...to, { radius: 4, fill: theme.b, stroke: theme.bg });
  drawLabel(ctx, `IoU ${formatFixed(result.overlap[chosen], 2)}`, to[0] + 7, to[1] - 6, theme, { color: theme.text, weight: 600 });
}

const curveBox = (width, height) => plotBox(width, height, { left: 36, right: 10, top: 10, bottom: 34 });

function curveScales(width, height) {
  const box = curveBox(width, height);
  return { box, x: linearScale([0, 1], [box.x, box.x + box.width]), y: linearScale([0, 1.02], [box.y + box.height, box.y]) };
}

/** The curve, its envelope, the eleven points, and where the confidence threshold stands on it. */
function drawCurve(ctx, width, height, theme, { curve, work, confidence }) {
  const { box, x, y } = curveScales(width, height);
  drawAxes(ctx, box, x, y, theme, { xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1], yTicks: [0, 0.5, 1] });
  drawLabel(ctx, "precision", box.x + 5, y(0.12), theme);
  drawLabel(ctx, "recall", x(0.5), height - 2, theme, { align: "center", baseline: "bottom" });
  if (!curve.recall.length) return drawLabel(ctx, "no detections", width / 2, height / 2, theme, { align: "center" });
  const best = envelope(curve);
  const stairs = { u: [0], v: [best[0]] };
  curve.recall.forEach((recall, n) => {
    stairs.u.push(recall, recall);
    stairs.v.push(best[n], best[n + 1]);
  });
  shadeUnder(ctx, x, y, stairs, theme);
  drawLine(ctx, stairs.u, stairs.v, x, y, { color: theme.accent, width: 1.5, dash: [4, 3] });
  drawLine(ctx, curve.recall, curve.precision, x, y, { color: theme.text, width: 2 });
  for (const [recall, precision] of readings(curve, "11-point")) drawMark(ctx, x(recall), y(precision), { shape: "square", radius: 3, fill: theme.accent });
  if (!work.kept) return;
  drawMark(ctx, x(work.recall), y(work.precision), { radius: 6, fill: theme.b, stroke: theme.bg, width: 2 });
  const right = work.recall > 0.55;
  drawLabel(ctx, `score ≥ ${formatFixed(confidence, 2)}`, x(work.recall) + (right ? -9 : 9), y(work.precision) + 8, theme, { align: right ? "right" : "left", color: theme.b, weight: 600 });
}

function shadeUnder(ctx, x, y, { u, v }, theme) {
  ctx.save();
  ctx.globalAlpha = 0.13;
  ctx.fillStyle = theme.accent;
  ctx.beginPath();
  ctx.moveTo(x(0), y(0));
  u.forEach((recall, i) => ctx.lineTo(x(recall), y(v[i])));
  ctx.lineTo(x(u[u.length - 1]), y(0));
  ctx.closePath();
  ctx.fill();
  ctx.restore();
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
  return `${at} Average precision ${formatFixed(aps[2], 3)}, mAP at 0.5 ${formatFixed(means[0], 3)}. ${describeChosen(scene)}`;
}

/** What has become of the box looked at, in words. */
function describeChosen({ shown, confidence, className }) {
  const { image, result, chosen, match } = shown;
  if (chosen < 0) {
    const count = image.boxes.map((_, i) => fateOf(shown, i, confidence));
    const of = (fate) => count.filter((own) => own === fate).length;
    return `${image.boxes.length} boxes for ${image.targets.length} items: ${of("hit")} hits, ${of("miss")} false alarms, ${of("dropped")} dropped, ${of("low")} below the confidence threshold.`;
  }
  const name = `Box ${chosen}, ${className(image.classes[chosen])}, score ${formatFixed(image.scores[chosen], 2)}`;
  const by = result.by[chosen];
  const overlap = formatFixed(result.overlap[chosen], 2);
  if (!result.kept.includes(chosen)) return `${name}: dropped by box ${by}, IoU ${overlap}.`;
  const lowered = by >= 0 ? `, lowered to ${formatFixed(result.scores[chosen], 2)}, most by box ${by} (IoU ${overlap})` : "";
  const target = match.get(chosen);
  if (target === undefined) return `${name}${lowered}: kept, but its class is not in this curve.`;
  if (target < 0) return `${name}${lowered}: kept, a false alarm: no free item fits well enough.`;
  return `${name}${lowered}: kept, a hit: IoU ${formatFixed(image.fits[chosen][target], 2)} with a ${className(image.labels[target])}.`;
}

function addReadout(app, parent, scene) {
  const names = ["AP, 11 points", "AP, all points", "AP, 101 points", "mAP@0.5, ten classes", "mAP@[.5:.95], ten classes", "precision, recall, F1 at the dot"];
  const rows = names.map((text) => make("tr", {}, make("th", { text, scope: "row" }), make("td")));
  const element = make("table", { class: "d2l-ap" }, make("tbody", {}, ...rows));
  nameElement(app, "readout", element);
  parent.append(element);
  app.draw(() => {
    const { aps, means, work } = scene;
    const texts = [...aps, ...means].map((value) => (Number.isNaN(value) ? "…" : formatFixed(value, 3)));
    texts.push([work.precision, work.recall, work.f1].map((value) => formatFixed(value, 2)).join(", "));
    texts.forEach((text, i) => writeText(rows[i].lastChild, text));
  });
}

function addPicture(app, parent, scene) {
  const draw = (ctx, width, height, theme) => drawScene(ctx, width, height, theme, scene, scene.className);
  const stage = addStage(app, parent, { draw, label: "A scene with its candidate boxes, kept and suppressed" });
  const hint = "Green: hit. Red, dashed: false alarm. Grey: dropped, or below the confidence threshold. Blue: the true items, thick until found. Click a box to ask about it.";
  const about = make("p", { class: "d2l-about" });
  parent.append(about, make("p", { class: "d2l-hint", text: hint }));
  app.draw(() => writeText(about, describeChosen(scene)));
  app.scope.on(stage.canvas, "click", (event) => {
    const [px, py] = stage.at(event).map((p) => (p * SIDE) / stage.width());
    const inside = scene.shown.image.boxes.map(([x1, y1, x2, y2], i) => (px >= x1 && px <= x2 && py >= y1 && py <= y2 ? i : -1)).filter((i) => i >= 0);
    const after = inside.indexOf(app.get("candidate")) + 1; // a second click takes the next of a heap
    app.set({ candidate: inside.length ? inside[after % inside.length] : -1 });
  });
}

function addRounds(app, parent, scene) {
  const most = () => scene.shown.rounds;
  const now = () => Math.min(most(), app.get("step_count"));
  addTransport(app, parent, {
    forward: (n) => {
      const target = now() >= most() ? Math.min(n, most()) : Math.min(most(), now() + n); // from the end it begins again
      app.set({ step_count: target }, { later: true });
      return target < most();
    },
    back: (n) => app.set({ step_count: Math.max(0, now() - n) }),
    reset: () => app.set({ step_count: 0 }),
  });
}

function addCurve(app, parent, scene) {
  const draw = (ctx, width, height, theme) => drawCurve(ctx, width, height, theme, scene);
  const stage = addStage(app, parent, { draw, label: "Precision against recall", ratio: 1.35 });
  addScrubber(app, stage, {
    label: "Confidence threshold, in hundredths",
    value: () => Math.round(100 * app.get("confidence")),
    max: () => 100,
    valueAt: (px) => 100 * scoreAt(scene.curve, curveScales(stage.width(), stage.height()).x.invert(px)),
    move: (value) => app.set({ confidence: value / 100 }),
    text: () => summarise(scene),
  });
  parent.append(make("p", { class: "d2l-hint", text: "Click a point of the curve: its score becomes the threshold. Dashed: best precision at this recall or beyond; squares: the eleven points." }));
}

function follow(app, scene) {
  const start = performance.now();
  const more = updateScene(scene, app.get, () => performance.now() - start > BUDGET);
  const ap = scene.aps[2];
  if (Number.isFinite(ap) && Math.abs(ap - app.get("average_precision")) > 1e-12) app.set({ average_precision: ap }, { later: true });
  app.say(summarise(scene));
  return more && "quiet"; // the means are shown when all are there
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "NMS explorer: suppression, and the precision-recall curve" });
  const scene = makeScene();
  const { names } = app.entry("label");
  scene.className = (k) => names[k + 1];
  app.update(() => follow(app, scene));
  app.body.classList.add("d2l-columns");
  const [left, right] = [make("div", { class: "d2l-column" }), make("div", { class: "d2l-column" })];
  app.body.append(left, right);
  addPicture(app, left, scene);
  addRounds(app, left, scene);
  addCurve(app, right, scene);
  addReadout(app, right, scene);
  const panel = addControls(app, app.body, ["iou_threshold", "confidence"]);
  addControl(app, panel, "method", { segments: false });
  for (const name of ["sigma", "match_threshold", "label"]) addControl(app, panel, name);
  addControl(app, panel, "scene", { change: (value) => app.set({ scene: value, candidate: -1 }) });
  for (const name of ["candidate", "per_class"]) addControl(app, panel, name);
  app.draw(() => {
    app.named.get("sigma").hidden = app.get("method") !== "gaussian" || app.hide.includes("sigma");
    app.named.get("iou_threshold").hidden = ["none", "gaussian"].includes(app.get("method")) || app.hide.includes("iou_threshold");
  });
  return app.close;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const scene = { ...makeScene(), className: () => "" };
  while (updateScene(scene, (name) => state[name]));
  const theme = plainTheme(themeName);
  const side = Math.min(height, width / 2);
  if (scene.shown.picture) scene.shown.picture = halfPicture(scene.shown.picture);
  clipped(ctx, { x: 0, y: 0, width: side, height: side }, () => drawScene(ctx, side, side, theme, scene, scene.className));
  ctx.save();
  ctx.translate(side + 8, 0);
  drawCurve(ctx, width - side - 8, side, theme, scene);
  ctx.restore();
}
