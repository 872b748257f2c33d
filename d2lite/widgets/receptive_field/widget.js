// The receptive-field explorer: the stack from the side, the input from above, and the layers as rows to edit.
import { control, defineExplorer } from "../_core/define.js";
import { make, makeButton, writeText } from "../_core/dom.js";
import { formatCount, formatCounted } from "../_core/format.js";
import { addKeys, ARROWS } from "../_core/keys.js";
import { button, group, hint, paragraph, stage } from "../_core/parts.js";
import { onPress } from "../_core/press.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { drawMatrix } from "../_draw/layers.js";
import { beside } from "../_draw/panes.js";
import { drawLabel, strokeSegment } from "../_draw/scales.js";
import { countWays, fieldOf, inputsOf, KINDS, makeStack, namedStack, sideAt, spreadOf, totals } from "./model.js";

const LEFT = 46; // px for the levels' names
const FIELDS = ["kernel", "stride", "dilation", "padding", "channels"]; // of a row, after its kind
const [DILATION, CHANNELS] = [FIELDS.indexOf("dilation"), FIELDS.indexOf("channels")];
const NEW_LAYER = [0, 3, 1, 1, 0, 16];

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
  if (stack.problem || level === 0) return stack.problem || "No layer yet: add one.";
  const seen = ways[0].filter((count) => count > 0).length;
  const [first, last] = field;
  const width = last - first + 1;
  const parts = [`Unit ${unit + 1} of layer ${level} has a receptive field of ${width} × ${width} pixels`];
  if (first < 0 || last >= stack.size) parts.push("part of it in the padding");
  if (seen < Math.min(last, stack.size - 1) - Math.max(first, 0) + 1) parts.push(`with holes: it sees ${formatCounted(seen, "pixel")} along a side`);
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
    drawLabel(ctx, `${sideAt(stack, l)} ${l ? "units" : "pixels"}`, 2, view.y(l) + 5, theme, { size: 10 });
  }
}

