// Layers of a picture, drawn on a Canvas2D context or on one that records SVG. Pure: data, scales and colours in.
import { drawLabel, setText } from "./scales.js";

/** Run paint with drawing limited to a box. */
export function clipped(ctx, box, paint) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.x, box.y, box.width, box.height);
  ctx.clip();
  paint();
  ctx.restore();
}

/** A line through (xs[i], ys[i]); xs may be null for 0, 1, 2, ... At most two points a pixel are drawn. */
export function drawLine(ctx, xs, ys, x, y, { color, width = 1.75, dash = [], alpha = 1, from = 0, to = ys.length } = {}) {
  const step = Math.max(1, Math.floor((to - from) / (2 * Math.abs(x.range[1] - x.range[0]) + 1)));
  const put = (i, first) => {
    const at = [x(xs ? xs[i] : i), y(ys[i])];
    if (first) ctx.moveTo(...at);
    else ctx.lineTo(...at);
  };
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  for (let i = from; i < to; i += step) put(i, i === from);
  if (to > from && (to - 1 - from) % step) put(to - 1, false);
  ctx.stroke();
  ctx.restore();
}

/** The area between two lines, (xs[i], lows[i]) and (xs[i], highs[i]). */
export function drawBand(ctx, xs, lows, highs, x, y, { color, alpha = 0.22 }) {
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.fillStyle = color;
  ctx.beginPath();
  for (let i = 0; i < xs.length; i++) ctx.lineTo(x(xs[i]), y(highs[i]));
  for (let i = xs.length - 1; i >= 0; i--) ctx.lineTo(x(xs[i]), y(lows[i]));
  ctx.closePath();
  ctx.fill();
  ctx.restore();
}

/** One mark: shape "circle", "square", "diamond" or "cross" of a radius, filled and edged. */
export function drawMark(ctx, px, py, { shape = "circle", radius = 4.5, fill = null, stroke = null, width = 1.25 } = {}) {
  if (radius <= 0) return; // on a stage of a few pixels
  ctx.beginPath();
  if (shape === "circle") ctx.arc(px, py, radius, 0, 2 * Math.PI);
  else if (shape === "square") ctx.rect(px - radius * 0.9, py - radius * 0.9, radius * 1.8, radius * 1.8);
  else if (shape === "diamond") {
    const r = radius * 1.25;
    ctx.moveTo(px, py - r);
    ctx.lineTo(px + r, py);
    ctx.lineTo(px, py + r);
    ctx.lineTo(px - r, py);
    ctx.closePath();
  } else {
    ctx.moveTo(px - radius, py - radius);
    ctx.lineTo(px + radius, py + radius);
    ctx.moveTo(px + radius, py - radius);
    ctx.lineTo(px - radius, py + radius);
  }
  if (fill) {
    ctx.fillStyle = fill;
    ctx.fill();
  }
  if (stroke) {
    ctx.strokeStyle = stroke;
    ctx.lineWidth = width;
    ctx.stroke();
  }
}

/** A box [x1, y1, x2, y2] over one scale for both axes: its line, perhaps over a wider one (edge) and an inside (fill). */
export function drawBox(ctx, scale, box, { color, width = 2, dash = [], alpha = 1, edge = null, edgeAlpha = 1, fill = null }) {
  const [x, y] = [scale(box[0]), scale(box[1])];
  const place = [x, y, scale(box[2]) - x, scale(box[3]) - y];
  ctx.save();
  ctx.globalAlpha = alpha;
  if (fill) {
    ctx.fillStyle = fill;
    ctx.fillRect(...place);
  }
  if (edge) {
    ctx.globalAlpha = alpha * edgeAlpha;
    ctx.strokeStyle = edge;
    ctx.lineWidth = width + 2;
    ctx.strokeRect(...place);
    ctx.globalAlpha = alpha;
  }
  ctx.setLineDash(dash);
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.strokeRect(...place);
  ctx.restore();
}

