// The mini-batch explorer: a path, a recorded run or a race on the left; the noise, or what a budget buys, by batch size on the right.
import { defineExplorer } from "../_core/define.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { facts, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { beside } from "../_draw/panes.js";
import { bowl, shapeSurface } from "../_math/surfaces.js";
import { budgetOf, drawLeft, drawRight, momentAt, nearestStep, sizeScale } from "./drawing.js";
import * as model from "./model.js";

const MOST = 160;

function makeScene(get) {
  const samples = model.makeSamples();
  const surface = shapeSurface("bowl", bowl, { condition: model.CURVATURES[1] });
  return { samples, surface, map: null, recording: get("recording"), trace: model.traceOf(samples), key: "", noiseKey: "" };
}

/** Bring a scene up to date with the traits: the whole path again, which takes a part of a frame. */
function updateScene(scene, get) {
  const settings = { size: get("batch_size"), lr: get("lr"), replacement: get("replacement"), seed: get("seed") };
  const key = JSON.stringify(settings);
  if (key !== scene.key) Object.assign(scene, { key, settings, path: model.descend(scene.samples, settings, MOST) });
  const noiseKey = `${settings.replacement} ${settings.seed}`;
  if (noiseKey !== scene.noiseKey) Object.assign(scene, { noiseKey, noise: model.measureNoise(scene.samples, settings) });
  Object.assign(scene, { view: get("view"), cost: get("cost"), step: get("step_count") });
  scene.point = scene.path[scene.step];
  scene.fan = model.fanOf(scene.samples, scene.point, settings);
  scene.index = scene.recording.sizes.indexOf(settings.size);
}

const lastStep = ({ view, recording }) => (view === "network" ? recording.noise.steps.length - 1 : MOST);

function summarise(scene) {
  return { bowl: sayBowl, network: sayNetwork, race: sayRace }[scene.view](scene);
}

function sayBowl(scene) {
  const { settings, step, point } = scene;
  return `Step ${step}, batches of ${settings.size}: loss ${formatNumber(model.lossOf(point))} above the lowest. ${compare(noiseOf(scene), Math.sqrt(model.squareOf(point)))}`;
}

function sayNetwork(scene) {
  const { recording, settings } = scene;
  const k = momentAt(scene);
  return `After ${recording.noise.steps[k]} steps, validation loss ${formatFixed(recording.noise.losses[k])}; batches of ${settings.size}: ${compare(noiseOf(scene), Math.sqrt(recording.noise.squares[k]))}`;
}

function sayRace(scene) {
  const { recording, cost, index, settings } = scene;
  const budget = budgetOf(scene);
  const loss = model.lossWithin(recording, cost, index, budget);
  const best = recording.sizes
    .map((size, k) => [model.lossWithin(recording, cost, k, budget) ?? Infinity, size])
    .sort((a, b) => a[0] - b[0])[0];
  const own = loss === null ? "not one step yet" : `loss ${formatFixed(loss)}`;
  const over = recording.sizes.filter((_, k) => model.isOver(recording, cost, k, budget));
  if (over.length) return `After ${formatNumber(budget)} ${cost}: batches of ${settings.size}, ${own}. Stopped before, near a loss of 0.5, and not to be compared: batches of ${sayRange(over)}.`;
  return `After ${formatNumber(budget)} ${cost}: batches of ${settings.size}, ${own}; the lowest, ${formatFixed(best[0])}, with batches of ${best[1]}.`;
}

/** Batch sizes in words: doublings without a gap as a range. */
function sayRange(sizes) {
  const whole = sizes.at(-1) === sizes[0] * 2 ** (sizes.length - 1);
  return whole && sizes.length > 2 ? `${sizes[0]} to ${sizes.at(-1)}` : sizes.join(", ");
}

function compare(noise, gradient) {
  if (!(noise > 1e-9)) return "No noise: all samples are in the batch.";
  const ratio = noise / gradient;
  return ratio >= 1 ? `The noise is ${formatNumber(ratio, 2)} times as long as the gradient.` : `The noise is ${formatNumber(ratio, 2)} of the gradient's length.`;
}

