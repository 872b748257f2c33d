// Suppression of overlapping boxes, matching with targets, and the precision-recall curve: twin of d2lite.vision.detection_metrics. No DOM here.
import { boxIou } from "./boxes.js";

const FLOOR = 1e-3; // soft-NMS drops what falls below

/** An image's boxes as the payload has them: candidates [x1, y1, x2, y2 in px, score, class], targets [x1, y1, x2, y2, class]. */
export function readImage(candidates, targets) {
  const boxes = candidates.map((row) => row.slice(0, 4));
  const goals = targets.map((row) => row.slice(0, 4));
  return {
    boxes,
    scores: candidates.map((row) => row[4]),
    classes: candidates.map((row) => row[5]),
    targets: goals,
    labels: targets.map((row) => row[4]),
    overlaps: overlapsOf(boxes),
    fits: boxes.map((a) => goals.map((b) => boxIou(a, b))),
  };
}

function overlapsOf(boxes) {
  const rows = boxes.map(() => Array(boxes.length));
  for (let i = 0; i < boxes.length; i++) {
    for (let j = 0; j <= i; j++) rows[i][j] = rows[j][i] = boxIou(boxes[i], boxes[j]);
  }
  return rows;
}

/** Indices of falling score; of equal scores the earlier first. */
function ranked(scores) {
  return scores.map((_, i) => i).sort((i, j) => scores[j] - scores[i] || i - j);
}

/**
 * Suppress an image's candidates. settings: method ("none", "hard", "linear" or "gaussian"), threshold (IoU), sigma,
 * perClass. Returns kept (indices, best first), scores (final, by index) and for each candidate the round in which it was
 * decided, by (the box that dropped it or lowered it most, or -1) and overlap (their IoU).
 */
export function suppress(image, settings) {
  return settings.method === "none" || settings.method === "hard" ? hardNms(image, settings) : softNms(image, settings);
}

const meets = (image, i, j, perClass) => !perClass || image.classes[i] === image.classes[j];

function hardNms(image, { method, threshold, perClass }) {
  const count = image.scores.length;
  const result = { kept: [], scores: [...image.scores], round: Array(count).fill(0), by: Array(count).fill(-1), overlap: Array(count).fill(0) };
  for (const i of ranked(image.scores)) {
    const over = (k) => meets(image, k, i, perClass) && image.overlaps[k][i] > threshold;
    const at = method === "none" ? -1 : result.kept.findIndex(over);
    if (at < 0) {
      result.round[i] = result.kept.length;
      result.kept.push(i);
    } else {
      [result.round[i], result.by[i]] = [at, result.kept[at]];
      result.overlap[i] = image.overlaps[result.kept[at]][i];
    }
  }
  return result;
}

function softNms(image, { method, threshold, sigma, perClass }) {
  const count = image.scores.length;
  const result = { kept: [], scores: [...image.scores], round: Array(count).fill(0), by: Array(count).fill(-1), overlap: Array(count).fill(0) };
  const least = Array(count).fill(1); // the strongest factor so far, whose box is named in by
  let rest = ranked(image.scores);
  for (let round = 0; (rest = rest.filter((i) => result.scores[i] >= FLOOR)).length; round++) {
    const best = rest.reduce((a, b) => (result.scores[b] > result.scores[a] ? b : a));
    rest = rest.filter((i) => i !== best);
    result.round[best] = round;
    result.kept.push(best);
    for (const i of rest) {
      const overlap = meets(image, best, i, perClass) ? image.overlaps[best][i] : 0;
      const factor = method === "gaussian" ? Math.exp(-(overlap ** 2) / sigma) : overlap >= threshold ? 1 - overlap : 1;
      result.scores[i] *= factor;
      if (result.scores[i] < FLOOR) result.round[i] = round;
      if (factor < least[i]) [least[i], result.by[i], result.overlap[i]] = [factor, best, overlap];
    }
  }
  return result;
}

/** Give each detection, best first, the free target that it fits best: indices into targets, or -1. rows are its IoUs. */
export function matchDetections(rows, level) {
  const taken = new Set();
  return rows.map((row) => {
    let [best, target] = [Math.min(level, 1 - 1e-10), -1];
    row.forEach((fit, k) => {
      if (!taken.has(k) && fit >= best) [best, target] = [fit, k]; // of equal ones the later, as in COCO
    });
    if (target >= 0) taken.add(target);
    return target;
  });
}

/** Match one class of an image's kept boxes (label -1: all, whatever their class): { indices, matches } into candidates and targets, and count, of the targets. */
export function matchImage(image, result, level, label = -1) {
  const indices = result.kept.filter((i) => label < 0 || image.classes[i] === label);
  const goals = image.labels.map((_, k) => k).filter((k) => label < 0 || image.labels[k] === label);
  const found = matchDetections(indices.map((i) => goals.map((k) => image.fits[i][k])), level);
  return { indices, matches: found.map((k) => (k < 0 ? -1 : goals[k])), count: goals.length };
}

/** The precision-recall curve over all images: { scores, isTruePositive, precision, recall, count }, best score first. */
export function makeCurve(images, results, level, label = -1) {
  const matched = images.map((image, n) => matchImage(image, results[n], level, label));
  const count = matched.reduce((sum, image) => sum + image.count, 0);
  const scores = matched.flatMap(({ indices }, n) => indices.map((i) => results[n].scores[i]));
  const isTrue = matched.flatMap(({ matches }) => matches.map((target) => target >= 0));
  const order = ranked(scores);
  const curve = { scores: order.map((i) => scores[i]), isTruePositive: order.map((i) => isTrue[i]), precision: [], recall: [], count };
  let found = 0;
  curve.isTruePositive.forEach((right, n) => {
    found += right;
    curve.precision.push(found / (n + 1));
    curve.recall.push(found / count);
  });
  return curve;
}

/** The best precision at each detection or any later one, which the averages use; a 0 stands at its end. */
export function envelope({ precision }) {
  const best = [...precision, 0];
  for (let n = precision.length - 1; n >= 0; n--) best[n] = Math.max(best[n], best[n + 1]);
  return best;
}

/** The recalls at which a convention reads the envelope, and what it reads there: [[recall, precision], ...]. */
export function readings(curve, method) {
  const best = envelope(curve);
  const points = method === "11-point" ? Array.from({ length: 11 }, (_, i) => i / 10) : Array.from({ length: 101 }, (_, i) => (i < 100 ? i * 0.01 : 1));
  let n = 0;
  return points.map((point) => {
    while (n < curve.recall.length && curve.recall[n] < point) n++;
    return [point, best[n]];
  });
}

/** Average precision of a curve in a convention ("all-point", "11-point" or "101-point"); NaN without targets. */
export function averagePrecision(curve, method) {
  if (curve.count === 0) return NaN;
  if (method !== "all-point") {
    const read = readings(curve, method);
    return read.reduce((sum, [, precision]) => sum + precision, 0) / read.length;
  }
  const best = envelope(curve);
  return curve.recall.reduce((sum, recall, n) => sum + (recall - (n ? curve.recall[n - 1] : 0)) * best[n], 0);
}
