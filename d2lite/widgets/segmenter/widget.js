// The segmenter: the reader's scene under the U-Net's mask at the left, overlap against threshold at the right.
import { defineExplorer } from "../_core/define.js";
import { make, writeText } from "../_core/dom.js";
import { formatCounted, formatFixed } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { button, facts, group, stage, table } from "../_core/parts.js";
import { ACTIONS, addEditing, hasChosen, makeHold, palette } from "../_draw/editing.js";
import { beside } from "../_draw/panes.js";
import { randomItems, rgbaOf } from "../_math/compose.js";
import { LABEL_COLORS, VERDICTS, drawCurves, drawScene, thresholdScale } from "./drawing.js";
import { SIDE, continuePass, countPixels, labelOverlaps, makePicture, overlapCurves, overlapOf, probabilityOf, readLabels, readNetwork, readPalette, startPass, truthMask } from "./model.js";

const PATIENCE = 150; // ms after which a pass shows how far it is
const SIZES = [16, 27]; // of items in a new scene, pixels
const VERDICT_NAMES = { hits: "item, found", alarms: "no item, in the mask", missed: "item, missed" };

function makeScene(get) {
  const { layers, labels, groups, palette: items, names } = get("data");
  const state = { key: "", picture: null, pixels: null, pass: null, slow: false, seen: null, shown: null };
  return { ...state, network: readNetwork(layers), labels, groups, palette: readPalette(items), names, hold: makeHold() };
}

/** Bring a scene up to date with the traits: the network runs in slices, and until it is done the old mask is shown. */
function updateScene(scene, get, { now, deadline }) {
  const settings = { background: get("background"), items: get("items") };
  const key = JSON.stringify(settings);
  if (key !== scene.key) {
    Object.assign(scene, { key, picture: makePicture(scene.palette, scene.groups, settings) });
    scene.pixels = rgbaOf(scene.picture.bytes);
  }
  if (!scene.pass && scene.seen?.key !== key) {
    scene.pass = Object.assign(startPass(scene.network, scene.picture.bytes), { key, labels: scene.picture.labels, began: now });
  }
  if (scene.pass && continuePass(scene.pass, deadline)) {
    scene.seen = { key: scene.pass.key, labels: scene.pass.labels, ...readLabels(scene.pass) };
    scene.seen.overlaps = labelOverlaps(scene.seen.best, scene.seen.labels, scene.labels.length);
    Object.assign(scene, { pass: null, wanted: -1 });
  }
  scene.slow = scene.pass !== null && now - scene.pass.began > PATIENCE;
  if (scene.seen) decide(scene, get);
  return scene.pass || scene.seen.key !== key ? scene.slow || "quiet" : false;
}

/** From probabilities to a mask and its overlap with the truth: scene.shown. */
function decide(scene, get) {
  const { seen } = scene;
  const wanted = Math.max(0, scene.labels.indexOf(get("wanted")));
  if (scene.wanted !== wanted) {
    const [probability, truth] = [probabilityOf(seen, wanted), truthMask(seen.labels, wanted)];
    Object.assign(scene, { wanted, shown: { probability, truth, best: seen.best, curves: overlapCurves(probability, truth) } });
  }
  const { probability, truth } = scene.shown;
  const counts = countPixels(probability, truth, get("threshold"));
  Object.assign(scene.shown, { threshold: get("threshold"), name: get("wanted"), counts, overlap: overlapOf(counts) });
}

function summarise({ shown }) {
  if (!shown) return "";
  const { name, threshold, overlap, counts } = shown;
  if (!overlap) return `At ${formatFixed(threshold)}, no pixel of ${name} is there, and none is found.`;
  return `At ${formatFixed(threshold)}, mask of ${name}: ${formatCounted(counts.hits, "pixel")} right, ${counts.alarms} too many, ${counts.missed} missed; IoU ${formatFixed(overlap.iou)}, Dice ${formatFixed(overlap.dice)}.`;
}