/** The input from above: what is seen along both sides, and the frame of the receptive field. */
function drawPlane(ctx, width, height, theme, scene) {
  const { stack, ways, field, weigh, span } = scene;
  const { size } = stack;
  const side = Math.min(width, height);
  const cell = side / (span[1] - span[0]);
  const edge = (-0.5 - span[0]) * cell;
  const most = Math.max(...ways[0]);
  const along = ways[0].map((count) => (weigh ? count / most : count ? 1 : 0));
  const values = Float64Array.from({ length: size * size }, (_, k) => along[Math.floor(k / size)] * along[k % size]);
  ctx.fillStyle = theme.surface;
  ctx.fillRect(0, 0, side, side);
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

/** Let pointer and arrows choose a unit. */
function addChoice(app, side, scene) {
  onPress(app, side.canvas, (event) => {
    const view = sideView(scene, side.width(), side.height());
    const [px, py] = side.at(event);
    const top = scene.stack.layers.length;
    const level = Math.max(0, Math.min(top, Math.round((side.height() - py) / view.gap - 0.5)));
    if (!level) return;
    const distances = Array.from({ length: sideAt(scene.stack, level) }, (_, i) => Math.abs(view.x(middleOf(scene.stack, level, i)) - px));
    app.set({ level, unit: distances.indexOf(Math.min(...distances)) }, { later: true });
  });
  const help = "Left and right arrows choose a unit, up and down a layer.";
  addKeys(app, side, { kind: "units to choose", help, press: (key) => Boolean(ARROWS[key]) && moveChoice(app, scene, ARROWS[key]) });
}

/** Along a layer, or to the unit above or below at the same part of the side. */
function moveChoice(app, scene, [right, down]) {
  updateScene(scene, app.get); // the traits may be ahead of the picture
  const { stack } = scene;
  if (!stack.layers.length) return false;
  const level = Math.min(stack.layers.length, Math.max(1, scene.level - down));
  const share = (sideAt(stack, level) - 1) / Math.max(1, sideAt(stack, scene.level) - 1);
  const unit = down ? Math.round(scene.unit * share) : scene.unit + right;
  app.set({ level, unit: Math.min(sideAt(stack, level) - 1, Math.max(0, unit)) }, { later: true });
  return true;
}

function change(app, edit) {
  const rows = rowsOf(app.get).map((row) => [...row]);
  edit(rows);
  app.set({ stack: "own", layers: rows, level: 0, unit: -1 });
}

function hasRoom(app) {
  return rowsOf(app.get).length < app.entry("layers").max_length;
}

/** The layers as rows of native inputs, with what each of them gives and costs. */
function layerRows(app, parent, scene) {
  const list = make("div", { class: "d2l-rows" });
  parent.append(list);
  let lines = [];
  app.draw(() => {
    if (lines.length !== scene.rows.length) {
      lines = scene.rows.map((_, i) => makeRow(app, i));
      list.replaceChildren(...lines.map((line) => line.element));
    }
    lines.forEach((line, i) => showRow(line, scene.rows[i], scene.stack.layers[i]));
  });
}

function makeRow(app, i) {
  const kind = make("select", { class: "d2l-select", "aria-label": `Layer ${i + 1}, kind` }, ...KINDS.map((text, k) => make("option", { value: k, text })));
  kind.onchange = () => change(app, (rows) => (rows[i][0] = Number(kind.value)));
  const inputs = FIELDS.map((text, k) => makeField(app, i, k, text));
  const remove = makeButton({ label: `Remove layer ${i + 1}`, icon: "M4 4l8 8M12 4l-8 8", iconOnly: true, kind: "quiet" });
  remove.onclick = () => change(app, (rows) => rows.splice(i, 1));
  const fields = inputs.map((input, k) => make("label", { class: "d2l-field" }, make("span", { text: FIELDS[k] }), input));
  const shape = make("p", { class: "d2l-shape" });
  const element = make("div", { class: "d2l-layer" }, make("b", { text: String(i + 1) }), kind, ...fields, remove, shape);
  return { element, kind, inputs, fields, shape };
}

/** One number of a layer; what is out of range is told and moved into it. */
function makeField(app, i, k, text) {
  const { min, max } = app.entry("layers").columns[k + 1];
  const input = make("input", { type: "number", min, max, class: "d2l-number", "aria-label": `Layer ${i + 1}, ${text}` });
  input.onchange = () => {
    const value = Math.round(Number(input.value));
    if (!(value >= min && value <= max)) app.note(`Layer ${i + 1}: ${text} is a whole number from ${min} to ${max}.`);
    change(app, (rows) => (rows[i][k + 1] = Math.min(max, Math.max(min, value || min))));
    input.value = rowsOf(app.get)[i][k + 1];
  };
  return input;
}

function showRow({ kind, inputs, fields, shape }, row, layer) {
  kind.value = row[0];
  inputs.forEach((input, k) => {
    if (document.activeElement !== input) input.value = row[k + 1];
  });
  fields[CHANNELS].hidden = row[0] !== 0; // pooling keeps the channels
  fields[DILATION].hidden = row[0] === 2 && row[3] === 1;
  const cost = layer && layer.parameters ? `${formatCount(layer.parameters)} parameters, ${formatCount(layer.products)} multiply-adds` : "no parameters";
  writeText(shape, layer ? `${layer.channels} × ${layer.side} × ${layer.side}; sees ${layer.field} × ${layer.field}, moves by ${layer.jump}; ${cost}` : "cannot be");
  shape.classList.toggle("d2l-bad", !layer);
}

function verdict(scene) {
  return { text: summarise(scene), bad: Boolean(scene.stack.problem) };
}

function describeCost({ stack, ways }) {
  const { parameters, products } = totals(stack);
  const { deviation, seen } = spreadOf(ways[0]);
  const spread = seen ? `The ways to the chosen unit spread by ±${deviation.toFixed(1)} pixels (standard deviation).` : "The chosen unit sees padding alone.";
  return `All layers: ${formatCount(parameters)} parameters, ${formatCount(products)} multiply-adds. ${spread}`;
}

/** A named stack comes with the input that shows it well; your own begins as what is there. */
const stackControl = control("stack", {
  change: (stack, app) => app.set(stack === "own" ? { stack, layers: rowsOf(app.get) } : { stack, layers: [], size: namedStack(stack).size, level: 0, unit: -1 }),
});

export const { render, preview } = defineExplorer({
  title: "Receptive-field explorer: what an output sees",
  update: updateScene,
  say: summarise,
  left: [
    stage({ draw: drawSide, label: "The stack from the side, one row of units for each layer", ratio: 1.5, use: addChoice }),
    hint("Click a unit. Rows from below: the input, then each layer."),
  ],
  right: [
    stage({ draw: drawPlane, label: "The input from above: the pixels that the chosen unit sees" }),
    hint("Framed: what the chosen unit can see of the input. Gray around the input: padding."),
  ],
  bottom: [
    group({ name: "readout", className: "d2l-readout" }, paragraph(verdict, { className: "d2l-answer" }), hint(describeCost)),
  ],
  more: [
    layerRows,
    button({ label: "Add a layer", press: (app) => hasRoom(app) && change(app, (rows) => rows.push([...NEW_LAYER])), usable: hasRoom }),
  ],
  controls: [stackControl, "size", "weigh", "in_channels"],
  preview: beside(drawSide, drawPlane, 0.61),
});
