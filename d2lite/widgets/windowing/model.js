// Windows of a sequence in batches: the twin of window_starts in d2lite/language/tokens.py. No DOM here.
import { makeRng } from "../_math/rng.js";

/**
 * The windows of one epoch. settings: num_steps, batch_size, order ("random" or "sequential"), stride, horizon, seed.
 * Returns { starts (an array of batches, each an array of where its windows begin), offset, needed (the shortest sequence
 * that gives a batch), uses (how often each element is an input), settings, length }.
 */
export function planEpoch(length, settings) {
  const { num_steps, batch_size, horizon, order, seed } = settings;
  const stride = order === "sequential" ? num_steps : settings.stride;
  const rng = makeRng(seed);
  const offset = Math.floor(rng.uniform() * stride);
  const usable = length - horizon - offset;
  const arrange = order === "random" ? randomStarts : sequentialStarts;
  const starts = arrange(usable, num_steps, batch_size, stride, rng).map((batch) => batch.map((start) => start + offset));
  const needed = num_steps + (batch_size - 1) * stride + horizon + offset;
  return { starts, offset, needed, uses: countUses(length, starts, num_steps), settings, length };
}

function randomStarts(usable, num_steps, batch_size, stride, rng) {
  const count = Math.max(0, Math.floor((usable - num_steps) / stride) + 1);
  const shuffled = rng.permutation(count).map((k) => k * stride);
  const batches = Math.floor(count / batch_size);
  return Array.from({ length: batches }, (_, k) => shuffled.slice(k * batch_size, (k + 1) * batch_size));
}

function sequentialStarts(usable, num_steps, batch_size) {
  const perStream = Math.floor(Math.max(0, usable) / (batch_size * num_steps));
  const rows = Array.from({ length: batch_size }, (_, row) => row * perStream);
  return Array.from({ length: perStream }, (_, k) => rows.map((first) => (first + k) * num_steps));
}

function countUses(length, starts, num_steps) {
  const uses = new Array(length).fill(0);
  for (const start of starts.flat()) {
    for (let t = 0; t < num_steps; t++) uses[start + t] += 1;
  }
  return uses;
}

/** The elements [from, to) that the hidden state of a row has read before a batch: none unless rows go on. */
export function carried(plan, batch, row) {
  const start = plan.starts[batch][row];
  return [plan.settings.order === "sequential" ? plan.starts[0][row] : start, start];
}

/** The indices of a window's inputs and targets; with one target only the last step's. */
export function windowAt(plan, batch, row, kind) {
  const { num_steps, horizon } = plan.settings;
  const inputs = Array.from({ length: num_steps }, (_, t) => plan.starts[batch][row] + t);
  const targets = inputs.map((index) => index + horizon);
  return { inputs, targets: kind === "many to one" ? targets.slice(-1) : targets };
}

/** Where an element is first read in the epoch: [batch, row, step], or null. */
export function findElement(plan, index) {
  for (let batch = 0; batch < plan.starts.length; batch++) {
    const row = plan.starts[batch].findIndex((start) => index >= start && index < start + plan.settings.num_steps);
    if (row >= 0) return [batch, row, index - plan.starts[batch][row]];
  }
  return null;
}
