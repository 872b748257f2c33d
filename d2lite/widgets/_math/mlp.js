// A multilayer perceptron with one output, trained in batches as torch trains
// Sequential(Linear, [BatchNorm1d], activation, [Dropout], ..., Linear, [Tanh]). All in place: nothing is allocated once it is made.
import { UNITS } from "./activations.js";
import { sigmoid, softplus } from "./nn.js";

export const OPTIMIZERS = ["sgd", "momentum", "rmsprop", "adam"];
const [MOMENTUM, ALPHA, BETA1, BETA2, EPSILON] = [0.9, 0.99, 0.9, 0.999, 1e-8]; // torch.optim's defaults
const [NORM_RATE, NORM_EPSILON] = [0.1, 1e-5]; // of BatchNorm1d

/**
 * The shape of a network: { sizes, dense, count, stats, activation, batchNorm, squash }. dense[l] says where layer l's numbers are:
 * weight (a row an output), bias, gamma and beta among the count parameters, in torch's order; mean and variance among the stats.
 */
export function shapeNetwork({ inputs, layers, activation, batchNorm = false, squash = false }) {
  const sizes = [inputs, ...layers, 1];
  let [count, stats] = [0, 0];
  const take = (n) => (count += n) - n;
  const keep = (n) => (stats += n) - n;
  const dense = layers.concat(1).map((outputs, l) => {
    const layer = { inputs: sizes[l], outputs, hidden: l < layers.length };
    Object.assign(layer, { weight: take(layer.inputs * outputs), bias: take(outputs), normed: batchNorm && layer.hidden });
    if (layer.normed) Object.assign(layer, { gamma: take(outputs), beta: take(outputs), mean: keep(outputs), variance: keep(outputs) });
    return layer;
  });
  return { sizes, dense, count, stats, activation, batchNorm, squash };
}

/** What training changes, as parts of one array (memory): parameters w, gradient g, optimizer's v and s, batch norm's stats, steps t. */
export function makeState({ dense, count, stats }) {
  const memory = new Float64Array(4 * count + stats + 1);
  const part = (k, size) => memory.subarray(k * count, k * count + size);
  const state = { memory, w: part(0, count), g: part(1, count), v: part(2, count), s: part(3, count), stats: part(4, stats), t: part(4, stats + 1).subarray(stats) };
  for (const { normed, gamma, variance, outputs } of dense) {
    if (!normed) continue;
    state.w.fill(1, gamma, gamma + outputs);
    state.stats.fill(1, variance, variance + outputs);
  }
  return state;
}

/** Room for a batch of at most so many rows: a[0] the inputs, and for each layer z, its normed n and their scale, a, mask, and gradient d. */
export function makeRoom({ sizes, dense }, rows) {
  const arrays = () => dense.map(({ outputs }) => new Float64Array(rows * outputs));
  return { rows, a: [new Float64Array(rows * sizes[0]), ...arrays()], z: arrays(), n: arrays(), mask: arrays(), d: [new Float64Array(rows * sizes[0]), ...arrays()], scale: dense.map(({ outputs }) => new Float64Array(outputs)) };
}

/** Starting weights from a generator, layer by layer: all weights, then all biases. */
export function initWeights({ dense }, { w }, kind, rng) {
  for (const { inputs, outputs, weight, bias } of dense) {
    const draw = {
      zero: () => 0,
      uniform: () => rng.uniform() - 0.5,
      xavier: () => rng.normal() * Math.sqrt(2 / (inputs + outputs)),
      he: () => rng.normal() * Math.sqrt(2 / inputs),
      pytorch: () => (2 * rng.uniform() - 1) / Math.sqrt(inputs),
    }[kind];
    for (let k = 0; k < inputs * outputs; k++) w[weight + k] = draw();
    for (let i = 0; i < outputs; i++) w[bias + i] = kind === "pytorch" ? draw() : kind === "uniform" ? 0.1 : 0;
  }
}

/** Dropout's masks for a batch: 0 with probability p, else 1 / (1 - p); layer by layer, row by row. */
export function drawMasks({ dense }, room, rows, p, rng) {
  dense.forEach(({ hidden, outputs }, l) => {
    if (!hidden) return;
    const mask = room.mask[l];
    for (let k = 0; k < rows * outputs; k++) mask[k] = rng.uniform() < p ? 0 : 1 / (1 - p);
  });
}

/** Outputs of the rows in room.a[0], left in the last room.a: training (batch statistics, masks if there is dropout) or not. */
export function forward(net, state, room, rows, { training = false, dropout = 0 } = {}) {
  for (let l = 0; l < net.dense.length; l++) {
    const layer = net.dense[l];
    const z = room.z[l];
    linear(layer, state.w, room.a[l], z, rows);
    if (layer.normed && training) normBatch(layer, state, z, room.n[l], room.scale[l], rows);
    else if (layer.normed) normStored(layer, state, z, rows);
    const name = layer.hidden ? net.activation : net.squash ? "tanh" : "linear";
    const value = UNITS[name][0];
    const [a, mask, size] = [room.a[l + 1], room.mask[l], rows * layer.outputs];
    for (let k = 0; k < size; k++) a[k] = value(z[k]);
    if (training && dropout && layer.hidden) for (let k = 0; k < size; k++) a[k] *= mask[k];
  }
  return room.a[net.dense.length];
}

function linear({ inputs, outputs, weight, bias }, w, x, z, rows) {
  for (let r = 0, k = 0; r < rows; r++) {
    const row = r * inputs;
    for (let i = 0, at = weight; i < outputs; i++, k++) {
      let sum = w[bias + i];
      for (let j = 0; j < inputs; j++, at++) sum += w[at] * x[row + j];
      z[k] = sum;
    }
  }
}

