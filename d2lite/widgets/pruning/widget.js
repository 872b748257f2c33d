// The pruning explorer: a trained LeNet with weights cut and rounded, its accuracy, and its answer to one photo.
import { defineExplorer } from "../_core/define.js";
import { formatFixed } from "../_core/format.js";
import { facts, hint, stage } from "../_core/parts.js";
import { chooser } from "../_draw/chooser.js";
import { above, beside } from "../_draw/panes.js";
import { argmax } from "../_math/nn.js";
import { cutScale, drawAccuracy, drawAnswer, drawWeights } from "./drawing.js";
import { compress, countBins, countBytes, largestOf, openNetwork, rankWeights, readCurve, runNetwork, weightsOf } from "./model.js";

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  if (scene.data !== get("data")) openData(scene, get("data"));
  const [choose, scale, bits, cut] = ["choose", "scale", "bits", "cut"].map(get);
  scene.ranks[choose] ??= rankWeights(scene.network, choose);
  const key = [choose, scale, bits, cut].join(" ");
  if (scene.key !== key) {
    const small = compress(scene.network, scene.ranks[choose], { cut, bits, scale });
    Object.assign(scene, { key, small, ...countBytes(scene.network, small.kept, bits, scale), answered: -1, counted: "" });
  }
  readRecords(scene, { choose, scale, bits, cut });
  answer(scene, get("image"));
  countShown(scene, get("layer"), choose, cut);
}

function openData(scene, data) {
  Object.assign(scene, { data, network: openNetwork(data), ranks: {}, key: "", wholes: {} });
  const { images, labels, classes } = scene.network;
  scene.pictures = images.map((pixels, i) => ({ name: `Photo ${i}: ${classes[labels[i]]}`, value: i, pixels }));
}

/** The recorded curves and what they say at the cut; trained on: recorded where the smallest of all were cut. */
function readRecords(scene, { choose, scale, bits, cut }) {
  const { cuts, curves, retrained } = scene.data;
  const curve = curves[`${choose} ${scale} ${bits}`];
  const plain = curves[`${choose} ${scale} 8`];
  const again = choose === "all" ? retrained : null;
  const read = (values) => (values ? readCurve(cuts, values, cut) : null);
  Object.assign(scene, { choose, scale, bits, cut, cuts, curve, plain, retrained: again, accuracy: read(curve), better: read(again) });
}

function answer(scene, wanted) {
  const { network, small } = scene;
  const image = Math.min(wanted, network.images.length - 1);
  if (scene.answered === image) return;
  const pixels = network.images[image];
  scene.wholes[image] ??= runNetwork(network, pixels).probabilities;
  const { output, probabilities } = runNetwork(small.network, pixels);
  Object.assign(scene, { answered: image, image, pixels, classes: network.classes, label: network.labels[image], whole: scene.wholes[image], output, probabilities });
}

/** What the histogram shows; the band is there where all weights shown were cut below one size. */
function countShown(scene, layer, choose, cut) {
  const key = `${layer} ${scene.key}`;
  if (scene.counted === key) return;
  const lists = weightsOf(scene.network, layer);
  const most = largestOf(lists);
  const one = choose === "all" || (choose === "layer" && layer !== "all");
  const band = one && cut > 0 ? scene.small.least[layer === "all" ? "conv1" : layer] : 0;
  Object.assign(scene, { counted: key, layer, most, band, before: countBins(lists, most), after: countBins(weightsOf(scene.small.network, layer), most) });
}

const kilobytes = (bytes) => `${formatFixed(bytes / 1000, bytes < 99950 ? 1 : 0)} kB`;
const percent = (part) => `${formatFixed(100 * part, 1)}%`;

function verdict({ classes, label, probabilities }) {
  const first = argmax(probabilities);
  return `${classes[first]}, ${Math.round(100 * probabilities[first])}%${first === label ? "" : `, but it is: ${classes[label]}`}`;
}

function summarise(scene) {
  const { cut, bits, small, total, packed, whole32, accuracy, better } = scene;
  const again = better === null ? "" : `, ${percent(better)} after training on in 8 bits`;
  return `${cut}% of the weights cut, ${bits} bits each: ${small.kept} of ${total} left, ${kilobytes(packed)} instead of ${kilobytes(whole32)}. Accuracy about ${percent(accuracy)}${again}. Photo: ${verdict(scene)}.`;
}

function results(scene) {
  const { small, total, packed, whole32, accuracy, better, probabilities, label } = scene;
  return [
    ["weights left", `${small.kept.toLocaleString("en")} of ${total.toLocaleString("en")}`],
    ["size", `${kilobytes(packed)} of ${kilobytes(whole32)}`],
    ["accuracy", percent(accuracy)],
    ["trained on", better === null ? "not recorded" : percent(better)],
    ["it says", { text: verdict(scene), bad: argmax(probabilities) !== label }],
  ];
}

const scrub = { trait: "cut", label: "Weights cut, in percent", scale: cutScale, text: summarise };

export const { render, preview } = defineExplorer({
  title: "Pruning explorer: a trained LeNet with weights cut and rounded",
  update: updateScene,
  output: ({ small, output }) => ({ kept: small.kept, logits: [...output] }),
  say: summarise,
  left: [stage({ draw: drawWeights, label: "How many weights have which value", ratio: 2, className: "d2l-chart" })],
  right: [stage({ draw: drawAccuracy, label: "Accuracy against the share of weights cut", ratio: 2, className: "d2l-chart", scrub })],
  controls: ["cut", "bits", "choose", "scale", "layer"],
  shown: 2,
  bottom: [
    facts(results),
    stage({ draw: drawAnswer, label: "The photo, and how sure the network is of each class", ratio: 4.8, className: "d2l-answer" }),
    chooser({ name: "image", images: ({ pictures }) => pictures, of: ({ data }) => data, chosen: ({ image }) => image, choose: (app, image) => app.set({ image }) }),
    hint("Bars: how sure it is of each class, in bold the right one; ticks: the whole network. Press the chart of accuracy to cut."),
  ],
  preview: above(beside(drawWeights, drawAccuracy, 0.5), drawAnswer, 0.55),
});
