// The paper: axes, the points given, the reader's curve, and in the end the real one with the difference shaded.
import { shortNumber } from "../_core/format.js";
import { plainText } from "../_core/prose.js";
import { mixColor } from "../_core/theme.js";
import { clipped, drawBand, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, logScale, setText, strokeSegment, ticks } from "../_draw/scales.js";
import { PLACES, strokesOf } from "./model.js";

const INVITATION = "Draw the curve you expect, then press Compare";
const DOTS = 24; // points given that are drawn as dots, too
const FEW = 2; // labels that a logarithmic axis needs at least
const PEN = 3; // px

/** Where everything stands: { box, x, y }; x and y are scales that know places and heights, too. */
export function paperOf({ data, curve }, width, height) {
  const box = { x: 50, y: 26, width: Math.max(1, width - 70), height: Math.max(1, height - 26 - 42) };
  const scale = (log, domain, range) => (log ? logScale : linearScale)(domain, range);
  const x = scale(data.xscale === "log", [data.x[0], data.x[data.x.length - 1]], [box.x, box.x + box.width]);
  const y = scale(curve.up.log, data.ylim, [box.y + box.height, box.y]);
  const start = x(curve.along.low);
  x.place = (px) => (PLACES * (px - start)) / (x.range[1] - start);
  x.at = linearScale([0, PLACES], [start, x.range[1]]);
  y.up = (py) => (y.range[0] - py) / (y.range[0] - y.range[1]);
  y.at = linearScale([0, 1], y.range);
  return { box, x, y };
}

