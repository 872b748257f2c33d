// The convolution explorer: the picture with its window on the left, the output on the right, the products below.
import { addControl, addControls } from "../_core/controls.js";
import { make, writeText } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { formatNumber, parseNumber } from "../_core/format.js";
import { drawPixels } from "../_draw/layers.js";
import { onPress } from "../_core/press.js";
import { drawLabel, setText, strokeSegment } from "../_draw/scales.js";
import { addStage } from "../_core/stage.js";
import { parseColor, plainTheme } from "../_core/theme.js";
import { addTransport } from "../_core/transport.js";
import { correlate, countUses, makePicture, presetKernel, replaned, sizeFormula, tapsOf, usersOf, whyImpossible } from "./model.js";

const SETTINGS = ["size", "channels", "kernel_size", "stride", "padding", "dilation", "flip"];
const LEGIBLE = 23; // px a cell needs to show its number
const BRUSHES = { white: [1, 1, 1], gray: [0.5, 0.5, 0.5], black: [0, 0, 0], red: [1, 0, 0], green: [0, 1, 0], blue: [0, 0, 1] };
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function makeScene() {
  return { key: "", result: null, uses: [], problem: "", index: 0, taps: [], cursor: null, focused: false, brush: "white", drawn: 0 };
}

function fitted(list, length) {
  return Array.from({ length }, (_, i) => list[i] || 0);
}

function pixelsOf(get) {
  const [size, channels] = [get("size"), get("channels")];
  return get("picture") === "own" ? fitted(get("pixels"), channels * size * size) : makePicture(get("picture"), size, channels);
}

function kernelOf(get) {
  const [k, channels] = [get("kernel_size"), get("channels")];
  return get("preset") === "own" ? fitted(get("kernel"), channels * k * k) : replaned(presetKernel(get("preset"), k), k, k, channels);
}

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
  const [pixels, kernel] = [pixelsOf(get), kernelOf(get)];
  const key = JSON.stringify([settings, pixels, kernel]);
  if (key !== scene.key) {
    Object.assign(scene, { key, kernel, problem: whyImpossible(settings), result: correlate(settings, pixels, kernel), uses: countUses(settings) });
    if (scene.cursor && Math.max(...scene.cursor) >= settings.size) scene.cursor = null;
  }
  const { side } = scene.result;
  scene.index = Math.max(0, Math.min(get("position"), side * side - 1));
  scene.taps = side ? tapsOf(scene.result, scene.index) : [];
}

function slide(app, scene) {
  const before = scene.key;
  updateScene(scene, app.get);
  if (scene.key !== before) app.set({ output: scene.result.output }, { later: true });
  app.say(summarise(scene));
}

function placeOf({ result, index }) {
  return [Math.floor(index / result.side), index % result.side];
}

function summarise(scene) {
  if (scene.problem) return scene.problem;
  const [i, j] = placeOf(scene);
  return `Output at row ${i + 1}, column ${j + 1} of ${scene.result.side}: ${formatNumber(scene.result.output[scene.index])}.`;
}

function cellOf({ result: { settings } }, width) {
  return width / (settings.size + 2 * settings.padding);
}

/** A value for a small cell: .62, not 0.62. */
function tiny(value) {
  if (Math.abs(value) < 0.005) return "0";
  const text = Math.abs(value) >= 10 ? value.toFixed(0) : Math.abs(value) >= 1 ? value.toFixed(1) : value.toFixed(2);
  return text.replace(/\.?0+$/, (zeros) => (zeros.includes(".") ? "" : zeros)).replace("0.", ".").replace("-", "−");
}

/** Values in cells, where there is room for them. */
function drawValues(ctx, values, side, at, cell, theme, ink) {
  if (cell < LEGIBLE) return;
  setText(ctx, theme, Math.min(12, cell * 0.35));
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  values.forEach((value, k) => {
    ctx.fillStyle = ink(value, k);
    ctx.fillText(tiny(value), at + ((k % side) + 0.5) * cell, at + (Math.floor(k / side) + 0.5) * cell);
  });
}

