// A small Transformer that reads characters: forward a character at a time, every number on the way kept. No DOM here.
import { scaledBytes } from "../_math/bytes.js";
import { drawCharacter, encodeText as known, entropyBits } from "../_math/characters.js";
import { argmax, softmax } from "../_math/nn.js";
import { makeRng } from "../_math/rng.js";

export { drawCharacter, entropyBits };
export const FORMAT = "d2lite-character-transformer-1";
const LIMITS = { width: 128, num_layers: 6, num_heads: 8, context: 256 };
const TINY = 1e-5; // in the norms, as torch has it

/** The network that `d2lite.models.character_transformer.pack` wrote. */
export function decodeModel({ matrices, vectors, ...about }) {
  const parts = {};
  for (const { name, scales, bytes } of matrices) parts[name] = scaledBytes(bytes, scales);
  for (const { name, values } of vectors) parts[name] = Float64Array.from(values);
  return buildNet(about, parts);
}

/** The network of a file's arrays, as `readNpz` gives them; an Error says what is wrong with it. */
export function decodeArrays({ record, ...arrays }) {
  let about = null;
  try {
    about = JSON.parse(record);
  } catch {
    throw new Error("the file has no record: expected one that character_transformer.save wrote");
  }
  const parts = {};
  for (const [name, { shape, values }] of Object.entries(arrays)) {
    const scale = arrays[`${name}.scale`]?.values;
    if (scale) parts[name] = Float64Array.from(values, (v, k) => v * scale[Math.floor((k * scale.length) / values.length)]);
    else if (!name.endsWith(".scale") && shape.length === 1) parts[name] = Float64Array.from(values);
  }
  return buildNet(about, parts);
}

function checkSizes(about) {
  if (about.format !== FORMAT) throw new Error(`its format is “${String(about.format).slice(0, 40)}”: expected one that character_transformer.save wrote`);
  for (const [name, most] of Object.entries(LIMITS)) {
    const size = about[name];
    if (!Number.isInteger(size) || size < 1 || size > most) throw new Error(`its ${name} is ${size}: expected a whole number from 1 to ${most}`);
  }
  const characters = typeof about.alphabet === "string" ? [...about.alphabet] : [];
  if (characters.length < 2 || characters.length > 400 || new Set(characters).size < characters.length) throw new Error("its alphabet is empty or repeats a character");
  const unit = about.num_heads * (about.positions === "rotary" ? 2 : 1);
  if (about.width % unit) throw new Error(`its width is ${about.width}: expected a multiple of ${unit}`);
  return characters;
}

function buildNet(about, parts) {
  const characters = checkSizes(about);
  const [D, V] = [about.width, characters.length];
  const take = (name, count) => {
    if (parts[name]?.length !== count) throw new Error(`${name} has ${parts[name]?.length ?? "no"} numbers: expected ${count}`);
    if (!parts[name].every(Number.isFinite)) throw new Error(`${name} holds what is no number`);
    return parts[name];
  };
  const norm = (name) => ({ gain: take(`${name}.weight`, D), bias: take(`${name}.bias`, D) });
  const linear = (name, outputs, inputs) => ({ weight: take(`${name}.weight`, outputs * inputs), bias: take(`${name}.bias`, outputs) });
  const blocks = Array.from({ length: about.num_layers }, (_, l) => ({
    norm1: norm(`blocks.${l}.norm_1`), qkv: linear(`blocks.${l}.qkv`, 3 * D, D), out: linear(`blocks.${l}.out`, D, D),
    norm2: norm(`blocks.${l}.norm_2`), up: linear(`blocks.${l}.up`, 4 * D, D), down: linear(`blocks.${l}.down`, D, 4 * D),
  }));
  const rotary = about.positions === "rotary";
  return {
    characters, places: new Map(characters.map((c, i) => [c, i])), size: V, width: D, heads: about.num_heads, layers: about.num_layers, context: about.context,
    rotary, embedding: take("embedding.weight", V * D), positions: rotary ? null : take("places.weight", about.context * D),
    blocks, norm: norm("norm"), readout: linear("readout", V, D), depth: D / about.num_heads,
  };
}

/** A text as places in the alphabet, and the characters in it that the model does not know; no text is read as a new line. */
export function encodeText(net, text) {
  return known(net, text || (net.places.has("\n") ? "\n" : net.characters[0]));
}

