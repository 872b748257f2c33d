// The shortcut explorer: signal and gradient through blocks of layers, with and without shortcuts.
import { defineExplorer } from "../_core/define.js";
import { formatCounted } from "../_core/format.js";
import { facts, hint, stage } from "../_core/parts.js";
import { above, beside } from "../_draw/panes.js";
import { sizeDomain } from "../_draw/sizes.js";
import { blockScale, drawBlock, drawGradient, drawSignal, sizeText } from "./drawing.js";
import { openNumbers, sendThrough } from "./model.js";

/** Bring a scene up to date with the traits: the network shown, and its twin with or without shortcuts. */
function updateScene(scene, get) {
  const names = ["scale", "norm", "order", "strength", "blocks", "seed"];
  const settings = Object.fromEntries(names.map((name) => [name, get(name)]));
  const { seed, blocks, strength } = settings;
  if (scene.drawn !== seed) Object.assign(scene, { drawn: seed, numbers: openNumbers(seed), key: "" });
  while (scene.numbers.pairs.length < blocks) scene.numbers.more();
  const key = Object.values(settings).join(" ");
  if (scene.key !== key) {
    const [plain, added] = [0, strength].map((times) => sendThrough(scene.numbers, { ...settings, times }));
    const axis = sizeDomain([plain, added].flatMap(({ signal, gradient }) => [signal, gradient]));
    Object.assign(scene, settings, { key, plain, added, axis });
  }
  const shortcut = get("shortcut");
  const [shown, twin] = shortcut ? [scene.added, scene.plain] : [scene.plain, scene.added];
  Object.assign(scene, { shortcut, shown, twin, block: Math.min(get("block"), blocks) });
}

const kind = (shortcut) => (shortcut ? "with shortcuts" : "without shortcuts");

function summarise({ shortcut, blocks, block, shown, twin }) {
  const ends = ({ signal, gradient }) => `the signal ends at ${sizeText(signal[blocks])}, and the gradient reaches the input at ${sizeText(gradient[0])}`;
  return `${formatCounted(blocks, "block")} ${kind(shortcut)}: ${ends(shown)}. The same weights ${kind(!shortcut)}: ${ends(twin)}. Block ${block}: signal ${sizeText(shown.signal[block - 1])} in, ${sizeText(shown.signal[block])} out; gradient ${sizeText(shown.gradient[block])} in, ${sizeText(shown.gradient[block - 1])} out.`;
}

const isBad = (size) => size < 1e-3 || size > 1e3;

function results({ blocks, shown, twin, shortcut }) {
  const cell = (size) => ({ text: sizeText(size), bad: isBad(size) });
  return [
    ["signal at the end", cell(shown.signal[blocks])],
    ["gradient at the input", cell(shown.gradient[0])],
    [`${kind(!shortcut)}: signal`, cell(twin.signal[blocks])],
    ["gradient", cell(twin.gradient[0])],
  ];
}

/** Both charts are sliders of the block. */
const scrub = (label) => ({ trait: "block", label, last: (scene) => scene.blocks, scale: blockScale, text: summarise });

export const { render, preview } = defineExplorer({
  title: "Shortcut explorer: signal and gradient through blocks, with and without shortcuts",
  update: updateScene,
  output: ({ shown }) => ({ signal: shown.signal, gradient: shown.gradient }),
  say: summarise,
  left: [
    stage({ draw: drawSignal, label: "Size of the signal by block", ratio: 2.4, className: "d2l-sizes", scrub: scrub("Block looked into") }),
    stage({ draw: drawGradient, label: "Size of the gradient by block", ratio: 2.4, className: "d2l-sizes", scrub: scrub("Block looked into, over the gradient") }),
  ],
  right: [stage({ draw: drawBlock, label: "One block, with the sizes of signal and gradient on its ways", ratio: 1.3, className: "d2l-block" })],
  controls: ["shortcut", "scale", "norm", "order", "strength", "blocks", "block", "seed"],
  bottom: [
    facts(results),
    hint("Blue: the signal, forward from block 0, the input. Orange: the gradient, back from the end. Dashed: the same weights the other way. Press a chart to look into a block."),
  ],
  preview: beside(above(drawSignal, drawGradient), drawBlock, 0.62),
});
