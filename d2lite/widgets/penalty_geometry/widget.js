// The penalty geometry explorer: contours and ball on the left; on the right one weight's shrinking and the path over λ.
import { defineExplorer } from "../_core/define.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { addHandle, addScrubber } from "../_core/handles.js";
import { facts, group, hint, paragraph, stage, table } from "../_core/parts.js";
import { above, beside } from "../_draw/panes.js";
import { chartBox, drawCoefficients, drawMap, drawShrink, findZones, LAST, mapScale, STRENGTHS, strengthIndex, strengthScale } from "./draw.js";
import { canBeSparse, coefficientPath, lossOf, partialTargets, penaltyOf, solve, zerosOf } from "./model.js";

const SETTINGS = ["penalty", "strength", "correlation", "ratio", "q", "target"];
const NAMES = ["w₁", "w₂"];
const WORDS = { l1: "L1", l2: "L2", elastic: "elastic net", lq: "Lq" };

/** Bring a scene up to date with the traits; return whether the zones need another frame. */
function updateScene(scene, get, { deadline }) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
  const key = JSON.stringify(settings);
  if (key !== scene.key) {
    const w = solve(settings);
    Object.assign(scene, { key, settings, w, z: partialTargets(settings, w), loss: lossOf(settings, w), cost: penaltyOf(settings, w) });
  }
  const pathKey = JSON.stringify({ ...settings, strength: 0 });
  if (pathKey !== scene.pathKey) Object.assign(scene, { pathKey, path: coefficientPath(settings, STRENGTHS) });
  scene.showZones = get("zones") && canBeSparse(settings);
  return scene.showZones && findZones(scene, deadline) && "extra";
}

function summarise({ settings, w }) {
  const place = w.map((v, j) => `${NAMES[j]} ${formatFixed(v)}`).join(", ");
  return `${WORDS[settings.penalty]}, λ ${formatNumber(settings.strength)}: ${place}. ${judge({ settings, w })}`;
}

/** The line under the numbers: what happened to the weights, and why. */
function judge({ settings, w }) {
  const { strength, target, penalty, q } = settings;
  if (strength === 0) return "No penalty: the solution is the minimum of the loss.";
  const zeros = zerosOf(w);
  if (zeros === 3 && penalty === "lq" && q < 1) return "Both weights are exactly 0, and the ball through them is that one point: the penalty is infinitely steep there, and no other point costs less.";
  if (zeros === 3) return "Both weights are exactly 0, and the ball through them is that one point: the penalty's slope beats the loss's in every direction.";
  if (zeros) return `${NAMES[zeros - 1]} is exactly 0: the contour touches the ball at a corner, and stays there while ŵ moves a little.`;
  const flipped = [0, 1].find((j) => w[j] * target[j] < 0);
  if (flipped !== undefined) return `${NAMES[flipped]} has changed its sign: the other weight no longer covers for it.`;
  if (penalty === "l2" || (penalty === "lq" && q > 1)) return "The ball is round, without corners: a weight is 0 only by coincidence, in passing.";
  return "The contour touches the ball away from its corners: both weights stay.";
}

function weightRows({ settings, w, z }) {
  const text = (value) => formatFixed(value, 4);
  return NAMES.map((name, j) => [name, text(settings.target[j]), text(z[j]), w[j] === 0 ? "0 exactly" : text(w[j])]);
}

function results({ settings, loss, cost }) {
  const numbers = { loss, penalty: cost, "loss + λ penalty": loss + settings.strength * cost };
  return Object.entries(numbers).map(([name, value]) => [name, formatFixed(value, 4)]);
}

/** The unpenalised minimum as a handle; a click anywhere on the map puts it there. */
function addTarget(app, map) {
  const limit = app.entry("target").max;
  const place = (value) => Number(Math.min(limit, Math.max(-limit, Math.abs(value) < 0.03 ? 0 : value)).toFixed(2));
  const scales = () => mapScale(map.width() || 1, map.height() || 1);
  const put = (px, py) => app.set({ target: [place(scales().x.invert(px)), place(scales().y.invert(py))] });
  const at = () => [scales().x(app.get("target")[0]), scales().y(app.get("target")[1])];
  const text = () => app.get("target").map((v, j) => `${NAMES[j]} ${formatFixed(v)}`).join(", ");
  addHandle(app, map, { label: "Minimum without penalty", at, move: put, text, step: 5 });
  app.scope.on(map.canvas, "click", (event) => put(...map.at(event)));
}

/** The chart of the path as a slider of the strength. */
function addStrength(app, chart, scene) {
  addScrubber(app, chart, {
    label: "Strength on the path",
    value: () => Math.round(strengthIndex(app.get("strength"))),
    max: () => LAST,
    valueAt: (px) => strengthIndex(strengthScale(chartBox(chart.width(), chart.height())).invert(px)),
    move: (i) => app.set({ strength: Number(STRENGTHS[i].toPrecision(3)) }),
    text: () => summarise(scene),
  });
}

export const { render, preview } = defineExplorer({
  title: "Penalty geometry explorer: a loss, a penalty, and where they agree",
  scene: () => ({ key: "", pathKey: "", path: null, settings: null, zones: null }),
  update: updateScene,
  output: ({ w }) => ({ solution: [...w] }),
  say: summarise,
  left: [
    stage({ draw: drawMap, label: "Loss contours and the penalty's ball", use: addTarget }),
    hint("Drag ŵ, or click. Ellipses: equal loss. Green: the ball, equal penalty, through w. Dashed: w as λ grows. Arrow: the pull of the loss."),
  ],
  right: [
    stage({ draw: drawShrink, label: "What the penalty makes of one weight", ratio: 2, className: "d2l-chart" }),
    stage({ draw: drawCoefficients, label: "Weights against strength", ratio: 2, className: "d2l-chart", use: addStrength }),
  ],
  bottom: [
    group(
      { name: "readout", className: "d2l-readout" },
      table({ className: "d2l-weights", heads: ["weight", "minimum ŵ", "given the other, z", "solution w"], rows: weightRows }),
      facts(results),
      paragraph(judge, { className: "d2l-verdict" }),
    ),
  ],
  controls: ["penalty", "strength", "correlation", "ratio", "q", "zones"],
  shown: 5, // ratio and q each with its own penalty
  visible: { ratio: (get) => get("penalty") === "elastic", q: (get) => get("penalty") === "lq" },
  preview: beside(drawMap, above(drawShrink, drawCoefficients)),
});
