// The gradient of a GRU's state, back through time. No DOM here.

/** As gradientBack of model.js, for a GRU: total by every way, direct the product of one unit's update gates. */
export function gruBack(cell, steps, T, unit, settings) {
  const H = cell.num_units;
  const [total, direct] = [new Array(T + 1), new Array(T + 1)];
  const held = [settings.reset_gate, settings.update_gate, "learned"].map((mode) => mode !== "learned");
  let dh = Array.from({ length: H }, (_, k) => (k === unit ? 1 : 0));
  let product = 1;
  for (let t = T; t >= 0; t--) {
    const { r, z, n, q } = steps[t];
    [total[t], direct[t]] = [dh[unit], product];
    const before = t > 0 ? steps[t - 1].h : new Array(H).fill(0);
    const dn = dh.map((value, k) => value * (1 - z[k]) * (1 - n[k] ** 2)); // at the candidate's sum
    const sums = [
      dn.map((value, k) => value * q[k] * r[k] * (1 - r[k])),
      dh.map((value, k) => value * (before[k] - n[k]) * z[k] * (1 - z[k])),
      dn.map((value, k) => value * r[k]),
    ];
    product *= z[unit];
    dh = dh.map((value, j) => {
      let sum = value * z[j];
      for (let gate = 0; gate < 3; gate++) {
        if (held[gate]) continue; // a gate that is held does not feel the state
        for (let k = 0; k < H; k++) sum += sums[gate][k] * cell.weight_h[(gate * H + k) * H + j];
      }
      return sum;
    });
  }
  return { total, direct };
}
