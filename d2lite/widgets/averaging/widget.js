// The averaging explorer: the matrix of a layer, and how four neighbouring outputs weigh their surroundings.
import { defineExplorer } from "../_core/define.js";
import { formatCount, formatCounted } from "../_core/format.js";
import { facts, hint, stage } from "../_core/parts.js";
import { onPress } from "../_core/press.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { drawMatrix } from "../_draw/layers.js";
import { beside } from "../_draw/panes.js";
import { drawLabel, strokeSegment } from "../_draw/scales.js";
import { averageLayer, COUNT, countDistinct, drawLayer, neighbourGap, shiftPlace, SIDE, surroundings } from "./model.js";

const LABEL = 17; // px for a line of text
const NEIGHBOURS = [[0, 0, ""], [0, 1, "right of it"], [1, 0, "below it"], [1, 1, "below, right"]];

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const [seed, count, unit] = [get("seed"), get("shift_count"), get("unit")];
  const key = `${seed} ${count}`;
  if (scene.seed !== seed) scene.random = drawLayer(seed);
  if (scene.key !== key) {
    const weights = averageLayer(scene.random, count);
    const gaps = [neighbourGap(weights, 0, 1), neighbourGap(weights, 1, 0)];
    Object.assign(scene, { weights, gaps, different: countDistinct(weights), most: weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0) });
  }
  Object.assign(scene, { key, seed, count, unit });
}

const percent = (part) => `${Math.round(100 * part)}%`;

function placeName(unit) {
  return `row ${Math.floor(unit / SIDE) + 1}, column ${(unit % SIDE) + 1}`;
}

function summarise({ count, different, gaps: [right, down] }) {
  const over = count === 1 ? "Not averaged yet" : `Averaged over ${count} shifts`;
  const end = right + down < 1e-9 ? " Every output weighs its surroundings as its neighbours do: a convolution." : "";
  return `${over}: ${formatCounted(different, "different weight")}. Neighbours to the right differ by ${percent(right)}, neighbours below by ${percent(down)}.${end}`;
}

function results({ different, gaps: [right, down] }) {
  return [
    ["different weights", formatCount(different)],
    ["neighbours to the right differ by", percent(right)],
    ["neighbours below differ by", percent(down)],
  ];
}

function ramp({ a, b, bg }) {
  return makeRamp(a, mixColor(a, bg, 0.55), bg, mixColor(b, bg, 0.55), b);
}

function sideOf(width, height) {
  return Math.min(width, height - LABEL);
}

/** The whole matrix: a row for each output, a column for each pixel; lines part the rows of the picture. */
function drawWeights(ctx, width, height, theme, { weights, most, unit }) {
  const side = sideOf(width, height);
  const box = { x: 0, y: 0, width: side, height: side };
  drawMatrix(ctx, weights, COUNT, COUNT, box, ramp(theme), (w) => 0.5 + w / most / 2);
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  for (let k = 0; k <= SIDE; k++) {
    const at = (k * side) / SIDE;
    strokeSegment(ctx, at, 0, at, side);
    strokeSegment(ctx, 0, at, side, at);
  }
  const cell = side / COUNT;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(0.75, unit * cell, side - 1.5, cell);
  drawLabel(ctx, "a row for each output, a column for each pixel", 0, side + 4, theme);
}

/** Four neighbouring outputs where they lie: how each weighs the pixels around its own, which is framed. */
function drawNeighbours(ctx, width, height, theme, { weights, most, unit }) {
  const columns = width > 2.2 * height ? 4 : 2;
  const side = Math.min(width / columns - 10, (height * columns) / 4 - LABEL - 6);
  NEIGHBOURS.forEach(([down, across, name], k) => {
    const [x, y] = [(k % columns) * (side + 10), Math.floor(k / columns) * (side + LABEL + 6)];
    drawLabel(ctx, name || (columns === 2 ? `output ${placeName(unit)}` : "the output"), x + 2, y, theme, { color: name ? theme.muted : theme.text });
    const box = { x, y: y + LABEL, width: side, height: side };
    drawMatrix(ctx, surroundings(weights, shiftPlace(unit, down, across)), SIDE, SIDE, box, ramp(theme), (w) => 0.5 + w / most / 2);
    ctx.strokeStyle = theme.line;
    ctx.lineWidth = 1;
    ctx.strokeRect(x, y + LABEL, side, side);
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(x + side / 3, y + LABEL + side / 3, side / SIDE, side / SIDE);
  });
}

/** Pressing a row of the matrix chooses its output. */
function addRows(app, matrix) {
  onPress(app, matrix.canvas, (event) => {
    const unit = Math.floor((matrix.at(event)[1] / sideOf(matrix.width(), matrix.height())) * COUNT);
    if (unit >= 0 && unit < COUNT) app.set({ unit });
  });
}

export const { render, preview } = defineExplorer({
  title: "Averaging explorer: a dense layer becomes a convolution",
  update: updateScene,
  output: ({ different }) => ({ different }),
  say: summarise,
  left: [stage({ draw: drawWeights, label: "The weights of the layer, a row for each output", use: addRows })],
  right: [
    stage({ draw: drawNeighbours, label: "How four neighbouring outputs weigh their surroundings" }),
    facts(results),
  ],
  controls: ["shift_count", "unit", "seed"],
  bottom: [
    hint("Orange: weights above 0, blue: below. Framed in the matrix: the output looked at. At the right: its weights around its own pixel, which is framed, too, and those of three neighbours."),
  ],
  preview: beside(drawWeights, drawNeighbours, 0.52),
});