function drawInput(ctx, width, height, theme, scene) {
  const { settings, pixels } = scene.result;
  const { size, padding, channels } = settings;
  const [cell, edge] = [cellOf(scene, width), cellOf(scene, width) * padding];
  const bytes = new Uint8ClampedArray(4 * size * size).fill(255);
  for (let k = 0; k < size * size; k++) for (let c = 0; c < 3; c++) bytes[4 * k + c] = 255 * pixels[(channels === 3 ? c : 0) * size * size + k];
  ctx.fillStyle = theme.surface;
  ctx.fillRect(0, 0, width, width);
  drawPixels(ctx, bytes, size, size, [edge, edge, size * cell, size * cell], false);
  if (channels === 1) drawValues(ctx, pixels, size, edge, cell, theme, (value) => (value > 0.5 ? "#222" : "#ddd"));
  if (padding && cell >= LEGIBLE) drawZeros(ctx, size + 2 * padding, padding, cell, theme);
  drawUnseen(ctx, scene, edge, cell, theme);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.strokeRect(edge + 0.5, edge + 0.5, size * cell - 1, size * cell - 1);
  drawWindow(ctx, scene, edge, cell, theme);
  if (scene.cursor && (scene.focused || scene.hovering)) {
    ctx.strokeStyle = theme.b;
    ctx.lineWidth = 2.5;
    ctx.strokeRect(edge + scene.cursor[1] * cell, edge + scene.cursor[0] * cell, cell, cell);
  }
}

function drawZeros(ctx, side, padding, cell, theme) {
  setText(ctx, theme, 10);
  ctx.fillStyle = theme.muted;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const within = (k) => k >= padding && k < side - padding;
  for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) if (!within(i) || !within(j)) ctx.fillText("0", (j + 0.5) * cell, (i + 0.5) * cell);
}

/** Stripes over pixels that no window looks at. */
function drawUnseen(ctx, { uses, result, problem }, edge, cell, theme) {
  if (problem) return;
  const { size } = result.settings;
  ctx.save();
  ctx.strokeStyle = theme.bad;
  ctx.lineWidth = 1.5;
  uses.forEach((count, k) => {
    const [x, y] = [edge + (k % size) * cell, edge + Math.floor(k / size) * cell];
    if (count === 0) strokeSegment(ctx, x, y + cell, x + cell, y);
  });
  ctx.restore();
}

function drawWindow(ctx, { taps, result }, edge, cell, theme) {
  if (!taps.length) return;
  const place = ({ y, x }) => [edge + x * cell, edge + y * cell];
  for (const [color, width] of [[theme.bg, 4.5], [theme.accent, 2]]) {
    ctx.strokeStyle = color;
    ctx.lineWidth = width;
    if (result.settings.dilation > 1) for (const tap of taps) if (tap.c === 0) ctx.strokeRect(...place(tap), cell, cell);
    const [x0, y0] = place(taps[0]);
    const [x1, y1] = place(taps[taps.length - 1]);
    ctx.strokeRect(x0, y0, x1 - x0 + cell, y1 - y0 + cell);
  }
}

/** How outputs are shown: { signed, scale }: in gray where the weights add up to something, else by sign. */
function lookOf({ result }) {
  const sum = result.weights.reduce((a, b) => a + b, 0);
  if (sum > 0.5) return { signed: false, scale: sum };
  return { signed: true, scale: result.output.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9) };
}

function drawOutput(ctx, width, height, theme, scene) {
  const { side, output, settings } = scene.result;
  if (!side) return drawLabel(ctx, "no output", width / 2, width / 2, theme, { align: "center", baseline: "middle", color: theme.bad, size: 14, weight: 600 });
  const cell = width / side;
  const { signed, scale } = lookOf(scene);
  const [paper, cold, warm] = [theme.bg, theme.a, theme.b].map(parseColor);
  const bytes = new Uint8ClampedArray(4 * side * side).fill(255);
  output.forEach((value, k) => {
    const t = Math.min(1, Math.abs(value) / scale);
    const end = value < 0 ? cold : warm;
    for (let c = 0; c < 3; c++) bytes[4 * k + c] = signed ? paper[c] + t * (end[c] - paper[c]) : (255 * value) / scale;
  });
  drawPixels(ctx, bytes, side, side, [0, 0, width, width], false);
  drawValues(ctx, output, side, 0, cell, theme, (value) => (signed ? (Math.abs(value) > 0.6 * scale ? theme.bg : theme.text) : value > scale / 2 ? "#222" : "#ddd"));
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.strokeRect(0.5, 0.5, width - 1, width - 1);
  const mark = (index, color, line) => {
    ctx.strokeStyle = color;
    ctx.lineWidth = line;
    ctx.strokeRect((index % side) * cell + 1, Math.floor(index / side) * cell + 1, cell - 2, cell - 2);
  };
  if (scene.cursor && (scene.focused || scene.hovering)) for (const index of usersOf(settings, ...scene.cursor)) mark(index, theme.text, 1.5);
  mark(scene.index, theme.bg, 4.5);
  mark(scene.index, theme.accent, 2.5);
}

