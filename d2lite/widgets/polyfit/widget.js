// The polyfit explorer: a polynomial through points at the left, the errors of all degrees at the right.
import { defineExplorer } from "../_core/define.js";
import { formatCounted, formatFixed, formatNumber } from "../_core/format.js";
import { addPoints } from "../_core/handles.js";
import { button, facts, hint, paragraph, stage } from "../_core/parts.js";
import { beside } from "../_draw/panes.js";
import { dataScales, degreeScale, drawErrors, drawFit } from "./drawing.js";
import { fit, MAX_DEGREE, measure } from "./model.js";

const PENALTIES = { none: "no penalty", l2: "L2", l1: "L1" };

/** Bring a scene up to date with the traits; return whether the errors of other degrees need another frame. */
function updateScene(scene, get, { deadline }) {
  const points = pointsOf(get);
  const [penalty, noise, degree] = [get("penalty"), get("noise"), get("degree")];
  const settings = { penalty, noise, strength: penalty === "none" ? 0 : get("strength") };
  const key = JSON.stringify([points, settings]);
  if (key !== scene.key) Object.assign(scene, { key, points, settings, noise, fits: [] });
  const { fits } = scene;
  const go = (k) => (fits[k] = fit(points, k, settings, fits[k] || fits[k - 1]));
  if (!fits[degree]?.done) go(degree);
  while (!fits[degree].done && !deadline()) go(degree);
  Object.assign(scene, { degree, here: fits[degree], banded: get("band") && penalty !== "l1" });
  if (!scene.here.done) return true;
  for (let k = 0; k <= MAX_DEGREE; k++) {
    while (!fits[k]?.done) {
      if (deadline()) return "extra";
      go(k);
    }
  }
  return false;
}

function pointsOf(get) {
  const own = get("points");
  return own.length ? own : measure(get("samples"), get("noise"), get("seed"));
}

function summarise({ here, degree, points, settings }) {
  const charged = settings.penalty === "none" ? "" : `, ${PENALTIES[settings.penalty]} ${formatNumber(settings.strength)}`;
  return `Degree ${degree} through ${formatCounted(points.length, "point")}${charged}: error ${formatNumber(here.training, 2)} on these points, ${formatNumber(here.test, 2)} on new ones.`;
}

function results({ here, settings, banded }) {
  const norm = Math.hypot(...here.w);
  const list = [
    ["on these points", formatFixed(here.training, 2)],
    ["on new points", { text: formatNumber(here.test, 3), bad: here.test > 1 }],
    ["size of the coefficients", formatNumber(norm, 3)],
  ];
  if (settings.penalty === "l1") list.push(["not zero", `${here.w.filter((value) => value !== 0).length} of ${here.w.length}`]);
  return banded ? [...list, ["bias", formatNumber(here.bias, 2)], ["spread", formatNumber(here.spread, 2)]] : list;
}

/** The line under the pictures: whether the degree is too low, too high, or beyond. */
function verdict({ here, degree, points, settings, noise, fits }) {
  const best = fits.reduce((low, one) => (one && one.test < low.test ? one : low), here);
  const least = best.w.length - 1;
  const places = new Set(points.map(([x]) => x)).size;
  const near = places === points.length ? "pass through all points" : "are as near to the points as a curve can be";
  if (settings.penalty === "none" && degree >= places) return `Many curves of this degree ${near}. This is the one with the smallest coefficients.`;
  if (settings.penalty === "none" && degree === points.length - 1 && degree > 2) return "The only curve of this degree through all points.";
  if (here.test <= 1.05 * best.test) return "No degree does much better on new points.";
  if (here.training > 1.3 * noise + 0.02 && degree < least) return "Underfitting: far from these points and from new ones.";
  if (degree > least) return `Overfitting: degree ${least} would be further from these points, and nearer to new ones.`;
  return `Degree ${least} does better on new points.`;
}

function addEditing(app, plot, scene) {
  const scales = () => dataScales(plot.width(), plot.height());
  const inside = (value, most) => Number(Math.max(-most, Math.min(most, value)).toFixed(3));
  const place = (px, py) => [inside(scales().x.invert(px), 1), inside(scales().y.invert(py), 3)];
  const current = () => pointsOf(app.get).map(([x, y]) => [inside(x, 1), inside(y, 3)]);
  const change = (edit) => {
    const points = current();
    edit(points);
    app.set({ points });
  };
  scene.hold = addPoints(app, plot, {
    positions: () => current().map(([x, y]) => [scales().x(x), scales().y(y)]),
    move: (i, px, py) => change((points) => points.splice(i, 1, place(px, py))),
    remove: (i) => current().length > app.entry("samples").min && change((points) => points.splice(i, 1)),
    add: (px, py) => {
      if (current().length >= app.entry("points").max_length) return -1;
      change((points) => points.push(place(px, py)));
      return app.get("points").length - 1;
    },
    middle: () => [plot.width() / 2, plot.height() / 2],
    describe: (i) => `Point ${i + 1} of ${current().length}, x ${formatFixed(current()[i][0], 2)}, y ${formatFixed(current()[i][1], 2)}.`,
  });
}

/** New noise at the even places, whatever was dragged. */
const again = (app) => app.set({ points: [], seed: (app.get("seed") + 1) % (app.entry("seed").max + 1) });

export const { render, preview } = defineExplorer({
  title: "Polyfit explorer: a polynomial through points, and the errors of all degrees",
  scene: () => ({ key: "", fits: [], hold: null }),
  update: updateScene,
  output: ({ here }) => ({ training_error: [here.training], test_error: [here.test], coefficients: here.w }),
  say: summarise,
  left: [
    stage({ draw: drawFit, label: "Points, the truth, and the fitted polynomial", ratio: 1.45, className: "d2l-fit", use: addEditing }),
  ],
  right: [
    stage({
      draw: drawErrors, label: "Errors by degree", ratio: 1.45, className: "d2l-errors",
      scrub: { trait: "degree", label: "Degree, on the errors", scale: degreeScale, text: summarise },
    }),
  ],
  controls: ["degree", "penalty", "strength", "noise", "samples", "seed", "band"],
  shown: 4,
  visible: { strength: (get) => get("penalty") !== "none", band: (get) => get("penalty") !== "l1" },
  more: [button({ label: "Measure again", press: again, kind: "quiet" })],
  bottom: [
    facts(results),
    paragraph(verdict, { className: "d2l-verdict" }),
    hint("Drag a point, or click to add one. In the chart, drag to choose a degree; the dotted line is where there are as many coefficients as points."),
  ],
  preview: beside(drawFit, drawErrors, 0.5),
});
