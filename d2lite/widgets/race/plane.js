// The plane of learning rate and memory: each point a run of momentum in one valley, coloured by the share that its steps keep.
import { formatCounted, formatNumber } from "../_core/format.js";
import { addHandle } from "../_core/handles.js";
import { onPress } from "../_core/press.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { makeLandscape } from "../_draw/landscape.js";
import { clipped, contourLines, drawHeat, drawLine, drawMark, makeGrid } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox } from "../_draw/scales.js";
import { drawMap, methodColor } from "./draw.js";
import { bestPoint, regimeName, stepsToGoal, valleyShare } from "./model.js";

export const START = [-2.6, 0.13]; // in the long valley
const REACH = [3, 0.52]; // of the valley's picture, along it and across
const MOST = 0.995; // the greatest memory on the axis
const SNAP = 3.5; // px from the best point, less than an arrow's step
const CELLS = 90; // of the plane, across
const GROWTH = [2, 4, 8, 16]; // lines: so many times the fewest steps
const MOST_STEPS = 3000;
const MEMORIES = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99];
const BORDER = Array.from({ length: 121 }, (_, i) => MOST * (1 - (1 - i / 120) ** 3)); // memories along a border, denser at the top

const depth = (beta) => -Math.log(1 - Math.min(MOST, Math.max(0, beta))); // each window 1 / (1 − β) twice as long is as far up

function planeBox(width, height) {
  return plotBox(width, height, { top: 6, right: 8, bottom: 28, left: 36 });
}

/** The two scales: learning rates a little beyond the last that converges, and memories by the logarithm of their window. */
function planeScales(condition, width, height) {
  const box = planeBox(width, height);
  const x = linearScale([0, 4.15 / condition], [box.x, box.x + box.width]);
  const inner = linearScale([0, depth(MOST)], [box.y + box.height, box.y]);
  const y = Object.assign((beta) => inner(depth(beta)), { range: inner.range, invert: (py) => 1 - Math.exp(-Math.max(0, inner.invert(py))) });
  return { box, x, y };
}

/** The plane for a size, computed once a valley: its scales, on a grid the logarithm of how many times the fewest steps a run takes, and lines of that. */
function planeOf(scene, width, height) {
  const key = `${scene.condition} ${width} ${height}`;
  if (scene.grounds?.key === key) return scene.grounds;
  const scales = planeScales(scene.condition, width, height);
  const best = bestPoint(scene.condition);
  const few = Math.log(Math.max(1e-9, valleyShare(best.lr, best.beta, scene.condition))); // at κ = 1 nothing is kept
  const far = Math.log(1e4);
  const longer = (lr, beta) => { // what diverges is painted over, and is given its border's value: lines run into it smoothly
    const share = valleyShare(Math.min(lr, (0.98 * 2 * (1 + beta)) / scene.condition), beta, scene.condition);
    return share < 1 ? Math.min(far, Math.max(0, Math.log(few / Math.log(share)))) : far;
  };
  const grid = makeGrid(scales.x, scales.y, CELLS, longer);
  const lines = GROWTH.flatMap((times) => contourLines(grid, Math.log(times)));
  return (scene.grounds = { ...scales, key, best, grid, lines });
}

export function drawPlane(ctx, width, height, theme, scene) {
  const plane = planeOf(scene, width, height);
  const { box, x, y, best, grid, lines } = plane;
  const ramp = makeRamp(mixColor(theme.bg, theme.accent, 0.95), mixColor(theme.bg, theme.accent, 0.4), mixColor(theme.bg, theme.accent, 0.12), theme.bg);
  clipped(ctx, box, () => {
    drawHeat(ctx, grid, ramp, (value) => value / Math.log(60));
    drawLines(ctx, theme, lines);
    drawLost(ctx, theme, scene, plane);
    const meet = BORDER.map((beta) => (1 - Math.sqrt(beta)) ** 2); // where the flat direction's roots meet
    drawLine(ctx, meet, BORDER, x, y, { color: theme.text, width: 1.5, dash: [5, 4] });
  });
  drawAxes(ctx, box, x, y, theme, { xTicks: 4, yTicks: MEMORIES, grid: false, gap: 14, xLabel: "learning rate η", yLabel: "memory β" });
  nameRegions(ctx, theme, scene, plane);
  const at = [x(best.lr), y(best.beta)];
  drawMark(ctx, ...at, { radius: 8, stroke: theme.bg, width: 4 });
  drawMark(ctx, ...at, { radius: 8, stroke: theme.text, width: 1.75 });
  const side = at[0] + 78 < box.x + box.width ? 1 : -1;
  drawLabel(ctx, "keeps least", at[0] + 12 * side, at[1], theme, { align: side > 0 ? "left" : "right", baseline: "middle", color: theme.text, weight: 600 });
  if (scene.still) drawMark(ctx, ...placeOf(scene, plane), { radius: 7, fill: methodColor(theme, "momentum"), stroke: theme.bg, width: 2 });
}

