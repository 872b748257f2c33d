// The sweep explorer: the map of all recorded points on the left, the curves of the chosen one on the right.
import { makeLabel } from "../_core/controls.js";
import { control, defineExplorer } from "../_core/define.js";
import { make, writeText } from "../_core/dom.js";
import { formatNumber } from "../_core/format.js";
import { nameElement } from "../_core/frame.js";
import { addKeys, ARROWS } from "../_core/keys.js";
import { facts, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { onPress } from "../_core/press.js";
import { above, beside } from "../_draw/panes.js";
import { chartBox, drawChart, xAt, xScale } from "./chart.js";
import { drawMap, mapLayout } from "./map.js";
import { bandAt, brokenAt, insidePoint, isLostValue, mapAt, meanAt, neighbours, openSweep, rowOf, scoreRange, valueAt, valueText, withIndex } from "./model.js";
import { ownRuns, trainingPanel } from "./training.js";

const POINT = ["at", "step", "metric"]; // the traits on which the point shown depends

/** What is drawn: the opened sweep, the point, the step and the metrics shown. */
function makeScene(get) {
  const sweep = openSweep(get("data"));
  const ranges = new Map(sweep.metrics.map((metric) => [metric, scoreRange(metric)]));
  return { sweep, ranges, failed: get("data").failed || 0, last: sweep.length - 1, maps: new Map(), colors: { key: "" } };
}

function updateScene(scene, get) {
  const { sweep } = scene;
  scene.step = stepOf(scene, get);
  scene.metric = curveOf(sweep, get("metric"));
  scene.second = curveOf(sweep, get("second"));
  scene.eachSeed = get("each_seed");
  scene.map = mapOf(scene, get);
  scene.point = pointOf(scene, get);
  scene.along = Math.min(get("along"), sweep.axes.length - 1);
  scene.beside = neighbours(sweep, scene.point, scene.along);
  scene.own = ownRuns(get);
}

/** The measurement that the traits ask for; -1 is the last. */
function stepOf({ last }, get) {
  return get("step") < 0 ? last : Math.min(last, get("step"));
}

function curveOf({ curves }, index) {
  return curves[Math.min(curves.length - 1, Math.max(0, index))];
}

/** The map that the traits ask for, computed once for each metric and step. */
function mapOf({ sweep, last, maps }, get) {
  const [metric, step] = [curveOf(sweep, get("metric")), stepOf({ last }, get)];
  const key = `${metric.name} ${step}`;
  if (!maps.has(key)) maps.set(key, mapAt(sweep, metric, step));
  return maps.get(key);
}

/** The point that the traits ask for: the best of the map where they name none. */
function pointOf(scene, get) {
  const { sweep } = scene;
  const top = get("at").length ? null : mapOf(scene, get).top;
  return top ? withIndex(sweep.rows[top[0]], sweep.across, top[1]) : insidePoint(sweep, get("at"));
}

/** A point in words; the axes named in skip, and those with one value only, are left out. */
function pointText({ axes }, point, skip = -1) {
  const texts = axes.map((axis, i) => (axis.numeric ? `${axis.label} ${valueText(axis, point[i])}` : valueText(axis, point[i])));
  return texts.filter((_, i) => axes[i].varies && i !== skip).join(", ");
}

/** A metric at a point in words: its mean and range over the seeds, or that it diverged. */
function measureText(metric, point, step) {
  const value = valueAt(metric, point, step);
  if (!value) return "not run";
  if (!Number.isFinite(value.mean)) return "diverged";
  const range = value.count > 1 ? ` (${formatNumber(value.low)} to ${formatNumber(value.high)})` : "";
  return formatNumber(value.mean) + range;
}

/** What became of a point, in a sentence; bad where it went wrong. */
function judge({ sweep, metric, point, step }) {
  const broken = brokenAt(metric, point);
  if (!bandAt(metric, point)) return { text: "This point was not run.", bad: true };
  if (broken >= 0 && broken <= step) return { text: `Diverged: from measurement ${broken + 1} on at least one seed has no finite ${metric.label}.`, bad: true };
  const value = meanAt(metric, point, step);
  if (isLostValue(metric, value)) return { text: `No better than guessing (${formatNumber(metric.baseline)}).`, bad: true };
  return { text: verdict(sweep, metric, point, step), bad: false };
}

/** Where a point stands in its row of the map. */
function verdict(sweep, metric, point, step) {
  const { across, columns, axes } = sweep;
  const value = meanAt(metric, point, step);
  const line = Array.from({ length: columns }, (_, k) => meanAt(metric, withIndex(point, across, k), step));
  const ahead = line.filter((other) => other !== null && Number.isFinite(other) && (metric.falls ? other < value : other > value)).length;
  const rest = pointText(sweep, point, across);
  if (ahead === 0) return `The best ${axes[across].label} for ${rest || "this"}.`;
  return `${ahead} of the other values of ${axes[across].label} in this row ${ahead === 1 ? "is" : "are"} better.`;
}

function summarise(scene) {
  const { sweep, point, metric, step } = scene;
  return `${pointText(sweep, point)}: ${metric.label} ${measureText(metric, point, step)}. ${judge(scene).text}`;
}

/** The point in the cell at a place of the map. */
function pointAt(scene, px, py, width, height) {
  const [row, column] = mapLayout(scene, width, height).at(px, py);
  return withIndex(scene.sweep.rows[row], scene.sweep.across, column);
}

function describeCell(scene, ...at) {
  const point = pointAt(scene, ...at);
  return `${pointText(scene.sweep, point)}: ${scene.metric.label} ${measureText(scene.metric, point, scene.step)}`;
}

/** Cells to click, drag over, or walk through with the arrow keys. */
function walkMap(app, map, scene) {
  const { sweep } = scene;
  app.tell.at = (at) => (at.length ? pointText(sweep, insidePoint(sweep, at)) : "the best point");
  onPress(app, map.canvas, (event) => app.set({ at: pointAt(scene, ...map.at(event), map.width(), map.height()) }));
  const press = (key) => {
    const move = ARROWS[key] || { Home: [-Infinity, 0], End: [Infinity, 0] }[key];
    if (!move) return false;
    const inside = (value, count) => Math.min(count - 1, Math.max(0, value));
    const point = pointOf(scene, app.get);
    const row = sweep.rows[inside(rowOf(sweep, point) + move[1], sweep.rows.length)];
    app.set({ at: withIndex(row, sweep.across, inside(point[sweep.across] + move[0], sweep.columns)) });
    return true;
  };
  addKeys(app, map, { kind: "grid of points; arrows move", press });
  app.draw(() => map.canvas.setAttribute("aria-label", `Map of all points. ${summarise(scene)}`));
}

function mapStage(app, parent, scene) {
  const ratio = Math.min(1.5, Math.max(0.92, 16 / scene.sweep.rows.length));
  stage({ draw: drawMap, label: "Map of all points", ratio, className: "d2l-map", tip: describeCell, use: walkMap })(app, parent, scene);
}

/** The marks of the map and the colours of the curves. */
function explainMap({ metric, sweep, along, beside: near }) {
  const baseline = metric.baseline === null ? "" : " Grey: no better than guessing.";
  const curves = near.length ? ` Curves: orange, this point; blue and green, its neighbours along ${sweep.axes[along].label}.` : "";
  return `Stronger colour: better ${metric.label}.${baseline} Red cross: diverged. Dot: the best of its row, ringed: of all. Click, or use the arrow keys.${curves}`;
}

/** Measurements as steps from 0; the last is kept as -1, which is the last of any sweep. */
const measurements = {
  trait: "step",
  first: 0,
  last: ({ last }) => last,
  value: stepOf,
  change: (step, app, { last }) => app.set({ step: step === last ? -1 : step }, { later: true }),
};

function measurementScale(scene, width, height) {
  const x = xScale(scene, chartBox(width, height));
  return { invert: (px) => (x.invert(px) - xAt(scene, 0)) / (scene.sweep.x.step ?? 1) };
}

const drawFirst = (ctx, width, height, theme, scene) => drawChart(ctx, width, height, theme, scene, scene.metric);
const drawSecond = (ctx, width, height, theme, scene) => drawChart(ctx, width, height, theme, scene, scene.second);
const hasTwo = ({ sweep }) => sweep.curves.length > 1;

function chart(draw, label, ratio) {
  const scrub = { ...measurements, label, scale: measurementScale, text: summarise };
  return stage({ draw, label: "Curves of the chosen point", ratio, className: "d2l-chart", scrub });
}

function secondChart(app, parent, scene) {
  if (hasTwo(scene)) chart(drawSecond, "Measurement shown, second chart", 2.5)(app, parent, scene);
}

/** One control for each axis: segments for a few values, a slider over the values of a long numeric axis, else a list. */
function axisControls(app, parent, scene) {
  scene.sweep.axes.forEach((axis, i) => {
    if (!axis.varies) return;
    const names = axis.values.map((_, k) => valueText(axis, k));
    const entry = { name: axis.name, kind: "choice", label: axis.label, choices: names.map((_, k) => k), names };
    const value = (get) => pointOf(scene, get)[i];
    const change = (k) => app.set({ at: withIndex(pointOf(scene, app.get), i, k) });
    if (axis.numeric && axis.values.length > 5) addAxisSlider(app, parent, entry, { value, change });
    else control(axis.name, { entry, value, change, follows: POINT, segments: names.join("").length <= 14 })(app, parent);
  });
}

function addAxisSlider(app, parent, { name, label, names }, { value, change }) {
  const range = make("input", { type: "range", "aria-label": label, min: 0, max: names.length - 1, step: 1 });
  const shown = make("b", { class: "d2l-axis-value" });
  const row = make("div", { class: "d2l-row" }, makeLabel(label), shown);
  const element = make("div", { class: "d2l-control" }, row, range);
  const show = () => {
    const k = value(app.get);
    range.value = k;
    writeText(shown, names[k]);
    range.setAttribute("aria-valuetext", names[k]);
    range.style.setProperty("--d2l-part", k / (names.length - 1));
  };
  range.oninput = () => change(Number(range.value));
  nameElement(app, name, element);
  parent.append(element);
  app.on(POINT, show);
  show();
}

/** Lists that choose curves and the axis of neighbours by name. */
function choiceControls(app, parent, scene) {
  const { curves, axes } = scene.sweep;
  const choose = (name, choices, names) => {
    const value = (get) => (choices.includes(get(name)) ? get(name) : choices.at(-1));
    control(name, { entry: { ...app.entry(name), kind: "choice", choices, names }, value, segments: false })(app, parent);
  };
  if (hasTwo(scene)) for (const name of ["metric", "second"]) choose(name, [...curves.keys()], curves.map(({ label }) => label));
  const varying = [...axes.keys()].filter((i) => axes[i].varies);
  choose("along", [-1, ...varying], ["none", ...varying.map((i) => axes[i].label)]);
}

function describePoint({ sweep, point }) {
  const seeds = sweep.groups.get(point.join())?.length || 0;
  return `${pointText(sweep, point)}; ${seeds} seed${seeds === 1 ? "" : "s"}, mean (range)`;
}

function results({ sweep, point, step }) {
  return sweep.metrics.map((metric) => [metric.label, measureText(metric, point, metric.kind === "scalar" ? 0 : step)]);
}

export const { render, preview } = defineExplorer({
  title: "Sweep explorer: curves of recorded training runs",
  scene: makeScene,
  update: updateScene,
  say: summarise,
  left: [mapStage, hint(explainMap)],
  right: [player({ ...measurements, again: true }), chart(drawFirst, "Measurement shown", 1.75), secondChart],
  bottom: [
    group(
      { name: "readout", className: "d2l-readout" },
      paragraph(describePoint, { className: "d2l-title" }),
      facts(results),
      paragraph(judge, { className: "d2l-verdict" }),
      paragraph(({ failed }) => ({ text: failed ? `${failed} runs failed and are not shown.` : "", bad: true })),
    ),
  ],
  controls: [axisControls, choiceControls, "each_seed", trainingPanel],
  preview: beside(drawMap, (ctx, width, height, theme, scene) => (hasTwo(scene) ? above(drawFirst, drawSecond, 0.58) : drawFirst)(ctx, width, height, theme, scene), 0.52),
});
