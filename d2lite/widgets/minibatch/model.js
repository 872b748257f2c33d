// A bowl that is the mean of many bowls, descended with batches of them; and readings of recorded runs. No DOM here.
import { makeRng } from "../_math/rng.js";

export const COUNT = 1024; // samples of the bowl
export const CURVATURES = [1, 4]; // along w1 and w2
export const BOWL_SIZES = Array.from({ length: 11 }, (_, k) => 2 ** k);
const SPREAD = 2; // of the samples' own minima, about the origin
const START = [-2.6, 1.8];
const DRAWS = 200; // batches of each size, to measure the noise

/** The samples' own minima, [[x, y], ...], normal about the origin, which is their mean. */
export function makeSamples() {
  const rng = makeRng(7);
  const points = Array.from({ length: COUNT }, () => [SPREAD * rng.normal(), SPREAD * rng.normal()]);
  const [mx, my] = meanOf(points, points.map((_, i) => i));
  return points.map(([x, y]) => [x - mx, y - my]);
}

/** The mean of the points with some indices. */
export function meanOf(points, indices) {
  let [x, y] = [0, 0];
  for (const i of indices) {
    x += points[i][0];
    y += points[i][1];
  }
  return [x / indices.length, y / indices.length];
}

/** Indices of one batch after another: a function of no arguments. Without replacement a pass takes each sample once. */
export function makeDraws(rng, size, replacement) {
  let order = [];
  return () => {
    if (replacement) return Array.from({ length: size }, () => Math.floor(rng.uniform() * COUNT));
    if (order.length < size) order = rng.permutation(COUNT);
    return order.splice(0, size);
  };
}

/** Stochastic gradient descent on the bowl: its points, [[w1, w2], ...], the start first. */
export function descend(samples, { size, lr, replacement, seed }, steps) {
  const draw = makeDraws(makeRng(seed), Math.min(COUNT, size), replacement);
  const path = [START];
  for (let k = 0; k < steps; k++) path.push(stepFrom(path[k], meanOf(samples, draw()), lr));
  return path;
}

/** A step along the gradient of a batch whose bowl is centred at a point: H (w − center). */
export function stepFrom([x, y], [cx, cy], lr) {
  return [x - lr * CURVATURES[0] * (x - cx), y - lr * CURVATURES[1] * (y - cy)];
}

/** The loss above the full bowl's lowest point. */
export function lossOf([x, y]) {
  return 0.5 * (CURVATURES[0] * x * x + CURVATURES[1] * y * y);
}

/** The squared length of the full gradient. */
export function squareOf([x, y]) {
  return (CURVATURES[0] * x) ** 2 + (CURVATURES[1] * y) ** 2;
}

/** The trace of the covariance of the samples' gradients: their mean squared distance from the full one. */
export function traceOf(samples) {
  return samples.reduce((sum, sample) => sum + squareOf(sample), 0) / samples.length;
}

/** What the squared distance of a batch's gradient from the full one is on average, by the formula. */
export function expectedNoise(trace, size, count, replacement) {
  return (trace / size) * (replacement ? 1 : (count - size) / (count - 1));
}

/** The same, measured: the mean over many batches of each of some sizes. The first of a long batch are the shorter ones. */
export function measureNoise(samples, { replacement, seed }, sizes = BOWL_SIZES) {
  const rng = makeRng(seed);
  const sums = sizes.map(() => 0);
  for (let k = 0; k < DRAWS; k++) {
    const order = drawOnce(rng, sizes.at(-1), replacement);
    let [x, y, next] = [0, 0, 0];
    order.forEach((i, taken) => {
      x += samples[i][0];
      y += samples[i][1];
      if (taken + 1 === sizes[next]) sums[next++] += squareOf([x / (taken + 1), y / (taken + 1)]);
    });
  }
  return sums.map((sum) => sum / DRAWS);
}

/** One batch by itself: without replacement, the first of a random order of which no more is made than needed. */
function drawOnce(rng, size, replacement) {
  if (replacement) return Array.from({ length: size }, () => Math.floor(rng.uniform() * COUNT));
  const order = Int16Array.from({ length: COUNT }, (_, i) => i);
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(rng.uniform() * (COUNT - i));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order.subarray(0, size);
}

/** Where a step from a point might lead: count batches' steps. */
export function fanOf(samples, point, { size, lr, replacement, seed }, count = 32) {
  const rng = makeRng(seed + 500_000);
  return Array.from({ length: count }, () => stepFrom(point, meanOf(samples, drawOnce(rng, Math.min(COUNT, size), replacement)), lr));
}

/** What a step of the k-th batch size costs, in steps, images or seconds. */
export function costOf(recording, cost, k) {
  return { steps: 1, images: recording.sizes[k], seconds: recording.seconds[k] }[cost];
}

/** The ends of the axis of a cost: what the cheapest step costs, and the dearest of the runs to their ends. */
export function costRange(recording, cost) {
  const each = recording.sizes.map((_, k) => costOf(recording, cost, k));
  const ends = each.map((price, k) => price * recording.steps[recording.losses[k].length - 1]);
  return [Math.min(...each), Math.max(...ends)];
}

/** The loss of the k-th batch size when a budget is spent: of the last measurement within it, or null before the first. */
export function lossWithin(recording, cost, k, budget) {
  const price = costOf(recording, cost, k);
  let i = -1;
  while (i + 1 < recording.losses[k].length && recording.steps[i + 1] * price <= budget * (1 + 1e-9)) i++;
  return i < 0 ? null : recording.losses[k][i];
}

/** Whether the k-th batch size's runs had ended before a budget was spent: they stop soon after a loss of 0.5. */
export function isOver(recording, cost, k, budget) {
  return recording.steps[recording.losses[k].length] * costOf(recording, cost, k) <= budget * (1 + 1e-9);
}
