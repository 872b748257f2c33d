// A small one-stage detector, run in the page: its convolutions, its boxes, suppression, and whether a detection is right.
// Everything in double precision, so that the numbers are those of torch's double precision with the same weights.
import { boxIou } from "../_math/boxes.js";
import { bytesOf, floatsOf } from "../_math/bytes.js";
import { argmax, sigmoid, softmax } from "../_math/nn.js";
import { SIDE, composeScene, makeCloud, toBytes, truthOf } from "./compose.js";

export { readPalette } from "./compose.js";

const SLOPE = 0.1; // of the leaky ReLU
const CELL = 8; // pixels of the picture a cell of the grid
export const GRID = SIDE / CELL; // cells along a side
const LOG_LIMIT = 8; // of t_w and t_h, as in d2lite.vision.anchors.decode
const HIT = 0.5; // IoU from which a box counts as right
const NEAR = 0.1; // IoU from which a wrong box belongs to an item at all

/** A detector from what Python's detector_payload made: layers with their weights, anchors, the number of classes. */
export function readDetector(payload) {
  const steps = new Int8Array(bytesOf(payload.weights).buffer);
  const [sizes, biases] = [floatsOf(payload.sizes), floatsOf(payload.biases)];
  let [atWeight, atChannel] = [0, 0];
  const layers = payload.layers.map(([outputs, inputs, kernel, stride, groups, active, skip]) => {
    const each = inputs * kernel * kernel;
    const weights = new Float64Array(outputs * each);
    for (let k = 0; k < weights.length; k++) weights[k] = steps[atWeight + k] * sizes[atChannel + Math.floor(k / each)];
    const layer = { outputs, inputs, kernel, stride, groups, active, skip, weights, biases: biases.slice(atChannel, atChannel + outputs) };
    [atWeight, atChannel] = [atWeight + weights.length, atChannel + outputs];
    return layer;
  });
  return { layers, anchors: payload.anchors, classes: payload.num_classes };
}

/** Multiplications of one pass over a square picture. */
export function countProducts(detector, side) {
  let [size, total] = [side, 0];
  for (const { outputs, inputs, kernel, stride } of detector.layers) {
    size /= stride;
    total += size * size * outputs * inputs * kernel * kernel;
  }
  return total;
}

/** Maps of channels x side x side; around each channel a border of zeros, one wide, is kept in the same rows. */
function makeMaps(channels, side) {
  return { channels, side, width: side + 2, data: new Float64Array(channels * (side + 2) * (side + 2) + 2) };
}

/** A pass at its start: image holds 3 x side x side bytes, channel by channel. */
export function startPass(detector, image, side = SIDE) {
  const input = makeMaps(3, side);
  for (let c = 0, k = 0; c < 3; c++) {
    for (let y = 0; y < side; y++) {
      const row = c * input.width ** 2 + (y + 1) * input.width + 1;
      for (let x = 0; x < side; x++, k++) input.data[row + x] = image[k] / 255;
    }
  }
  return { detector, maps: [input], channel: 0, done: false };
}

/** Compute channel after channel until the pass is done or deadline() says that the frame's time is up. */
export function continuePass(pass, deadline = () => false) {
  const { layers } = pass.detector;
  while (!pass.done) {
    const index = pass.channel === 0 ? pass.maps.length - 1 : pass.maps.length - 2;
    const [layer, input] = [layers[index], pass.maps[index]];
    if (pass.channel === 0) pass.maps.push(makeMaps(layer.outputs, input.side / layer.stride));
    const output = pass.maps[index + 1];
    computeChannel(layer, input, output, pass.channel, layer.skip ? pass.maps[index + 1 - layer.skip] : null);
    pass.channel = (pass.channel + 1) % layer.outputs;
    pass.done = pass.channel === 0 && pass.maps.length === layers.length + 1;
    if (deadline()) break;
  }
  return pass.done;
}

/** The part of a pass that is done, from 0 to 1, by layers. */
export function progressOf(pass) {
  return (pass.maps.length - 1) / pass.detector.layers.length;
}

function computeChannel(layer, input, output, o, skipped) {
  const { inputs, kernel, groups, weights } = layer;
  const [first, area] = [Math.floor(o / (layer.outputs / groups)) * inputs, input.width ** 2];
  const sums = new Float64Array(output.width * output.side); // rows of width, as the maps'
  for (let i = 0; i < inputs; i++) {
    const from = (first + i) * area;
    if (kernel === 1) addPointwise(sums, input, from, weights[o * inputs + i]);
    else addNine(sums, output, input, from, weights.subarray(9 * (o * inputs + i), 9 * (o * inputs + i + 1)), layer.stride);
  }
  finishChannel(layer, sums, output, o, skipped);
}

