// Scenes composed in the page, in the way of d2lite.datasets.scenes: a cloudy background, tinted items, strokes of a pen.
// A scene is square; side is its pixels.
import { bytesOf } from "./bytes.js";
import { makeRng } from "./rng.js";

const ITEM = 28; // pixels of a stored item
const DARK = 12; // brightness below which a pixel is no part of an item
export const PEN = 2.2; // pixels, the radius of a stroke
const HALF = 0.5 - 1e-9; // so that rounding does not decide where the opacity is one half
const INK = [236, 232, 222];
/** Tints of items, brightest part first 255, as the training scenes have them. */
export const TINTS = [
  [255, 250, 242], [255, 150, 118], [255, 214, 112], [168, 255, 140], [128, 228, 255], [150, 170, 255], [255, 160, 236],
];

/** A (after x before) matrix of bilinear resampling along one axis, as in d2lite.datasets: rows of [index, weight] pairs. */
export function resampling(before, after) {
  return Array.from({ length: after }, (_, i) => {
    const at = Math.min(before - 1, Math.max(0, ((i + 0.5) * before) / after - 0.5));
    const low = Math.min(before - 2, Math.floor(at));
    return [[low, 1 - (at - low)], [low + 1, at - low]];
  });
}

/** A square picture of before x before numbers, resampled to after x after. */
export function resample(values, before, after) {
  const rows = resampling(before, after);
  const result = new Float64Array(after * after);
  for (let y = 0; y < after; y++) {
    const [[above, u], [below, v]] = rows[y];
    for (let x = 0; x < after; x++) {
      const [[left, s], [right, t]] = rows[x];
      result[y * after + x] = u * (s * values[above * before + left] + t * values[above * before + right])
        + v * (s * values[below * before + left] + t * values[below * before + right]);
    }
  }
  return result;
}

/** 1 on an item and on what it encloses, 0 where a dark path leads to the border: 28 x 28. */
export function outlineOf(pixels) {
  const outside = new Uint8Array(ITEM * ITEM);
  const queue = [];
  const last = ITEM * (ITEM - 1); // where the last row begins
  const visit = (k) => {
    if (outside[k] || pixels[k] >= DARK) return;
    outside[k] = 1;
    queue.push(k);
  };
  for (let i = 0; i < ITEM; i++) for (const k of [i, last + i, i * ITEM, i * ITEM + ITEM - 1]) visit(k);
  while (queue.length) {
    const k = queue.pop();
    if (k % ITEM) visit(k - 1);
    if ((k + 1) % ITEM) visit(k + 1);
    if (k >= ITEM) visit(k - ITEM);
    if (k < last) visit(k + ITEM);
  }
  return Float64Array.from(outside, (flag) => 1 - flag);
}

/** The palette's items from base64: { pixels, outline, label } each. */
export function readPalette({ pixels, labels }) {
  const bytes = bytesOf(pixels);
  return labels.map((label, i) => {
    const own = bytes.slice(i * ITEM * ITEM, (i + 1) * ITEM * ITEM);
    return { pixels: own, outline: outlineOf(own), label, sizes: new Map() };
  });
}

/** An item at a size: { value, alpha } of side x side, and the tight box of what shows; kept for the next time. */
export function sizedItem(item, side) {
  if (!item.sizes.has(side)) {
    const value = resample(Float64Array.from(item.pixels, (byte) => byte / 255), ITEM, side);
    const alpha = resample(item.outline, ITEM, side);
    item.sizes.set(side, { value, alpha, tight: tightBox(alpha, side) });
  }
  return item.sizes.get(side);
}

function tightBox(alpha, side) {
  let box = [side, side, 0, 0];
  alpha.forEach((a, k) => {
    const [x, y] = [k % side, Math.floor(k / side)];
    if (a > HALF) box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x + 1), Math.max(box[3], y + 1)];
  });
  return box;
}

/** The top left corner of an item's window: whole pixels, as in training. */
function corner([, x, y, side]) {
  return [Math.round(x - side / 2), Math.round(y - side / 2)];
}

/** The true boxes, { box, label }, of placed rows [item, x, y, size, tint] in a scene, cut at its edge. */
export function truthOf(rows, items, side) {
  return rows.map((row) => {
    const [left, top] = corner(row);
    const { tight } = sizedItem(items[row[0]], row[3]);
    const cut = (value) => Math.min(side, Math.max(0, value));
    const box = [left + tight[0], top + tight[1], left + tight[2], top + tight[3]].map(cut);
    return { box, label: items[row[0]].label };
  });
}

/** The true labels, side x side: 0 where the background shows, elsewhere the label of the item on top plus 1, as in d2lite.datasets. */
export function labelsOf(rows, items, side) {
  const labels = new Uint8Array(side * side);
  for (const row of rows) {
    const [left, top] = corner(row);
    const { alpha } = sizedItem(items[row[0]], row[3]);
    alpha.forEach((a, k) => {
      const [x, y] = [left + (k % row[3]), top + Math.floor(k / row[3])];
      if (a > HALF && x >= 0 && y >= 0 && x < side && y < side) labels[y * side + x] = items[row[0]].label + 1;
    });
  }
  return labels;
}

let lastCloud = { key: "", image: null };

