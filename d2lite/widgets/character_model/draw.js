// Pictures of a character model: the coloured text, the next character's distribution, and the strip of gradient and units.
import { shortNumber } from "../_core/format.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { formatShare, layOut, showCharacter } from "../_draw/wrapped.js";
import { drawMatrix } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { predict, surprises } from "./model.js";

export const LINE = 22; // px of a line of the coloured text
const TYPE = 14; // px of its letters
export const BAR = 20; // px of a bar of the distribution
const BARS = 12;
const FEW = 28; // columns of the units in a still picture, as noise does not pack
const DECADES = 4; // of the gradient's chart
const FULL = 8; // bits of surprise that give the full colour
const LIKELY = 0.5; // chance of a quotation mark that gives the full colour
const CHART = 0.24; // share of the strip's height that the gradient has,
const LOW = 74; // and at least so many px
const ROW = 7.5; // px of a unit's row
const ROWS = 32; // at most: each is to be seen and hit
export { formatShare, showCharacter };

export const characterAt = (scene, t) => scene.net.characters[scene.reading.ids[t]];

export function textLayout(scene, width) {
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
  if (color === "quotation") return reading.ids.map((_, t) => Math.min(1, chanceOfMark(scene, t) / LIKELY));
  return reading.ids.map((_, t) => (t < place && back.norms[place - 1 - t] !== undefined ? shareOf(back.norms, place - 1 - t) : 0));
}

/** The chance that a quotation mark comes right after the character t. */
export function chanceOfMark({ reading, net }, t) {
  const id = net.places.get('"');
  return id === undefined ? 0 : predict(reading, t + 1)[id];
}

/** A gradient's size on a scale of DECADES below the largest, 0..1. */
function shareOf(norms, k) {
  return Math.max(0, 1 + Math.log10(Math.max(1e-300, norms[k] / Math.max(...norms))) / DECADES);
}

/** The text, each character on its colour; a line under what the model wrote; a bar where the prediction is made. */
export function drawText(ctx, width, height, theme, scene) {
  const { step, places } = textLayout(scene, width);
  const values = textValues(scene);
  const paint = { surprise: [theme.b, theme.b], unit: [theme.a, theme.b], gradient: [theme.accent, theme.accent], quotation: [theme.a, theme.a] }[scene.color];
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
export function rankCharacters({ p }) {
  return Array.from(p.keys()).sort((i, j) => p[j] - p[i]).slice(0, BARS);
}

/** The next character's distribution: filled as the model gives it, outlined at the temperature. */
export function drawDistribution(ctx, width, height, theme, scene) {
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

/** The last characters before the prediction, as columns: the boxes of the chart above and of the units below. */
export function stripLayout(scene, width, height) {
  const margins = { left: 46, right: 6 };
  const most = scene.still ? FEW : Math.max(20, Math.min(72, Math.floor((width - 52) / 8)));
  const count = Math.min(most, Math.max(12, scene.place));
  const first = scene.place - count;
  const chart = Math.max(LOW, height * CHART);
  const top = plotBox(width, chart, { ...margins, top: 17, bottom: 18 });
  const units = { ...plotBox(width, height, { ...margins, top: chart + 2, bottom: 4 }) };
  return { top, units, rows: unitRows(scene, units.height), count, first, x: linearScale([first, scene.place], [top.x, top.x + top.width]) };
}

/** The units that have a row: the first ones, as many as can be told apart, and the chosen one. */
function unitRows({ net, unit }, height) {
  const count = Math.max(4, Math.min(ROWS, net.units, Math.floor(height / ROW)));
  const rows = Array.from({ length: Math.min(count, net.units) }, (_, i) => i);
  if (unit >= rows.length) rows[rows.length - 1] = unit;
  return rows;
}

/** Above: |dL/dh| after each character, the cut of the truncation as a line. Below: the first units after each character. */
export function drawStrip(ctx, width, height, theme, scene) {
  const { top, units, rows, count, first, x } = stripLayout(scene, width, height);
  const { back, place, truncation, reading } = scene;
  const most = Math.max(...back.norms, 1e-12);
  const y = logScale([most * 10 ** -DECADES, most * 2], [top.y + top.height, top.y]);
  drawAxes(ctx, top, x, y, theme, { xTicks: [], yTicks: 2, format: (value) => shortNumber(value, 1) });
  drawLabel(ctx, "gradient at each character", top.x + 5, 1, theme);
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
    drawLabel(ctx, "cut", x(place - truncation) - 4, top.y + 2, theme, { color: theme.bad, align: "right" });
  }
  ctx.font = `400 ${Math.min(12, (x(1) - x(0)) * 1.5)}px ${theme.mono}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.text;
  for (let t = from; t < place; t++) ctx.fillText(showCharacter(characterAt(scene, t)), x(t + 0.5), top.y + top.height + 10);
  const columns = place - from;
  if (!columns) return;
  const values = rows.flatMap((unit) => reading.states.slice(from + 1, place + 1).map((state) => state[unit]));
  const box = { ...units, x: x(from), width: x(place) - x(from) };
  drawMatrix(ctx, values, rows.length, columns, box, makeRamp(theme.a, theme.bg, theme.b), (v) => (v + 1) / 2);
  drawUnitMark(ctx, units, rows, theme, scene);
}

function drawUnitMark(ctx, units, rows, theme, { unit }) {
  const y = units.y + ((rows.indexOf(unit) + 0.5) / rows.length) * units.height;
  ctx.fillStyle = theme.text;
  ctx.beginPath();
  ctx.moveTo(units.x - 1, y);
  ctx.lineTo(units.x - 8, y - 4.5);
  ctx.lineTo(units.x - 8, y + 4.5);
  ctx.closePath();
  ctx.fill();
  drawLabel(ctx, String(unit), units.x - 10, y, theme, { color: theme.text, align: "right", baseline: "middle" });
}
