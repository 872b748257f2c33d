// The boxes explorer: two boxes on a picture with their gradients on the left; the four measures and their descents on the right.
import { control, defineExplorer } from "../_core/define.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { addHandle } from "../_core/handles.js";
import { group, hint, paragraph, player, stage, table } from "../_core/parts.js";
import { clipped, drawBox, drawLine, drawMark } from "../_draw/layers.js";
import { squareBeside } from "../_draw/panes.js";
import { drawArrow } from "../_draw/paths.js";
import { drawPicture, halfPicture, readPicture } from "../_draw/pictures.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { boxMiddle } from "../_math/boxes.js";
import { arrival, arrivalFrom, descendTo, LOSSES, makeRun, measures, penalties, rateAt, stepsDone, tidyBox } from "./model.js";

const SIDE = 96; // px of the picture
const MOST = 200; // steps
const CELLS = 32; // of the map, across
const AHEAD = 10; // steps an arrow stands for
const LONGEST = 70; // px of an arrow
const NAMES = { iou: "IoU", giou: "GIoU", diou: "DIoU", ciou: "CIoU" };
const DASHES = { iou: [2, 3], giou: [7, 3], diou: [12, 3, 2, 3], ciou: [] };
const HINTS = {
  boxes: "Drag a round handle to move a box, a square one to resize it. IoU: the green area both share, divided by all they cover. Arrows: ten steps like the next.",
  map: `Colour: a box of the start's size, begun here, reaches IoU 0.9 in ${MOST} steps; stronger is sooner. Cross: never.`,
};

function makeScene() {
  return { pictures: [], key: "", runs: {}, step: 0, box: null, target: null, local: null, map: null };
}

/** Bring a scene up to date with the traits; say whether the map of starts, which is extra, needs another frame. */
function updateScene(scene, get, { deadline }) {
  const data = get("data");
  if (scene.data !== data) Object.assign(scene, { data, pictures: (data.pictures || []).map(readPicture) });
  const target = tidyBox(get("target"), SIDE);
  const settings = { target, lr: get("lr"), decay: get("decay") ? MOST : 0 };
  const box = tidyBox(get("box"), SIDE);
  const key = JSON.stringify([settings, box]);
  if (key !== scene.key) {
    scene.key = key;
    scene.runs = Object.fromEntries(LOSSES.map((loss) => [loss, makeRun({ ...settings, loss, box })]));
    for (const loss of LOSSES) descendTo(scene.runs[loss], MOST);
  }
  scene.loss = get("loss");
  scene.picture = scene.pictures[get("scene")];
  scene.run = scene.runs[scene.loss];
  scene.step = Math.min(get("step_count"), stepsDone(scene.run));
  Object.assign(scene, { target, box: scene.run.boxes[scene.step], settings });
  scene.local = measures(scene.box, target);
  scene.parts = penalties(scene.box, target);
  scene.showMap = get("starts");
  return scene.showMap && fillMap(scene, box, deadline) && "extra";
}

/** Run the chosen loss from starts all over the picture, row by row; return whether some are left. */
function fillMap(scene, box, deadline) {
  const size = [box[2] - box[0], box[3] - box[1]];
  const key = JSON.stringify([scene.loss, scene.settings, size]);
  if (scene.map?.key !== key) scene.map = { key, next: 0, steps: new Int16Array(CELLS * CELLS).fill(-2) };
  const { map } = scene;
  const settings = { ...scene.settings, loss: scene.loss };
  const place = (k) => ((k + 0.5) * SIDE) / CELLS;
  while (map.next < map.steps.length) {
    for (const last = map.next + CELLS; map.next < last; map.next++) {
      map.steps[map.next] = arrivalFrom(settings, size, place(map.next % CELLS), place(Math.floor(map.next / CELLS)), MOST);
    }
    if (deadline()) return map.next < map.steps.length;
  }
  return false;
}

function summarise({ loss, local, step, run }) {
  const values = LOSSES.map((name) => `${NAMES[name]} ${formatFixed(local[name].value, 3)}`).join(", ");
  const state = run.broken && step === stepsDone(run) ? `, and ${run.broken}` : "";
  return `Step ${step} of the descent by ${NAMES[loss]}${state}: ${values}; slope ${formatNumber(slopeOf(local[loss]))} per pixel.`;
}

