// A photo made like those of Fashion-MNIST: light things on black, trimmed, in 28 x 28 gray levels. No DOM here.

const SIDE = 28;
const DIFFERS = 0.15; // of the range: such a pixel is not background
const SHARE = 0.01; // of a row or column that must differ for it to be kept
const FINE = 8; // points a pixel's mean is taken over, in each direction

/** Luminance of RGBA bytes, what is see-through laid on white, 0 to 1. */
function grayOf(rgba) {
  return Float64Array.from({ length: rgba.length / 4 }, (_, k) => {
    const [r, g, b, a] = rgba.subarray(4 * k, 4 * k + 4);
    return 1 + (a / 255) * ((0.299 * r + 0.587 * g + 0.114 * b) / 255 - 1);
  });
}

/** The median of the picture's edge, which is taken for the background. */
function edgeLevel(gray, width, height) {
  const edge = [...gray].filter((_, k) => k < width || k >= width * (height - 1) || k % width === 0 || k % width === width - 1);
  return edge.sort((a, b) => a - b)[edge.length >> 1];
}

/** First and past the last index at which enough of a line differs from the background; all of them if none does. */
function extent(counts, least) {
  const first = counts.findIndex((n) => n >= least);
  return first < 0 ? [0, counts.length] : [first, counts.length - [...counts].reverse().findIndex((n) => n >= least)];
}

/**
 * RGBA bytes of a photo as { pixels, inverted }: 784 levels from 0 to 255. Its edge becomes black, a bright edge by turning the
 * photo into its negative; the margin is trimmed, and what is left put into the middle of a square.
 */
export function shrinkPhoto(rgba, width, height) {
  const gray = grayOf(rgba);
  const ground = edgeLevel(gray, width, height);
  const inverted = ground > 0.5;
  const lifted = gray.map((v) => Math.max(0, inverted ? ground - v : v - ground));
  const most = lifted.reduce((a, v) => Math.max(a, v), 1e-9);
  const [rows, columns] = [new Array(height).fill(0), new Array(width).fill(0)];
  lifted.forEach((v, k) => {
    if (v <= DIFFERS * most) return;
    rows[Math.floor(k / width)]++;
    columns[k % width]++;
  });
  const [[top, bottom], [left, right]] = [extent(rows, SHARE * width), extent(columns, SHARE * height)];
  const side = Math.max(bottom - top, right - left);
  const [y0, x0] = [(top + bottom - side) / 2, (left + right - side) / 2];
  const level = (y, x) => (y >= 0 && y < height && x >= 0 && x < width ? lifted[y * width + x] / most : 0);
  const place = (i, s, from) => Math.floor(from + ((i + (s + 0.5) / FINE) * side) / SIDE);
  const pixels = Array.from({ length: SIDE * SIDE }, (_, k) => {
    let sum = 0;
    for (let s = 0; s < FINE * FINE; s++) sum += level(place(Math.floor(k / SIDE), Math.floor(s / FINE), y0), place(k % SIDE, s % FINE, x0));
    return Math.round((255 * sum) / FINE ** 2);
  });
  return { pixels, inverted };
}
