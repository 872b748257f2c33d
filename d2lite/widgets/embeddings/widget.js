// The embeddings explorer: an equation of words, its nearest words as a list, and a map on two axes between words.
import { defineExplorer } from "../_core/define.js";
import { make, writeText } from "../_core/dom.js";
import { formatFixed } from "../_core/format.js";
import { hint, paragraph, stage } from "../_core/parts.js";
import { clipped, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { drawLabel, linearScale, plotBox, setText, strokeSegment } from "../_draw/scales.js";
import { axisOf, combine, completions, dot, findWords, nearest, readVectors, similarities, vectorOf } from "./model.js";

const TERMS = [["word", 1, ""], ["minus", -1, "−"], ["plus", 1, "+"]];
const FRESH = { minus: "", plus: "" }; // what a walk to a neighbour leaves

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  if (scene.data !== get("data")) Object.assign(scene, { data: get("data"), space: readVectors(get("data")) });
  const { space } = scene;
  scene.terms = TERMS.map(([name, sign, mark]) => ({ name, sign, mark, ...findWords(space, get(name)) })).filter(({ rows, unknown }) => rows.length + unknown.length);
  scene.unknown = scene.terms.flatMap(({ unknown }) => unknown);
  const known = scene.terms.flatMap(({ rows, sign }) => rows.map((row) => [row, sign]));
  scene.asked = known.map(([row]) => row);
  scene.sum = combine(space, known);
  scene.scores = similarities(space, scene.sum);
  const single = known.length === 1; // a word is always nearest to itself
  scene.own = get("own");
  scene.list = known.length ? nearest(scene.scores, get("count"), scene.own && !single ? new Set() : new Set(scene.asked)) : [];
  placeWords(scene, get);
}

/** The places of all words of the map along its two axes. */
function placeWords(scene, get) {
  const { space } = scene;
  scene.ends = ["across", "up"].map((name) => ({ name, ...findWords(space, get(name)) }));
  scene.axes = scene.ends.map(({ rows }) => (rows.length === 2 ? axisOf(space, ...rows) : null));
  const also = findWords(space, get("also"));
  scene.alsoUnknown = also.unknown;
  const place = (vector) => scene.axes.map((axis) => (axis ? dot(axis, vector) : 0));
  const kinds = new Map();
  for (const row of scene.list) kinds.set(row, "near");
  for (const row of also.rows) if (row !== scene.list[0]) kinds.set(row, "also");
  for (const row of scene.asked) kinds.set(row, "asked");
  scene.points = [...kinds].map(([row, kind]) => ({ row, kind, first: row === scene.list[0], word: space.words[row], at: place(vectorOf(space, row)) }));
  scene.target = scene.asked.length > 1 ? place(scene.sum) : null;
}

function results({ list, scores, space }) {
  return list.length ? { answer: space.words[list[0]], similarity: Math.max(-1, Math.min(1, scores[list[0]])) } : { answer: "", similarity: 0 };
}

function equation({ terms, space }) {
  const text = terms.flatMap(({ rows, mark }) => rows.map((row) => `${mark} ${space.words[row]}`)).join(" ").trim();
  return text || "nothing";
}

/** What is wrong with what was typed, in words; "" if nothing is. */
function complain({ unknown, alsoUnknown, ends, space }) {
  const bad = ends.filter(({ rows }) => rows.length !== 2).map(({ name }) => `axis ${name}`);
  const missing = [...new Set([...unknown, ...alsoUnknown, ...ends.flatMap((end) => end.unknown)])];
  const parts = [];
  if (missing.length) parts.push(`Not among the ${space.words.length} words of this page: ${missing.slice(0, 4).join(", ")}.`);
  if (bad.length) parts.push(`${bad.join(" and ").replace(/^a/, "A")}: two words are needed, such as he she.`);
  return parts.join(" ");
}

function describe(scene) {
  const { list, scores, space, asked, own } = scene;
  if (!list.length) return { text: complain(scene) || "Type a word.", bad: true };
  const rule = asked.length < 2 ? "" : own ? " (own words allowed)" : " (own words struck out)";
  const said = `Nearest to ${equation(scene)}${rule}: ${space.words[list[0]]}, cosine ${formatFixed(scores[list[0]], 2)}.`;
  const wrong = complain(scene);
  return { text: `${said} ${wrong}`.trim(), bad: Boolean(wrong) };
}

/** The three words, to be typed, and what could be meant while one is being typed. */
function equationFields(app, parent, scene) {
  const row = make("div", { class: "d2l-equation d2l-direct" });
  const meant = make("div", { class: "d2l-meant", role: "group", "aria-label": "Words that begin so" });
  for (const [name, , mark] of TERMS) row.append(termField(app, name, mark));
  const answer = make("output", { class: "d2l-answer" });
  row.append(make("span", { class: "d2l-outcome" }, make("span", { class: "d2l-sign", text: "≈" }), answer)); // they stay together
  parent.append(row, meant);
  app.draw(() => {
    writeText(answer, scene.list.length ? scene.space.words[scene.list[0]] : "?");
    offerWords(app, meant, scene);
  });
}

