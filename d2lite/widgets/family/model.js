// Dense blocks counted, recorded networks summed up, and the blocks that are drawn. No DOM here.

/** A dense block: { widths, weights, joined }: maps after each layer from the start on, weights of its convolutions, and maps that joining has copied so far. */
export function denseBlock({ channels, growth, layers, bottleneck }) {
  const widths = Array.from({ length: layers + 1 }, (_, l) => channels + l * growth);
  const [joined, inputs] = [[0], widths.slice(0, -1)];
  for (const width of inputs) joined.push(joined.at(-1) + width);
  const between = 4 * growth;
  const weights = inputs.reduce((sum, width) => sum + (bottleneck ? between * (width + 9 * growth) : 9 * width * growth), 0);
  return { widths, weights, joined };
}

/** Weights of as many layers that add instead: 3 x 3 on all maps, or down to a quarter, 3 x 3 and up again. */
export function addedWeights({ width, layers, bottleneck }) {
  const narrow = Math.max(1, Math.floor(width / 4));
  return layers * (bottleneck ? narrow * (2 * width + 9 * narrow) : 9 * width * width);
}

/** The mean accuracy, the range of the seeds, and the standard error that so many test photos leave. */
export function sumUp(accuracies, photos) {
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  return { mean, low: Math.min(...accuracies), high: Math.max(...accuracies), error: Math.sqrt((mean * (1 - mean)) / photos) };
}

/** What a block does: its paths from left to right, how they meet, and whether the input goes past them. */
export const BLOCKS = {
  lenet: { paths: [["5×5", "ReLU", "pool"]] },
  lenet_wide: { paths: [["5×5", "ReLU", "pool"]] },
  alexnet: { paths: [["3×3", "ReLU", "3×3", "ReLU", "pool"]] },
  vgg: { paths: [["3×3", "ReLU", "3×3", "ReLU", "pool"]] },
  vgg_averaged: { paths: [["3×3", "ReLU", "3×3", "ReLU", "pool"]] },
  vgg_norm: { paths: [["3×3", "norm", "ReLU", "3×3", "norm", "ReLU", "pool"]] },
  inception: { paths: [["1×1"], ["1×1", "3×3"], ["1×1", "5×5"], ["pool", "1×1"]], join: "join" },
  resnet: { paths: [["3×3", "norm", "ReLU", "3×3", "norm"]], join: "+", past: true },
  resnet_plain: { paths: [["3×3", "ReLU", "3×3"]], join: "+", past: true },
  densenet: { paths: [["norm", "ReLU", "1×1", "norm", "ReLU", "3×3"]], join: "join", past: true },
};

/** The ends of an axis: whole tenfolds' halves where it is logarithmic. */
export function axisEnds(values, logarithmic) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (logarithmic) return [low / 1.25, high * 1.25];
  const wide = 0.12 * (high - low) || 0.01;
  return [low - wide, high + wide];
}
