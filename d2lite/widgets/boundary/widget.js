// The boundary explorer: points, probability and boundary on the left; loss, accuracy and weights on the right.
import { control, defineExplorer } from "../_core/define.js";
import { make, makeButton, writeText } from "../_core/dom.js";
import { formatCounted, formatFixed, formatNumber } from "../_core/format.js";
import { nameElement } from "../_core/frame.js";
import { addPoints } from "../_core/handles.js";
import { facts, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { clipped, drawContour, drawHeat, drawLine, drawMark, drawMarks, makeGrid } from "../_draw/layers.js";
import { beside } from "../_draw/panes.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { sigmoid } from "../_math/nn.js";
import { makePoints } from "../_math/points.js";
import { FEATURE_NAMES, logitAt, makeRun, pointLoss, stepsDone, trainTo } from "./model.js";

const CELLS = 48; // of the heat map, across
const NINE_TO_ONE = Math.log(9); // the logit of p = 0.9
const GHOSTS = 5; // earlier boundaries shown behind the present one
const PAUSE = 700; // ms without a change, after which the next change keeps the curve before it for comparison
const SETTINGS = ["features", "loss", "start", "lr", "batch_size", "l2", "seed"];
const GENERATOR = ["dataset", "num_samples", "noise", "seed"];

/** What is drawn: the points, the run trained on them, the step that is shown; and label, the class that a click adds. */
function makeScene() {
  return { points: [], made: "", extent: 1.5, run: null, key: "", step: 0, before: null, changed: 0, hold: null, label: 1 };
}

/** Bring a scene up to date with the traits; return whether training needs another frame. */
function updateScene(scene, get, { now, deadline }) {
  const own = get("points");
  const made = own.length ? own : GENERATOR.map(get).join();
  if (made !== scene.made) {
    scene.points = own.length ? own : makePoints(get("dataset"), get("num_samples"), get("noise"), get("seed"));
    const reach = scene.points.reduce((most, [x1, x2]) => Math.max(most, Math.abs(x1), Math.abs(x2)), 1.4) + 0.1;
    scene.extent = own.length && scene.made ? Math.max(scene.extent, reach) : reach;
    scene.made = made;
    scene.key = "";
  }
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
  const key = JSON.stringify(settings);
  if (key !== scene.key) {
    if (now - scene.changed > PAUSE && scene.run) scene.before = scene.run.losses;
    scene.changed = now;
    scene.run = makeRun(scene.points, settings);
    scene.key = key;
  }
  const more = trainTo(scene.run, get("step_count"), deadline);
  scene.step = Math.min(get("step_count"), stepsDone(scene.run));
  return more;
}

function summarise({ run, step }) {
  if (run.broken && step >= run.broken) return `Diverged at step ${run.broken}: the loss is no longer finite.`;
  const share = `${run.right[step]} of ${formatCounted(run.points.length, "point")} on the right side`;
  return `Step ${step}: loss ${formatNumber(run.losses[step])}, ${share}.`;
}

function planeScales({ extent }, width, height) {
  const [x, y] = [(extent * width) / Math.min(width, height), (extent * height) / Math.min(width, height)];
  return { x: linearScale([-x, x], [0, width]), y: linearScale([-y, y], [height, 0]) };
}

/** The plane: probability as colour, the boundary with its earlier places, and the points. */
function drawPlane(ctx, width, height, theme, scene) {
  const { x, y } = planeScales(scene, width, height);
  const { run, step } = scene;
  const { features } = run.settings;
  const gridAt = (k, cells) => makeGrid(x, y, cells, (x1, x2) => logitAt(run.weights[k], features, x1, x2));
  const grid = gridAt(step, CELLS);
  const ramp = makeRamp(mixColor(theme.bg, theme.a, 0.5), theme.bg, mixColor(theme.bg, theme.b, 0.5));
  drawHeat(ctx, grid, ramp, sigmoid);
  drawTicks(ctx, width, height, x, y, theme);
  ghostSteps(step).forEach((k, i, all) => {
    drawContour(ctx, gridAt(k, CELLS / 2), 0, { color: theme.text, width: 1, alpha: 0.1 + (0.25 * i) / all.length });
  });
  drawContour(ctx, grid, -NINE_TO_ONE, { color: theme.a, width: 1.25, dash: [5, 4] });
  drawContour(ctx, grid, NINE_TO_ONE, { color: theme.b, width: 1.25, dash: [5, 4] });
  drawContour(ctx, grid, 0, { color: theme.bg, width: 5, alpha: 0.7 });
  drawContour(ctx, grid, 0, { color: theme.text, width: 2.25 });
  drawPoints(ctx, scene, x, y, theme);
}

function drawTicks(ctx, width, height, x, y, theme) {
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.save();
  ctx.globalAlpha = 0.7;
  strokeSegment(ctx, x(0), 0, x(0), height);
  strokeSegment(ctx, 0, y(0), width, y(0));
  ctx.restore();
  for (const value of [-1, 1]) {
    drawLabel(ctx, formatNumber(value), x(value), height - 4, theme, { align: "center", baseline: "bottom" });
    drawLabel(ctx, formatNumber(value), 5, y(value), theme, { baseline: "middle" });
  }
  drawLabel(ctx, "x₁", width - 6, height - 4, theme, { align: "right", baseline: "bottom", color: theme.text });
  drawLabel(ctx, "x₂", 5, 4, theme, { color: theme.text });
}

/** The steps whose boundaries stay visible: 0, 1, 2, 4, 8, ... before the present one, the last few of them. */
function ghostSteps(step) {
  const earlier = [0];
  for (let k = 1; k < step; k *= 2) earlier.push(k);
  return step ? earlier.slice(-GHOSTS) : [];
}

/** Points: class by colour and shape, hollow where the model is wrong, ringed where the last step used them. */
function drawPoints(ctx, { run, points, step, hold }, x, y, theme) {
  const weights = run.weights[step];
  const batch = step > 0 && run.settings.batch_size ? new Set(run.batches[step - 1]) : null;
  const radius = points.length > 250 ? 3.5 : 4.5;
  drawMarks(ctx, points, x, y, (i) => {
    const [x1, x2, label] = points[i];
    const right = logitAt(weights, run.settings.features, x1, x2) >= 0 === (label === 1);
    const color = label ? theme.b : theme.a;
    const shape = label ? "diamond" : "circle";
    return right
      ? { shape, radius, fill: color, stroke: theme.bg }
      : { shape, radius: radius - 0.4, fill: theme.bg, stroke: color, width: 2 };
  });
  const rings = batch && batch.size < points.length ? [...batch] : [];
  for (const i of rings) drawMark(ctx, x(points[i][0]), y(points[i][1]), { radius: radius + 4, stroke: theme.text });
  for (const i of [hold?.hovered(), hold?.selected()]) {
    if (points[i]) drawMark(ctx, x(points[i][0]), y(points[i][1]), { radius: radius + 5, stroke: theme.accent, width: 2.5 });
  }
}

function curveScale({ run }, box) {
  return linearScale([0, Math.max(40, stepsDone(run) * 1.08)], [box.x, box.x + box.width]);
}

function curveBoxes(width, height) {
  const margins = { top: 10, right: 12, left: 36, bottom: 10 };
  const split = Math.round(height * 0.66);
  const upper = plotBox(width, split, margins);
  const lower = plotBox(width, height - split, { ...margins, bottom: 22 });
  return [upper, { ...lower, y: lower.y + split }];
}

/** The curves: loss above, accuracy below, the present step marked on both. */
function drawCurves(ctx, width, height, theme, scene) {
  const { run, step, before } = scene;
  const [upper, lower] = curveBoxes(width, height);
  const x = curveScale(scene, upper);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(step), upper.y, x(step), lower.y + lower.height);
  const finite = run.losses.filter(Number.isFinite);
  const most = Math.min(Math.max(...finite.slice(0, 2000), ...finite.slice(-1)), Math.max(1.5, 2 * run.losses[0]));
  const y = linearScale([0, 1.08 * most], [upper.y + upper.height, upper.y]);
  drawAxes(ctx, upper, x, y, theme, { xTicks: [], yTicks: 3, yLabel: before ? "training loss; dashed: before" : "training loss" });
  clipped(ctx, upper, () => {
    if (before) drawLine(ctx, null, before, x, y, { color: theme.muted, width: 1.25, dash: [3, 3] });
    drawLine(ctx, null, run.losses, x, y, { color: theme.accent, width: 1.5, alpha: 0.4, from: step });
    drawLine(ctx, null, run.losses, x, y, { color: theme.accent, width: 2, to: step + 1 });
  });
  const share = linearScale([0, 1], [lower.y + lower.height, lower.y]);
  drawAxes(ctx, lower, x, share, theme, { yTicks: [0, 0.5, 1], xTicks: 4, xLabel: "step", yLabel: "accuracy" });
  const accuracy = run.right.map((right) => right / run.points.length);
  drawLine(ctx, null, accuracy, x, share, { color: theme.good, width: 1.5, alpha: 0.4, from: step });
  drawLine(ctx, null, accuracy, x, share, { color: theme.good, to: step + 1 });
  drawMarkers(ctx, { upper, x, y, share, accuracy }, theme, scene);
}