/** Marks at data points; style(i) gives drawMark's options for the i-th, or null to leave it out. */
export function drawMarks(ctx, points, x, y, style) {
  for (let i = 0; i < points.length; i++) {
    const look = style(i);
    if (look) drawMark(ctx, x(points[i][0]), y(points[i][1]), look);
  }
}

/** A grid of values of f(x, y) at the corners of columns x rows cells over two scales: { values, nx, ny, x, y }. */
export function makeGrid(x, y, cells, f) {
  const nx = cells + 1;
  const ny = Math.max(2, Math.round((cells * Math.abs(y.range[1] - y.range[0])) / Math.abs(x.range[1] - x.range[0])) + 1);
  const values = new Float64Array(nx * ny);
  const [x0, y0] = [x.range[0], y.range[1]]; // from the top left
  const [dx, dy] = [(x.range[1] - x0) / (nx - 1), (y.range[0] - y0) / (ny - 1)];
  for (let j = 0, k = 0; j < ny; j++) {
    const v = y.invert(y0 + j * dy);
    for (let i = 0; i < nx; i++, k++) values[k] = f(x.invert(x0 + i * dx), v);
  }
  return { values, nx, ny, x: x0, y: y0, dx, dy };
}

let heatCanvas = null;

/** A grid as a smooth picture: shade(value) in 0..1 picks from a ramp of makeRamp. */
export function drawHeat(ctx, grid, ramp, shade) {
  const { nx, ny, values } = grid;
  // each value is a pixel's centre, so the picture reaches half a cell beyond the grid
  const box = [grid.x - grid.dx / 2, grid.y - grid.dy / 2, grid.dx * nx, grid.dy * ny];
  drawPixels(ctx, shadePixels(values, nx * ny, ramp, shade), nx, ny, box, true);
}

/** RGBA bytes of the first count values in a ramp's colours. */
function shadePixels(values, count, ramp, shade) {
  const pixels = new Uint8ClampedArray(4 * count).fill(255);
  for (let k = 0, at = 0; k < count; k++, at += 4) {
    const t = 3 * Math.min(255, Math.max(0, Math.round(255 * shade(values[k]))));
    pixels[at] = ramp[t];
    pixels[at + 1] = ramp[t + 1];
    pixels[at + 2] = ramp[t + 2];
  }
  return pixels;
}

/** A matrix (rows of numbers, or a flat array of rows x columns) as cells of colour in a box. */
export function drawMatrix(ctx, values, rows, columns, box, ramp, shade) {
  const pixels = shadePixels(values, rows * columns, ramp, shade);
  drawPixels(ctx, pixels, columns, rows, [box.x, box.y, box.width, box.height], false);
}

/** RGBA bytes stretched over [x, y, width, height], smoothly or in cells. */
export function drawPixels(ctx, pixels, width, height, box, smooth) {
  if (ctx.recordPixels) {
    ctx.recordPixels(pixels, width, height, box, smooth);
    return;
  }
  heatCanvas = heatCanvas || document.createElement("canvas");
  if (heatCanvas.width !== width || heatCanvas.height !== height) Object.assign(heatCanvas, { width, height });
  heatCanvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  ctx.imageSmoothingEnabled = smooth;
  ctx.drawImage(heatCanvas, ...box);
}

/** Images (N of them, flat arrays of rows x columns in 0..1) in a grid: options perRow, size, gap, ramp. */
export function drawImages(ctx, images, rows, columns, at, { perRow, size, gap = 2, ramp }) {
  images.forEach((image, i) => {
    const box = { x: at.x + (i % perRow) * (size + gap), y: at.y + Math.floor(i / perRow) * (size + gap), width: size };
    drawMatrix(ctx, image, rows, columns, { ...box, height: (size * rows) / columns }, ramp, (v) => v);
  });
}

/** The line along which a grid equals level, by marching squares. Style as in drawLine. */
export function drawContour(ctx, grid, level, { color, width = 1.5, dash = [], alpha = 1 } = {}) {
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.lineCap = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  for (const line of contourLines(grid, level)) {
    line.forEach(([px, py], i) => (i ? ctx.lineTo(px, py) : ctx.moveTo(px, py)));
  }
  ctx.stroke();
  ctx.restore();
}

