// The receptive-field explorer: the stack from the side, the input from above, and the layers as rows to edit.
import { addControl, addControls } from "../_core/controls.js";
import { make, makeButton, writeText } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { drawMatrix } from "../_draw/layers.js";
import { onPress } from "../_core/press.js";
import { drawLabel, strokeSegment } from "../_draw/scales.js";
import { addStage } from "../_core/stage.js";
import { makeRamp, mixColor, plainTheme } from "../_core/theme.js";
import { countWays, fieldOf, inputsOf, KINDS, makeStack, namedStack, sideAt, spreadOf, totals } from "./model.js";

const LEFT = 46; // px for the levels' names
const FIELDS = [["kernel_size", "kernel"], ["stride", "stride"], ["dilation", "dilation"], ["padding", "padding"], ["channels", "channels"]];
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] };

function makeScene() {
  return { key: "", rows: [], stack: null, level: 0, unit: 0, ways: [], span: [0, 1] };
}

function rowsOf(get) {
  return get("stack") === "own" ? get("layers") : namedStack(get("stack")).rows;
}

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  scene.rows = rowsOf(get);
  const stack = makeStack(scene.rows, get("size"), get("in_channels"));
  const top = stack.layers.length;
  scene.level = get("level") === 0 ? top : Math.min(get("level"), top);
  const side = sideAt(stack, scene.level);
  scene.unit = get("unit") < 0 ? Math.floor(side / 2) : Math.min(get("unit"), side - 1);
  scene.weigh = get("weigh");
  scene.stack = stack;
  scene.ways = countWays(stack, scene.level, scene.unit);
  scene.field = fieldOf(stack, scene.level, scene.unit);
  const reach = Math.max(0, ...stack.layers.map((layer) => -layer.start));
  scene.span = [-reach - 0.5, stack.size - 1 + reach + 0.5]; // in input pixels
}

function summarise({ stack, level, unit, field, ways }) {
  if (level === 0) return `${stack.problem || "No layer yet: add one."} `.trim();
  const seen = ways[0].filter((count) => count > 0).length;
  const [first, last] = field;
  const width = last - first + 1;
  const parts = [`Unit ${unit} of layer ${level} has a receptive field of ${width} × ${width} pixels`];
  if (first < 0 || last >= stack.size) parts.push("part of it in the padding");
  if (seen < Math.min(last, stack.size - 1) - Math.max(first, 0) + 1) parts.push(`with holes: it sees ${seen} pixels along a side`);
  return `${parts.join(", ")}.`;
}

/** The place of a unit, in input pixels: the middle of its receptive field. */
function middleOf(stack, level, unit) {
  const [first, last] = fieldOf(stack, level, unit);
  return (first + last) / 2;
}

function sideView(scene, width, height) {
  const count = scene.stack.layers.length + 1;
  const gap = height / count;
  const scale = (width - LEFT - 8) / (scene.span[1] - scene.span[0]);
  return {
    gap,
    x: (place) => LEFT + (place - scene.span[0]) * scale,
    y: (level) => height - (level + 0.5) * gap,
    cell: (level) => Math.max(2, Math.min(18, 0.8 * scale * (level ? Math.max(1, scene.stack.layers[level - 1].jump) : 1))),
  };
}

/** Lines from each unit of the cone to those it looks at. */
function drawCone(ctx, scene, view, theme) {
  const { stack, ways, level } = scene;
  ctx.save();
  ctx.strokeStyle = theme.accent;
  ctx.globalAlpha = 0.45;
  ctx.lineWidth = 1;
  for (let l = level; l > 0; l--) {
    ways[l].forEach((count, i) => {
      if (!count) return;
      for (const place of inputsOf(stack, l, i)) strokeSegment(ctx, view.x(middleOf(stack, l, i)), view.y(l), view.x(middleOf(stack, l - 1, place)), view.y(l - 1));
    });
  }
  ctx.restore();
}

function drawSide(ctx, width, height, theme, scene) {
  const { stack, level, unit, ways, weigh } = scene;
  const view = sideView(scene, width, height);
  drawCone(ctx, scene, view, theme);
  for (let l = 0; l <= stack.layers.length; l++) {
    const most = l <= level ? Math.max(...ways[l]) : 1;
    const size = view.cell(l);
    for (let i = 0; i < sideAt(stack, l); i++) {
      const count = l <= level ? ways[l][i] : 0;
      const shade = weigh ? 0.15 + (0.85 * count) / most : 0.75;
      ctx.fillStyle = count ? mixColor(theme.bg, theme.accent, l === level ? 1 : shade) : theme.surface;
      ctx.strokeStyle = count ? theme.accent : theme.control;
      ctx.lineWidth = l === level && i === unit ? 2.5 : 0.75;
      const [px, py] = [view.x(middleOf(stack, l, i)) - size / 2, view.y(l) - 8];
      ctx.fillRect(px, py, size, 16);
      ctx.strokeRect(px, py, size, 16);
    }
    drawLabel(ctx, l ? `layer ${l}` : "input", 2, view.y(l) - 7, theme, { color: theme.text });
    drawLabel(ctx, `${sideAt(stack, l)}`, 2, view.y(l) + 5, theme, { size: 10 });
  }
}

