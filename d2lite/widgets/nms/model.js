// What the explorer of thresholds asks of the curves of _math/detections.js, by class and by confidence. No DOM here.
export { averagePrecision, envelope, makeCurve, matchDetections, matchImage, readImage, readings, suppress } from "../_math/detections.js";

export const METHODS = ["11-point", "all-point", "101-point"];
export const LEVELS = Array.from({ length: 10 }, (_, i) => 0.5 + 0.05 * i); // IoUs of mAP@[.5:.95]

/** The mean of average precisions of classes; one without targets (NaN) does not count. */
export function meanPrecision(precisions) {
  const found = precisions.filter((ap) => !Number.isNaN(ap));
  return found.reduce((sum, ap) => sum + ap, 0) / found.length;
}

/** Precision, recall and F1 of all detections with at least a score; precision is 1 where there are none. */
export function workAt(curve, confidence) {
  const kept = curve.scores.filter((score) => score >= confidence).length;
  const [precision, recall] = kept ? [curve.precision[kept - 1], curve.recall[kept - 1]] : [1, 0];
  return { kept, precision, recall, f1: precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0 };
}