/** Batch norm with the batch's own statistics: z becomes gamma n + beta; the running ones follow, with the unbiased variance. */
function normBatch({ outputs, gamma, beta, mean, variance }, { w, stats }, z, n, scales, rows) {
  const size = rows * outputs;
  for (let i = 0; i < outputs; i++) {
    let [middle, square] = [0, 0];
    for (let k = i; k < size; k += outputs) middle += z[k];
    middle /= rows;
    for (let k = i; k < size; k += outputs) square += (z[k] - middle) ** 2;
    const scale = 1 / Math.sqrt(square / rows + NORM_EPSILON);
    for (let k = i; k < size; k += outputs) {
      n[k] = (z[k] - middle) * scale;
      z[k] = w[gamma + i] * n[k] + w[beta + i];
    }
    stats[mean + i] += NORM_RATE * (middle - stats[mean + i]);
    stats[variance + i] += NORM_RATE * (square / (rows - 1) - stats[variance + i]);
    scales[i] = scale;
  }
}

function normStored({ outputs, gamma, beta, mean, variance }, { w, stats }, z, rows) {
  for (let i = 0; i < outputs; i++) {
    const scale = w[gamma + i] / Math.sqrt(stats[variance + i] + NORM_EPSILON);
    for (let k = i; k < rows * outputs; k += outputs) z[k] = (z[k] - stats[mean + i]) * scale + w[beta + i];
  }
}

/**
 * Gradients of the last forward pass in training: room.d's last holds that of the loss by the outputs; what comes of it is written
 * to state.g, with the penalty's l1 sign(w) + l2 w for the weights.
 */
export function backward(net, state, room, rows, { dropout = 0, l1 = 0, l2 = 0 } = {}) {
  for (let l = net.dense.length - 1; l >= 0; l--) {
    const layer = net.dense[l];
    const d = room.d[l + 1];
    throughActivation(net, layer, room, l, rows, dropout);
    if (layer.normed) normBack(layer, state, d, room.n[l], room.scale[l], rows);
    linearBack(layer, state, room.a[l], d, l ? room.d[l] : null, rows);
    for (let k = layer.weight; k < layer.bias; k++) state.g[k] += l2 * state.w[k] + l1 * Math.sign(state.w[k]);
  }
}

function throughActivation(net, layer, room, l, rows, dropout) {
  const slope = UNITS[layer.hidden ? net.activation : net.squash ? "tanh" : "linear"][1];
  const [d, z, a, mask, size] = [room.d[l + 1], room.z[l], room.a[l + 1], room.mask[l], rows * layer.outputs];
  if (dropout && layer.hidden) for (let k = 0; k < size; k++) d[k] *= mask[k] && mask[k] * slope(z[k], a[k] / mask[k]);
  else for (let k = 0; k < size; k++) d[k] *= slope(z[k], a[k]);
}

function normBack({ outputs, gamma, beta }, { w, g }, d, n, scales, rows) {
  const size = rows * outputs;
  for (let i = 0; i < outputs; i++) {
    let [sum, along] = [0, 0];
    for (let k = i; k < size; k += outputs) {
      sum += d[k];
      along += d[k] * n[k];
    }
    g[gamma + i] = along;
    g[beta + i] = sum;
    const scale = w[gamma + i] * scales[i];
    for (let k = i; k < size; k += outputs) d[k] = scale * (d[k] - sum / rows - (n[k] * along) / rows);
  }
}

function linearBack({ inputs, outputs, weight, bias }, { w, g }, x, d, before, rows) {
  g.fill(0, weight, bias + outputs);
  before?.fill(0, 0, rows * inputs);
  for (let r = 0, k = 0; r < rows; r++) {
    const row = r * inputs;
    for (let i = 0, at = weight; i < outputs; i++, k++) {
      const error = d[k];
      g[bias + i] += error;
      for (let j = 0; j < inputs; j++, at++) {
        g[at] += error * x[row + j];
        if (before) before[row + j] += error * w[at];
      }
    }
  }
}

/** The mean loss of outputs for targets, "cross_entropy" (logits, 0 or 1) or "mse"; its gradient is written to d, if that is given. */
export function meanLoss(loss, outputs, targets, rows, d = null) {
  let total = 0;
  for (let k = 0; k < rows; k++) {
    const [z, y] = [outputs[k], targets[k]];
    if (loss === "mse") total += (z - y) ** 2;
    else total += softplus(z) - y * z;
    if (d) d[k] = (loss === "mse" ? 2 * (z - y) : sigmoid(z) - y) / rows;
  }
  return total / rows;
}

/** One step of an optimizer along state.g, as torch.optim's with its defaults. */
export function stepWeights({ w, g, v, s, t }, name, lr) {
  const count = w.length;
  t[0]++;
  if (name === "sgd") for (let k = 0; k < count; k++) w[k] -= lr * g[k];
  else if (name === "momentum") {
    for (let k = 0; k < count; k++) w[k] -= lr * (v[k] = MOMENTUM * v[k] + g[k]);
  } else if (name === "rmsprop") {
    for (let k = 0; k < count; k++) {
      s[k] = ALPHA * s[k] + (1 - ALPHA) * g[k] * g[k];
      w[k] -= (lr * g[k]) / (Math.sqrt(s[k]) + EPSILON);
    }
  } else {
    const [first, second] = [1 - BETA1 ** t[0], 1 - BETA2 ** t[0]];
    for (let k = 0; k < count; k++) {
      v[k] = BETA1 * v[k] + (1 - BETA1) * g[k];
      s[k] = BETA2 * s[k] + (1 - BETA2) * g[k] * g[k];
      w[k] -= (lr * v[k]) / first / (Math.sqrt(s[k] / second) + EPSILON);
    }
  }
}
