// The playground's plane and charts: what the network gives over the plane, losses, histograms, other seeds.
import { formatFixed, formatNumber } from "../_core/format.js";
import { clipped, drawContour, drawHeat, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { sigmoid } from "../_math/nn.js";
import { FEATURES } from "./model.js";
import { isBounded, mapOf, rangeOf } from "./picture.js";

const BINS = 21;

export function planeScales({ extent }, width, height) {
  return { x: linearScale([-extent, extent], [0, width]), y: linearScale([-extent, extent], [height, 0]) };
}

/** The unit that is large: the one pointed at, else the one chosen, else the output. */
export const lookedAt = ({ hovered, shown, run }) => hovered || shown || [run.net.sizes.length - 1, 0];

/** A unit in words: "output", "x₁²" or "layer 1, unit 2". */
export function unitName({ run }, [layer, index]) {
  if (layer === run.net.sizes.length - 1) return "output";
  return layer ? `layer ${layer}, unit ${index + 1}` : Object.values(FEATURES)[index][0];
}

/** How a value of a unit's map is coloured: from 0, blue, over the middle to 1, orange. */
function shadeOf(scene, unit) {
  const { run, maps, get } = scene;
  const isOutput = unit[0] === run.net.sizes.length - 1;
  const map = mapOf(maps, unit);
  const range = isOutput ? 1 : rangeOf(map, isBounded(run.net, unit[0]));
  const shade = isOutput && run.loss === "cross_entropy" ? sigmoid : (value) => 0.5 + value / range / 2;
  return get("discrete") ? (value) => (shade(value) >= 0.5 ? 1 : 0) : shade;
}

function drawMap(ctx, map, maps, width, height, ramp, shade) {
  const grid = { values: map, nx: maps.cells, ny: maps.cells, dx: width / maps.cells, dy: height / maps.cells };
  Object.assign(grid, { x: grid.dx / 2, y: grid.dy / 2 });
  drawHeat(ctx, grid, ramp, shade);
  return grid;
}

/** The plane: the function of the unit that is looked at, the points over it. */
export function drawPlane(ctx, width, height, theme, scene) {
  const { run, maps, ramp, task, hold } = scene;
  const unit = lookedAt(scene);
  const grid = drawMap(ctx, mapOf(maps, unit), maps, width, height, ramp, shadeOf(scene, unit));
  if (unit[0] === run.net.sizes.length - 1 && !task.regression) {
    drawContour(ctx, grid, 0, { color: theme.bg, width: 4, alpha: 0.7 });
    drawContour(ctx, grid, 0, { color: theme.text, width: 1.75 });
  }
  const { x, y } = planeScales(scene, width, height);
  if (scene.get("show_test")) drawPoints(ctx, task.test, x, y, theme, scene, true);
  drawPoints(ctx, task.training, x, y, theme, scene, false);
  const first = task.training.length - task.own;
  for (const i of [hold?.hovered(), hold?.selected()]) {
    const point = i >= 0 && task.training[first + i];
    if (point) drawMark(ctx, x(point[0]), y(point[1]), { radius: 9, stroke: theme.accent, width: 2.5 });
  }
  drawLabel(ctx, unitName(scene, unit), 6, 5, theme, { color: theme.text, weight: 600, size: 12 });
  drawLabel(ctx, "x₁", width - 5, height - 4, theme, { align: "right", baseline: "bottom", color: theme.text });
  for (const value of [-1, 1]) {
    drawLabel(ctx, formatNumber(value), x(value), height - 4, theme, { align: "center", baseline: "bottom" });
    drawLabel(ctx, formatNumber(value), 5, y(value), theme, { baseline: "middle" });
  }
  drawLabel(ctx, "x₂", 5, height / 2, theme, { baseline: "middle", color: theme.text });
}

/** Points by class, circles and diamonds, or in regression by target; test points hollow, the reader's own larger. */
function drawPoints(ctx, points, x, y, theme, { ramp, task }, hollow) {
  const first = points.length - (hollow ? 0 : task.own);
  const radius = points.length > 150 ? 3.2 : 4;
  points.forEach(([x1, x2, target], i) => {
    const t = 3 * Math.round(Math.min(255, Math.max(0, 127.5 + 127.5 * target)));
    const color = task.regression ? `rgb(${ramp[t]}, ${ramp[t + 1]}, ${ramp[t + 2]})` : target ? theme.b : theme.a;
    const look = hollow ? { fill: theme.bg, stroke: color, width: 2 } : { fill: color, stroke: task.regression ? theme.text : theme.bg };
    drawMark(ctx, x(x1), y(x2), { shape: task.regression || !target ? "circle" : "diamond", radius: i >= first ? radius + 1.5 : radius, ...look });
  });
}

export function lossScale({ run }, width, height) {
  const box = lossBox(width, height);
  return linearScale([0, Math.max(40, run.done * 1.05)], [box.x, box.x + box.width]);
}

const lossBox = (width, height) => plotBox(width, height, { top: 20, right: 10, left: 36, bottom: 20 });

/** Training and test loss by epoch. */
export function drawLosses(ctx, width, height, theme, scene) {
  const { run, epoch } = scene;
  const box = lossBox(width, height);
  const x = lossScale(scene, width, height);
  const curves = [[run.testLoss, theme.muted, "test"], [run.trainLoss, theme.accent, "training"]].filter(([losses]) => Number.isFinite(losses[0]));
  const start = Math.max(0, ...curves.map(([losses]) => losses[0]));
  const every = Math.max(1, Math.floor(run.done / 300));
  let most = curves.length ? 1e-3 : 1;
  for (const [losses] of curves) for (let k = 0; k <= run.done; k += every) if (losses[k] > most) most = losses[k];
  most = Math.min(most, Math.max(1, 2 * start));
  const y = linearScale([0, 1.08 * most], [box.y + box.height, box.y]);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(epoch), box.y, x(epoch), box.y + box.height);
  drawAxes(ctx, box, x, y, theme, { yTicks: 3, xTicks: 4, xLabel: "epoch" });
  clipped(ctx, box, () => {
    for (const [losses, color] of curves) {
      const ys = losses.subarray(0, run.done + 1);
      drawLine(ctx, null, ys, x, y, { color, width: 1.5, alpha: 0.4, from: epoch });
      drawLine(ctx, null, ys, x, y, { color, width: 2, to: epoch + 1 });
    }
  });
  let right = box.x + box.width;
  for (const [losses, color, name] of curves) {
    const text = `${name} ${formatFixed(losses[epoch], 3)}`;
    drawLabel(ctx, text, right, 3, theme, { align: "right", color, weight: 600 });
    right -= ctx.measureText(text).width + 12;
  }
}