/** The contour's lines as lists of [px, py]: the cells' segments, joined end to end. */
export function contourLines(grid, level) {
  const segments = new Map(); // edge -> edges it is joined to; an edge is its corner's index times 2, plus 1 if upright
  const link = (from, to) => segments.get(from)?.push(to) ?? segments.set(from, [to]);
  const join = (a, b) => {
    link(a, b);
    link(b, a);
  };
  const { values, nx, ny } = grid;
  for (let k = 0; k < nx * (ny - 1); k++) {
    const above = (values[k] > level) + (values[k + 1] > level) + (values[k + nx] > level) + (values[k + nx + 1] > level);
    if (above % 4 && (k + 1) % nx) cellSegments(grid, k, level, join); // few cells: the rest costs a comparison each
  }
  const lines = [];
  const ends = [...segments.keys()].filter((edge) => segments.get(edge).length === 1);
  for (const edge of [...ends, ...segments.keys()]) {
    if (segments.has(edge)) lines.push(followLine(segments, edge).map((e) => crossing(grid, e, level)));
  }
  return lines;
}

/** Join the edges of the cell at corner k that the line crosses; its corners are not all on one side. */
function cellSegments({ values, nx }, k, level, join) {
  const [a, b, c, d] = [values[k] > level, values[k + 1] > level, values[k + nx + 1] > level, values[k + nx] > level];
  const [top, right, bottom, left] = [2 * k, 2 * (k + 1) + 1, 2 * (k + nx), 2 * k + 1];
  const cut = [a !== b && top, b !== c && right, c !== d && bottom, d !== a && left].filter((edge) => edge !== false);
  if (cut.length === 2) join(cut[0], cut[1]);
  else {
    const middle = (values[k] + values[k + 1] + values[k + nx] + values[k + nx + 1]) / 4 > level;
    join(top, middle === a ? right : left); // a saddle: the middle says which corners belong together
    join(bottom, middle === a ? left : right);
  }
}

function followLine(segments, start) {
  const line = [start];
  let at = start;
  while (at !== undefined) {
    const next = segments.get(at)?.[0];
    if (next === undefined) break;
    unlink(segments, at, next);
    unlink(segments, next, at);
    line.push(next);
    at = next;
  }
  segments.delete(at);
  return line;
}

function unlink(segments, from, to) {
  const rest = segments.get(from);
  rest.splice(rest.indexOf(to), 1);
  if (rest.length === 0) segments.delete(from);
}

function crossing({ values, nx, x, y, dx, dy }, edge, level) {
  const k = edge >> 1;
  const upright = edge & 1;
  const [i, j] = [k % nx, Math.floor(k / nx)];
  const t = (level - values[k]) / (values[k + (upright ? nx : 1)] - values[k]);
  return [x + (i + (upright ? 0 : t)) * dx, y + (j + (upright ? t : 0)) * dy];
}

/** A legend: entries { label, color, shape | line | dash } from left to right, wrapped in a width. Returns its height. */
export function drawLegend(ctx, entries, at, theme, width = Infinity) {
  let [px, py] = [at.x, at.y + 8];
  setText(ctx, theme, 11);
  for (const { label, color, shape, dash = [] } of entries) {
    const needed = 16 + ctx.measureText(label).width + 14;
    if (px > at.x && px + needed - 14 > at.x + width) [px, py] = [at.x, py + 17];
    if (shape) drawMark(ctx, px + 6, py, shape === "cross" ? { shape, radius: 3.5, stroke: color, width: 2 } : { shape, radius: 4, fill: color });
    else {
      ctx.save();
      ctx.setLineDash(dash);
      ctx.strokeStyle = color;
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.moveTo(px, py);
      ctx.lineTo(px + 12, py);
      ctx.stroke();
      ctx.restore();
    }
    drawLabel(ctx, label, px + 17, py, theme, { baseline: "middle" });
    px += needed;
  }
  return py + 9 - at.y;
}
