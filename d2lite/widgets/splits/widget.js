// The splits explorer: a table dealt to training, validation and test, the score this promises, and what leaks.
import { defineExplorer } from "../_core/define.js";
import { addCells } from "../_core/handles.js";
import { facts, hint, paragraph, player, stage } from "../_core/parts.js";
import { above } from "../_draw/panes.js";
import { drawScores, drawTable, layout, rowAt } from "./drawing.js";
import { crossings, explore, TEST, VALIDATION } from "./model.js";
import { describeBird, describeLeak, results, summarise } from "./words.js";

const CLASSES = { egg: ["both eggs", "second egg missed"], sex: ["female", "male"] };
const NAMES = ["assign", "prepare", "plan", "question", "size", "seed", "opened"];

/** Bring a scene up to date with the traits; what depends on neither fold nor bird is kept. */
function updateScene(scene, get) {
  const settings = Object.fromEntries(NAMES.map((name) => [name, get(name)]));
  Object.assign(settings, { numFolds: get("num_folds"), validationShare: get("validation_share"), testShare: get("test_share") });
  const key = JSON.stringify(settings);
  if (scene.key !== key || scene.data !== get("data")) {
    const data = get("data");
    Object.assign(scene, explore(data, settings), { key, data, settings, species: data.species, classes: CLASSES[settings.question] });
    scene.numBirds = new Set(scene.rows.map(({ bird }) => bird)).size;
  }
  const fold = Math.min(get("fold"), scene.folds.length);
  const { parts, neighbours } = scene.folds[fold - 1];
  const chosen = Math.min(get("row"), scene.rows.length - 1);
  const hasTest = parts.includes(TEST);
  const opened = get("opened") && hasTest;
  const shut = parts[chosen] === TEST && !opened;
  Object.assign(scene, { fold, parts, hasTest, opened, chosen, neighbour: shut ? -1 : neighbours[chosen], crossing: crossings(scene.rows, parts, VALIDATION) });
}

/** The table as a slider of birds. */
function addPointing(app, built, scene) {
  const last = () => Math.max(0, (scene.rows?.length ?? 1) - 1);
  addCells(app, built, {
    label: "Bird looked at",
    count: () => last() + 1,
    columns: () => 2 * layout(scene, built.width(), built.height()).columns,
    value: () => Math.min(app.get("row"), last()),
    cellAt: (px, py) => rowAt(scene, px, py, built.width(), built.height()),
    move: (row) => app.set({ row }, { later: true }),
    text: () => describeBird(scene),
  });
}

export const { render, preview } = defineExplorer({
  title: "Splits explorer: which rows train, which judge, and what leaks between them",
  update: updateScene,
  output: ({ promised, worth }) => ({ promised: Number.isNaN(promised) ? 0 : promised, worth: worth ?? 0 }),
  say: summarise,
  top: [
    stage({ draw: drawTable, label: "The table, two birds a nest", className: "d2l-rows", ratio: 3.15, use: addPointing }),
    paragraph(describeBird, { className: "d2l-about d2l-direct" }),
  ],
  left: [stage({ draw: drawScores, label: "Score of each fold", className: "d2l-scores", ratio: 2.4 }), player({ trait: "fold", last: ({ folds }) => folds?.length ?? 1 })],
  right: [paragraph(describeLeak, { className: "d2l-leak" }), facts(results), hint("Red bar: nest mates on both sides. Red frame: a bird that is in training as well. Dashed: to the training bird whose answer is copied.")],
  controls: ["assign", "prepare", "question", "plan", "num_folds", "size", "validation_share", "test_share", "opened", "seed"],
  visible: {
    num_folds: (get) => get("plan") === "folds",
    validation_share: (get) => get("plan") === "one_part",
    opened: (_, scene) => scene.hasTest,
  },
  preview: above(drawTable, drawScores, 0.6),
});
