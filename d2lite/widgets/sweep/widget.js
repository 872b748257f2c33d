// The sweep explorer: the map of all recorded points on the left, the curves of the chosen one on the right.
import { addControl } from "../_core/controls.js";
import { make, writeText } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { formatNumber } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { clipped, drawLine, drawMark } from "../_draw/layers.js";
import { onPress } from "../_core/press.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, setText, strokeSegment, ticks } from "../_draw/scales.js";
import { addStage, addTooltip } from "../_core/stage.js";
import { makeRamp, mixColor, plainTheme } from "../_core/theme.js";
import { addTransport } from "../_core/transport.js";
import { addOwnRuns, ownRuns } from "./own.js";
import { bandAt, brokenAt, insidePoint, isLostValue, mapAt, meanAt, merit, meritRange, neighbours, openSweep, place, rowOf } from "./model.js";

const GROUP_GAP = 5; // px between the map's groups of rows
const CONTRAST = 3; // power of the merit, so that good cells differ in colour
const WEAKEST = 0.06; // of the accent, in a cell at the level of guessing

/** What is drawn: the opened sweep, the point, the step and the metrics shown. */
function makeScene(payload) {
  const sweep = openSweep(payload);
  const ranges = new Map(sweep.metrics.map((metric) => [metric, meritRange(metric)]));
  return { sweep, ranges, failed: payload.failed || 0, maps: new Map(), colors: { key: "" } };
}

function updateScene(scene, get) {
  const { sweep } = scene;
  const curve = (index) => sweep.curves[Math.min(sweep.curves.length - 1, Math.max(0, index))];
  const step = get("step");
  scene.last = sweep.length - 1;
  scene.step = step < 0 ? scene.last : Math.min(scene.last, step);
  scene.metric = curve(get("metric"));
  scene.second = curve(get("second"));
  scene.eachSeed = get("each_seed");
  const key = `${scene.metric.name} ${scene.step}`;
  if (!scene.maps.has(key)) scene.maps.set(key, mapAt(sweep, scene.metric, scene.step));
  scene.map = scene.maps.get(key);
  const at = get("at");
  scene.point = at.length ? insidePoint(sweep, at) : bestPoint(scene);
  scene.along = Math.min(get("along"), sweep.axes.length - 1);
  scene.beside = neighbours(sweep, scene.point, scene.along);
  scene.own = ownRuns(get);
}

function bestPoint({ sweep, map }) {
  return map.top ? place(sweep.rows[map.top[0]], sweep.across, map.top[1]) : insidePoint(sweep, []);
}

function shortNumber(value) {
  return formatNumber(value).replace(/^1\.0·|\.0(?=·)/, "");
}

function valueText({ numeric, values }, index) {
  const value = values[index];
  return numeric ? shortNumber(value) : String(value ?? "none").replaceAll("_", " ");
}

/** A point in words; the axes named in skip, and those with one value only, are left out. */
function pointText({ axes }, point, skip = -1) {
  const texts = axes.map((axis, i) => (axis.numeric ? `${axis.label} ${valueText(axis, point[i])}` : valueText(axis, point[i])));
  return texts.filter((_, i) => axes[i].varies && i !== skip).join(", ");
}

/** A metric at a point in words: its mean and range over the seeds, or that it diverged. */
function measureText(metric, point, step) {
  const band = bandAt(metric, point);
  if (!band || !band.mean.length) return "not run";
  const i = Math.min(step, band.mean.length - 1);
  if (!Number.isFinite(band.mean[i])) return "diverged";
  const range = band.count[i] > 1 ? ` (${formatNumber(band.low[i])} to ${formatNumber(band.high[i])})` : "";
  return formatNumber(band.mean[i]) + range;
}

/** What became of a point, in a sentence; bad where it went wrong. */
function judge({ sweep, metric, point, step }) {
  const broken = brokenAt(metric, point);
  if (!bandAt(metric, point)) return { text: "This point was not run.", bad: true };
  if (broken >= 0 && broken <= step) return { text: `Diverged: from measurement ${broken + 1} on at least one seed has no finite ${metric.label}.`, bad: true };
  const value = meanAt(metric, point, step);
  if (isLostValue(metric, value)) return { text: `No better than guessing (${formatNumber(metric.guess)}).`, bad: true };
  return { text: verdict(sweep, metric, point, step), bad: false };
}

