// One value taken apart: the maps it is made of, their kernels, and the products of one window, number by number.
import { formatCell, formatNumber } from "../_core/format.js";
import { drawMatrix } from "../_draw/layers.js";
import { drawLabel } from "../_draw/scales.js";
import { argmax } from "../_math/nn.js";
import { sourceOf } from "./model.js";
import { makeRamps, outline, percent, shadeOf, shadeValues } from "./overview.js";

const NARROW = 560; // px of width below which the parts stand under each other
const TEXT = 14; // px for a line of text
const SMALL = 16.5; // px of a cell that is too small for its number

/** Where the parts stand: strip (boxes of the source maps and their kernels), grids (of the opened window) and out (the map). */
export function layOutDetail(width, height, { pick, parts }) {
  const narrow = width < NARROW;
  if (narrow && width > height) return layOutSheet(width, height, pick.layer, parts.sources);
  const [opened] = parts.sources;
  const out = pick.layer.size > 1 ? Math.min(narrow ? 112 : 150, width / 3, height / 2) : 0;
  const room = narrow || !out ? width : width - out - 24;
  const strip = stripBoxes(room, parts.sources);
  const top = strip.length ? (strip[0].kernel || strip[0].map).bottom + 2.6 * TEXT : TEXT;
  const stacked = narrow && opened.whole;
  const below = narrow && out ? out + 2 * TEXT : 0; // the map, under the rest
  if (narrow && !opened.whole) return { strip, ...pairGrids(width, height, top, out, opened.weights) };
  const wide = stacked ? width : Math.min((room - 40) / 3, opened.whole ? 400 : Math.min(146, height - top - below - 2));
  const tall = opened.whole ? (stacked ? (height - 3 * TEXT - 20) / 3 : Math.min(height - 2 * TEXT, 240)) : wide;
  const grids = [0, 1, 2].map((i) => ({ x: stacked ? 0 : i * (wide + 20), y: top + (stacked ? i * (tall + TEXT + 8) : 0), width: wide, height: tall }));
  const place = narrow ? { x: 0, y: top + tall + 2 * TEXT } : { x: width - out - 1, y: Math.min(top, height - out - 1) };
  return { strip, grids: opened.weights ? grids : grids.slice(0, 1), out: out && { ...place, width: out, height: out } };
}

/** In a column: window and weights side by side, under them products and map, so large that their numbers fit. */
function pairGrids(width, height, top, out, weights) {
  const wide = Math.min((width - 24) / 2, (height - top - TEXT - 8) / 2, 146);
  const right = wide + 22;
  const below = top + wide + TEXT + 6;
  const grids = [[0, top], [right, top], [0, below]].map(([x, y]) => ({ x, y, width: wide, height: wide }));
  const side = Math.min(wide, 112);
  return { grids: weights ? grids : grids.slice(0, 1), out: out && { x: right, y: weights ? below : top, width: side, height: side } };
}

/** The same in a flat box: the source maps and the map in a row, the window, its weights and the products below. */
function layOutSheet(width, height, layer, sources) {
  const { whole, weights } = sources[0];
  const out = layer.size > 1 ? Math.min(84, height * 0.36) : 0;
  const room = width - (out && out + 16);
  const side = Math.min(out || 50, room / sources.length - 4);
  const strip = sources.map((_, i) => ({ map: { x: 1 + i * (side + 4), y: TEXT, width: side, height: side }, kernel: null }));
  const top = whole ? TEXT : TEXT + Math.max(out, side) + TEXT + 6;
  const wide = whole ? (width - 40) / 3 : Math.min((width - 40) / 3, height - top - 2);
  const grids = [0, 1, 2].map((i) => ({ x: i * (wide + 20), y: top, width: wide, height: whole ? height - top - 2 : wide }));
  const place = { x: width - out - 1, y: TEXT, width: out, height: out };
  return { strip: whole ? [] : strip, grids: weights ? grids : grids.slice(0, 1), out: out && place };
}