/** Weights above, gradients of the last batch below, a histogram a layer. */
export function drawHistograms(ctx, width, height, theme, { run }) {
  const { dense } = run.net;
  const across = width / dense.length;
  const half = height / 2;
  [["weights", run.state.w, theme.accent], ["gradients", run.state.g, theme.good]].forEach(([what, all, color], row) => {
    dense.forEach(({ hidden, weight, bias }, l) => {
      const values = all.subarray(weight, bias);
      const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-12);
      const counts = new Array(BINS).fill(0);
      for (const value of values) counts[Math.min(BINS - 1, Math.max(0, Math.floor(((value / most + 1) / 2) * BINS))) || 0]++;
      const tallest = Math.max(...counts);
      const [left, base, bar] = [l * across + 4, (row + 1) * half - 16, (across - 10) / BINS];
      ctx.fillStyle = color;
      counts.forEach((count, k) => ctx.fillRect(left + k * bar, base, Math.max(1, bar - 1), -(count / tallest) * (half - 34)));
      ctx.strokeStyle = theme.line;
      ctx.lineWidth = 1;
      strokeSegment(ctx, left, base, left + across - 10, base);
      const text = most <= 1e-12 ? "all 0" : dense.length > 4 && width < 500 ? formatNumber(most, 1) : `±${formatNumber(most, 2)}`;
      drawLabel(ctx, text, left + across / 2 - 5, base + 3, theme, { align: "center", size: 10 });
      if (!row) drawLabel(ctx, hidden ? `layer ${l + 1}` : "output", left + across / 2 - 5, 2, theme, { align: "center", size: 10 });
    });
    drawLabel(ctx, what, 4, row * half + (row ? 4 : 14), theme, { color: theme.text, size: 10 });
  });
}

/** The outputs of all the seeds that train side by side. */
export function drawSeeds(ctx, width, height, theme, scene) {
  const { runs, sights, ramp, task } = scene;
  const side = Math.min(height - 20, width / runs.length - 8);
  runs.forEach((run, k) => {
    const left = (k * width) / runs.length;
    const shown = { ...scene, run, maps: sights[k] };
    const unit = [run.net.sizes.length - 1, 0];
    ctx.save();
    ctx.translate(left, 20);
    drawMap(ctx, mapOf(sights[k], unit), sights[k], side, side, ramp, shadeOf(shown, unit));
    const { x, y } = planeScales(scene, side, side);
    for (const [x1, x2, target] of task.training) drawMark(ctx, x(x1), y(x2), { radius: 1.6, fill: target > (task.regression ? 0 : 0.5) ? theme.b : theme.a });
    ctx.restore();
    const loss = (task.test.length ? run.testLoss : run.trainLoss)[run.epoch];
    drawLabel(ctx, `seed ${run.settings.seed}: ${formatFixed(loss, 2)}`, left, 4, theme, { color: theme.text });
  });
}
