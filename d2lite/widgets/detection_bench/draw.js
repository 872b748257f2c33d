// The scene with what the network makes of it, and with what the reader holds.
import { formatFixed } from "../_core/format.js";
import { THEMES } from "../_core/theme.js";
import { drawChosen, drawProgress } from "../_draw/editing.js";
import { drawBox, drawPixels } from "../_draw/layers.js";
import { linearScale, setText, strokeSegment } from "../_draw/scales.js";
import { PEN } from "../_math/compose.js";
import { progressOf } from "../_math/maps.js";
import { anchorBox, GRID, placeLabel, SIDE } from "./model.js";

const ON_PICTURE = THEMES.dark; // scenes are dark, whatever the page
/** How a detection of each kind looks. */
export const KINDS = {
  correct: { sign: "✓", color: "good", dash: [] },
  drawing: { sign: "✎", color: "accent", dash: [] },
  confused: { sign: "✗", color: "bad", dash: [] },
  double: { sign: "✗", color: "bad", dash: [6, 3] },
  misplaced: { sign: "✗", color: "bad", dash: [6, 3] },
  nothing: { sign: "✗", color: "bad", dash: [2, 3] },
};

/** The scene with all that is asked for drawn on it. */
export function drawBench(ctx, width, height, theme, scene, get) {
  const scale = linearScale([0, SIDE], [0, width]);
  drawPixels(ctx, scene.pixels, SIDE, SIDE, [0, 0, width, height], false);
  if (scene.shown) drawFound(ctx, width, theme, scene, get, scale);
  drawHold(ctx, scene, scale, get("tool"));
  if (scene.slow) drawProgress(ctx, width, height, theme, progressOf(scene.pass));
}

/** What the network found, its raw numbers if they are asked for, and what there is to find. */
function drawFound(ctx, width, theme, scene, get, scale) {
  const { shown, seen, picture } = scene;
  if (get("raw") === "grid") drawObjectness(ctx, seen.positions, scale);
  if (get("raw") === "anchors") drawAll(ctx, seen.positions, scale);
  if (get("truth")) for (const { box } of picture.truths) strokeBox(ctx, box, scale, { color: ON_PICTURE.text, dash: [2, 3], width: 1.25 });
  const order = shown.kept.map((_, i) => i).reverse(); // the best on top
  for (const i of order) drawDetection(ctx, shown, i, scale);
  labelDetections(ctx, scene, scale, width, theme);
  if (get("raw") !== "off" && get("cell") >= 0) drawCell(ctx, scene, get("cell"), scale);
}

/** A box on the scene, in a colour with a dark edge. */
function strokeBox(ctx, box, scale, look) {
  drawBox(ctx, scale, box, { edge: ON_PICTURE.bg, edgeAlpha: 0.6, ...look });
}

function drawDetection(ctx, { kept, verdicts, best }, i, scale) {
  const { color, dash } = KINDS[verdicts[i].kind];
  const chief = best.has(kept[i]);
  strokeBox(ctx, kept[i].box, scale, { color: ON_PICTURE[color], dash, width: chief ? 2 : 1, alpha: chief ? 1 : 0.7, edge: chief ? ON_PICTURE.bg : null });
}

/** The names of what was found, the best first: none lies on another. */
function labelDetections(ctx, { shown, names }, scale, width, theme) {
  setText(ctx, theme, 12, 600);
  const placed = [];
  shown.kept.forEach((one, i) => {
    if (!shown.best.has(one)) return;
    const { sign, color } = KINDS[shown.verdicts[i].kind];
    const text = `${sign} ${names[one.label]} ${formatFixed(one.score)}`;
    const place = placeLabel(one.box.map(scale), ctx.measureText(text).width + 8, placed, width);
    placed.push(place);
    drawTag(ctx, text, place, theme, color);
  });
}

function drawTag(ctx, text, [x, y, wide], theme, color) {
  ctx.fillStyle = theme.bg;
  ctx.fillRect(x, y, wide, 16);
  ctx.fillStyle = theme[color];
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x + 4, y + 8.5);
}

/** The grid, each cell as bright as the objectness of its surest anchor. */
function drawObjectness(ctx, positions, scale) {
  const size = scale(SIDE / GRID);
  const finest = positions.filter(({ stride }) => stride === SIDE / GRID);
  const each = finest.length / GRID ** 2;
  ctx.save();
  for (let k = 0; k < GRID ** 2; k++) {
    const most = Math.max(...finest.slice(k * each, (k + 1) * each).map(({ objectness }) => objectness));
    ctx.globalAlpha = 0.75 * most;
    ctx.fillStyle = ON_PICTURE.b;
    ctx.fillRect((k % GRID) * size, Math.floor(k / GRID) * size, size, size);
  }
  Object.assign(ctx, { globalAlpha: 0.35, strokeStyle: ON_PICTURE.text, lineWidth: 0.75 });
  for (let i = 1; i < GRID; i++) {
    strokeSegment(ctx, i * size, 0, i * size, GRID * size);
    strokeSegment(ctx, 0, i * size, GRID * size, i * size);
  }
  ctx.restore();
}

/** Every box of every anchor, the surer the plainer. */
function drawAll(ctx, positions, scale) {
  for (const { box, objectness } of positions) {
    strokeBox(ctx, box, scale, { color: ON_PICTURE.b, width: 1, alpha: 0.18 + 0.8 * objectness, edge: null });
  }
}

/** One cell: its anchors dashed, and the boxes that the network makes of them. */
function drawCell(ctx, { detector, seen }, cell, scale) {
  const size = SIDE / GRID;
  const [row, column] = [Math.floor(cell / GRID), cell % GRID];
  strokeBox(ctx, [column * size, row * size, (column + 1) * size, (row + 1) * size], scale, { color: ON_PICTURE.text, width: 2 });
  detector.anchors.forEach((_, a) => {
    const { box } = seen.positions[cell * detector.anchors.length + a];
    strokeBox(ctx, anchorBox(detector, row, column, a), scale, { color: ON_PICTURE.text, dash: [3, 3], width: 1, alpha: 0.8, edge: null });
    strokeBox(ctx, box, scale, { color: ON_PICTURE.a, width: 1.5 });
  });
}

/** What the reader holds: the chosen item with its corner, or the pen. */
function drawHold(ctx, { hold, picture }, scale, tool) {
  if (tool === "draw" && hold.focused) {
    ctx.strokeStyle = hold.down ? ON_PICTURE.accent : ON_PICTURE.text;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.arc(scale(hold.pen[0]), scale(hold.pen[1]), scale(PEN), 0, 2 * Math.PI);
    ctx.stroke();
  }
  if (tool === "move") drawChosen(ctx, picture.truths[hold.selected]?.box, scale);
}