function drawMarkers(ctx, { upper, x, y, share, accuracy }, theme, { run, step }) {
  const loss = run.losses[step];
  const inside = y(loss) >= upper.y;
  const edge = { radius: 4.5, stroke: theme.bg };
  if (inside) drawMark(ctx, x(step), y(loss), { ...edge, fill: theme.accent });
  drawMark(ctx, x(step), share(accuracy[step]), { ...edge, fill: theme.good });
  const side = x(step) > upper.x + upper.width / 2 ? { align: "right", dx: -8 } : { align: "left", dx: 8 };
  const text = inside ? formatNumber(loss) : `off the chart: ${formatNumber(loss)}`;
  const color = inside ? theme.text : theme.bad;
  const top = inside ? Math.max(upper.y + 14, y(loss) - 16) : upper.y + 16;
  drawLabel(ctx, text, x(step) + side.dx, top, theme, { ...side, color, weight: 600 });
}

/** The model as it stands, with its numbers in it. */
function formula(app, parent, scene) {
  const terms = make("span", { class: "d2l-formula" });
  parent.append(terms);
  app.draw(() => writeTerms(terms, scene.run.weights[scene.step], [...FEATURE_NAMES[scene.run.settings.features], ""]));
}

function results({ run, step }) {
  const norm = Math.hypot(...run.weights[step].slice(0, -1));
  return [["step", step], ["loss", formatFixed(run.losses[step], 3)], ["right", `${run.right[step]}/${run.points.length}`], ["‖w‖", formatFixed(norm)]];
}

