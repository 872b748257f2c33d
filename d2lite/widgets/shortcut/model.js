// Signal and gradient through blocks of two layers, with and without shortcuts. No DOM here.
import { makeRng } from "../_math/rng.js";
import { rootMeanSquare, timesMatrix } from "../_math/signals.js";

export const WIDTH = 24; // units in a layer
export const ROWS = 16; // inputs sent through at once
const EPSILON = 1e-5; // torch's, of batch norm

/** What the branch of a block does, in order: the block of 2015 has its ReLU last, after the sum; that of 2016 first. */
const STEPS = {
  last: ["mix", "norm", "relu", "mix", "norm"],
  first: ["norm", "relu", "mix", "norm", "relu", "mix"],
};

/** Standard normal numbers of a seed: inputs, the gradient at the end, and two matrices a block, as they are asked for (more). */
export function openNumbers(seed) {
  const rng = makeRng(seed);
  const draw = (count) => Float64Array.from({ length: count }, () => rng.normal());
  const [inputs, ending, pairs] = [draw(ROWS * WIDTH), draw(ROWS * WIDTH), []];
  return { inputs, ending, pairs, more: () => pairs.push([draw(WIDTH * WIDTH), draw(WIDTH * WIDTH)]) };
}

/** Batch norm: each unit's values over all rows get mean 0 and variance 1. Returns the values and 1 / deviation, a unit each. */
export function normalize(rows) {
  const [values, inverse] = [new Float64Array(rows.length), new Float64Array(WIDTH)];
  const count = rows.length / WIDTH;
  for (let j = 0; j < WIDTH; j++) {
    let [mean, square] = [0, 0];
    for (let at = j; at < rows.length; at += WIDTH) mean += rows[at] / count;
    for (let at = j; at < rows.length; at += WIDTH) square += (rows[at] - mean) ** 2 / count;
    inverse[j] = 1 / Math.sqrt(square + EPSILON);
    for (let at = j; at < rows.length; at += WIDTH) values[at] = (rows[at] - mean) * inverse[j];
  }
  return { values, inverse };
}

/** The gradient before batch norm, from that after it. */
function normalizeBack(gradient, { values, inverse }) {
  const made = new Float64Array(gradient.length);
  const count = gradient.length / WIDTH;
  for (let j = 0; j < WIDTH; j++) {
    let [mean, along] = [0, 0];
    for (let at = j; at < made.length; at += WIDTH) {
      mean += gradient[at] / count;
      along += (gradient[at] * values[at]) / count;
    }
    for (let at = j; at < made.length; at += WIDTH) made[at] = (gradient[at] - mean - values[at] * along) * inverse[j];
  }
  return made;
}

const clipAtZero = (rows) => rows.map((value) => Math.max(0, value));
const whereOpen = (gradient, rows) => gradient.map((g, i) => (rows[i] > 0 ? g : 0));
const sum = (a, b, times = 1) => a.map((value, i) => value + times * b[i]);

/** One block: { out, branch, kept }, where kept is what the way back needs. */
function forwardBlock(x, pair, factor, { order, norm, times }) {
  const kept = [];
  let [rows, next] = [x, 0];
  for (const step of STEPS[order]) {
    if (step === "norm" && !norm) kept.push(null);
    else if (step === "norm") {
      kept.push(normalize(rows));
      rows = kept.at(-1).values;
    } else if (step === "relu") {
      kept.push(rows);
      rows = clipAtZero(rows);
    } else {
      kept.push(pair[next]);
      rows = timesMatrix(rows, pair[next++], factor);
    }
  }
  const total = times ? sum(rows, x, times) : rows;
  return { branch: rows, total, kept, out: order === "last" ? clipAtZero(total) : total };
}

/** The gradient at a block's input: { whole, branch, direct }, whole the sum of what comes by both ways. */
function backwardBlock(gradient, { total, kept }, factor, { order, times }) {
  const above = order === "last" ? whereOpen(gradient, total) : gradient;
  let branch = above;
  STEPS[order].toReversed().forEach((step, k) => {
    const used = kept[kept.length - 1 - k];
    if (step === "mix") branch = timesMatrix(branch, used, factor, true);
    else if (step === "relu") branch = whereOpen(branch, used);
    else if (used) branch = normalizeBack(branch, used);
  });
  const direct = above.map((g) => times * g);
  return { whole: sum(branch, direct), branch, direct };
}

/**
 * Inputs through the blocks and a gradient back. settings: blocks, scale (of the weights, a multiple of He's), norm, order and
 * times, what the shortcut multiplies by (0: there is none). Sizes by block, from the input on: { signal, gradient }, and of each
 * block's parts: { sent, passed } forward, by the branch and by the shortcut, { back, direct } on the way back.
 */
export function sendThrough({ inputs, ending, pairs }, settings) {
  const { blocks, scale, times } = settings;
  const factor = scale * Math.sqrt(2 / WIDTH);
  const made = [];
  const signals = [inputs];
  for (let k = 0; k < blocks; k++) {
    made.push(forwardBlock(signals[k], pairs[k], factor, settings));
    signals.push(made[k].out);
  }
  const ways = [];
  let gradient = ending;
  for (let k = blocks - 1; k >= 0; k--) {
    ways.unshift(backwardBlock(gradient, made[k], factor, settings));
    gradient = ways[0].whole;
  }
  return {
    signal: signals.map(rootMeanSquare),
    gradient: [...ways.map((way) => way.whole), ending].map(rootMeanSquare),
    sent: made.map((block) => rootMeanSquare(block.branch)),
    passed: signals.slice(0, -1).map((x) => times * rootMeanSquare(x)),
    back: ways.map((way) => rootMeanSquare(way.branch)),
    direct: ways.map((way) => rootMeanSquare(way.direct)),
  };
}
