// Signal and gradient through a deep network at its start, and what theory says of their sizes. No DOM here.
import { UNITS } from "../_math/activations.js";
import { makeRng } from "../_math/rng.js";
import { rootMeanSquare, sendBack, sendForward } from "../_math/signals.js";

export const ROWS = 8; // inputs sent through at once

/** The variance of one weight times the units of a layer, by rule; own is the reader's scale. Equal weights have none. */
export function gainOf(scheme, width, own) {
  return { standard: width, xavier: 1, he: 2, pytorch: 1 / 3, own: own * own, equal: null }[scheme];
}

/** Standard normal numbers of a seed: inputs, the gradient at the last layer, and matrices as they are asked for (more). */
export function openNumbers(seed, width) {
  const rng = makeRng(seed);
  const draw = (count) => Float64Array.from({ length: count }, () => rng.normal());
  const [inputs, ending, matrices] = [draw(ROWS * width), draw(ROWS * width), []];
  return { inputs, ending, matrices, more: () => matrices.push(draw(width * width)) };
}

/**
 * { signals, gradients, slopes }: values, a row an input, at the inputs and after each of depth layers. Before is the
 * result of the same network at another depth: layers that both have are not sent through again.
 */
export function propagate({ inputs, ending, matrices }, { scheme, activation, depth, width, scale }, before = null) {
  const gain = gainOf(scheme, width, scale);
  const equal = gain === null;
  const used = equal ? Array(depth).fill(new Float64Array(width * width).fill(1)) : matrices.slice(0, depth);
  const factors = Array(depth).fill(equal ? 1 / width : Math.sqrt(gain / width));
  const { signals, slopes } = sendForward(inputs, used, factors, UNITS[activation], 0, before);
  return { signals, gradients: sendBack(ending, used, factors, slopes), slopes };
}

/**
 * The sizes that very wide layers would have: { signal, gradient }. Sums are normal then, with the variance gain times the
 * mean square of the signal before; one layer multiplies the gradient's mean square by gain times the mean square of the slope.
 */
export function predictSizes(activation, gain, depth) {
  const [square, factors] = [[1], []];
  for (let k = 0; k < depth; k++) {
    const [value, slope] = meanSquares(activation, Math.sqrt(gain * square[k]));
    square.push(value);
    factors.push(gain * slope);
  }
  const back = [1];
  for (let k = depth - 1; k >= 0; k--) back.unshift(back[0] * factors[k]);
  return { signal: square.map(Math.sqrt), gradient: back.map(Math.sqrt) };
}

/** The mean squares of a function's value and slope at normal numbers of a deviation. */
export function meanSquares(activation, deviation) {
  if (activation === "linear") return [deviation ** 2, 1];
  if (activation === "relu") return [deviation ** 2 / 2, 0.5];
  const [value, slope] = UNITS[activation];
  let [values, slopes] = [0, 0];
  const step = 1 / 20 / Math.max(1, deviation); // fine enough for a curve that has become a step
  for (let x = step / 2; x < 8; x += step) {
    for (const z of [x * deviation, -x * deviation]) {
      const [weight, a] = [Math.exp(-0.5 * x * x), value(z)];
      values += weight * a * a;
      slopes += weight * slope(z, a) ** 2;
    }
  }
  const scale = step / Math.sqrt(2 * Math.PI);
  return [values * scale, slopes * scale];
}

/** How many units of a layer differ from all before them, over all inputs. */
export function countDifferent(rows, width) {
  const seen = new Set();
  for (let i = 0; i < width; i++) {
    const column = [];
    for (let at = i; at < rows.length; at += width) column.push(rows[at].toPrecision(9));
    seen.add(column.join());
  }
  return seen.size;
}

/** Counts of values in so many bins from -reach to reach. */
export function countBins(values, reach, bins) {
  const counts = new Float64Array(bins);
  for (const value of values) counts[Math.max(0, Math.min(bins - 1, Math.floor(((value / reach + 1) / 2) * bins)))]++;
  return counts;
}

export const sizesOf = (list) => list.map(rootMeanSquare);
