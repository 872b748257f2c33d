// The pictures of the splits explorer: the table, a column of two birds for each nest, and the score of each fold.
import { drawLegend, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { score, TEST, TRAINING, VALIDATION } from "./model.js";

const [LABEL, GAP] = [15, 4]; // px: a species' name above a band, between bands
const topOf = (width) => (width < 560 ? 38 : 22); // px: the legend has two lines where there is little room

/** How nests stand: bands of columns, as large as the room allows. */
function arrange(count, width, height) {
  let best = { cell: 0 };
  for (let bands = 1; bands <= 12; bands++) {
    const columns = Math.ceil(count / bands);
    const cell = Math.min(40, width / columns, ((height - topOf(width)) / bands - LABEL - GAP) / 2);
    if (cell > best.cell) best = { cell, columns };
  }
  return best;
}

/** The place of each row's cell: { cell, columns, at(i) }; rows stand two a column. */
export function layout({ rows }, width, height) {
  const { cell, columns } = arrange(Math.ceil(rows.length / 2), width, height);
  const at = (i) => {
    const nest = i >> 1;
    return [(nest % columns) * cell, topOf(width) + LABEL + Math.floor(nest / columns) * (2 * cell + LABEL + GAP) + (i & 1) * cell];
  };
  return { cell, columns, at };
}

/** The row at a point, or null. */
export function rowAt(scene, px, py, width, height) {
  const { cell, at } = layout(scene, width, height);
  const found = scene.rows.findIndex((_, i) => {
    const [x, y] = at(i);
    return px >= x && px < x + cell && py >= y && py < y + cell;
  });
  return found < 0 ? null : found;
}

const isShut = ({ parts, opened }, i) => parts[i] === TEST && !opened;

export function drawTable(ctx, width, height, theme, scene) {
  const place = layout(scene, width, height);
  const { rows, parts, labels } = scene;
  const all = rows.map((_, i) => i);
  const cells = (part) => all.filter((i) => parts[i] === part);
  fillCells(ctx, place, cells(TRAINING), theme.line, 0.45);
  fillCells(ctx, place, cells(VALIDATION), theme.accent, 0.4);
  fillCells(ctx, place, cells(TEST), theme.muted, scene.opened ? 0.4 : 0.85);
  [0, 1].forEach((label) => fillMarks(ctx, place, all.filter((i) => labels[i] === label && !isShut(scene, i)), label, theme));
  nameSpecies(ctx, width, place, theme, scene);
  scene.crossing.mates.forEach((i) => joinMates(ctx, place, theme, i, rows));
  scene.crossing.copies.forEach((i) => frameCell(ctx, place, theme, i, theme.bad));
  pointAt(ctx, place, theme, scene);
  const entries = [{ label: "training", color: theme.line, shape: "square" }, { label: "validation", color: theme.accent, shape: "square" }];
  if (scene.hasTest) entries.push({ label: scene.opened ? "test" : "test, shut", color: theme.muted, shape: "square" });
  entries.push(...scene.classes.map((label, k) => ({ label, color: k ? theme.b : theme.a, shape: k ? "diamond" : "circle" })));
  drawLegend(ctx, entries, { x: 0, y: 0 }, theme, width);
}

/** Cells of one part as one path, which keeps the still picture small. */
function fillCells(ctx, { at, cell }, list, color, alpha) {
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.fillStyle = color;
  ctx.beginPath();
  for (const i of list) {
    const [x, y] = at(i);
    ctx.rect(x + 0.5, y + 0.5, cell - 1, cell - 1);
  }
  ctx.fill();
  ctx.restore();
}

/** Class 0 as circles, class 1 as diamonds, as one path. */
function fillMarks(ctx, { at, cell }, list, label, theme) {
  const r = (label ? 0.36 : 0.2) * cell;
  ctx.fillStyle = label ? theme.b : theme.a;
  ctx.beginPath();
  for (const i of list) {
    const [x, y] = at(i).map((v) => v + cell / 2);
    ctx.moveTo(x + r, y);
    if (label) [[0, r], [-r, 0], [0, -r]].forEach(([dx, dy]) => ctx.lineTo(x + dx, y + dy));
    else ctx.arc(x, y, r, 0, 2 * Math.PI);
    ctx.closePath();
  }
  ctx.fill();
}

/** A species' name over its first nest, and a word over the first copy. */
function nameSpecies(ctx, width, place, theme, { rows, numBirds, species }) {
  const begins = (i) => i === 0 || i === numBirds || (i < numBirds && rows[i].facts[0] !== rows[i - 1].facts[0]);
  rows.forEach((row, i) => {
    if (!begins(i)) return;
    const [x, y] = place.at(i);
    const late = x > width - 70;
    drawLabel(ctx, i === numBirds ? "copies" : species[row.facts[0]], late ? x + place.cell : x + 1, y - 2, theme, { baseline: "bottom", size: 11, align: late ? "right" : "left" });
  });
}

/** A bar between two birds of a nest that stand on different sides; copies have none. */
function joinMates(ctx, { at, cell }, theme, i, rows) {
  const mate = i ^ 1;
  if (mate >= rows.length || rows[mate].bird !== (rows[i].bird ^ 1)) return;
  const [x, y] = at(Math.min(i, mate));
  ctx.strokeStyle = theme.bad;
  ctx.lineWidth = Math.max(1.5, cell / 8);
  ctx.setLineDash([]);
  strokeSegment(ctx, x + cell / 2, y + 0.72 * cell, x + cell / 2, y + 1.28 * cell);
}

function frameCell(ctx, { at, cell }, theme, i, color, width = 1.5) {
  const [x, y] = at(i);
  ctx.setLineDash([]);
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.strokeRect(x + 0.75, y + 0.75, cell - 1.5, cell - 1.5);
}

/** The bird looked at, and the training row that it copies. */
function pointAt(ctx, place, theme, { chosen, neighbour }) {
  const middle = (i) => place.at(i).map((v) => v + place.cell / 2);
  if (neighbour >= 0) {
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([3, 3]);
    strokeSegment(ctx, ...middle(chosen), ...middle(neighbour));
    frameCell(ctx, place, theme, neighbour, theme.text, 1.5);
  }
  frameCell(ctx, place, theme, chosen, theme.text, 3);
}

export function drawScores(ctx, width, height, theme, scene) {
  const { folds, fold, promised, worth, opened } = scene;
  const box = plotBox(width, height, { left: 30, right: 8, top: 22, bottom: 30 });
  const shown = folds.length + (opened ? 1 : 0);
  const x = linearScale([0.4, shown + 0.6], [box.x, box.x + box.width]);
  const y = linearScale([0, 1.04], [box.y + box.height, box.y]);
  const ticks = Array.from({ length: shown }, (_, k) => k + 1);
  drawAxes(ctx, box, x, y, theme, { xTicks: ticks, yTicks: [0, 0.5, 1], format: (value) => (value > folds.length ? "test" : String(value)) });
  drawLabel(ctx, folds.length > 1 ? "fold" : "validation part", box.x + box.width / 2, height - 1, theme, { align: "center", baseline: "bottom" });
  level(ctx, box, y(0.5), theme.muted, [2, 3]);
  level(ctx, box, y(promised), theme.accent, []);
  if (worth !== null) level(ctx, box, y(worth), theme.text, [6, 4]);
  folds.forEach(({ validation }, k) => {
    const value = score(validation);
    if (Number.isFinite(value)) drawMark(ctx, x(k + 1), y(value), { radius: k + 1 === fold ? 6 : 3.5, fill: theme.accent, stroke: theme.bg, width: 1.5 });
  });
  if (opened) drawMark(ctx, x(shown), y(score(folds[fold - 1].test)), { shape: "diamond", radius: 6, fill: theme.muted, stroke: theme.bg, width: 1.5 });
  const entries = [{ label: "score promised", color: theme.accent }, { label: "guessing", color: theme.muted, dash: [2, 3] }];
  if (worth !== null) entries.push({ label: "on new birds", color: theme.text, dash: [6, 4] });
  drawLegend(ctx, entries, { x: 0, y: 0 }, theme, width);
}

function level(ctx, box, height, color, dash) {
  ctx.strokeStyle = color;
  ctx.lineWidth = 2;
  ctx.setLineDash(dash);
  strokeSegment(ctx, box.x, height, box.x + box.width, height);
  ctx.setLineDash([]);
}
