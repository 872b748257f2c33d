// The dropout explorer: the network with its dropped units on the left; what many masks come to on the right.
import { addControl, addControls } from "../_core/controls.js";
import { make, writeText } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { formatFixed } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { clipped, drawLine, drawMark, drawMatrix } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { addStage } from "../_core/stage.js";
import { makeRamp, mixColor, plainTheme } from "../_core/theme.js";
import { addTransport } from "../_core/transport.js";
import { expectedLogits, hiddenOf, logitsOf, openNetworks, runMasks, runningMeans, shareWon, softmaxOf } from "./model.js";

const COLUMNS = 4; // of the drawn units
const SETTINGS = ["image", "network", "rate", "scale", "seed", "mask_count"];
const SHORT = { 0: "T-shirt", 1: "trouser", 2: "pullover", 3: "dress", 4: "coat", 5: "sandal", 6: "shirt", 7: "sneaker", 8: "bag", 9: "boot" };

function makeScene(payload) {
  return { ...openNetworks(payload), key: "" };
}

/** Bring a scene up to date with the traits: all masks again, which takes a fraction of a frame. */
function updateScene(scene, get) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
  const key = JSON.stringify(settings);
  if (key === scene.key) return;
  const net = scene.networks[settings.network];
  const full = hiddenOf(net, scene.images[settings.image]);
  const choice = { rate: settings.rate, scale: settings.scale, seed: settings.seed, count: settings.mask_count };
  const run = runMasks(net, full, choice);
  const plain = logitsOf(net, full);
  const target = scene.targets[settings.image];
  const { mean, variance } = expectedLogits(net, full, choice);
  Object.assign(scene, { key, settings, net, full, run, target, plain, plainShares: softmaxOf(plain), mean: mean[target], deviation: Math.sqrt(variance[target]) });
  scene.logitMeans = runningMeans(run.logits, target);
  scene.shareMeans = runningMeans(run.probabilities, target);
  scene.averages = scene.plainShares.map((_, k) => (run.probabilities.length ? runningMeans(run.probabilities, k).at(-1) : 0));
  scene.won = shareWon(run.logits, target);
}

function summarise(scene) {
  const { settings, run, target, plainShares } = scene;
  const dropped = run.kept.filter((kept) => !kept).length;
  return `${settings.mask_count} masks, ${dropped} of ${run.kept.length} units dropped in the last. ${SHORT[target]}: probability ${formatFixed(plainShares[target])} with all units, ${formatFixed(scene.averages[target])} on average. ${judge(scene)}`;
}

function judge(scene) {
  const { settings, run, plain, target, mean, won } = scene;
  const whole = plain.every((value) => value <= plain[target]) ? "right" : "wrong";
  if (!run.logits.length) return `All units at work: the network is ${whole}.`;
  const shift = mean - plain[target];
  if (!settings.scale && settings.rate > 0) return `Without the division, the average logit settles ${formatFixed(Math.abs(shift))} ${shift < 0 ? "below" : "above"} that of the whole network.`;
  return `With all units the network is ${whole}; of the masked ones ${Math.round(100 * won)}% are right.`;
}

function layout(width, height, units) {
  const rows = Math.ceil(units / COLUMNS);
  const image = Math.min(width * 0.2, height * 0.3);
  const cell = Math.min((height - 40) / rows, width * 0.085);
  const left = image + width * 0.07;
  return { image, cell, left, top: 22 + (height - 40 - rows * cell) / 2, bars: left + COLUMNS * cell + width * 0.07 };
}

function drawNetwork(ctx, width, height, theme, scene) {
  const { run, full, target, settings } = scene;
  const place = layout(width, height, full.length);
  const middle = (height + 4) / 2;
  const ramp = makeRamp(theme.surface, theme.text);
  const box = { x: 0, y: middle - place.image / 2, width: place.image, height: place.image };
  const pixels = scene.images[settings.image];
  const [low, high] = [Math.min(...pixels), Math.max(...pixels)];
  drawMatrix(ctx, pixels, 14, 14, box, ramp, (v) => (v - low) / (high - low));
  drawLabel(ctx, SHORT[settings.image], place.image / 2, box.y + box.height + 6, theme, { align: "center" });
  const row = (k) => 24 + ((height - 30) * (k + 0.5)) / 10;
  drawPulls(ctx, place, row(target), theme, scene);
  drawUnits(ctx, place, theme, full, run.kept);
  drawLabel(ctx, `${full.length} hidden units`, place.left + (COLUMNS * place.cell) / 2, 4, theme, { align: "center" });
  drawBars(ctx, width, place.bars, row, theme, scene);
}

