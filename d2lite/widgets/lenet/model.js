// LeNet on one image taken apart: one value and the products it is the sum of, its receptive field, what covering does. No DOM here.
import { KERNEL, PADDING, SIDE, activate, layerNamed, runNetwork, sourceOf } from "../_math/lenet.js";
import { argmax } from "../_math/nn.js";

export { LAYERS, SIDE, layerNamed, openNetwork, runNetwork, sourceOf } from "../_math/lenet.js";
export { paintStroke } from "../_math/paint.js";

const GRIDS = { dense2: [10, 12], output: [7, 12] }; // how a dense layer's inputs are laid out as a picture: rows, columns

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
