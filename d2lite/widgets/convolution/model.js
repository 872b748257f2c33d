// Cross-correlation of a square picture with one square kernel, place by place. No DOM here.
import { formatCounted } from "../_core/format.js";
import { CROP_SIDE, cropOf } from "./crops.js";

const LUMA = [0.299, 0.587, 0.114]; // of ITU-R BT.601

/** Pixels a window spans along one side, from its first tap to its last. */
export function spanOf({ kernel_size: k, dilation }) {
  return dilation * (k - 1) + 1;
}

/** Outputs along one side, 0 where the window does not fit. */
export function outputSide(settings) {
  const room = settings.size + 2 * settings.padding - spanOf(settings);
  return room < 0 ? 0 : Math.floor(room / settings.stride) + 1;
}

/** Why no window fits, in a sentence that says what to change; "" where one does. */
export function whyImpossible(settings) {
  if (outputSide(settings) > 0) return "";
  const { size, padding, kernel_size: k, dilation } = settings;
  const side = padding ? `${size} + 2·${padding} = ${size + 2 * padding} pixels` : formatCounted(size, "pixel");
  const span = dilation > 1 ? `${dilation}·(${k} − 1) + 1 = ${spanOf(settings)} pixels` : formatCounted(k, "pixel");
  return `The kernel does not fit: it spans ${span}, and the side has ${side}. Take ${dilation > 1 ? "less dilation" : "a smaller kernel"}, more padding or a larger picture.`;
}

/** The side of the output as a formula with its numbers. */
export function sizeFormula(settings) {
  const { size, padding, stride } = settings;
  const exact = (size + 2 * padding - spanOf(settings)) / stride + 1;
  const rounded = Number.isInteger(exact) ? "" : ` = ⌊${Number(exact.toFixed(2))}⌋`;
  return `⌊(${size} + 2·${padding} − ${spanOf(settings)}) / ${stride}⌋ + 1${rounded} = ${outputSide(settings)}`;
}

/** Row n of Pascal's triangle: 1, 1 1, 1 2 1. */
function pascal(n) {
  let row = [1];
  for (let k = 0; k < n; k++) row = [...row, 0].map((value, i) => value + (row[i - 1] || 0));
  return row;
}

/** A preset kernel of a size, row by row: of 3 x 3 the usual one, of other sizes its nearest relative. */
export function presetKernel(name, size) {
  const middle = Math.floor((size - 1) / 2);
  const smooth = pascal(size - 1);
  const rise = size > 1 ? [...pascal(size - 2), 0].map((value, i, row) => (row[i - 1] || 0) - value) : [1];
  const centre = (u, v) => (u === middle && v === middle ? 1 : 0);
  const beside = (u, v) => (Math.abs(u - middle) + Math.abs(v - middle) === 1 ? 1 : 0);
  const neighbours = 2 * (size > 1) + 2 * (size > 2);
  const tap = {
    "vertical edges": (u, v) => smooth[u] * rise[v],
    "horizontal edges": (u, v) => rise[u] * smooth[v],
    outline: (u, v) => size * size * centre(u, v) - (size > 1 ? 1 : 0),
    blur: () => 1 / (size * size),
    sharpen: (u, v) => (1 + neighbours) * centre(u, v) - beside(u, v),
    emboss: (u, v) => u + v - (size - 1) + centre(u, v),
    identity: centre,
    own: () => 0,
  }[name];
  return Array.from({ length: size * size }, (_, k) => tap(Math.floor(k / size), k % size));
}

/** The middle of a square plane (a flat list) of one side as a plane of another; what is new is 0. */
export function resized(plane, from, to) {
  const shift = Math.floor((from - 1) / 2) - Math.floor((to - 1) / 2);
  return Array.from({ length: to * to }, (_, k) => {
    const [i, j] = [Math.floor(k / to) + shift, (k % to) + shift];
    return i >= 0 && j >= 0 && i < from && j < from ? plane[i * from + j] : 0;
  });
}

/** A flat list of planes of one side as planes of another, and as many as wanted (the last one again where they lack). */
export function replaned(flat, from, to, count) {
  const planes = flat.length / (from * from);
  const plane = (c) => resized(flat.slice(c * from * from, (c + 1) * from * from), from, to);
  return Array.from({ length: count }, (_, c) => plane(Math.min(c, planes - 1))).flat();
}

/** A picture by its name as a flat list, channel by channel, in hundredths from 0 to 1. */
export function makePicture(name, size, channels) {
  if (name === "own") return new Array(channels * size * size).fill(0);
  if (name === "square") {
    const [low, high] = [Math.floor(size / 4), Math.ceil((3 * size) / 4)];
    const inside = (k) => k >= low && k < high;
    return replaned(Array.from({ length: size * size }, (_, k) => (inside(k % size) && inside(Math.floor(k / size)) ? 1 : 0)), size, size, channels);
  }
  const crop = cropOf(name);
  const area = CROP_SIDE * CROP_SIDE;
  const gray = (k) => LUMA.reduce((sum, share, c) => sum + share * crop[c * area + k], 0);
  const planes = channels === 1 && crop.length > area ? Array.from({ length: area }, (_, k) => gray(k)) : [...crop];
  return replaned(planes, CROP_SIDE, size, channels).map((value) => Math.round((100 * value) / 255) / 100);
}

