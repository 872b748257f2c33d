// The three tensors of a broadcast as cells, beside or above each other, wherever the cells become largest.
import { drawLabel, setText } from "../_draw/scales.js";
import { mixColor } from "../_core/theme.js";

const LARGEST = 46; // px of a cell
const LEGIBLE = 13; // px a cell needs to show its number
const TITLE = 20; // px above a block
const LETTER = 6.9; // px of a title's letter, about
const BETWEEN = { blocks: 16, sheets: 8 };
const LEFT_OUT = 0.55; // of a cell: the room of the dots for what is left out

/** The last three axes of what is drawn, as [{ count, cut }]: how many, and whether some are left out before the last. */
function lengths(shown) {
  return [[0], [0], [0], ...shown].slice(-3).map((list) => ({ count: list.length, cut: list.length > 1 && list.at(-1) !== list.length - 1 }));
}

/** Where everything stands: { cell, blocks: [[x, y], ...], and place(k): the [x, y] of a cell in a block }. The third axis from the right is drawn as sheets. */
export function layOut({ shown, titles }, fullWidth, fullHeight) {
  const [width, height] = [fullWidth - 4, fullHeight - 4]; // a line is not cut at the edge
  const [sheets, rows, columns] = lengths(shown);
  const units = [columns, rows].map(({ count, cut }) => count + (cut ? LEFT_OUT : 0)); // of a sheet, in cells
  const least = Math.max(110, ...titles.map((title) => LETTER * title.length));
  const between = BETWEEN.sheets + (sheets.cut ? 6 : 0);
  const plans = [];
  for (const across of [true, false]) {
    for (const sheetsAcross of sheets.count > 1 ? [true, false] : [true]) {
      const [nx, ny] = sheetsAcross ? [sheets.count, 1] : [1, sheets.count];
      const gaps = [(nx - 1) * between, (ny - 1) * between];
      const [bx, by] = across ? [3, 1] : [1, 3];
      const room = [(width - (bx - 1) * BETWEEN.blocks) / bx - gaps[0], (height - (by - 1) * BETWEEN.blocks) / by - TITLE - gaps[1]];
      const cell = Math.min(LARGEST, room[0] / (nx * units[0]), room[1] / (ny * units[1]), across && width < 3 * least + 2 * BETWEEN.blocks ? 0 : LARGEST);
      plans.push({ cell, across, sheetsAcross, size: [nx * units[0] * cell + gaps[0], ny * units[1] * cell + gaps[1]] });
    }
  }
  const { cell, across, sheetsAcross, size } = plans.reduce((best, plan) => (plan.cell > best.cell ? plan : best));
  const step = across ? [Math.max(size[0], least) + BETWEEN.blocks, 0] : [0, size[1] + TITLE + BETWEEN.blocks];
  const last = Math.max(size[0], least); // a title may be wider than its cells
  const start = [2 + Math.max(0, (width - 2 * step[0] - last) / 2), Math.max(0, (height - 2 * step[1] - size[1] - TITLE) / 2) + TITLE];
  const shift = sheetsAcross ? [units[0] * cell + between, 0] : [0, units[1] * cell + between];
  const along = ({ count, cut }, i) => (i + (cut && i === count - 1 ? LEFT_OUT : 0)) * cell;
  return {
    cell,
    blocks: [0, 1, 2].map((i) => [start[0] + i * step[0], start[1] + i * step[1]]),
    place: (k) => {
      const sheet = Math.floor(k / (rows.count * columns.count));
      const [row, column] = [Math.floor(k / columns.count) % rows.count, k % columns.count];
      return [sheet * shift[0] + along(columns, column), sheet * shift[1] + along(rows, row)];
    },
    dots: dotsOf({ sheets, rows, columns, units, shift, sheetsAcross, cell, between }),
  };
}

