// The normalizer explorer's pictures: a bar for each unit of each layer, and both networks' losses.
import { clipped, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { above } from "../_draw/panes.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { MEASURE } from "./model.js";

const REACH = 4; // of the axis of values
const [TOP_LOSS, GUESS] = [1, Math.LN2];
const FOOT = -0.13; // of the axis of losses: room for its name below a loss near 0
const NAMES = ["without batch norm", "with batch norm"];

function unitsBox(width, height) {
  return plotBox(width, height, { top: 20, right: 6, bottom: 18, left: 28 });
}

/** Where the bars of a layer's units are: { left, step }, from the layer's number (1 is the first) and the unit's. */
function places(box, layers, units) {
  const share = box.width / layers;
  const step = (share * 0.86) / units;
  return { share, step, left: (l, unit) => box.x + l * share + share * 0.07 + unit * step };
}

/** Where 90% of the points lie in what enters each unit, layer by layer. */
function drawUnits(which, ctx, width, height, theme, { bars, still }) {
  const layers = bars[which];
  const box = unitsBox(width, height);
  const { share, step, left } = places(box, layers.length, layers[0].length);
  const x = linearScale([0.5, layers.length + 0.5], [box.x, box.x + box.width]);
  const y = linearScale([-REACH, REACH], [box.y + box.height, box.y]);
  ctx.fillStyle = theme.surface;
  for (let l = 0; l < layers.length; l += 2) ctx.fillRect(box.x + l * share, box.y, share, box.height);
  drawAxes(ctx, box, x, y, theme, { xTicks: layers.map((_, l) => l + 1), yTicks: [-REACH, -2, 0, 2, REACH] });
  const thick = Math.max(1, step - 1);
  ctx.fillStyle = theme.muted;
  layers.forEach((units, l) => {
    units.forEach(([low, , high], unit) => {
      if (low > REACH || high < -REACH) drawBeyond(ctx, left(l, unit), thick, low > REACH ? box.y : box.y + box.height, low > REACH ? 1 : -1);
    });
  });
  clipped(ctx, box, () => {
    layers.forEach((units, l) => {
      units.forEach(([low, middle, high], unit) => {
        const [from, to] = [y(high), y(low)];
        ctx.fillStyle = which ? theme.a : theme.b;
        ctx.fillRect(left(l, unit), from - 0.75, thick, Math.max(1.5, to - from + 1.5));
        ctx.fillStyle = theme.text;
        if (to - from > 4) ctx.fillRect(left(l, unit), y(middle) - 0.75, thick, 1.5);
      });
    });
  });
  drawLabel(ctx, `${NAMES[which]}${still || width < 400 ? "" : ": what enters each unit, by layer"}`, box.x, 3, theme, { color: theme.text, weight: 600 });
}

/** A small arrow at the edge that a unit's bar lies beyond. */
function drawBeyond(ctx, x, width, edge, inwards) {
  ctx.beginPath();
  ctx.moveTo(x + width / 2, edge);
  ctx.lineTo(x + width, edge + 5 * inwards);
  ctx.lineTo(x, edge + 5 * inwards);
  ctx.closePath();
  ctx.fill();
}

/** Both networks, one above the other. */
export const drawBoth = above((...rest) => drawUnits(0, ...rest), (...rest) => drawUnits(1, ...rest));

/** The unit at a place of the picture of both: { which, layer, unit }, or null. */
export function unitAt({ bars }, px, py, width, height) {
  const which = py < height / 2 ? 0 : 1;
  const box = unitsBox(width, height / 2);
  const { share, step, left } = places(box, bars[which].length, bars[which][0].length);
  const layer = Math.floor((px - box.x) / share);
  const unit = Math.floor((px - left(layer, 0)) / step);
  return bars[which][layer]?.[unit] ? { which, layer, unit } : null;
}

function lossBox(width, height) {
  return plotBox(width, height, { top: 20, right: 10, bottom: 20, left: 32 });
}

/** Steps along the chart of losses. */
export function stepScale({ longest }, width, height) {
  const box = lossBox(width, height);
  return linearScale([0, Math.max(100, longest)], [box.x, box.x + box.width]);
}

/** Both losses over the steps; what lies after the step shown is faint. */
export function drawLosses(ctx, width, height, theme, scene) {
  const { curves, places: xs, steps, losses } = scene;
  const box = lossBox(width, height);
  const x = stepScale(scene, width, height);
  const y = linearScale([FOOT, TOP_LOSS], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: 4, yTicks: [0, 0.5, 1], xLabel: "step" });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, box.x, y(GUESS), box.x + box.width, y(GUESS));
  curves.forEach((curve, which) => {
    const color = which ? theme.a : theme.b;
    clipped(ctx, box, () => {
      const now = Math.floor(steps[which] / MEASURE);
      drawLine(ctx, xs, curve, x, y, { color, width: 1.25, alpha: 0.4, from: now });
      drawLine(ctx, xs, curve, x, y, { color, to: now + 1 });
    });
    const loss = Math.min(TOP_LOSS, losses[which]);
    if (Number.isFinite(loss)) drawMark(ctx, x(steps[which]), y(loss), { shape: which ? "circle" : "diamond", radius: 4.5, fill: color, stroke: theme.bg });
  });
  drawLabel(ctx, "loss", box.x, 3, theme, { color: theme.text, weight: 600 });
  drawLegend(ctx, [{ label: "without", color: theme.b }, { label: "with", color: theme.a }], { x: box.x + 40, y: 1 }, theme);
}
