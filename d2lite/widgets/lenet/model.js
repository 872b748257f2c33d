// LeNet on one image: every layer's values, and one value taken apart into the products it is the sum of. No DOM here.
import { bytesOf, floatsOf, scaledBytes } from "../_math/bytes.js";
import { ACTIVATIONS, argmax, dense, softmax } from "../_math/nn.js";

const KERNEL = 5;
const PADDING = 2; // of the first convolution
export const SIDE = 28; // of the image

// The layers in order. source: the layer before; a map is size x size; a dense unit is a map of one value.
export const LAYERS = [
  ["conv1", "conv", "input", 6, 28, "Convolution 1"],
  ["pool1", "pool", "conv1", 6, 14, "Pooling 1"],
  ["conv2", "conv", "pool1", 16, 10, "Convolution 2"],
  ["pool2", "pool", "conv2", 16, 5, "Pooling 2"],
  ["dense1", "dense", "pool2", 120, 1, "Dense 1"],
  ["dense2", "dense", "dense1", 84, 1, "Dense 2"],
  ["output", "dense", "dense2", 10, 1, "Output"],
].map(([name, kind, source, count, size, title]) => ({ name, kind, source, count, size, title }));
const GRIDS = { dense2: [10, 12], output: [7, 12] }; // how a dense layer's inputs are laid out as a picture: rows, columns

export function layerNamed(name) {
  return LAYERS.find((layer) => layer.name === name);
}

/** The shape of a layer's source: { count, size }. */
export function sourceOf(layer) {
  return layer.source === "input" ? { name: "input", count: 1, size: SIDE } : layerNamed(layer.source);
}

/**
 * Decode the data that Python packs: { weights and biases by layer, activation, pooling, mean, std, images, labels,
 * classes, captions }. A weight is its 8-bit code times the scale of its output channel.
 */
export function openNetwork(data) {
  if (data?.format !== "d2lite-lenet-1") {
    throw new Error(`the network's format is ${data?.format}, expected d2lite-lenet-1`);
  }
  const parameters = {};
  for (const { name, codes, scales, biases } of data.layers) {
    parameters[name] = { weight: scaledBytes(codes, floatsOf(scales)), bias: floatsOf(biases) };
  }
  const pixels = bytesOf(data.images);
  const images = Array.from({ length: pixels.length / SIDE ** 2 }, (_, i) => pixels.subarray(i * SIDE ** 2, (i + 1) * SIDE ** 2));
  return { ...data, parameters, images };
}

function activate({ activation }, layer, values) {
  if (layer.kind === "pool" || layer.name === "output") return values;
  return values.map(ACTIVATIONS[activation]);
}

/** 5 x 5 cross-correlation of count maps of side n (padded already) into channels maps; see sumsOf for one value of it. */
function convolve(source, count, n, { weight, bias }, channels) {
  const m = n - KERNEL + 1;
  const out = new Float64Array(channels * m * m);
  for (let o = 0, k = 0; o < channels; o++) {
    const base = o * m * m;
    out.fill(bias[o], base, base + m * m);
    for (let c = 0; c < count; c++) {
      for (let i = 0; i < KERNEL; i++, k += KERNEL) {
        const [a, b, d, e, f] = weight.subarray(k, k + KERNEL); // a row of the kernel at once: a third of the time
        for (let y = 0, to = base; y < m; y++) {
          for (let x = 0, r = (c * n + y + i) * n; x < m; x++, r++, to++) {
            out[to] += a * source[r] + b * source[r + 1] + d * source[r + 2] + e * source[r + 3] + f * source[r + 4];
          }
        }
      }
    }
  }
  return out;
}

function padded(image) {
  const n = SIDE + 2 * PADDING;
  const out = new Float64Array(n * n);
  for (let y = 0; y < SIDE; y++) out.set(image.subarray(y * SIDE, (y + 1) * SIDE), (y + PADDING) * n + PADDING);
  return out;
}

function pool(values, count, size, pooling) {
  const half = size / 2;
  const out = new Float64Array(count * half * half);
  for (let c = 0, to = 0; c < count; c++) {
    for (let y = 0; y < half; y++) {
      for (let x = 0, k = (c * size + 2 * y) * size; x < half; x++, to++, k += 2) {
        const [a, b, d, e] = [values[k], values[k + 1], values[k + size], values[k + size + 1]];
        out[to] = pooling === "max" ? Math.max(a, b, d, e) : (a + b + d + e) / 4;
      }
    }
  }
  return out;
}

function applyLayer(network, layer, values) {
  const from = sourceOf(layer);
  if (layer.kind === "pool") return pool(values, from.count, from.size, network.pooling);
  const { weight, bias } = network.parameters[layer.name];
  if (layer.kind === "dense") return dense(weight, bias, values);
  const whole = layer.source === "input" ? padded(values) : values;
  const side = layer.source === "input" ? SIDE + 2 * PADDING : from.size;
  return convolve(whole, from.count, side, { weight, bias }, layer.count);
}

/**
 * All values for an image of 784 numbers from 0 to 255: run.input is the standardised image, run.conv1 ... run.output the
 * layers after their activation (the logits have none), run.probabilities their softmax.
 */
export function runNetwork(network, pixels) {
  const run = { input: Float64Array.from(pixels, (value) => (value / 255 - network.mean) / network.std) };
  for (const layer of LAYERS) run[layer.name] = activate(network, layer, applyLayer(network, layer, run[layer.source]));
  run.probabilities = softmax(run.output);
  return run;
}

/** A selection inside its layer: { layer, unit, row, column }, whatever was asked for. */
export function selectUnit(name, unit, [row, column]) {
  const layer = layerNamed(name);
  const inside = (value, count) => Math.min(count - 1, Math.max(0, Math.round(value)));
  return { layer, unit: inside(unit, layer.count), row: inside(row, layer.size), column: inside(column, layer.size) };
}

