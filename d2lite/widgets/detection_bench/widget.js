// The detection bench: the scene with its boxes and the palette on the left; what was found, and why, on the right.
import { addControl, addControls } from "../_core/controls.js";
import { make, makeButton } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { formatFixed } from "../_core/format.js";
import { drawPixels } from "../_draw/layers.js";
import { drawLabel, setText, strokeSegment } from "../_draw/scales.js";
import { addStage } from "../_core/stage.js";
import { THEMES, plainTheme } from "../_core/theme.js";
import { PEN, SIDE, randomItems } from "./compose.js";
import { addPlacing, addTools } from "./hands.js";
import { anchorBox, continuePass, judge, keepScoring, makePicture, progressOf, readDetector, readPalette, readPositions, startPass, suppress } from "./model.js";

const BUDGET = 5; // ms of a frame that the network may take
const PATIENCE = 150; // ms after which a pass shows how far it is
const GRID = 12; // cells along a side
const MOST_ROWS = 8; // detections listed
const ON_PICTURE = THEMES.dark; // scenes are dark, whatever the page
const INK_SHARE = 0.3; // of the pen's points inside a box: it is of a drawing

function makeBench(data) {
  const palette = readPalette(data.palette);
  return { detector: readDetector(data.detector), palette, names: data.names, key: "", picture: null, pixels: null, pass: null, seen: null, shown: null };
}

