// The graph of a program: a box an operation, its shape, and its value as soon as it is known.
import { formatFixed } from "../_core/format.js";
import { drawLegend } from "../_draw/layers.js";
import { drawArrow } from "../_draw/paths.js";
import { drawLabel, strokeSegment } from "../_draw/scales.js";

const NAMES = { matmul: "@", add: "+", positive: "> 0" };
const topOf = (width) => (width < 400 ? 36 : 20); // the legend's room

/** What a box says: its name and the operation. */
export const titleOf = ({ kind, name, op }) => (kind === "op" ? `${name}: ${NAMES[op] ?? op}` : name);

/** A shape as Python writes it. */
export const shapeText = (shape) => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`);

/** A value in a few characters. */
export function valueText({ op, value }) {
  if (op === "positive") return value.data[0] ? "True" : "False";
  return value.data.map((one) => formatFixed(one, 2).replace("-", "−")).join(", ");
}

/** The boxes of the nodes: [x, y, width, height] each. */
export function boxesOf({ nodes, layout }, width, height) {
  const { places, rows, columns } = layout;
  const left = Math.min(74, width * 0.2);
  const room = (width - left) / columns;
  const top = topOf(width);
  const step = (height - top) / rows;
  const [w, h] = [Math.min(room - 10, 150), Math.min(step - 10, 44)];
  return nodes.map(({ kind }, i) => {
    const { depth, column } = places[i];
    const y = top + (depth + 0.5) * step - h / 2;
    if (kind === "weight") return [2, y + h / 2 - 14, left - 16, 28];
    return [left + column * room + (room - w) / 2, y, w, h];
  });
}

/** The node under a point, or -1. */
export function nodeAt(scene, px, py, width, height) {
  return boxesOf(scene, width, height).findIndex(([x, y, w, h], i) => scene.state[i] !== "absent" && px >= x && px <= x + w && py >= y && py <= y + h);
}

function drawEdge(ctx, from, to, color, weight) {
  const [x0, y0, w0, h0] = from;
  const [x1, y1, w1, h1] = to;
  if (weight) return drawArrow(ctx, [x0 + w0, y0 + h0 / 2], [x1 - 1, y1 + h1 / 2], color, { width: 1.25 });
  if (y1 <= y0) return drawArrow(ctx, [x0 + w0, y0 + h0 / 2], [x1, y1 + h1 / 2], color, { width: 1.5 });
  const near = y1 - y0 < 1.7 * (h0 + 12);
  if (!near && x0 - x1 > 1) return drawArrow(ctx, [x0 + w0 / 2, y0 + h0], [x1 + w1 + 1, y1 + h1 / 2], color, { width: 1.5 }); // beside what stands between
  if (near || x1 - x0 > 1) return drawArrow(ctx, [x0 + w0 / 2, y0 + h0], [x1 + w1 / 2, y1 - 1], color, { width: 1.5 });
  // Past what stands between: round its right side.
  const side = x0 + w0 + 14;
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(x0 + w0, y0 + h0 / 2);
  ctx.bezierCurveTo(side, y0 + h0 / 2, side, y0 + h0 / 2, side, y0 + h0 + 8);
  ctx.lineTo(side, y1 - 4);
  ctx.stroke();
  return drawArrow(ctx, [side, y1 - 4], [x1 + w1 + 1, y1 + h1 / 2], color, { width: 1.5 });
}

function styleOf(theme, { kind }, state, now) {
  if (kind === "weight") return { edge: theme.good, fill: theme.surface, text: theme.text, dash: [] };
  if (kind === "input") return { edge: theme.a, fill: theme.surface, text: theme.text, dash: [] };
  if (state === "dropped") return { edge: theme.line, fill: theme.bg, text: theme.muted, dash: [2, 3] };
  if (state === "noted") return { edge: theme.muted, fill: theme.bg, text: theme.text, dash: [5, 3] };
  return { edge: now ? theme.b : theme.text, fill: theme.surface, text: theme.text, dash: [] };
}

function drawNode(ctx, theme, node, [x, y, w, h], state, now) {
  const look = styleOf(theme, node, state, now);
  ctx.setLineDash(look.dash);
  ctx.lineWidth = now ? 3 : 1.5;
  ctx.strokeStyle = now ? theme.b : look.edge;
  ctx.fillStyle = look.fill;
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.fill();
  ctx.stroke();
  ctx.setLineDash([]);
  const title = node.kind === "weight" || w < 96 || state === "noted" ? titleOf(node) : `${titleOf(node)}  ${shapeText(node.shape)}`;
  const middle = x + w / 2;
  const lines = node.kind === "weight" ? [title, shapeText(node.shape)] : [title, state === "known" ? valueText(node) : state === "dropped" ? "not needed" : shapeText(node.shape)];
  const size = Math.min(12, h / 2.6, node.kind === "weight" ? w / 4.5 : w / 6.5);
  const label = (text, at, color, weight = 400) => drawLabel(ctx, text, middle, at, theme, { color, size, weight, align: "center", baseline: "middle" });
  label(lines[0], y + h * 0.3, look.text, 600);
  label(lines[1], y + h * 0.72, state === "known" && node.kind === "op" ? theme.text : theme.muted);
}

/** Where one graph ends and Python decides which comes next. */
function drawCut(ctx, width, y, theme) {
  ctx.strokeStyle = theme.bad;
  ctx.lineWidth = 1.25;
  ctx.setLineDash([2, 4]);
  strokeSegment(ctx, 2, y, width - 2, y);
  ctx.setLineDash([]);
  drawLabel(ctx, "Python decides", width - 4, y - 3, theme, { color: theme.bad, align: "right", baseline: "bottom" });
}

/** The picture: what has been written down or computed so far. */
export function drawGraph(ctx, width, height, theme, scene) {
  const { nodes, state, current, layout } = scene;
  const boxes = boxesOf(scene, width, height);
  const there = nodes.map((_, i) => state[i] !== "absent");
  const used = nodes.map((node, i) => node.kind !== "weight" || nodes.some(({ args }, k) => there[k] && args.includes(i)));
  nodes.forEach(({ args }, i) => {
    if (!there[i]) return;
    const color = state[i] === "dropped" ? theme.line : theme.muted;
    for (const arg of new Set(args)) drawEdge(ctx, boxes[arg], boxes[i], color, nodes[arg].kind === "weight");
  });
  nodes.forEach((node, i) => there[i] && used[i] && drawNode(ctx, theme, node, boxes[i], state[i], current?.node === i && current.kind !== "loop"));
  layout.cut.forEach((depth, k) => {
    if (nodes.some((node, i) => there[i] && node.piece > k)) drawCut(ctx, width, topOf(width) + (depth + 0.5) * ((height - topOf(width)) / layout.rows), theme);
  });
  if (scene.still) return;
  const entries = [
    { label: "written down", color: theme.muted, dash: [5, 3] },
    { label: "computed", color: theme.text },
    { label: "this step", color: theme.b },
    { label: "weight", color: theme.good },
  ];
  drawLegend(ctx, entries, { x: 2, y: 0 }, theme, width);
}