/** Clouds between two dark colours, four octaves of smooth noise: 3 x side x side numbers in 0..255. The last one is kept. */
export function makeCloud(seed, side) {
  const key = `${seed} ${side}`;
  if (lastCloud.key !== key) lastCloud = { key, image: drawCloud(seed, side) };
  return lastCloud.image;
}

function drawCloud(seed, side) {
  const { uniform } = makeRng(seed);
  const cloud = new Float64Array(side * side);
  for (let octave = 0; octave < 4; octave++) {
    const cells = 3 * 2 ** octave;
    const coarse = resample(Float64Array.from({ length: cells * cells }, uniform), cells, side);
    coarse.forEach((value, k) => (cloud[k] += value / 2 ** octave));
  }
  const [low, high] = cloud.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const colors = [0, 1].map(() => [0, 1, 2].map(() => 20 + 140 * uniform()));
  const image = new Float64Array(3 * side * side);
  for (let k = 0; k < side * side; k++) {
    const [t, noise] = [(cloud[k] - low) / (high - low), 20 * uniform() - 10];
    for (let c = 0; c < 3; c++) image[c * side * side + k] = colors[0][c] + (colors[1][c] - colors[0][c]) * t + noise;
  }
  return image;
}

/** The scene as 3 x side x side numbers in 0..255, not yet whole: background, rows of items in order, strokes on top. */
export function composeScene(background, rows, items, strokes) {
  const image = background.slice();
  const side = Math.sqrt(image.length / 3);
  for (const row of rows) paintItem(image, side, row, items[row[0]]);
  for (const [from, to] of segmentsOf(strokes)) paintStroke(image, side, from, to);
  return image;
}

function paintItem(image, side, row, item) {
  const [size, tint] = [row[3], TINTS[row[4]]];
  const [left, top] = corner(row);
  const { value, alpha } = sizedItem(item, size);
  for (let k = 0; k < size * size; k++) {
    const [x, y] = [left + (k % size), top + Math.floor(k / size)];
    if (alpha[k] === 0 || x < 0 || y < 0 || x >= side || y >= side) continue;
    for (let c = 0; c < 3; c++) {
      const at = c * side * side + y * side + x;
      image[at] += alpha[k] * ((0.15 + 0.85 * value[k]) * tint[c] - image[at]);
    }
  }
}

/** Points [x, y, begins] as pairs of ends; a lone point is a segment to itself. */
export function segmentsOf(strokes) {
  return strokes.flatMap(([x, y, begins], i) => {
    if (!begins && i > 0) return [[strokes[i - 1], [x, y]]];
    const alone = i + 1 === strokes.length || strokes[i + 1][2] === 1;
    return alone ? [[[x, y], [x, y]]] : [];
  });
}

function paintStroke(image, side, [ax, ay], [bx, by]) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const reach = PEN + 1;
  for (let y = Math.max(0, Math.floor(Math.min(ay, by) - reach)); y < Math.min(side, Math.max(ay, by) + reach); y++) {
    for (let x = Math.max(0, Math.floor(Math.min(ax, bx) - reach)); x < Math.min(side, Math.max(ax, bx) + reach); x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
      const t = length > 0 ? Math.min(1, Math.max(0, (px * (bx - ax) + py * (by - ay)) / length)) : 0;
      const alpha = Math.min(1, Math.max(0, PEN + 0.5 - Math.hypot(px - t * (bx - ax), py - t * (by - ay))));
      for (let c = 0; c < 3; c++) {
        const at = c * side * side + y * side + x;
        image[at] += alpha * (INK[c] - image[at]);
      }
    }
  }
}

/** Bytes, channel by channel: cut to 0..255 and rounded down, as the scenes of d2lite.datasets are. */
export function toBytes(image) {
  const bytes = new Uint8Array(image.length);
  for (let k = 0; k < image.length; k++) bytes[k] = Math.floor(Math.min(255, Math.max(0, image[k])));
  return bytes;
}

/** Rows of two to four items, their sizes between two, at random places of a scene that overlap little, the same for the same seed. */
export function randomItems(seed, palette, side, [least, most]) {
  const { uniform } = makeRng(seed);
  const whole = (low, high) => low + Math.floor(uniform() * (high - low + 1));
  const rows = [];
  const wanted = whole(2, 4);
  for (let attempt = 0; attempt < 40 && rows.length < wanted; attempt++) {
    const size = whole(least, most);
    const [x, y] = [whole(size / 2, side - size / 2), whole(size / 2, side - size / 2)];
    const row = [whole(0, palette.length - 1), x, y, size, whole(0, TINTS.length - 1)];
    const apart = ([, u, v, other]) => Math.max(Math.abs(x - u), Math.abs(y - v)) > 0.42 * (size + other);
    if (rows.every(apart)) rows.push(row);
  }
  return rows;
}

/** Bytes of a scene as a picture's, four a pixel. */
export function rgbaOf(bytes) {
  const count = bytes.length / 3;
  const pixels = new Uint8ClampedArray(4 * count).fill(255);
  for (let k = 0; k < count; k++) for (let c = 0; c < 3; c++) pixels[4 * k + c] = bytes[c * count + k];
  return pixels;
}
