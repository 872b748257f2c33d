// All layers of the network under each other: every map, every unit, the classes with their probabilities.
import { formatFixed } from "../_core/format.js";
import { drawMatrix } from "../_draw/layers.js";
import { drawLabel, setText, strokeSegment } from "../_draw/scales.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { argmax } from "../_math/nn.js";
import { LAYERS } from "./model.js";

const LABEL = 15; // px above each layer
const CLASS = 14; // px a class
const GAP = 3;
// A layer's maps a row, and the side of one in parts of the largest; dense layers fill the width with cells.
const ROWS = {
  conv1: { columns: 6, part: 1 },
  pool1: { columns: 6, part: 0.6 },
  conv2: { columns: 8, part: 0.74 },
  pool2: { columns: 8, part: 0.44 },
  dense1: { columns: 40, cells: true },
  dense2: { columns: 42, cells: true },
  output: { columns: 1 },
};

/** Where everything stands: { name: { label: y, boxes: [{ unit, x, y, width, height }] } } for a picture of a size. */
export function layOut(width, height) {
  const side = Math.min(width / 6, (height - LABEL * LAYERS.length - 10 * CLASS) / 4.7);
  const sizes = LAYERS.map((layer) => boxSize(layer, ROWS[layer.name], width, side));
  const used = sizes.reduce((sum, { rows, tall }) => sum + LABEL + rows * tall, 0);
  const spare = Math.max(0, (height - used) / (LAYERS.length - 1));
  const layout = {};
  let top = 0;
  LAYERS.forEach(({ name, count }, i) => {
    const { columns, rows, wide, tall } = sizes[i];
    const boxes = Array.from({ length: count }, (_, unit) => {
      const y = top + LABEL + Math.floor(unit / columns) * tall;
      return { unit, x: (unit % columns) * wide, y, width: wide, height: tall };
    });
    layout[name] = { label: top, boxes };
    top += LABEL + rows * tall + spare;
  });
  return layout;
}

function boxSize({ name, count }, { columns, part = 0, cells = false }, width, side) {
  const rows = Math.ceil(count / columns);
  if (name === "output") return { columns, rows, wide: width, tall: CLASS };
  if (cells) return { columns, rows, wide: width / columns, tall: Math.min(width / columns, side / 6) };
  return { columns, rows, wide: part * side, tall: part * side };
}

/** Ramps for values: from 0 up, and from negative over 0 to positive; the picture's own, from dark to light. */
export function makeRamps(theme) {
  return {
    up: makeRamp(theme.surface, theme.accent, theme.text),
    both: makeRamp(theme.a, mixColor(theme.a, theme.bg, 0.6), theme.bg, mixColor(theme.b, theme.bg, 0.6), theme.b),
    picture: makeRamp(theme.bg, theme.text),
  };
}

/** How a layer's values are shown: { ramp, shade, even }. */
export function shadeOf(ramps, network, name, values) {
  if (name !== "input") return shadeValues(ramps, values);
  return { ramp: ramps.picture, shade: (v) => v * network.std + network.mean, even: false };
}

/** The same for any values: from 0 up, or, where some are negative, on a scale that is even about 0. */
export function shadeValues({ up, both }, values, even = values.some((v) => v < 0)) {
  const most = values.reduce((a, v) => Math.max(a, Math.abs(v)), 1e-9);
  return even ? { ramp: both, shade: (v) => 0.5 + v / most / 2, even } : { ramp: up, shade: (v) => v / most, even };
}

const OPERATIONS = { conv1: "5 × 5, padding 2", conv2: "5 × 5 × 6 maps", dense1: "400 weights each", dense2: "120 each", output: "84 each" };

function describeLayer(layer, network) {
  const shape = layer.size > 1 ? `${layer.count} maps of ${layer.size} × ${layer.size}` : `${layer.count} units`;
  return [`${layer.title}: ${layer.name === "output" ? "10 classes" : shape}`, OPERATIONS[layer.name] || `${network.pooling} of 2 × 2`];
}

/** Draw the network at work on a picture. */
export function drawOverview(ctx, width, height, theme, scene) {
  const { network, run, pick } = scene;
  const layout = layOut(width, height);
  const ramps = makeRamps(theme);
  for (const layer of LAYERS) {
    const { label, boxes } = layout[layer.name];
    const [what, how] = describeLayer(layer, network);
    drawLabel(ctx, what, 0, label + 1, theme, { color: layer === pick.layer ? theme.text : theme.muted, weight: layer === pick.layer ? 600 : 400 });
    const room = width - ctx.measureText(what).width - 12;
    if (ctx.measureText(how).width < room) drawLabel(ctx, how, width, label + 1, theme, { align: "right" });
    if (layer.name === "output") drawClasses(ctx, boxes, theme, scene);
    else drawLayer(ctx, layer, boxes, run[layer.name], shadeOf(ramps, network, layer.name, run[layer.name]), theme);
  }
  drawLinks(ctx, layout, theme, scene);
  const { x, y, width: w, height: h } = layout[pick.layer.name].boxes[pick.unit];
  outline(ctx, [x - 1, y - 1, Math.min(w + 2, width - x), h + 2], theme.b, 2); // its right side within the picture
  const cell = w / pick.layer.size;
  if (pick.layer.size > 1) outline(ctx, [x + pick.column * cell - 0.75, y + pick.row * cell - 0.75, cell + 1.5, cell + 1.5], theme.b, 1.5);
}