function verdict(scene) {
  const broken = scene.run.broken > 0 && scene.step >= scene.run.broken;
  return { text: broken ? `${summarise(scene)} Lower the learning rate, or the penalty.` : "", bad: true };
}

function writeTerms(element, weights, names) {
  if (element.children.length !== names.length) {
    element.replaceChildren("p(orange) = σ( ", ...names.flatMap(() => [make("span", { class: "d2l-term" }), " "]));
  }
  [...element.children].forEach((term, j) => {
    const sign = weights[j] < 0 ? "− " : j ? "+ " : "";
    writeText(term, `${sign}${formatFixed(Math.abs(weights[j]))} ${names[j] || ")"}`);
    term.classList.toggle("d2l-minus", weights[j] < 0);
  });
}

/** Let the reader move, add and remove points. */
function addEditing(app, plane, scene) {
  const scales = () => planeScales(scene, plane.width(), plane.height());
  const inside = (scale, p) => {
    const [low, high] = scale.domain;
    return Number(Math.min(high - 0.02, Math.max(low + 0.02, scale.invert(p))).toFixed(3));
  };
  const current = () => (app.get("points").length ? app.get("points") : scene.points); // two keys may fall in one frame
  const rounded = () => current().map(([x1, x2, label]) => [Number(x1.toFixed(3)), Number(x2.toFixed(3)), label]);
  const change = (edit) => {
    const points = rounded();
    edit(points);
    app.set({ points });
  };
  const place = (px, py) => [inside(scales().x, px), inside(scales().y, py)];
  scene.hold = addPoints(app, plane, {
    positions: () => current().map(([x1, x2]) => [scales().x(x1), scales().y(x2)]),
    move: (i, px, py) => change((points) => points.splice(i, 1, [...place(px, py), points[i][2]])),
    turn: (i) => change((points) => points.splice(i, 1, [points[i][0], points[i][1], 1 - points[i][2]])),
    remove: (i) => current().length > 2 && change((points) => points.splice(i, 1)),
    add: (px, py) => {
      if (current().length >= app.entry("points").max_length) return -1;
      change((points) => points.push([...place(px, py), scene.label]));
      return app.get("points").length - 1;
    },
    middle: () => [plane.width() / 2, plane.height() / 2],
    describe: (i) => `Point ${i + 1} of ${current().length}, ${["blue", "orange"][current()[i][2]]}, at ${formatFixed(current()[i][0], 1)}, ${formatFixed(current()[i][1], 1)}.`,
  });
}

