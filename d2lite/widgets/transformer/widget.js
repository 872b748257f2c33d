// The Transformer explorer: your text, every head's attention, what comes next, and one part of the way up at a time.
import { defineExplorer, settings } from "../_core/define.js";
import { make } from "../_core/dom.js";
import { formatCounted, formatFixed, formatNumber } from "../_core/format.js";
import { addCells } from "../_core/handles.js";
import { button, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { formatShare, nearestPlace } from "../_draw/wrapped.js";
import { beside } from "../_draw/panes.js";
import { argmax, softmax } from "../_math/nn.js";
import { readNpz } from "../_math/npz.js";
import { attention, attentionLayout, characterOf, drawDistribution, drawMap, drawPart, drawText, LINE, lookupLayout, mapLayout, rankCharacters, showCharacter, textLayout, unitLayout } from "./draw.js";
import { decodeArrays, decodeModel, encodeText, entropyBits, extendReading, follow, keepTop, makeReading, meanBits, stepAt, windowOf, writtenBy } from "./model.js";

/** Bring a scene up to date with the traits; return whether reading needs another frame, which the last picture waits for. */
function updateScene(scene, get, { deadline }) {
  if (scene.weights !== get("weights")) Object.assign(scene, { weights: get("weights"), shipped: decodeModel(get("weights")), own: null });
  const next = readersOf(scene, get);
  const { net, reading, whole } = next;
  const { ids, unknown } = encodeText(net, get("text"));
  const [temperature, most] = [get("temperature"), get("top")];
  const unread = extendReading(reading, ids, get("written"), { temperature, seed: get("seed"), most }, deadline);
  const behind = whole !== reading && (!unread || !whole.ids.length) && follow(whole, reading.ids, deadline);
  const more = unread || behind;
  if (more && scene.step) return "quiet";
  const place = Math.min(get("place"), reading.ids.length, whole.ids.length);
  const [layer, head] = [Math.min(get("layer"), net.layers) - 1, Math.min(get("head"), net.heads) - 1];
  const step = stepAt(reading, place - 1);
  Object.assign(scene, next, { unknown, given: ids.length, place, layer, head, step, part: get("part"), window: windowOf(reading, place - 1) });
  scene.warm = softmax(keepTop(step.logits, most), temperature);
  scene.p = softmax(step.logits);
  scene.complete = softmax(keepTop(stepAt(whole, place - 1).logits, most), temperature);
  if (!more) Object.assign(scene, { bits: meanBits(reading), allBits: meanBits(whole) });
  return more;
}

/** The network, and its readings with all heads and without those that are off; kept while neither changes. */
function readersOf(scene, get) {
  const net = scene.own ?? scene.shipped;
  const off = get("off").filter((k) => k < net.layers * net.heads);
  const last = scene.next;
  if (last?.net === net && String(last.off) === String(off)) return last;
  const whole = last?.net === net ? last.whole : makeReading(net);
  scene.next = { net, off, whole, reading: off.length ? makeReading(net, off) : whole };
  return scene.next;
}

/** The last of the text asks. */
const theEnd = (app) => ({ place: app.entry("place").max });

/** What a reader writes begins a new text, read to its end. */
function typing(app, parent) {
  const entry = app.entry("text");
  const field = make("input", { class: "d2l-text d2l-typing", type: "text", maxlength: entry.max_length, spellcheck: "false", autocomplete: "off", "aria-label": "Your text, which the model reads" });
  const show = () => field.value !== app.get("text") && (field.value = app.get("text"));
  field.oninput = () => app.set({ text: field.value, written: 0, ...theEnd(app) });
  app.on("text", show);
  show();
  parent.append(make("label", { class: "d2l-label d2l-direct", text: "Type here: the model reads along" }, field));
}

function write(written, app) {
  app.set(written > app.get("written") ? { written, ...theEnd(app) } : { written }, { later: true });
}

/** The text as a slider over the characters that may ask. */
function readingScale(scene, width) {
  const { step, places } = textLayout(scene, width);
  return { invert: (px, py) => Math.min(scene.reading.ids.length, nearestPlace(places, step, LINE, px - step / 2, py) + 1) };
}

function askFrom(place, app, { reading }) {
  app.set({ place: place >= reading.ids.length ? app.entry("place").max : place });
}

/** A stage as high as its text. */
function fitText(app, { element, width }, scene) {
  app.draw(() => {
    const height = `${8 + LINE * textLayout(scene, Math.max(60, width())).rows}px`;
    if (width() && element.style.height !== height) element.style.height = height;
  });
}

/** The map of heads as cells to choose from. */
function chooseHead(app, map, scene) {
  const chosen = () => (Math.min(app.get("layer"), scene.net.layers) - 1) * scene.net.heads + Math.min(app.get("head"), scene.net.heads) - 1;
  const cellAt = (px, py) => {
    const { left, top, side, gap } = mapLayout(scene, map.width(), map.height());
    const [h, l] = [Math.floor((px - left) / (side + gap)), Math.floor((py - top) / (side + gap))];
    return h >= 0 && h < scene.net.heads && l >= 0 && l < scene.net.layers ? l * scene.net.heads + h : null;
  };
  addCells(app, map, {
    label: "Head shown",
    count: () => scene.net.layers * scene.net.heads,
    columns: () => scene.net.heads,
    value: chosen,
    cellAt,
    move: (k) => app.set({ layer: Math.floor(k / scene.net.heads) + 1, head: (k % scene.net.heads) + 1 }),
    text: () => `${nameHead(scene)}${isOff(scene) ? ", switched off" : ""}`,
    hover: false,
  });
}

const nameHead = ({ layer, head }) => `head ${head + 1} of layer ${layer + 1}`;
const isOff = ({ off, layer, head, net }) => off.includes(layer * net.heads + head);

/** Keys choose faster than frames come: what a press changes starts from the traits. */
function toggleHead(app, { net }) {
  const k = (Math.min(app.get("layer"), net.layers) - 1) * net.heads + Math.min(app.get("head"), net.heads) - 1;
  const off = app.get("off");
  app.set({ off: off.includes(k) ? off.filter((other) => other !== k) : [...off, k].sort((a, b) => a - b) });
}

/** In the large picture of the attention, a press on a row lets its character ask. */
function chooseRow(app, pane, scene) {
  app.scope.on(pane.canvas, "click", (event) => {
    if (scene.part !== "attention") return;
    const { top, count, cell } = attentionLayout(scene, pane.width(), pane.height());
    const row = Math.floor((pane.at(event)[1] - top) / cell);
    if (row >= 0 && row < count) app.set({ place: scene.window.start + row + 1 });
  });
}

/** What stands under the pointer in the part that is shown. */
function describePoint(scene, px, py, width, height) {
  const { window, layer, head, step, part } = scene;
  if (part === "attention") {
    const { left, top, count, cell } = attentionLayout(scene, width, height);
    const [i, j] = [Math.floor((py - top) / cell), Math.floor((px - left) / cell)];
    if (i < 0 || i >= count || j < 0 || j > i) return null;
    return `“${characterOf(scene, window.steps[i])}” looks at “${characterOf(scene, window.steps[j])}”, ${i - j} back: ${formatShare(window.steps[i].blocks[layer].weights[head][j])}`;
  }
  if (part === "lookup") {
    const { first, count, wide } = lookupLayout(scene, width, height);
    const j = Math.floor((px - 74) / wide);
    if (j < 0 || j >= count) return null;
    const { scores, weights } = step.blocks[layer];
    return `“${characterOf(scene, window.steps[first + j])}”: score ${formatFixed(scores[head][first + j], 2)}, weight ${formatShare(weights[head][first + j])}`;
  }
  if (part !== "network") return null;
  const units = unitLayout(scene, width, height);
  const [row, column] = [Math.floor(((py - units.y) / units.height) * units.rows), Math.floor(((px - units.x) / units.width) * units.columns)];
  if (row < 0 || row >= units.rows || column < 0 || column >= units.columns) return null;
  const unit = row * units.columns + column;
  return `unit ${unit + 1}: ${formatNumber(step.blocks[layer].hidden[unit], 2)}`;
}

function describePart(scene) {
  const written = () => `It writes a vector of length ${formatNumber(writtenBy(scene.net, scene.step, scene.layer, scene.head), 2)} into the sum.`;
  return {
    embed: () => CELLS,
    lookup: () => `${capital(nameHead(scene))}. Above: the query of the framed character, the keys of all before it. Their match is the score; the scores become weights; what is read is the weighted mean of the values, below. ${written()} ${CELLS}`,
    attention: () => `${capital(nameHead(scene))}. Each row is a character that asks, each column one that answers; the stronger, the more weight. Click a row to follow it.`,
    network: () => `Layer ${scene.layer + 1}, after its heads: each position on its own, no look at others. ${CELLS}`,
    output: () => `The sum on its way up, and what the readout would say if it ended there. ${CELLS}`,
  }[scene.part]();
}

const CELLS = "Cells: blue negative, orange positive.";

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function describeUnknown({ unknown }) {
  return unknown.length ? `Not in this model's alphabet: ${unknown.slice(0, 5).map((c) => `“${c}”`).join(", ")}. It reads a blank instead.` : "";
}

function tail({ reading, net, place }, count) {
  const first = Math.max(0, place - count);
  return (first ? "…" : "") + reading.ids.slice(first, place).map((id) => showCharacter(net.characters[id]).replace("␣", " ")).join("");
}

function describeNext(scene) {
  return `Next after “${tail(scene, 10)}”: as unsure as between ${formatNumber(2 ** entropyBits(scene.p), 2)} equal choices.${scene.off.length ? " Outline: with all heads on." : ""}`;
}

/** What the heads that are off change. */
function describeLoss(scene) {
  const { off, bits = 0, allBits = 0 } = scene;
  const whole = `This text costs ${formatFixed(allBits, 2)} bits a character`;
  if (!off.length) return `${whole}. Switch the framed head off and see what it was good for.`;
  return `${whole} with all heads, ${formatFixed(bits, 2)} without the ${off.length === 1 ? "one" : off.length} that ${off.length === 1 ? "is" : "are"} off.`;
}

function summarise(scene) {
  const [first, second] = rankCharacters(scene);
  const name = (id) => ({ " ": "a space", "\n": "a new line" })[scene.net.characters[id]] || scene.net.characters[id];
  const weights = attention(scene);
  const most = argmax(weights);
  const far = scene.window.steps.length - 1 - most;
  const looks = `${capital(nameHead(scene))} looks most at “${characterOf(scene, scene.window.steps[most])}”, ${far} back: ${formatShare(weights[most])}`;
  return `After ${tail(scene, 15)}: ${name(first)} ${formatShare(scene.warm[first])}, ${name(second)} ${formatShare(scene.warm[second])}. ${looks}.`;
}

/** A file of the reader's own model, read in the page and sent nowhere. */
function fileChooser(app, parent, scene) {
  const field = make("input", { class: "d2l-file", type: "file", accept: ".npz", "aria-label": "A file of your own model" });
  const back = make("button", { class: "d2l-button", type: "button", text: "The book's model again" });
  const use = (own) => {
    scene.own = own;
    app.set(theEnd(app));
    app.refresh();
  };
  field.onchange = async () => {
    const [file] = field.files;
    if (!file) return;
    try {
      use(decodeArrays(await readNpz(await file.arrayBuffer())));
      app.note(`${file.name}: ${formatCounted(scene.own.layers, "layer")} of ${formatCounted(scene.own.heads, "head")}, ${scene.own.size} characters. It stays on this machine, and is in no link.`);
    } catch (error) {
      app.note(`${file.name} is not read: ${error instanceof RangeError ? "it is cut off or damaged" : error.message}.`);
    }
    field.value = "";
  };
  back.onclick = () => use(null);
  app.draw(() => (back.disabled = !scene.own));
  parent.append(make("div", { class: "d2l-own" }, make("label", { class: "d2l-label", text: "Your own model (.npz)" }, field), back));
}

function drawPreview(ctx, width, height, ...rest) {
  const [theme, scene] = rest;
  const top = 12 + LINE * textLayout(scene, width).rows;
  drawText(ctx, width, top, theme, scene);
  ctx.save();
  ctx.translate(0, top);
  beside(drawMap, drawPart, 0.4)(ctx, width, Math.max(120, height - top), ...rest);
  ctx.restore();
}

const SWITCHES = [
  button({ label: "Head on/off", press: toggleHead }),
  button({ label: "All on", press: (app) => app.set({ off: [] }), usable: (app) => app.get("off").length > 0 }),
];

export const { render, preview } = defineExplorer({
  title: "Transformer explorer: attention over your text, one part at a time",
  scene: () => ({ weights: null, shipped: null, own: null, next: null, step: null }),
  update: updateScene,
  say: summarise,
  top: [
    typing,
    hint(describeUnknown),
    player({ trait: "written", change: write }),
    stage({
      draw: drawText,
      label: "The text, coloured by attention",
      ratio: 8,
      className: "d2l-reading",
      scrub: {
        trait: "place",
        label: "The character that asks",
        last: ({ reading }) => reading.ids.length,
        scale: readingScale,
        text: (scene, count) => `character ${count}, “${showCharacter(scene.net.characters[scene.reading.ids[Math.min(count, scene.reading.ids.length) - 1]])}”`,
        change: askFrom,
      },
      use: fitText,
    }),
    hint("Blue frame: the character that asks; click another. Orange: where the chosen head looks."),
  ],
  left: [
    group(
      { className: "d2l-pair d2l-direct" },
      group({ className: "d2l-choose" }, stage({ draw: drawMap, label: "The attention of every head", className: "d2l-map", use: chooseHead }), ...SWITCHES),
      stage({ draw: drawDistribution, label: "Chance of each next character", className: "d2l-distribution" }),
    ),
    hint(describeNext),
  ],
  right: [
    group({ className: "d2l-direct" }, settings(["part"])),
    stage({ draw: drawPart, label: "The part of the model that is shown", className: "d2l-pane", tip: describePoint, use: chooseRow }),
    hint(describePart),
  ],
  bottom: [paragraph(describeLoss, { className: "d2l-fact" })],
  controls: ["temperature", "layer", "head", "top", "seed"],
  shown: 1,
  more: [fileChooser],
  preview: drawPreview,
});