/** Where a point stands in its row of the map. */
function verdict(sweep, metric, point, step) {
  const { across, columns, axes } = sweep;
  const value = meanAt(metric, point, step);
  const line = Array.from({ length: columns }, (_, k) => meanAt(metric, place(point, across, k), step));
  const ahead = line.filter((other) => other !== null && Number.isFinite(other) && (metric.falls ? other < value : other > value)).length;
  const rest = pointText(sweep, point, across);
  if (ahead === 0) return `The best ${axes[across].label} for ${rest || "this"}.`;
  return `${ahead} of the other values of ${axes[across].label} in this row ${ahead === 1 ? "is" : "are"} better.`;
}

function summarise(scene) {
  const { sweep, point, metric, step } = scene;
  return `${pointText(sweep, point)}: ${metric.label} ${measureText(metric, point, step)}. ${judge(scene).text}`;
}

/** Where the map's cells stand: { box, column(k), row(r), width, height, at(px, py) -> [row, column] or null }. */
function mapLayout({ sweep }, width, height) {
  const inner = innerAxis(sweep);
  const margins = { top: 6, right: 6, bottom: 32, left: Math.min(width * 0.42, 14 + 6 * labelLength(sweep, inner)) };
  const box = plotBox(width, height, margins);
  const perGroup = inner < 0 ? 1 : sweep.axes[inner].values.length;
  const groups = Math.ceil(sweep.rows.length / perGroup);
  const cell = { width: box.width / sweep.columns, height: (box.height - (groups - 1) * GROUP_GAP) / sweep.rows.length };
  const column = (k) => box.x + k * cell.width;
  const row = (r) => box.y + r * cell.height + Math.floor(r / perGroup) * GROUP_GAP;
  const at = (px, py) => {
    const k = Math.min(sweep.columns - 1, Math.max(0, Math.floor((px - box.x) / cell.width)));
    let r = 0;
    while (r < sweep.rows.length - 1 && py >= row(r + 1)) r++;
    return [r, k];
  };
  return { box, column, row, ...cell, at, perGroup, inner };
}

/** The axis that changes from row to row. */
function innerAxis({ axes, across }) {
  for (let i = axes.length - 1; i >= 0; i--) if (i !== across && axes[i].varies) return i;
  return -1;
}

/** The axes whose values name a group of rows. */
function groupAxes({ axes, across }, inner) {
  return axes.map((_, i) => i).filter((i) => i !== across && i !== inner && axes[i].varies);
}

/** The most letters a row's label takes. */
function labelLength(sweep, inner) {
  const longest = (i) => Math.max(...sweep.axes[i].values.map((_, k) => valueText(sweep.axes[i], k).length)) + 2;
  return [...groupAxes(sweep, inner), ...(inner < 0 ? [] : [inner])].reduce((sum, i) => sum + longest(i), 0);
}

/** 64 colours from guessing to the best, made once a theme. */
function rampOf(scene, theme) {
  const key = theme.bg + theme.accent;
  if (scene.colors.key !== key) {
    const ramp = makeRamp(mixColor(theme.bg, theme.accent, WEAKEST), mixColor(theme.bg, theme.accent, 0.4), mixColor(theme.accent, theme.text, 0.25));
    const steps = Array.from({ length: 64 }, (_, i) => 3 * Math.round((255 * i) / 63));
    scene.colors = { key, ramp: steps.map((k) => `rgb(${ramp[k]}, ${ramp[k + 1]}, ${ramp[k + 2]})`) };
  }
  return scene.colors.ramp;
}

