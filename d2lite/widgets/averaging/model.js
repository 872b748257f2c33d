// A dense layer on pictures of 6 x 6 pixels, and its average over shifts around the border. No DOM here.
import { makeRng } from "../_math/rng.js";

export const SIDE = 6;
export const COUNT = SIDE * SIDE; // of pixels, of outputs, of shifts

/** The place (counted row by row) that lies down and across from another, around the border. */
export function shiftPlace(place, down, across) {
  const [row, column] = [Math.floor(place / SIDE), place % SIDE];
  return ((row + down + SIDE) % SIDE) * SIDE + ((column + across + SIDE) % SIDE);
}

/** A random layer: COUNT rows, one for each output, of COUNT standard normal weights. */
export function drawLayer(seed) {
  const { normal } = makeRng(seed);
  return Float64Array.from({ length: COUNT * COUNT }, normal);
}

/**
 * The layer averaged over the first count shifts, in reading order: for a shift down and across, output i looks at pixel j as the
 * shifted output did at the shifted pixel.
 */
export function averageLayer(weights, count) {
  const mean = new Float64Array(COUNT * COUNT);
  for (let n = 0; n < count; n++) {
    const moved = Array.from({ length: COUNT }, (_, place) => shiftPlace(place, Math.floor(n / SIDE), n % SIDE));
    for (let i = 0, at = 0; i < COUNT; i++) for (let j = 0; j < COUNT; j++, at++) mean[at] += weights[moved[i] * COUNT + moved[j]] / count;
  }
  return mean;
}

/** How an output weighs its surroundings, row by row: its own pixel is in row 2, column 2 of 0 to 5. */
export function surroundings(weights, unit) {
  return Float64Array.from({ length: COUNT }, (_, k) => weights[unit * COUNT + shiftPlace(unit, Math.floor(k / SIDE) - 2, (k % SIDE) - 2)]);
}

/** How far the surroundings of neighbours differ, over all outputs: the root of the mean square, in parts of the weights' own. */
export function neighbourGap(weights, down, across) {
  let [gaps, squares] = [0, 0];
  for (let unit = 0; unit < COUNT; unit++) {
    const [here, there] = [surroundings(weights, unit), surroundings(weights, shiftPlace(unit, down, across))];
    here.forEach((weight, k) => {
      gaps += (weight - there[k]) ** 2;
      squares += weight ** 2;
    });
  }
  return Math.sqrt(gaps / squares);
}

/** How many of the weights differ, by more than rounding. */
export function countDistinct(weights) {
  return new Set(Array.from(weights, (weight) => Math.round(1e9 * weight))).size;
}
