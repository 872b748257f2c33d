// Pictures of a race: the map with its paths, the losses by step, and what the shown method remembers.
import { shortNumber } from "../_core/format.js";
import { drawLandscape, landscapeOf } from "../_draw/landscape.js";
import { clipped, drawBand, drawLine, drawMark } from "../_draw/layers.js";
import { drawArrow, drawPath, heightsAbove, lossBox, stepScale } from "../_draw/paths.js";
import { drawAxes, drawLabel, linearScale, logScale, strokeSegment } from "../_draw/scales.js";
import { nextStep, stepsDone } from "./model.js";

// The colours of plotting.PALETTE, legible on both pages and for the colour-blind; SGD has the grey of its text.
const COLORS = { momentum: "#2f6fb3", nesterov: "#9556e0", adagrad: "#009e73", rmsprop: "#c46a9c", adam: "#d9731a", adamw: "#94612f" };
const REMEMBERED = 60; // steps of memory shown
const TIP = 26; // px of the shown method's directions

export function methodColor(theme, name) {
  return COLORS[name] || theme.muted;
}

/** The paths over the map, the shown one last, with its directions; then where each method stands. */
export function drawMap(ctx, width, height, theme, scene) {
  drawLandscape(ctx, landscapeOf(scene, width, height), theme);
  const runs = [...scene.runs.values()].sort((a, b) => (a.name === scene.shown) - (b.name === scene.shown));
  for (const run of runs) {
    const shown = run.name === scene.shown;
    const color = methodColor(theme, run.name);
    const few = shown && scene.step <= 200 && !scene.still;
    drawPath(ctx, run.points, scene.step, scene.map, { color, alpha: shown ? 1 : 0.75, width: shown ? 2.25 : 1.5, dots: few, edge: theme.bg });
  }
  for (const run of runs) drawStanding(ctx, width, height, theme, scene, run);
  const [sx, sy] = [scene.map.x(scene.ground.start[0]), scene.map.y(scene.ground.start[1])];
  drawMark(ctx, sx, sy, { radius: 6, fill: theme.bg, stroke: theme.text, width: 2 });
  drawLabel(ctx, "start", sx + 10, sy - 5, theme, { color: theme.text, baseline: "bottom" });
}

function drawStanding(ctx, width, height, theme, scene, run) {
  const k = Math.min(scene.step, stepsDone(run));
  const [px, py] = [scene.map.x(run.points[k][0]), scene.map.y(run.points[k][1])];
  if (!(px > -30 && py > -30 && px < width + 30 && py < height + 30)) return;
  const color = methodColor(theme, run.name);
  const shown = run.name === scene.shown;
  if (scene.view !== "plane") drawDirections(ctx, px, py, theme, scene, { run, k, color, shown }); // there the axes differ in unit
  drawMark(ctx, px, py, { radius: shown ? 5.5 : 4, fill: color, stroke: theme.bg, width: 1.5 });
}

/** The velocity as a line, the division by √s as an ellipse; for the shown method also the way downhill and the next step. */
function drawDirections(ctx, px, py, theme, scene, { run, k, color, shown }) {
  const { map, ground } = scene;
  const next = nextStep(ground, run, k);
  const reach = shown ? TIP : TIP / 2;
  ctx.save();
  ctx.lineWidth = shown ? 1.75 : 1.25;
  ctx.strokeStyle = color;
  if (next.s.some((value) => value > 0)) drawEllipse(ctx, px, py, next.scale, reach);
  const along = (v, dash) => {
    const length = Math.hypot(...v);
    if (!(length > 0)) return;
    ctx.setLineDash(dash);
    strokeSegment(ctx, px, py, px - (reach * v[0]) / length, py + (reach * v[1]) / length);
  };
  if (next.v.some((value) => value !== 0)) along(next.v, []);
  if (shown) {
    ctx.strokeStyle = theme.text;
    along(next.slope, [3, 3]);
    ctx.setLineDash([]);
    drawArrow(ctx, [px, py], [map.x(next.w[0]), map.y(next.w[1])], theme.text);
  }
  ctx.restore();
}

/** What a circle of gradients becomes: half-axes in proportion to the rates of the two weights. */
function drawEllipse(ctx, px, py, [a, b], reach) {
  const most = Math.max(a, b);
  ctx.beginPath();
  for (let i = 0; i <= 40; i++) {
    const angle = (i * Math.PI) / 20;
    ctx.lineTo(px + (reach * a * Math.cos(angle)) / most, py + (reach * b * Math.sin(angle)) / most);
  }
  ctx.stroke();
}