function drawMap(ctx, width, height, theme, scene) {
  const { sweep, metric, map, point } = scene;
  const layout = mapLayout(scene, width, height);
  const ramp = rampOf(scene, theme);
  const range = scene.ranges.get(metric);
  const lost = mixColor(theme.bg, theme.bad, 0.16);
  const gap = layout.width > 8 ? 1 : 0.5;
  map.values.forEach((line, r) => {
    line.forEach((value, k) => {
      if (value === null) return;
      const [px, py] = [layout.column(k), layout.row(r)];
      const broken = !Number.isFinite(value);
      const guess = !broken && isLostValue(metric, value);
      ctx.fillStyle = broken ? lost : guess ? theme.line : ramp[Math.round(63 * merit(metric, value, range) ** CONTRAST)];
      ctx.fillRect(px, py, layout.width - gap, layout.height - gap);
      if (broken) drawCross(ctx, px + (layout.width - gap) / 2, py + (layout.height - gap) / 2, Math.min(3.5, layout.height / 3), theme.bad);
    });
    if (map.best[r] >= 0) drawBest(ctx, layout, r, map.best[r], theme, map.top?.[0] === r);
  });
  drawRowLabels(ctx, scene, layout, theme);
  drawColumnLabels(ctx, scene, layout, theme, width);
  drawChosen(ctx, layout, rowOf(sweep, point), point[sweep.across], theme);
}

function drawCross(ctx, px, py, radius, color) {
  drawMark(ctx, px, py, { shape: "cross", radius, stroke: color, width: 1.25 });
}

/** A dot in the best cell of a row; in the best of all a ring around it. */
function drawBest(ctx, { column, row, width, height }, r, k, theme, isTop) {
  const [px, py] = [column(k) + width / 2 - 0.5, row(r) + height / 2 - 0.5];
  drawMark(ctx, px, py, { radius: Math.min(2.5, height / 4), fill: theme.bg });
  if (isTop) drawMark(ctx, px, py, { radius: Math.min(5.5, height / 2 - 2), stroke: theme.bg, width: 1.5 });
}

function drawChosen(ctx, { column, row, width, height }, r, k, theme) {
  if (r < 0) return;
  const at = [column(k) - 1.5, row(r) - 1.5, width + 2, height + 2];
  for (const [color, line] of [[theme.bg, 4.5], [theme.b, 2.5]]) {
    ctx.strokeStyle = color;
    ctx.lineWidth = line;
    ctx.strokeRect(...at);
  }
}

function drawRowLabels(ctx, { sweep, point }, { box, row, height, perGroup, inner }, theme) {
  const others = groupAxes(sweep, inner);
  const mine = rowOf(sweep, point);
  sweep.rows.forEach((at, r) => {
    const color = r === mine ? theme.text : theme.muted;
    const middle = row(r) + height / 2;
    const weight = r === mine ? 600 : 400;
    if (inner >= 0 && height >= 9) drawLabel(ctx, valueText(sweep.axes[inner], at[inner]), box.x - 6, middle, theme, { align: "right", baseline: "middle", size: 10.5, color, weight });
    if (others.length && r % perGroup === 0) {
      const text = others.map((i) => valueText(sweep.axes[i], at[i])).join(", ");
      const chosen = Math.floor(mine / perGroup) === Math.floor(r / perGroup);
      drawLabel(ctx, text, 2, row(r) + height / 2, theme, { baseline: "middle", size: 11, color: chosen ? theme.text : theme.muted, weight: chosen ? 600 : 400 });
    }
  });
}

function drawColumnLabels(ctx, { sweep }, { box, column, width: cell }, theme, width) {
  const axis = sweep.axes[sweep.across];
  if (!axis) return;
  const bottom = box.y + box.height + 4;
  let free = 0;
  axis.values.forEach((_, k) => {
    const text = valueText(axis, k);
    setText(ctx, theme, 10.5);
    const half = ctx.measureText(text).width / 2;
    const middle = column(k) + cell / 2;
    if (middle - half < free || middle + half > width + 4) return;
    drawLabel(ctx, text, middle, bottom, theme, { align: "center", size: 10.5 });
    free = middle + half + 8;
  });
  drawLabel(ctx, axis.label, box.x + box.width, bottom + 14, theme, { align: "right", size: 11, color: theme.text });
}

function chartBox(width, height) {
  return plotBox(width, height, { top: 8, right: 58, left: 44, bottom: 22 });
}

/** The x of a measurement. */
function xAt({ sweep }, i) {
  return (sweep.x.first ?? 1) + i * (sweep.x.step ?? 1);
}

