// The graph as a picture: values in one colour, gradients in the other, the step that is done in bold.
import { formatNumber } from "../_core/format.js";
import { mixColor } from "../_core/theme.js";
import { drawLabel, linearScale, setText } from "../_draw/scales.js";

const SIGNS = { "*": "×", "-": "−", "/": "÷", "^": "xⁿ", negate: "−", sigmoid: "σ" };
const PIECES = 32; // of a curve
const TEXT = 14; // px above and below a node for its numbers

/** Where everything stands in pixels: { point(item), radius, size (of texts), step (px between columns) }. */
export function placeGraph({ layout }, width, height) {
  const { columns, rows } = layout;
  const step = (width - 76) / Math.max(1, columns - 1);
  const tall = (height - 2 * TEXT - 34) / Math.max(1, rows);
  const radius = Math.max(5, Math.min(16, step * 0.24, tall * 0.3));
  const x = linearScale([0, Math.max(1, columns - 1)], columns > 1 ? [38, width - 38] : [width / 2, width]);
  const edge = TEXT + 17;
  const y = linearScale([0, Math.max(1e-9, rows)], rows > 0 ? [edge, height - edge] : [height / 2, height]);
  const size = Math.max(9, Math.min(12, step / 4.4, tall * 0.4));
  return { point: ({ column, row }) => [x(column), y(row)], radius, size, step, tall };
}

/** Pixels of the inputs, in the order of names. */
export function inputPoints(scene, width, height) {
  if (scene.problem) return [];
  const { point } = placeGraph(scene, width, height);
  return scene.inputs.map((i) => point(scene.layout.at[i]));
}

/** The index of the node at a point, or -1. */
export function nodeAt(scene, px, py, width, height) {
  if (scene.problem) return -1;
  const { point, radius } = placeGraph(scene, width, height);
  return scene.layout.at.findIndex((item) => Math.hypot(point(item)[0] - px, point(item)[1] - py) <= radius + 4);
}

export function drawGraph(ctx, width, height, theme, scene) {
  if (scene.problem) return drawProblem(ctx, width, height, theme, scene);
  const place = placeGraph(scene, width, height);
  for (const edge of scene.layout.edges) drawEdge(ctx, theme, scene, place, edge);
  scene.nodes.forEach((_, i) => drawNode(ctx, theme, scene, place, i));
  for (const edge of scene.layout.edges) labelEdge(ctx, theme, scene, place, edge);
}

/** The typed text with a mark under what cannot be read. */
function drawProblem(ctx, width, height, theme, { typed, at }) {
  const size = Math.max(8, Math.min(16, (width - 24) / (0.62 * Math.max(1, typed.length))));
  const left = (width - 0.62 * size * typed.length) / 2;
  ctx.textAlign = "center";
  ctx.textBaseline = "alphabetic";
  ctx.font = `400 ${size}px ${theme.mono}`;
  [...typed].forEach((sign, i) => {
    ctx.fillStyle = i === at ? theme.bad : theme.text;
    ctx.fillText(sign, left + 0.62 * size * (i + 0.5), height / 2);
  });
  if (at === null) return;
  ctx.fillStyle = theme.bad;
  ctx.fillText("▲", left + 0.62 * size * (at + 0.5), height / 2 + 1.3 * size);
}

/** Whether a step has used an edge: "now", "done" or "", forward and backward. */
function passage({ done, current }, to) {
  const how = (kind, did) => (current?.kind === kind && current.node === to ? "now" : did[to] ? "done" : "");
  return { forward: how("forward", done.forward), backward: how("backward", done.backward) };
}

function wayOf({ point, radius }, { points, k }, same) {
  const [first, ...rest] = points.map(point);
  const bow = same ? (k ? 1 : -1) * radius * 1.3 : 0; // both arguments are one node
  const end = rest.at(-1);
  return { first: [first[0] + radius, first[1]], middle: rest.slice(0, -1), end: [end[0] - radius - 1, end[1] + (same ? 0.4 * bow : 0)], bow };
}

