// The broadcast explorer: two shapes aligned from the right, and the tensors stretched to the result.
import { defineExplorer, settings } from "../_core/define.js";
import { addCells } from "../_core/handles.js";
import { hint, paragraph, stage, table } from "../_core/parts.js";
import { cellAt, drawTensors } from "./drawing.js";
import { alignAxes, broadcastShapes, drawnShape, explainAxis, readShape, stretchedCells, suggestShape, workOut } from "./model.js";

const SIGNS = { add: "+", multiply: "×" };
const NAMES = ["first", "second"];
const EMPTY = { axes: [], result: null, clashes: 0, drawn: null, count: 0, tensors: [], titles: [], why: "", chosen: 0 };

/** A shape as Python writes it. */
function writeShape(shape) {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const typed = NAMES.map((name) => readShape(get(name), name));
  const problems = typed.map(({ problem }) => problem).filter(Boolean);
  Object.assign(scene, EMPTY, { problems, sign: SIGNS[get("operation")], why: "No picture: a shape cannot be read." });
  if (problems.length) return;
  const shapes = typed.map(({ shape }) => shape);
  const [axes, result, drawn] = [alignAxes(...shapes), broadcastShapes(...shapes), drawnShape(...shapes)];
  const count = drawn ? drawn.reduce((a, b) => a * b, 1) : 0;
  Object.assign(scene, { shapes, axes, result, drawn, count, clashes: axes.filter(({ kind }) => kind === "clash").length });
  scene.why = result?.includes(0) ? "No picture: the result has no cells." : "No picture: more than 3 axes or 60 cells.";
  scene.titles = [`first ${writeShape(shapes[0])}`, `${scene.sign} second ${writeShape(shapes[1])}`, result ? `= result ${writeShape(result)}` : "no result"];
  if (!drawn) return;
  scene.chosen = Math.min(get("position"), count - 1);
  const worked = (k) => workOut(...shapes, get("operation"), k);
  scene.worked = result && worked(scene.chosen);
  scene.tensors = [0, 1].map((which) => stretchedCells(shapes, which, drawn));
  scene.tensors.push(result ? Array.from({ length: count }, (_, k) => ({ value: worked(k).result, kind: "own" })) : []);
}

/** What the scene says of the whole: the result's shape, or that there is none. */
function describeResult({ problems, shapes, result, clashes, sign }) {
  if (problems.length) return { text: problems.join(" "), bad: true };
  const [first, second] = shapes.map(writeShape);
  if (!clashes) return `${first} ${sign} ${second} gives ${writeShape(result)}.`;
  const better = suggestShape(...shapes);
  const advice = better ? ` Reshaped to ${writeShape(better.shape)}, the ${NAMES[better.which]} fits.` : "";
  return { text: `${first} ${sign} ${second} is an error: ${clashes === 1 ? "one axis clashes" : `${clashes} axes clash`}.${advice}`, bad: true };
}

/** Each axis in a sentence, from the right, as the rule is applied; those that agree are left out beside a clash. */
function describeAxes(clash) {
  return ({ axes }) => {
    const told = axes.filter(({ kind }) => (kind === "clash") === clash).reverse();
    return { text: told.map(explainAxis).join(" "), bad: clash };
  };
}

/** The chosen cell's sum, with the indices it is read from. */
function describeCell({ worked, sign }) {
  if (!worked) return "";
  const at = (name, index) => (index.length ? `${name}[${index.join(", ")}]` : name);
  const [first, second] = NAMES.map((name, i) => at(name, worked.sources[i]));
  return `Ringed: ${at("result", worked.index)} = ${first} ${sign} ${second} = ${worked.values.join(` ${sign} `)} = ${worked.result}`;
}

/** The shapes one above the other, aligned from the right, with what happens along each axis. */
function alignedRows({ axes, result, problems }) {
  if (problems.length) return [];
  const row = (which) => axes.map(({ sizes }) => sizes[which] ?? "·");
  const marked = axes.map(({ kind, size }) => ({ text: String(size ?? "✗"), bad: kind === "clash" }));
  const words = axes.map(({ kind }) => ({ text: kind, bad: kind === "clash" }));
  return [["first", ...row(0)], ["second", ...row(1)], ["rule", ...words], [result ? "result" : "no result", ...marked]];
}

/** The cells as a slider, by pointer in any of the three tensors. */
function addPointing(app, built, scene) {
  addCells(app, built, {
    label: "Cell worked out",
    count: () => scene.count,
    columns: () => scene.drawn?.at(-1) ?? 1,
    value: () => Math.max(0, Math.min(app.get("position"), scene.count - 1)),
    cellAt: (px, py) => scene.drawn && cellAt(scene, px, py, built.width(), built.height()),
    move: (position) => app.set({ position }, { later: true }),
    text: () => summarise(scene),
  });
}

function summarise(scene) {
  const said = describeResult(scene);
  return `${said.text ?? said} ${scene.axes.map(explainAxis).join(" ")} ${describeCell(scene)}`.trim();
}

export const { render, preview } = defineExplorer({
  title: "Broadcast explorer: which two shapes fit together, axis by axis",
  update: updateScene,
  output: ({ result }) => ({ fits: result !== null, result_shape: result ?? [] }),
  say: summarise,
  top: [
    settings(["first", "second", "operation"]),
    paragraph(describeResult, { className: "d2l-verdict" }),
    stage({ draw: drawTensors, label: "The two tensors and their result", ratio: 2.8, use: addPointing }),
    table({ className: "d2l-aligned", heads: ({ axes, problems }) => problems.length ? [] : ["axis", ...axes.map(({ axis }) => String(axis).replace("-", "−"))], rows: alignedRows }),
    paragraph(describeAxes(true)),
    paragraph(describeAxes(false)),
    paragraph(describeCell, { className: "d2l-worked" }),
    hint("Tinted: numbers a tensor holds. Dashed: the same numbers, read again; nothing is copied. Point at a cell, or use the arrow keys, to see where it comes from."),
  ],
  preview: drawTensors,
});
