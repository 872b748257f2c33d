// The roots explorer: one weight under momentum. Its two roots in the complex plane, one of them to drag; its weights by step, and
// its phase plot.
import { defineExplorer } from "../_core/define.js";
import { formatNumber } from "../_core/format.js";
import { addHandle } from "../_core/handles.js";
import { facts, hint, player, stage } from "../_core/parts.js";
import { onPress } from "../_core/press.js";
import { above, beside } from "../_draw/panes.js";
import { complexScales, drawComplex, drawPhase, drawWeights, kindOf, RATIO, rootColor, rootText, stepAxis } from "./draw.js";
import { keptShare, partOf, powersOf, rootsOf, runAlong, settingsFor } from "./model.js";

const SNAP = 3.5; // px from the real axis, less than an arrow's step
const NEAREST = 1e-3; // a root stays so far from 1, where nothing would move
/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const [rate, curvature, beta, step] = ["rate", "curvature", "beta", "step_count"].map(get);
  const product = rate * curvature;
  const key = [rate, curvature, beta].join();
  if (key !== scene.key) {
    const roots = rootsOf(product, beta);
    const run = runAlong(rate, curvature, beta, scene.count);
    Object.assign(scene, { key, product, beta, roots, share: keptShare(product, beta), part: partOf(roots, product), powers: powersOf(roots[0], scene.count), ...run });
  }
  scene.step = step;
}

function rootsText([first, second]) {
  return first.im ? `${formatNumber(first.re)} ± ${formatNumber(first.im)} i` : `${rootText(first)} and ${rootText(second)}`;
}

function listFacts({ product, roots, share }) {
  return [["ηλ", formatNumber(product)], ["roots", { text: rootsText(roots), bad: share > 1 }]];
}

function summarise(scene) {
  const { product, beta, roots, share, weights, step } = scene;
  const run = `Rate times curvature ${formatNumber(product)}, memory ${formatNumber(beta)}: ${kindOf(scene)}; a step keeps ${formatNumber(share)}.`;
  return `${run} Roots ${rootsText(roots)}. Step ${step}: weight ${formatNumber(weights[step])}.`;
}

function resultsOf({ weights, step, roots }) {
  return { weight: [weights[step]], roots: roots.flatMap(({ re, im }) => [re, im]) };
}

/** The larger root as a handle, and wherever the reader presses. */
function addRoot(app, plane, scene) {
  const rootNow = () => rootsOf(app.get("rate") * app.get("curvature"), app.get("beta"))[0];
  const scales = () => complexScales(plane.width(), plane.height());
  const at = () => [scales().x(rootNow().re), scales().y(rootNow().im)];
  const move = (px, py) => app.set(traitsFor(app, scales().x.invert(px), Math.abs(py - scales().y(0)) < SNAP ? 0 : Math.abs(scales().y.invert(py))));
  const handle = addHandle(app, plane, { label: "Larger root", at, move, text: () => rootText(rootNow()) });
  app.draw(() => handle.style.setProperty("--d2l-handle", rootColor(app.theme, scene)));
  onPress(app, plane.canvas, (event) => move(...plane.at(event)));
}

/** The traits for a root there, within their ranges: a pair stays within the unit circle. */
function traitsFor(app, re, im) {
  const far = im ? Math.max(1, Math.hypot(re, im)) : 1;
  const place = { re: Math.min(1 - NEAREST, re / far), im: im / far };
  const { product, beta } = settingsFor(place, app.get("beta"));
  const { min, max } = app.entry("rate");
  const rate = Math.min(max, Math.max(min, product / app.get("curvature")));
  return { rate: Number(rate.toPrecision(6)), beta: Number(Math.min(1, beta).toFixed(6)) };
}

export const { render, preview } = defineExplorer({
  title: "Roots explorer: momentum along one curvature",
  scene: () => ({ key: "", count: 60 }),
  update: updateScene,
  output: resultsOf,
  say: summarise,
  left: [
    stage({ draw: drawComplex, label: "The complex plane with the two roots and the unit circle", ratio: RATIO, use: addRoot }),
    hint("The complex plane, real parts across. Drag the filled root; the ring is the other. Line: the unit circle. Dashed: the circle of radius √β. Small dots: the filled root's powers r, r², r³, … up to the step shown."),
  ],
  right: [
    stage({
      draw: drawWeights,
      label: "Weight by step",
      ratio: 2.3,
      className: "d2l-weights",
      scrub: { trait: "step_count", scale: (scene, width, height) => stepAxis(scene.count, width, height), text: (scene, step) => `step ${step}` },
    }),
    player(),
    stage({ draw: drawPhase, label: "Phase plot: velocity by weight", ratio: 2.3, className: "d2l-phase" }),
    facts(listFacts),
  ],
  controls: ["rate", "curvature", "beta"],
  preview: beside(drawComplex, above(drawWeights, drawPhase), 0.5),
});