/** The input from above: what is seen along both sides, and the frame of the receptive field. */
function drawPlane(ctx, width, height, theme, scene) {
  const { stack, ways, field, weigh, span } = scene;
  const { size } = stack;
  const cell = width / (span[1] - span[0]);
  const edge = (-0.5 - span[0]) * cell;
  const most = Math.max(...ways[0]);
  const along = ways[0].map((count) => (weigh ? count / most : count ? 1 : 0));
  const values = Float64Array.from({ length: size * size }, (_, k) => along[Math.floor(k / size)] * along[k % size]);
  ctx.fillStyle = theme.surface;
  ctx.fillRect(0, 0, width, width);
  const ramp = makeRamp(theme.bg, mixColor(theme.bg, theme.accent, 0.9));
  drawMatrix(ctx, values, size, size, { x: edge, y: edge, width: size * cell, height: size * cell }, ramp, (value) => value);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.strokeRect(edge, edge, size * cell, size * cell);
  const corner = edge + field[0] * cell;
  ctx.strokeStyle = theme.b;
  ctx.lineWidth = 2;
  ctx.strokeRect(corner, corner, (field[1] - field[0] + 1) * cell, (field[1] - field[0] + 1) * cell);
}

function addChoosing(app, stage, scene) {
  const { canvas } = stage;
  const keys = "Left and right arrows choose a unit, up and down a layer.";
  const look = { tabindex: 0, role: "application", "aria-roledescription": "units to choose", "aria-description": keys };
  Object.entries(look).forEach(([name, value]) => canvas.setAttribute(name, value));
  canvas.after(make("p", { class: "d2l-keys", "aria-hidden": "true", text: keys }));
  const choose = (event) => {
    const view = sideView(scene, stage.width(), stage.height());
    const [px, py] = stage.at(event);
    const top = scene.stack.layers.length;
    const level = Math.max(0, Math.min(top, Math.round((stage.height() - py) / view.gap - 0.5)));
    if (!level) return;
    const distances = Array.from({ length: sideAt(scene.stack, level) }, (_, i) => Math.abs(view.x(middleOf(scene.stack, level, i)) - px));
    app.set({ level, unit: distances.indexOf(Math.min(...distances)) }, { later: true });
  };
  onPress(app, canvas, choose);
  app.scope.on(canvas, "keydown", (event) => {
    const move = MOVES[event.key];
    if (!move || !scene.stack.layers.length) return;
    updateScene(scene, app.get); // the traits may be ahead of the picture
    const level = Math.min(scene.stack.layers.length, Math.max(1, scene.level + move[0]));
    const unit = move[0] ? Math.round((scene.unit * (sideAt(scene.stack, level) - 1)) / Math.max(1, sideAt(scene.stack, scene.level) - 1)) : scene.unit + move[1];
    app.set({ level, unit: Math.min(sideAt(scene.stack, level) - 1, Math.max(0, unit)) }, { later: true });
    event.preventDefault();
  });
}

function change(app, edit) {
  const rows = rowsOf(app.get).map((row) => [...row]);
  edit(rows);
  app.set({ stack: "own", layers: rows, level: 0, unit: -1 });
}

/** The layers as rows of native inputs, with what each of them gives and costs. */
function addRows(app, parent, scene) {
  const list = make("div", { class: "d2l-rows" });
  const add = makeButton({ label: "Add a layer" });
  add.onclick = () => change(app, (rows) => rows.length < app.entry("layers").max_length && rows.push([0, 3, 1, 1, 0, 16]));
  parent.append(list, add);
  let lines = [];
  app.draw(() => {
    if (lines.length !== scene.rows.length) {
      lines = scene.rows.map((_, i) => makeRow(app, i));
      list.replaceChildren(...lines.map((line) => line.element));
    }
    lines.forEach((line, i) => showRow(line, scene.rows[i], scene.stack.layers[i]));
    add.disabled = scene.rows.length >= app.entry("layers").max_length;
  });
}

