// A network of one hidden layer whose hidden units are dropped by random masks, and the averages over masks. No DOM here.
import { scaledBytes } from "../_math/bytes.js";
import { dense, relu, softmax } from "../_math/nn.js";
import { makeRng } from "../_math/rng.js";

/** A packed tensor { shape, step, data }: signed bytes in base 64, each times step, as a flat array. */
export function unpack({ step, data }) {
  return scaledBytes(data, [step]);
}

/** The explorer's payload made ready: { networks: { name: { w1, b1, w2, b2 } }, images, targets, names (of the classes) }. */
export function openNetworks({ networks, images, targets, names }) {
  const open = (layers) => Object.fromEntries(Object.entries(layers).map(([name, packed]) => [name, unpack(packed)]));
  const pixels = unpack(images);
  const size = images.shape[1];
  return {
    networks: Object.fromEntries(Object.entries(networks).map(([name, layers]) => [name, open(layers)])),
    images: Array.from({ length: images.shape[0] }, (_, i) => pixels.slice(i * size, (i + 1) * size)),
    targets,
    names,
  };
}

/** The hidden units' activations for an image. */
export function hiddenOf({ w1, b1 }, image) {
  return dense(w1, b1, image).map(relu);
}

export function logitsOf({ w2, b2 }, hidden) {
  return dense(w2, b2, hidden);
}

/**
 * Pass an image through a number of masks: { kept: of the last mask, hidden: after it, logits and probabilities: a row a
 * mask }. Each unit is kept with probability 1 - rate; with scale, the kept ones are divided by it.
 */
export function runMasks(net, hidden, { rate, scale, seed, count }) {
  const rng = makeRng(seed);
  const factor = scale ? 1 / (1 - rate) : 1;
  const run = { kept: new Uint8Array(hidden.length).fill(1), hidden, logits: [], probabilities: [] };
  for (let k = 0; k < count; k++) {
    run.kept = Uint8Array.from(hidden, () => (rng.uniform() >= rate ? 1 : 0));
    run.hidden = hidden.map((h, j) => h * run.kept[j] * factor);
    run.logits.push(logitsOf(net, run.hidden));
    run.probabilities.push(softmax(run.logits[k]));
  }
  return run;
}

/** Mean and variance over all masks of each logit, exactly: { mean, variance }. */
export function expectedLogits(net, hidden, { rate, scale }) {
  const mean = logitsOf(net, hidden.map((h) => (scale ? h : (1 - rate) * h)));
  const spread = scale ? rate / (1 - rate) : rate * (1 - rate);
  const variance = mean.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < hidden.length; j++) sum += (net.w2[i * hidden.length + j] * hidden[j]) ** 2;
    return spread * sum;
  });
  return { mean, variance };
}

/** The mean of column k over the first 1, 2, 3, ... rows. */
export function runningMeans(rows, k) {
  let sum = 0;
  return Float64Array.from(rows, (row, i) => (sum += row[k]) / (i + 1));
}

/** The part of the rows whose largest entry stands at k. */
export function shareWon(rows, k) {
  return rows.filter((row) => row.every((value) => value <= row[k])).length / Math.max(1, rows.length);
}