/** A 1 x 1 kernel: all rows are one, and what is computed between them, in the border, is thrown away. */
function addPointwise(sums, { data, width }, from, weight) {
  const start = from + width + 1;
  for (let k = 0; k < sums.length; k++) sums[k] += weight * data[start + k];
}

function addNine(sums, output, { data, width }, from, [a, b, c, d, e, f, g, h, i], stride) {
  for (let y = 0; y < output.side; y++) {
    const to = y * output.width;
    let k = from + y * stride * width;
    for (let x = 0; x < output.side; x++, k += stride) {
      const n = k + width;
      const m = n + width;
      sums[to + x] +=
        a * data[k] + b * data[k + 1] + c * data[k + 2] + d * data[n] + e * data[n + 1] + f * data[n + 2] +
        g * data[m] + h * data[m + 1] + i * data[m + 2];
    }
  }
}

function finishChannel(layer, sums, output, o, skipped) {
  for (let y = 0; y < output.side; y++) {
    const at = o * output.width ** 2 + (y + 1) * output.width + 1;
    for (let x = 0; x < output.side; x++) {
      const value = sums[y * output.width + x] + layer.biases[o];
      const active = layer.active && value < 0 ? SLOPE * value : value;
      output.data[at + x] = skipped ? active + skipped.data[at + x] : active;
    }
  }
}

/** A pass from start to end. */
export function runPass(detector, image) {
  const pass = startPass(detector, image);
  continuePass(pass);
  return pass;
}

/** The scene of settings { background, items, strokes }: numbers not yet rounded, bytes, and the true boxes. */
export function makePicture(palette, { background, items, strokes }) {
  const numbers = composeScene(makeCloud(background), items, palette, strokes);
  return { numbers, bytes: toBytes(numbers), truths: truthOf(items, palette) };
}

/**
 * Every position of a finished pass, cell by cell, anchor by anchor: { row, column, anchor, box, objectness, score,
 * label, probability }. score is objectness times the probability of the best class, the label.
 */
export function readPositions({ detector, maps }) {
  const { anchors, classes } = detector;
  const last = maps[maps.length - 1];
  const positions = [];
  for (let row = 0; row < last.side; row++) {
    for (let column = 0; column < last.side; column++) {
      const at = (row + 1) * last.width + column + 1;
      anchors.forEach((anchor, a) => {
        const t = Array.from({ length: 5 + classes }, (_, k) => last.data[(a * (5 + classes) + k) * last.width ** 2 + at]);
        positions.push({ row, column, anchor: a, ...readNumbers(t, row, column, anchor) });
      });
    }
  }
  return positions;
}

function readNumbers(t, row, column, [width, height]) {
  const [x, y] = [(column + sigmoid(t[0])) * CELL, (row + sigmoid(t[1])) * CELL];
  const [w, h] = [width, height].map((size, i) => size * Math.exp(Math.min(LOG_LIMIT, Math.max(-LOG_LIMIT, t[2 + i]))));
  const logits = t.slice(5);
  const label = argmax(logits);
  const [objectness, probability] = [sigmoid(t[4]), softmax(logits)[label]];
  const box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
  return { box, objectness, probability, score: objectness * probability, label };
}

/** The box of an anchor before the network moves it. */
export function anchorBox(detector, row, column, anchor) {
  const [w, h] = detector.anchors[anchor];
  const [x, y] = [(column + 0.5) * CELL, (row + 0.5) * CELL];
  return [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
}

/** Positions that score enough, best first; of equal scores the earlier one. */
export function keepScoring(positions, threshold) {
  return positions.filter(({ score }) => score >= threshold).sort((a, b) => b.score - a.score);
}

/** Greedy suppression within each class of positions sorted by score: what overlaps a kept box more than the threshold goes. */
export function suppress(sorted, threshold) {
  const kept = [];
  for (const one of sorted) {
    if (!kept.some((other) => other.label === one.label && boxIou(other.box, one.box) > threshold)) kept.push(one);
  }
  return kept;
}

/**
 * What each detection is, best first, against truths { box, label }: { kind, overlap, truth }. Each is compared with the
 * truth it overlaps most (overlap, and truth its index or -1). "correct": IoU of at least 1/2 and the right class, and the
 * truth was free; "double": it was taken; "confused": another class; "misplaced": too little overlap; "nothing": hardly any.
 */
export function judge(detections, truths) {
  const taken = new Set();
  return detections.map(({ box, label }) => {
    const overlaps = truths.map((truth) => boxIou(box, truth.box));
    const overlap = Math.max(0, ...overlaps);
    const truth = overlap >= NEAR ? overlaps.indexOf(overlap) : -1;
    const verdict = (kind) => ({ kind, overlap, truth });
    if (truth < 0) return verdict("nothing");
    if (overlap < HIT) return verdict("misplaced");
    if (label !== truths[truth].label) return verdict("confused");
    if (taken.has(truth)) return verdict("double");
    taken.add(truth);
    return verdict("correct");
  });
}
