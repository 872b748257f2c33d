// The family explorer: recorded networks as points with the block of each, or one dense block, its numbers chosen.
import { defineExplorer } from "../_core/define.js";
import { formatCount, formatCounted, formatFixed } from "../_core/format.js";
import { addCells } from "../_core/handles.js";
import { facts, hint, stage } from "../_core/parts.js";
import { beside } from "../_draw/panes.js";
import { drawBlock, drawJoined, drawNetworks, drawWidths, place } from "./drawing.js";
import { addedWeights, axisEnds, denseBlock, sumUp } from "./model.js";

const REACH = 22; // px from a point that count as on it

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const { photos, networks } = get("data");
  for (const name of ["view", "across", "up", "network", "growth", "layers", "channels", "bottleneck"]) scene[name] = get(name);
  scene.points = networks.map((found) => {
    const { mean, low, high, error } = sumUp(found.accuracies, photos);
    return { ...found, accuracy: mean, low, high, error };
  });
  scene.chosen = scene.points.findIndex((point) => point.key === scene.network);
  const valuesOf = (measure) => scene.points.flatMap((p) => (measure === "accuracy" ? [p.accuracy - 2 * p.error, p.accuracy + 2 * p.error, ...p.accuracies] : [p[measure]]));
  scene.ends = Object.fromEntries(["across", "up"].map((name) => [name, axisEnds(valuesOf(scene[name]), scene[name] !== "accuracy")]));
  scene.block = denseBlock(scene);
  scene.added = addedWeights({ width: scene.block.widths.at(-1), layers: scene.layers, bottleneck: scene.bottleneck });
}

const isBlock = (scene) => scene.view === "block";

function summarise(scene) {
  const { block, layers, growth, channels, added } = scene;
  if (isBlock(scene))
    return `A dense block of ${formatCounted(layers, "layer")} with growth rate ${growth}: from ${formatCounted(channels, "map")} to ${block.widths.at(-1)}, with ${formatCount(block.weights)} weights. Layers that add, at that width: ${formatCount(added)}. Joining writes ${formatCounted(block.joined.at(-1), "map")}.`;
  const point = scene.points[scene.chosen];
  return `${point.name}: ${formatCount(point.parameters)} parameters, ${formatCount(point.multiply_adds)} multiply-adds, ${formatFixed(point.seconds, 2)} seconds; test accuracy ${formatFixed(point.accuracy, 3)}, seeds from ${formatFixed(point.low, 3)} to ${formatFixed(point.high, 3)}, standard error of the test photos ${formatFixed(point.error, 3)}.`;
}

function results(scene) {
  if (isBlock(scene))
    return [
      ["maps at the end", formatCount(scene.block.widths.at(-1))],
      ["weights", formatCount(scene.block.weights)],
      ["weights of layers that add", formatCount(scene.added)],
      ["maps written by joining", formatCount(scene.block.joined.at(-1))],
    ];
  const point = scene.points[scene.chosen];
  return [
    ["parameters", formatCount(point.parameters)],
    ["multiply-adds", formatCount(point.multiply_adds)],
    ["seconds", formatFixed(point.seconds, 2)],
    ["test accuracy", `${formatFixed(point.accuracy, 3)} ± ${formatFixed(2 * point.error, 3)}`],
  ];
}

/** Networks are chosen by pointer and by keys, in the order of the part. */
function addChoice(app, built, scene) {
  const nearest = (px, py) => {
    const { at } = place(scene, built.width(), built.height());
    const far = at.map(([x, y]) => Math.hypot(x - px, y - py));
    const k = far.indexOf(Math.min(...far));
    return far[k] < REACH ? k : null;
  };
  addCells(app, built, {
    label: "Network",
    count: () => scene.points.length,
    columns: () => 1,
    value: () => scene.points.findIndex((point) => point.key === app.get("network")),
    cellAt: (px, py) => (isBlock(scene) ? null : nearest(px, py)),
    move: (k) => isBlock(scene) || app.set({ network: scene.points[k].key }),
    text: () => summarise(scene),
  });
}

const drawLeft = (...given) => (isBlock(given[4]) ? drawWidths : drawNetworks)(...given);
const drawRight = (...given) => (isBlock(given[4]) ? drawJoined : drawBlock)(...given);
const inNetworks = (get) => get("view") === "networks";
const inBlock = (get) => get("view") === "block";

export const { render, preview } = defineExplorer({
  title: "Family explorer: recorded networks, and the block behind each",
  update: updateScene,
  output: ({ block }) => ({ maps: block.widths.at(-1), weights: block.weights }),
  say: summarise,
  left: [stage({ draw: drawLeft, label: "Recorded networks", ratio: 1.55, className: "d2l-networks", use: addChoice })],
  right: [stage({ draw: drawRight, label: "The block of the chosen network", ratio: 1.55, className: "d2l-blocks" })],
  controls: ["view", "network", "across", "growth", "layers", "up", "channels", "bottleneck"],
  shown: 5,
  visible: { network: inNetworks, across: inNetworks, up: inNetworks, growth: inBlock, layers: inBlock, channels: inBlock, bottleneck: inBlock },
  bottom: [
    facts(results),
    hint((scene) => (isBlock(scene) ? "Orange: the maps that the layer has made. Blue: those of the layers before. Gray: the block's input." : "Large marks: means of three seeds, the small dots. Lines: two standard errors of 2,000 test photos. Press a mark.")),
  ],
  preview: beside(drawLeft, drawRight, 0.55),
});
