// The transfer explorer: recorded curves of accuracy against labelled images, the network, and what each seed gains.
import { defineExplorer } from "../_core/define.js";
import { formatFixed } from "../_core/format.js";
import { addCells, addScrubber } from "../_core/handles.js";
import { facts, hint, stage } from "../_core/parts.js";
import { beside } from "../_draw/panes.js";
import { boxesOf, drawCurves, drawGains, place } from "./drawing.js";
import { labelsNeeded, nearest, paired, sumUp } from "./model.js";

const signed = (value) => `${value < 0 ? "−" : "+"}${formatFixed(Math.abs(value), 3)}`;

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const data = get("data");
  const [source, layers, count] = [get("source"), get("layers"), get("labels")];
  const ways = [
    { key: "scratch", name: "from scratch", short: "from scratch", rows: data.scratch },
    { key: "frozen", name: `${layers} frozen`, short: `${layers} frozen`, rows: data[source].frozen[layers - 1] },
    { key: "tuned", name: "all copied, fine-tuned", short: "fine-tuned", rows: data[source].tuned },
  ];
  if (get("random")) ways.push({ key: "random", name: "3 random, frozen", short: "3 random", rows: data.random });
  for (const way of ways) way.points = way.rows.map(sumUp);
  const at = data.labels.indexOf(count);
  const gains = ways.slice(1).map(({ key, rows }) => ({ key, ...paired(rows[at], data.scratch[at]) }));
  const needed = labelsNeeded(data.labels, ways[0].points.map((point) => point.mean), ways[1].points[at].mean);
  Object.assign(scene, { ways, counts: data.labels, count, at, layers, source, gains, needed, each: get("each_seed") });
}

function neededText({ needed, counts }) {
  if (needed === 0) return `under ${counts[0]}`;
  return Number.isFinite(needed) ? `about ${formatFixed(needed, needed < 10 ? 1 : 0)}` : `over ${counts.at(-1)}`;
}

function summarise(scene) {
  const { ways, at, count, gains, source } = scene;
  const told = ways.map(({ name, points }) => `${name} ${formatFixed(points[at].mean, 3)}`).join(", ");
  return `${count} labelled images a class, layers from ${source === "near" ? "digits 0 to 4" : "clothes"}: ${told}. Frozen gains ${signed(gains[0].mean)} over scratch, fine-tuned ${signed(gains[1].mean)}, in the mean of ${gains[0].each.length} seeds.`;
}

function results(scene) {
  const { ways, at, gains } = scene;
  return [
    ...ways.slice(0, 3).map(({ short, points }) => [short, formatFixed(points[at].mean, 3)]),
    ...gains.slice(0, 2).map(({ key, mean, error }) => [`${key === "tuned" ? "fine-tuned" : key} − scratch`, `${signed(mean)} ± ${formatFixed(error, 3)}`]),
    ["as good from scratch with", `${neededText(scene)} a class`],
  ];
}

/** The chart is a slider of the number of labelled images. */
function addCounts(app, built, scene) {
  addScrubber(app, built, {
    label: "Labelled images",
    value: () => scene.counts.indexOf(app.get("labels")),
    max: () => scene.counts.length - 1,
    valueAt: (px) => scene.counts.indexOf(nearest(scene.counts, place(built.width(), built.height()).x.invert(px))),
    move: (k) => app.set({ labels: scene.counts[k] }),
    text: () => summarise(scene),
  });
}

/** The network's layers are cells: the chosen one is the last that is frozen. */
function addCut(app, built, scene) {
  addCells(app, built, {
    label: "Last frozen layer",
    count: () => 4,
    columns: () => 4,
    value: () => app.get("layers") - 1,
    cellAt: (px, py) => {
      const k = boxesOf(built.width()).findIndex(([left, top, wide, high]) => px >= left && px <= left + wide && py >= top && py <= top + high);
      return k < 0 || k > 3 ? null : k;
    },
    move: (k) => app.set({ layers: k + 1 }),
    text: () => `${app.get("layers")} of 5 layers frozen. ${summarise(scene)}`,
  });
}

export const { render, preview } = defineExplorer({
  title: "Transfer explorer: what layers from another task are worth",
  update: updateScene,
  output: ({ gains, needed }) => ({ gain: gains[0].mean, needed: Number.isFinite(needed) ? needed : 1000 }),
  say: summarise,
  left: [stage({ draw: drawCurves, label: "Accuracy against labelled images", ratio: 1.45, className: "d2l-curves", use: addCounts })],
  right: [stage({ draw: drawGains, label: "The network, and what each seed gains", ratio: 1.45, className: "d2l-gains", use: addCut })],
  controls: ["source", "layers", "labels", "each_seed", "random"],
  bottom: [
    facts(results),
    hint("Lines: means of ten seeds; bands: from the lowest to the highest. Right: large marks are means, small dots the seeds. ±: standard error over seeds."),
  ],
  preview: beside(drawCurves, drawGains, 0.55),
});