/** The pixel under an event, or null in the padding. */
function pixelAt(scene, stage, event) {
  const cell = cellOf(scene, stage.width());
  const { size, padding } = scene.result.settings;
  const [x, y] = stage.at(event).map((p) => Math.floor(p / cell) - padding);
  return x >= 0 && y >= 0 && x < size && y < size ? [y, x] : null;
}

function paint(app, scene, [y, x], color) {
  const [size, channels] = [app.get("size"), app.get("channels")];
  const pixels = pixelsOf(app.get);
  for (let c = 0; c < channels; c++) pixels[(c * size + y) * size + x] = color[c];
  app.set({ picture: "own", pixels }, { later: true });
}

/** Painting on the picture: by pointer, and by arrows, Enter and digits. */
function addPainting(app, stage, scene) {
  const { canvas } = stage;
  const keys = "Arrows move the cursor, Enter paints, 0 to 9 paint a gray.";
  const look = { tabindex: 0, role: "application", "aria-roledescription": "picture to paint", "aria-description": keys };
  Object.entries(look).forEach(([name, value]) => canvas.setAttribute(name, value));
  canvas.style.touchAction = "none";
  canvas.style.cursor = "crosshair";
  canvas.after(make("p", { class: "d2l-keys", "aria-hidden": "true", text: keys }));
  let held = false;
  const go = (event) => {
    scene.cursor = pixelAt(scene, stage, event);
    scene.hovering = true;
    if (held && scene.cursor) paint(app, scene, scene.cursor, BRUSHES[scene.brush]);
    app.refresh();
  };
  app.scope.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0) return;
    held = true;
    canvas.setPointerCapture(event.pointerId);
    go(event);
  });
  app.scope.on(canvas, "pointermove", go);
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) app.scope.on(canvas, type, () => (held = false));
  app.scope.on(canvas, "pointerleave", () => app.refresh((scene.hovering = false)));
  app.scope.on(canvas, "focus", () => app.refresh((scene.focused = true)));
  app.scope.on(canvas, "blur", () => app.refresh((scene.focused = false)));
  app.scope.on(canvas, "keydown", (event) => {
    const size = app.get("size");
    const [y, x] = scene.cursor || [Math.floor(size / 2), Math.floor(size / 2)];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (MOVES[event.key]) scene.cursor = [y, x].map((at, axis) => Math.min(size - 1, Math.max(0, at + MOVES[event.key][axis])));
    else if (event.key === "Enter" || event.key === " ") paint(app, scene, (scene.cursor = [y, x]), BRUSHES[scene.brush]);
    else if (/^[0-9]$/.test(event.key)) paint(app, scene, (scene.cursor = [y, x]), new Array(3).fill(Math.round((100 * event.key) / 9) / 100));
    else return;
    event.preventDefault();
    app.refresh();
  });
}

/** The output as a slider over its places: pointing or arrows move the window. */
function addSliding(app, stage, scene, stop) {
  const { canvas } = stage;
  Object.entries({ role: "slider", tabindex: 0, "aria-label": "Window's place", "aria-valuemin": 0 }).forEach(([k, v]) => canvas.setAttribute(k, v));
  const last = () => Math.max(0, scene.result.side ** 2 - 1);
  const go = (index) => stop() || app.set({ position: Math.min(last(), Math.max(0, index)) }, { later: true });
  const point = (event) => {
    const { side } = scene.result;
    const [x, y] = stage.at(event).map((p) => Math.min(side - 1, Math.max(0, Math.floor((p * side) / stage.width()))));
    if (side) go(y * side + x);
  };
  app.draw(() => {
    canvas.setAttribute("aria-valuenow", scene.index);
    canvas.setAttribute("aria-valuemax", last());
    canvas.setAttribute("aria-valuetext", summarise(scene));
  });
  onPress(app, canvas, point);
  app.scope.on(canvas, "pointermove", (event) => event.buttons || point(event));
  app.scope.on(canvas, "keydown", (event) => {
    const at = Math.min(app.get("position"), last());
    const move = MOVES[event.key] ? at + MOVES[event.key][0] * scene.result.side + MOVES[event.key][1] : { Home: 0, End: last() }[event.key];
    if (move === undefined) return;
    if (move >= 0 && move <= last()) go(move);
    event.preventDefault();
  });
}

