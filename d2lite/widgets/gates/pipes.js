// What the cells of the gates explorer are drawn with: pipes, valves, boxes, and values at the ends.
import { formatFixed } from "../_core/format.js";
import { drawLabel } from "../_draw/scales.js";

const PIPE = 11; // px, the width of a pipe: what passes a gate that is wholly open
export const VALVE = 12; // px, the radius of a valve

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

/** A valve: its letter in a ring, its words and its value above. */
export function drawValve(ctx, theme, { letter, words = "", value, color }, [x, y]) {
  ctx.fillStyle = theme.bg;
  ctx.strokeStyle = color;
  ctx.lineWidth = 2.5;
  ctx.beginPath();
  ctx.arc(x, y, VALVE, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  drawLabel(ctx, letter, x, y + 0.5, theme, { color, size: letter.length > 1 ? 11 : 14, weight: 700, align: "center", baseline: "middle" });
  drawLabel(ctx, `${words} ${formatFixed(value, 2)}`.trim(), x, y - VALVE - 4, theme, { color, size: 12, weight: 700, align: "center", baseline: "bottom" });
}

/** A box on a pipe, with a word in it. */
export function drawBox(ctx, theme, word, x, y, size) {
  ctx.fillStyle = theme.bg;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1.5;
  ctx.fillRect(x - size / 2, y - 11, size, 22);
  ctx.strokeRect(x - size / 2, y - 11, size, 22);
  drawLabel(ctx, word, x, y + 0.5, theme, { color: theme.text, size: 13, align: "center", baseline: "middle" });
}

/** A value at the end of a pipe: its name above, the number below. */
export function drawEnd(ctx, theme, name, value, x, y, align) {
  const from = x + (align === "right" ? -6 : 6);
  drawLabel(ctx, name, from, y - 1, theme, { align, baseline: "bottom", size: 11 });
  drawLabel(ctx, formatFixed(value, 2), from, y + 1, theme, { color: theme.text, size: 13, weight: 700, align, baseline: "top" });
}