const slopeOf = ({ slope }) => Math.hypot(...slope);

/** The picture with both boxes, what the loss measures between them, and its pull on each edge. */
function drawBoxes(ctx, width, height, theme, scene) {
  const side = Math.min(width, height);
  const x = linearScale([0, SIDE], [0, side]);
  const { picture, still } = scene;
  if (picture) drawPicture(ctx, still ? halfPicture(picture) : picture, side, theme, theme.dark ? 0.3 : 0.45);
  if (scene.showMap && scene.map) drawStarts(ctx, x, theme, scene.map);
  drawParts(ctx, x, theme, scene);
  scene.run.boxes.slice(0, scene.step).forEach((box, k) => k % 10 === 0 && drawBox(ctx, x, box, { color: theme.b, width: 1, alpha: 0.45 }));
  drawTrail(ctx, x, theme, scene);
  drawBox(ctx, x, scene.target, { color: theme.a, width: 3, edge: theme.bg });
  drawBox(ctx, x, scene.box, { color: theme.b, width: 3, edge: theme.bg });
  drawPull(ctx, x, theme, scene);
  drawLabel(ctx, "target", x(scene.target[0]) + 2, x(scene.target[1]) - 4, theme, { color: theme.a, weight: 600, baseline: "bottom" });
  drawLabel(ctx, "prediction", x(scene.box[0]) + 2, x(scene.box[3]) + 4, theme, { color: theme.b, weight: 600 });
}

/** The enclosing box, and for the measures that know distance the two lengths they compare. */
function drawParts(ctx, x, theme, { loss, box, target }) {
  const shared = [Math.max(box[0], target[0]), Math.max(box[1], target[1]), Math.min(box[2], target[2]), Math.min(box[3], target[3])];
  if (shared[0] < shared[2] && shared[1] < shared[3]) drawBox(ctx, x, shared, { color: theme.good, width: 1, fill: theme.good, alpha: 0.4 });
  if (loss === "iou") return;
  const around = [Math.min(box[0], target[0]), Math.min(box[1], target[1]), Math.max(box[2], target[2]), Math.max(box[3], target[3])];
  drawBox(ctx, x, around, { color: theme.text, width: 1.5, dash: [5, 4] });
  if (loss === "giou") return;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1;
  strokeSegment(ctx, ...around.map(x));
  ctx.lineWidth = 2.5;
  strokeSegment(ctx, ...boxMiddle(box).map(x), ...boxMiddle(target).map(x));
}

function drawTrail(ctx, x, theme, { run, step }) {
  const middles = run.boxes.map(boxMiddle);
  const at = [middles.map(([u]) => u), middles.map(([, v]) => v)];
  drawLine(ctx, ...at, x, x, { color: theme.b, width: 1.5, alpha: 0.5, from: step });
  drawLine(ctx, ...at, x, x, { color: theme.b, width: 2, to: step + 1 });
}

/** An arrow on each edge: where ten steps like the next would take it. */
function drawPull(ctx, x, theme, { run, step, local, loss, box }) {
  const rate = AHEAD * (rateAt(run, step) || run.lr / MOST);
  const [mx, my] = boxMiddle(box);
  [[box[0], my], [mx, box[1]], [box[2], my], [mx, box[3]]].forEach(([u, v], i) => {
    const far = Math.max(-LONGEST, Math.min(LONGEST, x(rate * local[loss].slope[i]) - x(0)));
    const end = i % 2 ? [x(u), x(v) + far] : [x(u) + far, x(v)];
    drawArrow(ctx, [x(u), x(v)], end, theme.text, { width: 2.25, edge: theme.bg, least: 1 });
  });
}

