// The character model explorer: your text coloured by what the network makes of it, the next letter's distribution,
// and, over the last characters, the gradient of that prediction and the units.
import { addControl, addControls } from "../_core/controls.js";
import { make, writeText } from "../_core/dom.js";
import { openExplorer } from "../_core/frame.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { drawMatrix } from "../_draw/layers.js";
import { onPress } from "../_core/press.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { addStage, addTooltip } from "../_core/stage.js";
import { makeRamp, mixColor, plainTheme } from "../_core/theme.js";
import { addTransport } from "../_core/transport.js";
import { backThroughTime, chances, decodeModel, encodeText, entropyBits, extendReading, makeReading, surprises } from "./model.js";

const BUDGET = 6; // ms a frame may spend on reading
const LINE = 22; // px of a line of the coloured text
const TYPE = 14; // px of its letters
const BAR = 20; // px of a bar of the distribution
const BARS = 12;
const DECADES = 4; // of the gradient's chart
const FULL = 8; // bits of surprise that give the full colour
const VISIBLE = { " ": "␣", "\n": "↵", "\ufffd": "other" };

const showCharacter = (c) => VISIBLE[c] || c;

function makeScene() {
  return { weights: null, net: null, reading: null, strange: [], place: 0, target: 0, p: null, warm: null, back: null, backOf: null };
}

/** Bring a scene up to date with the traits; return whether reading needs another frame. */
function updateScene(scene, get, late = () => false) {
  if (scene.weights !== get("weights")) {
    scene.weights = get("weights");
    scene.net = decodeModel(scene.weights);
    scene.reading = makeReading(scene.net);
  }
  const { net, reading } = scene;
  const { ids, strange } = encodeText(net, get("text"));
  const more = extendReading(reading, ids, get("written"), get("temperature"), get("seed"), late);
  const place = Math.min(get("place"), reading.ids.length);
  const logits = reading.logits[place];
  const p = chances(logits);
  const likeliest = p.indexOf(Math.max(...p));
  const target = net.places.get(get("letter")) ?? reading.ids[place] ?? likeliest;
  Object.assign(scene, { strange, given: ids.length, place, p, warm: chances(logits, get("temperature")), target });
  scene.unit = Math.min(get("unit"), net.units - 1);
  Object.assign(scene, { color: get("color"), truncation: get("truncation"), clip: get("clip"), temperature: get("temperature") });
  const moved = scene.backOf !== reading.states[place] || scene.backTo !== target;
  if (!scene.back || (moved && !more)) {
    scene.back = backThroughTime(reading, place, target);
    [scene.backOf, scene.backTo] = [reading.states[place], target];
  }
  return more;
}

const characterAt = (scene, t) => scene.net.characters[scene.reading.ids[t]];

/** Where each character of a text stands, [column, row], words kept whole where they fit; the last is the end's. */
export function layOut(characters, columns) {
  const places = [];
  let [column, row] = [0, 0];
  for (let t = 0; t < characters.length; t++) {
    const first = t === 0 || /\s/.test(characters[t - 1]);
    if (first && column > 0) {
      let end = t;
      while (end < characters.length && !/\s/.test(characters[end]) && end - t <= columns) end++;
      if (column + end - t > columns && end - t <= columns) [column, row] = [0, row + 1];
    }
    if (column >= columns) [column, row] = [0, row + 1];
    places.push([column, row]);
    column++;
    if (characters[t] === "\n") [column, row] = [0, row + 1];
  }
  places.push(column >= columns ? [0, row + 1] : [column, row]);
  return places;
}

function textLayout(scene, width) {
  const step = TYPE * 0.62;
  const columns = Math.max(8, Math.floor((width - 12) / step));
  const characters = scene.reading.ids.map((_, t) => characterAt(scene, t));
  const places = layOut(characters, columns);
  return { step, places, rows: places[places.length - 1][1] + 1 };
}

/** How strongly each character is coloured, -1..1. */
function textValues(scene) {
  const { reading, color, unit, back, place } = scene;
  if (color === "unit") return reading.states.slice(1).map((state) => state[unit]);
  if (color === "surprise") return surprises(reading).map((bits) => Math.min(1, bits / FULL));
  return reading.ids.map((_, t) => (t < place && back.norms[place - 1 - t] !== undefined ? shareOf(back.norms, place - 1 - t) : 0));
}

