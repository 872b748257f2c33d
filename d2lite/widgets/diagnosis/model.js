// Probabilities of one measurement, and the mistakes and the cost of a threshold on them. No DOM here.
import { sigmoid } from "../_math/nn.js";

/** The probability of each value under a weight and a bias. */
export function probabilities(values, weight, bias) {
  return values.map((value) => sigmoid(weight * value + bias));
}

/** The value whose probability is p. */
export function valueAt(p, weight, bias) {
  return (Math.log(p / (1 - p)) - bias) / weight;
}

/** { missed, alarms } of acting above a threshold: malignant at or below it, benign above it. */
export function countMistakes(p, malignant, threshold) {
  const mistakes = { missed: 0, alarms: 0 };
  for (let i = 0; i < p.length; i++) {
    if (malignant[i] && p[i] <= threshold) mistakes.missed += 1;
    if (!malignant[i] && p[i] > threshold) mistakes.alarms += 1;
  }
  return mistakes;
}

/** The cost in false alarms of each threshold, when one missed cancer is as bad as so many of them. */
export function costs(p, malignant, cost, thresholds) {
  return thresholds.map((threshold) => {
    const { missed, alarms } = countMistakes(p, malignant, threshold);
    return cost * missed + alarms;
  });
}
