// Kinds of layers, what numbers each has, what it is made of; and the published networks as rows of them. No DOM here.

/** Each kind: name, its numbers as [label, first value, least, most if there is one], and short(row): how the table names a layer of it. */
export const KINDS = [
  { name: "convolution", fields: [["maps", 64, 1], ["kernel", 3, 1], ["stride", 1, 1], ["padding", 1, 0], ["groups", 1, 1], ["batch norm", 0, 0]], short: ([, c, k, s]) => `conv ${k}×${k}, ${c}${s > 1 ? `, /${s}` : ""}` },
  { name: "max pooling", fields: [["kernel", 2, 1], ["stride", 2, 1], ["padding", 0, 0], ["round up", 0, 0]], short: ([, k, s]) => `max pool ${k}×${k}, /${s}` },
  { name: "average pooling", fields: [["kernel", 2, 1], ["stride", 2, 1], ["padding", 0, 0]], short: ([, k, s]) => `avg pool ${k}×${k}, /${s}` },
  { name: "global average", fields: [], short: () => "global average" },
  { name: "flatten", fields: [], short: () => "flatten" },
  { name: "dense", fields: [["units", 10, 1], ["dropout, %", 0, 0, 100]], short: ([, n]) => `dense ${n}` },
  { name: "inception block", fields: [["1×1", 64, 1], ["to 3×3", 96, 1], ["3×3", 128, 1], ["to 5×5", 16, 1], ["5×5", 32, 1], ["after pool", 32, 1]], short: ([, ...n]) => `inception, ${n[0] + n[2] + n[4] + n[5]}` },
  { name: "bottleneck block", fields: [["width", 64, 1], ["stride", 1, 1], ["identity only", 0, 0]], short: ([, w, s]) => `bottleneck ${w}${s > 1 ? `, /${s}` : ""}` },
  { name: "residual block", fields: [["maps", 64, 1], ["stride", 1, 1], ["identity only", 0, 0]], short: ([, w, s]) => `residual ${w}${s > 1 ? `, /${s}` : ""}` },
  { name: "dense block", fields: [["layers", 6, 1], ["growth", 32, 1]], short: ([, n, g]) => `dense block ${n}×${g}` },
  { name: "transition", fields: [], short: () => "transition" },
  { name: "batch norm", fields: [], short: () => "batch norm" },
];
const [CONV, MAX, AVG, GLOBAL, FLATTEN, DENSE, INCEPTION, BOTTLENECK, RESIDUAL, BLOCK, TRANSITION, NORM] = KINDS.keys();

/** A row of a kind: the numbers given, the kind's first values after them, zeros to the end. */
export function rowOf(kind, numbers = []) {
  const all = [kind, ...KINDS[kind].fields.map(([, first], i) => numbers[i] ?? first)];
  return [...all, ...new Array(7 - all.length).fill(0)];
}

const conv = (maps, k, s = 1, p = 0, g = 1, bias = true) => ({ op: "conv", maps, k, s, p, g, bias });
const normed = (maps, k, s = 1, p = 0) => [conv(maps, k, s, p, 1, false), { op: "norm" }];
const relu = { op: "relu" };
const active = (...sizes) => [conv(...sizes), relu];

/** What a layer is made of, given the channels it gets: a list of { op, ... }; { op: "paths", join, paths } holds lists of it. */
export function partsOf([kind, a, b, c, d, e, f], channels, last) {
  if (kind === CONV) return [conv(a, b, c, d, e, !f), ...(f ? [{ op: "norm" }] : []), relu];
  if (kind === MAX) return [{ op: "max", k: a, s: b, p: c, up: d }];
  if (kind === AVG) return [{ op: "avg", k: a, s: b, p: c }];
  if (kind === GLOBAL) return [{ op: "global" }];
  if (kind === FLATTEN) return [{ op: "flatten" }];
  if (kind === DENSE) return [...(b ? [{ op: "dropout", rate: b / 100 }] : []), { op: "linear", units: a }, ...(last ? [] : [relu])];
  if (kind === INCEPTION) {
    const pooled = [{ op: "max", k: 3, s: 1, p: 1, up: 0 }, ...active(f, 1)];
    return [{ op: "paths", join: "cat", paths: [active(a, 1), [...active(b, 1), ...active(c, 3, 1, 1)], [...active(d, 1), ...active(e, 5, 1, 2)], pooled] }];
  }
  if (kind === BOTTLENECK) return residual([...normed(a, 1), relu, ...normed(a, 3, b, 1), relu, ...normed(4 * a, 1)], 4 * a, b, channels, c);
  if (kind === RESIDUAL) return residual([...normed(a, 3, b, 1), relu, ...normed(a, 3, 1, 1)], a, b, channels, c);
  if (kind === BLOCK) {
    const layer = [{ op: "norm" }, relu, conv(4 * b, 1, 1, 0, 1, false), { op: "norm" }, relu, conv(b, 3, 1, 1, 1, false)];
    return Array.from({ length: a }, () => ({ op: "paths", join: "cat", paths: [[], layer] }));
  }
  if (kind === TRANSITION) return [{ op: "norm" }, relu, conv(Math.max(1, Math.floor(channels / 2)), 1, 1, 0, 1, false), { op: "avg", k: 2, s: 2, p: 0 }];
  return [{ op: "norm" }, relu];
}

