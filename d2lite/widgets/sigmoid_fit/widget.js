// The sigmoid-fit explorer: an S held at two handles over real tumours, the surprise of each, and descent from where it was left.
import { addControl } from "../_core/controls.js";
import { defineExplorer } from "../_core/define.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { addHandle } from "../_core/handles.js";
import { button, facts, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { sigmoid } from "../_math/nn.js";
import { drawFit, scalesOf, tumourAt } from "./drawing.js";
import { bestCurve, curveAfter, descendTo, gripsOf, lossOf, makeRun, slideTo, surpriseOf, tiltTo } from "./model.js";

const MARGIN = 0.04; // of the measurements' range, beyond its ends
const SETTLED = 1e-4; // of the lowest loss: a step further is not to be seen
const LEAPS = [10, 100];

/** Bring a scene up to date with the traits; return whether the descent needs another frame. */
function updateScene(scene, get, { deadline }) {
  if (!scene.points) Object.assign(scene, readData(get("data")));
  const key = JSON.stringify([get("weight"), get("bias"), get("lr")]);
  if (key !== scene.key) {
    const start = { w: get("weight"), b: get("bias") };
    Object.assign(scene, { key, first: start, run: makeRun(scene.points, { lr: get("lr"), start, lowest: scene.lowest }) });
  }
  const more = descendTo(scene.run, get("step_count"), deadline);
  scene.step = Math.min(get("step_count"), scene.run.ws.length - 1);
  scene.curve = curveAfter(scene.run, scene.step);
  scene.loss = scene.run.losses[scene.step];
  const { us, ys } = scene.points;
  scene.surprises = us.map((u, i) => surpriseOf(scene.curve.w * u + scene.curve.b, ys[i]));
  return more;
}

/** What follows from the data alone. */
function readData({ mean, spread, values, malignant: ys }) {
  const us = values.map((value) => (value - mean) / spread);
  const [low, high] = [Math.min(...us), Math.max(...us)];
  const wide = MARGIN * (high - low);
  const points = { us, ys };
  const best = bestCurve(points);
  return { mean, spread, values, ys, points, domain: [low - wide, high + wide], best, lowest: lossOf(points, best) };
}

function summarise({ curve, mean, spread, loss, lowest, step }) {
  const middle = mean - (spread * curve.b) / curve.w;
  const place = Math.abs(curve.w) > 0.01 && Math.abs(middle) < 1000 ? `one half at a radius of ${formatFixed(middle, 1)}` : "nearly flat";
  return `${step ? `Step ${step}: w` : "W"}eight ${formatFixed(curve.w, 2)}, bias ${formatFixed(curve.b, 2)}, ${place}. Mean surprise ${formatFixed(loss, 3)} nats; the best possible is ${formatFixed(lowest, 3)}.`;
}

/** The present curve, from the traits where nothing has been descended: two keys may fall in one frame. */
function presentCurve(app, scene) {
  return app.get("step_count") === 0 ? { w: app.get("weight"), b: app.get("bias") } : scene.curve;
}

const KEYS = ["w", "b"];

const fit = (app, name, value) => {
  const { min, max } = app.entry(name);
  return Number(Math.max(min, Math.min(max, value)).toFixed(2));
};

/** Leave the curve here: descent starts again from it. */
function put(app, { w, b }) {
  app.set({ weight: fit(app, "weight", w), bias: fit(app, "bias", b), step_count: 0 });
}

function holdCurve(app, plot, scene) {
  const unitOf = (x, px) => (x.invert(px) - scene.mean) / scene.spread;
  const add = (k, label, change, text) =>
    addHandle(app, plot, {
      label,
      at: () => {
        const { x, y } = scalesOf(scene, plot.width(), plot.height());
        const curve = presentCurve(app, scene);
        const u = gripsOf(curve, scene.domain)[k];
        return [x(scene.mean + scene.spread * u), y(sigmoid(curve.w * u + curve.b))];
      },
      move: (px, py) => {
        const { x, y } = scalesOf(scene, plot.width(), plot.height());
        put(app, change(presentCurve(app, scene), unitOf(x, px), y.invert(py)));
      },
      text,
    });
  const number = (key) => formatFixed(presentCurve(app, scene)[key], 2);
  add(0, "Slide the S", slideTo, () => `bias ${number("b")}`);
  add(1, "Tilt the S", (curve, u, p) => tiltTo(curve, u, p, scene.domain), () => `weight ${number("w")}`);
}

function describeTumour(scene, px, _, width, height) {
  const i = tumourAt(scene, px, width, height);
  if (i < 0) return null;
  const { values, ys, points, curve, surprises } = scene;
  const p = sigmoid(curve.w * points.us[i] + curve.b);
  return `radius ${formatFixed(values[i], 1)}, ${ys[i] ? "malignant" : "benign"}: p = ${formatNumber(p, 2)}, surprise ${formatFixed(surprises[i], 2)}`;
}

/** Weight or bias: the slider shows where descent has brought it; moved by hand, it is left there, and so is the other. */
function parameter(name, k) {
  return (app, parent, scene) =>
    addControl(app, parent, name, {
      follows: [name, "theta"],
      value: (get) => (get("step_count") && get("theta").length ? get("theta")[k] : get(name)),
      change: (value) => put(app, { ...presentCurve(app, scene), [KEYS[k]]: value }),
    });
}

/** So many steps more of descent, from where the curve is. */
function leap(steps) {
  return button({
    label: `${steps} steps`,
    press: (app) => {
      app.stop();
      app.set({ step_count: Math.min(app.entry("step_count").max, app.get("step_count") + steps) });
    },
  });
}

function results({ curve, loss, lowest, step, surprises }) {
  return [
    ["step", step], ["weight w", formatFixed(curve.w, 2)], ["bias b", formatFixed(curve.b, 2)],
    ["mean surprise", formatFixed(loss, 3)], ["best possible", formatFixed(lowest, 3)], ["largest surprise", formatFixed(Math.max(...surprises), 1)],
  ];
}

/** Whether another step would change nothing that can be seen. */
const isAtRest = ({ loss, lowest }) => loss - lowest < SETTLED * lowest;

/** How the curve stands beside the best, and beside the reader's own. */
function verdict({ run, step, loss, lowest }) {
  const times = loss / lowest;
  const above = times < 2 ? `${formatNumber(100 * (times - 1), 2)}% above` : `${formatNumber(times, 2)} times`;
  const stands = `${times < 1.01 ? "within 1% of" : above} the best possible`;
  if (!step) return `Your S is ${stands}.`;
  const own = run.losses[0];
  const compared = loss < own ? "better than" : "worse than";
  return `After ${step} ${step === 1 ? "step" : "steps"} of gradient descent: ${stands}, and ${compared} your S (${formatFixed(own, 3)}).`;
}

export const { render, preview } = defineExplorer({
  title: "Sigmoid-fit explorer: an S bent by hand",
  scene: () => ({ points: null, key: "" }),
  update: updateScene,
  output: ({ curve, loss }) => ({ theta: [curve.w, curve.b], loss: [loss] }),
  say: summarise,
  top: [
    stage({ draw: drawFit, label: "Tumours by radius, the S through them, and the surprise of each", ratio: 1.75, className: "d2l-bend", use: holdCurve, tip: describeTumour }),
    player({ rest: isAtRest }),
    group({ className: "d2l-direct d2l-leaps", label: "Several steps" }, ...LEAPS.map(leap)),
  ],
  bottom: [facts(results), paragraph(verdict, { className: "d2l-verdict" }), hint("Drag the left dot sideways and the right one up or down. Below: one bar a lump, as long as its surprise; a mark on top says that it is longer than the picture.")],
  controls: [parameter("weight", 0), parameter("bias", 1), "best", "lr"],
  preview: drawFit,
});
