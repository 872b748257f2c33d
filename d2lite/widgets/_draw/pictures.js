// Small pictures that travel in a payload: twin of d2lite/widgets/_pictures.py.
import { bytesOf } from "../_math/bytes.js";
import { drawPixels } from "./layers.js";

/** { width, height, palette: "rrggbb...", pixels: base64 of one palette index a pixel } as RGBA bytes, width and height. */
export function readPicture({ width, height, palette, pixels }) {
  const bytes = bytesOf(pixels);
  const colors = palette.match(/.{6}/g).map((digits) => parseInt(digits, 16));
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let k = 0, at = 0; k < width * height; k++, at += 4) {
    const color = colors[bytes[k]];
    rgba[at] = color >> 16;
    rgba[at + 1] = (color >> 8) & 255;
    rgba[at + 2] = color & 255;
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
