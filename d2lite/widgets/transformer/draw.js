// Pictures of the Transformer: the text, the map of heads, what comes next, and one part of the way up at a time.
import { formatFixed, formatNumber } from "../_core/format.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { formatShare, layOut, showCharacter } from "../_draw/wrapped.js";
import { drawMatrix } from "../_draw/layers.js";
import { drawLabel, linearScale, strokeSegment } from "../_draw/scales.js";
import { likest, lookInside } from "./model.js";

export { showCharacter };
export const LINE = 24; // px of a line of the text
export const BAR = 18; // px of a bar of the distribution
const [TYPE, BARS, FEW, HEAD] = [15, 10, 40, 16];
const LEFT = 74; // px before the columns of the look-up

export const characterOf = ({ net }, { id }) => showCharacter(net.characters[id]);

/** The attention of the chosen head from the position that asks: one weight for each position of the window. */
export const attention = ({ step, layer, head }) => step.blocks[layer].weights[head];

export function textLayout({ reading, net }, width) {
  const step = TYPE * 0.64;
  const places = layOut(reading.ids.map((id) => net.characters[id]), Math.max(8, Math.floor((width - 12) / step)));
  return { step, places, rows: places[places.length - 1][1] + 1 };
}

/** The text: orange by the attention of the chosen head, a frame around the character that asks, a line under what was written. */
export function drawText(ctx, width, height, theme, scene) {
  const { step, places } = textLayout(scene, width);
  const weights = attention(scene);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.font = `400 ${TYPE}px ${theme.mono}`;
  scene.reading.ids.forEach((id, t) => {
    const [x, y] = [6 + places[t][0] * step, 4 + places[t][1] * LINE];
    const weight = weights[t - scene.window.start];
    if (weight > 0.01 && t < scene.place) {
      ctx.fillStyle = mixColor(theme.bg, theme.b, 0.75 * Math.sqrt(weight));
      ctx.fillRect(x, y, step + 0.4, LINE - 5);
    }
    ctx.fillStyle = t < scene.window.start || t >= scene.place ? theme.muted : theme.text;
    const c = scene.net.characters[id];
    if (c !== " ") ctx.fillText(showCharacter(c), x + step / 2, y + LINE / 2 - 2);
    ctx.fillStyle = theme.accent;
    if (t >= scene.given) ctx.fillRect(x, y + LINE - 5, step + 0.4, 1.5);
  });
  const [column, row] = places[Math.min(scene.place, scene.reading.ids.length) - 1]; // what is read anew may be shorter
  ctx.strokeStyle = theme.a;
  ctx.lineWidth = 2;
  ctx.strokeRect(6 + column * step - 0.5, 3 + row * LINE, step + 1, LINE - 3);
}

/** The likeliest next characters, as the page draws from them. */
export function rankCharacters({ warm }) {
  return Array.from(warm.keys()).sort((i, j) => warm[j] - warm[i]).slice(0, BARS);
}

/** The chances of the next character at the temperature; outlined, where heads are off, those with all heads. */
export function drawDistribution(ctx, width, height, theme, scene) {
  const { warm, complete, net, off } = scene;
  const x = linearScale([0, 1], [30, width - 44]);
  rankCharacters(scene).forEach((id, i) => {
    const y = i * BAR + 2;
    ctx.fillStyle = theme.a;
    ctx.fillRect(x(0), y, Math.max(1, x(warm[id]) - x(0)), BAR - 5);
    if (off.length) {
      ctx.strokeStyle = theme.text;
      ctx.lineWidth = 1.25;
      ctx.strokeRect(x(0), y, Math.max(1, x(complete[id]) - x(0)), BAR - 5);
    }
    drawLabel(ctx, showCharacter(net.characters[id]), 22, y + BAR / 2 - 2, theme, { color: theme.text, size: 13, align: "right", baseline: "middle" });
    const end = Math.max(x(warm[id]), off.length ? x(complete[id]) : 0);
    drawLabel(ctx, formatShare(warm[id]), end + 5, y + BAR / 2 - 2, theme, { baseline: "middle" });
  });
}

/** Where the map of heads has its cells: rows are layers, columns heads. */
export function mapLayout({ net }, width, height) {
  const [left, top, gap] = [50, 16, 5];
  const side = Math.max(8, Math.min((width - left) / net.heads - gap, (height - top) / net.layers - gap));
  return { left, top, gap, side, at: (l, h) => [left + h * (side + gap), top + l * (side + gap)] };
}

