// What the cells of the gates explorer are drawn with: pipes, valves, boxes, and values at the ends.
import { formatFixed } from "../_core/format.js";
import { drawLabel, setText } from "../_draw/scales.js";

const PIPE = 11; // px, the width of a pipe: what passes a gate that is wholly open
export const VALVE = 12; // px, the radius of a valve
const DISC = 7.5; // px, the radius of a move's number
const LANES = { h: -3.5, x: 3.5 }; // px from a gate's middle: where the two threads enter it
const FAINT = 0.22; // of what is not in the move shown
const MOVES = { see: ["see"], keep: ["keep"], write: ["write"], add: ["keep", "write", "add"], show: ["show"] };

/** Draw a part of a cell: at full strength where it belongs to the move shown, faint where not. parts: the move, or moves, it is of. */
export function drawPart(ctx, move, parts, draw) {
  ctx.save();
  ctx.globalAlpha = move === "all" || MOVES[move].some((part) => parts.includes(part)) ? 1 : FAINT;
  draw();
  ctx.restore();
}

/** Where a cell's two rows of pipes lie, and the threads of h and x below them. */
export function heightsOf(height) {
  return { top: 0.27 * height, low: 0.66 * height, h: height - 22, x: height - 9 };
}

/**
 * What is read and what was shown a step ago, as two threads from the left: a solid one, x, and a dashed one, h, into each of the
 * places (x, y) given for it, from below.
 */
export function drawThreads(ctx, theme, at, ends) {
  for (const name of ["h", "x"]) {
    ctx.strokeStyle = ctx.fillStyle = theme.muted;
    ctx.lineWidth = 1.3;
    const y = at[name];
    const last = Math.max(...ends[name].map(([x]) => x)) + LANES[name];
    ctx.setLineDash(name === "h" ? [4, 3] : []);
    ctx.beginPath();
    ctx.moveTo(at.left - 4, y);
    ctx.lineTo(last, y);
    for (const [x, end] of ends[name]) {
      ctx.moveTo(x + LANES[name], y);
      ctx.lineTo(x + LANES[name], end + 5);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    for (const [x, end] of ends[name]) {
      ctx.moveTo(x + LANES[name], end + 1);
      ctx.lineTo(x + LANES[name] - 3, end + 7);
      ctx.lineTo(x + LANES[name] + 3, end + 7);
    }
    ctx.fill();
    drawLabel(ctx, name === "h" ? (at.narrow ? "h₋₁" : "h before") : at.narrow ? "x" : "x now", at.left - 8, y, theme, { align: "right", baseline: "middle", size: 11 });
  }
}

/** The number of a move, in a disc. */
export function drawNumber(ctx, theme, number, x, y, color) {
  ctx.fillStyle = color;
  ctx.beginPath();
  ctx.arc(x, y, DISC, 0, 2 * Math.PI);
  ctx.fill();
  setText(ctx, theme, 11, 700);
  ctx.fillStyle = theme.bg;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(number, x, y + 0.5);
}

/** A pipe along points, and in it what flows: a share of its width. */
export function drawPipe(ctx, theme, points, share, color) {
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

/** A valve: its letter in a ring, its words and its value above, with the number of its move before them. */
export function drawValve(ctx, theme, { letter, words = "", value, color, number }, [x, y]) {
  ctx.fillStyle = theme.bg;
  ctx.strokeStyle = color;
  ctx.lineWidth = 2.5;
  ctx.beginPath();
  ctx.arc(x, y, VALVE, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  drawLabel(ctx, letter, x, y + 0.5, theme, { color, size: letter.length > 1 ? 9 : 14, weight: 700, align: "center", baseline: "middle" });
  const label = `${words} ${formatFixed(value, 2)}`.trim();
  drawLabel(ctx, label, x, y - VALVE - 4, theme, { color, size: 12, weight: 700, align: "center", baseline: "bottom" });
  if (number) drawNumber(ctx, theme, number, x - ctx.measureText(label).width / 2 - DISC - 4, y - VALVE - 11, color);
}

/** A box on a pipe, with a word in it, and above it what comes out, if that is told. */
export function drawBox(ctx, theme, word, x, y, size, value) {
  ctx.fillStyle = theme.bg;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1.5;
  ctx.fillRect(x - size / 2, y - 11, size, 22);
  ctx.strokeRect(x - size / 2, y - 11, size, 22);
  drawLabel(ctx, word, x, y + 0.5, theme, { color: theme.text, size: 13, align: "center", baseline: "middle" });
  if (value !== undefined) drawLabel(ctx, formatFixed(value, 2), x, y - VALVE - 4, theme, { color: theme.text, size: 12, weight: 700, align: "center", baseline: "bottom" });
}

/** A value at the end of a pipe: its name above, the number below. */
export function drawEnd(ctx, theme, name, value, x, y, align) {
  const from = x + (align === "right" ? -6 : 6);
  drawLabel(ctx, name, from, y - 1, theme, { align, baseline: "bottom", size: 11 });
  drawLabel(ctx, formatFixed(value, 2), from, y + 1, theme, { color: theme.text, size: 13, weight: 700, align, baseline: "top" });
}
