// The anchors explorer: sizes of boxes and their anchors on the left; the anchors as boxes and their course on the right.
import { control, defineExplorer } from "../_core/define.js";
import { formatFixed } from "../_core/format.js";
import { addPoints } from "../_core/handles.js";
import { facts, hint, player, stage } from "../_core/parts.js";
import { drawLegend, drawLine, drawMark, drawMarks } from "../_draw/layers.js";
import { squareBeside } from "../_draw/panes.js";
import { drawAxes, drawLabel, linearScale, plotBox } from "../_draw/scales.js";
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

function lastStep({ run }) {
  return run.means.length - 1;
}

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

function chartScales({ runs, distance }, width, height) {
  const box = plotBox(width, height, { left: 34, top: 26, right: 10, bottom: 24 });
  const longest = Math.max(4, ...DISTANCES.map((name) => runs[name].means.length - 1));
  const low = Math.min(0.9, ...DISTANCES.map((name) => runs[name].means[0]), ...runs[distance].recalls);
  return { box, x: linearScale([0, longest], [box.x, box.x + box.width]), y: linearScale([Math.floor(10 * low) / 10, 1], [box.y + box.height, box.y]) };
}

/** Mean best IoU by step for both distances, and the chosen one's recall. */
function drawCourse(ctx, width, height, theme, scene) {
  const { box, x, y } = chartScales(scene, width, height);
  const { run, runs, distance, step } = scene;
  drawAxes(ctx, box, x, y, theme, { xLabel: `step (vertical axis from ${formatFixed(y.domain[0], 1)})`, yTicks: 4 });
  const other = DISTANCES.find((name) => name !== distance);
  drawLine(ctx, null, runs[other].means, x, y, { color: theme.muted, dash: [3, 3] });
  drawLine(ctx, null, run.recalls, x, y, { color: theme.a, width: 2, dash: [7, 3] });
  drawLine(ctx, null, run.means, x, y, { color: theme.b, width: 2.5 });
  drawMark(ctx, x(step), y(run.means[step]), { radius: 5, fill: theme.b, stroke: theme.bg });
  drawMark(ctx, x(step), y(run.recalls[step]), { radius: 4, fill: theme.a, stroke: theme.bg });
  const entries = [{ label: "mean best IoU", color: theme.b }, { label: "recall", color: theme.a, dash: [4, 2] }, { label: `IoU, ${NAMES[other]}`, color: theme.muted, dash: [3, 3] }];
  drawLegend(ctx, entries, { x: 4, y: 0 }, theme);
}

function results(scene) {
  const { run, step } = scene;
  const settled = run.settled && step === lastStep(scene) ? ", settled" : "";
  return [["step", `${step}${settled}`], ["mean best IoU", formatFixed(run.means[step], 3)], ["recall at 0.5", formatFixed(run.recalls[step], 3)]];
}

/** Let the reader move the anchors, which makes them starts. The traits say where they are: keys may not wait for the scene. */
function addMoving(app, plane, scene) {
  const now = () => {
    const starts = app.get("starts");
    return app.get("step_count") === 0 && starts.length === app.get("num_anchors") ? starts : scene.anchors;
  };
  const scales = () => sizeScales(plane.width(), plane.height());
  const inside = (side) => Number(Math.min(MOST, Math.max(LEAST, side)).toFixed(2));
  addPoints(app, plane, {
    positions: () => now().map(([w, h]) => [scales().x(w), scales().y(h)]),
    move: (a, px, py) => {
      app.stop();
      const put = [inside(scales().x.invert(px)), inside(scales().y.invert(py))];
      app.set({ starts: now().map((anchor, i) => (i === a ? put : anchor.map(inside))), step_count: 0 });
    },
    describe: (a) => `Anchor ${a + 1} of ${now().length}: ${now()[a].map((side) => formatFixed(side, 1)).join(" by ")} pixels.`,
  });
}

const AGAIN = { resets: { starts: [], step_count: 0 } };

export const { render, preview } = defineExplorer({
  title: "Anchors explorer: k-means on the sizes of boxes",
  update: updateScene,
  output: ({ run, step }) => ({ mean_iou: run.means[step] }),
  say: summarise,
  left: [
    stage({ draw: drawSizes, label: "Widths and heights of the boxes, and the anchors", use: addMoving }),
    hint("Drag an anchor (large mark): it starts anew from there. Cross: no anchor has an IoU above 0.5 with this size."),
  ],
  right: [
    player({ last: lastStep }),
    stage({ draw: drawAnchors, label: "The anchors as boxes", ratio: 2.2 }),
    stage({
      draw: drawCourse,
      label: "Mean best IoU and recall by step",
      ratio: 2,
      scrub: { trait: "step_count", last: lastStep, scale: (...of) => chartScales(...of).x, text: summarise },
    }),
    facts(results, { name: "readout" }),
  ],
  controls: ["distance", control("num_anchors", AGAIN), control("seed", AGAIN)],
  preview: squareBeside(drawSizes, drawCourse),
});
