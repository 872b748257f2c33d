// A small one-stage detector, run in the page: its boxes, suppression, and whether a detection is right.
import { boxIou } from "../_math/boxes.js";
import { bytesOf, floatsOf, scaledLetters } from "../_math/bytes.js";
import { composeScene, makeCloud, toBytes, truthOf } from "../_math/compose.js";
import { argmax, sigmoid, softmax } from "../_math/nn.js";

export { readPalette } from "../_math/compose.js";
export { continuePass, countProducts, progressOf, runPass, startPass } from "../_math/maps.js";

export const SIDE = 96; // pixels of a scene
const SLOPE = 0.1; // of the leaky ReLU
const CELL = 8; // pixels of the picture a cell of the grid
export const GRID = SIDE / CELL; // cells along a side
const LOG_LIMIT = 8; // of t_w and t_h, as in d2lite.vision.anchors.decode
const HIT = 0.5; // IoU from which a box counts as right
const NEAR = 0.1; // IoU from which a wrong box belongs to an item at all

/**
 * A detector from what Python's detector_payload or pyramid_payload made: layers with their weights, the number of classes, and
 * heads: { map, stride, anchors } for each grid, finest first; anchors are the first grid's.
 */
export function readDetector(payload) {
  const steps = payload.bits === 6 ? null : new Int8Array(bytesOf(payload.weights).buffer);
  const [sizes, biases] = [floatsOf(payload.sizes), floatsOf(payload.biases)];
  let [atWeight, atChannel] = [0, 0];
  const layers = payload.layers.map(([outputs, inputs, kernel, stride, groups, active, source, add]) => {
    const each = inputs * kernel * kernel;
    const [last, scales] = [atWeight + outputs * each, sizes.slice(atChannel, atChannel + outputs)];
    const weights = steps ? Float64Array.from(steps.subarray(atWeight, last), (step, k) => step * scales[Math.floor(k / each)]) : scaledLetters(payload.weights.slice(atWeight, last), scales);
    const layer = { kind: "conv", from: [source], add, slope: active ? SLOPE : 1, outputs, inputs, kernel, stride, groups, weights, biases: biases.slice(atChannel, atChannel + outputs) };
    [atWeight, atChannel] = [atWeight + weights.length, atChannel + outputs];
    return layer;
  });
  const heads = payload.heads.map(([map, stride, anchors]) => ({ map, stride, anchors }));
  return { layers, heads, anchors: heads[0].anchors, classes: payload.num_classes, anchorFree: payload.anchor_free };
}

/** The scene of settings { background, items, strokes }: numbers not yet rounded, bytes, and the true boxes. */
export function makePicture(palette, { background, items, strokes }) {
  const numbers = composeScene(makeCloud(background, SIDE), items, palette, strokes);
  return { numbers, bytes: toBytes(numbers), truths: truthOf(items, palette, SIDE) };
}

/**
 * Every position of a finished pass, grid by grid, cell by cell, anchor by anchor: { row, column, stride, anchor, box,
 * objectness, score, label, probability }. score is objectness times the probability of the best class, the label.
 */
export function readPositions({ network, maps }) {
  return network.heads.flatMap((head) => readHead(network, head, maps[head.map]));
}

function readHead({ classes, anchorFree }, { stride, anchors }, last) {
  const positions = [];
  for (let row = 0; row < last.side; row++) {
    for (let column = 0; column < last.side; column++) {
      const at = (row + 1) * last.width + column + 1;
      anchors.forEach((anchor, a) => {
        const t = Array.from({ length: 5 + classes }, (_, k) => last.data[(a * (5 + classes) + k) * last.width ** 2 + at]);
        positions.push({ row, column, stride, anchor: a, ...readNumbers(t, [row, column], stride, anchor, anchorFree) });
      });
    }
  }
  return positions;
}

function readNumbers(t, [row, column], stride, [width, height], anchorFree) {
  const shift = (value) => (anchorFree ? value + 0.5 : sigmoid(value));
  const [x, y] = [(column + shift(t[0])) * stride, (row + shift(t[1])) * stride];
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

const LABEL = 16; // px, how high a label is

/** Where the label of a box goes, in px, so that it lies on none of the labels placed: above its box, further up, below it, or in it: [x, y, wide]. */
export function placeLabel([left, top, , bottom], wide, placed, width) {
  const x = Math.min(width - wide, Math.max(0, left - 1));
  const apart = (y) => placed.every(([x2, y2, wide2]) => Math.abs(y - y2) > LABEL || x >= x2 + wide2 || x2 >= x + wide);
  const steps = [top - LABEL - 1, top - 2 * LABEL - 2, bottom + 1, top + 1, top + LABEL + 2];
  const y = steps.find((step) => step >= 0 && step <= width - LABEL && apart(step));
  return [x, y ?? Math.max(0, top - LABEL - 1), wide];
}