function describePlace(scene, px, py, width, height) {
  const { x, y } = planeScales(scene, width, height);
  const { run, step, hold, points } = scene;
  const point = points[hold?.hovered()];
  const [x1, x2] = point || [x.invert(px), y.invert(py)];
  const z = logitAt(run.weights[step], run.settings.features, x1, x2);
  const probability = `p(orange) = ${formatFixed(sigmoid(z))}`;
  return point ? `${probability}, loss ${formatFixed(pointLoss(z, point[2], run.settings.loss))}` : probability;
}

/** The line under the plane: the class a click adds, and the way back to the generated points. */
function brush(app, parent, scene) {
  const classes = ["blue", "orange"].map((name, i) => {
    const button = make("button", { type: "button", class: `d2l-brush d2l-class-${i}`, text: name, "aria-pressed": i === scene.label });
    button.onclick = () => {
      scene.label = i;
      classes.forEach((other, j) => other.setAttribute("aria-pressed", j === i));
    };
    return button;
  });
  const back = makeButton({ label: "Original points", kind: "quiet" });
  back.onclick = () => app.set({ points: [] });
  const line = make("div", { class: "d2l-brushes" }, make("span", { text: "A click adds a point in" }), ...classes, back);
  nameElement(app, "brush", line);
  parent.append(line);
  app.draw(() => (back.hidden = app.get("points").length === 0));
}

export const { render, preview } = defineExplorer({
  title: "Boundary explorer: logistic regression on points",
  scene: makeScene,
  update: updateScene,
  output: ({ run, step }) => ({ weights: [...run.weights[step]] }),
  say: summarise,
  left: [
    stage({ draw: drawPlane, label: "Points of two classes, coloured by the model's probability", tip: describePlace, use: addEditing }),
    hint("Drag a point, or click to add one. Hollow: on the wrong side. Solid line: p = 0.5; dashed: 0.1 and 0.9; thin: earlier steps."),
  ],
  right: [
    player({ last: ({ run }) => run.broken || Infinity, restart: (scene) => (scene.key = "") }),
    stage({
      draw: drawCurves,
      label: "Training loss and accuracy by step",
      ratio: 1.35,
      className: "d2l-curves",
      scrub: {
        trait: "step_count",
        last: ({ run }) => stepsDone(run),
        scale: (scene, width, height) => curveScale(scene, curveBoxes(width, height)[0]),
        text: summarise,
      },
    }),
    group({ name: "formula", className: "d2l-readout" }, formula, facts(results), paragraph(verdict)),
  ],
  controls: [
    "lr", "loss", "features", "batch_size", "l2", "start",
    ...["dataset", "num_samples", "noise"].map((name) => control(name, { resets: { points: [] }, segments: false })),
    "seed",
  ],
  more: [brush],
  preview: beside(drawPlane, drawCurves),
});