/** A gradient's size on a scale of DECADES below the largest, 0..1. */
function shareOf(norms, k) {
  return Math.max(0, 1 + Math.log10(Math.max(1e-300, norms[k] / Math.max(...norms))) / DECADES);
}

/** The text, each character on its colour; a line under what the model wrote; a bar where the prediction is made. */
function drawText(ctx, width, theme, scene) {
  const { step, places } = textLayout(scene, width);
  const values = textValues(scene);
  const paint = { surprise: [theme.b, theme.b], unit: [theme.a, theme.b], gradient: [theme.accent, theme.accent] }[scene.color];
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.font = `400 ${TYPE}px ${theme.mono}`;
  scene.reading.ids.forEach((_, t) => {
    const [x, y] = [6 + places[t][0] * step, 4 + places[t][1] * LINE];
    const strength = Math.abs(values[t]);
    if (strength > 0.01) {
      ctx.fillStyle = mixColor(theme.bg, paint[values[t] < 0 ? 0 : 1], 0.55 * strength);
      ctx.fillRect(x, y, step + 0.4, LINE - 4);
    }
    ctx.fillStyle = theme.text;
    const c = characterAt(scene, t);
    if (c !== " ") ctx.fillText(showCharacter(c), x + step / 2, y + LINE / 2 - 1.5);
    ctx.fillStyle = theme.accent;
    if (t >= scene.given) ctx.fillRect(x, y + LINE - 5, step + 0.4, 1.5);
  });
  const [column, row] = places[scene.place];
  ctx.fillStyle = theme.text;
  ctx.fillRect(5 + column * step, 2 + row * LINE, 2, LINE - 1);
}

/** The likeliest next characters: their order, and the pixels of each bar. */
function rankCharacters({ p }) {
  return Array.from(p.keys()).sort((i, j) => p[j] - p[i]).slice(0, BARS);
}

/** The next character's distribution: filled as the model gives it, outlined at the temperature. */
function drawDistribution(ctx, width, theme, scene) {
  const { p, warm, target, net, temperature } = scene;
  const x = linearScale([0, 1], [44, width - 44]);
  rankCharacters(scene).forEach((id, i) => {
    const y = i * BAR + 2;
    ctx.fillStyle = id === target ? theme.accent : theme.a;
    ctx.globalAlpha = id === target ? 0.9 : 0.55;
    ctx.fillRect(x(0), y, Math.max(1, x(p[id]) - x(0)), BAR - 5);
    ctx.globalAlpha = 1;
    if (temperature !== 1) {
      ctx.strokeStyle = theme.b;
      ctx.lineWidth = 1.5;
      ctx.strokeRect(x(0), y, Math.max(1, x(warm[id]) - x(0)), BAR - 5);
    }
    const weight = id === target ? 700 : 400;
    drawLabel(ctx, showCharacter(net.characters[id]), 34, y + BAR / 2 - 2, theme, { color: theme.text, size: 13, weight, align: "right", baseline: "middle" });
    const end = Math.max(x(p[id]), temperature === 1 ? 0 : x(warm[id]));
    drawLabel(ctx, formatShare(p[id]), end + 5, y + BAR / 2 - 2, theme, { baseline: "middle" });
  });
}

function formatShare(p) {
  return p >= 0.0995 ? `${Math.round(100 * p)}%` : p >= 0.001 ? `${formatNumber(100 * p, 2)}%` : "<0.1%";
}

/** The last characters before the prediction, as columns: the boxes of the chart above and of the units below. */
function stripLayout(scene, width, height) {
  const margins = { left: 46, right: 6 };
  const most = scene.columns || Math.max(20, Math.min(72, Math.floor((width - 52) / 8)));
  const count = Math.min(most, Math.max(12, scene.place));
  const first = scene.place - count;
  const top = plotBox(width, height * 0.44, { ...margins, top: 6, bottom: 18 });
  const units = { ...plotBox(width, height, { ...margins, top: height * 0.44 + 2, bottom: 4 }) };
  return { top, units, count, first, x: linearScale([first, scene.place], [top.x, top.x + top.width]) };
}

