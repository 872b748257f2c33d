// An activation function, and a signal and its gradient through layers of it. No DOM here.
import { UNITS } from "../_math/activations.js";
import { makeRng } from "../_math/rng.js";

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

/** rows (INPUTS x WIDTH) times the transpose of a matrix, or the matrix itself when back. */
function multiply(rows, matrix, factor, back = false) {
  const made = new Float64Array(INPUTS * WIDTH);
  for (let n = 0; n < INPUTS; n++) {
    const at = n * WIDTH;
    for (let i = 0; i < WIDTH; i++) {
      if (back) {
        const value = factor * rows[at + i];
        for (let j = 0, k = i * WIDTH; j < WIDTH; j++, k++) made[at + j] += value * matrix[k];
      } else {
        let sum = 0;
        for (let j = 0, k = i * WIDTH; j < WIDTH; j++, k++) sum += rows[at + j] * matrix[k];
        made[at + i] = factor * sum;
      }
    }
  }
  return made;
}

/**
 * Send the inputs through DEPTH layers h = f(scale / sqrt(WIDTH) W h): { signals, slopes }, the values and the slopes of each
 * layer, the inputs the first of the signals. The first layer takes inputs of size 1, so the scale there is divided by own.
 */
export function sendForward({ inputs, weights }, name, lowered, scale, own) {
  const [value, slope] = UNITS[name];
  const [signals, slopes] = [[inputs], []];
  weights.forEach((matrix, k) => {
    const sums = multiply(signals[k], matrix, (k ? scale : scale / own) / Math.sqrt(WIDTH));
    const flat = new Float64Array(sums.length);
    for (let i = 0; i < sums.length; i++) { // in place: the sums become the values
      const z = sums[i];
      const a = value(z);
      flat[i] = slope(z, a);
      sums[i] = a - lowered;
    }
    signals.push(sums);
    slopes.push(flat);
  });
  return { signals, slopes };
}

/** The root mean square of the gradient at each signal, from the inputs to the last of some layers, where it is the ending. */
export function sendBack({ ending, weights }, slopes, layers, scale, own) {
  let gradient = ending;
  const sizes = [rootMeanSquare(gradient)];
  for (let k = layers - 1; k >= 0; k--) {
    gradient = multiply(gradient.map((g, i) => g * slopes[k][i]), weights[k], (k ? scale : scale / own) / Math.sqrt(WIDTH), true);
    sizes.unshift(rootMeanSquare(gradient));
  }
  return sizes;
}

export function rootMeanSquare(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return Math.sqrt(sum / values.length);
}

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
