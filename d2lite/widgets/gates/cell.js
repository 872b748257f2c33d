// The cell of the gates explorer: pipes from left to right, each gate a valve, what passes it as wide as its value.
import { formatFixed } from "../_core/format.js";
import { drawLabel } from "../_draw/scales.js";

const PIPE = 11; // px, the width of a pipe: what passes a gate that is wholly open
const VALVE = 12; // px, the radius of a valve
const MOVES = { keep: ["keep"], write: ["write"], add: ["keep", "write", "add"], show: ["show"] };
const FAINT = 0.22; // of what is not in the move shown
const WORDS = { f: "forget gate", i: "input gate", o: "output gate" };

/** The colour of each gate, in the cell and in the rows below it. */
export function gateColors(theme) {
  return { f: theme.a, i: theme.b, o: theme.good };
}

/** One unit's cell at one step. values: { f, i, o, g, before, c, h }; move: "all", "keep", "write", "add" or "show". */
export function drawCell(ctx, width, height, theme, values, move) {
  const at = placesOf(width, height);
  for (const part of ["keep", "write", "show", "add"]) {
    ctx.save();
    ctx.globalAlpha = move === "all" || MOVES[move].includes(part) ? 1 : FAINT;
    PARTS[part](ctx, at, theme, values);
    ctx.restore();
  }
}

/** Where the parts stand. */
function placesOf(width, height) {
  const narrow = width < 460;
  const [top, low] = [0.36 * height, 0.82 * height];
  const x = (share) => share * width;
  return { narrow, top, low, left: narrow ? 44 : 66, right: width - (narrow ? 44 : 66), f: x(0.27), g: x(0.17), i: x(0.33), plus: x(0.49), tanh: x(0.64), o: x(0.78) };
}

const PARTS = {
  /** The state before, through the forget gate. */
  keep(ctx, at, theme, { f, before }) {
    drawPipe(ctx, theme, [[at.left, at.top], [at.f, at.top]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.f, at.top], [at.plus, at.top]], f, gateColors(theme).f);
    drawValve(ctx, theme, at, "f", f, [at.f, at.top]);
    drawEnd(ctx, theme, at.narrow ? "c₋₁" : "c before", before, at.left, at.top, "right");
  },
  /** The candidate, through the input gate. */
  write(ctx, at, theme, { i, g }) {
    drawPipe(ctx, theme, [[at.g, at.low], [at.i, at.low]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.i, at.low], [at.plus, at.low], [at.plus, at.top]], i, gateColors(theme).i);
    drawValve(ctx, theme, at, "i", i, [at.i, at.low]);
    drawEnd(ctx, theme, at.narrow ? "g" : "candidate g", g, at.g, at.low, "right");
  },
  /** Their sum, the new state. */
  add(ctx, at, theme, { c }) {
    drawPipe(ctx, theme, [[at.plus, at.top], [at.right, at.top]], 1, theme.text);
    drawBox(ctx, theme, "+", at.plus, at.top, 2 * VALVE);
    drawEnd(ctx, theme, "c now", c, at.right, at.top, "left");
  },
  /** What the others see of it: squashed, through the output gate. */
  show(ctx, at, theme, { o, h }) {
    drawPipe(ctx, theme, [[at.tanh, at.top], [at.tanh, at.low], [at.o, at.low]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.o, at.low], [at.right, at.low]], o, gateColors(theme).o);
    drawBox(ctx, theme, "tanh", at.tanh, (at.top + at.low) / 2, 40);
    drawValve(ctx, theme, at, "o", o, [at.o, at.low]);
    drawEnd(ctx, theme, "h now", h, at.right, at.low, "left");
  },
};

/** A pipe along points, and in it what flows: a share of its width. */
function drawPipe(ctx, theme, points, share, color) {
  for (const [stroke, width] of [[theme.line, PIPE], [color, PIPE * Math.max(0, Math.min(1, share))]]) {
    if (width < 0.3) continue;
    ctx.strokeStyle = stroke;
    ctx.lineWidth = width;
    ctx.lineJoin = "round";
    ctx.beginPath();
    points.forEach((point, k) => (k ? ctx.lineTo(...point) : ctx.moveTo(...point)));
    ctx.stroke();
  }
  ctx.lineJoin = "miter";
}

/** A valve: its letter in a ring, a bar across the pipe that stands out as it shuts, its name and value above. */
function drawValve(ctx, theme, at, gate, value, [x, y]) {
  const color = gateColors(theme)[gate];
  ctx.fillStyle = theme.bg;
  ctx.strokeStyle = color;
  ctx.lineWidth = 2.5;
  ctx.beginPath();
  ctx.arc(x, y, VALVE, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  drawLabel(ctx, gate, x, y + 0.5, theme, { color, size: 14, weight: 700, align: "center", baseline: "middle" });
  const name = at.narrow ? "" : `${WORDS[gate]} `;
  drawLabel(ctx, `${name}${formatFixed(value, 2)}`, x, y - VALVE - 4, theme, { color, size: 12, weight: 700, align: "center", baseline: "bottom" });
}

/** A box on a pipe, with a word in it. */
function drawBox(ctx, theme, word, x, y, size) {
  ctx.fillStyle = theme.bg;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1.5;
  ctx.fillRect(x - size / 2, y - 11, size, 22);
  ctx.strokeRect(x - size / 2, y - 11, size, 22);
  drawLabel(ctx, word, x, y + 0.5, theme, { color: theme.text, size: 13, align: "center", baseline: "middle" });
}

/** A value at the end of a pipe: its name above, the number below. */
function drawEnd(ctx, theme, name, value, x, y, align) {
  const from = x + (align === "right" ? -6 : 6);
  drawLabel(ctx, name, from, y - 1, theme, { align, baseline: "bottom", size: 11 });
  drawLabel(ctx, formatFixed(value, 2), from, y + 1, theme, { color: theme.text, size: 13, weight: 700, align, baseline: "top" });
}