/** Where a box of this size may begin: the stronger the colour, the sooner it arrives; a cross where it never does. */
function drawStarts(ctx, x, theme, { steps }) {
  const cell = x(SIDE / CELLS);
  const reached = steps.filter((count) => count >= 0);
  const [soonest, latest] = [Math.min(...reached), Math.max(...reached)];
  steps.forEach((count, k) => {
    const [px, py] = [(k % CELLS) * cell, Math.floor(k / CELLS) * cell];
    if (count >= 0) {
      ctx.globalAlpha = 0.12 + 0.68 * ((latest - count) / (latest - soonest || 1));
      ctx.fillStyle = theme.accent;
      ctx.fillRect(px, py, cell, cell);
    } else if (count === -1 && k % 2 === Math.floor(k / CELLS) % 2) {
      ctx.globalAlpha = 0.9;
      drawMark(ctx, px + cell / 2, py + cell / 2, { shape: "cross", radius: 2, stroke: theme.bad });
    }
  });
  ctx.globalAlpha = 1;
}

function chartScales(width, height) {
  const box = plotBox(width, height, { left: 34, top: 8, right: 42, bottom: 24 });
  return { box, x: linearScale([0, MOST], [box.x, box.x + box.width]), y: linearScale([0, 1.02], [box.y + box.height, box.y]) };
}

/** The IoU by step of all four descents; the chosen one is strong as far as it has come. */
function drawChart(ctx, width, height, theme, scene) {
  const { box, x, y } = chartScales(width, height);
  drawAxes(ctx, box, x, y, theme, { xLabel: "step", yLabel: "IoU", xTicks: 4, yTicks: [0, 0.5, 0.9] });
  clipped(ctx, { ...box, y: box.y - 2, height: box.height + 4 }, () => {
    for (const loss of [...LOSSES.filter((name) => name !== scene.loss), scene.loss]) {
      const chosen = loss === scene.loss;
      const calm = scene.settings.decay > 0; // else the lines jitter and would cover each other
      const width = calm ? (chosen ? 2.5 : 1.5) : 1;
      const look = { color: chosen ? theme.b : theme.muted, width, dash: DASHES[loss] };
      drawLine(ctx, null, scene.runs[loss].overlaps, x, y, { ...look, alpha: chosen ? 0.45 : calm ? 0.7 : 0.4 });
      if (chosen) drawLine(ctx, null, scene.runs[loss].overlaps, x, y, { ...look, to: scene.step + 1 });
    }
  });
  labelEnds(ctx, box, y, theme, scene);
  drawMark(ctx, x(scene.step), y(scene.run.overlaps[scene.step]), { radius: 5, fill: theme.b, stroke: theme.bg });
}

/** Names right of the lines' ends, moved apart where the lines meet. */
function labelEnds(ctx, box, y, theme, scene) {
  const ends = LOSSES.map((loss) => ({ loss, py: y(scene.runs[loss].overlaps[stepsDone(scene.runs[loss])]) })).sort((a, b) => a.py - b.py);
  const last = box.y + box.height - 12 * (LOSSES.length - 1); // the lowest place of the first
  let next = box.y + 5;
  ends.forEach((end, i) => {
    end.py = Math.min(Math.max(end.py, next), last + 12 * i);
    next = end.py + 12;
  });
  for (const { loss, py } of ends) {
    const chosen = loss === scene.loss;
    drawLabel(ctx, NAMES[loss], box.x + box.width + 5, py, theme, { baseline: "middle", color: chosen ? theme.b : theme.muted, weight: chosen ? 700 : 400 });
  }
}

/** The four measures now, their slopes, and when each descent arrives. */
function measureRows({ local, runs }) {
  return LOSSES.map((loss) => {
    const step = arrival(runs[loss]);
    return [NAMES[loss], formatFixed(local[loss].value, 3), formatFixed(slopeOf(local[loss]), 4), step < 0 ? "never" : `step ${step}`];
  });
}

/** The line under the table: what holds the box where it is, or pulls it. */
function judge({ loss, local, run, step, parts }) {
  if (run.broken && step === stepsDone(run)) return { text: "The next step would turn the box inside out. Lower the learning rate.", bad: true };
  if (slopeOf(local[loss]) === 0) {
    const there = local.iou.value === 1;
    return { text: there ? "There: both boxes are one." : "No slope at all: this loss cannot tell which way to go.", bad: !there };
  }
  const shares = {
    iou: `IoU ${formatFixed(local.iou.value, 3)} alone`,
    giou: `IoU less the empty share of the dashed box, ${formatFixed(parts.empty, 3)}`,
    diou: `IoU less (distance / diagonal)², ${formatFixed(parts.distance, 3)}`,
    ciou: `DIoU less α v, ${formatFixed(local.diou.value - local.ciou.value, 3)}, for the aspect ratio`,
  };
  return { text: `${NAMES[loss]}: ${shares[loss]}. The edges are ${formatNumber(parts.gap)} px off on average.`, bad: false };
}