function results({ shown }) {
  if (!shown) return [];
  const { overlap, counts } = shown;
  const value = (name) => (overlap ? formatFixed(overlap[name]) : "–");
  return [["IoU", value("iou")], ["Dice", value("dice")], ["right", counts.hits], ["too many", counts.alarms], ["missed", counts.missed]];
}

/** The chart is a slider of the threshold, in hundredths. */
function addThreshold(app, chart, scene) {
  addScrubber(app, chart, {
    label: "Threshold, in hundredths",
    min: 1,
    value: () => Math.round(100 * app.get("threshold")),
    max: () => 99,
    valueAt: (px) => 100 * thresholdScale(chart.width(), chart.height()).invert(px),
    move: (hundredths) => app.set({ threshold: hundredths / 100 }),
    text: () => summarise(scene),
  });
}

/** What the colours of the picture mean, in the view that is shown. */
function legend(app, parent, scene) {
  const element = make("div", { class: "d2l-key" });
  parent.append(element);
  let drawn = "";
  app.draw(() => {
    const view = app.get("view");
    if (view === drawn) return;
    drawn = view;
    const entries = {
      mask: Object.entries(VERDICTS).map(([name, color]) => [color, VERDICT_NAMES[name]]),
      probability: [["#101010", "probability 0"], ["#ffffff", "probability 1"]],
      labels: scene.labels.slice(1).map((name, k) => [LABEL_COLORS[k + 1], name]),
    }[view];
    element.replaceChildren(...entries.map(([color, text]) => {
      const mark = make("i", { "aria-hidden": "true" });
      mark.style.background = color;
      const name = make("span");
      writeText(name, text);
      return make("span", {}, mark, name);
    }));
  });
}

/** IoU label by label, of the likeliest label of each pixel. */
function labelRows({ seen, labels }) {
  if (!seen) return [];
  const known = seen.overlaps.filter((iou) => iou >= 0);
  const rows = labels.map((name, k) => [name, seen.overlaps[k] < 0 ? "–" : formatFixed(seen.overlaps[k])]);
  return [...rows, ["mean", formatFixed(known.reduce((a, b) => a + b, 0) / known.length)]];
}

/** Another scene: the background's seed decides what is in it. */
function newScene(app, { hold, palette: items }) {
  const background = (app.get("background") + 1) % 10000;
  hold.selected = -1;
  app.set({ background, items: randomItems(background, items, SIDE, SIZES) });
}

function clear(app, { hold }) {
  hold.selected = -1;
  app.set({ items: [] });
}

export const { render, preview } = defineExplorer({
  title: "Segmenter: a trained U-Net on your scene, its mask and what it is worth",
  scene: makeScene,
  update: updateScene,
  output: ({ shown, seen }) => (shown ? { overlap: shown.overlap ? [shown.overlap.iou, shown.overlap.dice] : [], class_iou: seen.overlaps } : {}),
  say: summarise,
  left: [
    stage({ draw: drawScene, label: "The scene under its mask", use: addEditing(SIDE) }),
    legend,
  ],
  right: [
    stage({ draw: drawCurves, label: "IoU and Dice at each threshold", ratio: 1.9, use: addThreshold }),
    facts(results),
    table({ name: "labels", heads: ["likeliest label", "IoU"], rows: labelRows }),
  ],
  controls: ["threshold", "wanted", "view", "background"],
  more: [
    palette(SIDE),
    group({ name: "scene", className: "d2l-bar" }, button({ label: "New scene", press: newScene }), button({ label: "Clear", press: clear })),
    group(
      { className: "d2l-bar", label: "The chosen item" },
      ...Object.entries(ACTIONS).map(([label, press]) => button({ label, press, usable: hasChosen, kind: "quiet" })),
    ),
  ],
  visible: { labels: (get) => get("view") === "labels" },
  preview: (ctx, width, height, ...rest) => beside(drawScene, drawCurves, Math.min(width, height) / width)(ctx, width, Math.min(width, height), ...rest),
});