/** A box for each source map, and below it one for its kernel: as large as fit in a row. */
function stripBoxes(width, sources) {
  if (sources[0].whole) return [];
  const side = Math.min(width / sources.length - 4, 90, width / 5);
  const box = (x, y, size) => ({ x, y, width: size, height: size, bottom: y + size });
  return sources.map(({ weights }, i) => {
    const x = 1 + i * (side + 4);
    return { map: box(x, TEXT, side), kernel: weights && box(x + side * 0.15, TEXT + side + 4, side * 0.7) };
  });
}

/** Draw what the chosen value is made of. */
export function drawDetail(ctx, width, height, theme, scene) {
  const { network, run, pick, parts } = scene;
  const layout = layOutDetail(width, height, scene);
  const ramps = makeRamps(theme);
  const from = sourceOf(pick.layer);
  const shades = {
    values: shadeOf(ramps, network, from.name, run[from.name]),
    weights: shadeValues(ramps, parts.sources.flatMap(({ weights }) => Array.from(weights || [])), true),
    products: shadeValues(ramps, parts.sources.flatMap(({ products }) => Array.from(products)), true),
  };
  drawStrip(ctx, layout, theme, scene, shades);
  drawGrids(ctx, layout, theme, scene, shades);
  if (layout.out) drawOut(ctx, layout.out, theme, scene, ramps);
}

/** The source that is opened: one of the parts. */
export function openSource({ parts, source }) {
  return parts.sources[Math.min(source, parts.sources.length - 1)];
}

function drawStrip(ctx, { strip }, theme, scene, shades) {
  const { run, pick, parts } = scene;
  const from = sourceOf(pick.layer);
  const opened = openSource(scene);
  if (strip.length) drawLabel(ctx, from.name === "input" ? "the picture" : `its input: ${from.name}`, 4, 0, theme);
  parts.sources.forEach((source, i) => {
    if (!strip[i]) return;
    const { map, kernel } = strip[i];
    const values = run[from.name].subarray(source.index * from.size ** 2, (source.index + 1) * from.size ** 2);
    drawMatrix(ctx, values, from.size, from.size, map, shades.values.ramp, shades.values.shade);
    const cell = map.width / from.size;
    outline(ctx, [map.x + source.left * cell, map.y + source.top * cell, source.columns * cell, source.rows * cell], theme.b, 1.5);
    if (source === opened && parts.sources.length > 1) outline(ctx, [map.x - 1, map.y - 1, map.width + 2, map.height + 2], theme.accent, 2);
    if (kernel) {
      drawMatrix(ctx, source.weights, source.rows, source.columns, kernel, shades.weights.ramp, shades.weights.shade);
      outline(ctx, sides(kernel), theme.line, 1);
    }
    if (source.weights && map.width > 26 && (kernel || parts.sources.length > 1)) {
      const color = source.sum < 0 ? theme.a : theme.b;
      const { y, height } = kernel || map;
      drawLabel(ctx, signed(source.sum), map.x + map.width / 2, y + height + 3, theme, { align: "center", color, weight: 600 });
    }
  });
}

function drawGrids(ctx, { grids }, theme, scene, shades) {
  const opened = openSource(scene);
  const last = grids[2]?.x ? "products" : "= products";
  const names = [opened.whole ? sourceOf(scene.pick.layer).name : "window", "weights", last];
  const columns = [["values", opened.values], ["weights", opened.weights], ["products", opened.products]];
  grids.forEach((box, i) => {
    const [key, values] = columns[i];
    drawMatrix(ctx, values, opened.rows, opened.columns, box, shades[key].ramp, shades[key].shade);
    outline(ctx, sides(box), theme.line, 1);
    drawLabel(ctx, names[i], box.x + 2, box.y - TEXT, theme);
    if (box.x) drawLabel(ctx, ["", "×", "="][i], box.x - 10, box.y + box.height / 2, theme, { align: "center", baseline: "middle", size: 15, color: theme.text });
    drawNumbers(ctx, box, opened, values, shades[key], theme);
  });
}

