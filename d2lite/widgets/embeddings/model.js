// Words as vectors: neighbours, sums, and places along axes between words. No DOM here.
import { floatsOf, scaledLetters } from "../_math/bytes.js";

/** Words with their vectors of length 1, one after the other; index gives the row of a word. */
export function readVectors({ words: text, letters, scales: packed }) {
  const words = text.split(" ");
  const scales = floatsOf(packed);
  const size = scales.length;
  const columns = scaledLetters(letters, scales);
  const vectors = new Float64Array(columns.length);
  for (let row = 0; row < words.length; row++) {
    let sum = 0;
    for (let d = 0; d < size; d++) sum += (vectors[row * size + d] = columns[d * words.length + row]) ** 2;
    for (let d = 0; d < size; d++) vectors[row * size + d] /= Math.sqrt(sum);
  }
  return { words, size, vectors, index: new Map(words.map((word, row) => [word, row])) };
}

/** The vector of a row. */
export function vectorOf({ vectors, size }, row) {
  return vectors.subarray(row * size, (row + 1) * size);
}

export function dot(a, b) {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

/** The sum of the vectors of rows, each with its sign: [[row, 1 or -1], ...]. */
export function combine(space, terms) {
  const sum = new Float64Array(space.size);
  for (const [row, sign] of terms) vectorOf(space, row).forEach((value, d) => (sum[d] += sign * value));
  return sum;
}

/** The cosine of a vector with each word's. */
export function similarities(space, vector) {
  const length = Math.sqrt(dot(vector, vector)) || 1; // no direction: as far from all words
  return Float64Array.from(space.words, (_, row) => dot(vectorOf(space, row), vector) / length);
}

/** The rows with the highest numbers, the best first, without those of a set. */
export function nearest(scores, count, banned = new Set()) {
  const best = [];
  for (let row = 0; row < scores.length; row++) {
    if (banned.has(row) || (best.length === count && scores[row] <= scores[best[count - 1]])) continue;
    let place = best.length;
    while (place > 0 && scores[best[place - 1]] < scores[row]) place--;
    best.splice(place, 0, row);
    if (best.length > count) best.pop();
  }
  return best;
}

/** The direction from one word to another, of length 1. */
export function axisOf(space, from, to) {
  const axis = combine(space, [[to, 1], [from, -1]]);
  const length = Math.sqrt(dot(axis, axis)) || 1;
  return axis.map((value) => value / length);
}

/** The words of a text that are in the space, as rows, and those that are not, as they were typed. */
export function findWords({ index }, text) {
  const typed = text.toLowerCase().split(/[\s,]+/).filter(Boolean);
  return { rows: typed.filter((word) => index.has(word)).map((word) => index.get(word)), unknown: typed.filter((word) => !index.has(word)) };
}

/** The most frequent words that begin with a text. */
export function completions({ words }, text, count = 6) {
  const begin = text.trim().toLowerCase();
  return begin ? words.filter((word) => word.startsWith(begin) && word !== begin).slice(0, count) : [];
}