/**
 * One value taken apart: { sources, bias, z, value }. Each source is a map of the layer before with the patch that
 * counts: { index, top, left, rows, columns, values, weights, products, sum }; top and left are of the patch in
 * the map, -2 at least (padding). A pool has one source and no weights; its z is the maximum or the mean.
 */
export function takeApart(network, run, { layer, unit, row, column }) {
  const from = sourceOf(layer);
  const patch = patchOf(layer, row, column);
  const parts = layer.kind === "pool" ? [unit] : Array.from({ length: patch.whole ? 1 : from.count }, (_, c) => c);
  const { weight = null, bias = null } = network.parameters[layer.name] || {};
  const each = patch.rows * patch.columns;
  const sources = parts.map((index, c) => {
    const values = readPatch(run[layer.source], from, index, patch);
    if (!weight) return { index, ...patch, values, weights: null, products: values, sum: 0 };
    const weights = weight.subarray((unit * parts.length + c) * each, (unit * parts.length + c + 1) * each);
    const products = values.map((value, k) => value * weights[k]);
    return { index, ...patch, values, weights, products, sum: products.reduce((a, b) => a + b, 0) };
  });
  const z = weight ? sources.reduce((sum, source) => sum + source.sum, bias[unit]) : poolOf(network, sources[0].values);
  return { sources, bias: weight ? bias[unit] : 0, z, value: activate(network, layer, [z])[0] };
}

function poolOf({ pooling }, values) {
  return pooling === "max" ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / values.length;
}

/** The patch of a layer's source that one of its values sees; whole: the source is a row of units, laid out as a picture. */
function patchOf(layer, row, column) {
  if (GRIDS[layer.name]) return { top: 0, left: 0, rows: GRIDS[layer.name][0], columns: GRIDS[layer.name][1], whole: true };
  if (layer.kind === "pool") return { top: 2 * row, left: 2 * column, rows: 2, columns: 2, whole: false };
  const shift = layer.name === "conv1" ? PADDING : 0;
  return { top: row - shift, left: column - shift, rows: KERNEL, columns: KERNEL, whole: false };
}

function readPatch(values, { size }, index, { top, left, rows, columns, whole }) {
  if (whole) return values;
  return Float64Array.from({ length: rows * columns }, (_, k) => {
    const [y, x] = [top + Math.floor(k / columns), left + (k % columns)];
    return y >= 0 && x >= 0 && y < size && x < size ? values[(index * size + y) * size + x] : 0;
  });
}

/** The square of the image that can reach one value: { top, left, size } (it may begin outside, in the padding). */
export function receptiveField({ layer, row, column }) {
  if (layer.kind === "dense") return { top: 0, left: 0, size: SIDE };
  let [top, left, size] = [row, column, 1];
  for (let at = layer; at; at = layerNamed(at.source)) {
    const shift = at.name === "conv1" ? PADDING : 0;
    if (at.kind === "pool") [top, left, size] = [2 * top, 2 * left, 2 * size];
    else [top, left, size] = [top - shift, left - shift, size + KERNEL - 1];
  }
  return { top, left, size };
}

/** A copy of an image with a square of a side set to 0; its middle (or the pixel before it) is at a row and column. */
export function coverImage(pixels, row, column, side) {
  const out = Float64Array.from(pixels);
  const [top, left] = coverCorner(row, column, side);
  for (let y = Math.max(0, top); y < Math.min(SIDE, top + side); y++) {
    out.fill(0, y * SIDE + Math.max(0, left), y * SIDE + Math.max(0, Math.min(SIDE, left + side)));
  }
  return out;
}

export function coverCorner(row, column, side) {
  return [row - Math.floor((side - 1) / 2), column - Math.floor((side - 1) / 2)];
}

/** A map of what covering does, not yet computed: continueCover fills it. */
export function makeCoverMap(network, pixels, side) {
  const { probabilities } = runNetwork(network, pixels);
  const target = argmax(probabilities);
  return { pixels, side, target, base: probabilities[target], drops: new Float64Array(SIDE * SIDE), next: 0 };
}

/** Cover at one place after another until there is none left or the deadline is over; return whether some are left. */
export function continueCover(map, network, deadline) {
  while (map.next < map.drops.length) {
    const [row, column] = [Math.floor(map.next / SIDE), map.next % SIDE];
    const covered = coverImage(map.pixels, row, column, map.side);
    const at = map.next++;
    if (covered.every((value, k) => value === map.pixels[k])) continue; // nothing there to cover
    map.drops[at] = map.base - runNetwork(network, covered).probabilities[map.target];
    if (deadline()) break;
  }
  return map.next < map.drops.length;
}

/** A picture with one stroke of a round brush added: pixels within it take at least the value, or at most when it erases. */
export function paintStroke(pixels, from, to, brush, value) {
  const out = Array.from(pixels);
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
  for (let s = 0; s <= steps; s++) {
    const [cy, cx] = [0, 1].map((i) => from[i] + ((to[i] - from[i]) * s) / steps);
    paintDot(out, cy, cx, brush, value);
  }
  return out;
}

function paintDot(out, cy, cx, brush, value) {
  const radius = brush / 2;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const distance = Math.hypot(y - cy, x - cx);
      const share = brush === 1 ? Number(Math.round(cy) === y && Math.round(cx) === x) : Math.min(1, Math.max(0, radius + 0.5 - distance));
      if (share === 0) continue;
      const k = y * SIDE + x;
      out[k] = value > 0 ? Math.max(out[k], Math.round(value * share)) : Math.round(out[k] * (1 - share));
    }
  }
}
