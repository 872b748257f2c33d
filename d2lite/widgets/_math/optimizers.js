// First-order optimizers, one step at a time, in PyTorch's forms and with the letters of chapters/04_optimizers. No DOM here.
// g gradient, v velocity or running mean of g, s running mean (AdaGrad: sum) of g², η lr, β beta, β₁ beta1, β₂ beta2, λ weightDecay.

export const OPTIMIZER_NAMES = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"];
const RULES = { sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw: adam };
const EPSILONS = { adagrad: 1e-10, rmsprop: 1e-8, adam: 1e-8, adamw: 1e-8 }; // torch.optim's

/** The state before the first step of D weights: { t, v, s }. */
export function startState(D) {
  return { t: 0, v: new Array(D).fill(0), s: new Array(D).fill(0) };
}

/**
 * One step from weights w with the loss's gradient there, a list of numbers each. settings: lr, beta, beta1, beta2, weightDecay.
 * Returns { w, state, g, step, vHat, sHat, scale }: the new weights and state; the gradient with its penalty; the step
 * -(what is subtracted); for Adam the corrected means; and scale, what 1 of v (or of g) moves each weight.
 */
export function optimizerStep(name, settings, state, w, gradient) {
  const { lr, weightDecay = 0 } = settings;
  const decoupled = name === "adamw";
  const g = weightDecay && !decoupled ? gradient.map((value, i) => value + weightDecay * w[i]) : gradient;
  const next = RULES[name](g, { v: state.v, s: state.s, t: state.t + 1 }, { eps: EPSILONS[name], ...settings });
  const kept = decoupled ? 1 - lr * weightDecay : 1;
  const step = w.map((value, i) => (kept - 1) * value - next.scale[i] * next.along[i]);
  const { t, v, s } = next;
  return { ...next, w: w.map((value, i) => value + step[i]), state: { t, v, s }, g, step };
}

function sgd(g, state, { lr }) {
  return { ...state, along: g, scale: g.map(() => lr) };
}

function momentum(g, { v, ...rest }, { lr, beta }) {
  const next = v.map((value, i) => beta * value + g[i]);
  return { ...rest, v: next, along: next, scale: g.map(() => lr) };
}

function nesterov(g, state, settings) {
  const next = momentum(g, state, settings);
  return { ...next, along: g.map((value, i) => value + settings.beta * next.v[i]) };
}

function adagrad(g, { s, ...rest }, { lr, eps }) {
  const next = s.map((value, i) => value + g[i] ** 2);
  return { ...rest, s: next, along: g, scale: next.map((value) => lr / (Math.sqrt(value) + eps)) };
}

function rmsprop(g, { s, ...rest }, { lr, beta2, eps }) {
  const next = runningMean(s, g.map((value) => value * value), beta2);
  return { ...rest, s: next, along: g, scale: next.map((value) => lr / (Math.sqrt(value) + eps)) };
}

function adam(g, { v, s, t }, { lr, beta1, beta2, eps }) {
  const next = { t, v: runningMean(v, g, beta1), s: runningMean(s, g.map((value) => value * value), beta2) };
  const vHat = next.v.map((value) => value / (1 - beta1 ** t));
  const sHat = next.s.map((value) => value / (1 - beta2 ** t));
  return { ...next, vHat, sHat, along: vHat, scale: sHat.map((value) => lr / (Math.sqrt(value) + eps)) };
}

/** β mean + (1 - β) value, entry by entry: the exponentially weighted average of lists of numbers. */
export function runningMean(mean, values, beta) {
  return mean.map((value, i) => beta * value + (1 - beta) * values[i]);
}
