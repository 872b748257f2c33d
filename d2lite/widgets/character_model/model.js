// A character model of one recurrent layer: forward a character at a time, and backward through time. No DOM here.
import { scaledBytes } from "../_math/bytes.js";
import { drawCharacter, encodeText, entropyBits } from "../_math/characters.js";
import { softmax } from "../_math/nn.js";
import { makeRng } from "../_math/rng.js";

export { drawCharacter, encodeText, entropyBits };
export const REACH = 64; // characters that a gradient is followed back

function transpose(matrix, rows, columns) {
  return Float64Array.from(matrix, (_, k) => matrix[(k % rows) * columns + Math.floor(k / rows)]);
}

/** The network that `d2lite.models.character_rnn.pack` wrote; table holds one row of input weights for each character. */
export function decodeModel({ alphabet, units, input, recurrent, output, bias, output_bias: outputBias }) {
  const characters = [...alphabet];
  const size = characters.length;
  const table = transpose(scaledBytes(input.bytes, input.scales), units, size);
  const places = new Map(characters.map((c, i) => [c, i]));
  return { characters, places, size, units, table, recurrent: scaledBytes(recurrent.bytes, recurrent.scales), output: scaledBytes(output.bytes, output.scales), bias, outputBias };
}

/** target += matrix (rows x columns) times vector. */
function addProduct(target, matrix, vector) {
  const columns = vector.length;
  for (let i = 0, k = 0; i < target.length; i++) {
    let [a, b] = [0, 0];
    let j = 0;
    for (; j + 1 < columns; j += 2, k += 2) {
      a += matrix[k] * vector[j];
      b += matrix[k + 1] * vector[j + 1];
    }
    if (j < columns) a += matrix[k++] * vector[j];
    target[i] += a + b;
  }
}

/** target += the transposed matrix (rows x columns) times vector; four rows at a time, to go over the target less often. */
function addTransposed(target, matrix, vector) {
  const columns = target.length;
  let i = 0;
  for (; i + 3 < vector.length; i += 4) {
    const [a, b, c, d] = [vector[i], vector[i + 1], vector[i + 2], vector[i + 3]];
    for (let j = 0, k = i * columns; j < columns; j++, k++) {
      target[j] += matrix[k] * a + matrix[k + columns] * b + matrix[k + 2 * columns] * c + matrix[k + 3 * columns] * d;
    }
  }
  for (; i < vector.length; i++) {
    for (let j = 0, k = i * columns; j < columns; j++, k++) target[j] += matrix[k] * vector[i];
  }
}

/** A reading that has not begun: states[t] and logits[t] are those after t characters, ids[t] is the next one read. */
export function makeReading(net) {
  const reading = { net, ids: [], states: [new Float64Array(net.units)], logits: [], given: 0, uniforms: [], rng: null, key: "" };
  reading.logits.push(scoreState(net, reading.states[0]));
  return reading;
}

function scoreState(net, state) {
  const logits = Float64Array.from(net.outputBias);
  addProduct(logits, net.output, state);
  return logits;
}

/** Read one more character: h = tanh(W_xh x + W_hh h + b_h), logits = W_hy h + b_y. */
export function readCharacter(reading, id) {
  const { net, states } = reading;
  const next = Float64Array.from(net.bias);
  const row = id * net.units;
  for (let i = 0; i < net.units; i++) next[i] += net.table[row + i];
  addProduct(next, net.recurrent, states[states.length - 1]);
  for (let i = 0; i < net.units; i++) next[i] = Math.tanh(next[i]);
  reading.ids.push(id);
  states.push(next);
  reading.logits.push(scoreState(net, next));
}

function cutReading(reading, length) {
  reading.ids.length = Math.min(reading.ids.length, length);
  reading.states.length = reading.logits.length = reading.ids.length + 1;
}

/**
 * Bring a reading to the given characters and count that the model writes after them, at a temperature and from a seed,
 * keeping what has not changed. Stops where deadline() says so; returns whether there is more to do.
 */
