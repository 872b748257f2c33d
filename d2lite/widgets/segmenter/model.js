// A U-Net on a scene of the reader's: its probabilities, masks at a threshold, and how they overlap with the truth. No DOM here.
import { bytesOf, floatsOf, scaledBytes } from "../_math/bytes.js";
import { composeScene, labelsOf, makeCloud, toBytes, truthOf } from "../_math/compose.js";
import { channelOf } from "../_math/maps.js";
import { argmax, softmax } from "../_math/nn.js";

export { readPalette } from "../_math/compose.js";
export { continuePass, countProducts, progressOf, runPass, startPass } from "../_math/maps.js";

export const SIDE = 48; // pixels of a scene
export const THRESHOLDS = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

/** A network, as _math/maps.js runs it, from the layers that d2lite.models.unet.payload made. */
export function readNetwork(layers) {
  return { layers: layers.map((layer) => (layer.kind === "pool" ? layer : readLayer(layer))) };
}

function readLayer({ kind, from, shape: [outputs, inputs, kernel], relu, codes, scales, biases: bytes }) {
  const [weights, biases] = [scaledBytes(codes, floatsOf(scales)), floatsOf(bytes)];
  return { kind, from, outputs, inputs, kernel, stride: 1, groups: 1, slope: relu ? 0 : 1, add: -1, weights, biases };
}

/** The scene of settings { background, items }: its bytes, true boxes, and true labels by groups, one for each class and the background. */
export function makePicture(palette, groups, { background, items }) {
  const bytes = toBytes(composeScene(makeCloud(background, SIDE), items, palette, []));
  return { bytes, truths: truthOf(items, palette, SIDE), labels: labelsOf(items, palette, SIDE).map((label) => groups[label]) };
}

/** Probabilities of a finished pass: for each label, those of all pixels; and the likeliest label of each pixel. */
export function readLabels({ maps }) {
  const last = maps[maps.length - 1];
  const logits = Array.from({ length: last.channels }, (_, k) => channelOf(last, k));
  const probabilities = logits.map((values) => new Float64Array(values.length));
  const best = new Uint8Array(logits[0].length);
  for (let pixel = 0; pixel < best.length; pixel++) {
    const own = logits.map((values) => values[pixel]);
    best[pixel] = argmax(own);
    softmax(own).forEach((p, k) => (probabilities[k][pixel] = p));
  }
  return { probabilities, best };
}

/** The probability of what is wanted: of label k, or for 0 of any item. */
export function probabilityOf({ probabilities }, wanted) {
  return wanted ? probabilities[wanted] : probabilities[0].map((p) => 1 - p);
}

/** Where the truth holds what is wanted: 1 and 0 by pixels. */
export function truthMask(labels, wanted) {
  return labels.map((label) => (wanted ? label === wanted : label > 0));
}

/** Pixels in both masks, in the predicted one alone and in the true one alone. */
export function countPixels(probability, truth, threshold) {
  const counts = { hits: 0, alarms: 0, missed: 0 };
  for (let k = 0; k < truth.length; k++) {
    const found = probability[k] >= threshold;
    if (found && truth[k]) counts.hits++;
    else if (found) counts.alarms++;
    else if (truth[k]) counts.missed++;
  }
  return counts;
}

/** IoU and Dice of such counts, or null where both masks are empty. */
export function overlapOf({ hits, alarms, missed }) {
  const union = hits + alarms + missed;
  return union ? { iou: hits / union, dice: (2 * hits) / (union + hits) } : null;
}

/** IoU and Dice at each of THRESHOLDS; 0 where there is nothing to find and nothing is found. */
export function overlapCurves(probability, truth) {
  const overlaps = THRESHOLDS.map((threshold) => overlapOf(countPixels(probability, truth, threshold)) || { iou: 0, dice: 0 });
  return { iou: overlaps.map(({ iou }) => iou), dice: overlaps.map(({ dice }) => dice) };
}

/** IoU of each of count labels, of the likeliest labels against the true ones; -1 for a label that is in neither. */
export function labelOverlaps(best, labels, count) {
  return Array.from({ length: count }, (_, label) => {
    const overlap = overlapOf(countPixels(best.map((k) => k === label), truthOfLabel(labels, label), 1));
    return overlap ? overlap.iou : -1;
  });
}

const truthOfLabel = (labels, label) => labels.map((k) => k === label);