/** Handles for a box: its middle moves it, two corners resize it. The prediction shown becomes a new start. */
function addBoxHandles(app, stage, { name, trait, color, now }) {
  const x = () => stage.width() / SIDE;
  const round = (value) => Number(value.toFixed(2));
  const put = (box) => app.set(trait === "box" ? { box: box.map(round), step_count: 0 } : { [trait]: box.map(round) });
  const words = () => now().map((edge) => formatNumber(edge)).join(", ");
  const add = (label, at, move, circular = false) => {
    const handle = addHandle(app, stage, { label: `${name}: ${label}`, color, at: () => at(now()).map((p) => p * x()), move: (px, py) => put(move(now(), px / x(), py / x())), text: words, step: 4 });
    if (circular) handle.classList.add("d2l-round");
  };
  add("move", boxMiddle, ([x1, y1, x2, y2], u, v) => {
    const [w, h] = [x2 - x1, y2 - y1];
    const [left, top] = [Math.min(SIDE - w, Math.max(0, u - w / 2)), Math.min(SIDE - h, Math.max(0, v - h / 2))];
    return [left, top, left + w, top + h];
  }, true);
  add("top left corner", ([x1, y1]) => [x1, y1], ([, , x2, y2], u, v) => tidyBox([Math.min(u, x2 - 2), Math.min(v, y2 - 2), x2, y2], SIDE));
  add("bottom right corner", ([, , x2, y2]) => [x2, y2], ([x1, y1], u, v) => tidyBox([x1, y1, Math.max(u, x1 + 2), Math.max(v, y1 + 2)], SIDE));
}

/** The prediction as the traits say it now: the scene follows a frame later, keys may not wait. */
function boxNow(app, scene) {
  return app.get("step_count") > 0 && scene.box ? tidyBox(scene.box, SIDE) : tidyBox(app.get("box"), SIDE);
}

export const { render, preview } = defineExplorer({
  title: "Boxes explorer: two boxes, four measures of overlap",
  scene: makeScene,
  update: updateScene,
  output: ({ run, step }) => ({ overlap: run.overlaps[step] }),
  say: summarise,
  left: [
    stage({
      draw: drawBoxes,
      label: "A picture with the target box and the predicted box",
      use: (app, picture, scene) => {
        addBoxHandles(app, picture, { name: "Target", trait: "target", color: "var(--d2l-a)", now: () => tidyBox(app.get("target"), SIDE) });
        addBoxHandles(app, picture, { name: "Prediction", trait: "box", color: "var(--d2l-b)", now: () => boxNow(app, scene) });
      },
    }),
    hint(({ showMap }) => (showMap ? HINTS.map : HINTS.boxes)),
  ],
  right: [
    player({ last: ({ run }) => stepsDone(run) }),
    stage({
      draw: drawChart,
      label: "IoU by step for the four losses",
      ratio: 1.9,
      scrub: {
        trait: "step_count",
        last: ({ run }) => stepsDone(run),
        scale: (scene, width, height) => chartScales(width, height).x,
        text: summarise,
      },
    }),
    group(
      { name: "readout" },
      table({
        className: "d2l-measures",
        heads: ["measure", "now", "slope /px", "IoU 0.9 at"],
        rows: measureRows,
        chosen: ({ loss }) => LOSSES.indexOf(loss),
      }),
      paragraph(judge, { className: "d2l-verdict" }),
    ),
  ],
  controls: [
    "loss", "lr", "starts",
    control("scene", { change: (scene, app) => app.set({ scene, target: app.get("data").targets[scene], step_count: 0 }) }),
    "decay",
  ],
  preview: squareBeside(drawBoxes, drawChart),
});