function xScale(scene, box) {
  const first = xAt(scene, 0);
  return linearScale([Math.min(first, 0), Math.max(xAt(scene, scene.last), first + 1e-9)], [box.x, box.x + box.width]);
}

/** The y scale of a chart: from the best of the recording to guessing or to what is shown, whichever is less; the same for neighbouring points. */
function yScale(scene, metric, box) {
  const [best, worst] = scene.ranges.get(metric);
  const shown = (bandAt(metric, scene.point)?.high || []).filter(Number.isFinite);
  const edge = shown.reduce((a, b) => (metric.falls ? Math.max(a, b) : Math.min(a, b)), best);
  const far = metric.guess === null ? edge : metric.falls ? Math.min(edge, metric.guess * 1.5) : Math.max(edge, metric.guess * 0.5);
  const [low, high] = metric.falls ? [best, Math.max(far, worst * 0.45)] : [Math.min(far, best - 0.55 * (best - worst)), best];
  const range = [box.y + box.height, box.y];
  if (metric.log && low > 0) return logScale([low / 1.08, high * 1.08], range);
  const pad = 0.06 * (high - low || 1);
  return linearScale([low - pad, high + pad], range);
}

function yTicks(y) {
  if (!y.log) return 4;
  const few = ticks(linearScale(y.domain, [0, 1]), 5).filter((value) => value >= y.domain[0]);
  return y.domain[1] / y.domain[0] > 30 ? 4 : few;
}

function drawChart(ctx, width, height, theme, scene, metric) {
  const box = chartBox(width, height);
  const [x, y] = [xScale(scene, box), yScale(scene, metric, box)];
  const { sweep, point, step } = scene;
  drawAxes(ctx, box, x, y, theme, { xTicks: 5, yTicks: yTicks(y), xLabel: sweep.x.label || "measurement", yLabel: metric.label, format: shortNumber });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(xAt(scene, step)), box.y, x(xAt(scene, step)), box.y + box.height);
  clipped(ctx, { x: box.x, y: box.y - 4, width: box.width + 4, height: box.height + 8 }, () => {
    drawGuess(ctx, box, y, metric, theme);
    for (const other of scene.beside) drawMean(ctx, scene, metric, other, x, y, besideStyle(theme, scene, other));
    drawSeeds(ctx, scene, metric, x, y, theme);
    drawOwn(ctx, scene, metric, x, y, theme);
  });
  drawEnds(ctx, scene, metric, box, x, y, theme);
  drawLostMark(ctx, scene, metric, box, x, theme);
  const here = meanAt(metric, point, step);
  if (Number.isFinite(here) && y(here) >= box.y && y(here) <= box.y + box.height) drawMark(ctx, x(xAt(scene, step)), y(here), { radius: 4.5, fill: theme.b, stroke: theme.bg });
}

function drawGuess(ctx, box, y, metric, theme) {
  if (metric.guess === null) return;
  ctx.save();
  ctx.strokeStyle = theme.muted;
  ctx.setLineDash([2, 4]);
  strokeSegment(ctx, box.x, y(metric.guess), box.x + box.width, y(metric.guess));
  ctx.restore();
  drawLabel(ctx, "guessing", box.x + box.width - 4, y(metric.guess) - 2, theme, { align: "right", baseline: "bottom", size: 10 });
}

/** A neighbour's line: one colour below the point, another above, paler the further. */
function besideStyle(theme, { point, along, sweep }, other) {
  const distance = other[along] - point[along];
  const far = Math.abs(distance) / Math.max(2, Math.min(4, sweep.axes[along].values.length - 1));
  return { color: distance < 0 ? theme.a : theme.good, alpha: Math.max(0.3, 0.85 - 0.5 * far), width: 1.25 };
}

/** The finite start of a mean curve. */
function drawMean(ctx, scene, metric, point, x, y, style) {
  const mean = bandAt(metric, point)?.mean;
  if (!mean) return;
  const broken = mean.findIndex((value) => !Number.isFinite(value));
  const xs = mean.map((_, i) => xAt(scene, i));
  drawLine(ctx, xs, mean, x, y, { ...style, to: broken < 0 ? mean.length : broken });
}