/** A layer's maps, or its units, as one picture; lines part the maps. */
function drawLayer(ctx, { count, size }, boxes, values, { ramp, shade }, theme) {
  const columns = boxes.filter(({ y }) => y === boxes[0].y).length;
  const [{ x, y, width, height }, rows] = [boxes[0], count / columns];
  const box = { x, y, width: columns * width, height: rows * height };
  drawMatrix(ctx, tileMaps(values, count, size, columns), rows * size, columns * size, box, ramp, shade);
  if (size === 1) return;
  ctx.strokeStyle = theme.bg;
  ctx.lineWidth = GAP;
  for (let c = 1; c < columns; c++) strokeSegment(ctx, x + c * width, y, x + c * width, y + box.height);
  for (let r = 1; r < rows; r++) strokeSegment(ctx, x, y + r * height, x + box.width, y + r * height);
}

/** Maps of size x size, one after the other, as one matrix with columns of them beside each other. */
function tileMaps(values, count, size, columns) {
  const out = new Float64Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const [unit, row, column] = [Math.floor(k / size / size), Math.floor(k / size) % size, k % size];
    out[(Math.floor(unit / columns) * size + row) * columns * size + (unit % columns) * size + column] = values[k];
  }
  return out;
}

/** The edge of a box [x, y, width, height]. */
export function outline(ctx, box, color, lineWidth) {
  ctx.strokeStyle = color;
  ctx.lineWidth = lineWidth;
  ctx.strokeRect(...box);
}

function drawClasses(ctx, boxes, theme, { network, run }) {
  const best = argmax(run.probabilities);
  setText(ctx, theme, 11, 600);
  const named = 10 + Math.max(...network.classes.map((name) => ctx.measureText(name).width)); // px
  for (const { unit, x, y, width, height } of boxes) {
    const [from, to] = [x + named, x + width - 90];
    const look = { baseline: "middle", color: unit === best ? theme.text : theme.muted, weight: unit === best ? 600 : 400 };
    drawLabel(ctx, network.classes[unit], x + 2, y + height / 2 + 0.5, theme, look);
    ctx.fillStyle = theme.line;
    ctx.fillRect(from, y + 4, to - from, height - 8);
    ctx.fillStyle = unit === best ? theme.accent : theme.muted;
    ctx.fillRect(from, y + 3, (to - from) * run.probabilities[unit], height - 6);
    drawLabel(ctx, percent(run.probabilities[unit]), x + width - 46, y + height / 2 + 0.5, theme, { ...look, align: "right" });
    drawLabel(ctx, formatFixed(run.output[unit], 1), x + width - 4, y + height / 2 + 0.5, theme, { ...look, align: "right" });
  }
}

/** A probability in per cent, with a decimal where that says more. */
export function percent(p) {
  if (p > 0.9995) return ">99.9%";
  if (p < 0.0005) return "<0.1%";
  return p > 0.0995 && p < 0.9945 ? `${Math.round(100 * p)}%` : `${formatFixed(100 * p, 1)}%`;
}

/** Lines from the maps or units that the chosen one is made of: orange what adds, blue what takes away. */
function drawLinks(ctx, layout, theme, { pick, parts }) {
  const from = layout[pick.layer.source];
  if (!from || pick.layer.name === "output") return;
  const amounts = partsBySource(parts);
  const most = Math.max(1e-9, ...amounts.map(([, amount]) => Math.abs(amount)));
  const to = layout[pick.layer.name].boxes[pick.unit];
  ctx.save();
  for (const [unit, amount] of amounts) {
    const share = parts.sources[0].weights ? Math.abs(amount) / most : 1;
    const { x, y, width, height } = from.boxes[unit];
    ctx.globalAlpha = 0.15 + 0.75 * share;
    ctx.lineWidth = 0.5 + 1.5 * share;
    ctx.strokeStyle = amount < 0 ? theme.a : theme.b;
    if (share > 0.02) strokeSegment(ctx, x + width / 2, y + height, to.x + to.width / 2, to.y);
  }
  ctx.restore();
}

/** How much each map or unit of the layer before adds to the chosen value: [[unit, amount]]. */
export function partsBySource({ sources }) {
  if (sources[0].whole) return Array.from(sources[0].products, (product, unit) => [unit, product]);
  return sources.map(({ index, sum }) => [index, sum]);
}

/** What is under a place: { layer, unit, place } or null. */
export function unitAt(layout, px, py) {
  for (const layer of LAYERS) {
    for (const { unit, x, y, width, height } of layout[layer.name].boxes) {
      if (px < x || py < y || px >= x + width || py >= y + height) continue;
      const at = (p, start, length) => Math.floor(((p - start) / length) * layer.size);
      return { layer: layer.name, unit, place: [at(py, y, height), at(px, x, width)] };
    }
  }
  return null;
}

/** The unit that an arrow key leads to from another: the nearest in that direction; null at the edge. */
export function neighbour(layout, name, unit, [dx, dy]) {
  const { boxes } = layout[name];
  if (dx) return boxes[unit + dx] ? { layer: name, unit: unit + dx } : null;
  const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
  const [cx, cy] = middle(boxes[unit]);
  let best = null;
  for (const layer of LAYERS) {
    for (const box of layout[layer.name].boxes) {
      const [x, y] = middle(box);
      if ((y - cy) * dy < 1) continue;
      const far = Math.abs(y - cy) * 100 + Math.abs(x - cx);
      if (!best || far < best.far) best = { far, layer: layer.name, unit: box.unit };
    }
  }
  return best && { layer: best.layer, unit: best.unit };
}