/** Above: |dL/dh| after each character, the cut of the truncation as a line. Below: every unit after each character. */
function drawStrip(ctx, width, height, theme, scene) {
  const { top, units, count, first, x } = stripLayout(scene, width, height);
  const { back, place, truncation, reading, net } = scene;
  const most = Math.max(...back.norms, 1e-12);
  const y = logScale([most * 10 ** -DECADES, most * 2], [top.y + top.height, top.y]);
  drawAxes(ctx, top, x, y, theme, { xTicks: [], yTicks: 3, format: powerOf, yLabel: "gradient at each character" });
  const from = Math.max(0, first);
  for (let t = from; t < place; t++) {
    const k = place - 1 - t;
    const norm = back.norms[k];
    if (norm === undefined) continue;
    ctx.fillStyle = k < truncation ? theme.accent : theme.control;
    ctx.globalAlpha = k < truncation ? 1 : 0.4;
    const height = Math.max(0, top.y + top.height - y(norm));
    ctx.fillRect(x(t) + 0.5, top.y + top.height - height, Math.max(1, x(1) - x(0) - 1), height);
  }
  ctx.globalAlpha = 1;
  if (truncation < count) {
    ctx.strokeStyle = theme.bad;
    ctx.lineWidth = 1.5;
    strokeSegment(ctx, x(place - truncation), top.y, x(place - truncation), top.y + top.height);
    drawLabel(ctx, "cut", x(place - truncation) - 4, top.y + 14, theme, { color: theme.bad, align: "right" });
  }
  ctx.font = `400 ${Math.min(12, (x(1) - x(0)) * 1.5)}px ${theme.mono}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.text;
  for (let t = from; t < place; t++) ctx.fillText(showCharacter(characterAt(scene, t)), x(t + 0.5), top.y + top.height + 10);
  const columns = place - from;
  if (!columns) return;
  const values = new Float64Array(net.units * columns);
  for (let i = 0, k = 0; i < net.units; i++) for (let t = from; t < place; t++) values[k++] = reading.states[t + 1][i];
  const box = { ...units, x: x(from), width: x(place) - x(from) };
  drawMatrix(ctx, values, net.units, columns, box, makeRamp(theme.a, theme.bg, theme.b), (v) => (v + 1) / 2);
  drawUnitMark(ctx, units, theme, scene);
}

const powerOf = (value) => formatNumber(value, 1).replace(/^1\.0·/, "");

function drawUnitMark(ctx, units, theme, { unit, net }) {
  const y = units.y + ((unit + 0.5) / net.units) * units.height;
  ctx.fillStyle = theme.text;
  ctx.beginPath();
  ctx.moveTo(units.x - 1, y);
  ctx.lineTo(units.x - 8, y - 4.5);
  ctx.lineTo(units.x - 8, y + 4.5);
  ctx.closePath();
  ctx.fill();
  drawLabel(ctx, String(unit), units.x - 10, y, theme, { color: theme.text, align: "right", baseline: "middle" });
}

/** The text field, and the line that says what the model could not read. */
function addTyping(app, parent, scene) {
  const entry = app.entry("text");
  const field = make("textarea", { class: "d2l-text d2l-typing", rows: 2, maxlength: entry.max_length, spellcheck: "false", "aria-label": "Your text, which the model reads" });
  const show = () => field.value !== app.get("text") && (field.value = app.get("text"));
  field.oninput = () => app.set({ text: field.value, written: 0, place: app.entry("place").max, letter: "" });
  app.on("text", show);
  show();
  const note = make("p", { class: "d2l-hint" });
  parent.append(make("label", { class: "d2l-label", text: "Type here: the model reads along" }, field), note);
  app.draw(() => {
    const unknown = scene.strange.slice(0, 5).map((c) => `“${c}”`).join(", ");
    writeText(note, unknown ? `Not in this model's alphabet: ${unknown}. It reads ${showCharacter(characterOfStrange(scene))} instead.` : "");
    note.hidden = !unknown;
  });
}