/** The chosen point: a band between the lowest and the highest seed with the mean, or a line a seed. */
function drawSeeds(ctx, scene, metric, x, y, theme) {
  const band = bandAt(metric, scene.point);
  if (!band) return;
  const broken = band.mean.findIndex((value) => !Number.isFinite(value));
  const end = broken < 0 ? band.mean.length : broken;
  const xs = band.mean.map((_, i) => x(xAt(scene, i)));
  if (scene.eachSeed) {
    for (const run of scene.sweep.groups.get(scene.point.join())) {
      const curve = metric.runs[run];
      const until = curve ? curve.findIndex((value) => !Number.isFinite(value)) : 0;
      if (curve) drawLine(ctx, curve.map((_, i) => xAt(scene, i)), curve, x, y, { color: theme.b, width: 1.5, to: until < 0 ? curve.length : until });
    }
    return;
  }
  ctx.save();
  ctx.globalAlpha = 0.24;
  ctx.fillStyle = theme.b;
  ctx.beginPath();
  for (let i = 0; i < end; i++) ctx.lineTo(xs[i], y(band.high[i]));
  for (let i = end - 1; i >= 0; i--) ctx.lineTo(xs[i], y(band.low[i]));
  ctx.closePath();
  if (end > 1) ctx.fill();
  ctx.restore();
  drawMean(ctx, scene, metric, scene.point, x, y, { color: theme.b, width: 2.25 });
}

/** The reader's runs, dashed, the last one strongest. */
function drawOwn(ctx, scene, metric, x, y, theme) {
  scene.own.forEach(({ values }, k) => {
    const curve = values[metric.name];
    if (!curve) return;
    const lost = curve.findIndex((value) => !Number.isFinite(value));
    const style = { color: theme.text, dash: [5, 3], alpha: k === scene.own.length - 1 ? 1 : 0.45, to: lost < 0 ? curve.length : lost };
    drawLine(ctx, curve.map((_, i) => xAt(scene, i)), curve, x, y, style);
  });
}

/** The value on the axis of neighbours at each line's end, where there is room for it. */
function drawEnds(ctx, scene, metric, box, x, y, theme) {
  const { sweep, point, along } = scene;
  const axis = sweep.axes[along];
  if (!axis || !axis.varies) return;
  const taken = [];
  for (const other of [point, ...scene.beside]) {
    const mean = bandAt(metric, other)?.mean;
    const value = mean ? mean[mean.length - 1] : NaN;
    const py = y(value);
    if (!Number.isFinite(value) || py < box.y - 2 || py > box.y + box.height + 2 || taken.some((used) => Math.abs(used - py) < 12)) continue;
    taken.push(py);
    const mine = other === point;
    const color = mine ? theme.b : besideStyle(theme, scene, other).color;
    drawLabel(ctx, valueText(axis, other[along]), box.x + box.width + 7, py, theme, { baseline: "middle", size: 10.5, color, weight: mine ? 600 : 400 });
  }
}

/** A cross and a word where the chosen point's curve ends without a finite value. */
function drawLostMark(ctx, scene, metric, box, x, theme) {
  const broken = brokenAt(metric, scene.point);
  if (broken < 0) return;
  const px = x(xAt(scene, Math.max(0, broken)));
  drawCross(ctx, px, box.y + 14, 5, theme.bad);
  const right = px > box.x + box.width / 2;
  drawLabel(ctx, "diverged", px + (right ? -10 : 10), box.y + 14, theme, { align: right ? "right" : "left", baseline: "middle", color: theme.bad, weight: 600, size: 12 });
}

