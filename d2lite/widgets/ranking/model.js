// One picture's detections from the best score down, what each counts for, and the curve they draw. No DOM here.
import { averagePrecision, envelope, makeCurve, matchImage, suppress } from "../_math/detections.js";

export { readImage } from "../_math/detections.js";

/**
 * Walk an image's detections, whatever their class. settings: suppressed (NMS at 0.5 first) and level (IoU of a hit).
 * Returns rows, best first: { index, score, target (or -1), best (the target it overlaps most), fit (their IoU), taker (the row
 * that has that target already, or -1), precision, recall }; filed, the best precision at each row or later; ap, the area under it.
 */
export function walk(image, { suppressed, level }) {
  const result = suppress(image, { method: suppressed ? "hard" : "none", threshold: 0.5, perClass: false });
  const { indices, matches } = matchImage(image, result, level);
  const curve = makeCurve([image], [result], level);
  const takers = new Map();
  const rows = indices.map((index, n) => {
    const target = matches[n];
    const fits = image.fits[index];
    const best = target >= 0 ? target : fits.indexOf(Math.max(...fits));
    const taker = target < 0 && fits[best] >= level && takers.has(best) ? takers.get(best) : -1;
    if (target >= 0) takers.set(target, n);
    return { index, score: result.scores[index], target, best, fit: fits[best], taker, precision: curve.precision[n], recall: curve.recall[n] };
  });
  return { rows, filed: envelope(curve).slice(0, rows.length), ap: averagePrecision(curve, "all-point") };
}
