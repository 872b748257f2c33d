// Least squares: with a penalty on squares, or the shortest solution; and with one on absolute values. No DOM here.

const RANK = 1e-11; // of the largest diagonal entry: smaller ones count as zero
const HAIR = 1e-10; // of penalty, that chooses among solutions where rows are nearly equal
const [SWEEPS, CLOSE] = [200, 1e-9]; // of coordinate descent: at most, and what is no change

/** The matrix (p rows of n) that makes of y the w of least |A w - y|² + strength |w|²; with 0 the shortest of the least. */
export function operator(A, strength) {
  const first = A.map((row) => A.findIndex((other) => other.every((value, k) => value === row[k])));
  const places = [...new Set(first)];
  const roots = places.map((place) => Math.sqrt(first.filter((other) => other === place).length));
  // equal rows are one, as heavy as all of them, whose target is the mean of theirs
  const C = distinct(places.map((place, g) => A[place].map((value) => value * roots[g])), strength);
  const owners = first.map((place) => places.indexOf(place));
  return C.map((row) => owners.map((g) => row[g] / roots[g]));
}

/** The operator of a matrix whose rows differ. */
function distinct(A, strength) {
  const [n, p] = [A.length, A[0].length];
  const wide = p > n;
  const columns = wide ? A.map((row) => [...row]) : A[0].map((_, k) => A.map((row) => row[k]));
  const length = columns[0].length;
  if (strength > 0) columns.forEach((column, j) => columns.forEach((_, i) => column.push(i === j ? Math.sqrt(strength) : 0)));
  const { Q, R } = factor(columns);
  const sizes = R.map((row, j) => Math.abs(row[j]));
  if (Math.min(...sizes) < RANK * Math.max(...sizes)) return distinct(A, HAIR);
  return wide ? backward(Q, R, length) : forward(Q, R, length);
}

/** Columns as Q R, by Gram and Schmidt, twice: rounding is taken off the second time. */
function factor(columns) {
  const Q = [];
  const R = columns.map(() => []);
  columns.forEach((column, j) => {
    const rest = [...column];
    for (let turn = 0; turn < 2; turn++) {
      Q.forEach((q, i) => {
        let share = 0;
        for (let k = 0; k < rest.length; k++) share += q[k] * rest[k];
        R[i][j] = (R[i][j] || 0) + share;
        for (let k = 0; k < rest.length; k++) rest[k] -= share * q[k];
      });
    }
    R[j][j] = Math.hypot(...rest);
    Q.push(rest.map((value) => value / (R[j][j] || 1)));
  });
  return { Q, R };
}

/** R⁻¹ Qᵀ, of the first entries of Q's columns: A has at least as many rows as columns. */
function forward(Q, R, length) {
  const C = [];
  for (let j = Q.length - 1; j >= 0; j--) {
    C[j] = Q[j].slice(0, length);
    for (let i = j + 1; i < Q.length; i++) for (let k = 0; k < length; k++) C[j][k] -= R[j][i] * C[i][k];
    for (let k = 0; k < length; k++) C[j][k] /= R[j][j];
  }
  return C;
}

/** Q R⁻ᵀ, of the first entries of Q's columns: A has more columns than rows. */
function backward(Q, R, length) {
  const n = Q.length;
  return Array.from({ length }, (_, k) => {
    const row = new Array(n);
    for (let j = n - 1; j >= 0; j--) {
      row[j] = Q[j][k];
      for (let i = j + 1; i < n; i++) row[j] -= R[j][i] * row[i];
      row[j] /= R[j][j];
    }
    return row;
  });
}

/** Coordinate descent from start to the w of least |A w - y|² / (2n) + strength * sum |w_k|: { w, done }, done once it is there. */
export function lasso(A, y, strength, start) {
  const [n, p] = [A.length, A[0].length];
  const G = A[0].map((_, j) => A[0].map((_, k) => A.reduce((sum, row) => sum + row[j] * row[k], 0) / n));
  const w = Array.from({ length: p }, (_, k) => start[k] || 0);
  const pull = w.map((_, j) => A.reduce((sum, row, i) => sum + row[j] * y[i], 0) / n - w.reduce((sum, value, k) => sum + G[j][k] * value, 0));
  let moved = 1;
  for (let sweep = 0; sweep < SWEEPS && moved > CLOSE; sweep++) {
    moved = 0;
    for (let j = 0; j < p; j++) {
      if (!G[j][j]) continue;
      const z = pull[j] + G[j][j] * w[j];
      const value = (Math.sign(z) * Math.max(Math.abs(z) - strength, 0)) / G[j][j];
      const change = value - w[j];
      if (!change) continue;
      w[j] = value;
      for (let k = 0; k < p; k++) pull[k] -= change * G[j][k];
      moved = Math.max(moved, Math.abs(change));
    }
  }
  return { w, done: moved <= CLOSE };
}
