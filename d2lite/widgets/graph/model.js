// A graph of operations: values forward, gradients back, and the check by nudging. No DOM here.
import { sigmoid } from "../_math/nn.js";

export { readExpression, readInputs, writeInputs } from "./expression.js";

const NUDGE = 1e-5;

const VALUE = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
  negate: (a) => -a,
  sin: Math.sin,
  cos: Math.cos,
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sigmoid,
  relu: (a) => Math.max(0, a),
};

// Local slopes: how the value answers to each argument, from the arguments and the value. null is a slope of 0 that, as in torch, passes
// nothing on, whatever comes; any other 0 times an infinite gradient is not a number.
const SLOPES = {
  "+": () => [1, 1],
  "-": () => [1, -1],
  "*": ([a, b]) => [b, a],
  "/": ([a, b]) => [1 / b, -a / b / b],
  "^": ([a, b], value) => [b === 0 ? null : b * a ** (b - 1), a === 0 && b >= 0 ? 0 : value * Math.log(a)],
  negate: () => [-1],
  sin: ([a]) => [Math.cos(a)],
  cos: ([a]) => [-Math.sin(a)],
  exp: (_, value) => [value],
  log: ([a]) => [1 / a],
  tanh: (_, value) => [1 - value * value],
  sigmoid: (_, value) => [value * (1 - value)],
  relu: ([a]) => [a > 0 ? 1 : null],
};

const MISTAKES = {
  minus: { "-": () => [1, 1] },
  sigmoid: { sigmoid: (_, value) => [value] },
};

/** The value of each node, for inputs { name: value }; a name without one is 1. */
export function valuesOf(nodes, inputs) {
  const values = [];
  for (const { op, args, name, value } of nodes) {
    if (op === "number") values.push(value);
    else if (op === "input") values.push(inputs[name] ?? 1);
    else values.push(VALUE[op](...args.map((arg) => values[arg])));
  }
  return values;
}

/** Whether each node depends on an input: only those have a gradient. */
export function dependents(nodes) {
  const found = [];
  for (const { op, args } of nodes) found.push(op === "input" || args.some((arg) => found[arg]));
  return found;
}

/** The local slopes of a node, one for each argument. */
export function slopesAt(nodes, values, i, mistake = "none") {
  return rules(nodes, values, i, mistake).map((slope) => slope ?? 0);
}

function rules(nodes, values, i, mistake) {
  const { op, args } = nodes[i];
  const slopes = MISTAKES[mistake]?.[op] ?? SLOPES[op];
  return slopes ? slopes(args.map((arg) => values[arg]), values[i]) : [];
}

/**
 * What happens, in order: [{ kind, node }]. kind "forward": a node gets its value; "seed": the result gets the gradient 1; "backward": a
 * node passes its gradient on. Where a value does not exist, it ends there.
 */
export function plan(nodes, values) {
  const live = dependents(nodes);
  const inner = nodes.map((_, i) => i).filter((i) => nodes[i].args.length);
  const stop = inner.findIndex((i) => !Number.isFinite(values[i]));
  const forward = (stop < 0 ? inner : inner.slice(0, stop + 1)).map((node) => ({ kind: "forward", node }));
  if (stop >= 0) return forward;
  const backward = inner.filter((i) => live[i]).reverse().map((node) => ({ kind: "backward", node }));
  return [...forward, { kind: "seed", node: nodes.length - 1 }, ...backward];
}

/**
 * The gradients after some steps of a plan: { gradients, last }. gradients[i] is null while nothing has come to node i; last: what the
 * last step passed, [{ to, slope, passed, before, after }].
 */
export function gradientsAfter(nodes, values, steps, mistake = "none") {
  const gradients = nodes.map(() => null);
  const live = dependents(nodes);
  let last = [];
  for (const { kind, node } of steps) {
    last = [];
    if (kind === "seed") gradients[node] = 1;
    if (kind !== "backward") continue;
    const slopes = rules(nodes, values, node, mistake);
    nodes[node].args.forEach((to, k) => {
      if (!live[to]) return;
      const before = gradients[to];
      const passed = slopes[k] === null ? 0 : gradients[node] * slopes[k];
      gradients[to] = mistake === "ways" ? passed : (before ?? 0) + passed;
      last.push({ to, slope: slopes[k] ?? 0, passed, before, after: gradients[to] });
    });
  }
  return { gradients, last };
}

/** The gradient of the result for each input, { name: gradient }, by going once through the graph. */
export function gradientsOf(nodes, inputs, mistake = "none") {
  const values = valuesOf(nodes, inputs);
  const { gradients } = gradientsAfter(nodes, values, plan(nodes, values), mistake);
  return Object.fromEntries(nodes.flatMap(({ op, name }, i) => (op === "input" ? [[name, gradients[i]]] : [])));
}

/** The same by nudging: each input a little up and down, and the whole calculation twice. */
export function nudgedSlopes(nodes, names, inputs) {
  const resultAt = (name, value) => valuesOf(nodes, { ...inputs, [name]: value }).at(-1);
  return Object.fromEntries(
    names.map((name) => {
      const value = inputs[name] ?? 1;
      const h = NUDGE * Math.max(1, Math.abs(value));
      return [name, (resultAt(name, value + h) - resultAt(name, value - h)) / (2 * h)];
    }),
  );
}

/** Their relative error, 0 if both are 0. */
export function relativeError(a, b) {
  return a === b ? 0 : Math.abs(a - b) / (Math.abs(a) + Math.abs(b));
}

/** Why a node has no value or no slope, in a sentence; write(number) gives a number as text. */
export function explainFailure({ op, args }, values, write) {
  const [a, b] = args.map((arg) => values[arg]);
  if (op === "log") return `log(${write(a)}) has no value: expected a number above 0.`;
  if (op === "/" && b === 0) return `${write(a)} / 0 has no value: expected a divisor that is not 0.`;
  if (op === "^" && a === 0 && b < 0) return `0 to the power ${write(b)} has no value: expected a base that is not 0.`;
  if (op === "^" && a < 0 && !Number.isInteger(b)) return `${write(a)} to the power ${write(b)} has no value: expected a base above 0, or a whole power.`;
  return `${op} gives more than a computer can hold: expected smaller inputs.`;
}
