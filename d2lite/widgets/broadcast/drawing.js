// The three tensors of a broadcast as cells, beside or above each other, wherever the cells become largest.
import { drawLabel, setText } from "../_draw/scales.js";
import { mixColor } from "../_core/theme.js";

const LARGEST = 46; // px of a cell
const LEGIBLE = 17; // px a cell needs to show its number
const TITLE = 20; // px above a block
const LEAST = 118; // px wide, for its title
const BETWEEN = { blocks: 14, sheets: 8 };

/** Where everything stands: { cell, blocks: [[x, y], ...] and sheet(i): its [x, y] in a block }. A shape of three axes is drawn as sheets. */
export function layOut(drawn, fullWidth, fullHeight) {
  const [width, height] = [fullWidth - 4, fullHeight - 4]; // a line is not cut at the edge
  const [sheets, rows, columns] = [1, 1, 1, ...drawn].slice(-3);
  const plans = [];
  for (const across of [true, false]) {
    for (const sheetsAcross of sheets > 1 ? [true, false] : [true]) {
      const [nx, ny] = sheetsAcross ? [sheets, 1] : [1, sheets];
      const gaps = [(nx - 1) * BETWEEN.sheets, (ny - 1) * BETWEEN.sheets];
      const [bx, by] = across ? [3, 1] : [1, 3];
      const room = [(width - (bx - 1) * BETWEEN.blocks) / bx - gaps[0], (height - (by - 1) * BETWEEN.blocks) / by - TITLE - gaps[1]];
      const cell = Math.min(LARGEST, room[0] / (nx * columns), room[1] / (ny * rows), across && width < 3 * LEAST + 2 * BETWEEN.blocks ? 0 : LARGEST);
      plans.push({ cell, across, sheetsAcross, size: [nx * columns * cell + gaps[0], ny * rows * cell + gaps[1]] });
    }
  }
  const { cell, across, sheetsAcross, size } = plans.reduce((best, plan) => (plan.cell > best.cell ? plan : best));
  const step = across ? [Math.max(size[0], LEAST) + BETWEEN.blocks, 0] : [0, size[1] + TITLE + BETWEEN.blocks];
  const last = Math.max(size[0], LEAST); // a title may be wider than its cells
  const start = [2 + Math.max(0, (width - 2 * step[0] - last) / 2), Math.max(0, (height - 2 * step[1] - size[1] - TITLE) / 2) + TITLE];
  const shift = sheetsAcross ? [columns * cell + BETWEEN.sheets, 0] : [0, rows * cell + BETWEEN.sheets];
  return {
    cell,
    rows,
    columns,
    blocks: [0, 1, 2].map((i) => [start[0] + i * step[0], start[1] + i * step[1]]),
    place: (k) => {
      const [sheet, inSheet] = [Math.floor(k / (rows * columns)), k % (rows * columns)];
      return [sheet * shift[0] + (inSheet % columns) * cell, sheet * shift[1] + Math.floor(inSheet / columns) * cell];
    },
  };
}

/** The index of the cell at a point of the picture, in whichever of the three tensors, or null. */
export function cellAt({ drawn, count }, px, py, width, height) {
  const { cell, blocks, place } = layOut(drawn, width, height);
  for (const [x, y] of blocks) {
    for (let k = 0; k < count; k++) {
      const [left, top] = place(k);
      if (px >= x + left && px < x + left + cell && py >= y + top && py < y + top + cell) return k;
    }
  }
  return null;
}

export function drawTensors(ctx, width, height, theme, scene) {
  if (!scene.drawn) return drawLabel(ctx, scene.why, width / 2, height / 2, theme, { align: "center", baseline: "middle", size: 13 });
  const plan = layOut(scene.drawn, width, height);
  const colors = [theme.a, theme.b, theme.accent];
  plan.blocks.forEach(([x, y], i) => {
    drawLabel(ctx, scene.titles[i], x, y - 5, theme, { baseline: "bottom", size: 12, weight: 600, color: i === 2 && scene.clashes ? theme.bad : colors[i] });
    scene.tensors[i].forEach((content, k) => drawCell(ctx, x + plan.place(k)[0], y + plan.place(k)[1], plan.cell, theme, { ...content, color: colors[i] }));
    if (!scene.clashes) drawRing(ctx, x, y, plan, theme, scene.chosen);
  });
}

/** A number the tensor holds on a tint of its colour, one read again without it, a place where it has none struck out. */
function drawCell(ctx, x, y, size, theme, { value, kind, color }) {
  const absent = kind === "absent";
  ctx.save();
  if (kind === "own") {
    ctx.fillStyle = mixColor(theme.bg, color, 0.22);
    ctx.fillRect(x + 1, y + 1, size - 2, size - 2);
  }
  ctx.strokeStyle = absent ? theme.bad : kind === "own" ? color : theme.line;
  ctx.lineWidth = kind === "own" ? 1.25 : 1;
  ctx.setLineDash(kind === "own" ? [] : [3, 2]);
  ctx.strokeRect(x + 1, y + 1, size - 2, size - 2);
  ctx.restore();
  if (size < LEGIBLE) return;
  setText(ctx, theme, Math.min(13, Math.max(9, size * 0.48), (1.35 * size) / String(value).length), kind === "own" ? 600 : 400);
  ctx.fillStyle = absent ? theme.bad : kind === "own" ? theme.text : theme.muted;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(absent ? "?" : String(value), x + size / 2, y + size / 2);
}

function drawRing(ctx, x, y, { cell, place }, theme, k) {
  const [left, top] = place(k);
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 2;
  ctx.strokeRect(x + left + 1, y + top + 1, cell - 2, cell - 2);
}
