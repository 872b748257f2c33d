// Attacks on LeNet: pixels moved by the sign of the loss's gradient, within a budget in gray levels. No DOM here.
import { SIDE, readImages, readParameters, runNetwork, sendBack } from "../_math/lenet.js";
import { argmax } from "../_math/nn.js";
import { makeRng } from "../_math/rng.js";

export { SIDE, runNetwork } from "../_math/lenet.js";

const SHARE = 0.25; // of the budget, the size of one of many steps

/** Decode what Python packs: { networks: { plain, defended }, images, labels, classes }. */
export function openData({ networks, images, labels, classes }) {
  const opened = Object.entries(networks).map(([name, packed]) => [name, { ...packed, parameters: readParameters(packed.layers) }]);
  return { networks: Object.fromEntries(opened), images: readImages(images), labels, classes };
}

/** The gradient of the cross-entropy of a class with respect to the pixels, per gray level. */
export function slopeOf(network, pixels, label) {
  const run = runNetwork(network, pixels);
  const back = sendBack(network, run, run.probabilities.map((p, k) => p - Number(k === label)));
  return back.map((value) => value / (255 * network.std));
}

/** An attack about to begin: away from the class label, or, where goal is a class, towards that. */
export function startAttack(network, original, { label, goal = -1, epsilon, method, steps = 1, seed = 0 }) {
  const count = epsilon === 0 ? 0 : { noise: 1, fgsm: 1, pgd: steps }[method];
  return { network, original, label, goal, epsilon, method, seed, count, done: 0, pixels: Float64Array.from(original) };
}

/** One step of it; return whether more are to come. */
export function stepAttack(attack) {
  const { network, original, label, goal, epsilon, method, count } = attack;
  if (attack.done >= count) return false;
  const signs = method === "noise" ? noiseSigns(attack.seed) : slopeOf(network, attack.pixels, goal < 0 ? label : goal).map(Math.sign);
  const size = (method === "pgd" ? SHARE * epsilon : epsilon) * (goal >= 0 && method !== "noise" ? -1 : 1);
  attack.pixels = attack.pixels.map((value, k) => {
    const [low, high] = [Math.max(0, original[k] - epsilon), Math.min(255, original[k] + epsilon)];
    return Math.min(high, Math.max(low, value + size * signs[k]));
  });
  attack.done++;
  return attack.done < count;
}

/** Plus or minus one for each pixel, at random. */
export function noiseSigns(seed) {
  const rng = makeRng(seed);
  return Float64Array.from({ length: SIDE ** 2 }, () => (rng.uniform() < 0.5 ? -1 : 1));
}

/** What the network says after an attack, run to its end. */
export function answerTo(network, original, choice) {
  const attack = startAttack(network, original, choice);
  while (stepAttack(attack));
  return { pixels: attack.pixels, probabilities: runNetwork(network, attack.pixels).probabilities };
}

/** The probabilities for every whole budget up to the largest, not yet computed: continueCurve fills it. */
export function makeCurve(network, original, choice, largest) {
  return { network, original, choice, rows: [], largest, attack: null };
}

/** Go on until there is a row for every budget or the deadline is over; return whether some are left. */
export function continueCurve(curve, deadline) {
  const { network, original, choice, rows, largest } = curve;
  while (rows.length <= largest) {
    curve.attack ||= startAttack(network, original, { ...choice, epsilon: rows.length });
    if (!stepAttack(curve.attack)) {
      rows.push(runNetwork(network, curve.attack.pixels).probabilities);
      curve.attack = null;
    }
    if (deadline()) break;
  }
  return rows.length <= largest;
}

/** The least budget of the rows at which another class than the label is named, or the goal, where there is one; -1 if none is. */
export function fooledAt({ rows, choice: { label, goal = -1 } }) {
  return rows.findIndex((row) => (goal < 0 ? argmax(row) !== label : argmax(row) === goal));
}
