// Weights cut by their size and rounded to few bits, as NumPy and torch do it. No DOM here.
import { makeRng } from "../_math/rng.js";

export { openNetwork, runNetwork } from "../_math/lenet.js";

const FLOAT = 4; // bytes of a scale, a bias or an unrounded weight
const BINS = 81;

/** The names of the layers with weights, in order. */
export function layersOf(network) {
  return network.layers.map(({ name }) => name);
}

/** By what weights are cut, the smallest first, and those numbers in falling order, for each layer: { size, order }. */
export function rankWeights(network, choose) {
  const names = layersOf(network);
  const rng = makeRng(0);
  const sizeOf = choose === "random" ? () => rng.uniform() : Math.abs;
  const sizes = names.map((name) => network.parameters[name].weight.map(sizeOf));
  const falling = (lists) => {
    const every = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
    lists.reduce((at, list) => (every.set(list, at), at + list.length), 0);
    return every.sort().reverse();
  };
  const together = choose === "layer" ? null : falling(sizes);
  return Object.fromEntries(names.map((name, i) => [name, { size: sizes[i], order: together || falling([sizes[i]]) }]));
}

/** The number that a weight's must reach to stay, where a share in percent is cut. */
export function leastKept({ order }, cut) {
  const count = Math.floor((order.length * (100 - cut)) / 100 + 0.5);
  return order[Math.max(count, 1) - 1];
}

/** A whole number, halves to the even one. */
function roundEven(value) {
  const low = Math.floor(value);
  const part = value - low;
  return part < 0.5 || (part === 0.5 && low % 2 === 0) ? low : low + 1;
}

/** A weight of so many rows, in place, as whole steps of one scale a row; a row of zeros stays. */
export function roundWeight(weight, rows, bits) {
  const most = 2 ** (bits - 1) - 1;
  const columns = weight.length / rows;
  for (let row = 0; row < rows; row++) {
    const part = weight.subarray(row * columns, (row + 1) * columns);
    const largest = part.reduce((a, w) => Math.max(a, Math.abs(w)), 0);
    const scale = Math.fround(largest / most) || 1;
    for (let k = 0; k < columns; k++) part[k] = scale * Math.max(-most, Math.min(most, roundEven(part[k] / scale)));
  }
  return weight;
}

/** The network with weights cut and rounded: { network, kept (how many), least (by layer, what a weight must reach) }. */
export function compress(network, ranks, { cut, bits, scale }) {
  const parameters = {};
  const least = {};
  let kept = 0;
  for (const name of layersOf(network)) {
    const { weight, bias } = network.parameters[name];
    const { size } = ranks[name];
    least[name] = leastKept(ranks[name], cut);
    const left = new Float64Array(weight.length);
    for (let k = 0; k < weight.length; k++) {
      if (size[k] < least[name]) continue;
      left[k] = weight[k];
      kept++;
    }
    parameters[name] = { weight: roundWeight(left, scale === "channel" ? bias.length : 1, bits), bias };
  }
  return { network: { ...network, parameters }, kept, least };
}

/** How many weights there are, and bytes: of the whole network in 32 bits, and of what is left, by the shorter of two ways. */
export function countBytes(network, kept, bits, scale) {
  const parts = layersOf(network).map((name) => network.parameters[name]);
  const total = parts.reduce((sum, { weight }) => sum + weight.length, 0);
  const biases = parts.reduce((sum, { bias }) => sum + bias.length, 0);
  const scales = scale === "channel" ? biases : parts.length;
  const all = Math.ceil((total * bits) / 8); // every weight, zeros too
  const marked = Math.ceil((kept * bits) / 8) + Math.ceil(total / 8); // those left, and a bit for each place
  return { total, whole32: FLOAT * (total + biases), packed: Math.min(all, marked) + FLOAT * (scales + biases) };
}

/** The weights of a layer, or of all in one list. */
export function weightsOf(network, layer) {
  const names = layer === "all" ? layersOf(network) : [layer];
  return names.map((name) => network.parameters[name].weight);
}

/** The largest size of a weight. */
export function largestOf(lists) {
  return lists.reduce((most, list) => list.reduce((a, w) => Math.max(a, Math.abs(w)), most), 0);
}

/** How many weights other than zero lie in each of the bins from -most to most. */
export function countBins(lists, most) {
  const counts = new Float64Array(BINS);
  for (const list of lists) {
    for (let k = 0; k < list.length; k++) {
      if (list[k] !== 0) counts[Math.max(0, Math.min(BINS - 1, Math.floor(((list[k] / most + 1) / 2) * BINS)))]++;
    }
  }
  return counts;
}

/** A recorded curve at a cut, between two of its points on a straight line. */
export function readCurve(cuts, values, cut) {
  const i = Math.max(0, Math.min(cuts.length - 2, cuts.findLastIndex((value) => value <= cut)));
  return values[i] + ((values[i + 1] - values[i]) * (cut - cuts[i])) / (cuts[i + 1] - cuts[i]);
}
