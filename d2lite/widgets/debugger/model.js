// A program with one mistake planted: its lines, which of them are to blame, and what is to be changed. No DOM here.

/** The lines as the reader meets them: [{ text, right }], right the index of the same line in the right program, or null. */
export function faultyLines(right, { start, stop, lines }) {
  const same = (from, to) => right.slice(from, to).map((text, i) => ({ text, right: from + i }));
  return [...same(0, start), ...lines.map((text) => ({ text, right: null })), ...same(stop, right.length)];
}

/** Which of those lines count as found, from 0: the wrong ones, or both beside the gap where a line is missing. */
export function suspects({ start, lines }) {
  return lines.length ? lines.map((_, i) => start + i) : [start - 1, start];
}

/** The steps from some lines to others: [{ text, kind }], kind "same", "out" or "in"; a line of both stays where it can. */
export function changes(from, to) {
  if (!from.length) return to.map((text) => ({ text, kind: "in" }));
  const at = to.indexOf(from[0]);
  const [text, ...rest] = from;
  if (at < 0) return [{ text, kind: "out" }, ...changes(rest, to)];
  return [...changes([], to.slice(0, at)), { text, kind: "same" }, ...changes(rest, to.slice(at + 1))];
}

/** The whole part with what is to be changed, as in changes. */
export function mend(right, { start, stop, lines }) {
  const same = (texts) => texts.map((text) => ({ text, kind: "same" }));
  return [...same(right.slice(0, start)), ...changes(lines, right.slice(start, stop)), ...same(right.slice(stop))];
}

/** What is to be said of the line pressed (from 1; 0 for none): { verdict: "none", "wrong" or "found", role }. */
export function judge(right, roles, wrong, pressed) {
  const lines = faultyLines(right, wrong);
  if (pressed < 1 || pressed > lines.length) return { verdict: "none", role: "" };
  if (suspects(wrong).includes(pressed - 1)) return { verdict: "found", role: "" };
  return { verdict: "wrong", role: roles[lines[pressed - 1].right] };
}

/** The mean of what is a number in a list, or null. */
export function meanOf(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
}
