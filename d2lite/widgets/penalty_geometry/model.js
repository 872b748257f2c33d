// A quadratic loss of two weights plus a penalty, and the weights that minimise the sum. No DOM here.
//
// settings: penalty ("l1", "l2", "elastic" or "lq"), ratio (of "elastic"), q (of "lq"), strength (λ), correlation (ρ),
// target ([ŵ1, ŵ2], the minimum without penalty). The loss is half of (w - ŵ)' A (w - ŵ), A = [[1, ρ], [ρ, 1]].

const SWEEPS = 400; // of coordinate descent, at most
const NEAR = 1e-12; // a sweep that moves less has converged
const SHARES = { l1: () => [1, 0], l2: () => [0, 1], elastic: ({ ratio }) => [ratio, 1 - ratio] };

/** The weights of the L1 and of the squared part; null for the powers between. */
function shares(settings) {
  return SHARES[settings.penalty]?.(settings) || { 1: [1, 0], 2: [0, 1] }[settings.q] || null;
}

export function lossOf({ correlation, target }, w) {
  const [d, e] = [w[0] - target[0], w[1] - target[1]];
  return (d * d + e * e) / 2 + correlation * d * e;
}

/** The penalty without λ: a sum over weights of share |w| + (1 - share) w²/2, or of |w|^q / q. */
export function penaltyOf(settings, w) {
  const parts = shares(settings);
  const one = parts ? (v) => parts[0] * Math.abs(v) + (parts[1] * v * v) / 2 : (v) => Math.abs(v) ** settings.q / settings.q;
  return one(w[0]) + one(w[1]);
}

/** The best single weight: the minimum over w of (w - z)²/2 + λ penalty(w). For L1, soft thresholding. */
export function shrink(settings, z, strength = settings.strength) {
  const parts = shares(settings);
  const size = Math.abs(z);
  if (!parts) return Math.sign(z) * shrinkPower(size, settings.q, strength);
  return (Math.sign(z) * Math.max(0, size - strength * parts[0])) / (1 + strength * parts[1]);
}

/** The minimum over w >= 0 of (w - z)²/2 + λ w^q / q, by Newton's method inside a bracket. */
function shrinkPower(z, q, strength) {
  if (z === 0 || strength === 0) return z;
  const slope = (w) => w - z + strength * w ** (q - 1);
  // below q = 1 the slope falls first: only right of its lowest point may lie a minimum
  let low = q < 1 ? (strength * (1 - q)) ** (1 / (2 - q)) : 0;
  if (q < 1 && (low >= z || slope(low) >= 0)) return 0;
  let [high, w] = [z, q < 1 ? z : z / (1 + strength * Math.min(1, z ** (q - 2)))];
  for (let k = 0; k < 100; k++) {
    const value = slope(w);
    if (value > 0) high = w;
    else low = w;
    const next = w - value / (1 + strength * (q - 1) * w ** (q - 2));
    const inside = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(inside - w) <= 1e-15 * z) break;
    w = inside;
  }
  const gain = (v) => (v * v) / 2 - z * v + (strength * v ** q) / q;
  return q < 1 && gain(w) >= 0 ? 0 : w;
}

/** What each weight would be, given the other, without penalty: the fixed points of coordinate descent are w = shrink(z). */
export function partialTargets({ correlation, target }, w) {
  return [0, 1].map((j) => target[j] + correlation * (target[1 - j] - w[1 - j]));
}

/** The weights that minimise loss + λ penalty; start: where the search may begin, for a path. */
export function solve(settings, start = settings.target) {
  const parts = shares(settings);
  if (parts) return solveExactly(settings, parts);
  if (settings.q > 1) return descend(settings, start);
  return lowest(settings, startsOf(settings).map((from) => descend(settings, from)));
}

/** Of some weights those with the least sum of loss and penalty. */
function lowest(settings, places) {
  const height = (w) => lossOf(settings, w) + settings.strength * penaltyOf(settings, w);
  return places.reduce((best, w) => (height(w) < height(best) ? w : best));
}

