// Cross-entropy and squared error of one logit, and their slopes. No DOM here.
import { sigmoid, softplus } from "../_math/nn.js";

/** [cross-entropy, squared error] of a logit for a label of 0 or 1. */
export function lossesOf(z, y) {
  return [softplus(y ? -z : z), (sigmoid(z) - y) ** 2];
}

/** Their slopes with respect to the logit: p - y, and 2 (p - y) p (1 - p). */
export function slopesOf(z, y) {
  const p = sigmoid(z);
  return [p - y, 2 * (p - y) * p * (1 - p)];
}
