// One weight under momentum, from 1 and at rest, where the slope is λ w; and the rate and memory that belong to a root. No DOM here.
import { keptShare, regime, regimeName, rootsOf } from "../_math/heavyball.js";
import { optimizerStep, startState } from "../_math/optimizers.js";

export { keptShare, regime, regimeName, rootsOf };

/** A run of steps: { weights, velocities }, each of steps + 1 numbers. */
export function runAlong(rate, curvature, beta, steps) {
  const [weights, velocities] = [[1], [0]];
  let [w, state] = [[1], startState(1)];
  for (let k = 0; k < steps; k++) {
    ({ w, state } = optimizerStep("momentum", { lr: rate, beta }, state, w, [curvature * w[0]]));
    weights.push(w[0]);
    velocities.push(state.v[0]);
  }
  return { weights, velocities };
}

/**
 * How much of the larger root is in that run, w(t) = a r₁ᵗ + b r₂ᵗ: a for real roots, and for a pair the height 2 |a| of its wave.
 * Where the roots meet there is no such sum: null.
 */
export function partOf([first, second], product) {
  const gap = first.im ? 2 * first.im : first.re - second.re;
  if (Math.abs(gap) < 1e-9) return null;
  const w1 = 1 - product; // the weight after the first step
  return first.im ? Math.hypot(first.im, w1 - first.re) / first.im : (w1 - second.re) / gap;
}

/** The powers r⁰, r¹, ... of a root, up to a count, each { re, im }. */
export function powersOf({ re, im }, count) {
  const powers = [{ re: 1, im: 0 }];
  for (let k = 0; k < count; k++) {
    const last = powers[k];
    powers.push({ re: last.re * re - last.im * im, im: last.re * im + last.im * re });
  }
  return powers;
}

/**
 * The product ηλ and the memory for which a place { re, im } of the complex plane is a root. Off the real axis the other root is its
 * conjugate: β is the square of the distance from 0, ηλ that from 1. On the axis the memory stays what it is, if the place is far
 * enough from 0 to be the larger of two real roots; else the roots meet there.
 */
export function settingsFor({ re, im }, beta) {
  if (im || Math.abs(re) < Math.sqrt(beta)) return { product: (1 - re) ** 2 + im ** 2, beta: re ** 2 + im ** 2 };
  return { product: re ? (1 - re) * (1 - beta / re) : 1, beta };
}