export function extendReading(reading, given, count, temperature, seed, deadline = () => false) {
  let same = 0;
  const known = Math.min(reading.given, given.length, reading.ids.length);
  while (same < known && reading.ids[same] === given[same]) same++;
  const key = `${temperature} ${seed}`;
  const unchanged = same === given.length && reading.given === given.length && reading.key === key;
  cutReading(reading, unchanged ? given.length + count : same);
  reading.given = given.length;
  if (reading.seed !== seed) Object.assign(reading, { seed, rng: makeRng(seed), uniforms: [] });
  reading.key = key;
  while (reading.uniforms.length < count) reading.uniforms.push(reading.rng.uniform());
  while (reading.ids.length < given.length + count) {
    if (deadline()) return true;
    const t = reading.ids.length;
    const id = t < given.length ? given[t] : drawCharacter(reading.logits[t], temperature, reading.uniforms[t - given.length]);
    readCharacter(reading, id);
  }
  return false;
}

/** The distribution of the character after the first t of a reading, at a temperature. */
export function predict({ logits }, t, temperature = 1) {
  return softmax(logits[t], temperature);
}

/** Bits of surprise at each character of the reading: -log2 of the chance it was given. */
export function surprises(reading, from = 0) {
  const bits = new Float64Array(reading.ids.length - from);
  for (let t = from; t < reading.ids.length; t++) {
    bits[t - from] = -Math.log2(Math.max(1e-300, predict(reading, t)[reading.ids[t]]));
  }
  return bits;
}

/**
 * The gradient of one prediction's loss, -log p(target) after `place` characters, followed back through time.
 * norms[k] = |dL/dh| k characters earlier, to REACH or the beginning; whole[k] = norm of the gradient of all weights if it
 * is cut after k steps; cosines[k] = cosine between that and the uncut one.
 */
export function backThroughTime(reading, place, target, reach = REACH) {
  const { net, states, ids } = reading;
  const steps = Math.min(reach, place);
  const error = predict(reading, place); // dL/dlogits = p - one-hot
  error[target] -= 1;
  let gradient = new Float64Array(net.units);
  addTransposed(gradient, net.output, error);
  const [norms, deltas] = [[length(gradient)], []];
  for (let k = 0; k < steps; k++) {
    const state = states[place - k];
    const delta = gradient.map((g, i) => g * (1 - state[i] * state[i]));
    deltas.push(delta);
    gradient = new Float64Array(net.units);
    addTransposed(gradient, net.recurrent, delta);
    norms.push(length(gradient));
  }
  const out = dot(error, error) * (dot(states[place], states[place]) + 1); // of the output weights and bias
  const pairs = deltas.map((delta, i) => deltas.map((other, j) => (j <= i ? pairProduct(delta, other, place - i, place - j, states, ids) : 0)));
  return { norms, ...cutNorms(pairs, out) };
}

/** The inner product of what two times add to the gradients of W_hh, W_xh and b_h, each an outer product. */
function pairProduct(delta, other, s, t, states, ids) {
  return dot(delta, other) * (dot(states[s - 1], states[t - 1]) + (ids[s - 1] === ids[t - 1] ? 1 : 0) + 1);
}

function cutNorms(pairs, out) {
  const steps = pairs.length;
  const product = (i, j) => (j <= i ? pairs[i][j] : pairs[j][i]);
  const [squares, shared] = [[out], [out]];
  for (let k = 0; k < steps; k++) {
    let [row, all] = [0, 0];
    for (let j = 0; j < steps; j++) {
      const p = product(k, j);
      if (j < k) row += p;
      all += p;
    }
    squares.push(squares[k] + 2 * row + pairs[k][k]);
    shared.push(shared[k] + all);
  }
  const whole = squares.map((square) => Math.sqrt(Math.max(0, square)));
  const uncut = whole[steps];
  return { whole, cosines: shared.map((value, k) => (uncut * whole[k] > 0 ? value / (uncut * whole[k]) : 1)) };
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function length(vector) {
  return Math.sqrt(dot(vector, vector));
}