function termField(app, name, mark) {
  const entry = app.entry(name);
  const field = make("input", { type: "text", class: "d2l-text", maxlength: entry.max_length, spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-label": entry.label });
  const show = () => field.value !== app.get(name) && (field.value = app.get(name));
  field.oninput = () => app.set({ [name]: field.value });
  field.onfocus = () => field.select();
  app.on(name, show);
  show();
  return make("label", { class: "d2l-term" }, make("span", { class: "d2l-sign", text: mark, "aria-hidden": "true" }), field);
}

function offerWords(app, meant, scene) {
  const term = scene.terms.find(({ unknown }) => unknown.length);
  const begun = term?.unknown.at(-1) ?? "";
  const words = completions(scene.space, begun);
  const key = `${term?.name} ${words.join(" ")}`;
  if (meant.dataset.key === key) return;
  meant.dataset.key = key;
  meant.replaceChildren(...words.map((word) => {
    const pick = make("button", { type: "button", class: "d2l-button", text: word });
    pick.onclick = () => app.set({ [term.name]: word });
    return pick;
  }));
}

/** The nearest words, the best first, with bars of their cosines; a press goes there. */
function neighbourList(app, parent, scene) {
  const list = make("ol", { class: "d2l-near", "aria-label": "Nearest words" });
  const head = make("div", { class: "d2l-near-head" }, make("span", { text: "nearest words" }), make("span", { text: "cosine" }));
  parent.append(make("div", { class: "d2l-direct" }, head, list));
  app.draw(() => {
    while (list.children.length > scene.list.length) list.lastChild.remove();
    while (list.children.length < scene.list.length) list.append(neighbourItem(app, scene, list.children.length));
    scene.list.forEach((row, i) => {
      const button = list.children[i].firstChild;
      writeText(button.children[0], scene.space.words[row]);
      writeText(button.children[1], formatFixed(scene.scores[row], 2));
      button.classList.toggle("d2l-own", scene.asked.includes(row));
      button.style.setProperty("--d2l-part", Math.max(0, scene.scores[row]).toFixed(3));
    });
  });
}

function neighbourItem(app, scene, place) {
  const button = make("button", { type: "button", class: "d2l-neighbour", title: "Show this word's neighbours" }, make("span"), " ", make("b"));
  button.onclick = () => walkTo(app, scene.space.words[scene.list[place]]);
  return make("li", {}, button);
}

function walkTo(app, word) {
  app.set({ word, ...FRESH });
}

/** The scales of the map: all points and 0 with room for their words. */
function mapScales({ points, target }, box) {
  const places = [...points.map(({ at }) => at), ...(target ? [target] : []), [0, 0]];
  return [0, 1].map((axis) => {
    const values = places.map((place) => place[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = Math.max(0.06, 0.14 * (high - low));
    const range = axis ? [box.y + box.height, box.y] : [box.x, box.x + box.width];
    return linearScale([low - room, high + room], range);
  });
}

function mapBox(width, height) {
  return plotBox(width, height, { left: 8, right: 8, top: 24, bottom: 24 });
}

function colorOf({ kind, first }, theme) {
  return kind === "asked" ? theme.a : kind === "also" ? theme.muted : first ? theme.b : theme.good;
}

function drawMap(ctx, width, height, theme, scene) {
  const box = mapBox(width, height);
  const [x, y] = mapScales(scene, box);
  drawZero(ctx, box, x, y, theme);
  drawEnds(ctx, box, width, height, theme, scene);
  clipped(ctx, box, () => drawArrows(ctx, x, y, theme, scene));
  nameWords(ctx, box, x, y, theme, scene);
  clipped(ctx, box, () => {
    for (const point of scene.points) {
      const shape = { asked: "circle", also: "square", near: "diamond" }[point.kind];
      drawMark(ctx, x(point.at[0]), y(point.at[1]), { shape, radius: point.kind === "near" && !point.first ? 3.5 : 5, fill: colorOf(point, theme) });
    }
    if (scene.target) drawMark(ctx, x(scene.target[0]), y(scene.target[1]), { shape: "cross", radius: 5, stroke: theme.text, width: 2 });
  });
}

/** Lines where a word is as near to one end of an axis as to the other. */
function drawZero(ctx, box, x, y, theme) {
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(0), box.y, x(0), box.y + box.height);
  strokeSegment(ctx, box.x, y(0), box.x + box.width, y(0));
}

function drawEnds(ctx, box, width, height, theme, { ends, space }) {
  const [across, up] = ends.map(({ rows }) => (rows.length === 2 ? rows.map((row) => space.words[row]) : null));
  const look = { color: theme.text, weight: 600, size: 12 };
  if (across) {
    drawLabel(ctx, `← ${across[0]}`, 6, height - 4, theme, { ...look, baseline: "bottom" });
    drawLabel(ctx, `${across[1]} →`, width - 6, height - 4, theme, { ...look, align: "right", baseline: "bottom" });
  }
  if (up) {
    drawLabel(ctx, `↑ ${up[1]}`, width / 2, 4, theme, { ...look, align: "center" });
    drawLabel(ctx, `↓ ${up[0]}`, width / 2, height - 4, theme, { ...look, align: "center", baseline: "bottom" });
  }
}

/** The step from the word taken away to the word added, and the same step from the first word. */
function drawArrows(ctx, x, y, theme, { terms, points, target }) {
  if (terms.length !== 3 || !target || terms.some(({ rows }) => rows.length !== 1)) return;
  const [start, from, to] = terms.map(({ rows }) => points.find(({ row }) => row === rows[0]).at);
  for (const [a, b, dash] of [[from, to, []], [start, target, [5, 4]]]) drawLine(ctx, [a[0], b[0]], [a[1], b[1]], x, y, { color: theme.a, width: 1.75, dash });
}

/** Words beside their marks, the most important first; what would lie on another word is left out, but for those typed. */
function nameWords(ctx, box, x, y, theme, { points }) {
  const taken = [];
  const rank = ({ kind, first }) => (kind === "asked" ? 0 : first ? 1 : kind === "also" ? 2 : 3);
  for (const point of [...points].sort((a, b) => rank(a) - rank(b))) {
    const [px, py, important] = [x(point.at[0]), y(point.at[1]), rank(point) < 2];
    setText(ctx, theme, 12, important ? 700 : 400);
    const width = ctx.measureText(point.word).width;
    const spots = [[px + 8, py], [px - 8 - width, py], [px - width / 2, py - 13], [px - width / 2, py + 13]];
    const free = spots.find(([left, middle]) => left > 0 && left + width < box.x + box.width + 8 && !taken.some((other) => left < other[0] + other[2] + 3 && other[0] < left + width + 3 && Math.abs(middle - other[1]) < 13));
    if (!free && rank(point) > 2) continue;
    const [left, middle] = free ?? spots[0];
    taken.push([left, middle, width]);
    drawLabel(ctx, point.word, left, middle, theme, { color: important ? colorOf(point, theme) : theme.text, size: 12, weight: important ? 700 : 400, baseline: "middle" });
  }
}

/** The point of the map that is nearest to a place, if it is near. */
function pointAt(scene, px, py, width, height) {
  const [x, y] = mapScales(scene, mapBox(width, height));
  const far = ({ at }) => Math.hypot(x(at[0]) - px, y(at[1]) - py);
  const best = scene.points.reduce((a, b) => (a && far(a) <= far(b) ? a : b), null);
  return best && far(best) < 24 ? best : null;
}

function tipAt(scene, ...at) {
  const point = pointAt(scene, ...at);
  return point && `${point.word}: cosine ${formatFixed(scene.scores[point.row], 2)}`;
}

function chooseOnMap(app, map, scene) {
  app.scope.on(map.canvas, "click", (event) => {
    const point = pointAt(scene, ...map.at(event), map.width(), map.height());
    if (point) walkTo(app, point.word);
  });
}

function drawMapLegend(ctx, width, height, theme, { target }) {
  const entries = [
    { label: "words typed", color: theme.a, shape: "circle" },
    { label: "nearest", color: theme.b, shape: "diamond" },
    { label: "next", color: theme.good, shape: "diamond" },
    { label: "yours", color: theme.muted, shape: "square" },
  ];
  if (target) entries.push({ label: "the sum", color: theme.text, shape: "cross" });
  drawLegend(ctx, entries, { x: 4, y: 1 }, theme, width - 8);
}

/** The map with its legend below, for places without a page. */
function drawPreview(ctx, width, height, theme, scene) {
  drawMap(ctx, width, height - 20, theme, scene);
  ctx.save();
  ctx.translate(0, height - 18);
  drawMapLegend(ctx, width, 18, theme, scene);
  ctx.restore();
}

export const { render, preview } = defineExplorer({
  title: "Embeddings explorer: neighbours, sums and a map of words",
  update: updateScene,
  output: results,
  say: (scene) => describe(scene).text,
  top: [equationFields],
  left: [
    stage({ draw: drawMap, label: "Map of the words on two axes between words", ratio: 1.25, className: "d2l-map", tip: tipAt, use: chooseOnMap }),
    stage({ draw: drawMapLegend, label: "What the marks mean", className: "d2l-key" }),
  ],
  right: [neighbourList, paragraph(describe, { className: "d2l-about d2l-direct" })],
  controls: ["own", "across", "up", "also", "count"],
  bottom: [hint("A press on a word goes there. A place on the map is a word's part along an axis; the thin lines are at 0. The step from the second word to the third (blue) is made again from the first (dashed).")],
  preview: drawPreview,
});