function characterOfStrange({ net }) {
  return net.places.has("\ufffd") ? "\ufffd" : net.places.has(" ") ? " " : net.characters[0];
}

/** The coloured text: a click or the arrows choose where the prediction is made. */
function addReadingStage(app, parent, scene) {
  const draw = (ctx, width, height, theme) => drawText(ctx, width, theme, scene);
  const stage = addStage(app, parent, { draw, label: "The text, coloured", ratio: 6, className: "d2l-reading" });
  const { canvas, element } = stage;
  const go = (to) => app.set({ place: to >= scene.reading.ids.length ? app.entry("place").max : Math.max(0, to), letter: "" });
  const at = () => Math.min(app.get("place"), scene.reading.ids.length);
  Object.entries({ role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-label": "Characters read before the prediction" }).forEach(([k, v]) => canvas.setAttribute(k, v));
  app.draw(() => {
    canvas.setAttribute("aria-valuenow", scene.place);
    canvas.setAttribute("aria-valuemax", scene.reading.ids.length);
    canvas.setAttribute("aria-valuetext", `after ${scene.place} characters`);
    const height = 8 + LINE * textLayout(scene, Math.max(60, stage.width())).rows;
    if (stage.width() && element.style.height !== `${height}px`) element.style.height = `${height}px`;
  });
  onPress(app, canvas, (event) => {
    const [px, py] = stage.at(event);
    const { step, places } = textLayout(scene, stage.width());
    const row = Math.floor((py - 2) / LINE);
    const distance = ([column, r]) => Math.abs(r - row) * 1e4 + Math.abs(6 + column * step - px);
    go(places.reduce((best, place, t) => (distance(place) < distance(places[best]) ? t : best), 0));
  });
  app.scope.on(canvas, "keydown", (event) => {
    const far = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity }[event.key];
    if (far === undefined) return;
    go(at() + far);
    event.preventDefault();
  });
}

function addDistribution(app, parent, scene) {
  const draw = (ctx, width, height, theme) => drawDistribution(ctx, width, theme, scene);
  const head = make("p", { class: "d2l-fact" });
  parent.append(head);
  const stage = addStage(app, parent, { draw, label: "Chance of each next character", className: "d2l-distribution" });
  app.scope.on(stage.canvas, "click", (event) => {
    const id = rankCharacters(scene)[Math.floor(stage.at(event)[1] / BAR)];
    if (id !== undefined) app.set({ letter: scene.net.characters[id] });
  });
  app.draw(() => writeText(head, `Next after “${tail(scene, 12)}”: as unsure as between ${formatNumber(2 ** entropyBits(scene.p), 2)} equal choices`));
  parent.append(make("p", { class: "d2l-hint", text: "Blue: the model's chances. Green: the letter whose loss is followed back; click another, or type it. Outline: at your temperature." }));
  addControl(app, parent, "letter");
}

function tail({ reading, net, place }, count) {
  const first = Math.max(0, place - count);
  return (first ? "…" : "") + reading.ids.slice(first, place).map((id) => showCharacter(net.characters[id]).replace("␣", " ")).join("");
}

function addStrip(app, parent, scene) {
  const draw = (ctx, width, height, theme) => drawStrip(ctx, width, height, theme, scene);
  const stage = addStage(app, parent, { draw, label: "Gradient and units over the last characters", className: "d2l-strip" });
  const find = (px, py) => {
    const { units, top, x } = stripLayout(scene, stage.width(), stage.height());
    const t = Math.floor(x.invert(px));
    const unit = Math.floor(((py - units.y) / units.height) * scene.net.units);
    return { t, unit, known: t >= 0 && t < scene.place, inUnits: unit >= 0 && unit < scene.net.units, inTop: py < top.y + top.height };
  };
  parent.append(make("p", { class: "d2l-hint", text: "Bars: how much the loss of the green letter hangs on the state after each character. Below: every unit, blue −1 to orange +1; click one to colour the text by it." }));
  onPress(app, stage.canvas, (event) => {
    const { unit, inUnits } = find(...stage.at(event));
    if (inUnits) app.set({ unit, color: "unit" });
  });
  addTooltip(app, stage, (px, py) => {
    const { t, unit, known, inUnits, inTop } = find(px, py);
    if (!known) return null;
    if (inUnits) return `unit ${unit} after “${showCharacter(characterAt(scene, t))}”: ${formatNumber(scene.reading.states[t + 1][unit], 2)}`;
    const norm = scene.back.norms[scene.place - 1 - t];
    return inTop && norm !== undefined ? `${scene.place - 1 - t} back: ${formatNumber(norm, 2)}` : null;
  });
}

/** What the gradient of all weights is: whole, cut, clipped. */
function describeGradient({ back, truncation, clip, net, target }) {
  const steps = back.whole.length - 1;
  const kept = Math.min(truncation, steps);
  const [whole, cut] = [back.whole[steps], back.whole[kept]];
  const scale = Math.min(1, clip / Math.max(cut, 1e-300));
  const parts = [`Loss of “${showCharacter(net.characters[target])}”: gradient of all weights, norm ${formatNumber(whole)} over ${steps} steps`];
  if (kept < steps) parts.push(`cut after ${kept}: ${formatNumber(cut)}, cosine with the whole ${formatFixed(back.likeness[kept], 3)}`);
  parts.push(scale < 1 ? `clipped at ${formatNumber(clip)}: scaled by ${formatNumber(scale, 2)}` : `not clipped: below ${formatNumber(clip)}`);
  return `${parts.join("; ")}.`;
}

function summarise(scene) {
  const [first, second] = rankCharacters(scene);
  const name = (id) => ({ " ": "a space", "\n": "a new line" })[scene.net.characters[id]] || scene.net.characters[id];
  const { norms } = scene.back;
  const far = Math.min(10, norms.length - 1);
  const share = `${far} characters back the gradient has ${formatNumber(norms[far] / norms[0], 2)} of its size`;
  return `After ${tail(scene, 15)}: ${name(first)} ${formatShare(scene.p[first])}, ${name(second)} ${formatShare(scene.p[second])}. ${share}.`;
}

function forwardWriting(app, n) {
  const most = app.entry("written").max;
  const written = Math.min(most, app.get("written") + n);
  app.set({ written, place: app.entry("place").max, letter: "" }, { later: true });
  return written < most;
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Character model explorer: a recurrent network reads and writes" });
  const scene = makeScene();
  app.update(() => {
    const end = performance.now() + BUDGET;
    const more = updateScene(scene, app.get, () => performance.now() > end);
    if (!more) app.say(summarise(scene));
    return more;
  });
  app.body.classList.add("d2l-character-model");
  addTyping(app, app.body, scene);
  const bar = make("div", { class: "d2l-writing" });
  app.body.append(bar);
  addTransport(app, bar, {
    forward: (n) => forwardWriting(app, n),
    back: (n) => app.set({ written: Math.max(0, app.get("written") - n) }),
    reset: () => app.set({ written: 0 }),
  });
  addControl(app, bar, "temperature");
  addControl(app, bar, "seed");
  addReadingStage(app, app.body, scene);
  const columns = make("div", { class: "d2l-columns" });
  const [left, right] = [make("div", { class: "d2l-column" }), make("div", { class: "d2l-column" })];
  columns.append(left, right);
  app.body.append(columns);
  addDistribution(app, left, scene);
  addStrip(app, right, scene);
  const gradient = make("p", { class: "d2l-fact" });
  app.body.append(gradient);
  app.draw(() => writeText(gradient, describeGradient(scene)));
  addControls(app, app.body, ["color", "unit", "truncation", "clip"]);
  return app.close;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const scene = { ...makeScene(), columns: 28 }; // few, as noise does not pack
  updateScene(scene, (name) => state[name]);
  const theme = plainTheme(themeName);
  drawText(ctx, width, theme, scene);
  const top = 16 + LINE * textLayout(scene, width).rows;
  const left = Math.round(width * 0.36);
  ctx.save();
  ctx.translate(0, top);
  drawDistribution(ctx, left, theme, scene);
  ctx.translate(left + 8, 0);
  drawStrip(ctx, width - left - 8, Math.max(120, height - top), theme, scene);
  ctx.restore();
}
