// The broadcast explorer: two shapes aligned from the right, and the tensors stretched to the result.
import { defineExplorer, settings } from "../_core/define.js";
import { addCells } from "../_core/handles.js";
import { group, hint, paragraph, player, stage, table } from "../_core/parts.js";
import { cellAt, drawTensors } from "./drawing.js";
import { alignAxes, broadcastShapes, readShape, shownCells, shownIndices, stretchedCells, workOut } from "./model.js";
import { alignedHeads, alignedRows, describeAxes, describeCell, describeError, describeLeftOut, describeStep, summarise, writeShape } from "./words.js";

const SIGNS = { add: "+", subtract: "−", multiply: "×" };
const NAMES = ["a", "b"];
const EMPTY = { axes: [], result: null, clashes: 0, shown: null, count: 0, tensors: [], titles: [], why: "", chosen: 0, worked: null, done: false };
const LAST = 3;

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const typed = NAMES.map((name) => readShape(get(name), name));
  const problems = typed.map(({ problem }) => problem).filter(Boolean);
  Object.assign(scene, EMPTY, { problems, step: get("step"), sign: SIGNS[get("operation")], why: "No picture: a shape cannot be read." });
  if (problems.length) return;
  const shapes = typed.map(({ shape }) => shape);
  const axes = alignAxes(...shapes);
  const clashes = axes.filter(({ kind }) => kind === "clash").length;
  Object.assign(scene, { shapes, axes, clashes, result: broadcastShapes(...shapes), shown: shownIndices(...shapes) });
  scene.done = scene.step === LAST;
  scene.why = "No picture: an axis of size 0 has no cells.";
  scene.titles = titlesOf(scene);
  if (scene.shown) addCellsOf(scene, get("operation"), get("position"));
}

/** The names above the tensors: their own shapes, or, while they are lined up, with the axes of 1 that count as there. */
function titlesOf({ shapes, axes, sign, result, step, done }) {
  const padded = (shape) => [...Array(axes.length - shape.length).fill(1), ...shape];
  const name = (shape) => writeShape(shape) + (step === 1 && shape.length < axes.length ? ` as ${writeShape(padded(shape))}` : "");
  return [`a ${name(shapes[0])}`, `${sign} b ${name(shapes[1])}`, !done ? "" : result ? `= result ${writeShape(result)}` : "no result"];
}

function addCellsOf(scene, operation, position) {
  const { shapes, shown, result, step, done } = scene;
  const cells = shownCells(shown);
  const worked = (index) => workOut(...shapes, operation, index);
  const unstretched = (cell) => (step < 2 && cell.kind !== "own" ? { kind: "none" } : cell);
  scene.count = cells.length;
  scene.chosen = Math.min(position, scene.count - 1);
  scene.worked = done && result && worked(cells[scene.chosen]);
  scene.tensors = [0, 1].map((which) => stretchedCells(shapes, which, shown).map(unstretched));
  if (done) scene.tensors.push(result ? cells.map((index) => ({ value: worked(index).result, kind: "own" })) : []);
}

/** The cells as a slider, by pointer in any of the three tensors; whoever points wants the result. */
function addPointing(app, built, scene) {
  addCells(app, built, {
    label: "Cell worked out",
    count: () => scene.count,
    columns: () => scene.shown?.at(-1)?.length ?? 1,
    value: () => Math.max(0, Math.min(app.get("position"), scene.count - 1)),
    cellAt: (px, py) => (scene.shown && scene.done ? cellAt(scene, px, py, built.width(), built.height()) : null),
    move: (position) => app.set({ position }, { later: true }),
    text: () => summarise(scene),
  });
}

export const { render, preview } = defineExplorer({
  title: "Broadcast explorer: which two shapes fit together, axis by axis",
  update: updateScene,
  output: ({ result }) => ({ fits: result !== null, result_shape: result ?? [] }),
  say: summarise,
  top: [
    settings(["a", "b", "operation"]),
    paragraph(describeStep, { className: "d2l-verdict" }),
    stage({ draw: drawTensors, label: "The two tensors and their result", ratio: 2.8, use: addPointing }),
    player({ trait: "step", again: true }),
    group(
      { name: "rule", className: "d2l-rule" },
      table({ className: "d2l-aligned", heads: alignedHeads, rows: alignedRows }),
      group({ className: "d2l-reasons" }, paragraph(describeAxes(true)), paragraph(describeError, { className: "d2l-message" }), paragraph(describeAxes(false)), paragraph(describeCell, { className: "d2l-worked" })),
    ),
    hint(describeLeftOut),
  ],
  preview: drawTensors,
});