/** weight x + bias, flat rows of x.length numbers. */
function affine({ weight, bias }, x) {
  const out = Float64Array.from(bias);
  const columns = x.length;
  for (let i = 0, k = 0; i < out.length; i++) {
    let [a, b] = [0, 0];
    let j = 0;
    for (; j + 1 < columns; j += 2, k += 2) {
      a += weight[k] * x[j];
      b += weight[k + 1] * x[j + 1];
    }
    if (j < columns) a += weight[k++] * x[j];
    out[i] += a + b;
  }
  return out;
}

/** A vector less its mean, over its spread, times a gain, plus a bias. */
function normalize(x, { gain, bias }) {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const spread = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length + TINY);
  return x.map((v, i) => ((v - mean) / spread) * gain[i] + bias[i]);
}

/** A vector of several heads, each pair of its numbers turned by the position. */
export function turn(vector, position, depth) {
  const out = new Float64Array(vector.length);
  for (let i = 0; i < vector.length; i += 2) {
    const angle = position * 10000 ** (-(i % depth) / depth);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    out[i] = vector[i] * c - vector[i + 1] * s;
    out[i + 1] = vector[i] * s + vector[i + 1] * c;
  }
  return out;
}

const add = (a, b) => a.map((v, i) => v + b[i]);

/** One block for the newest position: before holds its keys and values at the earlier ones. */
function runBlock(net, block, x, before, position, silent) {
  const { width, depth, heads } = net;
  const raw = affine(block.qkv, normalize(x, block.norm1));
  const placed = (part) => (net.rotary ? turn(part, position, depth) : part);
  const [q, k, v] = [placed(raw.slice(0, width)), placed(raw.slice(width, 2 * width)), raw.slice(2 * width)];
  const seen = [...before, { k, v }];
  const [scores, weights, read] = [[], [], new Float64Array(width)];
  for (let h = 0; h < heads; h++) {
    const from = h * depth;
    scores.push(Float64Array.from(seen, ({ k: key }) => dot(q, key, from, from + depth) / Math.sqrt(depth)));
    weights.push(softmax(scores[h]));
    if (silent(h)) continue;
    seen.forEach(({ v: value }, j) => {
      for (let i = from; i < from + depth; i++) read[i] += weights[h][j] * value[i];
    });
  }
  const middle = add(x, affine(block.out, read));
  const hidden = affine(block.up, normalize(middle, block.norm2)).map((value) => (value > 0 ? value : 0));
  return { raw, q, k, v, scores, weights, read, middle, hidden, out: add(middle, affine(block.down, hidden)) };
}

function dot(a, b, from = 0, to = a.length) {
  let sum = 0;
  for (let i = from; i < to; i++) sum += a[i] * b[i];
  return sum;
}

/** Read one more character: all numbers on its way up. */
function readCharacter(net, off, run, id) {
  const { width } = net;
  const position = run.steps.length;
  const token = net.embedding.slice(id * width, (id + 1) * width);
  const place = net.positions?.slice(position * width, (position + 1) * width) ?? null;
  const start = place ? add(token, place) : token;
  const blocks = [];
  let x = start;
  net.blocks.forEach((block, l) => {
    const before = run.steps.map((step) => step.blocks[l]);
    blocks.push(runBlock(net, block, x, before, position, (h) => off.has(l * net.heads + h)));
    x = blocks[l].out;
  });
  run.steps.push({ id, position, token, place, start, blocks, logits: score(net, x) });
}

/** The scores that the readout gives a position's sum, at the end or, as a look inside, before it. */
export function score(net, x) {
  return affine(net.readout, normalize(x, net.norm));
}

/** The first place that is read when the last is `last`: when the context is full, its older half is forgotten. */
export function windowStart(last, context) {
  const stride = context - Math.floor(context / 2);
  return last < context ? 0 : (Math.floor((last - context) / stride) + 1) * stride;
}

/** A reading that has not begun; off: the numbers layer * heads + head of heads that read zeros. */
export function makeReading(net, off = []) {
  return { net, off: new Set(off), ids: [], runs: new Map(), given: 0, uniforms: [], key: "" };
}

/** The run of positions that ends at place t, read as far as it. */
function runTo(reading, t) {
  const start = windowStart(t, reading.net.context);
  if (!reading.runs.has(start)) reading.runs.set(start, { start, steps: [] });
  const run = reading.runs.get(start);
  while (run.steps.length <= t - start) readCharacter(reading.net, reading.off, run, reading.ids[start + run.steps.length]);
  return run;
}