/** The last rows of a head's attention, as many as a small picture shows: { values, count }. */
function attentionRows(steps, layer, head, most) {
  const first = Math.max(0, steps.length - most);
  const count = steps.length - first;
  const values = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    const row = steps[first + i].blocks[layer].weights[head];
    for (let j = 0; j <= i; j++) values[i * count + j] = row[first + j];
  }
  return { values, count, first };
}

const heat = (theme) => makeRamp(theme.surface, theme.b);
const both = (theme) => makeRamp(theme.a, theme.surface, theme.b);

/** Every head's attention, a small picture each; the chosen one framed, those off crossed out. */
export function drawMap(ctx, width, height, theme, scene) {
  const { net, window, layer, head, off } = scene;
  const { side, at, left } = mapLayout(scene, width, height);
  for (let h = 0; h < net.heads; h++) drawLabel(ctx, `${side > 34 ? "head " : ""}${h + 1}`, at(0, h)[0] + side / 2, 2, theme, { align: "center" });
  for (let l = 0; l < net.layers; l++) {
    drawLabel(ctx, `layer ${l + 1}`, left - 6, at(l, 0)[1] + side / 2, theme, { align: "right", baseline: "middle" });
    for (let h = 0; h < net.heads; h++) {
      const [x, y] = at(l, h);
      const { values, count } = attentionRows(window.steps, l, h, scene.still ? 16 : FEW);
      drawMatrix(ctx, values, count, count, { x, y, width: side, height: side }, heat(theme), (v) => Math.sqrt(v));
      const chosen = l === layer && h === head;
      ctx.strokeStyle = chosen ? theme.a : theme.line;
      ctx.lineWidth = chosen ? 2.5 : 1;
      ctx.strokeRect(x, y, side, side);
      if (!off.includes(l * net.heads + h)) continue;
      ctx.strokeStyle = theme.bad;
      ctx.lineWidth = 2.5;
      strokeSegment(ctx, x, y, x + side, y + side);
      strokeSegment(ctx, x + side, y, x, y + side);
    }
  }
}

const largest = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9);

/** Numbers as cells from blue (negative) over paper to orange, in rows of as many as fit. */
function drawNumbers(ctx, values, rows, box, theme, most = largest(values)) {
  drawMatrix(ctx, values, rows, values.length / rows, box, both(theme), (v) => (v / most + 1) / 2);
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.strokeRect(box.x, box.y, box.width, box.height);
}

function drawEmbedding(ctx, width, height, theme, scene) {
  const { net, step } = scene;
  const strips = [[`embedding of “${characterOf(scene, step)}”: ${net.width} numbers`, step.token]];
  if (step.place) strips.push([`position ${step.position + 1}, added`, step.place], ["their sum goes up", step.start]);
  strips.forEach(([label, values], i) => {
    drawLabel(ctx, label, 4, 4 + i * 46, theme, { color: theme.text, size: 12 });
    drawNumbers(ctx, values, 1, { x: 4, y: 21 + i * 46, width: width - 8, height: 18 }, theme);
  });
  let y = 10 + strips.length * 46;
  if (!step.place) y = drawDials(ctx, width, y, theme, scene);
  drawLabel(ctx, "characters with the most similar embeddings (cosine)", 4, y, theme, { color: theme.text, size: 12 });
  const x = linearScale([0, 1], [34, width - 50]);
  likest(net, step.id, Math.max(1, Math.floor((height - y - 22) / BAR))).forEach(([id, cosine], i) => {
    const top = y + 20 + i * BAR;
    ctx.fillStyle = theme.accent;
    ctx.fillRect(x(0), top, Math.max(1, x(Math.max(0, cosine)) - x(0)), BAR - 6);
    drawLabel(ctx, showCharacter(net.characters[id]), 24, top + BAR / 2 - 3, theme, { color: theme.text, size: 13, align: "right", baseline: "middle" });
    drawLabel(ctx, formatFixed(cosine, 2), x(Math.max(0, cosine)) + 5, top + BAR / 2 - 3, theme, { baseline: "middle" });
  });
}