/** Every method's loss above the minimum by step, on a logarithmic axis. */
export function drawLosses(ctx, width, height, theme, scene) {
  const box = lossBox(width, height);
  const runs = [...scene.runs.values()];
  const lines = runs.map((run) => heightsAbove(run.losses, scene.lowest));
  const first = lines.length ? lines[0][0] : 1;
  const low = lines.flat().reduce((least, value) => Math.min(least, value), first);
  const x = stepScale(Math.max(0, ...runs.map(stepsDone)), box);
  const y = logScale([Math.max(low, 1e-12 * first) / 2, 30 * first], [box.y + box.height, box.y]);
  const label = `${scene.surface.lowest ? "loss above the minimum" : "loss"}, by step`; // a name at the right would strike the curves
  drawAxes(ctx, box, x, y, theme, { xTicks: 4, yTicks: 4, format: shortNumber, yLabel: label });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(scene.step), box.y, x(scene.step), box.y + box.height);
  clipped(ctx, box, () => {
    runs.forEach((run, i) => {
      const style = { color: methodColor(theme, run.name), width: run.name === scene.shown ? 2.5 : 1.5 };
      drawLine(ctx, null, lines[i], x, y, { ...style, alpha: 0.35, from: Math.min(scene.step, lines[i].length - 1) });
      drawLine(ctx, null, lines[i], x, y, { ...style, to: Math.min(scene.step + 1, lines[i].length) });
      if (stepsDone(run) >= scene.step) drawMark(ctx, x(scene.step), y(lines[i][scene.step]), { radius: 3.5, fill: style.color, stroke: theme.bg });
    });
  });
}

/** What the shown method remembers, for each weight: the gradients it was given, its velocity, and the band of ±√s. */
export function drawMemory(ctx, width, height, theme, scene) {
  const run = scene.runs.get(scene.shown);
  const last = run ? Math.min(scene.step, run.gradients.length) : 0;
  if (!last) return drawLabel(ctx, "nothing remembered yet", width / 2, height / 2, theme, { align: "center" });
  const first = Math.max(0, last - REMEMBERED);
  const steps = Array.from({ length: last - first }, (_, i) => first + i + 1);
  const inner = lossBox(width, height);
  const tall = (inner.height - 8) / 2;
  for (const i of [0, 1]) {
    const box = { ...inner, y: inner.y + i * (tall + 8), height: tall };
    drawWeightMemory(ctx, box, theme, { ...memoryOf(run, steps, i), steps, color: methodColor(theme, run.name), i });
  }
}

/** { gradient, velocity, spread } of one weight at some steps, the last two zeros where the method has none; corrected for Adam. */
function memoryOf({ name, states, gradients, settings }, steps, i) {
  const whole = (beta, t) => (name.startsWith("adam") ? 1 - beta ** t : 1);
  return {
    gradient: steps.map((t) => gradients[t - 1][i]),
    velocity: steps.map((t) => states[t].v[i] / whole(settings.beta1, t)),
    spread: steps.map((t) => Math.sqrt(states[t].s[i] / whole(settings.beta2, t))),
  };
}

function drawWeightMemory(ctx, box, theme, { gradient, velocity, spread, steps, color, i }) {
  const most = 1.08 * Math.max(1e-12, ...[...gradient, ...velocity, ...spread].map(Math.abs).filter(Number.isFinite));
  const x = linearScale([steps[0], Math.max(steps[steps.length - 1], steps[0] + 12)], [box.x, box.x + box.width]);
  const y = linearScale([-most, most], [box.y + box.height, box.y]);
  const near = Number((most / 1.6).toPrecision(1));
  drawAxes(ctx, box, x, y, theme, { xTicks: i ? 4 : [], yTicks: [-near, 0, near], format: shortNumber, xLabel: i ? "step" : "" });
  clipped(ctx, box, () => {
    if (spread.some(Boolean)) drawBand(ctx, steps, spread.map((value) => -value), spread, x, y, { color });
    drawLine(ctx, steps, gradient, x, y, { color: theme.text, width: 1.25, dash: [3, 3] });
    if (velocity.some(Boolean)) drawLine(ctx, steps, velocity, x, y, { color, width: 2.25 });
  });
  drawLabel(ctx, `w${"₁₂"[i]}`, box.x + box.width - 4, box.y + 2, theme, { align: "right", color: theme.text, weight: 600 });
}