/** Where dots stand for what is left out: [[x, y, sign], ...] in a block. */
function dotsOf({ sheets, rows, columns, units, shift, sheetsAcross, cell, between }) {
  const middle = units.map((n) => (n * cell) / 2);
  const before = ({ count }) => (count - 1 + LEFT_OUT / 2) * cell;
  const dots = [];
  for (let sheet = 0; sheet < sheets.count; sheet++) {
    const [x, y] = [sheet * shift[0], sheet * shift[1]];
    if (columns.cut) dots.push([x + before(columns), y + middle[1], "⋯"]);
    if (rows.cut) dots.push([x + middle[0], y + before(rows), "⋮"]);
  }
  if (sheets.cut) {
    const [x, y] = shift.map((s) => (sheets.count - 1) * s - between / 2);
    dots.push(sheetsAcross ? [x, middle[1], "⋯"] : [middle[0], y, "⋮"]);
  }
  return dots;
}

/** The index of the cell at a point of the picture, in whichever of the three tensors, or null. */
export function cellAt(scene, px, py, width, height) {
  const { cell, blocks, place } = layOut(scene, width, height);
  for (const [x, y] of blocks) {
    for (let k = 0; k < scene.count; k++) {
      const [left, top] = place(k);
      if (px >= x + left && px < x + left + cell && py >= y + top && py < y + top + cell) return k;
    }
  }
  return null;
}

export function drawTensors(ctx, width, height, theme, scene) {
  if (!scene.shown) return drawLabel(ctx, scene.why, width / 2, height / 2, theme, { align: "center", baseline: "middle", size: 13 });
  const plan = layOut(scene, width, height);
  const colors = [theme.a, theme.b, theme.accent];
  plan.blocks.forEach(([x, y], i) => {
    const color = i === 2 && scene.clashes && scene.tensors[2] ? theme.bad : colors[i];
    drawLabel(ctx, scene.titles[i], x, y - 5, theme, { baseline: "bottom", size: 12, weight: 600, color });
    scene.tensors[i]?.forEach((content, k) => drawCell(ctx, x + plan.place(k)[0], y + plan.place(k)[1], plan.cell, theme, { ...content, color: colors[i] }));
    if (scene.tensors[i]?.length) for (const [dx, dy, sign] of plan.dots) drawLabel(ctx, sign, x + dx, y + dy, theme, { align: "center", baseline: "middle", size: 13 });
    if (scene.worked) drawRing(ctx, x, y, plan, theme, scene.chosen);
  });
}

/** A number the tensor holds on a tint of its colour, one read again without it, a place where it has none struck out; "none": not yet there. */
function drawCell(ctx, x, y, size, theme, { value, kind, color }) {
  if (kind === "none") return;
  const absent = kind === "absent";
  ctx.save();
  if (kind === "own") {
    ctx.fillStyle = mixColor(theme.bg, color, 0.22);
    ctx.fillRect(x + 1, y + 1, size - 2, size - 2);
  }
  ctx.strokeStyle = absent ? theme.bad : kind === "own" ? color : theme.muted;
  ctx.lineWidth = kind === "own" ? 1.25 : 1;
  ctx.globalAlpha = kind === "copy" ? 0.65 : 1;
  ctx.setLineDash(kind === "own" ? [] : [3, 2]);
  ctx.strokeRect(x + 1, y + 1, size - 2, size - 2);
  ctx.restore();
  if (size < LEGIBLE) return;
  const text = absent ? "?" : String(value).replace("-", "−");
  setText(ctx, theme, Math.min(13, Math.max(9, size * 0.48), (1.35 * size) / text.length), kind === "own" ? 600 : 400);
  ctx.fillStyle = absent ? theme.bad : kind === "own" ? theme.text : theme.muted;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x + size / 2, y + size / 2);
}

function drawRing(ctx, x, y, { cell, place }, theme, k) {
  const [left, top] = place(k);
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 2;
  ctx.strokeRect(x + left + 1, y + top + 1, cell - 2, cell - 2);
}
