// Gradient descent on a surface of two weights, and what its Hessian says about a step. No DOM here.
import { eigen, makeSurface } from "../_math/surfaces.js";

const LOST = 1e12; // a loss beyond this is called divergence
const ARRIVED = 1e-4; // squared distance from a minimum, within which a path may settle
const SETTLED = 5; // steps in a row that came nearer to it

/**
 * A run at its start. settings: surface (a name), condition, angle, start ([x, y], or null for the surface's own), lr.
 * run.points[k] and run.losses[k] are those after k steps; run.broken is the step that left all bounds, or 0.
 */
export function makeRun(settings) {
  const surface = makeSurface(settings.surface, settings);
  const start = settings.start || surface.start;
  return { surface, lr: settings.lr, points: [start], losses: [surface.value(...start)], broken: 0 };
}

export function stepsDone(run) {
  return run.points.length - 1;
}

/** One step of gradient descent; false when the loss has left all bounds. */
export function descendStep(run) {
  if (run.broken) return false;
  const [x, y] = run.points[run.points.length - 1];
  const [dx, dy] = run.surface.gradient(x, y);
  const point = [x - run.lr * dx, y - run.lr * dy];
  const loss = run.surface.value(...point);
  run.points.push(point);
  run.losses.push(loss);
  if (!(Math.abs(loss) < LOST)) run.broken = stepsDone(run);
  return !run.broken;
}

/** Descend up to a number of steps. */
export function descendTo(run, target) {
  while (stepsDone(run) < target && descendStep(run));
}

/** What the gradient and the Hessian say at a point: { gradient, slope, values, vectors, factors }. */
export function localPicture(surface, [x, y], lr) {
  const gradient = surface.gradient(x, y);
  const { values, vectors } = eigen(surface.hessian(x, y));
  return { gradient, slope: Math.hypot(...gradient), values, vectors, factors: values.map((value) => 1 - lr * value) };
}

/** What a step does along a direction of curvature λ, in words, by the product η λ. */
export function describeDirection(product) {
  if (product < -1e-9) return "curves down: it leaves, faster and faster";
  if (product < 1e-9) return "flat: no curvature";
  if (product < 0.02) return "shrinks, but hardly";
  if (product < 0.98) return "shrinks, without overshoot";
  if (product <= 1.02) return "there in one step";
  if (product < 1.999) return "overshoots, and still shrinks";
  if (product <= 2.001) return "bounces for ever";
  return "overshoots further each time";
}

/** The bowl's factor a step, in the long run: the larger of |1 - lr| and |1 - lr condition|. */
export function bowlRate(condition, lr) {
  return Math.max(Math.abs(1 - lr), Math.abs(1 - lr * condition));
}

/**
 * How the loss changes along the step from a point, at count + 1 rates from 0 to reach times lr: { rates, changes }; its
 * slope at 0, which the gradient promises; and change, what the step at lr brings.
 */
export function alongStep(surface, [x, y], lr, { reach = 2.5, count = 60 } = {}) {
  const [dx, dy] = surface.gradient(x, y);
  const start = surface.value(x, y);
  const changeAt = (rate) => surface.value(x - rate * dx, y - rate * dy) - start;
  const rates = Array.from({ length: count + 1 }, (_, i) => (i * reach * lr) / count);
  return { rates, changes: rates.map(changeAt), slope: -(dx * dx + dy * dy), change: changeAt(lr) };
}

/** Where a start ends: [index of the minimum it settles in, -1 if none yet, -2 if it diverges; steps taken]. */
export function endOf(surface, start, lr, most) {
  let [x, y] = start;
  let [last, before, calm] = [-1, 0, 0]; // the minimum near a step ago, its distance, and the steps that came nearer
  for (let k = 0; k < most; k++) {
    const near = surface.minima.findIndex(([u, v]) => (x - u) ** 2 + (y - v) ** 2 < ARRIVED);
    const distance = near < 0 ? 0 : Math.hypot(x - surface.minima[near][0], y - surface.minima[near][1]);
    calm = near >= 0 && near === last && distance <= before ? calm + 1 : 0;
    if (calm === SETTLED) return [near, k];
    [last, before] = [near, distance];
    const [dx, dy] = surface.gradient(x, y);
    x -= lr * dx;
    y -= lr * dy;
    if (!(Math.abs(x) + Math.abs(y) < 1e6)) return [-2, k];
  }
  return [-1, most];
}