function unitPlace({ left, top, cell }, j) {
  return [left + ((j % COLUMNS) + 0.5) * cell, top + (Math.floor(j / COLUMNS) + 0.5) * cell];
}

/** Units: darker the more active; dropped ones as a cross. */
function drawUnits(ctx, place, theme, full, kept) {
  const most = Math.max(1e-9, ...full);
  full.forEach((value, j) => {
    const [px, py] = unitPlace(place, j);
    const radius = place.cell * 0.36;
    if (kept[j]) drawMark(ctx, px, py, { radius, fill: mixColor(theme.bg, theme.accent, 0.08 + 0.92 * (value / most)), stroke: theme.muted, width: 1 });
    else drawMark(ctx, px, py, { shape: "cross", radius: radius * 0.62, stroke: theme.bad, width: 1.75 });
  });
}

/** What each kept unit adds to the true class's logit: wider the more, in another colour what speaks against it. */
function drawPulls(ctx, place, y, theme, { run, net, target }) {
  const pulls = run.hidden.map((h, j) => h * net.w2[target * run.hidden.length + j]);
  const most = Math.max(1e-9, ...pulls.map(Math.abs));
  ctx.save();
  ctx.globalAlpha = 0.55;
  pulls.forEach((pull, j) => {
    if (!run.kept[j] || Math.abs(pull) < 0.02 * most) return;
    const [px, py] = unitPlace(place, j);
    ctx.strokeStyle = pull > 0 ? theme.good : theme.b;
    ctx.lineWidth = Math.max(0.5, (4 * Math.abs(pull)) / most);
    strokeSegment(ctx, px, py, place.bars - 4, y);
  });
  ctx.restore();
}

/** Probabilities: bar, this mask; line, the average over masks; ring, all units at work. */
function drawBars(ctx, width, left, row, theme, { run, plainShares, averages, target }) {
  const now = run.probabilities.length ? run.probabilities[run.probabilities.length - 1] : plainShares;
  const x = linearScale([0, 1], [left + 54, width - 8]);
  drawLabel(ctx, "probability", width - 2, 4, theme, { align: "right" });
  now.forEach((p, k) => {
    const y = row(k);
    const mine = k === target;
    drawLabel(ctx, SHORT[k], left + 48, y, theme, { align: "right", baseline: "middle", color: mine ? theme.text : theme.muted, weight: mine ? 600 : 400, size: 10.5 });
    ctx.fillStyle = mixColor(theme.bg, mine ? theme.good : theme.a, 0.55);
    ctx.fillRect(x(0), y - 5, x(p) - x(0), 10);
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 2;
    if (run.probabilities.length) strokeSegment(ctx, x(averages[k]), y - 8, x(averages[k]), y + 8);
    drawMark(ctx, x(plainShares[k]), y, { radius: 4, stroke: theme.text, width: 1.5 });
  });
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(0), row(0) - 10, x(0), row(9) + 10);
}

function chartBox(width, height) {
  return plotBox(width, height, { top: 8, right: 12, left: 40, bottom: 22 });
}

function maskScale({ settings }, box) {
  return linearScale([0, Math.max(20, settings.mask_count)], [box.x, box.x + box.width]);
}

/** One dot a mask, and the running mean; the line it should settle at. */
function drawAverages(ctx, width, height, theme, scene, kind) {
  const { run, target, plain, plainShares, mean, deviation, logitMeans, shareMeans } = scene;
  const logit = kind === "logit";
  const rows = logit ? run.logits : run.probabilities;
  const values = rows.map((row) => row[target]);
  const level = logit ? plain[target] : plainShares[target];
  const box = chartBox(width, height);
  const x = maskScale(scene, box);
  const ends = [...values, level, ...(logit ? [mean] : [])];
  const [low, high] = logit ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
  const room = logit ? 0.08 * (high - low || 1) : 0.02;
  const y = linearScale([low - room, high + room], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: 4, yTicks: 4, xLabel: "masks", yLabel: `${kind} of ${SHORT[target]}` });
  clipped(ctx, box, () => {
    if (logit) drawFan(ctx, x, y, theme, mean, deviation);
    values.forEach((value, k) => drawMark(ctx, x(k + 1), y(value), { radius: 1.8, fill: mixColor(theme.bg, theme.muted, 0.7) }));
    ctx.setLineDash([5, 3]);
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 1.5;
    strokeSegment(ctx, box.x, y(level), box.x + box.width, y(level));
    ctx.setLineDash([]);
    drawLine(ctx, values.map((_, k) => k + 1), logit ? logitMeans : shareMeans, x, y, { color: theme.accent, width: 2.25 });
  });
  if (values.length) drawMark(ctx, x(values.length), y((logit ? logitMeans : shareMeans)[values.length - 1]), { radius: 4, fill: theme.accent, stroke: theme.bg });
}