/** Cells to click, drag over, or walk through with the arrow keys. */
function addMap(app, parent, scene) {
  const draw = (ctx, width, height, theme) => drawMap(ctx, width, height, theme, scene);
  const ratio = Math.min(1.5, Math.max(0.92, 16 / scene.sweep.rows.length));
  const stage = addStage(app, parent, { draw, label: "Map of all points", ratio, className: "d2l-map" });
  const { canvas } = stage;
  const { sweep } = scene;
  Object.entries({ tabindex: 0, role: "application", "aria-roledescription": "grid of points; arrows move" }).forEach(([k, v]) => canvas.setAttribute(k, v));
  const cell = (px, py) => mapLayout(scene, stage.width(), stage.height()).at(px, py);
  const go = (r, k) => app.set({ at: place(sweep.rows[r], sweep.across, k) });
  const follow = (event) => go(...cell(...stage.at(event)));
  onPress(app, canvas, follow);
  app.scope.on(canvas, "keydown", (event) => {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -999], End: [0, 999] }[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    const inside = (value, count) => Math.min(count - 1, Math.max(0, value));
    go(inside(rowOf(sweep, scene.point) + move[0], sweep.rows.length), inside(scene.point[sweep.across] + move[1], sweep.columns));
    event.preventDefault();
  });
  addTooltip(app, stage, (px, py) => {
    const [r, k] = cell(px, py);
    const point = place(sweep.rows[r], sweep.across, k);
    return `${pointText(sweep, point)}: ${scene.metric.label} ${measureText(scene.metric, point, scene.step)}`;
  });
  const hint = make("p", { class: "d2l-hint" });
  parent.append(hint);
  app.draw(() => {
    canvas.setAttribute("aria-label", `Map of all points. ${summarise(scene)}`);
    const guess = scene.metric.guess === null ? "" : " Grey: no better than guessing.";
    writeText(hint, `Stronger colour: better ${scene.metric.label}.${guess} Red cross: diverged. Dot: the best of its row, ringed: of all. Click, or use the arrow keys.`);
  });
}

function addChart(app, parent, scene, name, ratio, stop) {
  const draw = (ctx, width, height, theme) => drawChart(ctx, width, height, theme, scene, scene[name]);
  const stage = addStage(app, parent, { draw, label: "Curves of the chosen point", ratio, className: "d2l-chart" });
  addScrubber(app, stage, {
    label: name === "metric" ? "Measurement shown" : "Measurement shown, second chart",
    value: () => scene.step,
    max: () => scene.last,
    valueAt: (px) => (xScale(scene, chartBox(stage.width(), stage.height())).invert(px) - xAt(scene, 0)) / (scene.sweep.x.step ?? 1),
    move: (step) => stop() || app.set({ step: step === scene.last ? -1 : step }),
    text: () => summarise(scene),
  });
}

/** An app in whose place a control of something that is no trait may stand: entry describes it, get and set say what it is. */
function standIn(app, entry, get, changes) {
  const own = { entry: () => entry, get, on: (_, callback) => app.on(changes, callback) };
  return Object.assign(Object.create(app), own);
}

/** One control for each axis: segments for a few values, a slider over the values of a long numeric axis, else a list. */
function addAxes(app, parent, scene) {
  const { sweep } = scene;
  sweep.axes.forEach((axis, i) => {
    if (!axis.varies) return;
    const names = axis.values.map((_, k) => valueText(axis, k));
    const entry = { name: axis.name, kind: "choice", label: axis.label, choices: names.map((_, k) => k), names };
    const get = () => currentPoint(app, scene)[i];
    const change = (k) => app.set({ at: place(currentPoint(app, scene), i, Number(k)) });
    if (axis.numeric && axis.values.length > 5) addAxisSlider(app, parent, axis, { get, change, names });
    else addControl(standIn(app, entry, get, ["at", "step", "metric"]), parent, axis.name, { change, segments: names.join("").length <= 14 });
  });
}

function currentPoint(app, scene) {
  updateScene(scene, app.get);
  return scene.point;
}

function addAxisSlider(app, parent, axis, { get, change, names }) {
  const range = make("input", { type: "range", "aria-label": axis.label, min: 0, max: names.length - 1, step: 1 });
  const shown = make("b", { class: "d2l-axis-value" });
  const row = make("div", { class: "d2l-row" }, make("span", { class: "d2l-label", text: axis.label }), shown);
  const element = make("div", { class: "d2l-control" }, row, range);
  const show = () => {
    range.value = get();
    writeText(shown, names[get()]);
    range.setAttribute("aria-valuetext", names[get()]);
    range.style.setProperty("--d2l-part", get() / (names.length - 1));
  };
  range.oninput = () => change(range.value);
  nameElement(app, axis.name, element);
  parent.append(element);
  app.on(["at", "step", "metric"], show);
  show();
}

