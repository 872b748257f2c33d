// Softmax, cross-entropy and its slope as float32 computes them, and descent on the logits. No DOM here.
const round = Math.fround;

/** The classes, as the trait "target" names them. */
export const CLASSES = ["shirt", "T-shirt", "coat", "bag"];

/**
 * A forward and backward pass: { z, powers, p, loss, gradient } of logits for the true class's index, in float32.
 * settings: temperature; shift, added to every logit; method "written", which takes e to each z / T as it is, or "stable",
 * which subtracts the largest first. gradient is that of the loss with respect to the logits, (p - y) / T.
 */
export function pass(logits, target, { temperature, shift, method }) {
  const z = logits.map((value) => round(value + shift));
  const most = method === "stable" ? Math.max(...z) : 0;
  const scaled = z.map((value) => round(round(value - most) / round(temperature)));
  const powers = scaled.map((value) => round(Math.exp(value)));
  const total = powers.reduce((sum, power) => round(sum + power), 0);
  const p = powers.map((power) => round(power / total));
  const loss = method === "stable" ? round(round(Math.log(total)) - scaled[target]) : -round(Math.log(p[target]));
  const gradient = p.map((value, k) => round((value - (k === target ? 1 : 0)) / temperature));
  return { z, powers, p, loss: loss + 0, gradient }; // no minus zero
}

/** The logits after steps of descent: each step takes lr times the gradient from them. */
export function descend(logits, target, settings, steps) {
  let now = [...logits];
  for (let step = 0; step < steps; step++) {
    const { gradient } = pass(now, target, settings);
    now = now.map((value, k) => value - settings.lr * gradient[k]);
  }
  return now;
}