/** Bring a bench up to date with the traits; return whether the network needs another frame. */
function updateBench(bench, get, now = 0, deadline = () => false) {
  const settings = Object.fromEntries(["background", "items", "strokes"].map((name) => [name, get(name)]));
  const key = JSON.stringify(settings);
  if (key !== bench.key) {
    Object.assign(bench, { key, picture: makePicture(bench.palette, settings) });
    bench.pixels = rgbaOf(bench.picture.bytes);
  }
  if (!bench.pass && bench.seen?.key !== key) {
    bench.pass = Object.assign(startPass(bench.detector, bench.picture.bytes), { key, began: now });
  }
  if (bench.pass && continuePass(bench.pass, deadline)) {
    bench.seen = { key: bench.pass.key, positions: readPositions(bench.pass) };
    bench.pass = null;
  }
  bench.slow = bench.pass !== null && now - bench.pass.began > PATIENCE;
  bench.shown = bench.seen && decide(bench, get);
  return bench.pass !== null || bench.seen.key !== key;
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

/** Run the network within the frame's time, and tell Python and screen readers what came out. */
function detectNow(app, bench) {
  const start = performance.now();
  const more = updateBench(bench, app.get, start, () => performance.now() - start > BUDGET);
  if (more) return bench.slow || "quiet";
  const found = bench.shown.kept.map(({ box, score, label }) => [...box, score, label]);
  if (JSON.stringify(found) !== JSON.stringify(app.get("found"))) app.set({ found }, { later: true });
  app.say(summarise(bench));
  return false;
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

const KINDS = {
  correct: { sign: "✓", color: "good", dash: [] },
  drawing: { sign: "✎", color: "accent", dash: [] },
  confused: { sign: "✗", color: "bad", dash: [] },
  double: { sign: "✗", color: "bad", dash: [6, 3] },
  misplaced: { sign: "✗", color: "bad", dash: [6, 3] },
  nothing: { sign: "✗", color: "bad", dash: [2, 3] },
};

function drawBench(ctx, width, height, theme, bench, get, hold) {
  const scale = width / SIDE;
  drawPixels(ctx, bench.pixels, SIDE, SIDE, [0, 0, width, height], false);
  if (bench.shown) drawFound(ctx, width, theme, bench, get, scale);
  if (hold) drawHold(ctx, hold, bench.picture, scale, get("tool"));
  if (bench.slow) drawProgress(ctx, width, height, theme, progressOf(bench.pass));
}

/** What the network found, its raw numbers if they are asked for, and what there is to find. */
function drawFound(ctx, width, theme, bench, get, scale) {
  const { shown, seen, picture } = bench;
  if (get("raw") === "grid") drawObjectness(ctx, seen.positions, scale);
  if (get("raw") === "anchors") drawAll(ctx, seen.positions, scale);
  if (get("truth")) for (const { box } of picture.truths) strokeBox(ctx, box, scale, { color: ON_PICTURE.text, dash: [2, 3], width: 1.25 });
  const order = shown.kept.map((_, i) => i).reverse(); // the best on top
  for (const i of order) drawDetection(ctx, shown, i, scale);
  for (const i of order) if (shown.best.has(shown.kept[i])) labelDetection(ctx, bench, i, scale, width, theme);
  if (get("raw") !== "off" && get("cell") >= 0) drawCell(ctx, bench, get("cell"), scale);
}

function rgbaOf(bytes) {
  const pixels = new Uint8ClampedArray(4 * SIDE * SIDE).fill(255);
  for (let k = 0; k < SIDE * SIDE; k++) for (let c = 0; c < 3; c++) pixels[4 * k + c] = bytes[c * SIDE * SIDE + k];
  return pixels;
}

/** A box in the scene's pixels, in a colour with a dark edge. */
function strokeBox(ctx, [x1, y1, x2, y2], scale, { color, dash = [], width = 2, alpha = 1, edge = true }) {
  ctx.save();
  ctx.globalAlpha = alpha;
  const lines = edge ? [[ON_PICTURE.bg, width + 2, []], [color, width, dash]] : [[color, width, dash]];
  for (const [style, lineWidth, pattern] of lines) {
    Object.assign(ctx, { strokeStyle: style, lineWidth, globalAlpha: style === color ? alpha : alpha * 0.6 });
    ctx.setLineDash(pattern);
    ctx.beginPath();
    ctx.rect(x1 * scale, y1 * scale, (x2 - x1) * scale, (y2 - y1) * scale);
    ctx.stroke();
  }
  ctx.restore();
}

function drawDetection(ctx, { kept, verdicts, best }, i, scale) {
  const { color, dash } = KINDS[verdicts[i].kind];
  const chief = best.has(kept[i]);
  strokeBox(ctx, kept[i].box, scale, { color: ON_PICTURE[color], dash, width: chief ? 2 : 1, alpha: chief ? 1 : 0.7, edge: chief });
}

function labelDetection(ctx, { shown, names }, i, scale, width, theme) {
  const { box, label, score } = shown.kept[i];
  const { sign, color } = KINDS[shown.verdicts[i].kind];
  const text = `${sign} ${names[label]} ${formatFixed(score)}`;
  setText(ctx, theme, 12, 600);
  const wide = ctx.measureText(text).width + 8;
  const x = Math.min(width - wide, Math.max(0, box[0] * scale - 1));
  const y = box[1] * scale > 17 ? box[1] * scale - 17 : Math.min(width - 17, box[3] * scale + 1);
  ctx.fillStyle = theme.bg;
  ctx.fillRect(x, y, wide, 16);
  ctx.fillStyle = theme[color];
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x + 4, y + 8.5);
}

/** The grid, each cell as bright as the objectness of its surest anchor. */
function drawObjectness(ctx, positions, scale) {
  const size = (scale * SIDE) / GRID;
  const each = positions.length / GRID ** 2;
  ctx.save();
  for (let k = 0; k < GRID ** 2; k++) {
    const most = Math.max(...positions.slice(k * each, (k + 1) * each).map(({ objectness }) => objectness));
    ctx.globalAlpha = 0.75 * most;
    ctx.fillStyle = ON_PICTURE.b;
    ctx.fillRect((k % GRID) * size, Math.floor(k / GRID) * size, size, size);
  }
  Object.assign(ctx, { globalAlpha: 0.35, strokeStyle: ON_PICTURE.text, lineWidth: 0.75 });
  for (let i = 1; i < GRID; i++) {
    strokeSegment(ctx, i * size, 0, i * size, GRID * size);
    strokeSegment(ctx, 0, i * size, GRID * size, i * size);
  }
  ctx.restore();
}

/** Every box of every anchor, the surer the plainer. */
function drawAll(ctx, positions, scale) {
  for (const { box, objectness } of positions) {
    strokeBox(ctx, box, scale, { color: ON_PICTURE.b, width: 1, alpha: 0.18 + 0.8 * objectness, edge: false });
  }
}

/** One cell: its anchors dashed, and the boxes that the network makes of them. */
function drawCell(ctx, { detector, seen }, cell, scale) {
  const size = SIDE / GRID;
  const [row, column] = [Math.floor(cell / GRID), cell % GRID];
  strokeBox(ctx, [column * size, row * size, (column + 1) * size, (row + 1) * size], scale, { color: ON_PICTURE.text, width: 2 });
  detector.anchors.forEach((_, a) => {
    const { box } = seen.positions[cell * detector.anchors.length + a];
    strokeBox(ctx, anchorBox(detector, row, column, a), scale, { color: ON_PICTURE.text, dash: [3, 3], width: 1, alpha: 0.8, edge: false });
    strokeBox(ctx, box, scale, { color: ON_PICTURE.a, width: 1.5 });
  });
}

/** What the reader holds: the chosen item with its corner, or the pen. */
function drawHold(ctx, hold, { truths }, scale, tool) {
  if (tool === "draw" && hold.focused) {
    ctx.strokeStyle = hold.down ? ON_PICTURE.accent : ON_PICTURE.text;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.arc(hold.pen[0] * scale, hold.pen[1] * scale, PEN * scale, 0, 2 * Math.PI);
    ctx.stroke();
  }
  const chosen = truths[hold.selected];
  if (tool !== "move" || !chosen) return;
  strokeBox(ctx, chosen.box, scale, { color: ON_PICTURE.accent, width: 1.5 });
  ctx.fillStyle = ON_PICTURE.accent;
  ctx.fillRect(chosen.box[2] * scale - 5, chosen.box[3] * scale - 5, 10, 10);
}

function drawProgress(ctx, width, height, theme, part) {
  ctx.fillStyle = theme.bg;
  ctx.fillRect(0, height - 6, width, 6);
  ctx.fillStyle = theme.accent;
  ctx.fillRect(0, height - 6, part * width, 6);
}

/** From how many boxes to how many, what was found, what was missed. */
function addFindings(app, parent, bench) {
  const funnel = make("p", { class: "d2l-funnel" });
  const list = make("ul", { class: "d2l-found", "aria-label": "Detections" });
  const element = make("div", { class: "d2l-readout" }, funnel, list);
  nameElement(app, "found", element);
  parent.append(element);
  let written = "";
  app.draw(() => {
    const { shown, seen, names, picture } = bench;
    if (!shown) return; // the first pass is under way
    const steps = [`${seen.positions.length} boxes`, `${shown.scored.length} score ${formatFixed(app.get("confidence"))} or more`];
    if (app.get("nms")) steps.push(`${shown.kept.length} after suppression`);
    const rows = shown.kept.slice(0, MOST_ROWS).map((one, i) => {
      const { kind } = shown.verdicts[i];
      return [kind, KINDS[kind].sign, `${names[one.label]} ${formatFixed(one.score)}`, explain(shown.verdicts[i], picture, names)];
    });
    for (const { label } of shown.missed) rows.push(["missed", "–", names[label], "not found"]);
    const more = shown.kept.length - MOST_ROWS;
    if (more > 0) rows.splice(MOST_ROWS, 0, ["more", "", "", `and ${more} more`]);
    if (JSON.stringify([steps, rows]) === written) return;
    written = JSON.stringify([steps, rows]);
    funnel.textContent = steps.join(" → ");
    list.replaceChildren(...rows.map(([kind, sign, what, why]) => {
      const mark = make("span", { class: "d2l-sign", "aria-hidden": "true", text: sign });
      return make("li", { class: `d2l-kind-${kind}` }, mark, make("b", { text: what }), make("span", { text: ` ${why}` }));
    }));
  });
}

/** What the chosen cell's anchors say, while raw outputs are shown. */
function addCellTable(app, parent, bench) {
  const head = ["anchor", "objectness", "best class", "score"].map((text) => make("th", { scope: "col", text }));
  const body = make("tbody");
  const title = make("caption");
  const hint = make("p", { class: "d2l-hint", text: "Click a cell of the picture to read its anchors." });
  const table = make("table", { class: "d2l-cells" }, title, make("thead", {}, make("tr", {}, ...head)), body);
  parent.append(hint, table);
  let written = "";
  app.draw(() => {
    const [raw, cell] = [app.get("raw"), app.get("cell")];
    hint.hidden = raw === "off" || cell >= 0;
    table.hidden = raw === "off" || cell < 0;
    const each = bench.detector.anchors.length;
    const rows = cell < 0 || !bench.seen ? [] : bench.seen.positions.slice(cell * each, (cell + 1) * each).map((one) => [
      bench.detector.anchors[one.anchor].map((size) => Math.round(size)).join(" × "), formatFixed(one.objectness),
      `${bench.names[one.label]} ${formatFixed(one.probability)}`, formatFixed(one.score)]);
    if (JSON.stringify([cell, rows]) === written) return;
    written = JSON.stringify([cell, rows]);
    title.textContent = `Row ${Math.floor(cell / GRID) + 1}, column ${(cell % GRID) + 1} of the grid`;
    body.replaceChildren(...rows.map((row) => make("tr", {}, ...row.map((text) => make("td", { text })))));
  });
}

/** Clear, and another scene: the background's seed decides what is in it. */
function addSceneButtons(app, parent, bench, hold) {
  const shuffle = makeButton({ label: "New scene" });
  shuffle.onclick = () => {
    const background = (app.get("background") + 1) % 10000;
    hold.selected = -1;
    app.set({ background, items: randomItems(background, bench.palette), strokes: [] });
  };
  const clear = makeButton({ label: "Clear" });
  clear.onclick = () => {
    hold.selected = -1;
    app.set({ items: [], strokes: [] });
  };
  const bar = make("div", { class: "d2l-bar" });
  parent.append(bar);
  addControl(app, bar, "tool");
  bar.append(shuffle, clear);
  nameElement(app, "scene", bar);
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Detection bench: a trained detector on your scene" });
  const bench = makeBench(app.get("data"));
  app.update(() => detectNow(app, bench));
  app.body.classList.add("d2l-columns");
  const [left, right] = [make("div", { class: "d2l-column" }), make("div", { class: "d2l-column" })];
  app.body.append(left, right);

  const hold = { selected: -1, drag: null, pen: [SIDE / 2, SIDE / 2], down: false, focused: false };
  const draw = (ctx, width, height, theme) => drawBench(ctx, width, height, theme, bench, app.get, hold);
  const stage = addStage(app, left, { draw, label: "The scene with its detections" });
  addPlacing(app, stage, bench, hold, GRID);
  addSceneButtons(app, left, bench, hold);
  addTools(app, left, bench, hold);

  addFindings(app, right, bench);
  addCellTable(app, right, bench);
  const panel = addControls(app, right, ["confidence", "iou_threshold", "nms", "truth", "raw", "background"]);
  const cell = addControl(app, panel, "cell");
  app.draw(() => (cell.style.display = app.get("raw") === "off" ? "none" : ""));
  return app.close;
}

export function preview(ctx, state, width, height, themeName) {
  const theme = plainTheme(themeName);
  const bench = makeBench(state.data);
  const get = (name) => state[name];
  updateBench(bench, get);
  const side = Math.min(width, height);
  ctx.save();
  ctx.translate(Math.max(0, (width - side) / 2 - (width > side ? (width - side) / 2 - 8 : 0)), 0);
  drawBench(ctx, side, side, theme, bench, get, null);
  ctx.restore();
  if (width - side < 150) return;
  bench.shown.kept.slice(0, MOST_ROWS).forEach(({ label, score }, i) => {
    const { sign, color } = KINDS[bench.shown.verdicts[i].kind];
    drawLabel(ctx, `${sign} ${bench.names[label]} ${formatFixed(score)}`, side + 24, 12 + 22 * i, theme, { color: theme[color], size: 13, weight: 600 });
  });
}