function makeRow(app, i) {
  const kind = make("select", { class: "d2l-select", "aria-label": `Layer ${i + 1}, kind` }, ...KINDS.map((text, k) => make("option", { value: k, text })));
  kind.onchange = () => change(app, (rows) => (rows[i][0] = Number(kind.value)));
  const inputs = FIELDS.map(([name, text], k) => {
    const { min, max } = app.entry("layers").columns[k + 1];
    const input = make("input", { type: "number", min, max, class: "d2l-number", "aria-label": `Layer ${i + 1}, ${text}` });
    input.onchange = () => {
      const value = Math.round(Number(input.value));
      if (!(value >= min && value <= max)) app.note(`Layer ${i + 1}: ${text} is a whole number from ${min} to ${max}.`);
      change(app, (rows) => (rows[i][k + 1] = Math.min(max, Math.max(min, value || min))));
      input.value = rowsOf(app.get)[i][k + 1];
    };
    return input;
  });
  const remove = makeButton({ label: `Remove layer ${i + 1}`, icon: "M4 4l8 8M12 4l-8 8", iconOnly: true, kind: "quiet" });
  remove.onclick = () => change(app, (rows) => rows.splice(i, 1));
  const fields = inputs.map((input, k) => make("label", { class: "d2l-field" }, make("span", { text: FIELDS[k][1] }), input));
  const says = make("p", { class: "d2l-says" });
  const element = make("div", { class: "d2l-layer" }, make("b", { text: String(i + 1) }), kind, ...fields, remove, says);
  return { element, kind, inputs, fields, says };
}

function showRow({ kind, inputs, fields, says }, row, layer) {
  kind.value = row[0];
  inputs.forEach((input, k) => {
    if (document.activeElement !== input) input.value = row[k + 1];
  });
  fields[4].hidden = row[0] !== 0; // pooling keeps the channels
  fields[2].hidden = row[0] === 2 && row[3] === 1;
  const cost = layer && layer.parameters ? `${count(layer.parameters)} parameters, ${count(layer.products)} multiply-adds` : "no parameters";
  writeText(says, layer ? `${layer.channels} × ${layer.side} × ${layer.side}; sees ${layer.field} × ${layer.field}, moves by ${layer.jump}; ${cost}` : "cannot be");
  says.classList.toggle("d2l-bad", !layer);
}

function count(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function addReadout(app, parent, scene) {
  const [said, cost] = [make("p", { class: "d2l-said" }), make("p", { class: "d2l-hint" })];
  const element = make("div", { class: "d2l-readout" }, said, cost);
  nameElement(app, "readout", element);
  parent.append(element);
  app.draw(() => {
    const { stack, ways } = scene;
    const { parameters, products } = totals(stack);
    writeText(said, stack.problem || summarise(scene));
    said.classList.toggle("d2l-bad", Boolean(stack.problem));
    const spread = spreadOf(ways[0]).deviation;
    writeText(cost, `All layers: ${count(parameters)} parameters, ${count(products)} multiply-adds. The ways to the chosen unit spread by ±${spread.toFixed(1)} pixels (standard deviation).`);
  });
}

function addSettings(app, parent) {
  const panel = addControls(app, parent, []);
  addControl(app, panel, "stack", {
    change: (stack) => app.set(stack === "own" ? { stack, layers: rowsOf(app.get) } : { stack, layers: [], size: namedStack(stack).size, level: 0, unit: -1 }),
  });
  for (const name of ["size", "in_channels", "weigh"]) addControl(app, panel, name);
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Receptive-field explorer: what an output sees" });
  const scene = makeScene();
  app.update(() => {
    updateScene(scene, app.get);
    app.say(scene.stack.problem || summarise(scene));
  });
  const [left, right] = [make("div", { class: "d2l-left" }), make("div", { class: "d2l-right" })];
  app.body.append(left, right);
  const side = addStage(app, left, { draw: (...all) => drawSide(...all, scene), label: "The stack from the side, one row of units for each layer", ratio: 1.5 });
  addChoosing(app, side, scene);
  left.append(make("p", { class: "d2l-hint", text: "Click a unit. Rows from below: the input, then each layer." }));
  addStage(app, right, { draw: (...all) => drawPlane(...all, scene), label: "The input from above: the pixels that the chosen unit sees" });
  right.append(make("p", { class: "d2l-hint", text: "The input, with the chosen unit's receptive field framed." }));
  addReadout(app, app.body, scene);
  addRows(app, app.body, scene);
  addSettings(app, app.body);
  return app.close;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const scene = makeScene();
  updateScene(scene, (name) => state[name]);
  const theme = plainTheme(themeName);
  const side = Math.min(height, width * 0.38);
  drawSide(ctx, width - side - 12, height, theme, scene);
  ctx.save();
  ctx.translate(width - side, 0);
  drawPlane(ctx, side, side, theme, scene);
  ctx.restore();
}