/**
 * All that follows from the settings { size, channels, kernel_size, stride, padding, dilation, flip } and the flat lists
 * pixels and kernel: { side, output (row by row), weights (the kernel as it slides), settings, pixels }.
 */
export function correlate(settings, pixels, kernel) {
  const { size, channels, kernel_size: k, stride, padding, dilation, flip } = settings;
  const side = outputSide(settings);
  const area = k * k;
  const weights = flip ? kernel.map((_, i) => kernel[Math.floor(i / area) * area + area - 1 - (i % area)]) : kernel;
  const output = new Array(side * side).fill(0);
  for (let i = 0, at = 0; i < side; i++) {
    for (let j = 0; j < side; j++, at++) {
      let sum = 0;
      for (let c = 0, tap = 0; c < channels; c++) {
        for (let u = 0; u < k; u++) {
          const y = i * stride - padding + u * dilation;
          for (let v = 0; v < k; v++, tap++) {
            const x = j * stride - padding + v * dilation;
            if (y >= 0 && x >= 0 && y < size && x < size) sum += weights[tap] * pixels[(c * size + y) * size + x];
          }
        }
      }
      output[at] = sum;
    }
  }
  return { settings, pixels, weights, side, output };
}

/** What an output is made of: its taps { c, u, v, y, x, pixel, weight, product }, in the kernel's order; y and x may lie in the padding. */
export function tapsOf({ settings, pixels, weights, side }, index) {
  const { size, channels, kernel_size: k, stride, padding, dilation } = settings;
  const [i, j] = [Math.floor(index / side), index % side];
  return Array.from({ length: channels * k * k }, (_, tap) => {
    const [c, u, v] = [Math.floor(tap / (k * k)), Math.floor(tap / k) % k, tap % k];
    const [y, x] = [i * stride - padding + u * dilation, j * stride - padding + v * dilation];
    const inside = y >= 0 && x >= 0 && y < size && x < size;
    const pixel = inside ? pixels[(c * size + y) * size + x] : 0;
    return { c, u, v, y, x, inside, pixel, weight: weights[tap], product: weights[tap] * pixel };
  });
}

/** How many windows look at each pixel, row by row: 0 where the floor of the size formula leaves a pixel out. */
export function countUses(settings) {
  const { size, kernel_size: k, stride, padding, dilation } = settings;
  const along = new Array(size).fill(0);
  for (let i = 0; i < outputSide(settings); i++) {
    for (let u = 0; u < k; u++) {
      const y = i * stride - padding + u * dilation;
      if (y >= 0 && y < size) along[y] += 1;
    }
  }
  return Array.from({ length: size * size }, (_, k2) => along[Math.floor(k2 / size)] * along[k2 % size]);
}

/** The outputs that look at a pixel, as their indices. */
export function usersOf(settings, y, x) {
  const { kernel_size: k, stride, padding, dilation } = settings;
  const side = outputSide(settings);
  const along = (at) => Array.from({ length: side }, (_, i) => i).filter((i) => {
    const tap = at - (i * stride - padding);
    return tap >= 0 && tap % dilation === 0 && tap / dilation < k;
  });
  const [rows, columns] = [along(y), along(x)];
  return rows.flatMap((i) => columns.map((j) => i * side + j));
}

const SETTINGS = ["size", "channels", "kernel_size", "stride", "padding", "dilation", "flip"];

/** What the traits say: the settings of correlate. */
export function settingsOf(get) {
  return Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
}

function fitted(list, length) {
  return Array.from({ length }, (_, i) => list[i] || 0);
}

/** The picture as a flat list. */
export function pixelsOf(get) {
  const [size, channels] = [get("size"), get("channels")];
  return get("picture") === "own" ? fitted(get("pixels"), channels * size * size) : makePicture(get("picture"), size, channels);
}

/** The kernel as a flat list. */
export function kernelOf(get) {
  const [k, channels] = [get("kernel_size"), get("channels")];
  return get("preset") === "own" ? fitted(get("kernel"), channels * k * k) : replaned(presetKernel(get("preset"), k), k, k, channels);
}

/** What of a picture or kernel of one's own does not fit its sides, in words, or "": the first numbers are used, or zeros added. */
export function whyUnfit(get) {
  const unfit = (chosen, list, side) => {
    const [came, wanted] = [get(list).length, get("channels") * get(side) ** 2];
    if (get(chosen) !== "own" || came === 0 || came === wanted) return "";
    return `Your own ${chosen === "preset" ? "kernel" : "picture"} has ${came} numbers, and ${wanted} have room: ${came > wanted ? "the first are used" : "the others are 0"}.`;
  };
  return [unfit("picture", "pixels", "size"), unfit("preset", "kernel", "kernel_size")].filter(Boolean).join(" ");
}
