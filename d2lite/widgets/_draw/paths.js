// Paths down a surface: drawn over its map, from a start that can be dragged; and the chart of their losses.
import { formatNumber, shortNumber } from "../_core/format.js";
import { addHandle } from "../_core/handles.js";
import { drawMark } from "./layers.js";
import { linearScale, plotBox } from "./scales.js";

const HEAD = 7; // px of an arrow
const FAR = 1e5; // px: canvases lose their way further out
const GAP = 5; // px between steps that get dots of their own
const SNAP = 3; // px from an axis, where a start is put on it
const FLOOR = 1e-16; // of a logarithmic axis of losses

/** A path (points, a list of [w1, w2]) up to a step, over a map's two scales: a line, and dots for the steps that can be told apart. */
export function drawPath(ctx, points, to, { x, y }, { color, alpha = 1, width = 1.75, dots = false, edge = null }) {
  const at = ([u, v]) => [Math.max(-FAR, Math.min(FAR, x(u))), Math.max(-FAR, Math.min(FAR, y(v)))];
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.beginPath();
  const shown = points.slice(0, to + 1).filter((point) => point.every(Number.isFinite)).map(at);
  shown.forEach((p, i) => (i ? ctx.lineTo(...p) : ctx.moveTo(...p)));
  ctx.stroke();
  let last = [-FAR, -FAR];
  for (const p of dots ? shown.slice(1) : []) {
    if (Math.hypot(p[0] - last[0], p[1] - last[1]) < GAP) continue;
    drawMark(ctx, ...(last = p), { radius: 2.6, fill: color, stroke: edge, width: 0.75 });
  }
  ctx.restore();
}

/** An arrow in pixels; one shorter than least is left out; edge is a colour around it. */
export function drawArrow(ctx, [x0, y0], [x1, y1], color, { width = 1.75, edge = null, least = HEAD } = {}) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length > least) || length > FAR) return;
  const head = Math.min(HEAD, length);
  const [u, v] = [(head * (x1 - x0)) / length, (head * (y1 - y0)) / length];
  ctx.save();
  ctx.lineCap = "round";
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  for (const side of [-0.57, 0.57]) {
    ctx.moveTo(x1 - u + side * v, y1 - v - side * u);
    ctx.lineTo(x1, y1);
  }
  for (const [look, wide] of edge ? [[edge, width + 2.75], [color, width]] : [[color, width]]) {
    ctx.strokeStyle = look;
    ctx.lineWidth = wide;
    ctx.stroke();
  }
  ctx.restore();
}

/**
 * The trait "start" (at most one row) as a handle on a map; a click anywhere puts it there. map() gives { x, y } or null,
 * own() the place to begin while the trait is empty; moving() is called before each change.
 */
export function addStart(app, stage, { map, own, moving = () => {} }) {
  const limit = app.entry("start").columns[0].max;
  const place = (scale, p) => {
    const near = Math.abs(p - scale(0)) < SNAP ? 0 : scale.invert(p);
    return Number(Math.min(limit, Math.max(-limit, near)).toFixed(3));
  };
  const put = (px, py) => {
    moving();
    app.set({ start: [[place(map().x, px), place(map().y, py)]] });
  };
  const start = () => app.get("start")[0] || own(); // the trait: the run follows a frame later, keys may not wait
  const at = () => (map() ? [map().x(start()[0]), map().y(start()[1])] : [-99, -99]);
  const text = () => start().map((w, i) => `w${i + 1} ${formatNumber(w)}`).join(", ");
  addHandle(app, stage, { label: "Start", at, move: put, text, color: "var(--d2l-text)" });
  app.scope.on(stage.canvas, "click", (event) => put(...stage.at(event)));
}

/** The box of a chart of losses. */
export function lossBox(width, height) {
  return plotBox(width, height, { top: 8, right: 16, left: 56, bottom: 22 });
}

/** The scale of steps 0 to count and a little more, in a box. */
export function stepScale(count, box) {
  return linearScale([0, Math.max(20, count * 1.06)], [box.x, box.x + box.width]);
}

/** Losses above the lowest there is, fit for a logarithmic axis. */
export function heightsAbove(losses, lowest) {
  return losses.map((loss) => (Number.isFinite(loss) ? Math.max(FLOOR, loss - lowest) : 1e12));
}

/** A height as text; what the axis cannot show is 0. */
export function heightText(height) {
  return shortNumber(height > FLOOR ? height : 0);
}