/** How far each pair of a query or key is turned at this position: a dial a pair. */
function drawDials(ctx, width, y, theme, { net, step }) {
  const count = net.depth / 2;
  const radius = Math.max(0, Math.min(17, (width - 20) / count / 2 - 3)); // a page being laid out may give no width
  drawLabel(ctx, `position ${step.position + 1} comes later: it turns each pair of Q and K this far`, 4, y, theme, { color: theme.text, size: 12 });
  for (let i = 0; i < count; i++) {
    const [cx, cy] = [10 + radius + i * (2 * radius + 8), y + 22 + radius];
    const angle = step.position * 10000 ** ((-2 * i) / net.depth);
    ctx.strokeStyle = theme.control;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.arc(cx, cy, radius, 0, 2 * Math.PI);
    ctx.stroke();
    ctx.strokeStyle = theme.b;
    ctx.lineWidth = 2;
    strokeSegment(ctx, cx, cy, cx + radius * Math.cos(angle), cy - radius * Math.sin(angle));
  }
  return y + 2 * radius + 34;
}

/** Where the look-up has its columns: the last positions of the window, as many as fit. */
export function lookupLayout({ window }, width, height) {
  const most = Math.max(4, Math.floor((width - LEFT - 4) / 11));
  const first = Math.max(0, window.steps.length - most);
  const count = window.steps.length - first;
  const wide = Math.min(20, (width - LEFT - 4) / count);
  const block = (height - HEAD - 20) * 0.29;
  const bars = (height - HEAD - 20) * 0.21;
  const [keys, scores] = [HEAD + 2, HEAD + 8 + block];
  return { first, count, wide, block, bars, keys, scores, weights: scores + bars + 6, values: scores + 2 * bars + 12 };
}

/** One head's look-up: the query beside all keys, their match, the weights, and the values whose mean is read. */
function drawLookup(ctx, width, height, theme, scene) {
  const { net, window, layer, head } = scene;
  const look = lookupLayout(scene, width, height);
  const [from, to] = [head * net.depth, (head + 1) * net.depth];
  const steps = window.steps.slice(look.first);
  const block = scene.step.blocks[layer];
  const columns = (name) => {
    const parts = steps.map(({ blocks }) => blocks[layer][name].subarray(from, to));
    return Float64Array.from({ length: net.depth * parts.length }, (_, k) => parts[k % parts.length][Math.floor(k / parts.length)]);
  };
  const [keys, values, query, read] = [columns("k"), columns("v"), block.q.slice(from, to), block.read.slice(from, to)];
  const [x, wide] = [LEFT, look.wide * look.count];
  ctx.font = `400 ${Math.min(13, look.wide * 1.25)}px ${theme.mono}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  steps.forEach((step, j) => {
    ctx.fillStyle = j === steps.length - 1 ? theme.a : theme.text;
    ctx.fillText(characterOf(scene, step), x + (j + 0.5) * look.wide, HEAD / 2);
  });
  drawNumbers(ctx, query, net.depth, { x: LEFT - 22, y: look.keys, width: 14, height: look.block }, theme);
  drawNumbers(ctx, keys, net.depth, { x, y: look.keys, width: wide, height: look.block }, theme);
  drawNumbers(ctx, values, net.depth, { x, y: look.values, width: wide, height: look.block }, theme);
  drawNumbers(ctx, read, net.depth, { x: LEFT - 22, y: look.values, width: 14, height: look.block }, theme, largest(values));
  drawBars(ctx, block.scores[head].slice(look.first), x, look.scores, look, theme.accent, theme, true);
  drawBars(ctx, block.weights[head].slice(look.first), x, look.weights, look, theme.b, theme, false);
  const name = (text, y) => drawLabel(ctx, text, LEFT - 26, y, theme, { color: theme.text, align: "right", baseline: "middle" });
  const names = (two, y) => two.forEach((text, k) => name(text, y + (k ? 7 : -7)));
  names(["query,", "keys"], look.keys + look.block / 2);
  names(["read,", "values"], look.values + look.block / 2);
  const side = (text, y) => drawLabel(ctx, text, LEFT - 5, y, theme, { color: theme.text, align: "right", baseline: "middle" });
  side("scores", look.scores + look.bars / 2);
  side("weights", look.weights + look.bars / 2);
}

/** Bars of numbers, up and down from zero where they have signs. */
function drawBars(ctx, values, x, top, { wide, bars }, color, theme, signed) {
  const most = signed ? largest(values) : Math.max(...values, 0.01);
  const zero = signed ? top + bars / 2 : top + bars;
  ctx.fillStyle = color;
  values.forEach((value, j) => {
    const high = (value / most) * (signed ? bars / 2 : bars - 10);
    ctx.fillRect(x + j * wide + 0.5, Math.min(zero, zero - high), Math.max(1, wide - 1), Math.max(0.5, Math.abs(high)));
  });
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x, zero, x + values.length * wide, zero);
  if (signed) return;
  const best = values.indexOf(Math.max(...values));
  drawLabel(ctx, formatShare(values[best]), x + (best + 0.5) * wide, top - 3, theme, { align: best > 2 ? "right" : "left", color: theme.text });
}

/** Where the large picture of a head's attention has its cells. */
export function attentionLayout({ window }, width, height) {
  const [left, top] = [18, 18];
  const count = window.steps.length;
  const cell = Math.min(26, (Math.min(width - 4, height) - Math.max(left, top) - 4) / count);
  return { left: Math.max(left, (width - cell * count) / 2), top, count, cell };
}

function drawAttention(ctx, width, height, theme, scene) {
  const { window, layer, head } = scene;
  const { left, top, count, cell } = attentionLayout(scene, width, height);
  const { values } = attentionRows(window.steps, layer, head, count);
  const box = { x: left, y: top, width: cell * count, height: cell * count };
  drawMatrix(ctx, values, count, count, box, heat(theme), (v) => Math.sqrt(v));
  ctx.strokeStyle = theme.a;
  ctx.lineWidth = 2;
  ctx.strokeRect(left, top + (count - 1) * cell, cell * count, cell);
  ctx.font = `400 ${Math.min(13, Math.max(7, cell * 1.3))}px ${theme.mono}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const every = Math.ceil(4.4 / cell); // the letters of 7 px are 4.2 px wide
  window.steps.forEach((step, j) => {
    if ((count - 1 - j) % every) return;
    ctx.fillStyle = j === count - 1 ? theme.a : theme.text;
    ctx.fillText(characterOf(scene, step), left + (j + 0.5) * cell, top - 9);
    ctx.save();
    ctx.translate(left - 9, top + (j + 0.5) * cell);
    ctx.rotate(Math.PI / 2); // letters are higher than wide: upright they would stand on each other
    ctx.fillText(characterOf(scene, step), 0, 0);
    ctx.restore();
  });
}

