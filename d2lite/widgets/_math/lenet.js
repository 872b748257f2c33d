// LeNet as torch computes it: every layer's values for an image, and the gradient back to the image's pixels. No DOM here.
import { bytesOf, floatsOf, scaledBytes, scaledLetters } from "./bytes.js";
import { ACTIVATIONS, dense, softmax } from "./nn.js";
import { slideKernel } from "./slide.js";

export const KERNEL = 5;
export const PADDING = 2; // of the first convolution
export const SIDE = 28; // of the image

// The layers in order. source: the layer before; a map is size x size; a dense unit is a map of one value.
export const LAYERS = [
  ["conv1", "conv", "input", 6, 28, "Convolution 1"],
  ["pool1", "pool", "conv1", 6, 14, "Pooling 1"],
  ["conv2", "conv", "pool1", 16, 10, "Convolution 2"],
  ["pool2", "pool", "conv2", 16, 5, "Pooling 2"],
  ["dense1", "dense", "pool2", 120, 1, "Dense 1"],
  ["dense2", "dense", "dense1", 84, 1, "Dense 2"],
  ["output", "dense", "dense2", 10, 1, "Output"],
].map(([name, kind, source, count, size, title]) => ({ name, kind, source, count, size, title }));

export function layerNamed(name) {
  return LAYERS.find((layer) => layer.name === name);
}

/** The shape of a layer's source: { count, size }. */
export function sourceOf(layer) {
  return layer.source === "input" ? { name: "input", count: 1, size: SIDE } : layerNamed(layer.source);
}

/**
 * Decode the data that Python packs: { weights and biases by layer, activation, pooling, mean, std, images, labels,
 * classes, captions }. A weight is its 8-bit code times the scale of its output channel.
 */
export function openNetwork(data) {
  if (data?.format !== "d2lite-lenet-1") {
    throw new Error(`the network's format is ${data?.format}, expected d2lite-lenet-1`);
  }
  return { ...data, parameters: readParameters(data.layers), images: readImages(data.images) };
}

/** Weights and biases by layer; the weights in bytes ("codes") or in 6 bits ("letters"). */
export function readParameters(layers) {
  const parameters = {};
  for (const { name, codes, letters, scales, biases } of layers) {
    const weight = letters ? scaledLetters(letters, floatsOf(scales)) : scaledBytes(codes, floatsOf(scales));
    parameters[name] = { weight, bias: floatsOf(biases) };
  }
  return parameters;
}

/** Images of 784 gray levels each, from base64 text. */
export function readImages(text) {
  const pixels = bytesOf(text);
  return Array.from({ length: pixels.length / SIDE ** 2 }, (_, i) => pixels.subarray(i * SIDE ** 2, (i + 1) * SIDE ** 2));
}

export function activate({ activation }, layer, values) {
  if (layer.kind === "pool" || layer.name === "output") return values;
  return values.map(ACTIVATIONS[activation]);
}

/** 5 x 5 cross-correlation of count maps of side n (padded already) into channels maps; see sumsOf for one value of it. */
function convolve(source, count, n, { weight, bias }, channels) {
  const m = n - KERNEL + 1;
  const out = new Float64Array(channels * m * m);
  for (let o = 0, k = 0; o < channels; o++) {
    const base = o * m * m;
    out.fill(bias[o], base, base + m * m);
    for (let c = 0; c < count; c++, k += KERNEL ** 2) {
      const from = { data: source, at: c * n * n, row: n, stride: 1 };
      slideKernel(out, { at: base, row: m, side: m }, from, KERNEL, weight.subarray(k, k + KERNEL ** 2));
    }
  }
  return out;
}

function padded(image) {
  const n = SIDE + 2 * PADDING;
  const out = new Float64Array(n * n);
  for (let y = 0; y < SIDE; y++) out.set(image.subarray(y * SIDE, (y + 1) * SIDE), (y + PADDING) * n + PADDING);
  return out;
}

function pool(values, count, size, pooling) {
  const half = size / 2;
  const out = new Float64Array(count * half * half);
  for (let c = 0, to = 0; c < count; c++) {
    for (let y = 0; y < half; y++) {
      for (let x = 0, k = (c * size + 2 * y) * size; x < half; x++, to++, k += 2) {
        const [a, b, d, e] = [values[k], values[k + 1], values[k + size], values[k + size + 1]];
        out[to] = pooling === "max" ? Math.max(a, b, d, e) : (a + b + d + e) / 4;
      }
    }
  }
  return out;
}

