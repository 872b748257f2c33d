// What the four paths of an Inception block cost. No DOM here.

/** GoogLeNet's blocks: maps and side of the input; maps of 1 × 1; to and of 3 × 3; to and of 5 × 5; after pooling. */
export const BLOCKS = {
  "3a": [192, 28, 64, 96, 128, 16, 32, 32],
  "3b": [256, 28, 128, 128, 192, 32, 96, 64],
  "4a": [480, 14, 192, 96, 208, 16, 48, 64],
  "4b": [512, 14, 160, 112, 224, 24, 64, 64],
  "4c": [512, 14, 128, 128, 256, 24, 64, 64],
  "4d": [512, 14, 112, 144, 288, 32, 64, 64],
  "4e": [528, 14, 256, 160, 320, 32, 128, 128],
  "5a": [832, 7, 256, 160, 320, 32, 128, 128],
  "5b": [832, 7, 384, 192, 384, 48, 128, 128],
};

/** A convolution of kernel × kernel from so many maps to so many, padded, with biases. */
function convolution(kernel, from, to, side) {
  const weights = kernel * kernel * from * to;
  return { kernel, from, to, parameters: weights + to, multiplyAdds: weights * side * side };
}

/** A path: its convolutions in order, whether pooling comes first, the maps it gives and what it costs. */
function pathOf(convolutions, channels, pooled = false) {
  const sum = (name) => convolutions.reduce((total, part) => total + part[name], 0);
  return { convolutions, pooled, out: convolutions.at(-1)?.to ?? channels, parameters: sum("parameters"), multiplyAdds: sum("multiplyAdds") };
}

/** A block from numbers as in BLOCKS: { channels, side, paths, out, parameters, multiplyAdds }. */
export function makeBlock([channels, side, ones, toThree, three, toFive, five, pooled], reduced) {
  const two = (kernel, narrow, maps) =>
    reduced ? [convolution(1, channels, narrow, side), convolution(kernel, narrow, maps, side)] : [convolution(kernel, channels, maps, side)];
  const paths = [
    pathOf([convolution(1, channels, ones, side)], channels),
    pathOf(two(3, toThree, three), channels),
    pathOf(two(5, toFive, five), channels),
    pathOf(reduced ? [convolution(1, channels, pooled, side)] : [], channels, true),
  ];
  const sum = (name) => paths.reduce((total, path) => total + path[name], 0);
  return { channels, side, paths, out: sum("out"), parameters: sum("parameters"), multiplyAdds: sum("multiplyAdds") };
}
