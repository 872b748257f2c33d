// An activation function, and a signal and its gradient through layers of it. No DOM here.
import { UNITS } from "../_math/activations.js";
import { makeRng } from "../_math/rng.js";
import * as math from "../_math/signals.js";

export const [WIDTH, INPUTS, DEPTH] = [48, 64, 20]; // units a layer, inputs, layers at most

/** [value, slope] at z of a function that is lowered. */
export function valueAndSlope(name, lowered, z) {
  const [value, slope] = UNITS[name];
  const a = value(z);
  return [a - lowered, slope(z, a)];
}

/** 1 / the root mean square of the lowered function's value at a standard normal number: what weights / sqrt(width) must have. */
export function ownScale(name, lowered) {
  const [value] = UNITS[name];
  let sum = 0;
  for (let z = -8; z <= 8; z += 1 / 64) sum += (value(z) - lowered) ** 2 * Math.exp(-0.5 * z * z);
  return 1 / Math.sqrt(sum / 64 / Math.sqrt(2 * Math.PI));
}

/** The random numbers of a seed: inputs (rows of WIDTH), a gradient for the last layer, and DEPTH matrices (rows: outputs). */
export function drawNumbers(seed) {
  const rng = makeRng(seed);
  const draw = (count) => Float64Array.from({ length: count }, () => rng.normal());
  return { inputs: draw(INPUTS * WIDTH), ending: draw(INPUTS * WIDTH), weights: Array.from({ length: DEPTH }, () => draw(WIDTH * WIDTH)) };
}

/** What the numbers of each layer's matrix are multiplied by. The first layer takes inputs of size 1, so scale is divided by own there. */
const factorsOf = (layers, scale, own) => Array.from({ length: layers }, (_, k) => (k ? scale : scale / own) / Math.sqrt(WIDTH));

/** Send the inputs through DEPTH layers: { signals, slopes }, the values and the slopes of each, the inputs the first of the signals. */
export function sendForward({ inputs, weights }, name, lowered, scale, own) {
  return math.sendForward(inputs, weights, factorsOf(DEPTH, scale, own), UNITS[name], lowered);
}

/** The root mean square of the gradient at each signal, from the inputs to the last of some layers, where it is the ending. */
export function sendBack({ ending, weights }, slopes, layers, scale, own) {
  return math.sendBack(ending, weights.slice(0, layers), factorsOf(layers, scale, own), slopes).map(rootMeanSquare);
}

export const { rootMeanSquare } = math;

/** The root mean square over units of the standard deviation over inputs: what tells one input from another. */
export function spreadOverInputs(signal) {
  let total = 0;
  for (let i = 0; i < WIDTH; i++) {
    let mean = 0;
    for (let n = 0; n < INPUTS; n++) mean += signal[n * WIDTH + i] / INPUTS;
    for (let n = 0; n < INPUTS; n++) total += (signal[n * WIDTH + i] - mean) ** 2;
  }
  return Math.sqrt(total / INPUTS / WIDTH);
}

/** For each unit, in order of their middles: the values at some shares of the inputs, such as [0.1, 0.5, 0.9]. */
export function unitRanges(signal, shares) {
  const ranges = Array.from({ length: WIDTH }, (_, i) => {
    const values = Float64Array.from({ length: INPUTS }, (_, n) => signal[n * WIDTH + i]).sort();
    return shares.map((share) => values[Math.round(share * (INPUTS - 1))]);
  });
  return ranges.sort((a, b) => a[1] - b[1]);
}

/** The share of units whose slope is 0 for every input. */
export function deadShare(slopes) {
  let dead = 0;
  for (let i = 0; i < WIDTH; i++) {
    let alive = false;
    for (let n = 0; n < INPUTS; n++) alive ||= slopes[n * WIDTH + i] !== 0;
    dead += alive ? 0 : 1;
  }
  return dead / WIDTH;
}
