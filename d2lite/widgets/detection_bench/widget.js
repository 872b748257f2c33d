// The detection bench: the scene with its boxes and the palette on the left; what was found, and why, on the right.
import { control, defineExplorer } from "../_core/define.js";
import { make } from "../_core/dom.js";
import { formatFixed } from "../_core/format.js";
import { button, group, hint, paragraph, stage, table } from "../_core/parts.js";
import { ACTIONS, addEditing, hasChosen, palette } from "../_draw/editing.js";
import { beside } from "../_draw/panes.js";
import { drawLabel } from "../_draw/scales.js";
import { randomItems, rgbaOf } from "../_math/compose.js";
import { continuePass } from "../_math/maps.js";
import { KINDS, drawBench } from "./draw.js";
import { GRID, SIDE, judge, keepScoring, makePicture, readDetector, readPalette, readPositions, startPass, suppress } from "./model.js";
import { TOOLS, makePenHold } from "./pen.js";

const PATIENCE = 150; // ms after which a pass shows how far it is
const MOST_ROWS = 8; // detections listed
const MOST_FOUND = 500; // that Python hears of, the best: an early detector of nine anchors may say 1,296
const SIZES = [24, 44]; // of items in a new scene, pixels
const INK_SHARE = 0.3; // of the pen's points inside a box: it is of a drawing

function makeScene(get) {
  const { detector, palette: items, names } = get("data");
  const state = { key: "", picture: null, pixels: null, pass: null, slow: false, seen: null, shown: null, summary: "" };
  return { ...state, detector: readDetector(detector), palette: readPalette(items), names, hold: makePenHold() };
}

/** Bring a scene up to date with the traits: the network runs in slices, and until it is done the old detections are shown. */
function updateScene(scene, get, { now, deadline }) {
  const settings = Object.fromEntries(["background", "items", "strokes"].map((name) => [name, get(name)]));
  const key = JSON.stringify(settings);
  if (key !== scene.key) {
    Object.assign(scene, { key, picture: makePicture(scene.palette, settings) });
    scene.pixels = rgbaOf(scene.picture.bytes);
  }
  if (!scene.pass && scene.seen?.key !== key) {
    scene.pass = Object.assign(startPass(scene.detector, scene.picture.bytes), { key, began: now });
  }
  if (scene.pass && continuePass(scene.pass, deadline)) {
    scene.seen = { key: scene.pass.key, positions: readPositions(scene.pass) };
    scene.pass = null;
  }
  scene.slow = scene.pass !== null && now - scene.pass.began > PATIENCE;
  scene.shown = scene.seen && decide(scene, get);
  if (scene.pass || scene.seen.key !== key) return scene.slow || "quiet";
  scene.summary = summarise(scene);
  return false;
}

/** From positions to detections with verdicts: { scored, kept, verdicts, missed, best }. */
function decide({ seen, picture }, get) {
  const scored = keepScoring(seen.positions, get("confidence"));
  const best = suppress(scored, get("iou_threshold"));
  const kept = get("nms") ? best : scored;
  const { truths } = picture;
  const verdicts = judge(kept, truths).map((verdict, i) => {
    const drawn = verdict.kind === "nothing" && inkInside(kept[i].box, get("strokes")) > INK_SHARE;
    return drawn ? { ...verdict, kind: "drawing" } : verdict;
  });
  const missed = truths.filter((_, i) => !verdicts.some(({ kind, truth }) => kind === "correct" && truth === i));
  return { scored, kept, verdicts, missed, best: new Set(best) };
}

function inkInside([x1, y1, x2, y2], strokes) {
  const inside = strokes.filter(([x, y]) => x > x1 && x < x2 && y > y1 && y < y2);
  return strokes.length ? inside.length / strokes.length : 0;
}

function summarise({ shown, names, picture }) {
  const { kept, verdicts, missed } = shown;
  const parts = kept.slice(0, MOST_ROWS).map(({ label, score }, i) => `${names[label]} ${formatFixed(score)}, ${explain(verdicts[i], picture, names)}`);
  const lost = missed.length ? ` Not found: ${missed.map(({ label }) => names[label]).join(", ")}.` : "";
  return `${kept.length} ${kept.length === 1 ? "detection" : "detections"}. ${parts.join(". ")}.${lost}`;
}

/** A verdict in words. */
function explain({ kind, overlap, truth }, { truths }, names) {
  const share = `IoU ${formatFixed(overlap)}`;
  const right = truth >= 0 ? names[truths[truth].label] : "";
  return {
    correct: `right, ${share}`,
    confused: `wrong: it is a ${right}, ${share}`,
    double: `a second box for the ${right}, ${share}`,
    misplaced: `too far off: ${share} with the ${right}`,
    nothing: "nothing is there",
    drawing: "your drawing: you be the judge",
  }[kind];
}

