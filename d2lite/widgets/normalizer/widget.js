// The normalizer explorer: what enters the units of two networks, without batch norm and with it, as both train.
import { defineExplorer } from "../_core/define.js";
import { formatFixed } from "../_core/format.js";
import { hint, player, stage, table } from "../_core/parts.js";
import { beside } from "../_draw/panes.js";
import { drawBoth, drawLosses, stepScale, unitAt } from "./drawing.js";
import { countRight, lossOf, makeRuns, MEASURE, POINTS, spreads, trainBoth, WIDTH } from "./model.js";

const SETTINGS = ["dataset", "depth", "activation", "scale", "lr", "batch_size", "seed"];
const ALIVE = 0.1; // a unit whose inputs spread less than this hardly tells points apart

/** Bring a scene up to date with the traits: both networks trained to the step, and what enters their units. */
function updateScene(scene, get, { deadline }) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
  const key = JSON.stringify(settings);
  if (key !== scene.key) Object.assign(scene, { key, runs: makeRuns(settings), depth: settings.depth, drawn: "" });
  const { runs } = scene;
  const target = get("step_count");
  const more = trainBoth(runs, target, deadline);
  const statistics = get("statistics");
  const drawn = `${runs.map(({ step }) => step)} ${statistics}`;
  if (drawn === scene.drawn) return more;
  Object.assign(scene, { drawn, steps: runs.map(({ step }) => step), longest: MEASURE * Math.max(...runs.map(({ losses }) => losses.length - 1)) });
  scene.longest = Math.max(scene.longest, ...scene.steps);
  scene.places = Array.from({ length: 1 + Math.max(...runs.map(({ losses }) => losses.length)) }, (_, k) => MEASURE * k);
  scene.losses = runs.map((run) => lossOf(run, statistics));
  scene.curves = runs.map(({ losses }) => losses.map((loss) => loss[statistics]));
  scene.bars = runs.map((run) => spreads(run, statistics));
  scene.right = runs.map((run) => countRight(run, statistics));
  scene.alive = scene.bars.map((layers) => layers.flat().filter(([low, , high]) => high - low > ALIVE).length);
  return more;
}

const lossText = (loss) => (Number.isFinite(loss) ? formatFixed(loss) : "diverged");

function summarise(scene) {
  const told = ["Without batch norm", "With it"].map((name, which) => {
    const loss = scene.losses[which];
    return Number.isFinite(loss) ? `${name}: loss ${formatFixed(loss)}, ${scene.right[which]} of ${POINTS} points right, ${scene.alive[which]} of ${scene.depth * WIDTH} units tell the points apart.` : `${name}: diverged.`;
  });
  return `Step ${Math.max(...scene.steps)}. ${told.join(" ")}`;
}

function rows(scene) {
  return ["without", "with"].map((name, which) => {
    const loss = scene.losses[which];
    return [name, { text: lossText(loss), bad: !(loss < 0.6) }, `${scene.right[which]}/${POINTS}`, `${scene.alive[which]}/${scene.depth * WIDTH}`];
  });
}

function describe(scene, ...place) {
  const found = unitAt(scene, ...place);
  if (!found) return null;
  const [low, middle, high] = scene.bars[found.which][found.layer][found.unit].map((value) => formatFixed(value));
  return `layer ${found.layer + 1}, unit ${found.unit + 1}: 90% of the points from ${low} to ${high}, middle ${middle}`;
}

export const { render, preview } = defineExplorer({
  title: "Normalizer explorer: what enters the units of a deep network, with and without batch norm",
  update: updateScene,
  output: ({ losses }) => ({ losses: losses.map((loss) => Math.min(1e300, loss || 0)) }),
  say: summarise,
  left: [stage({ draw: drawBoth, label: "What enters each unit, layer by layer: above without batch norm, below with it", ratio: 1.45, className: "d2l-units", tip: describe })],
  right: [
    player({ last: ({ runs }) => (runs.every(({ broken }) => broken) ? Math.max(...runs.map(({ broken }) => broken)) : Infinity) }),
    stage({ draw: drawLosses, label: "Loss of both networks by step", ratio: 1.5, className: "d2l-losses", scrub: { trait: "step_count", last: ({ longest }) => longest, scale: stepScale, text: summarise } }),
    table({ heads: ["", "loss", "right", "units that vary"], rows, className: "d2l-both" }),
  ],
  controls: ["lr", "scale", "depth", "statistics", "activation", "batch_size", "dataset", "seed"],
  bottom: [hint("A bar spans the middle 90% of the 120 points, in what enters one unit; its dark line is the middle point. A bar without height is the same for all points; an arrow stands for one beyond the axis. Gray line among the losses: guessing.")],
  preview: beside(drawBoth, drawLosses, 0.62),
});
