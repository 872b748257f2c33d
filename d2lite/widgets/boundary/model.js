// Logistic regression on points in the plane, trained by stochastic gradient descent. No DOM here.
import { sigmoid, softplus } from "../_math/nn.js";
import { makeRng } from "../_math/rng.js";

export const FEATURE_NAMES = {
  linear: ["x₁", "x₂"],
  quadratic: ["x₁", "x₂", "x₁²", "x₂²", "x₁x₂"],
};
const WRONG_SIZE = 8; // how confidently wrong the wrong start is: the norm of its weights

/** Write the features of (x1, x2) and a last 1, for the bias, into row at offset. */
function writeFeatures(row, offset, kind, x1, x2) {
  row[offset++] = x1;
  row[offset++] = x2;
  if (kind === "quadratic") {
    row[offset++] = x1 * x1;
    row[offset++] = x2 * x2;
    row[offset++] = x1 * x2;
  }
  row[offset] = 1;
}

/** Points [x1, x2, label] as a matrix of features, row by row, its labels, and its size. */
export function makeDesign(points, kind) {
  const columns = FEATURE_NAMES[kind].length + 1;
  const matrix = new Float64Array(points.length * columns);
  points.forEach(([x1, x2], i) => writeFeatures(matrix, i * columns, kind, x1, x2));
  return { matrix, labels: Float64Array.from(points, (point) => point[2]), columns, rows: points.length };
}

/** The logit of the point (x1, x2): weights in the order of FEATURE_NAMES, bias last. */
export function logitAt(weights, kind, x1, x2) {
  let z = weights[0] * x1 + weights[1] * x2 + weights[weights.length - 1];
  if (kind === "quadratic") z += weights[2] * x1 * x1 + weights[3] * x2 * x2 + weights[4] * x1 * x2;
  return z;
}

/** (l2 / 2) |w|², the bias left out. */
export function penalty(weights, l2) {
  let sum = 0;
  for (let j = 0; j < weights.length - 1; j++) sum += weights[j] * weights[j];
  return 0.5 * l2 * sum;
}

/** The loss of one point whose logit is z: cross-entropy, or squared error of the probability. */
export function pointLoss(z, label, loss) {
  return loss === "mse" ? (sigmoid(z) - label) ** 2 : softplus(label ? -z : z);
}

/**
 * The objective over the rows named in batch: the mean loss with the penalty, how many points are on the right side
 * (p >= 0.5 means 1), and the gradient. One exponential a point serves all three.
 */
export function evaluate(design, batch, weights, { loss, l2 }) {
  const { matrix, labels, columns } = design;
  const gradient = new Float64Array(columns);
  let [total, right, product] = [0, 0, 1]; // log(1 + e) of all points is the logarithm of their product
  const cross = loss !== "mse";
  for (let n = 0; n < batch.length; n++) {
    const i = batch[n];
    const row = i * columns;
    let z = 0;
    for (let j = 0; j < columns; j++) z += weights[j] * matrix[row + j];
    const e = Math.exp(-Math.abs(z));
    const p = (z >= 0 ? 1 : e) / (1 + e);
    const miss = p - labels[i];
    const hit = z >= 0 === (labels[i] === 1);
    if (hit) right++;
    if (cross) {
      if (!hit) total += Math.abs(z);
      product *= 1 + e;
      if (product > 1e300) [total, product] = [total + Math.log(product), 1];
    } else total += miss * miss;
    const error = cross ? miss : 2 * miss * p * (1 - p);
    for (let j = 0; j < columns; j++) gradient[j] += error * matrix[row + j];
  }
  for (let j = 0; j < columns; j++) gradient[j] = gradient[j] / batch.length + (j < columns - 1 ? l2 * weights[j] : 0);
  return { loss: (total + Math.log(product)) / batch.length + penalty(weights, l2), right, gradient };
}

/** Weights to begin with: all zero; normal numbers; or long ones that point from class 1 to class 0. */
export function startWeights(start, points, kind, rng) {
  const count = FEATURE_NAMES[kind].length + 1;
  const weights = new Float64Array(count);
  if (start === "random") return weights.map(() => rng.normal());
  if (start === "wrong") {
    const side = [0, 0];
    for (const [x1, x2, label] of points) {
      side[0] += label ? -x1 : x1;
      side[1] += label ? -x2 : x2;
    }
    const norm = Math.hypot(...side) || 1;
    weights[0] = (WRONG_SIZE * side[0]) / norm;
    weights[1] = (WRONG_SIZE * side[1]) / norm;
  }
  return weights;
}

/**
 * A training run at its start. settings: features, loss, lr, batch_size (0 = all points), l2, start, seed.
 * run.weights[k], run.losses[k] and run.right[k] are those after k steps; run.batches[k] the rows step k + 1 used.
 */
export function makeRun(points, settings) {
  const rng = makeRng(settings.seed + 1);
  const design = makeDesign(points, settings.features);
  const weights = startWeights(settings.start, points, settings.features, rng);
  const run = { points, settings, design, rng, weights: [], losses: [], right: [], batches: [], waiting: [], broken: 0 };
  run.all = Array.from(points, (_, i) => i);
  record(run, weights);
  return run;
}

export function stepsDone(run) {
  return run.weights.length - 1;
}

function record(run, weights) {
  const { loss, right, gradient } = evaluate(run.design, run.all, weights, run.settings);
  run.gradient = gradient; // of all points: the next step's, if its batch is all of them
  run.weights.push(weights);
  run.losses.push(loss);
  run.right.push(right);
}

/** The rows of the next step: epochs in a new random order each, the last batch of one perhaps smaller. */
function nextBatch(run) {
  const size = run.settings.batch_size;
  if (size === 0 || size >= run.design.rows) return run.all;
  if (run.waiting.length === 0) run.waiting = run.rng.permutation(run.design.rows);
  const batch = run.waiting.slice(0, size);
  run.waiting = run.waiting.slice(size);
  return batch;
}

/** One step of gradient descent; false when the numbers have left the range of floating point. */
export function trainStep(run) {
  if (run.broken) return false;
  const batch = nextBatch(run);
  const before = run.weights[run.weights.length - 1];
  const grad = batch === run.all ? run.gradient : evaluate(run.design, batch, before, run.settings).gradient;
  const after = before.map((w, j) => w - run.settings.lr * grad[j]);
  run.batches.push(batch);
  record(run, after);
  if (!Number.isFinite(run.losses[run.losses.length - 1])) run.broken = stepsDone(run);
  return !run.broken;
}

/** Train up to a number of steps, or until deadline() is true; return whether more is to be done. */
export function trainTo(run, target, deadline = () => false) {
  while (stepsDone(run) < target) {
    if (!trainStep(run)) return false;
    if (stepsDone(run) % 16 === 0 && deadline()) return stepsDone(run) < target;
  }
  return false;
}
