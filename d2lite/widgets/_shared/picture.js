// Small pictures that travel in a payload: twin of d2lite/widgets/_pictures.py.
import { drawPixels } from "./layers.js";

/** { width, height, palette: "rrggbb...", pixels: base64 of one palette index a pixel } as RGBA bytes, width and height. */
export function readPicture({ width, height, palette, pixels }) {
  const bytes = atob(pixels);
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let k = 0; k < width * height; k++) {
    const color = parseInt(palette.substr(6 * bytes.charCodeAt(k), 6), 16);
    rgba.set([color >> 16, (color >> 8) & 255, color & 255, 255], 4 * k);
  }
  return { width, height, rgba };
}

/** A picture of readPicture over [0, 0, side, side], dimmed towards a colour so that what is drawn on it can be seen. */
export function drawPicture(ctx, picture, side, theme, dim = 0.35) {
  drawPixels(ctx, picture.rgba, picture.width, picture.height, [0, 0, side, side], true);
  ctx.save();
  ctx.globalAlpha = dim;
  ctx.fillStyle = theme.bg;
  ctx.fillRect(0, 0, side, side);
  ctx.restore();
}

/** Every second pixel each way: a small picture for a small preview. */
export function halfPicture({ width, height, rgba }) {
  const [w, h] = [width >> 1, height >> 1];
  const small = new Uint8ClampedArray(4 * w * h);
  for (let k = 0; k < w * h; k++) {
    const at = 4 * (2 * (k % w) + 2 * width * Math.floor(k / w));
    small.set(rgba.subarray(at, at + 4), 4 * k);
  }
  return { width: w, height: h, rgba: small };
}
