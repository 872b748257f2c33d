// Augmentations of one image, and what becomes of its label. No DOM here.
// An image is { width, height, values }: red, green and blue of each pixel, row by row, from 0 to 1.
import { makeRng } from "../_math/rng.js";

export const PLACED = ["shift", "cutout", "cutmix"]; // changes that happen at a place
export const PLAIN = ["flip", "turn"]; // those without a strength
const round = (value) => Math.floor(value + 0.5);

/** A new image of the same size; at(x, y) gives the pixel of the old one to take, or -1 for black. */
function gather({ width, height, values }, at) {
  const moved = new values.constructor(values.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const from = 3 * at(x, y);
      if (from < 0) continue;
      moved[to] = values[from];
      moved[to + 1] = values[from + 1];
      moved[to + 2] = values[from + 2];
    }
  }
  return { width, height, values: moved };
}

/** Mirrored from left to right. */
export function flip(image) {
  return gather(image, (x, y) => y * image.width + image.width - 1 - x);
}

/** Turned by 180 degrees. */
export function turn(image) {
  return gather(image, (x, y) => (image.height - 1 - y) * image.width + image.width - 1 - x);
}

/** Moved right and down by whole pixels; black comes in. */
export function shift(image, right, down) {
  const { width, height } = image;
  return gather(image, (x, y) => {
    const [u, v] = [x - right, y - down];
    return u >= 0 && u < width && v >= 0 && v < height ? v * width + u : -1;
  });
}

/** Normal noise added to every value, which may then leave [0, 1]. */
export function addNoise({ width, height, values }, scale, seed) {
  const rng = makeRng(seed);
  return { width, height, values: values.map((value) => value + scale * rng.normal()) };
}

/** A box of a size, both in pixels, whose middle is at parts (x, y) of the image: [left, top, right, bottom], cut off at its edges. */
export function boxAt({ width, height }, across, down, x, y) {
  const span = (size, length, middle) => {
    const start = round(middle * size - length / 2);
    return [Math.max(0, start), Math.min(size, start + round(length))];
  };
  const [left, right] = span(width, across, x);
  const [top, bottom] = span(height, down, y);
  return [left, top, right, bottom];
}

/** The image with a box taken from another, or black where there is none. */
export function paste(image, box, other = null) {
  const [left, top, right, bottom] = box;
  const values = image.values.slice();
  for (let y = top; y < bottom; y++) {
    const [from, to] = [3 * (y * image.width + left), 3 * (y * image.width + right)];
    if (other) values.set(other.values.subarray(from, to), from);
    else values.fill(0, from, to);
  }
  return { ...image, values };
}

/** A blend: own times the image, the rest of the other. */
export function blend(image, other, own) {
  return { ...image, values: image.values.map((value, i) => own * value + (1 - own) * other.values[i]) };
}

export function areaOf([left, top, right, bottom]) {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}

/** A label as probabilities of count classes: own for one, the rest for the other. */
export function mixedLabel(count, label, other, own) {
  const shares = new Array(count).fill(0);
  shares[label] += own;
  shares[other] += 1 - own;
  return shares;
}

/** A label that shares out epsilon among all classes alike. */
export function smoothLabel(count, label, epsilon) {
  return Array.from({ length: count }, (_, k) => (k === label ? 1 - epsilon : 0) + epsilon / count);
}

/**
 * Change an image: { image, label (a probability a class), box (or null), moved ([right, down] in pixels), own (its part) }.
 * subject and other are { image, label, count }; strength and place (x, y) as the explorer's traits.
 */
export function changeImage(subject, other, { change, strength, x, y, seed }) {
  const { image, label, count } = subject;
  const { width, height } = image;
  const plain = { image, label: mixedLabel(count, label, label, 1), box: null, moved: [0, 0], own: 1 };
  if (change === "flip") return { ...plain, image: flip(image) };
  if (change === "turn") return { ...plain, image: turn(image) };
  if (change === "noise") return { ...plain, image: addNoise(image, strength, seed) };
  if (change === "smoothing") return { ...plain, label: smoothLabel(count, label, strength) };
  if (change === "shift") {
    const moved = [round((2 * x - 1) * strength * width), round((2 * y - 1) * strength * height)];
    return { ...plain, moved, image: shift(image, ...moved) };
  }
  if (change === "cutout") {
    const box = boxAt(image, strength * width, strength * height, x, y);
    return { ...plain, box, image: paste(image, box) };
  }
  if (change === "mixup") {
    const own = 1 - strength;
    return { ...plain, own, image: blend(image, other.image, own), label: mixedLabel(count, label, other.label, own) };
  }
  const part = Math.sqrt(strength);
  const box = boxAt(image, part * width, part * height, x, y);
  const own = 1 - areaOf(box) / (width * height);
  return { ...plain, box, own, image: paste(image, box, other.image), label: mixedLabel(count, label, other.label, own) };
}

/**
 * Random copies as in training: each draws its place, whether it is flipped, its other picture of two, and how much of that it takes,
 * evenly up to the strength. A list as of changeImage.
 */
export function drawCopies(subject, others, { change, strength, draw }, count = 8) {
  const rng = makeRng(draw);
  return Array.from({ length: count }, (_, i) => {
    const [x, y, part, coin] = [rng.uniform(), rng.uniform(), rng.uniform(), rng.uniform()];
    const mixes = change === "mixup" || change === "cutmix";
    const kind = PLAIN.includes(change) && coin < 0.5 ? "none" : change;
    const settings = { change: kind, strength: mixes ? part * strength : strength, x, y, seed: draw * count + i + 1 };
    if (kind === "none") return changeImage(subject, subject, { ...settings, change: "smoothing", strength: 0 });
    return changeImage(subject, others[coin < 0.5 ? 0 : 1], settings);
  });
}
