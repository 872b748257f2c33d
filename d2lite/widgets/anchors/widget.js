// The anchors explorer: sizes of boxes and their anchors on the left; the anchors as boxes and their course on the right.
import { addControl, addControls } from "../_core/controls.js";
import { make, writeText } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { formatFixed } from "../_core/format.js";
import { addPoints, addScrubber } from "../_core/handles.js";
import { drawLegend, drawLine, drawMark, drawMarks } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox } from "../_draw/scales.js";
import { addStage } from "../_core/stage.js";
import { plainTheme } from "../_core/theme.js";
import { addTransport } from "../_core/transport.js";
import { assignSizes, coverage, DISTANCES, drawStarts, runKmeans } from "./model.js";

const LEAST = 2; // px of a size
const MOST = 50;
const NAMES = { iou: "1 − IoU", euclidean: "Euclidean" };
const HUES = ["a", "b", "good", "bad", "accent"];

/** Five colours, then the same with another shape: nine anchors stay apart, also without colour vision for the first few. */
const lookOf = (theme, a) => ({ color: theme[HUES[a % HUES.length]], shape: ["circle", "diamond", "square"][(a + Math.floor(a / 5)) % 3] });

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const { sizes } = get("data");
  const [count, given] = [get("num_anchors"), get("starts")];
  const key = JSON.stringify([count, get("seed"), given]);
  if (key !== scene.key) {
    const starts = given.length === count ? given : drawStarts(sizes, count, get("seed"));
    scene.runs = Object.fromEntries(DISTANCES.map((name) => [name, runKmeans(sizes, starts, name)]));
    scene.key = key;
  }
  const distance = get("distance");
  const run = scene.runs[distance];
  const step = Math.min(get("step_count"), run.means.length - 1);
  const anchors = run.anchors[step];
  Object.assign(scene, { sizes, distance, run, step, anchors, ...assignSizes(sizes, anchors, distance), best: coverage(sizes, anchors).values });
}

const atEnd = ({ run, step }) => step === run.means.length - 1;

function summarise({ run, step, anchors, distance }) {
  const list = anchors.map((size) => size.map((side) => formatFixed(side, 0)).join(" by ")).join(", ");
  return `Step ${step} with ${NAMES[distance]}: mean best IoU ${formatFixed(run.means[step], 3)}, recall ${formatFixed(run.recalls[step], 3)}; anchors ${list} pixels.`;
}

function sizeScales(width, height) {
  const box = plotBox(width, height, { left: 34, top: 10, right: 10, bottom: 24 });
  return { box, x: linearScale([0, MOST], [box.x, box.x + box.width]), y: linearScale([0, MOST], [box.y + box.height, box.y]) };
}

/** Each size as a mark of its anchor's look, a cross where no anchor covers half; the anchors large, with their way so far. */
function drawSizes(ctx, width, height, theme, scene) {
  const { box, x, y } = sizeScales(width, height);
  drawAxes(ctx, box, x, y, theme, { xLabel: "width, px", yLabel: "height, px" });
  drawMarks(ctx, scene.sizes, x, y, (i) => {
    const { color, shape } = lookOf(theme, scene.labels[i]);
    return scene.best[i] > 0.5 ? { shape, radius: 2.6, fill: color } : { shape: "cross", radius: 3, stroke: color, width: 1.75 };
  });
  scene.anchors.forEach((anchor, a) => {
    const way = scene.run.anchors.slice(0, scene.step + 1).map((all) => all[a]);
    const { color, shape } = lookOf(theme, a);
    drawLine(ctx, way.map(([w]) => w), way.map(([, h]) => h), x, y, { color: theme.text, width: 1.75 });
    drawMark(ctx, x(anchor[0]), y(anchor[1]), { shape, radius: 8, fill: color, stroke: theme.bg, width: 2.5 });
  });
}

/** The anchors as boxes on one corner, to the scale of the sizes. */
function drawAnchors(ctx, width, height, theme, { anchors }) {
  const [left, floor] = [8, height - 8];
  const scale = Math.min((width - 16) / MOST, (height - 24) / MOST);
  drawLabel(ctx, "the anchors, laid on one corner", left, 0, theme);
  anchors.forEach(([w, h], a) => {
    const { color, shape } = lookOf(theme, a);
    ctx.strokeStyle = color;
    ctx.lineWidth = 2;
    ctx.strokeRect(left, floor - h * scale, w * scale, h * scale);
    drawMark(ctx, left + w * scale, floor - h * scale, { shape, radius: 5, fill: color, stroke: theme.bg });
  });
}

function chartScales(width, height, { runs, distance }) {
  const box = plotBox(width, height, { left: 34, top: 26, right: 10, bottom: 24 });
  const longest = Math.max(4, ...DISTANCES.map((name) => runs[name].means.length - 1));
  const low = Math.min(0.9, ...DISTANCES.map((name) => runs[name].means[0]), ...runs[distance].recalls);
  return { box, x: linearScale([0, longest], [box.x, box.x + box.width]), y: linearScale([Math.floor(10 * low) / 10, 1], [box.y + box.height, box.y]) };
}