function applyLayer(network, layer, values) {
  const from = sourceOf(layer);
  if (layer.kind === "pool") return pool(values, from.count, from.size, network.pooling);
  const { weight, bias } = network.parameters[layer.name];
  if (layer.kind === "dense") return dense(weight, bias, values);
  const whole = layer.source === "input" ? padded(values) : values;
  const side = layer.source === "input" ? SIDE + 2 * PADDING : from.size;
  return convolve(whole, from.count, side, { weight, bias }, layer.count);
}

/**
 * All values for an image of 784 numbers from 0 to 255: run.input is the standardised image, run.conv1 ... run.output the
 * layers after their activation (the logits have none), run.probabilities their softmax.
 */
export function runNetwork(network, pixels) {
  const run = { input: Float64Array.from(pixels, (value) => (value / 255 - network.mean) / network.std) };
  for (const layer of LAYERS) run[layer.name] = activate(network, layer, applyLayer(network, layer, run[layer.source]));
  run.probabilities = softmax(run.output);
  return run;
}

const ROUNDING = 1e-12;

// What an activation's value says of its slope.
const SLOPES = { relu: (value) => Number(value > 0), tanh: (value) => 1 - value * value, sigmoid: (value) => value * (1 - value) };

/** The gradient of sum(slopes * logits) with respect to the standardised image, for one run: slopes, ten numbers, come from the loss. */
export function sendBack(network, run, slopes) {
  let back = Float64Array.from(slopes);
  for (let at = LAYERS.length - 1; at >= 0; at--) {
    const layer = LAYERS[at];
    if (layer.kind !== "pool" && layer.name !== "output") {
      const slope = SLOPES[network.activation];
      for (let k = 0; k < back.length; k++) back[k] *= slope(run[layer.name][k]);
    }
    back = BACKWARD[layer.kind](network, layer, run, back);
  }
  return back;
}

const BACKWARD = {
  dense({ parameters }, { name, source }, run, back) {
    const { weight } = parameters[name];
    const out = new Float64Array(run[source].length);
    for (let i = 0, k = 0; i < back.length; i++) {
      if (back[i] === 0) k += out.length;
      else for (let j = 0; j < out.length; j++, k++) out[j] += back[i] * weight[k];
    }
    return out;
  },
  // The first of equal values takes it all, as in torch; equal up to rounding, as sums of the same products in another order are.
  pool({ pooling }, layer, run, back) {
    const { count, size } = sourceOf(layer);
    const values = run[layer.source];
    const out = new Float64Array(values.length);
    for (let c = 0, from = 0; c < count; c++) {
      for (let y = 0; y < size; y += 2) {
        for (let x = 0, k = (c * size + y) * size; x < size; x += 2, k += 2, from++) {
          if (back[from] === 0) continue;
          const places = [k, k + 1, k + size, k + size + 1];
          if (pooling === "max") out[places.reduce((best, place) => (values[place] > values[best] + ROUNDING ? place : best))] += back[from];
          else for (const place of places) out[place] += back[from] / 4;
        }
      }
    }
    return out;
  },
  conv({ parameters }, layer, run, back) {
    const from = sourceOf(layer);
    const shift = layer.source === "input" ? PADDING : 0;
    const n = from.size + 2 * shift;
    const whole = spread(parameters[layer.name].weight, layer, back, from.count, n);
    if (!shift) return whole;
    const out = new Float64Array(SIDE * SIDE);
    for (let y = 0; y < SIDE; y++) out.set(whole.subarray((y + shift) * n + shift, (y + shift) * n + shift + SIDE), y * SIDE);
    return out;
  },
};

/** Every value of a convolution's gradient times its kernel, laid over the place it came from; most are zero and cost nothing. */
function spread(weight, { count, size }, back, channels, n) {
  const out = new Float64Array(channels * n * n);
  for (let o = 0, from = 0; o < count; o++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++, from++) {
        const slope = back[from];
        if (slope === 0) continue;
        for (let c = 0, k = o * channels * KERNEL * KERNEL; c < channels; c++) {
          for (let i = 0, to = (c * n + y) * n + x; i < KERNEL; i++, k += KERNEL, to += n) {
            for (let j = 0; j < KERNEL; j++) out[to + j] += slope * weight[k + j];
          }
        }
      }
    }
  }
  return out;
}
