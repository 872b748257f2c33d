// The roofline explorer: a layer under the roof that a machine's memory and arithmetic make.
import { control, defineExplorer } from "../_core/define.js";
import { formatNumber } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { facts, hint, paragraph, stage } from "../_core/parts.js";
import { above } from "../_draw/panes.js";
import { drawRoof, drawTimes, place, rateText, timeText } from "./drawing.js";
import { BATCHES, batchAtRidge, costOf, loadOf, timesOf, typeOn } from "./model.js";

const TYPICAL = { dense: 4096, convolution: 64, attention: 4096, relu: 4096 }; // widths
const TYPES = ["fp32", "bf16", "int8"];

/** The chosen machine in operations and bytes a second, and the type it calculates in. */
function machineOf(get) {
  const own = { key: "own", name: "Your own machine", peaks: { fp32: get("own_peak") / 1000 }, bandwidth: get("own_bandwidth") };
  const found = get("data").machines.find(({ key }) => key === get("machine")) ?? own;
  const type = typeOn(found.peaks, get("data_type"));
  return { ...found, type, peak: found.peaks[type] * 1e12, bandwidth: found.bandwidth * 1e9 };
}

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  for (const name of ["layer", "batch", "width", "side", "context", "data_type"]) scene[name] = get(name);
  scene.machine = machineOf(get);
  scene.cost = costOf(scene, scene.machine.type);
  scene.load = loadOf(scene.cost, scene.batch);
  scene.times = timesOf(scene.load, scene.machine);
  scene.share = scene.times.arithmetic / scene.times.whole;
  scene.points = get("machine") === "own" ? get("own_points") : [];
}

const waits = ({ times }) => times.memory > times.arithmetic;
const percent = (share) => `${formatNumber(100 * share, share < 0.1 ? 2 : 3)}%`;

/** What would help where memory is the limit. */
function adviseOnBytes({ layer, machine, cost, load }) {
  if (layer === "relu") return "One operation a number, for any batch. Done together with the layer before, while its numbers are on the chip, it would cost nearly nothing.";
  if (layer === "attention") return "Each sequence has keys and values of its own, so a larger batch brings as many new bytes as operations. Fewer bytes for each key and value would help.";
  const needed = batchAtRidge(cost, machine);
  if (needed > BATCHES.at(-1)) return "No batch here reaches the ridge: each sample brings inputs and outputs of its own. A wider layer, or fewer bytes a number, would help.";
  const share = cost.fixed / load.bytes;
  const part = share > 0.995 ? "Nearly all" : percent(share);
  const smaller = TYPES.slice(TYPES.indexOf(machine.type) + 1).some((type) => machine.peaks[type]);
  const types = smaller ? " Fewer bytes a number would help, too." : "";
  return `${part} of the bytes are weights, which are read once for the whole batch. From a batch of about ${formatNumber(needed, 2)} on, arithmetic is the limit.${types}`;
}

/** What would help where arithmetic is the limit. */
function adviseOnWork({ machine }) {
  const faster = TYPES.filter((type) => machine.peaks[type] > machine.peaks[machine.type]);
  const types = faster.length ? ` This machine calculates faster in ${faster.join(" or ")}.` : "";
  return `A larger batch now takes longer in proportion. Fewer multiply-adds would help.${types}`;
}

function verdict(scene) {
  const { machine, data_type: asked } = scene;
  const note = machine.type === asked ? "" : ` (${asked} is not among ${machine.key === "own" ? "what you measured" : "its figures"}: shown in ${machine.type}.)`;
  return (waits(scene) ? `Memory is the limit. ${adviseOnBytes(scene)}` : `Arithmetic is the limit. ${adviseOnWork(scene)}`) + note;
}

function summarise(scene) {
  const { machine, load, times, batch, share } = scene;
  return `${machine.name}, ${machine.type}, batch ${batch}: ${formatNumber(load.intensity, 3)} operations a byte, at most ${percent(share)} of the machine's ${rateText(machine.peak)} operations a second, at least ${timeText(times.whole)}. ${verdict(scene)}`;
}

function results({ load, times, share, batch }) {
  return [
    ["operations a byte", formatNumber(load.intensity, 3)],
    ["of the peak, at most", percent(share)],
    ["time, at least", timeText(times.whole)],
    ["for each sample", timeText(times.whole / batch)],
  ];
}

/** Dragging along the roof, or arrows, change the batch. */
function addBatch(app, built, scene) {
  const steps = BATCHES.length - 1;
  const nearest = (px) => {
    const { box, x } = place(scene, built.width(), built.height());
    const places = BATCHES.map((batch) => x(loadOf(scene.cost, batch).intensity));
    if (places.at(-1) - places[0] < 12) return ((px - box.x) / box.width) * steps; // all batches stand at one place
    const far = places.map((at) => Math.abs(at - px));
    return far.indexOf(Math.min(...far));
  };
  addScrubber(app, built, {
    label: "Batch",
    value: () => BATCHES.indexOf(app.get("batch")),
    max: () => steps,
    valueAt: nearest,
    move: (step) => app.set({ batch: BATCHES[step] }),
    text: () => summarise(scene),
  });
}

const isOwn = (get) => get("machine") === "own";

export const { render, preview } = defineExplorer({
  title: "Roofline explorer: a layer on the roofline of a machine",
  update: updateScene,
  output: ({ load, share }) => ({ intensity: [load.intensity], share: [share] }),
  say: summarise,
  left: [stage({ draw: drawRoof, label: "Roofline of the machine, with the layer on it", ratio: 1.7, className: "d2l-roof", use: addBatch })],
  right: [
    stage({ draw: drawTimes, label: "Times of memory and arithmetic", ratio: 2.6, className: "d2l-times" }),
    facts(results),
  ],
  controls: [
    "machine",
    control("layer", { change: (layer, app) => app.set({ layer, width: TYPICAL[layer] }), segments: false }),
    "batch",
    control("data_type"),
    control("width"),
    "side",
    "context",
    "own_peak",
    "own_bandwidth",
  ],
  visible: { side: (get) => get("layer") === "convolution", context: (get) => get("layer") === "attention", own_peak: isOwn, own_bandwidth: isOwn },
  bottom: [
    paragraph(verdict),
    hint((scene) => `Blue: memory is the limit. Orange: arithmetic is. Dashed: where they meet, in operations a byte. Large dot: the layer; drag it along. Small dots: other batches. M, G, T, P: 10⁶, 10⁹, 10¹², 10¹⁵.${scene.points.length ? " Diamonds: measured." : ""}`),
  ],
  preview: above(drawRoof, drawTimes, 0.68),
});
