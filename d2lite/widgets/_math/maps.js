// Networks on square maps, run in the page a slice at a time: convolution, max pooling, transposed convolution, joining.
// Everything in double precision, so that the numbers are those of torch's double precision with the same weights.
import { slideKernel } from "./slide.js";

/*
 * A network is { layers }, in the order they run. A layer: { kind: "conv", "pool" (2 x 2) or "up" (2 x 2, stride 2);
 * from: the maps it reads, their channels joined (0 is the image, k what layer k made); and but for pools outputs, inputs
 * (of a group), weights (outputs x inputs x kernel x kernel), biases }. A convolution also has kernel (1 or 3, padded so that the
 * size stays), stride, groups, slope (of its ReLU below 0; 1 for none) and add, the maps added to its result, -1 for none;
 * maps of half the side are doubled for that.
 */
const NO_DEADLINE = () => false;

/** Maps of channels x side x side; around each channel a border of zeros, one wide, is kept in the same rows. */
function makeMaps(channels, side) {
  return { channels, side, width: side + 2, data: new Float64Array(channels * (side + 2) * (side + 2) + 2) };
}

/** One channel of maps without its border: side x side numbers. */
export function channelOf({ side, width, data }, channel) {
  const values = new Float64Array(side * side);
  for (let y = 0; y < side; y++) {
    const at = channel * width ** 2 + (y + 1) * width + 1;
    values.set(data.subarray(at, at + side), y * side);
  }
  return values;
}

/** A pass at its start: image holds channels x side x side bytes, channel by channel. */
export function startPass(network, image, channels = 3) {
  const side = Math.sqrt(image.length / channels);
  const input = makeMaps(channels, side);
  for (let c = 0, k = 0; c < input.channels; c++) {
    for (let y = 0; y < side; y++) {
      const row = c * input.width ** 2 + (y + 1) * input.width + 1;
      for (let x = 0; x < side; x++, k++) input.data[row + x] = image[k] / 255;
    }
  }
  return { network, maps: [input], channel: 0, done: false };
}

/** Compute channel after channel until the pass is done or deadline() says that the frame's time is up. */
export function continuePass(pass, deadline = NO_DEADLINE) {
  const { layers } = pass.network;
  while (!pass.done) {
    if (pass.channel === 0) pass.maps.push(roomFor(layers[pass.maps.length - 1], pass.maps));
    const layer = layers[pass.maps.length - 2];
    const output = pass.maps[pass.maps.length - 1];
    COMPUTE[layer.kind](layer, pass.maps, output, pass.channel);
    pass.channel = (pass.channel + 1) % output.channels;
    pass.done = pass.channel === 0 && pass.maps.length === layers.length + 1;
    if (deadline()) break;
  }
  return pass.done;
}

/** The part of a pass that is done, from 0 to 1, by layers. */
export function progressOf(pass) {
  return (pass.maps.length - 1) / pass.network.layers.length;
}

/** A pass from start to end. */
export function runPass(network, image, channels) {
  const pass = startPass(network, image, channels);
  continuePass(pass);
  return pass;
}

/** Multiplications of one pass over a square picture. */
export function countProducts({ layers }, side) {
  const sides = [side];
  let total = 0;
  for (const { kind, from, outputs, inputs, kernel, stride } of layers) {
    const before = sides[from[0]];
    if (kind === "conv") total += (before / stride) ** 2 * outputs * inputs * kernel ** 2;
    if (kind === "up") total += before ** 2 * outputs * inputs * 4;
    sides.push(kind === "up" ? 2 * before : before / (kind === "pool" ? 2 : stride));
  }
  return total;
}

function roomFor({ kind, from, outputs, stride }, maps) {
  const { side, channels } = maps[from[0]];
  if (kind === "pool") return makeMaps(channels, side / 2);
  return makeMaps(outputs, kind === "up" ? 2 * side : side / stride);
}

