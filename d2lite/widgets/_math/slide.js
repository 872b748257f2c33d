// One kernel slid over one map, and what it gives added to sums: the inner loop of all convolutions on maps in the page.

/**
 * Add a kernel of 3 x 3 or 5 x 5 (weights, row by row), slid over a map, to side x side sums. to: { at, row, side }: the first sum's
 * place and how far rows are apart; from: { data, at, row, stride }: the same of the map, whose first window begins at `at`.
 */
export function slideKernel(sums, to, from, kernel, weights) {
  (kernel === 3 ? slideNine : slideRows)(sums, to, from, weights);
}

function slideNine(sums, { at, row, side }, from, [a, b, c, d, e, f, g, h, i]) {
  const { data, stride } = from;
  for (let y = 0; y < side; y++) {
    const to = at + y * row;
    let k = from.at + y * stride * from.row;
    for (let x = 0; x < side; x++, k += stride) {
      const n = k + from.row;
      const m = n + from.row;
      sums[to + x] +=
        a * data[k] + b * data[k + 1] + c * data[k + 2] + d * data[n] + e * data[n + 1] + f * data[n + 2] +
        g * data[m] + h * data[m + 1] + i * data[m + 2];
    }
  }
}

/** 5 x 5, a row of the kernel at once: a third of the time that one product after the other takes. */
function slideRows(sums, { at, row, side }, from, weights) {
  const { data, stride } = from;
  for (let i = 0; i < 5; i++) {
    const [a, b, d, e, f] = weights.subarray(5 * i, 5 * i + 5);
    for (let y = 0; y < side; y++) {
      const to = at + y * row;
      let r = from.at + (y * stride + i) * from.row;
      for (let x = 0; x < side; x++, r += stride) {
        sums[to + x] += a * data[r] + b * data[r + 1] + d * data[r + 2] + e * data[r + 3] + f * data[r + 4];
      }
    }
  }
}