function residual(path, maps, stride, channels, identity) {
  const same = stride === 1 && channels === maps;
  return [{ op: "paths", join: "add", paths: [path, same || identity ? [] : normed(maps, 1, stride)] }, relu];
}

const vgg = [[2, 64], [2, 128], [3, 256], [3, 512], [3, 512]].flatMap(([n, maps]) => [...Array.from({ length: n }, () => [CONV, [maps]]), [MAX, []]]);
const pool = [MAX, [3, 2]];
const inception = (...numbers) => [INCEPTION, numbers];
const up = [MAX, [3, 2, 0, 1]];
const bottlenecks = (width, count, stride) => Array.from({ length: count }, (_, i) => [BOTTLENECK, [width, i ? 1 : stride]]);
const alexnet = (one, two, four, g) => [
  [CONV, [one, 11, 4, 2]], pool, [CONV, [two, 5, 1, 2, g]], pool, [CONV, [384]], [CONV, [four, 3, 1, 1, g]], [CONV, [256, 3, 1, 1, g]], pool,
  [FLATTEN, []], [DENSE, [4096, 50]], [DENSE, [4096, 50]], [DENSE, [1000]],
];
const head = (rate = 0) => [[GLOBAL, []], [FLATTEN, []], [DENSE, [1000, rate]]];

/** The networks: rows, input side and channels, and a sentence on each. */
export const NETWORKS = {
  lenet: { size: 28, channels: 1, rows: [[CONV, [6, 5, 1, 2]], [MAX, []], [CONV, [16, 5, 1, 0]], [MAX, []], [FLATTEN, []], [DENSE, [120]], [DENSE, [84]], [DENSE, [10]]], about: "Its form in use today; the one of 1998 has 60,000 parameters." },
  alexnet_2012: { size: 224, channels: 3, rows: alexnet(96, 256, 384, 2), about: "The paper's: three convolutions are in two groups, one for each GPU. Its local response normalization has no parameters." },
  alexnet: { size: 224, channels: 3, rows: alexnet(64, 192, 256, 1), about: "Krizhevsky's version of 2014 for one GPU, which torchvision has: fewer maps, no groups." },
  vgg16: { size: 224, channels: 3, rows: [...vgg, [FLATTEN, []], [DENSE, [4096]], [DENSE, [4096, 50]], [DENSE, [1000, 50]]], about: "Configuration D of the paper." },
  googlenet: {
    size: 224, channels: 3, about: "The paper's, without its two side heads. torchvision's has batch norm, and 3×3 for 5×5: 6,624,904 parameters.",
    rows: [
      [CONV, [64, 7, 2, 3]], up, [CONV, [64, 1, 1, 0]], [CONV, [192]], up, inception(64, 96, 128, 16, 32, 32), inception(128, 128, 192, 32, 96, 64), up,
      inception(192, 96, 208, 16, 48, 64), inception(160, 112, 224, 24, 64, 64), inception(128, 128, 256, 24, 64, 64), inception(112, 144, 288, 32, 64, 64), inception(256, 160, 320, 32, 128, 128), up,
      inception(256, 160, 320, 32, 128, 128), inception(384, 192, 384, 48, 128, 128), ...head(40),
    ],
  },
  resnet50: { size: 224, channels: 3, about: "The stride stands at the 3×3 convolution, as in torchvision.", rows: [[CONV, [64, 7, 2, 3, 1, 1]], [MAX, [3, 2, 1]], ...bottlenecks(64, 3, 1), ...bottlenecks(128, 4, 2), ...bottlenecks(256, 6, 2), ...bottlenecks(512, 3, 2), ...head()] },
  densenet121: { size: 224, channels: 3, about: "Each layer of a dense block appends 32 maps to what it got.", rows: [[CONV, [64, 7, 2, 3, 1, 1]], [MAX, [3, 2, 1]], [BLOCK, [6]], [TRANSITION, []], [BLOCK, [12]], [TRANSITION, []], [BLOCK, [24]], [TRANSITION, []], [BLOCK, [16]], [NORM, []], ...head()] },
  own: { size: 224, channels: 3, rows: [], about: "" },
};
for (const network of Object.values(NETWORKS)) network.rows = network.rows.map(([kind, numbers]) => rowOf(kind, numbers));
