// A sigmoid through points of one measurement: its mean surprise, the best one, and gradient descent. No DOM here.
// A curve is { w, b }: p = sigmoid(w u + b), where u is the measurement in standard deviations from its mean.
import { sigmoid, softplus } from "../_math/nn.js";

const NEWTON_STEPS = 50;
const NEAR = 1.01; // within 1% of the lowest loss counts as arrived

/** -log of the probability that a logit gives to a label of 0 or 1. */
export function surpriseOf(z, y) {
  return softplus(y ? -z : z);
}

/** The mean surprise of a curve over points { us, ys }. */
export function lossOf({ us, ys }, { w, b }) {
  let total = 0;
  for (let i = 0; i < us.length; i++) total += surpriseOf(w * us[i] + b, ys[i]);
  return total / us.length;
}

/** The loss's slopes [along w, along b]. */
export function gradientOf({ us, ys }, { w, b }) {
  let [dw, db] = [0, 0];
  for (let i = 0; i < us.length; i++) {
    const error = sigmoid(w * us[i] + b) - ys[i];
    dw += error * us[i];
    db += error;
  }
  return [dw / us.length, db / us.length];
}

/** The curve of least loss, by Newton's method, where no threshold divides the labels without a mistake. */
export function bestCurve(points) {
  const { us } = points;
  let [w, b] = [0, 0];
  for (let k = 0; k < NEWTON_STEPS; k++) {
    const [dw, db] = gradientOf(points, { w, b });
    let [ww, wb, bb] = [0, 0, 0];
    for (const u of us) {
      const p = sigmoid(w * u + b);
      ww += (p * (1 - p) * u * u) / us.length;
      wb += (p * (1 - p) * u) / us.length;
      bb += (p * (1 - p)) / us.length;
    }
    const determinant = ww * bb - wb * wb;
    w -= (bb * dw - wb * db) / determinant;
    b -= (ww * db - wb * dw) / determinant;
  }
  return { w, b };
}

/**
 * A descent at its start: run.ws[k], run.bs[k] and run.losses[k] are those after k steps; run.arrived is the first step within 1%
 * of the lowest loss, or -1.
 */
export function makeRun(points, { lr, start, lowest }) {
  const run = { points, lr, lowest, ws: [start.w], bs: [start.b], losses: [lossOf(points, start)], arrived: -1 };
  if (run.losses[0] <= NEAR * lowest) run.arrived = 0;
  return run;
}

export function curveAfter({ ws, bs }, step) {
  return { w: ws[step], b: bs[step] };
}

/** Descend up to a number of steps, or until deadline() is true; return whether more is to be done. */
export function descendTo(run, target, deadline = () => false) {
  for (let k = run.ws.length - 1; k < target; k++) {
    if (k % 64 === 63 && deadline()) return true;
    const [dw, db] = gradientOf(run.points, curveAfter(run, k));
    run.ws.push(run.ws[k] - run.lr * dw);
    run.bs.push(run.bs[k] - run.lr * db);
    run.losses.push(lossOf(run.points, curveAfter(run, k + 1)));
    if (run.arrived < 0 && run.losses[k + 1] <= NEAR * run.lowest) run.arrived = k + 1;
  }
  return false;
}

const logit = (p) => Math.log(p / (1 - p));
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

export const UPPER = 0.9; // the probability at the handle that tilts; 0.1 where the curve falls
const APART = 0.08; // standard deviations that the two handles keep
const FLAT = 0.3; // a weight below this has no middle to speak of
const HEIGHTS = [0.02, 0.98]; // a handle asks for no probability outside

/** Where the curve is held to be slid, and where to be tilted: two measurements within [low, high], the first the smaller. */
export function gripsOf({ w, b }, [low, high]) {
  const middle = Math.abs(w) < FLAT ? 0 : -b / w;
  const first = clamp(middle, low, high - 4 * APART);
  const reach = Math.abs(w) < FLAT ? Infinity : logit(UPPER) / Math.abs(w);
  return [first, clamp(middle + reach, first + APART, high)];
}

/** The curve slid to have its middle at u; one that is nearly flat is lifted instead, through (u, p). */
export function slideTo({ w }, u, p) {
  return { w, b: (Math.abs(w) < FLAT ? logit(clamp(p, ...HEIGHTS)) : 0) - w * u };
}

/** The curve tilted about its first grip until it passes through (u, p). */
export function tiltTo(curve, u, p, domain) {
  const [first] = gripsOf(curve, domain);
  const z = curve.w * first + curve.b;
  const w = (logit(clamp(p, ...HEIGHTS)) - z) / Math.max(APART, u - first);
  return { w, b: z - w * first };
}
