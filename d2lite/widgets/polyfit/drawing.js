// The two pictures of the polyfit explorer: the points with the fitted polynomial, and the errors of all degrees.
import { clipped, drawBand, drawLegend, drawLine, drawMark, drawMarks } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { MAX_DEGREE, polynomialAt, spreadAt, truthAt } from "./model.js";

const PLACES = Array.from({ length: 301 }, (_, i) => -1 + i / 150);
const COARSE = PLACES.filter((_, i) => i % 3 === 0);
const REACH = 3; // of the y axis, up and down
const FLOOR = 0.02; // of the errors' axis
const TRUTHS = PLACES.map(truthAt);

export function dataScales(width, height) {
  const box = plotBox(width, height, { top: 22, right: 8, bottom: 20, left: 28 });
  return { box, x: linearScale([-1.04, 1.04], [box.x, box.x + box.width]), y: linearScale([-REACH, REACH], [box.y + box.height, box.y]) };
}

export function drawFit(ctx, width, height, theme, scene) {
  const { box, x, y } = dataScales(width, height);
  const { points, here, noise, hold, banded } = scene;
  drawAxes(ctx, box, x, y, theme, { xTicks: [-1, 0, 1], yTicks: [-2, 0, 2] });
  const far = (value) => Math.max(-99, Math.min(99, value));
  clipped(ctx, box, () => {
    if (banded) {
      const places = COARSE.map((place) => spreadAt(here, noise, place));
      const at = (sign) => places.map(({ mean, deviation }) => far(mean + sign * deviation));
      drawBand(ctx, COARSE, at(-1), at(1), x, y, { color: theme.b });
      drawLine(ctx, COARSE, at(0), x, y, { color: theme.b, width: 2 });
    }
    drawLine(ctx, PLACES, TRUTHS, x, y, { color: theme.muted, width: 2, dash: [6, 4] });
    drawLine(ctx, PLACES, PLACES.map((place) => far(polynomialAt(here.w, place))), x, y, { color: theme.accent, width: 2.5 });
  });
  drawMarks(ctx, points, x, y, () => ({ radius: 4, fill: theme.a, stroke: theme.bg }));
  for (const i of [hold?.hovered(), hold?.selected()]) {
    if (points[i]) drawMark(ctx, x(points[i][0]), y(points[i][1]), { radius: 8, stroke: theme.text, width: 2 });
  }
  drawLabel(ctx, "x", box.x + box.width, box.y + box.height - 3, theme, { align: "right", baseline: "bottom", color: theme.text });
  drawLabel(ctx, "y", box.x + 5, box.y, theme, { color: theme.text });
  const entries = [{ label: `degree ${here.w.length - 1}`, color: theme.accent }, { label: "truth", color: theme.muted, dash: [3, 2] }];
  drawLegend(ctx, banded ? [...entries, { label: "other data sets", color: theme.b }] : entries, { x: box.x, y: 1 }, theme);
}

function chartBox(width, height) {
  return plotBox(width, height, { top: 22, right: 8, bottom: 20, left: 36 });
}

/** Degrees along the chart. */
export function degreeScale(_, width, height) {
  const box = chartBox(width, height);
  return linearScale([-0.5, MAX_DEGREE + 0.5], [box.x, box.x + box.width]);
}

export function drawErrors(ctx, width, height, theme, scene) {
  const box = chartBox(width, height);
  const x = degreeScale(scene, width, height);
  const { fits, here, degree, banded, points } = scene;
  const known = fits.filter(Boolean);
  const highest = Math.max(...known.map((fit) => fit.test), here.test);
  const top = 10 ** Math.max(1, Math.ceil(Math.log10(1.5 * highest)));
  const y = logScale([FLOOR, top], [box.y + box.height, box.y]);
  const power = (k) => Number(`1e${k}`);
  const step = Math.ceil(Math.log10(top) / 4);
  const yTicks = [0.1, 1, ...Array.from({ length: 12 }, (_, i) => power(1 + i * step))].filter((tick) => tick <= top);
  drawAxes(ctx, box, x, y, theme, { xTicks: [0, 10, 20, 30, 40, 50, 60], yTicks });
  const full = points.length - 1;
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.setLineDash([2, 3]);
  if (full <= MAX_DEGREE) strokeSegment(ctx, x(full), box.y, x(full), box.y + box.height);
  ctx.setLineDash([]);
  const line = (name, style) => drawLine(ctx, known.map((fit) => fit.w.length - 1), known.map((fit) => Math.max(FLOOR / 2, fit[name])), x, y, style);
  clipped(ctx, box, () => {
    if (banded) {
      line("bias", { color: theme.b, dash: [2, 3] });
      line("spread", { color: theme.b });
    }
    line("training", { color: theme.a });
    line("test", { color: theme.accent, width: 2.5 });
    drawMark(ctx, x(degree), y(Math.max(FLOOR, here.training)), { radius: 4.5, fill: theme.a, stroke: theme.bg });
    drawMark(ctx, x(degree), y(here.test), { radius: 5.5, fill: theme.accent, stroke: theme.bg });
  });
  drawLabel(ctx, "degree", box.x + box.width, box.y + box.height - 3, theme, { align: "right", baseline: "bottom", color: theme.text });
  const entries = [{ label: banded ? "on new points" : "error on new points", color: theme.accent }, { label: "on these", color: theme.a }];
  const more = [{ label: "bias", color: theme.b, dash: [2, 2] }, { label: "spread", color: theme.b }];
  drawLegend(ctx, banded ? [...entries, ...more] : entries, { x: box.x, y: 1 }, theme);
}
