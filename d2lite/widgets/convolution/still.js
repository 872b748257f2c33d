// The explorer as one still picture: photo and output, and under them the window, the kernel, the products and their sum.
import { formatCell, formatNumber } from "../_core/format.js";
import { drawLabel, setText } from "../_draw/scales.js";

const LABEL = 18; // px above each grid
const GAP = 20; // px between two

/** Draw it with the makers of its two pictures. */
export function drawStill(ctx, width, height, theme, scene, { drawInput, drawOutput }) {
  const { settings } = scene.result;
  const fits = settings.channels === 1 && settings.kernel_size <= 3 && scene.taps.length > 0;
  const below = fits ? LABEL + Math.min(height * 0.3, width * 0.23) : LABEL;
  const side = Math.min(height - below - 8, (width - GAP) / 2);
  const left = (width - 2 * side - GAP) / 2;
  for (const [draw, x] of [[drawInput, left], [drawOutput, left + side + GAP]]) {
    ctx.save();
    ctx.translate(x, 0);
    draw(ctx, side, side, theme, scene);
    ctx.restore();
  }
  if (fits) drawArithmetic(ctx, { x: left, y: side + 8, width: 2 * side + GAP, height: below }, theme, scene);
}

/** Window × kernel = products, and the sum, in a row. */
function drawArithmetic(ctx, { x, y, width, height }, theme, { taps, result, index }) {
  const k = result.settings.kernel_size;
  const side = Math.min(height - LABEL, (width - 3 * GAP) / 3.6);
  const step = (width - 3.6 * side) / 3 + side;
  const grids = [
    ["window", taps.map(({ pixel }) => pixel), ({ pixel }) => grayOf(pixel)],
    ["× kernel", taps.map(({ weight }) => weight), () => [theme["accent-soft"] || theme.surface, theme.text]],
    ["= products", taps.map(({ product }) => product), ({ product }) => [theme.bg, signColor(product, theme)]],
  ];
  grids.forEach(([name, values, look], i) => {
    drawLabel(ctx, name, x + i * step, y, theme, { size: 12 });
    values.forEach((value, n) => {
      const [paper, ink] = look(taps[n]);
      const cell = side / k;
      drawCell(ctx, [x + i * step + (n % k) * cell, y + LABEL + Math.floor(n / k) * cell, cell, cell], formatCell(value), paper, ink, theme);
    });
  });
  const sum = result.output[index];
  drawLabel(ctx, "sum", x + 3 * step, y, theme, { size: 12 });
  drawCell(ctx, [x + 3 * step, y + LABEL, 0.6 * side, side / k], formatNumber(sum), theme.bg, signColor(sum, theme), theme);
}

function drawCell(ctx, [x, y, width, height], text, paper, ink, theme) {
  ctx.fillStyle = paper;
  ctx.fillRect(x, y, width, height);
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.strokeRect(x, y, width, height);
  setText(ctx, theme, Math.min(14, height * 0.42));
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = ink;
  ctx.fillText(text, x + width / 2, y + height / 2);
}

/** A pixel's gray, and the ink that is read on it. */
export function grayOf(pixel) {
  const gray = Math.round(255 * pixel);
  return [`rgb(${gray}, ${gray}, ${gray})`, gray > 117 ? "#000000" : "#ffffff"];
}

function signColor(value, theme) {
  return Math.abs(value) < 0.005 ? theme.text : value > 0 ? theme.b : theme.a;
}
