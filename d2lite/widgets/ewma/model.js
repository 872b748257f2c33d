// Exponentially weighted averages of a series, and the weights that make them. No DOM here.
import { bytesOf } from "../_math/bytes.js";

const DAY = 86400000; // ms

/** The days of a payload: { values, dateOf(t) -> "6 Feb 1985", unit }; values[0] is day 1. */
export function openSeries({ first, counts, unit }) {
  const bytes = bytesOf(counts);
  const values = Float64Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i] + 256 * bytes[2 * i + 1]);
  const start = Date.parse(`${first}T00:00:00Z`);
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const dateOf = (t) => {
    const date = new Date(start + (t - 1) * DAY);
    return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  };
  return { values, dateOf, unit };
}

/**
 * The average after each of n days, v[0] being the 0 it starts from: v[t] = β v[t - 1] + (1 - β) x[t], divided by 1 - βᵗ
 * if corrected (v[0] is not a number then: nothing has been seen).
 */
export function averages(values, beta, correct) {
  const v = new Float64Array(values.length + 1);
  for (let t = 1; t <= values.length; t++) v[t] = beta * v[t - 1] + (1 - beta) * values[t - 1];
  if (correct) for (let t = 0; t <= values.length; t++) v[t] /= seenWeight(beta, t);
  return v;
}

/** 1 - βᵗ: the weight that t days have together; what is missing to 1 lies on the 0 at the start. */
export function seenWeight(beta, t) {
  return 1 - beta ** t;
}

/** The weight of each of the days 1..t in the average of day t, the first day first. */
export function dayWeights(beta, t, correct) {
  const whole = correct ? seenWeight(beta, t) : 1;
  return Float64Array.from({ length: t }, (_, i) => ((1 - beta) * beta ** (t - 1 - i)) / whole);
}

/** 1/(1 - β), the days that a plain mean would need to be as slow. */
export function effectiveDays(beta) {
  return 1 / (1 - beta);
}

/** Days after which a day's weight has halved; 0 where only the last day counts. */
export function halfLife(beta) {
  return beta > 0 ? Math.log(0.5) / Math.log(beta) : 0;
}

/** The weight of the last n days together, of those seen by day t. */
export function recentWeight(beta, n, t, correct) {
  return seenWeight(beta, Math.min(n, t)) / (correct ? seenWeight(beta, t) : 1);
}

/** The plain mean of the last n days, fewer where fewer have been: index t as in averages; the first is not a number. */
export function plainMeans(values, n) {
  const means = new Float64Array(values.length + 1).fill(NaN);
  let sum = 0;
  for (let t = 1; t <= values.length; t++) {
    sum += values[t - 1] - (t > n ? values[t - 1 - n] : 0);
    means[t] = sum / Math.min(n, t);
  }
  return means;
}