/** Labels of an axis: within less than two powers of ten, 1, 2 and 5 of each. */
function marks(scale, count) {
  const values = ticks(scale, count);
  if (!scale.log || values.length > FEW) return values;
  const [low, high] = scale.domain;
  const from = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - from + 1 }, (_, i) => from + i);
  const all = powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`))).filter((v) => v >= low * 0.999 && v <= high * 1.001);
  return all.length >= FEW ? all : ticks(linearScale(scale.domain, scale.range), count);
}

const inviting = (theme) => mixColor(theme.bg, theme.accent, 0.07);

function drawPaper(ctx, { box, x, y }, theme, { data, shown }) {
  const start = x.at(0);
  ctx.fillStyle = shown ? theme.bg : inviting(theme);
  ctx.fillRect(start, box.y, box.x + box.width - start, box.height);
  const narrow = box.width < 420;
  drawAxes(ctx, box, x, y, theme, { xTicks: marks(x, narrow ? 4 : 6), yTicks: marks(y, 4), format: shortNumber });
  drawLabel(ctx, data.ylabel, 4, 4, theme, { size: 12 });
  drawLabel(ctx, data.xlabel, box.x + box.width, box.y + box.height + 22, theme, { align: "right", size: 12 });
}

function drawGiven(ctx, { x, y }, theme, { data }, isEmpty) {
  const { given } = data;
  if (!given) return;
  drawLine(ctx, data.x.slice(0, given), data.y.slice(0, given), x, y, { color: theme.text, width: 2.25 });
  for (let i = 0; i < given && given <= DOTS; i++) drawMark(ctx, x(data.x[i]), y(data.y[i]), { radius: 3, fill: theme.text });
  const [px, py] = [x(data.x[given - 1]), y(data.y[given - 1])];
  if (isEmpty) drawPencil(ctx, px, py, theme);
}

/** A pencil with its point at (px, py). */
function drawPencil(ctx, px, py, theme) {
  const at = (along, across) => [px + 3 + 0.78 * along + 0.62 * across, py - 3 - 0.62 * along + 0.78 * across];
  const shape = (points, color) => {
    ctx.beginPath();
    points.forEach((point, i) => (i ? ctx.lineTo(...at(...point)) : ctx.moveTo(...at(...point))));
    ctx.closePath();
    ctx.fillStyle = color;
    ctx.fill();
  };
  shape([[8, -4], [26, -4], [26, 4], [8, 4]], theme.accent);
  shape([[27.5, -4], [31, -4], [31, 4], [27.5, 4]], theme.accent);
  shape([[0, 0], [7, -3.6], [7, 3.6]], theme.text);
}

/** The reader's strokes; dashed where he left a gap, and to the ends where the real curve is shown. */
function drawStrokes(ctx, { x, y }, theme, { points, shown, heights }) {
  const strokes = strokesOf(points);
  const line = (some, style) => drawLine(ctx, some.map(([place]) => place), some.map(([, height]) => height), x.at, y.at, { color: theme.accent, ...style });
  if (shown) line([...heights].map((height, place) => [place, height]), { width: 1.75, dash: [4, 4], alpha: 0.9 });
  else strokes.slice(1).forEach((stroke, i) => line([strokes[i][strokes[i].length - 1], stroke[0]], { width: 1.5, dash: [3, 5], alpha: 0.6 }));
  for (const stroke of strokes) {
    if (stroke.length > 1) line(stroke, { width: PEN });
    else drawMark(ctx, x.at(stroke[0][0]), y.at(stroke[0][1]), { radius: PEN, fill: theme.accent });
  }
}

/** The real curve, as far as it has appeared, and the difference. */
function drawTruth(ctx, paper, theme, { data, curve, heights, shown }) {
  const { box, x, y } = paper;
  const from = Math.max(0, data.given - 1);
  const eased = 1 - (1 - shown) ** 2;
  const seen = { ...box, x: box.x - 2, y: box.y - 2, height: box.height + 4, width: x.at(PLACES * eased) - box.x + 4 };
  clipped(ctx, seen, () => {
    const places = Array.from({ length: PLACES + 1 }, (_, place) => place);
    if (heights) drawBand(ctx, places, curve.truth, heights, x.at, y.at, { color: theme.b, alpha: theme.dark ? 0.3 : 0.24 });
    drawLine(ctx, data.x.slice(from), data.y.slice(from), x, y, { color: theme.text, width: 2.5 });
  });
}

/** How far off the drawing is where it is furthest. */
function drawWorst(ctx, { box, x, y }, theme, { verdict, heights, curve, shown }) {
  if (shown < 1 || !verdict?.amount) return;
  const px = x.at(verdict.worst);
  const [mine, real] = [y.at(heights[verdict.worst]), y.at(curve.truth[verdict.worst])];
  ctx.strokeStyle = theme.b;
  ctx.lineWidth = 2;
  strokeSegment(ctx, px, mine, px, real);
  for (const py of [mine, real]) strokeSegment(ctx, px - 4, py, px + 4, py);
  const right = px > box.x + box.width * 0.8;
  drawLabel(ctx, verdict.amount, px + (right ? -9 : 9), (mine + real) / 2, theme, { color: theme.b, size: 13, weight: 700, align: right ? "right" : "left", baseline: "middle" });
}

function drawKey(ctx, { box }, theme, { heights }, width) {
  const mine = heights ? [{ label: "yours", color: theme.accent }] : [];
  const entries = [...mine, { label: "real", color: theme.text }, ...(heights ? [{ label: "difference", color: mixColor(theme.bg, theme.b, 0.45), shape: "square" }] : [])];
  setText(ctx, theme, 11);
  const wide = entries.reduce((sum, { label }) => sum + 30 + ctx.measureText(label).width, -14);
  drawLegend(ctx, entries, { x: Math.max(box.x, width - 12 - wide), y: 4 }, theme);
}

/** Words on the empty paper, in as many lines as they need, off the place where the curve goes on. */
function drawWords(ctx, { box, x }, theme, text, { anchor }, size = 15) {
  const [left, right] = [x.at(0), box.x + box.width];
  setText(ctx, theme, size, 600);
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (ctx.measureText(longer).width < 0.8 * (right - left)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const middle = anchor === null ? 0.5 : anchor < 0.5 ? 0.27 : 0.73;
  const top = box.y + box.height * middle - (lines.length - 1) * 0.65 * size;
  const style = { size, weight: 600, color: theme.accent, align: "center", baseline: "middle" };
  lines.forEach((line, i) => drawLabel(ctx, line, (left + right) / 2, top + i * 1.3 * size, { ...theme, bg: inviting(theme) }, style));
}

function drawCursor(ctx, { x, y }, theme, { cursor, points, heights }) {
  if (cursor === null) return;
  const height = points.find(([place]) => place === cursor)?.[1] ?? heights?.[cursor];
  if (height !== undefined) drawMark(ctx, x.at(cursor), y.at(height), { radius: 7, stroke: theme.accent, width: 2, fill: theme.bg });
}

/** The paper as it is. */
export function drawPicture(ctx, width, height, theme, scene) {
  const paper = paperOf(scene, width, height);
  const isEmpty = !scene.covered && !scene.shown;
  drawPaper(ctx, paper, theme, scene);
  if (scene.shown) drawTruth(ctx, paper, theme, scene);
  drawGiven(ctx, paper, theme, scene, isEmpty);
  if (isEmpty) drawWords(ctx, paper, theme, INVITATION, scene.curve);
  if (scene.covered) drawStrokes(ctx, paper, theme, scene);
  if (scene.shown) drawKey(ctx, paper, theme, scene, width);
  else drawCursor(ctx, paper, theme, scene);
  drawWorst(ctx, paper, theme, scene);
}

/** The paper before anything is drawn on it, with what is asked: never the answer. */
export function drawEmpty(ctx, width, height, theme, scene) {
  const blank = { ...scene, covered: 0, shown: 0, points: [], heights: null };
  const paper = paperOf(blank, width, height);
  drawPaper(ctx, paper, theme, blank);
  drawGiven(ctx, paper, theme, blank, true);
  drawWords(ctx, paper, theme, plainText(scene.data.prompt), scene.curve);
}