/** How the hidden units of the two-layer network are laid out. */
export function unitLayout({ net }, width, height) {
  const count = 4 * net.width;
  const rows = [8, 6, 4, 2, 1].find((n) => count % n === 0);
  return { rows, columns: count / rows, x: 4, y: 70, width: width - 8, height: Math.max(40, height - 140) };
}

function drawNetwork(ctx, width, height, theme, scene) {
  const { net, step, layer } = scene;
  const { middle, hidden, out } = step.blocks[layer];
  const units = unitLayout(scene, width, height);
  const active = hidden.reduce((sum, v) => sum + (v > 0 ? 1 : 0), 0);
  drawLabel(ctx, `the sum after layer ${layer + 1}'s heads`, 4, 4, theme, { color: theme.text, size: 12 });
  drawNumbers(ctx, middle, 1, { x: 4, y: 21, width: width - 8, height: 18 }, theme);
  drawLabel(ctx, `${hidden.length} hidden units: ${active} are active`, 4, 52, theme, { color: theme.text, size: 12 });
  drawNumbers(ctx, hidden, units.rows, units, theme);
  const y = units.y + units.height + 10;
  drawLabel(ctx, "what they add to the sum", 4, y, theme, { color: theme.text, size: 12 });
  drawNumbers(ctx, out.map((v, i) => v - middle[i]), 1, { x: 4, y: y + 17, width: width - 8, height: 18 }, theme);
}

function drawOutput(ctx, width, height, theme, scene) {
  const { net, step } = scene;
  const rows = lookInside(net, step);
  const most = Math.max(...rows.map(({ x }) => largest(x)));
  const high = Math.min(64, (height - 8) / rows.length);
  rows.forEach(({ x, length, best, chance }, i) => {
    const y = 4 + i * high;
    const name = i ? `after layer ${i}` : "at the start";
    drawLabel(ctx, `${name}: length ${formatNumber(length, 2)}`, 4, y, theme, { color: theme.text, size: 12 });
    drawLabel(ctx, `would say “${showCharacter(net.characters[best])}”, ${formatShare(chance)}`, width - 4, y, theme, { color: theme.text, size: 12, align: "right" });
    drawNumbers(ctx, x, 1, { x: 4, y: y + 17, width: width - 8, height: Math.max(8, high - 30) }, theme, most);
  });
}

/** The part of the way up that is chosen. */
export function drawPart(ctx, width, height, theme, scene) {
  const paint = { embed: drawEmbedding, lookup: drawLookup, attention: drawAttention, network: drawNetwork, output: drawOutput };
  paint[scene.part](ctx, width, height, theme, scene);
}
