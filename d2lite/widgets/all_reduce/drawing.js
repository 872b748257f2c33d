// The all-reduce explorer's picture: a row a worker, a column a chunk, and arrows for what was just sent.
import { drawArrow } from "../_draw/paths.js";
import { drawLabel, setText, strokeSegment } from "../_draw/scales.js";
import { mixColor } from "../_core/theme.js";

/** Where the cells are: left, top, sizes and gaps in pixels. */
function layout(n, width, height) {
  const narrow = width < 420;
  const [left, right, top, bottom] = [narrow ? 26 : 74, 26, 38, 16];
  const column = (width - left - right) / n;
  const row = (height - top - bottom) / n;
  const cell = [Math.min(column - 6, 92), Math.min(row * 0.64, 44)];
  const x = (c) => left + column * (c + 0.5);
  const y = (w) => top + row * (w + 0.5);
  return { narrow, left, column, row, cell, x, y, edge: width - 12, above: top - 12, below: height - 7 };
}

/** The cell, counted row by row, at a point, or null. */
export function cellAt({ n }, px, py, width, height) {
  const { x, y, column, row } = layout(n, width, height);
  const [c, w] = [Math.round((px - x(0)) / column), Math.round((py - y(0)) / row)];
  return c >= 0 && c < n && w >= 0 && w < n ? w * n + c : null;
}

export function drawWorkers(ctx, width, height, theme, scene) {
  const { n, values, parts, messages, chosen } = scene;
  const at = layout(n, width, height);
  for (let c = 0; c < n; c++) drawLabel(ctx, at.narrow ? `${c + 1}` : `chunk ${c + 1}`, at.x(c), 4, theme, { align: "center" });
  for (let w = 0; w < n; w++) drawLabel(ctx, at.narrow ? `w${w + 1}` : `worker ${w + 1}`, 2, at.y(w), theme, { baseline: "middle", color: theme.text, size: 12 });
  const received = new Set(messages.flatMap(({ to, chunks }) => chunks.map((c) => to * n + c)));
  for (let k = 0; k < n * n; k++) {
    const [w, c] = [Math.floor(k / n), k % n];
    drawCell(ctx, at, theme, { w, c, value: values[w][c], share: parts[w][c].length / n, received: received.has(k), chosen: k === chosen });
  }
  for (const message of messages) (message.chunks.length > 1 ? drawVector : drawChunk)(ctx, at, theme, message);
}

/** A cell: blue by how many workers are in it, orange when all are. */
function drawCell(ctx, { x, y, cell }, theme, { w, c, value, share, received, chosen }) {
  const [wide, high] = cell;
  const [left, top] = [x(c) - wide / 2, y(w) - high / 2];
  ctx.fillStyle = share === 1 ? mixColor(theme.bg, theme.b, 0.42) : mixColor(theme.bg, theme.a, 0.08 + 0.5 * (share - 0.125));
  ctx.fillRect(left, top, wide, high);
  ctx.strokeStyle = chosen ? theme.accent : received ? theme.text : theme.line;
  ctx.lineWidth = chosen ? 3 : received ? 1.75 : 1;
  ctx.strokeRect(left, top, wide, high);
  setText(ctx, theme, high < 18 ? 11 : 14, share === 1 ? 700 : 500);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.text;
  ctx.fillText(String(value), x(c), y(w));
}

/** A chunk that went to the next row, or from the last row round the outside to the first. */
function drawChunk(ctx, { x, y, cell, edge, above, below }, theme, { from, to, chunks: [c] }) {
  const half = cell[1] / 2;
  if (to > from) return drawArrow(ctx, [x(c), y(from) + half], [x(c), y(to) - half], theme.text, { width: 2, least: 2 });
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 2;
  const way = [[x(c), y(from) + half], [x(c), below], [edge, below], [edge, above], [x(c), above]];
  for (let i = 1; i < way.length; i++) strokeSegment(ctx, ...way[i - 1], ...way[i]);
  drawArrow(ctx, way.at(-1), [x(c), y(to) - half], theme.text, { width: 2, least: 2 });
}

/** A whole vector that went from one row to another, along the right edge. */
function drawVector(ctx, { x, y, cell, edge }, theme, { from, to, chunks }) {
  const side = x(chunks.at(-1)) + cell[0] / 2;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 2;
  strokeSegment(ctx, side, y(from), edge, y(from));
  strokeSegment(ctx, edge, y(from), edge, y(to));
  drawArrow(ctx, [edge, y(to)], [side + 2, y(to)], theme.text, { width: 2, least: 2 });
}
