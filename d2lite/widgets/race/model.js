// A race of optimizers: all from one start on one surface, with the same noise in their gradients. No DOM here.
import { keptShare, regime, regimeName } from "../_math/heavyball.js";
import { optimizerStep, startState } from "../_math/optimizers.js";
import { makeRng } from "../_math/rng.js";
import { beale, bowl, plateau, rosenbrock, saddle, shapeSurface } from "../_math/surfaces.js";

export { regime, regimeName };

const LOST = 1e12; // a loss beyond this is called divergence
const NEAR = 0.01; // of the first height above the minimum: a run has arrived when it stays below
const SHAPES = { bowl, noisy: bowl, saddle, plateau, rosenbrock, beale };
export const USES = {
  sgd: [],
  momentum: ["beta"],
  nesterov: ["beta"],
  adagrad: [],
  rmsprop: ["beta2"],
  adam: ["beta1", "beta2"],
  adamw: ["beta1", "beta2"],
};

// A learning rate for each method, in the order of USES; those of the bowl as a function of its condition.
const RATES = {
  bowl: (condition) => [1.8 / condition, 0.6 / condition, 0.9 / condition, 0.5, 0.05, 0.2, 0.2],
  noisy: (condition) => [0.9 / condition, 0.09 / condition, 0.09 / condition, 0.5, 0.05, 0.1, 0.1],
  saddle: () => [0.2, 0.05, 0.05, 0.2, 0.02, 0.05, 0.05],
  plateau: () => [1, 0.2, 0.2, 0.5, 0.05, 0.3, 0.3],
  rosenbrock: () => [0.0015, 0.001, 0.001, 0.7, 0.03, 0.2, 0.2],
  beale: () => [0.01, 0.002, 0.002, 1, 0.1, 0.3, 0.3],
};

/** A learning rate for each method on a surface of that name ("noisy" too), found by trying: none diverges, most arrive. */
export function suggestedRates(surface, condition) {
  return RATES[surface](Math.max(1, condition)).map((rate) => Number(rate.toPrecision(2)));
}

/** The share that a step keeps in the long run in a bowl of curvatures 1 and condition, whose slower direction decides. */
export function valleyShare(lr, beta, condition) {
  return Math.max(keptShare(lr, beta), keptShare(lr * condition, beta));
}

/** The learning rate and the memory that keep least in that bowl: both directions stand where the roots meet. */
export function bestPoint(condition) {
  const root = Math.sqrt(condition);
  return { lr: 4 / (1 + root) ** 2, beta: ((root - 1) / (root + 1)) ** 2 };
}

/** The step from which on a run in that bowl stays within a thousandth of its first distance from the lowest point, of the first most; 0 if none. */
export function stepsToGoal(lr, beta, condition, start, most = 3000) {
  const lines = start.map((w, i) => ({ now: w, before: w, product: lr * (i ? condition : 1) })); // a direction each
  const limit = lines.reduce((sum, { now }) => sum + now * now, 0) / 1e6;
  let away = 0; // the last step outside
  for (let k = 0; k <= most; k++) {
    const square = lines[0].now ** 2 + lines[1].now ** 2;
    if (!(square <= limit)) away = k;
    for (const line of lines) [line.now, line.before] = [line.now + beta * (line.now - line.before) - line.product * line.now, line.now];
  }
  return away < most ? away + 1 : 0;
}

/**
 * The ground of a race: { surface, start, noise(k) }, where noise(k) is what step k finds added to its gradient, a standard normal
 * number for each weight times noise. settings: surface (a name; "noisy" is the bowl with noise), condition, angle, start, noise, seed.
 */
export function makeGround(settings) {
  const noisy = settings.surface === "noisy";
  const surface = shapeSurface(noisy ? "bowl" : settings.surface, SHAPES[settings.surface], settings);
  const { normal } = makeRng(settings.seed);
  const drawn = [];
  const noise = (k) => {
    while (drawn.length <= k) drawn.push([normal() * settings.noise, normal() * settings.noise]);
    return drawn[k];
  };
  return { surface, start: settings.start || surface.start, noise: noisy ? noise : () => [0, 0] };
}

/**
 * A run at its start: points[k], losses[k] and states[k] are those after k steps, gradients[k] is what step k + 1 was given; broken is the step that left all bounds, or 0.
 * settings: lr, beta, beta1, beta2, weightDecay.
 */
export function makeRun(ground, name, settings) {
  const { surface, start } = ground;
  return { name, settings, points: [start], losses: [surface.value(...start)], states: [startState(2)], gradients: [], broken: 0 };
}

export function stepsDone(run) {
  return run.points.length - 1;
}

/** What the next step from the one shown will do: optimizerStep's answer, and the surface's gradient without its noise. */
export function nextStep(ground, run, k) {
  const w = run.points[k];
  const slope = ground.surface.gradient(...w);
  const noise = ground.noise(k);
  const next = optimizerStep(run.name, run.settings, run.states[k], w, slope.map((value, i) => value + noise[i]));
  return { ...next, slope };
}

/** Run up to a number of steps, or until deadline() says that time is up; return whether steps are left. */
export function runTo(ground, run, target, deadline = () => false) {
  while (stepsDone(run) < target && !run.broken) {
    const { w, state, g } = nextStep(ground, run, stepsDone(run));
    const loss = ground.surface.value(...w);
    run.points.push(w);
    run.losses.push(loss);
    run.states.push(state);
    run.gradients.push(g);
    if (!(Math.abs(loss) < LOST)) run.broken = stepsDone(run);
    if (stepsDone(run) % 64 === 0 && deadline()) return stepsDone(run) < target && !run.broken;
  }
  return false;
}

/** The step from which on the height above the minimum stays below a hundredth of the first, up to step last; -1 if none. */
export function arrival(run, lowest, last) {
  const limit = NEAR * (run.losses[0] - lowest);
  let from = -1;
  for (let k = Math.min(last, stepsDone(run)); k >= 0 && run.losses[k] - lowest <= limit; k--) from = k;
  return from;
}
