// Workers that add up their vectors, a message at a time. No DOM here.

/** What each of up to eight workers begins with, a row a worker; it uses as many chunks as there are workers. */
const NUMBERS = [
  [1, 4, 7, 3, 2, 6, 5, 8],
  [6, 2, 3, 5, 4, 1, 7, 2],
  [2, 9, 8, 1, 6, 3, 4, 7],
  [5, 3, 4, 8, 7, 2, 1, 6],
  [3, 7, 1, 2, 5, 9, 8, 4],
  [4, 1, 6, 7, 3, 5, 2, 9],
  [8, 5, 2, 4, 9, 7, 6, 1],
  [7, 6, 5, 9, 1, 4, 3, 2],
];

const modulo = (a, n) => ((a % n) + n) % n;
const range = (n) => Array.from({ length: n }, (_, i) => i);

/** Steps until all have the sum, in either method. */
export const stepsOf = (n) => 2 * (n - 1);

/** The first half of the steps adds, the second copies. */
export const isAdding = (step, n) => step <= n - 1;

/** What is sent in a step (counted from 1): [{ from, to, chunks }], workers and chunks from 0. */
export function messagesOf(method, n, step) {
  const adding = isAdding(step, n);
  if (method === "ring") {
    // Worker i adds chunk i - step + 1 onto the next one's, and later hands on the chunk that has become whole.
    const shift = adding ? 1 - step : n + 1 - step;
    return range(n).map((i) => ({ from: i, to: (i + 1) % n, chunks: [modulo(i + shift, n)] }));
  }
  const other = adding ? step : step - (n - 1);
  return [adding ? { from: other, to: 0, chunks: range(n) } : { from: 0, to: other, chunks: range(n) }];
}

/** What all have after some steps: values and the workers whose numbers are in them, a row a worker; sent: chunks, by worker. */
export function runTo(method, n, step) {
  let values = NUMBERS.slice(0, n).map((row) => row.slice(0, n));
  let parts = range(n).map((i) => range(n).map(() => [i]));
  const sent = range(n).map(() => 0);
  for (let k = 1; k <= step; k++) {
    const [oldValues, oldParts] = [values, parts];
    [values, parts] = [values.map((row) => [...row]), parts.map((row) => [...row])];
    for (const { from, to, chunks } of messagesOf(method, n, k)) {
      sent[from] += chunks.length;
      for (const c of chunks) {
        const adding = isAdding(k, n);
        values[to][c] = oldValues[from][c] + (adding ? oldValues[to][c] : 0);
        parts[to][c] = adding ? [...oldParts[to][c], ...oldParts[from][c]].sort((a, b) => a - b) : oldParts[from][c];
      }
    }
  }
  return { values, parts, sent };
}

/** How long it takes so far, in times that a whole vector needs on one link: links work at once, messages on one link in turn. */
export const timeOf = (method, n, step) => (method === "ring" ? step / n : step);