/** What the window of a place holds: its first place, and the steps up to it. */
export function windowOf(reading, t) {
  const { start, steps } = runTo(reading, t);
  return { start, steps: steps.slice(0, t - start + 1) };
}

/** All numbers of the way up at a place. */
export function stepAt(reading, t) {
  const { start, steps } = runTo(reading, t);
  return steps[t - start];
}

function cutReading(reading, length) {
  reading.ids.length = Math.min(reading.ids.length, length);
  for (const [start, run] of reading.runs) {
    run.steps.length = Math.max(0, Math.min(run.steps.length, length - start));
    if (!run.steps.length) reading.runs.delete(start);
  }
}

/** Scores of which all but the highest `most` are minus infinity; 0 keeps all. */
export function keepTop(logits, most) {
  if (most < 1 || most >= logits.length) return logits;
  const least = Array.from(logits).sort((a, b) => b - a)[most - 1];
  return logits.map((z) => (z >= least ? z : -Infinity));
}

/**
 * Bring a reading to the given characters and count that the model writes after them, at a temperature, from a seed, each of the
 * likeliest `most`, keeping what has not changed. Stops where deadline() says so; returns whether there is more to do.
 */
export function extendReading(reading, given, count, { temperature = 1, seed = 0, most = 0 } = {}, deadline = () => false) {
  const key = `${temperature} ${seed} ${most}`;
  const known = Math.min(given.length, reading.ids.length, reading.given);
  let same = 0;
  while (same < known && reading.ids[same] === given[same]) same++;
  const unchanged = same === given.length && reading.given === given.length && reading.key === key;
  cutReading(reading, unchanged ? given.length + count : same);
  if (reading.seed !== seed) Object.assign(reading, { seed, rng: makeRng(seed), uniforms: [] });
  Object.assign(reading, { given: given.length, key });
  while (reading.uniforms.length < count) reading.uniforms.push(reading.rng.uniform());
  for (let t = reading.ids.length; t < given.length + count; t++) {
    if (t > 0 && deadline()) return true; // there is always one to show
    if (t >= given.length) reading.ids.push(drawCharacter(keepTop(stepAt(reading, t - 1).logits, most), temperature, reading.uniforms[t - given.length]));
    else reading.ids.push(given[t]);
    stepAt(reading, t);
  }
  return false;
}

/** Bring a reading to the characters of another, so that the two differ in their heads alone. */
export function follow(reading, ids, deadline = () => false) {
  return extendReading(reading, ids, 0, {}, deadline);
}

/** The mean of -log2 p over the characters of a reading after the first: what the text costs, in bits a character. */
export function meanBits(reading) {
  const count = reading.ids.length;
  let bits = 0;
  for (let t = 1; t < count; t++) bits -= Math.log2(Math.max(1e-300, softmax(stepAt(reading, t - 1).logits)[reading.ids[t]]));
  return count > 1 ? bits / (count - 1) : 0;
}

/** How far a head moves the sum at a step: the length of what it writes. */
export function writtenBy(net, step, layer, head) {
  const { weight } = net.blocks[layer].out;
  const { read } = step.blocks[layer];
  const [from, to] = [head * net.depth, (head + 1) * net.depth];
  let square = 0;
  for (let i = 0; i < net.width; i++) square += rowProduct(weight, i * net.width, read, from, to) ** 2;
  return Math.sqrt(square);
}

function rowProduct(weight, start, vector, from, to) {
  let sum = 0;
  for (let j = from; j < to; j++) sum += weight[start + j] * vector[j];
  return sum;
}

/** The characters whose embeddings have the largest cosine with one's own, the best first: [[id, cosine], ...]. */
export function likest(net, id, count) {
  const row = (i) => net.embedding.subarray(i * net.width, (i + 1) * net.width);
  const size = (v) => Math.sqrt(dot(v, v)) || 1;
  const all = net.characters.map((_, i) => [i, dot(row(i), row(id)) / (size(row(i)) * size(row(id)))]);
  return all.filter(([i]) => i !== id).sort((a, b) => b[1] - a[1]).slice(0, count);
}

/** What the sum holds before the blocks and after each: its length, and the likeliest next character if it ended here. */
export function lookInside(net, step) {
  return [step.start, ...step.blocks.map(({ out }) => out)].map((x) => {
    const p = softmax(score(net, x));
    return { x, length: Math.sqrt(dot(x, x)), best: argmax(p), chance: p[argmax(p)] };
  });
}
