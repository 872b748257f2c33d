// Recorded accuracies summed up and compared. No DOM here.

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** The mean of some seeds, and their range. */
export function sumUp(values) {
  return { mean: sum(values) / values.length, low: Math.min(...values), high: Math.max(...values) };
}

/** What each seed gains by one way over another, the mean of that, and its standard error over seeds. */
export function paired(way, other) {
  const each = way.map((value, k) => value - other[k]);
  const mean = sum(each) / each.length;
  const spread = Math.sqrt(sum(each.map((value) => (value - mean) ** 2)) / (each.length - 1));
  return { each, mean, error: spread / Math.sqrt(each.length) };
}

/**
 * How many labelled images a curve needs to reach an accuracy: read off between the recorded points, straight over the logarithm
 * of their number. 0 where the first point has it already, Infinity where none has.
 */
export function labelsNeeded(labels, means, accuracy) {
  const k = means.findIndex((mean) => mean >= accuracy);
  if (k <= 0) return k ? Infinity : 0;
  const part = (accuracy - means[k - 1]) / (means[k] - means[k - 1]);
  return labels[k - 1] * (labels[k] / labels[k - 1]) ** part;
}

/** The recorded number of labelled images that is nearest, in factors. */
export function nearest(labels, wanted) {
  const far = labels.map((count) => Math.abs(Math.log(count / wanted)));
  return labels[far.indexOf(Math.min(...far))];
}
