// The tagger explorer: the text's words with their tags, and under each the votes of what was read from either side.
import { defineExplorer } from "../_core/define.js";
import { make } from "../_core/dom.js";
import { formatFixed } from "../_core/format.js";
import { group, hint, paragraph, player, stage } from "../_core/parts.js";
import { mixColor } from "../_core/theme.js";
import { drawLegend } from "../_draw/layers.js";
import { strokeSegment } from "../_draw/scales.js";
import { sigmoid } from "../_math/nn.js";
import { decodeTaggers, readNumbers, splitWords } from "./model.js";

const LINE = 74; // px of a line: words and the bars below them
const WORD = 24; // px of a word's box
const TYPE = 14; // px of its letters
const FULL = 8; // a vote that fills half of the bars' height
const SIDES = [["left", "a"], ["right", "b"]]; // whose votes, and their colour

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  if (scene.data !== get("data")) Object.assign(scene, { data: get("data"), taggers: decodeTaggers(get("data")), key: "" });
  const [text, reader, count] = [get("text"), get("reader"), get("words")];
  const key = JSON.stringify([text, reader, count]);
  if (key !== scene.key) {
    const words = splitWords(text);
    const numbers = words.map((word) => scene.taggers.numbers.get(word) ?? 0);
    const net = scene.taggers[reader === "one way" ? "one" : "both"];
    const read = Math.min(count, words.length);
    const before = readNumbers(net, numbers.slice(0, read - 1)).scores;
    const reading = readNumbers(net, numbers.slice(0, read));
    const changed = before.map((score, t) => score > 0 !== reading.scores[t] > 0);
    Object.assign(scene, { key, words, numbers, read, reading, changed });
  }
  scene.reader = reader;
  scene.place = Math.max(0, Math.min(get("place"), scene.read - 1));
}

/** Where each word stands: [x, width, row]. */
function layOut({ words }, width) {
  const places = [];
  let [x, row] = [2, 0];
  for (const word of words) {
    const size = Math.max(26, word.length * TYPE * 0.605 + 10);
    if (x + size > width - 2 && x > 2) [x, row] = [2, row + 1];
    places.push([x, Math.min(size, width - 4), row]);
    x += size + 5;
  }
  return places;
}

const heightOf = (scene, width) => LINE * (1 + (layOut(scene, width).at(-1)?.[2] ?? 0));

