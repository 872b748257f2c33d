// The all-reduce explorer: what each worker holds, chunk by chunk, and what was just sent.
import { defineExplorer } from "../_core/define.js";
import { formatFixed } from "../_core/format.js";
import { addCells } from "../_core/handles.js";
import { facts, hint, paragraph, player, stage } from "../_core/parts.js";
import { cellAt, drawWorkers } from "./drawing.js";
import { isAdding, messagesOf, runTo, stepsOf, timeOf } from "./model.js";

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const [method, n] = [get("method"), get("workers")];
  const step = Math.min(get("step_count"), stepsOf(n));
  const messages = step ? messagesOf(method, n, step) : [];
  const chosen = Math.min(get("cell"), n * n - 1);
  Object.assign(scene, { method, n, step, messages, chosen, ...runTo(method, n, step), time: timeOf(method, n, step) });
}

/** What the step did, in a sentence. */
function tellStep({ method, n, step, messages }) {
  if (!step) return `Nothing is sent yet: each of ${n} workers has its own ${n} numbers.`;
  const { from, to, chunks } = messages[0];
  const done = step === stepsOf(n) ? " Every worker has every sum." : step === n - 1 ? ` ${method === "ring" ? "Each worker now has one sum." : "Worker 1 has all sums."}` : "";
  const add = isAdding(step, n);
  const what = chunks.length > 1 ? "its vector" : `chunk ${chunks[0] + 1}`;
  const all = method === "ring" ? `Each sends a chunk to the next, which ${add ? "adds it" : "copies it"}: worker ${from + 1} sent ${what} to worker ${to + 1}.` : `Worker ${from + 1} sent ${what} to worker ${to + 1}, which ${add ? "added it" : "copied it"}.`;
  return `Step ${step} of ${stepsOf(n)}. ${all}${done}`;
}

/** The cell looked at: what its number is the sum of. */
function tellCell({ n, values, parts, chosen }) {
  const [w, c] = [Math.floor(chosen / n), chosen % n];
  const first = runTo("ring", n, 0).values;
  const terms = parts[w][c].map((i) => first[i][c]);
  const name = `Worker ${w + 1}, chunk ${c + 1}: `;
  if (terms.length === 1) return `${name}${values[w][c]}, its own number.`;
  return `${name}${terms.join(" + ")} = ${values[w][c]}, from ${terms.length === n ? "all workers" : `workers ${parts[w][c].map((i) => i + 1).join(", ")}`}.`;
}

const summarise = (scene) => `${tellStep(scene)} ${tellCell(scene)}`;

const vectors = (count) => `${formatFixed(count, 2)} vectors`;
const mostSent = ({ sent, n }) => Math.max(...sent) / n;

function results(scene) {
  const { sent, n, time } = scene;
  const done = scene.parts.flat().filter((from) => from.length === n).length;
  return [
    ["most sent by one", vectors(mostSent(scene))],
    ["least sent by one", vectors(Math.min(...sent) / n)],
    ["time, in vectors over one wire", formatFixed(time, 2)],
    ["cells with the sum", `${done} of ${n * n}`],
  ];
}

/** The cells as a slider: pointing at one reads it out. */
function addPointing(app, built, scene) {
  addCells(app, built, {
    label: "Cell read out",
    count: () => app.get("workers") ** 2,
    columns: () => app.get("workers"),
    value: () => Math.min(app.get("cell"), app.get("workers") ** 2 - 1),
    cellAt: (px, py) => cellAt(scene, px, py, built.width(), built.height()),
    move: (cell) => app.set({ cell }, { later: true }),
    text: () => tellCell(scene),
    hover: false,
  });
}

export const { render, preview } = defineExplorer({
  title: "All-reduce explorer: workers add up their vectors, a step at a time",
  update: updateScene,
  output: (scene) => ({ values: scene.values.flat(), most_sent: mostSent(scene) }),
  say: summarise,
  top: [
    paragraph(tellStep, { className: "d2l-verdict" }),
    stage({ draw: drawWorkers, label: "What each worker holds", ratio: 2, use: addPointing }),
    player({ last: ({ n }, get) => stepsOf(get("workers")), again: true }),
  ],
  controls: ["workers", "method", "cell"],
  shown: 2,
  bottom: [
    paragraph(tellCell, { className: "d2l-cell" }),
    facts(results),
    hint("A chunk is a piece of the vector, here one number. Blue: a sum of some workers' numbers, stronger the more are in it. Orange: the sum of all. Arrows and strong frames: what the last step sent, and where it arrived. Press a cell to read it out."),
  ],
  preview: drawWorkers,
});
