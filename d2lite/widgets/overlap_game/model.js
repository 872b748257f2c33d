// Ten pairs of boxes of a seed, and how far off guesses and two rules are. No DOM here. Twin of draw_pairs in __init__.py.
import { boxIou } from "../_math/boxes.js";
import { makeRng } from "../_math/rng.js";

export const COUNT = 10;
const SIDE = 96; // px of the pictures
const LEAST = 6; // px, the least side of an answer
const [LOW, WIDE] = [0.05, 0.09]; // the first of ten equal intervals of IoU; each has one pair of a game
const TRIES = 2000;

/** A box moved and stretched by five random numbers, in whole pixels inside the picture. */
export function moved(box, u) {
  const reach = 0.05 + 0.75 * u[0];
  const [x, y] = [0, 1].map((k) => {
    const size = box[k + 2] - box[k];
    const middle = (box[k] + box[k + 2]) / 2 + (2 * u[1 + k] - 1) * reach * size;
    const half = ((1 + 0.8 * (2 * u[3 + k] - 1) * reach) * size) / 2;
    return [middle - half, middle + half].map((edge) => Math.min(SIDE, Math.max(0, Math.floor(edge + 0.5))));
  });
  return [x[0], y[0], x[1], y[1]];
}

/** The pairs of a seed: [{ picture, truth, answer }], one IoU in each tenth of 0.05 to 0.95. items: rows of picture and box. */
export function drawPairs(items, seed) {
  const rng = makeRng(seed);
  const [order, tenths] = [rng.permutation(items.length), rng.permutation(COUNT)];
  return tenths.map((tenth, k) => {
    const [picture, ...truth] = items[order[k % order.length]];
    const low = LOW + WIDE * tenth;
    let answer;
    for (let i = 0; i < TRIES; i++) {
      answer = moved(truth, [0, 1, 2, 3, 4].map(rng.uniform));
      const overlap = boxIou(truth, answer);
      const large = Math.min(answer[2] - answer[0], answer[3] - answer[1]) >= LEAST;
      if (large && low <= overlap && overlap < low + WIDE) break;
    }
    return { picture, truth, answer };
  });
}

/** A rule that looks right: which share of the true box's width and height the answer covers, on average. */
export function sideShare({ truth, answer }) {
  const share = (k) => Math.max(0, Math.min(truth[k + 2], answer[k + 2]) - Math.max(truth[k], answer[k])) / (truth[k + 2] - truth[k]);
  return (share(0) + share(1)) / 2;
}

export const overlapOf = ({ truth, answer }) => boxIou(truth, answer);

/** { error, high }: the mean absolute error of guesses, and how many are too high. */
export function judge(guesses, truths) {
  const gaps = guesses.map((guess, i) => guess - truths[i]);
  return { error: gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / (gaps.length || 1), high: gaps.filter((gap) => gap > 0).length };
}

/** The pair that is shown, from 0, and whether its truth is: no pair is skipped. */
export function stageOf(pair, guesses) {
  const shown = Math.min(pair - 1, guesses.length, COUNT - 1);
  return { shown, open: guesses.length > shown };
}