/** Call add(maps, offset, k) for each input channel of an output channel, k its number among the weights'. */
function eachInput({ from, inputs, outputs, groups = 1 }, maps, o, add) {
  const first = Math.floor(o / (outputs / groups)) * inputs;
  let channel = 0;
  for (const source of from.map((index) => maps[index])) {
    for (let c = 0; c < source.channels; c++, channel++) {
      if (channel >= first && channel < first + inputs) add(source, c * source.width ** 2, channel - first);
    }
  }
}

const COMPUTE = {
  conv(layer, maps, output, o) {
    const { inputs, kernel, weights, stride } = layer;
    const sums = new Float64Array(output.width * output.side); // rows of width, as the maps'
    const to = { at: 0, row: output.width, side: output.side };
    eachInput(layer, maps, o, (source, from, i) => {
      const at = (o * inputs + i) * kernel ** 2;
      if (kernel === 1) addPointwise(sums, source, from, weights[at]);
      else slideKernel(sums, to, { data: source.data, at: from, row: source.width, stride }, kernel, weights.subarray(at, at + 9));
    });
    finishChannel(layer, sums, output, o, layer.add >= 0 ? maps[layer.add] : null);
  },

  pool({ from }, maps, output, o) {
    const { data, width } = maps[from[0]];
    for (let y = 0; y < output.side; y++) {
      let to = o * output.width ** 2 + (y + 1) * output.width + 1;
      let k = o * width ** 2 + (2 * y + 1) * width + 1;
      for (let x = 0; x < output.side; x++, to++, k += 2) {
        output.data[to] = Math.max(data[k], data[k + 1], data[k + width], data[k + width + 1]);
      }
    }
  },

  up(layer, maps, output, o) {
    const { inputs, weights, biases } = layer;
    const base = o * output.width ** 2;
    for (let y = 1; y <= output.side; y++) output.data.fill(biases[o], base + y * output.width + 1, base + y * output.width + 1 + output.side);
    eachInput(layer, maps, o, (source, from, i) => {
      const at = 4 * (o * inputs + i);
      for (let d = 0; d < 4; d++) addScattered(output, base, source, from, weights[at + d], [d >> 1, d & 1]);
    });
  },
};

/** One weight of a 2 x 2 kernel: each value goes to its own pixel of the four that it makes. */
function addScattered({ data, width }, base, source, from, weight, [row, column]) {
  for (let y = 0; y < source.side; y++) {
    let to = base + (2 * y + row + 1) * width + column + 1;
    let k = from + (y + 1) * source.width + 1;
    for (let x = 0; x < source.side; x++, to += 2, k++) data[to] += weight * source.data[k];
  }
}

/** A 1 x 1 kernel: all rows are one, and what is computed between them, in the border, is thrown away. */
function addPointwise(sums, { data, width }, from, weight) {
  const start = from + width + 1;
  for (let k = 0; k < sums.length; k++) sums[k] += weight * data[start + k];
}

function finishChannel({ biases, slope }, sums, output, o, added) {
  for (let y = 0; y < output.side; y++) {
    const at = o * output.width ** 2 + (y + 1) * output.width + 1;
    for (let x = 0; x < output.side; x++) {
      const value = sums[y * output.width + x] + biases[o];
      const active = value < 0 ? slope * value : value;
      output.data[at + x] = added && added.side === output.side ? active + added.data[at + x] : active;
    }
  }
  if (added && added.side !== output.side) addDoubled(output, added, o);
}

/** Add a channel of maps of half the side, each number to 2 x 2. */
function addDoubled(output, added, o) {
  for (let y = 0; y < output.side; y++) {
    const at = o * output.width ** 2 + (y + 1) * output.width + 1;
    const from = o * added.width ** 2 + ((y >> 1) + 1) * added.width + 1;
    for (let x = 0; x < output.side; x++) output.data[at + x] += added.data[from + (x >> 1)];
  }
}