/** The products: the window, the kernel (to type in), and what each tap gives, a row for each channel. */
function addProducts(app, parent, scene) {
  const element = make("div", { class: "d2l-arithmetic" });
  parent.append(element);
  let [shape, cells] = ["", null];
  app.draw(() => {
    const { settings } = scene.result;
    const wanted = `${settings.channels} ${settings.kernel_size}`;
    if (wanted !== shape) [shape, cells] = [wanted, buildProducts(app, element, settings)];
    scene.kernel.forEach((weight, tap) => {
      if (document.activeElement !== cells.kernel[tap]) cells.kernel[tap].value = String(Number(weight.toFixed(3))).replace("-", "−");
      const tapHere = scene.taps[tap];
      writeText(cells.window[tap], tapHere ? tiny(tapHere.pixel) : "");
      writeText(cells.products[tap], tapHere ? tiny(tapHere.product) : "");
      cells.window[tap].classList.toggle("d2l-outside", Boolean(tapHere) && !tapHere.inside);
    });
  });
}

function buildProducts(app, element, { channels, kernel_size: k }) {
  const cells = { window: [], kernel: [], products: [] };
  element.style.setProperty("--d2l-side", k);
  const grid = (name, caption, makeCell) => {
    const table = make("div", { class: `d2l-cells d2l-${name}` });
    for (let n = 0; n < k * k; n++) table.append(cells[name][cells[name].push(makeCell(cells[name].length)) - 1]);
    return make("figure", { class: "d2l-figure" }, make("figcaption", { text: caption }), table);
  };
  const value = () => make("span", { class: "d2l-cell" });
  const rows = Array.from({ length: channels }, (_, c) => {
    const colour = channels > 1 ? ["red", "green", "blue"][c] : "";
    const sign = (text) => make("b", { class: "d2l-sign", text });
    return make("div", { class: "d2l-product-row" },
      grid("window", `${colour} window`, value), sign("×"),
      grid("kernel", `${colour} kernel`, (tap) => makeWeight(app, tap, k, colour)), sign("="), grid("products", "products", value));
  });
  element.replaceChildren(...rows);
  return cells;
}

/** One weight of the kernel: typed, stepped by the up and down arrows, or dragged up and down. */
function makeWeight(app, tap, k, colour) {
  const place = `row ${(Math.floor(tap / k) % k) + 1}, column ${(tap % k) + 1}`;
  const input = make("input", { type: "text", class: "d2l-cell d2l-weight", "aria-label": `Kernel ${colour} ${place}` });
  const put = (weight) => {
    const kernel = kernelOf(app.get);
    kernel[tap] = Math.min(99, Math.max(-99, Number(weight.toFixed(3))));
    app.set({ preset: "own", kernel });
    input.value = String(kernel[tap]).replace("-", "−");
  };
  input.onchange = () => {
    const weight = parseNumber(input.value);
    if (Number.isNaN(weight)) app.note(`A weight cannot be “${input.value.slice(0, 20)}”: it is a number from −99 to 99.`);
    else put(weight);
  };
  input.onkeydown = (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way) return;
    put(kernelOf(app.get)[tap] + way * (event.shiftKey ? 0.1 : 1));
    event.preventDefault();
  };
  input.onfocus = () => input.select();
  let held = null;
  input.onpointerdown = (event) => (held = { y: event.clientY, weight: kernelOf(app.get)[tap] });
  input.onpointermove = (event) => {
    if (!held || !event.buttons || Math.abs(event.clientY - held.y) < 4) return;
    input.setPointerCapture(event.pointerId);
    put(held.weight + Math.round((held.y - event.clientY) / 6) / 2);
  };
  input.onpointerup = () => (held = null);
  return input;
}

