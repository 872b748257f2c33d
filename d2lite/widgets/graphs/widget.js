// The graphs explorer: a few lines of Python, and the graph of operations that they make or run.
import { control, defineExplorer } from "../_core/define.js";
import { formatCounted } from "../_core/format.js";
import { facts, hint, paragraph, player, stage } from "../_core/parts.js";
import { beside } from "../_draw/panes.js";
import { drawLabel } from "../_draw/scales.js";
import { program } from "./code.js";
import { drawGraph, nodeAt, shapeText, titleOf, valueText } from "./drawing.js";
import { follow, layOut, nextInput, stateAfter, tensor } from "./model.js";

const runOf = (get) => follow(get("data").programs[get("model")], get("data").weights, tensor([[get("first"), get("second")]]), get("mode"));

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const run = runOf(get);
  const step = Math.min(get("step"), run.events.length);
  const current = step ? run.events[step - 1] : null;
  const lines = get("data").programs[get("model")].lines;
  Object.assign(scene, run, stateAfter(run, step), { step, current, code: lines, mode: get("mode"), layout: layOut(run.nodes, run.needed), next: nextInput(run, get("mode")) });
}

/** The line of a node, as Python has it: h = x @ W. */
const lineOf = ({ code, nodes }, node) => code[nodes[node].line].trim();

const SAID = {
  call: (scene, { node, line }) => `Line ${line + 1} runs, and ${lineOf(scene, node)} is computed at once: ${valueText(scene.nodes[node])}.`,
  record: (scene, { node, line }) => `Line ${line + 1} runs with a stand-in for x. ${lineOf(scene, node)} is written down with its shape, ${shapeText(scene.nodes[node].shape)}. Nothing is computed.`,
  run: (scene, { node }) => `The graph runs, without Python: ${lineOf(scene, node)} gives ${valueText(scene.nodes[node])}.`,
  drop: (scene, { nodes: dropped }) => `The graph is known before it runs. Nothing needs ${dropped.map((i) => lineOf(scene, i)).join(", ")}: it is left out.`,
  loop: ({ mode }, { turn, times }) => `Python's loop begins turn ${turn} of ${times}.${mode === "eager" ? "" : " The graph will hold each turn's operations, and no loop."}`,
  decide: ({ nodes, mode }, { node, took }) => `Python asks for c: ${valueText(nodes[node])}. So it goes on in the ${took ? "first" : "second"} branch.${mode === "compiled" ? " A second graph begins." : ""}`,
  stop: () => "Python asks whether c is true. A stand-in has no value, so nobody can say. The tracing stops with an error.",
  return: ({ mode }) => (mode === "eager" ? "The model returns its value." : "The model returns, and the graph ends here."),
};

function message(scene) {
  const { current, step, events, failed } = scene;
  const count = `Step ${step} of ${events.length}. `;
  if (!current) return `${count}Only x and the weights are known. Press Step.`;
  return { text: count + SAID[current.kind](scene, current), bad: failed && current.kind === "stop" };
}

/** What has been counted so far; what a further input costs is said at the end, so as not to give the steps away. */
function results({ lines, operations, next, step, events, pieces, mode }) {
  const list = [["so far", `${formatCounted(lines, "line")} of Python, ${formatCounted(operations, "operation")}`]];
  if (next && step === events.length) list.push([mode === "compiled" && pieces > 1 ? "each further x that goes this way" : "each further x", `${formatCounted(next.lines, "line")}, ${formatCounted(next.operations, "operation")}`]);
  if (mode === "compiled") list.push(["graphs", step ? pieces - events.slice(step).filter(({ kind }) => kind === "decide").length : 0]);
  return list;
}

function summarise(scene) {
  const said = message(scene);
  const { nodes, state } = scene;
  const known = nodes.filter(({ kind }, i) => kind === "op" && state[i] === "known").length;
  const noted = nodes.filter(({ kind }, i) => kind === "op" && state[i] === "noted").length;
  return `${said.text ?? said} ${formatCounted(known, "operation")} computed, ${noted} only written down.`;
}

/** Go to the step at which a test of an event is true next, or from the start. */
function goTo(app, fits) {
  const { events } = runOf(app.get);
  const found = events.flatMap((event, i) => (fits(event) ? [i + 1] : []));
  const next = found.find((step) => step > app.get("step")) ?? found[0];
  if (next) app.set({ step: next });
}

function addPress(app, built, scene) {
  app.scope.on(built.canvas, "click", (event) => {
    const node = nodeAt(scene, ...built.at(event), built.width(), built.height());
    if (node >= 0) goTo(app, (event) => event.node === node);
  });
}

function tipOf(scene, px, py, width, height) {
  const i = nodeAt(scene, px, py, width, height);
  if (i < 0) return null;
  const value = scene.state[i] === "known" && scene.nodes[i].kind !== "weight" ? `: ${valueText(scene.nodes[i])}` : "";
  return `${titleOf(scene.nodes[i])}, shape ${shapeText(scene.nodes[i].shape)}${value}`;
}

/** The program as a picture, for where there is no page. */
function drawCode(ctx, width, height, theme, { code, current }) {
  const step = Math.min(24, height / code.length);
  code.forEach((text, i) => {
    const indent = text.length - text.trimStart().length;
    const size = Math.min(12, width / 16);
    const now = current?.line === i;
    drawLabel(ctx, text.trimStart(), 8 + indent * 0.6 * size, (i + 0.5) * step + 12, { ...theme, font: theme.mono }, { color: now ? theme.b : theme.text, size, weight: now ? 700 : 400, baseline: "middle" });
  });
}

const again = { resets: { step: 0 } };

export const { render, preview } = defineExplorer({
  title: "Graphs explorer: the graph of a model, written down first or run at once",
  update: updateScene,
  output: ({ operations }) => ({ num_operations: operations }),
  say: summarise,
  left: [
    stage({ draw: drawGraph, label: "Operations of the model, from its input at the top", ratio: 1.2, tip: tipOf, use: addPress }),
    player({ trait: "step", last: (_, get) => runOf(get).events.length }),
  ],
  right: [
    program({
      lines: ({ code }) => code,
      current: ({ current }) => current?.line ?? -1,
      failed: ({ current }) => current?.kind === "stop",
      press: (app, _, line) => goTo(app, (event) => event.line === line),
      label: "Lines of the model",
    }),
    paragraph(message, { className: "d2l-told d2l-direct" }),
  ],
  controls: [control("model", again), control("mode", again), "first", "second"],
  bottom: [
    facts(results),
    hint("A box: an operation, with its result's name. Dashed: written down, with the shape it will have. Solid: computed, with its value. Press a line or a box to go to its next step."),
  ],
  preview: beside(drawGraph, drawCode, 0.6),
});
