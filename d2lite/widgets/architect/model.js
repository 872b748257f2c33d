// What each layer of a network gives, costs and sees, and why one cannot be. No DOM here.
import { formatCounted } from "../_core/format.js";
import { KINDS, partsOf } from "./networks.js";

export { KINDS, NETWORKS, rowOf } from "./networks.js";
export { networkCode } from "./code.js";

/** Why a layer cannot be: a sentence for the reader. */
class Impossible extends Error {}

const maps = ([channels, side]) => `${channels} × ${side} × ${side}`;

/** What the input is: its shape ([C, H] for maps, [D] for a vector), and the pixels start to end that a unit sees, the next one's jump further. */
function firstState(channels, side) {
  return { shape: [channels, side], start: 0, end: 1, jump: 1 };
}

/** A part's output state from its input's; costs = { parameters, multiplyAdds, values } are added to. */
function pass(part, state, costs) {
  if (part.op === "relu" || part.op === "dropout") return state;
  if (part.op === "linear") return dense(part, state, costs);
  if (state.shape.length === 1) throw new Impossible(`it needs maps, and gets ${formatCounted(state.shape[0], "number")} in a row. Put it before the flattening.`);
  if (part.op === "norm") return normalize(state, costs);
  if (part.op === "flatten") return { ...whole(state), shape: [state.shape[0] * state.shape[1] ** 2] };
  if (part.op === "global") return keep({ ...whole(state), shape: [state.shape[0], 1] }, costs);
  return part.op === "paths" ? meet(part, state, costs) : slide(part, state, costs);
}

/** The parts one after another. */
function passAll(parts, state, costs) {
  return parts.reduce((before, part) => pass(part, before, costs), state);
}

function keep(state, costs) {
  costs.values += state.shape.length === 1 ? state.shape[0] : state.shape[0] * state.shape[1] ** 2;
  return state;
}

/** What all units of a map see together. */
function whole(state) {
  return { ...state, end: state.end + (state.shape[1] - 1) * state.jump, jump: state.jump * state.shape[1] };
}

function normalize(state, costs) {
  costs.parameters += 2 * state.shape[0];
  return state;
}

function dense({ units }, state, costs) {
  if (state.shape.length > 1) throw new Impossible(`it takes numbers in a row, and gets maps, ${maps(state.shape)}. Put a flatten layer before it.`);
  costs.parameters += (state.shape[0] + 1) * units;
  costs.multiplyAdds += state.shape[0] * units;
  return keep({ ...state, shape: [units] }, costs);
}

/** What slides: a convolution or a pooling. */
function slide({ op, maps: wanted, k, s, p, g = 1, bias, up }, state, costs) {
  const [channels, side] = state.shape;
  if (k > side + 2 * p) {
    const room = p ? `with padding ${side + 2 * p}` : `${side}`;
    throw new Impossible(`its kernel is ${k} wide, and its input only ${room}. Take a larger image, a smaller kernel, fewer poolings or more padding.`);
  }
  if (op !== "conv" && 2 * p > k) throw new Impossible(`padding ${p} is more than half of its ${formatCounted(k, "pixel")}, so some places would hold padding alone.`);
  let out = Math[up ? "ceil" : "floor"]((side + 2 * p - k) / s) + 1;
  if (up && (out - 1) * s >= side + p) out -= 1; // nothing begins behind the map
  const start = state.start - p * state.jump;
  const end = state.end + (k - 1 - p) * state.jump;
  const next = { shape: [op === "conv" ? wanted : channels, out], start, end, jump: state.jump * s };
  if (op === "conv") {
    if (channels % g || wanted % g) throw new Impossible(`${g} groups do not divide ${channels % g ? `the ${formatCounted(channels, "map")} it gets` : `its ${formatCounted(wanted, "map")}`} evenly.`);
    const weights = (k * k * channels * wanted) / g;
    costs.parameters += weights + (bias ? wanted : 0);
    costs.multiplyAdds += weights * out * out;
  }
  return keep(next, costs);
}

/** Paths over one input that meet: maps side by side (cat) or added. */
function meet({ join, paths }, state, costs) {
  const ends = paths.map((path) => passAll(path, state, costs));
  const shapes = ends.map((end) => end.shape);
  if (join === "add" && shapes.some(([c, side]) => c !== shapes[0][0] || side !== shapes[0][1])) {
    throw new Impossible(`its path gives ${maps(shapes[0])} and its shortcut ${maps(shapes[1])}, which cannot be added. Let the shortcut project: set "identity only" to 0.`);
  }
  const channels = join === "add" ? shapes[0][0] : shapes.reduce((sum, [c]) => sum + c, 0);
  const seen = { start: Math.min(...ends.map((end) => end.start)), end: Math.max(...ends.map((end) => end.end)), jump: ends[0].jump };
  return keep({ ...seen, shape: [channels, shapes[0][1]] }, costs);
}

/**
 * A network from rows: { layers, problem, parameters, multiplyAdds, values }. Each layer: name, shape, parameters, multiplyAdds,
 * values (numbers that its convolutions, poolings, joins and dense layers put out, for one image) and field, a receptive field's
 * side in pixels. It ends before the first layer that cannot be; problem says why.
 */
export function makeNetwork(rows, inChannels, side) {
  const network = { layers: [], problem: "", parameters: 0, multiplyAdds: 0, values: 0 };
  let state = firstState(inChannels, side);
  for (const [i, row] of rows.entries()) {
    const costs = { parameters: 0, multiplyAdds: 0, values: 0 };
    const { fields } = KINDS[row[0]];
    const least = fields.find(([, , min], k) => row[k + 1] < min);
    const most = fields.find(([, , , max = Infinity], k) => row[k + 1] > max);
    try {
      if (least) throw new Impossible(`${least[0]} is 0: it takes at least ${least[2]}.`);
      if (most) throw new Impossible(`${most[0]} is ${row[fields.indexOf(most) + 1]}: it takes at most ${most[3]}.`);
      state = passAll(partsOf(row, state.shape[0], i === rows.length - 1), state, costs);
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
      network.problem = `Layer ${i + 1}, ${KINDS[row[0]].name}: ${error.message}`;
      break;
    }
    for (const name of Object.keys(costs)) network[name] += costs[name];
    network.layers.push({ name: KINDS[row[0]].short(row), kind: row[0], shape: state.shape, field: state.end - state.start, ...costs });
  }
  return network;
}

/** The place of the layer with most parameters, from 0. */
export function largest({ layers }) {
  return layers.reduce((best, layer, i) => (layer.parameters > layers[best].parameters ? i : best), 0);
}

/** A shape in words: 64 × 56 × 56, or 4096. */
export function shapeText(shape) {
  return shape.length === 1 ? String(shape[0]) : maps(shape);
}