/** Where 95 of 100 averages lie after each number of masks. */
function drawFan(ctx, x, y, theme, mean, deviation) {
  const counts = Array.from({ length: 60 }, (_, i) => Math.max(1, (x.domain[1] * (i + 1)) / 60));
  ctx.save();
  ctx.globalAlpha = 0.16;
  ctx.fillStyle = theme.accent;
  ctx.beginPath();
  counts.forEach((n) => ctx.lineTo(x(n), y(mean + (1.96 * deviation) / Math.sqrt(n))));
  counts.reverse().forEach((n) => ctx.lineTo(x(n), y(mean - (1.96 * deviation) / Math.sqrt(n))));
  ctx.closePath();
  ctx.fill();
  ctx.restore();
}

function addReadout(app, parent, scene) {
  const names = ["masks", "dropped now", "logit, all units", "logit, average", "probability, all units", "probability, average"];
  const facts = make("div", { class: "d2l-facts" }, ...names.map((text) => make("span", {}, make("i", { text }), make("b"))));
  const verdict = make("p", { class: "d2l-verdict" });
  const element = make("div", { class: "d2l-readout" }, facts, verdict);
  nameElement(app, "readout", element);
  parent.append(element);
  app.draw(() => {
    const { run, settings, plain, plainShares, target, logitMeans, shareMeans } = scene;
    const last = run.logits.length - 1;
    const known = (value) => (last < 0 ? "none" : formatFixed(value, 3));
    const texts = [String(settings.mask_count), `${run.kept.filter((kept) => !kept).length} of ${run.kept.length}`, formatFixed(plain[target], 3), known(logitMeans[last]), formatFixed(plainShares[target], 3), known(shareMeans[last])];
    texts.forEach((text, k) => writeText(facts.children[k].lastChild, text));
    writeText(verdict, judge(scene));
  });
}

function addCharts(app, parent, scene, stop) {
  for (const kind of ["logit", "probability"]) {
    const draw = (ctx, width, height, theme) => drawAverages(ctx, width, height, theme, scene, kind);
    const label = `Average ${kind} over masks`;
    const stage = addStage(app, parent, { draw, label, ratio: 2.1, className: "d2l-chart" });
    addScrubber(app, stage, {
      label: `Masks shown, ${kind}`,
      value: () => app.get("mask_count"),
      max: () => app.entry("mask_count").max,
      valueAt: (px) => maskScale(scene, chartBox(stage.width(), stage.height())).invert(px),
      move: (mask_count) => stop() || app.set({ mask_count }),
      text: () => summarise(scene),
    });
  }
}

function forward(app, n) {
  const most = app.entry("mask_count").max;
  const mask_count = Math.min(most, app.get("mask_count") + n);
  app.set({ mask_count }, { later: true });
  return mask_count < most;
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Dropout explorer: a network, its masks and their average" });
  const scene = makeScene(model.get("data"));
  app.update(() => {
    updateScene(scene, app.get);
    app.say(summarise(scene));
    return false;
  });
  const [left, right] = [make("div", { class: "d2l-column" }), make("div", { class: "d2l-column" })];
  app.body.append(left, right);
  const draw = (ctx, width, height, theme) => drawNetwork(ctx, width, height, theme, scene);
  addStage(app, left, { draw, label: "The network: image, hidden units with the dropped ones crossed out, probabilities", ratio: 1.12 });
  left.append(make("p", { class: "d2l-hint", text: "Cross: dropped. Lines: what a unit says for (green) or against the true class. Bar: this mask. Upright stroke: average over masks. Ring: all units at work." }));
  const transport = addTransport(app, right, {
    forward: (n) => forward(app, n),
    back: (n) => app.set({ mask_count: Math.max(0, app.get("mask_count") - n) }),
    reset: () => app.set({ mask_count: 0 }),
  });
  addCharts(app, right, scene, transport.pause);
  addReadout(app, app.body, scene);
  const panel = addControls(app, app.body, []);
  for (const name of ["image", "network", "rate", "seed", "scale"]) addControl(app, panel, name);
  return app.close;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const scene = makeScene(state.data);
  updateScene(scene, (name) => state[name]);
  const theme = plainTheme(themeName);
  const left = Math.round(width * 0.54);
  drawNetwork(ctx, left, height, theme, scene);
  ctx.save();
  ctx.translate(left + 8, 0);
  drawAverages(ctx, width - left - 8, height / 2, theme, scene, "logit");
  ctx.translate(0, height / 2);
  drawAverages(ctx, width - left - 8, height / 2, theme, scene, "probability");
  ctx.restore();
}
