// What stands in the recording of a network that writes while it learns. No DOM here.

/** The number of orders, from 1 up, whose counts have a higher perplexity; counts fall with the order. */
export function ordersBeaten(counts, perplexity) {
  return counts.filter((count) => count > perplexity).length;
}

/** Of a text's characters, whether each is in a word that the training text lacks; runs: where those begin and end, in turn. */
export function markStrange(length, runs) {
  const marks = new Array(length).fill(false);
  for (let k = 0; k + 1 < runs.length; k += 2) marks.fill(true, runs[k], runs[k + 1]);
  return marks;
}

/** The checkpoint at a number of steps, or the last before it: a training may have ended. */
export function placeOf(steps, asked) {
  return Math.max(0, steps.findLastIndex((done) => done <= asked));
}

/** What was recorded at one checkpoint: { text, marks, perplexity, known, beaten }; text and marks begin with the prompt. */
export function readCheckpoint(data, k, t, n) {
  const [text, perplexity] = [data.texts[k][t][n], Math.exp(data.test[k])];
  const marks = [...markStrange(data.prompt.length, []), ...markStrange(text.length, data.strange[k][t][n])];
  return { text: data.prompt + text, marks, perplexity, known: data.known[k], beaten: ordersBeaten(data.counts, perplexity) };
}

/** Heights of labels, in pixels, at least gap apart and as near as may be to those given, which rise; none below the last one given. */
export function spreadLabels(heights, gap) {
  const placed = [];
  for (const height of [...heights].reverse()) placed.push(Math.min(height, (placed.at(-1) ?? Infinity) - gap));
  return placed.reverse();
}
