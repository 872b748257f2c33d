// The dropout explorer: the network with its dropped units on the left; what many masks come to on the right.
import { defineExplorer } from "../_core/define.js";
import { formatCounted, formatFixed } from "../_core/format.js";
import { facts, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { clipped, drawBand, drawLine, drawMark, drawMatrix } from "../_draw/layers.js";
import { above, beside } from "../_draw/panes.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { softmax } from "../_math/nn.js";
import { expectedLogits, hiddenOf, logitsOf, openNetworks, runMasks, runningMeans, shareWon } from "./model.js";

const COLUMNS = 4; // of the drawn units
const SETTINGS = ["image", "network", "rate", "scale", "seed", "mask_count"];

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
  Object.assign(scene, { key, settings, net, full, run, target, plain, plainShares: softmax(plain), mean: mean[target], deviation: Math.sqrt(variance[target]) });
  scene.logitMeans = runningMeans(run.logits, target);
  scene.shareMeans = runningMeans(run.probabilities, target);
  scene.averages = scene.plainShares.map((_, k) => (run.probabilities.length ? runningMeans(run.probabilities, k).at(-1) : 0));
  scene.won = shareWon(run.logits, target);
}

function summarise(scene) {
  const { settings, run, target, plainShares, names } = scene;
  const dropped = run.kept.filter((kept) => !kept).length;
  return `${formatCounted(settings.mask_count, "mask")}, ${dropped} of ${run.kept.length} units dropped in the last. ${names[target]}: probability ${formatFixed(plainShares[target])} with all units, ${formatFixed(scene.averages[target])} on average. ${judge(scene)}`;
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
  drawLabel(ctx, scene.names[settings.image], place.image / 2, box.y + box.height + 6, theme, { align: "center" });
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
function drawBars(ctx, width, left, row, theme, { run, plainShares, averages, target, names }) {
  const now = run.probabilities.at(-1) || plainShares;
  const x = linearScale([0, 1], [left + 59, width - 8]);
  drawLabel(ctx, "probability", width - 2, 4, theme, { align: "right" });
  now.forEach((p, k) => {
    const y = row(k);
    const mine = k === target;
    drawLabel(ctx, names[k], left + 48, y, theme, { align: "right", baseline: "middle", color: mine ? theme.text : theme.muted, weight: mine ? 600 : 400, size: 10.5 });
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
function drawAverages(kind, ctx, width, height, theme, scene) {
  const { run, target, plain, plainShares, mean, deviation, names } = scene;
  const logit = kind === "logit";
  const means = logit ? scene.logitMeans : scene.shareMeans;
  const rows = logit ? run.logits : run.probabilities;
  const values = rows.map((row) => row[target]);
  const level = logit ? plain[target] : plainShares[target];
  const box = chartBox(width, height);
  const x = maskScale(scene, box);
  const ends = [...values, level, ...(logit ? [mean] : [])];
  const [low, high] = logit ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
  const room = logit ? 0.08 * (high - low || 1) : 0.02;
  const y = linearScale([low - room, high + room], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: 4, yTicks: 4, xLabel: "masks", yLabel: `${kind} of ${names[target]}` });
  clipped(ctx, box, () => {
    if (logit) drawFan(ctx, x, y, theme, mean, deviation);
    values.forEach((value, k) => drawMark(ctx, x(k + 1), y(value), { radius: 1.8, fill: mixColor(theme.bg, theme.muted, 0.7) }));
    ctx.setLineDash([5, 3]);
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 1.5;
    strokeSegment(ctx, box.x, y(level), box.x + box.width, y(level));
    ctx.setLineDash([]);
    drawLine(ctx, values.map((_, k) => k + 1), means, x, y, { color: theme.accent, width: 2.25 });
  });
  if (values.length) drawMark(ctx, x(values.length), y(means[values.length - 1]), { radius: 4, fill: theme.accent, stroke: theme.bg });
}

/** Where 95 of 100 averages lie after each number of masks. */
function drawFan(ctx, x, y, theme, mean, deviation) {
  const counts = Array.from({ length: 60 }, (_, i) => Math.max(1, (x.domain[1] * (i + 1)) / 60));
  const [lows, highs] = [-1.96, 1.96].map((z) => counts.map((n) => mean + (z * deviation) / Math.sqrt(n)));
  drawBand(ctx, counts, lows, highs, x, y, { color: theme.accent, alpha: 0.16 });
}

const drawLogits = (...picture) => drawAverages("logit", ...picture);
const drawProbabilities = (...picture) => drawAverages("probability", ...picture);

/** A chart of averages, which is a slider of the masks as well. */
function chart(kind, draw) {
  const scale = (scene, width, height) => maskScale(scene, chartBox(width, height));
  const scrub = { trait: "mask_count", label: `Masks shown, ${kind}`, scale, text: summarise };
  return stage({ draw, label: `Average ${kind} over masks`, ratio: 2.1, className: "d2l-chart", scrub });
}

function results({ run, settings, plain, plainShares, target, logitMeans, shareMeans }) {
  const known = (value) => (value === undefined ? "none" : formatFixed(value, 3));
  return [
    ["masks", settings.mask_count],
    ["dropped now", `${run.kept.filter((kept) => !kept).length} of ${run.kept.length}`],
    ["logit, all units", known(plain[target])],
    ["logit, average", known(logitMeans.at(-1))],
    ["probability, all units", known(plainShares[target])],
    ["probability, average", known(shareMeans.at(-1))],
  ];
}

export const { render, preview } = defineExplorer({
  title: "Dropout explorer: a network, its masks and their average",
  scene: (get) => ({ ...openNetworks(get("data")), key: "" }),
  update: updateScene,
  say: summarise,
  left: [
    stage({ draw: drawNetwork, label: "The network: image, hidden units with the dropped ones crossed out, probabilities", ratio: 1.12 }),
    hint("Cross: dropped. Lines: what a unit says for (green) or against the true class. Bar: this mask. Upright stroke: average over masks. Ring: all units at work."),
  ],
  right: [
    player({ trait: "mask_count" }),
    chart("logit", drawLogits),
    chart("probability", drawProbabilities),
    hint("Dot: one mask. Line: average of the masks so far. Dashed: all units at work. Band: where 95 of 100 such averages lie."),
  ],
  bottom: [group({ name: "readout", className: "d2l-readout" }, facts(results), paragraph(judge, { className: "d2l-verdict" }))],
  controls: ["image", "network", "rate", "seed", "scale"],
  preview: beside(drawNetwork, above(drawLogits, drawProbabilities), 0.54),
});
