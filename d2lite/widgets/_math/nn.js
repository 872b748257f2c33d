// What networks are made of, as torch computes it. No DOM here.

export function sigmoid(z) {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** log(1 + exp(z)) without overflow: the cross-entropy of label 0; that of label 1 is softplus(-z). */
export function softplus(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

export const relu = (z) => (z > 0 ? z : 0);

/** Activation functions by torch's names. */
export const ACTIVATIONS = { relu, tanh: Math.tanh, sigmoid };

/** log of the sum of exp(values), without overflow. */
export function logSumExp(values) {
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}

/** Probabilities of logits (a list or a typed array), divided by a temperature first. */
export function softmax(logits, temperature = 1) {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = logits.map((z) => Math.exp((z - most) / temperature));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

/** weight x + bias: a dense layer whose weight is flat, a row of x.length numbers an output. */
export function dense(weight, bias, x) {
  return bias.map((value, i) => {
    let sum = value;
    for (let j = 0, k = i * x.length; j < x.length; j++, k++) sum += weight[k] * x[j];
    return sum;
  });
}

/** The index of the greatest value, the first of equal ones. */
export function argmax(values) {
  return values.indexOf(values.reduce((a, b) => Math.max(a, b), -Infinity));
}