/** The numbers of a grid in their cells, if they fit; light on dark and dark on light. */
function drawNumbers(ctx, box, { rows, columns }, values, { shade, even }, theme) {
  const [w, h] = [box.width / columns, box.height / rows];
  if (w < SMALL || h < 9) return;
  ctx.font = `400 ${Math.min(11, w / 2.4, h * 0.8).toFixed(1)}px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (let k = 0; k < values.length; k++) {
    const t = shade(values[k]);
    ctx.fillStyle = (even ? Math.abs(t - 0.5) > 0.34 : t > 0.55) ? theme.bg : theme.text;
    ctx.fillText(formatCell(values[k]), box.x + ((k % columns) + 0.5) * w, box.y + (Math.floor(k / columns) + 0.5) * h + 0.5);
  }
}

function signed(value) {
  return (value < 0 ? "" : "+") + formatNumber(Number(value.toFixed(2)), 3);
}

function drawOut(ctx, box, theme, { network, run, pick }, ramps) {
  const { layer, unit, row, column } = pick;
  const all = run[layer.name];
  const { ramp, shade } = shadeOf(ramps, network, layer.name, all);
  drawLabel(ctx, `${layer.name}, map ${unit}`, box.x, box.y - TEXT, theme, { color: theme.text });
  drawMatrix(ctx, all.subarray(unit * layer.size ** 2, (unit + 1) * layer.size ** 2), layer.size, layer.size, box, ramp, shade);
  outline(ctx, sides(box), theme.line, 1);
  const cell = box.width / layer.size;
  outline(ctx, [box.x + column * cell - 1, box.y + row * cell - 1, cell + 2, cell + 2], theme.b, 2);
}

const sides = ({ x, y, width, height }) => [x, y, width, height];

function inside({ x, y, width, height }, px, py) {
  return px >= x && py >= y && px < x + width && py < y + height;
}

/** What is under a place of the stage: { source }, { place: [row, column] } of the output map, { cell } of a grid, or null. */
export function detailAt(layout, { pick, parts }, px, py) {
  const source = layout.strip.findIndex(({ map, kernel }) => inside(map, px, py) || (kernel && inside(kernel, px, py)));
  if (source >= 0) return { source };
  const { out } = layout;
  if (out && inside(out, px, py)) {
    const cell = out.width / pick.layer.size;
    return { place: [Math.floor((py - out.y) / cell), Math.floor((px - out.x) / cell)] };
  }
  const { rows, columns } = parts.sources[0];
  const grid = layout.grids.find((box) => inside(box, px, py));
  if (!grid) return null;
  return { cell: Math.floor(((py - grid.y) / grid.height) * rows) * columns + Math.floor(((px - grid.x) / grid.width) * columns) };
}

/** One product in words. */
export function describeProduct(scene, cell) {
  const { values, weights, products } = openSource(scene);
  if (!weights) return formatNumber(values[cell]);
  return `${formatNumber(values[cell])} × ${formatNumber(weights[cell])} = ${formatNumber(products[cell])}`;
}

/** The chosen value in a sentence, with its numbers: [what it is, how it is computed]. */
export function explainValue({ network, run, pick, parts }) {
  const { layer, unit, row, column } = pick;
  const f = (value) => formatNumber(Number(value.toFixed(2)));
  const where = layer.size > 1 ? `map ${unit}, row ${row}, column ${column}` : layer.name === "output" ? network.classes[unit] : `unit ${unit}`;
  const what = `${layer.title}, ${where}`;
  const { sources, bias, z, value } = parts;
  if (layer.kind === "pool") {
    const of = Array.from(sources[0].values, f).join(", ");
    return [what, `the ${network.pooling === "max" ? "largest" : "mean"} of ${of} is ${f(value)}`];
  }
  const count = sources.length * sources[0].products.length;
  const sums = sources.length === 6 ? sources.map(({ sum }) => f(sum)).join(" + ").replaceAll("+ −", "− ") : f(z - bias);
  const end = layer.name === "output" ? `logit ${f(z)}` : `${f(z)}, and ${network.activation} makes it ${f(value)}`;
  const sum = `${count} products: ${sums}, bias ${f(bias)}: ${end}`;
  if (layer.name !== "output") return [what, sum];
  const most = run.output[argmax(run.output)];
  const total = run.output.reduce((all, logit) => all + Math.exp(logit - most), 0);
  const share = percent(run.probabilities[unit]);
  return [what, `${sum}. Softmax: e^(${f(z)} − ${f(most)}) = ${formatNumber(Math.exp(z - most))}, divided by the sum over the classes, ${formatNumber(total, 4)}: ${share}`];
}