/** L1, squared and both: try every pattern of signs, the sparse ones first; the one that keeps its promise is the minimum. */
function solveExactly(settings, [one, two]) {
  const { correlation: rho, target, strength } = settings;
  const [l1, a] = [strength * one, 1 + strength * two]; // a: the curvature along each axis
  const b = [target[0] + rho * target[1], target[1] + rho * target[0]]; // A ŵ
  const alone = b.map((v) => (Math.sign(v) * Math.max(0, Math.abs(v) - l1)) / a);
  if (one > 0) {
    if (alone[0] === 0 && alone[1] === 0) return [0, 0];
    if (Math.abs(b[1] - rho * alone[0]) <= l1) return [alone[0], 0];
    if (Math.abs(b[0] - rho * alone[1]) <= l1) return [0, alone[1]];
  }
  for (const s of [1, -1]) {
    for (const t of [1, -1]) {
      const [u, v] = [b[0] - l1 * s, b[1] - l1 * t];
      const w = [(a * u - rho * v) / (a * a - rho * rho), (a * v - rho * u) / (a * a - rho * rho)];
      if (one === 0 || (w[0] * s > 0 && w[1] * t > 0)) return w;
    }
  }
  return lowest(settings, [[alone[0], 0], [0, alone[1]]]); // a weight is about to leave zero, and rounding has hidden it
}

/** Coordinate descent: each weight in turn becomes the best one, given the other. */
function descend(settings, start) {
  let w = [...start];
  const { correlation: rho, target } = settings;
  for (let k = 0; k < SWEEPS; k++) {
    const first = shrink(settings, target[0] + rho * (target[1] - w[1]));
    const second = shrink(settings, target[1] + rho * (target[0] - first));
    const moved = Math.abs(first - w[0]) + Math.abs(second - w[1]);
    w = [first, second];
    if (moved < NEAR) break;
  }
  return w;
}

/** Where to begin when there may be several minima: at ŵ, where L1 ends, and at the best weights on each axis and in the middle. */
function startsOf(settings) {
  const { correlation: rho, target } = settings;
  const alone = [0, 1].map((j) => shrink(settings, target[j] + rho * target[1 - j]));
  return [target, solveExactly(settings, [1, 0]), [0, 0], [alone[0], 0], [0, alone[1]]];
}

/** The solutions at strengths in rising order: { strengths, first, second }. */
export function coefficientPath(settings, strengths) {
  let w = settings.target;
  const ends = strengths.map((strength) => (w = solve({ ...settings, strength }, w)));
  return { strengths, first: ends.map(([u]) => u), second: ends.map(([, v]) => v) };
}

/** The point at an angle of the line on which the penalty has a level. */
export function ballPoint(settings, level, angle) {
  const [u, v] = [Math.cos(angle), Math.sin(angle)];
  const parts = shares(settings);
  const size = Math.abs(u) + Math.abs(v);
  let t = 0;
  if (!parts) t = ((settings.q * level) / (Math.abs(u) ** settings.q + Math.abs(v) ** settings.q)) ** (1 / settings.q);
  else if (parts[1] === 0) t = level / size;
  else t = (2 * level) / (parts[0] * size + Math.sqrt((parts[0] * size) ** 2 + 2 * parts[1] * level));
  return [Number.isFinite(t) ? t * u : 0, Number.isFinite(t) ? t * v : 0];
}

/** The point at an angle of the ellipse on which the loss has a level. */
export function contourPoint({ correlation, target }, level, angle) {
  const along = (Math.sqrt(2 * level) * Math.cos(angle)) / Math.sqrt(2 * (1 + correlation));
  const across = (Math.sqrt(2 * level) * Math.sin(angle)) / Math.sqrt(2 * (1 - correlation));
  return [target[0] + along + across, target[1] + along - across];
}

/** Which weights of a solution are exactly zero: 0 none, 1 the first, 2 the second, 3 both. */
export function zerosOf([u, v]) {
  return (u === 0 ? 1 : 0) + (v === 0 ? 2 : 0);
}

/** Whether the penalty can make a weight exactly zero. */
export function canBeSparse(settings) {
  const parts = shares(settings);
  return settings.strength > 0 && (parts ? parts[0] > 0 : settings.q < 1);
}
