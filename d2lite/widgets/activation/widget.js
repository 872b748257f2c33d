// The activation explorer: a function and its slope, the values of each unit after some layers, and sizes through the layers.
import { defineExplorer } from "../_core/define.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { addHandle } from "../_core/handles.js";
import { facts, hint, player, stage } from "../_core/parts.js";
import { above, beside } from "../_draw/panes.js";
import { curveScales, drawCurve, drawSizes, drawUnits, REACH, sizesScale } from "./drawing.js";
import { deadShare, DEPTH, drawNumbers, ownScale, rootMeanSquare, sendBack, sendForward, spreadOverInputs, unitRanges, valueAndSlope, WIDTH } from "./model.js";

const NAMES = { sigmoid: "sigmoid", tanh: "tanh", relu: "ReLU", leaky_relu: "leaky ReLU", elu: "ELU", gelu: "GELU", silu: "Swish", mish: "Mish", linear: "no function" };
const POINTS = Array.from({ length: 241 }, (_, i) => -REACH + i / 20);

/** Send the signal through all layers again, if anything that it depends on has changed. */
function sendSignal(scene, get) {
  const [name, lowered, seed, factor] = [get("function"), get("lowered"), get("seed"), get("scale")];
  const own = ownScale(name, get("keep_scale") ? 0 : lowered);
  const key = [name, lowered, own, seed, factor].join(" ");
  if (key === scene.key) return;
  if (seed !== scene.seed) Object.assign(scene, { seed, numbers: drawNumbers(seed) });
  const scale = factor * own;
  const { signals, slopes } = sendForward(scene.numbers, name, lowered, scale, own);
  const curve = POINTS.map((z) => valueAndSlope(name, lowered, z));
  const [sizes, spreads] = [signals.map(rootMeanSquare), signals.map(spreadOverInputs)];
  Object.assign(scene, { key, name, lowered, own, scale, signals, slopes, curve, sizes, spreads, points: POINTS });
}

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const [layers, x] = [get("layers"), get("x")];
  sendSignal(scene, get);
  const [value, slope] = valueAndSlope(scene.name, scene.lowered, x);
  const gradients = sendBack(scene.numbers, scene.slopes, layers, scene.scale, scene.own);
  const ranges = unitRanges(scene.signals[layers], [0, 0.5, 1]);
  const dead = deadShare(scene.slopes[layers - 1]);
  Object.assign(scene, { layers, x, value, slope, gradient: gradients[0] / gradients[layers], dead, ranges });
  scene.gradients = gradients.map((size) => size / gradients[layers]);
}

const sizeText = (value) => formatNumber(value, 2);

function summarise({ name, lowered, layers, x, value, slope, sizes, spreads, gradient }) {
  const curve = `${NAMES[name]}${lowered ? ` lowered by ${formatNumber(lowered)}` : ""}`;
  return `${curve}: at ${formatFixed(x, 1)} value ${formatFixed(value, 3)}, slope ${formatFixed(slope, 3)}. After ${layers} ${layers === 1 ? "layer" : "layers"}: size of the signal ${sizeText(sizes[layers])}, of it differing between inputs ${sizeText(spreads[layers])}; gradient back at the inputs ${sizeText(gradient)}.`;
}

function results({ layers, sizes, spreads, gradient, dead, scale }) {
  return [
    [`signal after ${layers}`, sizeText(sizes[layers])],
    ["differs between inputs", { text: sizeText(spreads[layers]), bad: spreads[layers] < 0.01 }],
    ["gradient back at the inputs", { text: sizeText(gradient), bad: gradient < 0.01 || gradient > 100 }],
    ["dead units", `${Math.round(100 * dead)}%`],
    ["weights' deviation", `${formatNumber(scale, 3)} / √${WIDTH}`],
  ];
}

const reading = ({ x, value, slope }) => [["x", formatFixed(x, 1)], ["value f(x)", formatFixed(value, 3)], ["slope f′(x)", formatFixed(slope, 3)]];

/** The point on the curve, dragged along x. */
function addPoint(app, chart, scene) {
  const scales = () => curveScales(scene, chart.width(), chart.height());
  const at = () => [scales().x(scene.x), scales().y(scene.value)];
  const move = (px) => app.set({ x: Math.max(-REACH, Math.min(REACH, Math.round(10 * scales().x.invert(px)) / 10)) });
  const text = () => `x ${formatFixed(scene.x, 1)}, value ${formatFixed(scene.value, 3)}, slope ${formatFixed(scene.slope, 3)}`;
  addHandle(app, chart, { label: "Point along x", at, move, text, step: 6 });
}

export const { render, preview } = defineExplorer({
  title: "Activation explorer: a function, its slope, and a signal through layers of it",
  scene: () => ({ key: "", seed: null }),
  update: updateScene,
  output: ({ layers, sizes, spreads, gradient }) => ({ signal: [sizes[layers], spreads[layers]], gradient: [gradient] }),
  say: summarise,
  left: [
    stage({ draw: drawCurve, label: "The function and its slope", ratio: 1.45, className: "d2l-curve", use: addPoint }),
    facts(reading),
    player({ trait: "layers", last: () => DEPTH }),
  ],
  right: [
    stage({ draw: drawUnits, label: "Values of each unit over the inputs", ratio: 2.1, className: "d2l-units" }),
    stage({
      draw: drawSizes,
      label: "Sizes of signal and gradient through the layers",
      ratio: 1.75,
      className: "d2l-sizes",
      scrub: { trait: "layers", label: "Layers", last: () => DEPTH, scale: sizesScale, text: summarise },
    }),
  ],
  bottom: [
    facts(results),
    hint("Drag the dot along x. In the upper chart at the right, each upright line is one unit: the range of its values over 64 inputs, a dot at the middle one. A line that has shrunk to its dot says the same to every input."),
  ],
  controls: ["function", "scale", "lowered", "layers"],
  preview: beside(drawCurve, above(drawUnits, drawSizes, 0.48), 0.46),
});