/** Lists that choose curves and the axis of neighbours by name. */
function addChoices(app, parent, { sweep }) {
  const curves = sweep.curves.map(({ label }) => label);
  const choose = (name, choices, names) => {
    const entry = { ...app.entry(name), kind: "choice", choices, names };
    const inside = () => (choices.includes(app.get(name)) ? app.get(name) : choices[choices.length - 1]);
    addControl(standIn(app, entry, inside, name), parent, name, { change: (value) => app.set({ [name]: value }), segments: false });
  };
  if (curves.length > 1) for (const name of ["metric", "second"]) choose(name, curves.map((_, i) => i), curves);
  const varying = [...sweep.axes.keys()].filter((i) => sweep.axes[i].varies);
  choose("along", [-1, ...varying], ["none", ...varying.map((i) => sweep.axes[i].label)]);
  addControl(app, parent, "each_seed");
}

/** The numbers of the chosen point, curves and scalars, and what to make of them. */
function addFacts(app, parent, scene) {
  const { sweep } = scene;
  const facts = make("div", { class: "d2l-facts" });
  facts.append(...sweep.metrics.map(({ label }) => make("span", {}, make("i", { text: label }), make("b"))));
  const line = make("p", { class: "d2l-verdict" });
  const failed = scene.failed ? make("p", { class: "d2l-bad", text: `${scene.failed} runs failed and are not shown.` }) : null;
  const title = make("p", { class: "d2l-title" });
  const element = make("div", { class: "d2l-readout" }, title, facts, line, ...(failed ? [failed] : []));
  nameElement(app, "readout", element);
  parent.append(element);
  app.draw(() => {
    const { point, step } = scene;
    const seeds = sweep.groups.get(point.join())?.length || 0;
    writeText(title, `${pointText(sweep, point)}; ${seeds} seed${seeds === 1 ? "" : "s"}, mean (range)`);
    sweep.metrics.forEach((metric, i) => writeText(facts.children[i].lastChild, measureText(metric, point, metric.kind === "scalar" ? 0 : step)));
    const { text, bad } = judge(scene);
    writeText(line, text);
    line.classList.toggle("d2l-bad", bad);
  });
}

function forward(app, scene, n) {
  const from = scene.step >= scene.last ? -1 : scene.step;
  const to = Math.min(scene.last, from + n);
  app.set({ step: to === scene.last ? -1 : to }, { later: true });
  scene.step = to;
  return to < scene.last;
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Sweep explorer: curves of recorded training runs" });
  const scene = makeScene(model.get("data"));
  updateScene(scene, app.get);
  app.update(() => {
    updateScene(scene, app.get);
    app.say(summarise(scene));
    return false;
  });
  const [left, right] = [make("div", { class: "d2l-column" }), make("div", { class: "d2l-column" })];
  app.body.classList.add("d2l-columns");
  app.body.append(left, right);
  addMap(app, left, scene);
  const transport = addTransport(app, right, {
    forward: (n) => forward(app, scene, n),
    back: (n) => app.set({ step: Math.max(0, scene.step - n) }),
    reset: () => app.set({ step: 0 }),
  });
  addChart(app, right, scene, "metric", 1.75, transport.pause);
  if (scene.sweep.curves.length > 1) addChart(app, right, scene, "second", 2.5, transport.pause);
  addFacts(app, app.body, scene);
  const panel = make("div", { class: "d2l-controls" });
  app.body.append(panel);
  addAxes(app, panel, scene);
  addChoices(app, panel, scene);
  addOwnRuns(app, app.body, scene);
  return app.close;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const theme = plainTheme(themeName);
  const scene = makeScene(state.data);
  updateScene(scene, (name) => state[name]);
  const left = Math.round(width * 0.52);
  drawMap(ctx, left, height, theme, scene);
  ctx.save();
  ctx.translate(left + 8, 0);
  const two = scene.sweep.curves.length > 1;
  drawChart(ctx, width - left - 8, two ? height * 0.58 : height, theme, scene, scene.metric);
  ctx.translate(0, height * 0.58);
  if (two) drawChart(ctx, width - left - 8, height * 0.42, theme, scene, scene.second);
  ctx.restore();
}