function drawWord(ctx, [x, width, row], theme, scene, t) {
  const y = row * LINE + 3;
  const known = t < scene.read;
  const chance = known ? sigmoid(scene.reading.scores[t]) : 0;
  ctx.fillStyle = mixColor(theme.bg, theme.good, 0.42 * chance);
  if (known) ctx.fillRect(x, y, width, WORD);
  if (chance > 0.5 || scene.changed[t]) {
    ctx.strokeStyle = chance > 0.5 ? theme.good : theme.bad;
    ctx.lineWidth = 1.5;
    ctx.setLineDash(scene.changed[t] ? [3, 2] : []);
    ctx.strokeRect(x + 0.75, y + 0.75, width - 1.5, WORD - 1.5);
    ctx.setLineDash([]);
  }
  ctx.font = `${t === scene.place ? 700 : 400} ${TYPE}px ${theme.mono}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = known ? theme.text : theme.muted;
  ctx.fillText(scene.words[t], x + width / 2, y + WORD / 2 - 1);
  if (scene.numbers[t] === 0) {
    ctx.strokeStyle = theme.muted;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([2, 2]);
    strokeSegment(ctx, x + 4, y + WORD - 4, x + width - 4, y + WORD - 4);
    ctx.setLineDash([]);
  }
  if (known) drawVotes(ctx, x, width, y + WORD, theme, scene, t);
}

/** A word's votes as bars: from the middle up for a name, down against. */
function drawVotes(ctx, x, width, top, theme, { reading, place }, t) {
  const half = (LINE - WORD - 8) / 2;
  const middle = top + 2 + half;
  if (t === place) {
    ctx.fillStyle = mixColor(theme.bg, theme.accent, 0.16);
    ctx.fillRect(x, top + 1, width, 2 * half + 2);
  }
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x, middle, x + width, middle);
  const sides = SIDES.filter(([side]) => reading[side]);
  sides.forEach(([side, color], k) => {
    const length = Math.max(1, half * Math.min(1, Math.abs(reading[side][t]) / FULL));
    ctx.fillStyle = theme[color];
    ctx.fillRect(x + width / 2 + (k - sides.length / 2) * 10, reading[side][t] > 0 ? middle - length : middle, 9, length);
  });
}

function drawText(ctx, width, height, theme, scene) {
  layOut(scene, width).forEach((place, t) => drawWord(ctx, place, theme, scene, t));
}

/** The picture where there is no page: the marks named below. */
function drawStill(ctx, width, height, theme, scene) {
  drawText(ctx, width, height, theme, scene);
  const items = [{ label: "a name", color: theme.good }, { label: "vote from the left", color: theme.a }];
  if (scene.reading.right) items.push({ label: "vote from the right", color: theme.b });
  drawLegend(ctx, items, { x: 4, y: heightOf(scene, width) + 6 }, theme, width - 8);
}

/** The text as a slider of its words: a place in it is the nearest word. */
function wordScale(scene, width) {
  const places = layOut(scene, width);
  const invert = (px, py) => {
    const row = Math.max(0, Math.min(places.at(-1)?.[2] ?? 0, Math.floor(py / LINE)));
    const distance = ([x, size, own]) => Math.abs(own - row) * 1e4 + Math.abs(x + size / 2 - px);
    return places.reduce((best, place, t) => (distance(place) < distance(places[best]) ? t : best), 0);
  };
  return { invert };
}

const rounded = (value) => Math.round(100 * value) / 100; // before they are added: the sum is that of the parts shown
const plus = (value) => `${value < 0 ? "−" : "+"} ${formatFixed(Math.abs(value), 2)}`;

/** The votes for the word shown, added up. */
function describeWord({ words, numbers, reading, place, read, reader }) {
  if (!read) return "Type a few words.";
  const chance = sigmoid(reading.scores[place]);
  const [start, left, right] = [reading.base, reading.left[place], reading.right ? reading.right[place] : 0].map(rounded);
  const votes = `${plus(left)} from the left${reading.right ? ` ${plus(right)} from the right` : ""}`;
  const sum = `start ${formatFixed(start, 2)} ${votes} = ${formatFixed(start + left + right, 2)}`;
  const kind = numbers[place] ? "" : ", a word it does not know";
  return `“${words[place]}”${kind}: ${sum}. ${chance > 0.5 ? "A name" : "No name"}, read ${reader}: the chance of a name is ${formatFixed(100 * chance, 0)}%.`;
}

function describeNames({ words, reading, changed, read }) {
  const found = words.filter((_, t) => t < read && reading.scores[t] > 0);
  const turned = words.filter((_, t) => changed[t]);
  const because = turned.length ? ` The last word read has changed: ${turned.join(", ")}.` : "";
  return `Names found: ${found.length ? found.join(", ") : "none"}.${because}`;
}

/** What a reader writes begins a new text, read to its end. */
function typing(app, parent) {
  const entry = app.entry("text");
  const field = make("textarea", { class: "d2l-typing", rows: 2, maxlength: entry.max_length, spellcheck: "false", "aria-label": "Your text, which is tagged as you type" });
  const show = () => field.value !== app.get("text") && (field.value = app.get("text"));
  field.oninput = () => app.set({ text: field.value, words: app.entry("words").max, place: Math.max(0, splitWords(field.value).length - 1) });
  app.on("text", show);
  show();
  parent.append(make("label", { class: "d2l-label d2l-direct", text: "Type here: names are found as you write" }, field));
}

/** A stage as high as its text. */
function fitText(app, { element, width }, scene) {
  app.draw(() => {
    const height = `${heightOf(scene, Math.max(60, width()))}px`;
    if (width() && element.style.height !== height) element.style.height = height;
  });
}

const lastWord = (scene, get) => splitWords(get("text")).length;

export const { render, preview } = defineExplorer({
  title: "Tagger explorer: which words are names, read one way or both",
  scene: () => ({ key: "", words: [], numbers: [], read: 0, changed: [], place: 0, reading: { base: 0, left: [], right: null, scores: [] } }),
  update: updateScene,
  say: (scene) => `${describeNames(scene)} ${describeWord(scene)}`,
  top: [
    stage({
      draw: drawText,
      label: "The words with their tags, and the votes for each",
      className: "d2l-words",
      scrub: { trait: "place", label: "Word shown", last: (scene, get) => Math.min(get("words"), lastWord(scene, get)) - 1, scale: wordScale, text: describeWord },
      use: fitText,
    }),
    player({ trait: "words", last: lastWord, again: true }),
    typing,
  ],
  bottom: [
    group({ name: "readout", className: "d2l-readout" }, paragraph(describeWord), paragraph(describeNames)),
    hint("Green: the likelier a name, the greener; framed above 50%. Dotted below: a word that is not in the vocabulary. Bars: the vote of what was read from the left up to this word (blue) and from the right (orange), up for a name, down against; the start is the score of a mean unknown word. Dashed frame: the last word read has changed this tag. Grey words are not read yet. Click a word for its sum."),
  ],
  controls: ["reader"],
  preview: drawStill,
});
