// Every unit of a network over a square of the plane, at once: what its small pictures show. No DOM here.
import { UNITS } from "../_math/activations.js";
import { sigmoid } from "../_math/nn.js";
import { FEATURES } from "./data.js";

const [REACH, FINE] = [8, 512]; // a table of an activation: from -REACH to REACH, entries a unit
const TABLES = {};

/** Entries of a function, read with straight lines between them (within 4e-7 of tanh); beyond its ends it keeps its last value. */
function tableOf(name) {
  const f = { gelu: (z) => (z ? UNITS.gelu[0](z) / z : 0.5), tanh: Math.tanh, sigmoid }[name];
  TABLES[name] = TABLES[name] || Float32Array.from({ length: 2 * REACH * FINE + 1 }, (_, k) => f(k / FINE - REACH));
  return TABLES[name];
}

/**
 * Room for the maps of a network: cells x cells points, row by row from the top left, over -extent..extent. features: that of each
 * feature by name; layers[0] those the network is given, layers[l] its units; the last holds the output.
 */
export function makeMaps(net, given, extent, cells) {
  const size = cells * cells;
  const at = (k) => ((2 * k + 1) / cells - 1) * extent;
  const features = Object.fromEntries(Object.entries(FEATURES).map(([name, [, value]]) => {
    return [name, Float32Array.from({ length: size }, (_, k) => value(at(k % cells), -at(Math.floor(k / cells))))];
  }));
  const layers = [given.map((name) => features[name]), ...net.dense.map(({ outputs }) => Array.from({ length: outputs }, () => new Float32Array(size)))];
  return { cells, features, layers, none: new Float32Array(size) };
}

/** Fill the maps with what each unit gives as the network stands; dropout rests, batch norm uses its running statistics. */
export function fillMaps({ layers, none }, net, { w, stats }) {
  net.dense.forEach((layer, l) => {
    const from = layers[l];
    for (let i = 0; i < layer.outputs; i++) {
      const out = layers[l + 1][i];
      const scale = layer.normed ? w[layer.gamma + i] / Math.sqrt(stats[layer.variance + i] + 1e-5) : 1;
      const row = layer.weight + i * layer.inputs;
      out.fill(layer.normed ? (w[layer.bias + i] - stats[layer.mean + i]) * scale + w[layer.beta + i] : w[layer.bias + i]);
      for (let j = 0; j < layer.inputs; j += 4) {
        const weight = (k) => (k < layer.inputs ? w[row + k] * scale : 0);
        addFour(out, from[j], from[j + 1] || none, from[j + 2] || none, from[j + 3] || none, weight(j), weight(j + 1), weight(j + 2), weight(j + 3));
      }
      bend(out, layer.hidden ? net.activation : net.squash ? "tanh" : "linear");
    }
  });
}

/** out += a A + b B + c C + d D: four at a time read and write out a quarter as often. */
function addFour(out, A, B, C, D, a, b, c, d) {
  for (let k = 0; k < out.length; k++) out[k] += a * A[k] + b * B[k] + c * C[k] + d * D[k];
}

/** An activation in place: by a table where an exponential would cost more. */
function bend(out, name) {
  if (name === "linear") return;
  if (name === "relu" || name === "leaky_relu") {
    const low = name === "relu" ? 0 : 0.01;
    for (let k = 0; k < out.length; k++) if (out[k] < 0) out[k] *= low;
    return;
  }
  const table = tableOf(name);
  const last = table.length - 1.001;
  const multiplied = name === "gelu";
  for (let k = 0; k < out.length; k++) {
    const z = out[k];
    let t = (z + REACH) * FINE;
    t = t < 0 ? 0 : t > last ? last : t;
    const entry = t | 0;
    const value = table[entry] + (t - entry) * (table[entry + 1] - table[entry]);
    out[k] = multiplied ? z * value : value;
  }
}