/** Mean best IoU by step for both distances, and the chosen one's recall. */
function drawCourse(ctx, width, height, theme, scene) {
  const { box, x, y } = chartScales(width, height, scene);
  const { run, runs, distance, step } = scene;
  drawAxes(ctx, box, x, y, theme, { xLabel: "step", yTicks: 4 });
  const other = DISTANCES.find((name) => name !== distance);
  drawLine(ctx, null, runs[other].means, x, y, { color: theme.muted, dash: [3, 3] });
  drawLine(ctx, null, run.recalls, x, y, { color: theme.a, width: 2, dash: [7, 3] });
  drawLine(ctx, null, run.means, x, y, { color: theme.b, width: 2.5 });
  drawMark(ctx, x(step), y(run.means[step]), { radius: 5, fill: theme.b, stroke: theme.bg });
  drawMark(ctx, x(step), y(run.recalls[step]), { radius: 4, fill: theme.a, stroke: theme.bg });
  const entries = [{ label: "mean best IoU", color: theme.b }, { label: "recall", color: theme.a, dash: [4, 2] }, { label: `IoU, ${NAMES[other]}`, color: theme.muted, dash: [3, 3] }];
  drawLegend(ctx, entries, { x: 4, y: 0 }, theme);
}

/** The anchors as the traits say them now: the scene follows a frame later, keys may not wait. */
function anchorsNow(app, scene) {
  const starts = app.get("starts");
  return app.get("step_count") === 0 && starts.length === app.get("num_anchors") ? starts : scene.anchors;
}

function addSizes(app, parent, scene, pause) {
  const draw = (ctx, width, height, theme) => drawSizes(ctx, width, height, theme, scene);
  const stage = addStage(app, parent, { draw, label: "Widths and heights of the boxes, and the anchors" });
  const scales = () => sizeScales(stage.width(), stage.height());
  const inside = (side) => Number(Math.min(MOST, Math.max(LEAST, side)).toFixed(2));
  addPoints(app, stage, {
    positions: () => anchorsNow(app, scene).map(([w, h]) => [scales().x(w), scales().y(h)]),
    move: (a, px, py) => {
      pause();
      const put = [inside(scales().x.invert(px)), inside(scales().y.invert(py))];
      app.set({ starts: anchorsNow(app, scene).map((anchor, i) => (i === a ? put : anchor.map(inside))), step_count: 0 });
    },
    describe: (a) => `Anchor ${a + 1} of ${anchorsNow(app, scene).length}: ${anchorsNow(app, scene)[a].map((side) => formatFixed(side, 1)).join(" by ")} pixels.`,
  });
  parent.append(make("p", { class: "d2l-hint", text: "Drag an anchor (large mark): it starts anew from there. Cross: no anchor has an IoU above 0.5 with this size." }));
}

function addCourse(app, parent, scene, pause) {
  const boxes = (ctx, width, height, theme) => drawAnchors(ctx, width, height, theme, scene);
  addStage(app, parent, { draw: boxes, label: "The anchors as boxes", ratio: 2.2 });
  const course = (ctx, width, height, theme) => drawCourse(ctx, width, height, theme, scene);
  const stage = addStage(app, parent, { draw: course, label: "Mean best IoU and recall by step", ratio: 2 });
  addScrubber(app, stage, {
    label: "Step shown",
    value: () => scene.step,
    max: () => scene.run.means.length - 1,
    valueAt: (px) => chartScales(stage.width(), stage.height(), scene).x.invert(px),
    move: (step) => pause() || app.set({ step_count: step }),
    text: () => summarise(scene),
  });
  const facts = make("div", { class: "d2l-facts" }, ...["step", "mean best IoU", "recall at 0.5"].map((text) => make("span", {}, make("i", { text }), make("b"))));
  nameElement(app, "readout", facts);
  parent.append(facts);
  app.draw(() => {
    const { run, step } = scene;
    const texts = [`${step}${atEnd(scene) && run.settled ? ", settled" : ""}`, formatFixed(run.means[step], 3), formatFixed(run.recalls[step], 3)];
    texts.forEach((text, i) => writeText(facts.children[i].lastChild, text));
  });
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Anchors explorer: k-means on the sizes of boxes" });
  const scene = {};
  app.update(() => {
    updateScene(scene, app.get);
    const mean = scene.run.means[scene.step];
    if (Math.abs(mean - app.get("mean_iou")) > 1e-12) app.set({ mean_iou: mean }, { later: true });
    app.say(summarise(scene));
  });
  updateScene(scene, app.get);
  app.body.classList.add("d2l-columns");
  const [left, right] = [make("div", { class: "d2l-column" }), make("div", { class: "d2l-column" })];
  app.body.append(left, right);
  const transport = addTransport(app, right, {
    forward: (n) => {
      const last = scene.run.means.length - 1;
      const step = Math.min(last, app.get("step_count") + n);
      app.set({ step_count: step }, { later: true });
      return step < last;
    },
    back: (n) => app.set({ step_count: Math.max(0, app.get("step_count") - n) }),
    reset: () => app.set({ step_count: 0 }),
  });
  addSizes(app, left, scene, transport.pause);
  addCourse(app, right, scene, transport.pause);
  const panel = addControls(app, app.body, ["distance"]);
  for (const name of ["num_anchors", "seed"]) addControl(app, panel, name, { change: (value) => app.set({ [name]: value, starts: [], step_count: 0 }) });
  return app.close;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const scene = {};
  updateScene(scene, (name) => state[name]);
  const theme = plainTheme(themeName);
  const side = Math.min(height, width / 2);
  drawSizes(ctx, side, side, theme, scene);
  ctx.save();
  ctx.translate(side + 8, 0);
  drawCourse(ctx, width - side - 8, side, theme, scene);
  ctx.restore();
}