function addReadout(app, parent, scene) {
  const [sum, size, note] = ["d2l-sum", "d2l-size", "d2l-hint"].map((name) => make("p", { class: name }));
  const element = make("div", { class: "d2l-readout" }, sum, size, note);
  nameElement(app, "readout", element);
  parent.append(element);
  app.draw(() => {
    const { settings, output, side } = scene.result;
    const [i, j] = placeOf(scene);
    writeText(sum, side ? `The ${scene.taps.length} products add up to ${formatNumber(output[scene.index], 4)}: the output at row ${i + 1}, column ${j + 1}.` : scene.problem);
    sum.classList.toggle("d2l-bad", !side);
    writeText(size, side ? `Outputs along a side: ${sizeFormula(settings)}. Pixels a window spans: ${settings.dilation}·(${settings.kernel_size} − 1) + 1.` : "");
    const unseen = side ? scene.uses.filter((count) => count === 0).length : 0;
    const { signed, scale } = lookOf(scene);
    const colours = signed ? `Output: orange above 0, blue below, to ±${formatNumber(scale, 2)}.` : `Output: black 0, white ${formatNumber(scale, 2)}.`;
    const used = scene.cursor && (scene.hovering || scene.focused) && side ? ` The pixel under the cursor is in ${usersOf(settings, ...scene.cursor).length} windows, ringed.` : "";
    const left = unseen ? ` Struck out: ${unseen} pixels that no window sees.` : "";
    writeText(note, colours + left + used);
  });
}

function addBrushes(app, parent, scene) {
  const bar = make("div", { class: "d2l-brushes", role: "group", "aria-label": "Brush" }, make("span", { text: "Brush" }));
  const buttons = Object.entries(BRUSHES).map(([name, color]) => {
    const button = make("button", { type: "button", class: "d2l-brush", text: name, "aria-pressed": String(name === scene.brush) });
    button.style.setProperty("--d2l-paint", `rgb(${color.map((part) => 255 * part).join(", ")})`);
    button.onclick = () => {
      scene.brush = name;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    };
    return button;
  });
  bar.append(...buttons);
  parent.append(bar);
  app.draw(() => buttons.slice(3).forEach((button) => (button.hidden = app.get("channels") === 1)));
}

/** Controls; a change of size or channels keeps what was painted or typed. */
function addSettings(app, parent) {
  const panel = addControls(app, parent, []);
  const keep = (name) => (value) => {
    const [size, channels, k] = ["size", "channels", "kernel_size"].map((key) => (key === name ? value : app.get(key)));
    const changes = { [name]: value };
    if (app.get("picture") === "own") changes.pixels = replaned(pixelsOf(app.get), app.get("size"), size, channels);
    if (app.get("preset") === "own") changes.kernel = replaned(kernelOf(app.get), app.get("kernel_size"), k, channels);
    app.set(changes);
  };
  const own = (trait, list, now) => (value) => app.set({ [trait]: value, [list]: value === "own" ? now(app.get) : [] });
  addControl(app, panel, "picture", { change: own("picture", "pixels", pixelsOf) });
  addControl(app, panel, "preset", { change: own("preset", "kernel", kernelOf) });
  for (const name of ["size", "channels", "kernel_size"]) addControl(app, panel, name, { change: keep(name) });
  for (const name of ["stride", "padding", "dilation", "flip"]) addControl(app, panel, name);
}

function forwardWindow(app, scene, n) {
  const last = scene.result.side ** 2 - 1;
  const at = Math.min(app.get("position"), last);
  const next = at >= last ? 0 : Math.min(last, at + n);
  if (last >= 0) app.set({ position: next }, { later: true });
  return next < last;
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Convolution explorer: a kernel slides over a picture" });
  const scene = makeScene();
  app.update(() => slide(app, scene));
  app.body.classList.add("d2l-columns");
  const [left, right] = [make("div", { class: "d2l-column" }), make("div", { class: "d2l-column" })];
  app.body.append(left, right);
  const input = addStage(app, left, { draw: (...all) => drawInput(...all, scene), label: "The picture, with the window on it" });
  addPainting(app, input, scene);
  addBrushes(app, left, scene);
  const stage = addStage(app, right, { draw: (...all) => drawOutput(...all, scene), label: "The output" });
  const transport = addTransport(app, right, {
    forward: (n) => forwardWindow(app, scene, n),
    back: (n) => app.set({ position: Math.max(0, scene.index - n) }),
    reset: () => app.set({ position: 0 }),
  });
  addSliding(app, stage, scene, transport.pause);
  const wide = make("div", { class: "d2l-below" });
  app.body.append(wide);
  addProducts(app, wide, scene);
  addReadout(app, wide, scene);
  addSettings(app, app.body);
  return app.close;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const scene = makeScene();
  updateScene(scene, (name) => state[name]);
  const theme = plainTheme(themeName);
  const side = Math.min(height - 20, width / 2 - 8);
  drawInput(ctx, side, side, theme, scene);
  ctx.save();
  ctx.translate(side + 16, 0);
  drawOutput(ctx, side, side, theme, scene);
  ctx.restore();
  drawLabel(ctx, summarise(scene), 0, side + 6, theme);
}
