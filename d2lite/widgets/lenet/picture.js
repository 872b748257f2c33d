// The picture: what is covered, and coloured by how much the places matter.
import { makeRamp, parseColor } from "../_core/theme.js";
import { drawMatrix, drawPixels } from "../_draw/layers.js";
import { SIDE, coverCorner, receptiveField } from "./model.js";

/** Draw the picture as the network gets it, what is covered, and where the chosen value looks. */
export function drawInput(ctx, width, height, theme, scene) {
  const side = Math.min(width, height);
  const cell = side / SIDE;
  drawMatrix(ctx, scene.shown, SIDE, SIDE, { x: 0, y: 0, width: side, height: side }, makeRamp(theme.bg, theme.text), (v) => v / 255);
  if (scene.heat) drawSensitivity(ctx, side, theme, scene.heat, scene.pixels);
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.line;
  ctx.strokeRect(0.5, 0.5, side - 1, side - 1);
  const box = (top, left, size, color, dash) => {
    ctx.save();
    ctx.setLineDash(dash);
    ctx.strokeStyle = color;
    ctx.lineWidth = 2;
    const [y0, x0] = [Math.max(0, top) * cell, Math.max(0, left) * cell];
    ctx.strokeRect(x0 + 1, y0 + 1, Math.min(side, (left + size) * cell) - x0 - 2, Math.min(side, (top + size) * cell) - y0 - 2);
    ctx.restore();
  };
  const field = receptiveField(scene.pick);
  box(field.top, field.left, field.size, theme.b, []);
  if (scene.cover) {
    const [top, left] = coverCorner(...scene.cover, scene.coverSize);
    box(top, left, scene.coverSize, theme.accent, [5, 4]);
  }
  if (scene.cursor) box(...scene.cursor, 1, theme.accent, []);
}

/** Orange where covering lowers the probability of the class, blue where it raises it, over the faint picture. */
function drawSensitivity(ctx, side, theme, { drops }, image) {
  const [paper, ink] = [parseColor(theme.bg), parseColor(theme.text)];
  const [less, more] = [parseColor(theme.b), parseColor(theme.a)];
  const most = drops.reduce((a, v) => Math.max(a, Math.abs(v)), 0.05);
  const pixels = new Uint8ClampedArray(4 * SIDE * SIDE).fill(255);
  for (let k = 0; k < SIDE * SIDE; k++) {
    const share = Math.min(0.9, Math.abs(drops[k]) / most);
    const color = drops[k] > 0 ? less : more;
    for (let c = 0; c < 3; c++) {
      const grey = paper[c] + (0.45 * image[k] * (ink[c] - paper[c])) / 255;
      pixels[4 * k + c] = grey + share * (color[c] - grey);
    }
  }
  drawPixels(ctx, pixels, SIDE, SIDE, [0, 0, side, side], false);
}
