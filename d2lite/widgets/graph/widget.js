// The graph explorer: any expression as a graph, values forward and gradients back, a step at a time.
import { control, defineExplorer, settings } from "../_core/define.js";
import { formatNumber, shortNumber } from "../_core/format.js";
import { addPoints } from "../_core/handles.js";
import { hint, paragraph, player, stage, table } from "../_core/parts.js";
import { drawGraph, inputPoints, nodeAt } from "./drawing.js";
import { layOut } from "./layout.js";
import { dependents, explainFailure, gradientsAfter, gradientsOf, nudgedSlopes, plan, readExpression, readInputs, relativeError, slopesAt, valuesOf, writeInputs } from "./model.js";

const EMPTY = { nodes: [], names: [], values: [], gradients: [], inputs: [], steps: [], checked: [], wrong: [], current: null, failure: "", failed: -1 };
const PER_PIXEL = 0.025; // what an input changes by, as it is dragged
const LARGEST = 1e12;
const AGREES = 1e-4; // a relative error above it is a fault
const WORDS = { "+": "a + b", "-": "a − b", "*": "a × b", "/": "a ÷ b", "^": "a to the power b", negate: "−a" };
const SLOPE_WORDS = { sigmoid: "p (1 − p)", tanh: "1 − t²", exp: "itself", log: "1 / a", sin: "cos a", cos: "−sin a", relu: "1 above 0, else 0" };
const n = (value) => formatNumber(value, 3);
const inBrackets = (value) => (value < 0 ? `(${n(value)})` : n(value));

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const key = JSON.stringify(["expression", "inputs", "step", "mistake"].map(get));
  if (key === scene.key) return;
  const read = readExpression(get("expression"));
  const typed = readInputs(get("inputs"));
  const problem = read.problem ?? typed.problem ?? "";
  const shown = read.problem ? get("expression") : get("inputs");
  Object.assign(scene, EMPTY, { key, problem, typed: shown, at: read.problem ? read.at : null, mistake: get("mistake") });
  if (problem) return;
  if (JSON.stringify(read.nodes) !== scene.shape) Object.assign(scene, { shape: JSON.stringify(read.nodes), layout: layOut(read.nodes) });
  const values = valuesOf(read.nodes, typed.values);
  const steps = plan(read.nodes, values);
  const step = Math.min(get("step"), steps.length);
  Object.assign(scene, read, { given: typed.values, values, steps, step, live: dependents(read.nodes) });
  scene.inputs = scene.names.map((name) => read.nodes.findIndex((node) => node.name === name));
  scene.slopes = read.nodes.map((_, i) => slopesAt(read.nodes, values, i, scene.mistake));
  follow(scene);
  check(scene);
}

/** What has happened up to the step. */
function follow(scene) {
  const { nodes, values, steps, step, mistake } = scene;
  const taken = steps.slice(0, step);
  const did = (kind) => nodes.map((_, i) => taken.some((one) => one.kind === kind && one.node === i));
  scene.done = { forward: did("forward"), backward: did("backward") };
  scene.current = taken.at(-1) ?? null;
  Object.assign(scene, gradientsAfter(nodes, values, taken, mistake));
  const ill = steps.at(-1);
  if (ill?.kind !== "forward" || Number.isFinite(values[ill.node]) || step < steps.length) return;
  scene.failed = ill.node;
  scene.failure = explainFailure(nodes[ill.node], values, n);
}

/** Each input's gradient beside its slope by nudging, once all have come. */
function check(scene) {
  const { nodes, names, given, mistake, steps, values } = scene;
  if (!names.length || steps.at(-1).kind === "forward") return; // no value
  const full = gradientsOf(nodes, given, mistake);
  scene.full = full;
  const nudged = nudgedSlopes(nodes, names, given);
  scene.checked = names.map((name, i) => ({ name, value: values[scene.inputs[i]], gradient: full[name], nudged: nudged[name], error: relativeError(full[name], nudged[name]) }));
  if (scene.step === steps.length) scene.wrong = scene.inputs.filter((_, i) => !(scene.checked[i].error <= AGREES));
  const ill = scene.checked.find(({ gradient }) => !Number.isFinite(gradient));
  const kind = Number.isNaN(ill?.gradient) ? "not a number (0 × ∞, or a slope that does not exist; torch gives nan)" : "infinite, in torch, too";
  if (ill && scene.step === steps.length) scene.failure = `The gradient of ${ill.name} is ${kind}: expected inputs where each operation has a slope.`;
}

/** A node in words: its name, or its operation. */
function nameOf({ nodes }, i) {
  const { name, label, op } = nodes[i];
  return name ?? label ?? WORDS[op] ?? op;
}

/** What the last step did, in a sentence or two. */
function describeStep(scene) {
  if (scene.problem || scene.failure) return { text: scene.problem || scene.failure, bad: true };
  const { current, step, steps } = scene;
  const count = `Step ${step} of ${steps.length}`;
  if (!current) return `${count}: only the inputs are known. Press Step.`;
  if (current.kind === "forward") return `${count}, forward: ${sumOf(scene, current.node)}.`;
  if (current.kind === "seed") return `${count}: the result is ${n(scene.values[current.node])}. The way back begins: a nudge of the result moves it by as much, so its own gradient is 1.`;
  return `${count}, back: ${describeBack(scene, current.node)}`;
}

