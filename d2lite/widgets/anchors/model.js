// k-means on sizes [width, height] in pixels, by IoU or by plain distance: twin of d2lite/vision/anchor_sizes.py. No DOM here.
import { boxIou } from "../_math/boxes.js";
import { makeRng } from "../_math/rng.js";

export const DISTANCES = ["iou", "euclidean"];
const MOST_STEPS = 60;

/** The IoU of two sizes, their boxes laid on one corner. */
export function sizeIou(a, b) {
  return boxIou([0, 0, ...a], [0, 0, ...b]);
}

// How near a size is to an anchor, larger is nearer, and the value of no difference at all.
const NEARNESS = { iou: sizeIou, euclidean: (a, b) => -((a[0] - b[0]) ** 2) - (a[1] - b[1]) ** 2 };
const SAME = { iou: 1, euclidean: 0 };

/** Starts far apart: each drawn with probability in proportion to its (1 - IoU)^2 to the nearest one before. */
export function drawStarts(sizes, count, seed) {
  const { uniform } = makeRng(seed);
  const draws = Array.from({ length: count }, uniform);
  const chosen = [sizes[Math.floor(draws[0] * sizes.length)]];
  const distance = sizes.map(() => 1);
  for (const draw of draws.slice(1)) {
    let total = 0;
    const sums = sizes.map((size, i) => {
      distance[i] = Math.min(distance[i], 1 - sizeIou(size, chosen[chosen.length - 1]));
      return (total += distance[i] ** 2);
    });
    const found = sums.findIndex((sum) => sum > draw * total);
    chosen.push(sizes[found < 0 ? sizes.length - 1 : found]);
  }
  return chosen.map((size) => [...size]);
}

/** The nearest anchor of each size, of equal ones the first: { labels, values }, values being the nearness. */
export function assignSizes(sizes, anchors, distance) {
  const [labels, values] = [[], []];
  for (const size of sizes) {
    let [best, label] = [-Infinity, 0];
    anchors.forEach((anchor, a) => {
      const value = NEARNESS[distance](size, anchor);
      if (value > best) [best, label] = [value, a];
    });
    labels.push(label);
    values.push(best);
  }
  return { labels, values };
}

/** Each anchor moved to the mean of its sizes; one that has none takes the size that is covered worst. */
export function moveAnchors(sizes, anchors, distance) {
  const { labels, values } = assignSizes(sizes, anchors, distance);
  const owners = [...labels];
  anchors.forEach((_, a) => {
    if (labels.includes(a)) return;
    const worst = values.indexOf(Math.min(...values));
    owners[worst] = a;
    values[worst] = SAME[distance];
  });
  return anchors.map((anchor, a) => {
    const own = sizes.filter((_, i) => owners[i] === a);
    return own.length ? [0, 1].map((k) => own.reduce((sum, size) => sum + size[k], 0) / own.length) : anchor;
  });
}

/** How well anchors cover sizes, whatever found them: mean of each size's best IoU, and the share whose best is above a level. */
export function coverage(sizes, anchors, level = 0.5) {
  const { values } = assignSizes(sizes, anchors, "iou");
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { values, mean, recall: values.filter((value) => value > level).length / values.length };
}

/** All steps until nothing changes: { anchors, means, recalls, settled }, one entry a step from the start on. */
export function runKmeans(sizes, starts, distance, most = MOST_STEPS) {
  const run = { anchors: [starts], means: [], recalls: [], settled: false };
  for (;;) {
    const here = run.anchors[run.anchors.length - 1];
    const { mean, recall } = coverage(sizes, here);
    run.means.push(mean);
    run.recalls.push(recall);
    const next = moveAnchors(sizes, here, distance);
    run.settled = String(next) === String(here);
    if (run.settled || run.means.length > most) return run;
    run.anchors.push(next);
  }
}
