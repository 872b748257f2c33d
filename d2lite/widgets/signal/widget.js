// The signal explorer: sizes of signal and gradient through the layers of a deep network, and the values in one layer.
import { defineExplorer } from "../_core/define.js";
import { formatNumber, shortNumber } from "../_core/format.js";
import { facts, hint, stage } from "../_core/parts.js";
import { above, beside } from "../_draw/panes.js";
import { sizeDomain } from "../_draw/sizes.js";
import { drawGradient, drawLayer, drawSignal, layerScale } from "./drawing.js";
import { countDifferent, gainOf, openNumbers, predictSizes, propagate, sizesOf } from "./model.js";

const RULES = { equal: "all equal", standard: "standard normal", xavier: "Xavier", he: "He", pytorch: "PyTorch's", own: "own scale" };
const NAMES = { relu: "ReLU", tanh: "tanh", sigmoid: "sigmoid", linear: "no activation function" };

/** Send signal and gradient through the network again, if anything that they depend on has changed; true while matrices are drawn. */
function send(scene, get, deadline) {
  const settings = Object.fromEntries(["scheme", "activation", "depth", "width", "scale", "seed"].map((name) => [name, get(name)]));
  const { scheme, activation, depth, width, scale, seed } = settings;
  const drawn = `${seed} ${width}`;
  if (scene.drawn !== drawn) Object.assign(scene, { drawn, numbers: openNumbers(seed, width), key: "" });
  while (scene.numbers.matrices.length < depth) {
    if (scene.signal && deadline()) return "quiet"; // the picture before stays
    scene.numbers.more();
  }
  const key = Object.values(settings).join(" ");
  if (key === scene.key) return false;
  const network = [seed, width, scheme, activation, scale].join(" ");
  const { signals, gradients, slopes } = propagate(scene.numbers, settings, network === scene.network ? scene : null);
  const gain = gainOf(scheme, width, scale);
  Object.assign(scene, settings, { key, network, gain, signals, gradients, slopes, signal: sizesOf(signals), gradient: sizesOf(gradients) });
  scene.theory = gain === null ? null : predictSizes(activation, gain, depth);
  scene.axis = sizeDomain([scene.signal, scene.gradient]);
  return false;
}

/** Bring a scene up to date with the traits. */
function updateScene(scene, get, { deadline }) {
  const more = send(scene, get, deadline);
  if (scene.signal) scene.layer = Math.min(get("layer"), scene.depth);
  return more;
}

const sizeText = (value) => shortNumber(value, 2);
const isBad = (size) => size < 1e-3 || size > 1e3;

function summarise({ scheme, activation, depth, signal, gradient, layer }) {
  const layers = depth === 1 ? "1 layer" : `${depth} layers`;
  return `${RULES[scheme]} weights, ${NAMES[activation]}, ${layers}: the signal starts at 1 and ends at ${sizeText(signal[depth])}; the gradient starts at 1 and reaches the input at ${sizeText(gradient[0])}. In layer ${layer}: signal ${sizeText(signal[layer])}, gradient ${sizeText(gradient[layer])}.`;
}

function results({ depth, width, gain, signal, gradient, signals }) {
  const units = countDifferent(signals[1], width);
  return [
    [`signal after ${depth}`, { text: sizeText(signal[depth]), bad: isBad(signal[depth]) }],
    ["gradient at the input", { text: sizeText(gradient[0]), bad: isBad(gradient[0]) }],
    ["weights' deviation", gain === null ? "0" : formatNumber(Math.sqrt(gain / width), 2)],
    ["different units in layer 1", { text: `${units} of ${width}`, bad: units === 1 }],
  ];
}

/** Both charts are sliders of the layer. */
const scrub = (label) => ({ trait: "layer", label, last: (scene) => scene.depth, scale: layerScale, text: summarise });

export const { render, preview } = defineExplorer({
  title: "Signal explorer: sizes of signal and gradient through a deep network at its start",
  update: updateScene,
  output: ({ signal, gradient }) => ({ signal, gradient }),
  say: summarise,
  left: [
    stage({ draw: drawSignal, label: "Size of the signal by layer", ratio: 2.5, className: "d2l-sizes", scrub: scrub("Layer looked into") }),
    stage({ draw: drawGradient, label: "Size of the gradient by layer", ratio: 2.5, className: "d2l-sizes", scrub: scrub("Layer looked into, over the gradient") }),
  ],
  right: [stage({ draw: drawLayer, label: "How often each value occurs in one layer", ratio: 1.25, className: "d2l-counts" })],
  controls: ["scheme", "activation", "scale", "depth", "width", "layer", "seed"],
  shown: 4,
  visible: { scale: (get) => get("scheme") === "own" },
  bottom: [
    facts(results),
    hint("Bars start at 1, where the signal enters at the left and the gradient at the right. Dashed: what the theory predicts for very wide layers. Press a bar to look into its layer."),
  ],
  preview: beside(above(drawSignal, drawGradient), drawLayer, 0.66),
});
