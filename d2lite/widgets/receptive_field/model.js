// Receptive fields along one side of a stack of convolutions and pooling. No DOM here.

export const KINDS = ["conv", "max pool", "avg pool"];
const CONV = 0;

const conv = (k, { stride = 1, dilation = 1, padding = 0, channels = 16 } = {}) => [0, k, stride, dilation, padding, channels];
const pool = (kind, k) => [kind, k, k, 1, 0, 1];
const STACKS = {
  "one 5 × 5": [conv(5)],
  "two 3 × 3": [conv(3), conv(3)],
  "three 3 × 3": [conv(3), conv(3), conv(3)],
  LeNet: [conv(5, { padding: 2, channels: 6 }), pool(2, 2), conv(5), pool(2, 2)],
  "VGG blocks": [conv(3, { padding: 1 }), conv(3, { padding: 1 }), pool(1, 2), conv(3, { padding: 1, channels: 32 }), conv(3, { padding: 1, channels: 32 }), pool(1, 2)],
  strides: [conv(3, { stride: 2, padding: 1 }), conv(3, { stride: 2, padding: 1 }), conv(3, { stride: 2, padding: 1 })],
  dilated: [1, 2, 4, 8].map((dilation) => conv(3, { dilation, padding: dilation })),
  gridding: [2, 2, 2].map((dilation) => conv(3, { dilation, padding: dilation })),
  own: [],
};
const SIDES = { LeNet: 28, "VGG blocks": 24, strides: 32, dilated: 40, gridding: 24 };

/** A named stack's rows, and the input side that shows it well. */
export function namedStack(name) {
  return { rows: STACKS[name].map((row) => [...row]), size: SIDES[name] || 16 };
}

/** Why a layer cannot follow a side of size pixels, with what to change; "" if it can. */
function whyNot({ kind, kernel_size: k, dilation, padding, span }, size, name) {
  if (span > size + 2 * padding) {
    return `${name}: its kernel spans ${span}, and the side has ${size + 2 * padding}. Take a smaller kernel${dilation > 1 ? ", less dilation" : ""}, more padding or a larger input.`;
  }
  if (kind !== CONV && 2 * padding > k) return `${name}: padding ${padding} is more than half the pool's ${k}, so some places would hold padding alone. Take less.`;
  if (kind === 2 && dilation > 1) return `${name}: average pooling has no dilation in PyTorch. Set it to 1.`;
  return "";
}

/**
 * The layers of a stack over a square input: { size, layers, problem }. Each layer holds its row by name, and side, span,
 * field (r), jump (j), start (the input pixel, perhaps in the padding, where output 0 begins to look), channels, parameters
 * and products (multiply-adds). It ends before the first layer that cannot be; problem says why.
 */
export function makeStack(rows, size, inChannels) {
  const stack = { size, inChannels, layers: [], problem: "" };
  let [side, field, jump, start, channels] = [size, 1, 1, 0, inChannels];
  for (const [kind, k, stride, dilation, padding, wanted] of rows) {
    const span = dilation * (k - 1) + 1;
    const given = { kind, kernel_size: k, stride, dilation, padding, span };
    stack.problem = whyNot(given, side, `Layer ${stack.layers.length + 1}`);
    if (stack.problem) break;
    side = Math.floor((side + 2 * padding - span) / stride) + 1;
    start -= padding * jump;
    field += (span - 1) * jump;
    jump *= stride;
    const out = kind === CONV ? wanted : channels;
    const weights = kind === CONV ? k * k * channels * out : 0;
    const costs = { parameters: weights && weights + out, products: weights * side * side };
    channels = out;
    stack.layers.push({ ...given, side, field, jump, start, channels, ...costs });
  }
  return stack;
}

/** Units along the side at a level: 0 is the input, l the output of layer l. */
export function sideAt(stack, level) {
  return level ? stack.layers[level - 1].side : stack.size;
}

/** The units below that one unit looks at directly, those in the padding left out. */
export function inputsOf(stack, level, unit) {
  const { kernel_size: k, stride, dilation, padding } = stack.layers[level - 1];
  const places = Array.from({ length: k }, (_, t) => unit * stride - padding + t * dilation);
  return places.filter((place) => place >= 0 && place < sideAt(stack, level - 1));
}

/** In how many ways each unit of each level below reaches a unit: lists by level, [input, ..., the unit's own]. */
export function countWays(stack, level, unit) {
  const ways = Array.from({ length: level + 1 }, (_, l) => new Array(sideAt(stack, l)).fill(0));
  ways[level][unit] = 1;
  for (let l = level; l > 0; l--) {
    ways[l].forEach((count, i) => {
      if (count) for (const place of inputsOf(stack, l, i)) ways[l - 1][place] += count;
    });
  }
  return ways;
}

/** The first and the last input pixel of a unit's receptive field, the padding included. */
export function fieldOf(stack, level, unit) {
  if (level === 0) return [unit, unit];
  const { start, jump, field } = stack.layers[level - 1];
  return [start + unit * jump, start + unit * jump + field - 1];
}

/** The whole of a stack: { parameters, products }. */
export function totals(stack) {
  const sum = (name) => stack.layers.reduce((total, layer) => total + layer[name], 0);
  return { parameters: sum("parameters"), products: sum("products") };
}

/** The spread of ways over the input as a standard deviation in pixels, and how many pixels are seen: none, from padding alone. */
export function spreadOf(counts) {
  const total = counts.reduce((a, b) => a + b, 0) || 1;
  const mean = counts.reduce((sum, count, i) => sum + (i * count) / total, 0);
  const variance = counts.reduce((sum, count, i) => sum + (count * (i - mean) ** 2) / total, 0);
  return { deviation: Math.sqrt(variance), seen: counts.filter((count) => count > 0).length };
}