/** The length of the noise at the chosen batch size, by the formula. */
function noiseOf({ view, trace, settings, recording, ...scene }) {
  const network = view === "network";
  const count = network ? recording.sizes.at(-1) : model.COUNT;
  const size = Math.min(count, settings.size);
  const replacement = !network && settings.replacement;
  return Math.sqrt(model.expectedNoise(network ? recording.noise.traces[momentAt({ ...scene, recording })] : trace, size, count, replacement));
}

function results(scene) {
  const { view, step, point, settings, recording, trace, index } = scene;
  if (view === "race") return [["learning rate", recording.rates[index]], ["time of a step", `${formatNumber(1000 * recording.seconds[index])} ms`]];
  const k = momentAt(scene);
  const [spread, square] = view === "bowl" ? [trace, model.squareOf(point)] : [recording.noise.traces[k], recording.noise.squares[k]];
  return [
    ["step", view === "bowl" ? step : recording.noise.steps[k]],
    ["gradient", formatNumber(Math.sqrt(square))],
    [`noise of ${settings.size}`, formatNumber(noiseOf(scene))],
    ["equal at batch", formatNumber(spread / square, 2)],
  ];
}

const LEFT_HINTS = {
  bowl: "Orange: the path. Dots: where the next step may lead. Cross: the minimum.",
  network: "Loss of the recorded run (batches of 64). Press to choose a moment.",
  race: "A line a batch size, thick: yours. Press to choose how much to spend.",
};
const RIGHT_HINTS = {
  bowl: "Dots: measured. Line: σ²/B, or with what is left of it without replacement. Dashed: the gradient's length.",
  network: "Dots: measured. Line: the formula. Dashed: the gradient's length.",
  race: "The loss of each batch size when the budget is spent; hollow: its runs had stopped before. Press to choose one.",
};

/** The left picture as a slider of the step: on the map, of the nearest point of the path. */
function scrubLeft(app, built, scene) {
  addScrubber(app, built, {
    label: "Step shown",
    value: () => Math.min(lastStep({ ...scene, view: app.get("view") }), app.get("step_count")),
    max: () => lastStep({ ...scene, view: app.get("view") }),
    valueAt: (px, py) => nearestStep(scene, px, py, built.width(), built.height()),
    move: (step) => {
      app.stop();
      app.set({ step_count: step });
    },
    text: () => summarise(scene),
  });
}

/** The right picture as a slider of the batch size, a doubling a step. */
function scrubRight(app, built, scene) {
  addScrubber(app, built, {
    label: "Batch size",
    value: () => Math.log2(app.get("batch_size")),
    max: () => 13,
    valueAt: (px) => Math.log2(sizeScale(scene, built.width(), built.height()).invert(px)),
    move: (k) => app.set({ batch_size: 2 ** k }),
    text: () => `${app.get("batch_size")}. ${summarise(scene)}`,
  });
}

const isBowl = (get) => get("view") === "bowl";

export const { render, preview } = defineExplorer({
  title: "Mini-batch explorer: the noise of a gradient, and what larger batches save",
  scene: makeScene,
  update: updateScene,
  output: ({ point }) => ({ position: [...point] }),
  say: summarise,
  left: [
    stage({ draw: drawLeft, label: "The path, the recorded run, or the race of all batch sizes", ratio: 1.15, use: scrubLeft }),
    hint(({ view }) => LEFT_HINTS[view]),
  ],
  right: [
    player({ last: lastStep }),
    stage({ draw: drawRight, label: "Noise, or the loss that a budget buys, by batch size", ratio: 1.4, className: "d2l-chart", use: scrubRight }),
    hint(({ view }) => RIGHT_HINTS[view]),
  ],
  bottom: [group({ name: "readout", className: "d2l-readout" }, facts(results), paragraph(summarise, { className: "d2l-verdict" }))],
  controls: ["view", "batch_size", "lr", "cost", "replacement", "seed"],
  shown: 4, // of lr and cost, one is out of use
  visible: { lr: isBowl, replacement: isBowl, seed: isBowl, cost: (get) => get("view") === "race" },
  preview: beside(drawLeft, drawRight, 0.46),
});
