// The descent explorer: a surface's map with the path on the left; the loss, the step and what the Hessian says of it on the right.
import { control, defineExplorer } from "../_core/define.js";
import { formatNumber } from "../_core/format.js";
import { facts, group, hint, paragraph, player, stage, table } from "../_core/parts.js";
import { above, beside } from "../_draw/panes.js";
import { addStart, lossBox, stepScale } from "../_draw/paths.js";
import { makeSurface } from "../_math/surfaces.js";
import { drawAlong, drawLoss, drawMap, endsKey, findEnds, isLost, MOST } from "./draw.js";
import { bowlRate, describeDirection, descendTo, localPicture, makeRun, stepsDone } from "./model.js";

const SHAPE = ["surface", "condition", "angle"];

const isBowl = (get) => get("surface") === "bowl";
const canTurn = (get) => isBowl(get) || get("surface") === "saddle";

/** Bring a scene up to date with the traits; return whether the map of ends needs another frame. */
function updateScene(scene, get, { deadline }) {
  const settings = { ...Object.fromEntries([...SHAPE, "lr"].map((name) => [name, get(name)])), start: get("start")[0] || null };
  const shape = SHAPE.map(get).join();
  if (shape !== scene.shape) {
    if (scene.surface?.name !== settings.surface) scene.ends = null; // its minima are others
    Object.assign(scene, { shape, surface: makeSurface(settings.surface, settings), map: null, before: null, key: "" });
  }
  const key = JSON.stringify(settings);
  if (key !== scene.key) {
    if (scene.run && scene.key && scene.run.lr !== settings.lr) scene.before = scene.run;
    Object.assign(scene, { key, settings, run: makeRun(settings) });
  }
  descendTo(scene.run, get("step_count"));
  scene.step = Math.min(get("step_count"), stepsDone(scene.run));
  scene.local = localPicture(scene.surface, scene.run.points[scene.step], scene.run.lr);
  return get("basins") && scene.map !== null && findEnds(scene, deadline) && "extra";
}

function summarise(scene) {
  const { run, step } = scene;
  return `Step ${step}: loss ${formatNumber(run.losses[step])}. ${judge(scene).text}`;
}

function results({ run, step, local }) {
  const numbers = { "w₁": run.points[step][0], "w₂": run.points[step][1], loss: run.losses[step], slope: local.slope };
  return [["step", step], ...Object.entries(numbers).map(([name, value]) => [name, formatNumber(value)])];
}

/** The Hessian's two directions, the steeper first: curvature, times the learning rate, what is left after a step, in words. */
function directionRows({ run, local }) {
  return [1, 0].map((i) => {
    const product = run.lr * local.values[i];
    const isKnown = Number.isFinite(product);
    const word = { text: isKnown ? describeDirection(product) : "", bad: isKnown && (product > 2.001 || product < -1e-9) };
    return [...[local.values[i], product, local.factors[i]].map((value) => formatNumber(value)), word];
  });
}

function isAtRest({ local }) {
  return local.slope < 1e-8;
}

/** The line under the table: what to expect of this learning rate. */
function judge(scene) {
  const { run, local, surface, settings } = scene;
  if (isLost(scene)) return { text: `Diverged at step ${run.broken}. Lower the learning rate.`, bad: true };
  if (isAtRest(scene) && local.values[0] > 0) return { text: "At rest: it has converged.", bad: false };
  const product = run.lr * local.values[1];
  if (surface.name === "bowl") {
    const rate = bowlRate(settings.condition, run.lr);
    if (rate > 1.0005) return { text: `Diverges: η λ is above 2, so the distance grows ${formatNumber(rate)}-fold a step.`, bad: true };
    if (rate > 0.9995) return { text: "On the edge: the distance hardly changes.", bad: false };
    return { text: `Converges: in the long run a step keeps ${formatNumber(100 * rate)}% of the distance.`, bad: false };
  }
  if (local.slope < 1e-6 && local.values[0] > 0) return { text: "At rest in a minimum.", bad: false };
  if (local.values[0] < 0 && local.slope < 0.1) return { text: "Nearly flat, yet curved down: a saddle or a plateau.", bad: false };
  if (local.values[0] < 0) return { text: "It curves down here: nothing can come to rest.", bad: false };
  if (product > 2) return { text: "η λ is above 2 here: no minimum this curved could hold the path.", bad: true };
  return { text: `Here a learning rate below ${formatNumber(2 / Math.max(1e-12, local.values[1]))} would be stable.`, bad: false };
}

function explainMap({ surface, before }, app) {
  const past = before ? " Thin gray: the path before the change." : "";
  if (!app.get("basins")) return `Click or drag to choose the start. Arrow: the next step. Cross: the Hessian's directions, dashed where it curves down.${past}`;
  const depth = surface.minima.length > 4 ? ", by its depth" : "";
  return `Colour: the minimum a start comes to${depth}; paler: later. Red: it diverges. Blank: no rest in ${MOST} steps.`;
}

function explainCharts({ surface }) {
  const predicted = surface.name === "bowl" ? "Above, dashed: what the curvatures predict. " : "";
  return `${predicted}Below: what a step at each learning rate would bring (dashed: by the slope alone); the mark is at η.`;
}

/** The start, to drag; and, once the map has its size, the frames in which its ends are found. */
function addToMap(app, map, scene) {
  addStart(app, map, { map: () => scene.map, own: () => scene.run.points[0], moving: () => (scene.before = null) });
  app.draw(() => {
    if (app.get("basins") && scene.map && scene.ends?.key !== endsKey(scene)) app.refresh();
  });
}

export const { render, preview } = defineExplorer({
  title: "Descent explorer: gradient descent on a surface",
  scene: () => ({ shape: "", surface: null, key: "", run: null, step: 0, before: null, map: null, ends: null, local: null }),
  update: updateScene,
  output: ({ run, step }) => ({ position: [...run.points[step]] }),
  say: summarise,
  left: [
    stage({ draw: drawMap, label: "Map of the surface with the path of gradient descent", use: addToMap }),
    hint(explainMap),
  ],
  right: [
    player({ last: ({ run }) => run.broken || Infinity, rest: isAtRest }),
    stage({
      draw: drawLoss,
      label: "Loss by step",
      ratio: 2.3,
      className: "d2l-chart",
      scrub: {
        trait: "step_count",
        last: ({ run }) => stepsDone(run),
        scale: ({ run }, width, height) => stepScale(stepsDone(run), lossBox(width, height)),
        text: summarise,
      },
    }),
    stage({ draw: drawAlong, label: "Change of the loss at each learning rate, and what the gradient promises", ratio: 2.6 }),
    hint(explainCharts),
  ],
  bottom: [
    paragraph(({ surface }) => `L(w) = ${surface.formula}`, { className: "d2l-surface-formula" }),
    group(
      { name: "readout", className: "d2l-readout" },
      facts(results),
      table({ className: "d2l-directions", heads: ["curvature λ", "η λ", "keeps", "along this direction, a step"], rows: directionRows }),
      paragraph(judge, { className: "d2l-verdict" }),
    ),
  ],
  controls: [
    control("surface", {
      segments: false,
      change: (surface, app) => app.set({ surface, start: [], lr: makeSurface(surface, { condition: app.get("condition") }).lr }),
    }),
    "lr", "condition", "angle", "basins",
  ],
  visible: { condition: isBowl, angle: canTurn },
  preview: beside(drawMap, above(drawLoss, drawAlong, 0.55)),
});