/** From how many boxes to how many. */
function describeFunnel({ shown, seen }, app) {
  if (!shown) return ""; // the first pass is under way
  const steps = [`${seen.positions.length} boxes`, `${shown.scored.length} score ${formatFixed(app.get("confidence"))} or more`];
  if (app.get("nms")) steps.push(`${shown.kept.length} after suppression`);
  return steps.join(" → ");
}

/** What was found and what was missed: [kind, sign, name and score, why]. */
function findingRows({ shown, names, picture }) {
  if (!shown) return [];
  const rows = shown.kept.slice(0, MOST_ROWS).map((one, i) => {
    const { kind } = shown.verdicts[i];
    return [kind, KINDS[kind].sign, `${names[one.label]} ${formatFixed(one.score)}`, explain(shown.verdicts[i], picture, names)];
  });
  const more = shown.kept.length - MOST_ROWS;
  if (more > 0) rows.push(["more", "", "", `and ${more} more`]);
  return [...rows, ...shown.missed.map(({ label }) => ["missed", "–", names[label], "not found"])];
}

function findings(app, parent, scene) {
  const list = make("ul", { class: "d2l-found", "aria-label": "Detections" });
  parent.append(list);
  let written = "";
  app.draw(() => {
    const rows = findingRows(scene);
    if (JSON.stringify(rows) === written) return;
    written = JSON.stringify(rows);
    list.replaceChildren(...rows.map(([kind, sign, what, why]) => {
      const mark = make("span", { class: "d2l-sign", "aria-hidden": "true", text: sign });
      return make("li", { class: `d2l-kind-${kind}` }, mark, make("b", { text: what }), make("span", { text: ` ${why}` }));
    }));
  });
}

/** The outputs of the chosen cell's anchors. */
function anchorRows({ detector, seen, names }, app) {
  const cell = app.get("cell");
  const each = detector.anchors.length;
  const own = cell < 0 || !seen ? [] : seen.positions.slice(cell * each, (cell + 1) * each);
  return own.map((one) => [
    detector.anchors[one.anchor].map((size) => Math.round(size)).join(" × "), formatFixed(one.objectness),
    `${names[one.label]} ${formatFixed(one.probability)}`, formatFixed(one.score),
  ]);
}

function describeCell(scene, app) {
  const cell = app.get("cell");
  return `Row ${Math.floor(cell / GRID) + 1}, column ${(cell % GRID) + 1} of the grid`;
}

/** Another scene: the background's seed decides what is in it. */
function newScene(app, { hold, palette: items }) {
  const background = (app.get("background") + 1) % 10000;
  hold.selected = -1;
  app.set({ background, items: randomItems(background, items, SIDE, SIZES), strokes: [] });
}

function clear(app, { hold }) {
  hold.selected = -1;
  app.set({ items: [], strokes: [] });
}

function drawList(ctx, width, height, theme, { shown, names }) {
  if (width < 142) return;
  shown.kept.slice(0, MOST_ROWS).forEach(({ label, score }, i) => {
    const { sign, color } = KINDS[shown.verdicts[i].kind];
    drawLabel(ctx, `${sign} ${names[label]} ${formatFixed(score)}`, 16, 12 + 22 * i, theme, { color: theme[color], size: 13, weight: 600 });
  });
}

function drawBoth(ctx, width, height, ...rest) {
  const side = Math.min(width, height);
  beside(drawBench, drawList, side / width)(ctx, width, side, ...rest);
}

export const { render, preview } = defineExplorer({
  title: "Detection bench: a trained detector on your scene",
  scene: makeScene,
  update: updateScene,
  output: ({ shown }) => (shown ? { found: shown.kept.slice(0, MOST_FOUND).map(({ box, score, label }) => [...box, score, label]) } : {}),
  say: ({ summary }) => summary,
  left: [
    stage({ draw: drawBench, label: "The scene with its detections", use: addEditing(SIDE, TOOLS) }),
    palette(SIDE, { tool: "move" }),
  ],
  right: [
    group({ name: "found", className: "d2l-readout" }, paragraph(describeFunnel, { className: "d2l-funnel" }), findings),
    hint((scene, app) => (app.get("raw") !== "off" && app.get("cell") < 0 ? "Click a cell of the picture to read its anchors." : "")),
    table({ name: "anchors", className: "d2l-cells", heads: ["anchor", "objectness", "best class", "score"], rows: anchorRows, caption: describeCell }),
  ],
  controls: ["confidence", "raw", "cell", "iou_threshold", "nms", "truth", "background"],
  shown: 2,
  more: [
    group({ name: "scene", className: "d2l-bar" }, control("tool"), button({ label: "New scene", press: newScene }), button({ label: "Clear", press: clear })),
    group(
      { className: "d2l-bar", label: "The chosen item" },
      ...Object.entries(ACTIONS).map(([label, press]) => button({ label, press, usable: hasChosen, kind: "quiet" })),
    ),
  ],
  visible: {
    anchors: (get) => get("raw") !== "off" && get("cell") >= 0,
    cell: (get) => get("raw") !== "off",
  },
  preview: drawBoth,
});
