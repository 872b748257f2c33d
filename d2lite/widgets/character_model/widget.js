// The character model explorer: your text coloured by what the network makes of it, the next letter's distribution,
// and, over the last characters, the gradient of that prediction and the units.
import { control, defineExplorer } from "../_core/define.js";
import { make } from "../_core/dom.js";
import { formatCounted, formatFixed, formatNumber } from "../_core/format.js";
import { group, hint, paragraph, player, stage } from "../_core/parts.js";
import { onPress } from "../_core/press.js";
import { nearestPlace } from "../_draw/wrapped.js";
import { beside } from "../_draw/panes.js";
import { argmax } from "../_math/nn.js";
import { BAR, characterAt, drawDistribution, drawStrip, drawText, formatShare, LINE, rankCharacters, showCharacter, stripLayout, textLayout } from "./draw.js";
import { backThroughTime, decodeModel, encodeText, entropyBits, extendReading, makeReading, predict } from "./model.js";

/** Bring a scene up to date with the traits; return whether reading needs another frame. */
function updateScene(scene, get, { deadline }) {
  if (scene.weights !== get("weights")) {
    const net = decodeModel(get("weights"));
    Object.assign(scene, { weights: get("weights"), net, reading: makeReading(net) });
  }
  const { net, reading } = scene;
  const { ids, unknown } = encodeText(net, get("text"));
  const more = extendReading(reading, ids, get("written"), get("temperature"), get("seed"), deadline);
  const place = Math.min(get("place"), reading.ids.length);
  const p = predict(reading, place);
  const target = net.places.get(get("letter")) ?? reading.ids[place] ?? argmax(p);
  Object.assign(scene, { unknown, given: ids.length, place, p, warm: predict(reading, place, get("temperature")), target });
  scene.unit = Math.min(get("unit"), net.units - 1);
  for (const name of ["color", "truncation", "clip", "temperature"]) scene[name] = get(name);
  const moved = scene.backOf !== reading.states[place] || scene.backTo !== target;
  if (!scene.back || (moved && !more)) {
    Object.assign(scene, { back: backThroughTime(reading, place, target), backOf: reading.states[place], backTo: target });
  }
  return more;
}

/** What a reader writes begins a new text, read to its end. */
function typing(app, parent) {
  const entry = app.entry("text");
  const field = make("textarea", { class: "d2l-text d2l-typing", rows: 2, maxlength: entry.max_length, spellcheck: "false", "aria-label": "Your text, which the model reads" });
  const show = () => field.value !== app.get("text") && (field.value = app.get("text"));
  field.oninput = () => app.set({ text: field.value, written: 0, ...theEnd(app) });
  app.on("text", show);
  show();
  parent.append(make("label", { class: "d2l-label d2l-direct", text: "Type here: the model reads along" }, field));
}

/** The prediction at the end of the text, of the letter that comes. */
function theEnd(app) {
  return { place: app.entry("place").max, letter: "" };
}

function describeUnknown({ unknown, net }) {
  if (!unknown.length) return "";
  const blank = ["\ufffd", " "].find((c) => net.places.has(c)) ?? net.characters[0];
  return `Not in this model's alphabet: ${unknown.slice(0, 5).map((c) => `“${c}”`).join(", ")}. It reads ${showCharacter(blank)} instead.`;
}

function write(written, app) {
  app.set(written > app.get("written") ? { written, ...theEnd(app) } : { written }, { later: true });
}

/** The coloured text as a slider: a place in it is that of the nearest character. */
function readingScale(scene, width) {
  const { step, places } = textLayout(scene, width);
  return { invert: (px, py) => nearestPlace(places, step, LINE, px, py) };
}

/** Predict after a number of characters; at the text's end, also when that moves. */
function predictAfter(count, app, { reading }) {
  app.set({ place: count >= reading.ids.length ? app.entry("place").max : count, letter: "" });
}

/** A stage as high as its text. */
function fitText(app, { element, width }, scene) {
  app.draw(() => {
    const height = `${8 + LINE * textLayout(scene, Math.max(60, width())).rows}px`;
    if (width() && element.style.height !== height) element.style.height = height;
  });
}

function chooseLetter(app, bars, scene) {
  app.scope.on(bars.canvas, "click", (event) => {
    const id = rankCharacters(scene)[Math.floor(bars.at(event)[1] / BAR)];
    if (id !== undefined) app.set({ letter: scene.net.characters[id] });
  });
}

function describeUncertainty(scene) {
  return `Next after “${tail(scene, 12)}”: as unsure as between ${formatNumber(2 ** entropyBits(scene.p), 2)} equal choices`;
}

function tail({ reading, net, place }, count) {
  const first = Math.max(0, place - count);
  return (first ? "…" : "") + reading.ids.slice(first, place).map((id) => showCharacter(net.characters[id]).replace("␣", " ")).join("");
}

/** What stands at a place of the strip: the character t and the unit. */
function stripAt(scene, px, py, width, height) {
  const { units, rows, top, x } = stripLayout(scene, width, height);
  const t = Math.floor(x.invert(px));
  const unit = rows[Math.floor(((py - units.y) / units.height) * rows.length)];
  return { t, unit, isKnown: t >= 0 && t < scene.place, inUnits: unit !== undefined, inTop: py < top.y + top.height };
}