function drawEdge(ctx, theme, scene, place, edge) {
  const { args } = scene.nodes[edge.to];
  const { first, middle, end, bow } = wayOf(place, edge, args.length === 2 && args[0] === args[1]);
  const { forward, backward } = passage(scene, edge.to);
  const back = backward && scene.live[edge.from];
  const now = forward === "now" || (back && backward === "now");
  ctx.strokeStyle = back ? theme.b : forward ? theme.a : theme.line;
  ctx.lineWidth = now ? 3 : 1.5;
  ctx.globalAlpha = now || !scene.current ? 1 : 0.55;
  ctx.beginPath();
  ctx.moveTo(...first);
  let from = first;
  for (const to of [...middle, end]) {
    for (let i = 1; i <= PIECES; i++) ctx.lineTo(...between(from, to, bow, i / PIECES));
    from = to;
  }
  ctx.stroke();
  ctx.fillStyle = ctx.strokeStyle;
  if (back) drawTip(ctx, first, 1);
  else drawTip(ctx, end, -1);
  ctx.globalAlpha = 1;
}

/** A point of the way between two, level at both ends. */
function between([x0, y0], [x1, y1], bow, t) {
  const share = t * t * (3 - 2 * t);
  return [x0 + (x1 - x0) * t, y0 + (y1 - y0) * share + bow * 4 * t * (1 - t) * 0.75];
}

/** An arrowhead that ends at a point: 1 points left, -1 right. */
function drawTip(ctx, [x, y], turn) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x + turn * 7, y - 3.5);
  ctx.lineTo(x + turn * 7, y + 3.5);
  ctx.fill();
}

/** The local slope on an edge whose gradient has passed: on all where there is room, else on those of the step, or none. */
function labelEdge(ctx, theme, scene, place, edge) {
  const { backward } = passage(scene, edge.to);
  if (!backward || !scene.live[edge.from] || place.step < 60 || (backward === "done" && (place.step < 84 || place.tall < 30))) return;
  const { args } = scene.nodes[edge.to];
  const { first, middle, end, bow } = wayOf(place, edge, args.length === 2 && args[0] === args[1]);
  const from = middle.at(-1) ?? first;
  const [x, y] = [(from[0] + end[0]) / 2, (from[1] + end[1]) / 2 + 0.75 * bow];
  const text = `×${formatNumber(scene.slopes[edge.to][edge.k], 3)}`;
  const now = backward === "now";
  drawLabel(ctx, text, x, y, theme, { align: "center", baseline: "middle", size: place.size - (now ? 0 : 1), weight: now ? 700 : 400, color: now ? theme.text : theme.muted });
}

function drawNode(ctx, theme, scene, place, i) {
  const { nodes, values, gradients, live, done, current, failed, wrong } = scene;
  const { op, name, label } = nodes[i];
  const [x, y] = place.point(scene.layout.at[i]);
  const { radius, size } = place;
  const leaf = op === "input" || op === "number";
  const known = leaf || done.forward[i];
  const back = gradients[i] !== null;
  const now = current?.node === i;
  if (op !== "number") {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    const tone = i === failed ? theme.bad : back ? theme.b : known ? theme.a : theme.muted;
    ctx.fillStyle = mixColor(theme.bg, tone, op === "input" ? 0.3 : known ? 0.14 : 0.04);
    ctx.fill();
    ctx.strokeStyle = tone;
    ctx.lineWidth = now ? 3 : 1.5;
    ctx.stroke();
    ctx.fillStyle = theme.text;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    const text = name ?? SIGNS[op] ?? op;
    setText(ctx, theme, Math.max(8, Math.min(14, (2 * radius - 3) / Math.max(1.1, 0.56 * text.length))), 600);
    ctx.fillText(text, x, y + 0.5);
  }
  const gap = op === "number" ? -size / 2 : radius + 2;
  const value = `${label ? `${label} = ` : ""}${known ? formatNumber(values[i], 3) : label ? "?" : ""}`;
  drawLabel(ctx, value, x, y - gap, theme, { align: "center", baseline: "bottom", size, weight: now && current.kind === "forward" ? 700 : 400, color: i === failed ? theme.bad : theme.a });
  if (!back || !live[i]) return;
  const bad = wrong.includes(i); // nudging finds another slope
  drawLabel(ctx, `${bad ? "✗ " : ""}${formatNumber(gradients[i], 3)}`, x, y + gap, theme, { align: "center", size, weight: 700, color: bad ? theme.bad : theme.b });
}