function sumOf({ nodes, values }, i) {
  const { op, args } = nodes[i];
  const [a, b] = args.map((arg) => inBrackets(values[arg]));
  const sign = { "+": "+", "-": "−", "*": "×", "/": "÷" }[op];
  const left = sign ? `${a} ${sign} ${b}` : op === "^" ? `${a} to the power ${b}` : op === "negate" ? `−${a}` : `${op}(${n(values[args[0]])})`;
  return `${left} = ${n(values[i])}`;
}

function describeBack(scene, i) {
  const { gradients, last, nodes } = scene;
  const why = SLOPE_WORDS[nodes[i].op] ? `, here ${SLOPE_WORDS[nodes[i].op]}` : "";
  const parts = last.map(({ to, slope, passed, before, after }) => {
    const sum = before === null || scene.mistake === "ways" ? "" : `, and ${n(before)} was there: ${n(before)} + ${inBrackets(passed)} = ${n(after)}`;
    return `to ${nameOf(scene, to)} goes ${n(gradients[i])} × ${inBrackets(slope)} = ${n(passed)}${sum}`;
  });
  return `${nameOf(scene, i)} has the gradient ${n(gradients[i])}. Times its local slope${why}: ${parts.join("; ")}.`;
}

function describeCheck({ checked }) {
  const wrong = checked.filter(({ error }) => !(error <= AGREES)).map(({ name }) => name);
  if (!checked.length || !wrong.length) return "";
  return { text: `The gradient of ${wrong.join(", ")} is not what nudging finds (red): a mistake, or a kink.`, bad: true };
}

function checkRows({ checked, steps, step }) {
  const all = step === steps.length;
  return checked.map(({ name, value, gradient, nudged, error }) => [name, n(value), all ? n(gradient) : "…", all ? n(nudged) : "…", { text: all ? shortNumber(error, 1) : "…", bad: all && !(error <= AGREES) }]);
}

function summarise(scene) {
  const said = describeStep(scene);
  const wrong = describeCheck(scene);
  const found = scene.step === scene.steps.length ? scene.checked.map(({ name, gradient }) => `${name}: ${n(gradient)}`).join(", ") : "";
  return `${said.text ?? said} ${found && `Gradients: ${found}.`} ${wrong.text ?? ""}`.trim();
}

/** Inputs are dragged to the right or up to grow; the node itself stays. */
function addInputs(app, built, scene) {
  let from = null;
  const points = () => inputPoints(scene, built.width(), built.height());
  const now = () => readInputs(app.get("inputs")).values ?? {};
  const held = addPoints(app, built, {
    positions: points,
    describe: (i) => `${scene.names[i]} = ${n(now()[scene.names[i]] ?? 1)}`,
    move: (i, px, py) => {
      const name = scene.names[i];
      const start = now()[name] ?? 1;
      const [x, y] = points()[i];
      if (!held.dragging()) from = null;
      else from ??= { name, start };
      const grown = (from ? from.start : start) + (px - x - (py - y)) * PER_PIXEL;
      const value = Number((Math.round(Math.max(-99, Math.min(99, grown)) * 20) / 20).toFixed(2));
      app.set({ inputs: writeInputs(scene.names, { ...now(), [name]: value }) }, { later: true });
    },
  });
  app.scope.on(built.canvas, "pointerdown", () => (from = null));
}

function lastStep(_, get) {
  const read = readExpression(get("expression"));
  const typed = readInputs(get("inputs"));
  return read.problem || typed.problem ? 0 : plan(read.nodes, valuesOf(read.nodes, typed.values)).length;
}

function report({ problem, failure, names, values, checked, steps, full }) {
  const wrong = problem || (steps.at(-1)?.kind === "forward" ? failure || "There is no value." : "");
  const fits = (value) => Number.isFinite(value) && Math.abs(value) <= LARGEST;
  const gradients = checked.map(({ name }) => full[name]);
  if (wrong || !fits(values.at(-1)) || !gradients.every(fits)) return { result: 0, names: "", gradients: [], problem: wrong || "A value or a gradient is not finite." };
  return { result: values.at(-1), names: names.join(", "), gradients, problem: "" };
}

function tipOf(scene, px, py, width, height) {
  const i = nodeAt(scene, px, py, width, height);
  if (i < 0 || !scene.nodes[i].args.length || !scene.done.forward[i]) return null;
  const back = scene.gradients[i] === null ? "" : `; gradient ${n(scene.gradients[i])}`;
  return `${sumOf(scene, i)}; local slope ${scene.slopes[i].filter((_, k) => scene.live[scene.nodes[i].args[k]]).map(n).join(" and ")}${back}`;
}

const whole = { resets: { step: 65 } };

export const { render, preview } = defineExplorer({
  title: "Graph explorer: a calculation as a graph, values forward and gradients back",
  scene: () => ({ ...EMPTY, key: "", shape: "" }),
  update: updateScene,
  output: report,
  say: summarise,
  top: [
    settings([control("expression", whole), "inputs"]),
    stage({ draw: drawGraph, label: "The graph of the expression", ratio: 2.25, tip: tipOf, use: addInputs }),
    player({ trait: "step", last: lastStep }),
  ],
  bottom: [
    paragraph(describeStep, { className: "d2l-told" }),
    table({ className: "d2l-checks", heads: ({ checked }) => (checked.length ? ["input", "value", "gradient", "by nudging", "relative error"] : []), rows: checkRows }),
    paragraph(describeCheck),
    hint("Above a node, in blue: its value. Below it, in orange: the gradient, by how much the result moves for each small unit that this value moves. On an arrow: the local slope. Filled: inputs; drag them, right or up for more, or type."),
  ],
  controls: ["mistake"],
  shown: 0,
  preview: drawGraph,
});
