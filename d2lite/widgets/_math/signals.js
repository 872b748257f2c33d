// A signal through layers of random weights, and a gradient back through them. No DOM here.

/** The root of the mean of the squares. */
export function rootMeanSquare(values) {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}

/** Rows times factor W^T, or times factor W when back; W is square and flat, a row an output. */
export function timesMatrix(rows, matrix, factor, back = false) {
  const width = Math.sqrt(matrix.length);
  const made = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at += width) {
    for (let i = 0, k = 0; i < width; i++) {
      if (back) {
        const value = factor * rows[at + i];
        if (value === 0) k += width; // a unit that passes nothing back
        else for (let j = 0; j < width; j++, k++) made[at + j] += value * matrix[k];
      } else {
        let sum = 0;
        for (let j = 0; j < width; j++, k++) sum += rows[at + j] * matrix[k];
        made[at + i] = factor * sum;
      }
    }
  }
  return made;
}

/**
 * Inputs through layers a = f(factor W a) - lowered: { signals, slopes }, the inputs the first of the signals. f is
 * [value(z), slope(z, a)]. What went through the first of the layers before is taken over and not sent again.
 */
export function sendForward(inputs, matrices, factors, [value, slope], lowered = 0, before = null) {
  const reached = Math.min(before?.slopes.length ?? 0, matrices.length);
  const signals = before ? before.signals.slice(0, reached + 1) : [inputs];
  const slopes = before ? before.slopes.slice(0, reached) : [];
  for (let k = reached; k < matrices.length; k++) {
    const sums = timesMatrix(signals[k], matrices[k], factors[k]);
    const flat = new Float64Array(sums.length);
    for (let i = 0; i < sums.length; i++) { // in place: the sums become the values
      const z = sums[i];
      const a = value(z);
      flat[i] = slope(z, a);
      sums[i] = a - lowered;
    }
    signals.push(sums);
    slopes.push(flat);
  }
  return { signals, slopes };
}

/** The gradient at each signal, from the inputs to the last, where it is the ending. */
export function sendBack(ending, matrices, factors, slopes) {
  const gradients = [ending];
  for (let k = matrices.length - 1; k >= 0; k--) {
    const through = gradients[0].map((g, i) => g * slopes[k][i]);
    gradients.unshift(timesMatrix(through, matrices[k], factors[k], true));
  }
  return gradients;
}