function describeStrip(scene, ...at) {
  const { t, unit, isKnown, inUnits, inTop } = stripAt(scene, ...at);
  if (!isKnown) return null;
  if (inUnits) return `unit ${unit} after “${showCharacter(characterAt(scene, t))}”: ${formatNumber(scene.reading.states[t + 1][unit], 2)}`;
  const norm = scene.back.norms[scene.place - 1 - t];
  return inTop && norm !== undefined ? `${scene.place - 1 - t} back: ${formatNumber(norm, 2)}` : null;
}

function chooseUnit(app, strip, scene) {
  onPress(app, strip.canvas, (event) => {
    const { unit, inUnits } = stripAt(scene, ...strip.at(event), strip.width(), strip.height());
    if (inUnits) app.set({ unit, color: "unit" });
  });
}

/** What the text's colour says. */
function describeColor({ color, unit, net }) {
  const marked = net.places.has('"') ? "The bluer a character, the likelier the model thinks a quotation mark right after it (full colour: 50% or more)" : "This model's alphabet has no quotation mark";
  return {
    surprise: "The more orange a character, the less the model expected it",
    unit: `Unit ${unit} after each character: blue −1, orange +1`,
    gradient: "The greener a character, the more the loss of the green letter hangs on the state after it",
    quotation: marked,
  }[color] + ".";
}

/** What the gradient of all weights is: whole, cut, clipped. */
function describeGradient({ back, truncation, clip, net, target }) {
  const steps = back.whole.length - 1;
  const kept = Math.min(truncation, steps);
  const [whole, cut] = [back.whole[steps], back.whole[kept]];
  const scale = Math.min(1, clip / Math.max(cut, 1e-300));
  const parts = [`Loss of “${showCharacter(net.characters[target])}”: gradient of all weights, norm ${formatNumber(whole)} over ${formatCounted(steps, "step")}`];
  if (kept < steps) parts.push(`cut after ${kept}: ${formatNumber(cut)}, cosine with the whole ${formatFixed(back.cosines[kept], 3)}`);
  parts.push(scale < 1 ? `clipped at ${formatNumber(clip)}: scaled by ${formatNumber(scale, 2)}` : `not clipped: below ${formatNumber(clip)}`);
  return `${parts.join("; ")}.`;
}

function summarise(scene) {
  const [first, second] = rankCharacters(scene);
  const name = (id) => ({ " ": "a space", "\n": "a new line" })[scene.net.characters[id]] || scene.net.characters[id];
  const { norms } = scene.back;
  const far = Math.min(10, norms.length - 1);
  const share = `${formatCounted(far, "character")} back the gradient has ${formatNumber(norms[far] / norms[0], 2)} of its size`;
  return `After ${tail(scene, 15)}: ${name(first)} ${formatShare(scene.p[first])}, ${name(second)} ${formatShare(scene.p[second])}. ${share}.`;
}

function drawPreview(ctx, width, height, ...rest) {
  const [theme, scene] = rest;
  const top = 16 + LINE * textLayout(scene, width).rows;
  drawText(ctx, width, top, theme, scene);
  ctx.save();
  ctx.translate(0, top);
  beside(drawDistribution, drawStrip, 0.36)(ctx, width, Math.max(120, height - top), ...rest);
  ctx.restore();
}

export const { render, preview } = defineExplorer({
  title: "Character model explorer: a recurrent network reads and writes",
  scene: () => ({ weights: null, net: null, reading: null, unknown: [], place: 0, target: 0, p: null, warm: null, back: null, backOf: null, backTo: 0 }),
  update: updateScene,
  say: summarise,
  top: [
    typing,
    hint(describeUnknown),
    group({ className: "d2l-writing d2l-direct" }, player({ trait: "written", change: write }), control("temperature")),
    stage({
      draw: drawText,
      label: "The text, coloured",
      ratio: 6,
      className: "d2l-reading",
      scrub: {
        trait: "place",
        label: "Characters read before the prediction",
        last: ({ reading }) => reading.ids.length,
        scale: readingScale,
        text: (_, count) => `after ${formatCounted(count, "character")}`,
        change: predictAfter,
      },
      use: fitText,
    }),
    hint(describeColor),
  ],
  left: [
    paragraph(describeUncertainty, { className: "d2l-fact" }),
    stage({ draw: drawDistribution, label: "Chance of each next character", className: "d2l-distribution", use: chooseLetter }),
    hint("Blue: the model's chances. Green: the letter whose loss is followed back; click another, or type it. Outline: at your temperature."),
  ],
  right: [
    stage({ draw: drawStrip, label: "Gradient and units over the last characters", className: "d2l-strip", tip: describeStrip, use: chooseUnit }),
    hint("Bars: how much the loss of the green letter hangs on the state after each character. Below: one row a unit, blue −1 to orange +1, the first units of the model; point at a square for its value, click a row to colour the text by it."),
  ],
  bottom: [paragraph(describeGradient, { className: "d2l-fact" })],
  controls: ["color", "letter", "unit", "seed", "truncation", "clip"],
  shown: 1,
  preview: drawPreview,
});