function drawLines(ctx, theme, lines) {
  ctx.save();
  ctx.globalAlpha = 0.7;
  ctx.strokeStyle = theme.bg;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const line of lines) line.forEach((point, i) => (i ? ctx.lineTo(...point) : ctx.moveTo(...point)));
  ctx.stroke();
  ctx.restore();
}

/** Where runs diverge: to the right of the border on which η κ = 2 (1 + β). */
function drawLost(ctx, theme, { condition }, { box, x, y }) {
  ctx.fillStyle = mixColor(theme.bg, theme.bad, 0.22);
  ctx.beginPath();
  for (const beta of BORDER) ctx.lineTo(x((2 * (1 + beta)) / condition), y(beta));
  ctx.lineTo(box.x + box.width, box.y);
  ctx.lineTo(box.x + box.width, box.y + box.height);
  ctx.fill();
}

/** What the ball does along the valley, written where it does so. */
function nameRegions(ctx, theme, { condition }, { box, x, y }) {
  const write = (text, px, py, options) => drawLabel(ctx, text, px, py, theme, { align: "center", baseline: "middle", size: 12, weight: 600, color: theme.text, ...options });
  write("rolls past the goal", x(2.1 / condition), y(0.955));
  write("creeps", x(0.75 / condition), y(0.4));
  write("diverges", box.x + 0.84 * box.width, y(0.42), { color: theme.bad });
}

/** Where the run's own point stands; one outside the plane, at its edge. */
function placeOf({ rate, beta }, { box, x, y }) {
  return [Math.min(box.x + box.width, x(rate)), y(beta)];
}

/** The valley with the run's path, over axes of different units: it is long and narrow. */
export function drawValley(ctx, width, height, theme, scene) {
  const size = `${width} ${height}`;
  if (scene.map === null || scene.mapSize !== size) {
    const [x, y] = [linearScale([-REACH[0], REACH[0]], [0, width]), linearScale([-REACH[1], REACH[1]], [height, 0])];
    Object.assign(scene, { map: makeLandscape(scene.surface, x, y), mapSize: size });
  }
  drawMap(ctx, width, height, theme, scene);
  const { share, goal } = scene;
  const text = share >= 1 ? "never arrives" : goal ? `arrives after ${formatCounted(goal, "step")}` : `not there after ${MOST_STEPS} steps`;
  drawLabel(ctx, text, width - 8, height - 20, theme, { align: "right", baseline: "bottom", color: share >= 1 ? theme.bad : theme.text, weight: 600, size: 13 });
}

/** The scene's point: its rate and memory, what a step keeps, and how many steps it takes. */
export function measurePoint({ rate, beta, condition, ground }) {
  return { share: valleyShare(rate, beta, condition), goal: stepsToGoal(rate, beta, condition, ground.start, MOST_STEPS) };
}

export function pointFacts({ rate, beta, condition, share }) {
  const along = regimeName(rate, beta);
  const across = regimeName(rate * condition, beta);
  const keeps = { text: formatNumber(share), bad: share >= 1 };
  return [["a step keeps", keeps], ["along", along], ["across", { text: across, bad: across === "diverges" }]];
}

/** What a point of the plane would do, for the pointer over it. */
export function tipAt(scene, px, py, width, height) {
  const { x, y } = planeScales(scene.condition, width, height);
  const [rate, beta] = [x.invert(px), y.invert(py)];
  if (rate < 0 || rate > x.domain[1]) return null;
  const share = valleyShare(rate, beta, scene.condition);
  return `η ${formatNumber(rate)}, β ${formatNumber(beta)}: ${share < 1 ? `a step keeps ${formatNumber(share)}` : "diverges"}`;
}

/** The point as a handle, and wherever the reader presses: point() gives { rate, beta } from the traits, put(rate, beta) sets them. */
export function addPoint(app, stage, { point, put }) {
  const plane = () => planeScales(app.get("condition"), stage.width(), stage.height());
  const move = (px, py) => {
    const { x, y } = plane();
    const best = bestPoint(app.get("condition"));
    if (Math.hypot(px - x(best.lr), py - y(best.beta)) < SNAP) return put(...[best.lr, best.beta].map((value) => Number(value.toPrecision(6))));
    const most = x.domain[1];
    const rate = Math.min(most, Math.max(most / 400, x.invert(px)));
    put(Number(rate.toPrecision(3)), Number(Math.min(MOST, y.invert(py)).toFixed(4)));
  };
  const text = () => `η ${formatNumber(point().rate)}, β ${formatNumber(point().beta)}`;
  addHandle(app, stage, { label: "Learning rate and memory", at: () => placeOf(point(), plane()), move, text, color: methodColor(app.theme, "momentum") });
  onPress(app, stage.canvas, (event) => move(...stage.at(event)));
}
