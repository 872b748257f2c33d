// Steps of recurrent cells, as torch.nn computes them. No DOM here.
import { sigmoid } from "./nn.js";

/**
 * One step of an LSTM. cell: { num_units, weight_x, weight_h, bias } (flat; rows in the order input, forget, candidate, output;
 * bias is the sum of torch's two). x, h, c: arrays. gate(z, name): a gate's value from its sum, name "i", "f" or "o".
 * Returns { i, f, g, o, c, h }, arrays of units.
 */
export function stepLstm({ num_units: H, weight_x, weight_h, bias }, x, h, c, gate = sigmoid) {
  const D = x.length;
  const sum = (row) => {
    let z = bias[row];
    for (let k = 0; k < D; k++) z += weight_x[row * D + k] * x[k];
    for (let k = 0; k < H; k++) z += weight_h[row * H + k] * h[k];
    return z;
  };
  const [i, f, g, o, next] = Array.from({ length: 5 }, () => new Array(H));
  for (let k = 0; k < H; k++) {
    i[k] = gate(sum(k), "i");
    f[k] = gate(sum(H + k), "f");
    g[k] = Math.tanh(sum(2 * H + k));
    o[k] = gate(sum(3 * H + k), "o");
    next[k] = f[k] * c[k] + i[k] * g[k];
  }
  return { i, f, g, o, c: next, h: next.map((value, k) => o[k] * Math.tanh(value)) };
}

/**
 * One step of a GRU. cell: { num_units, weight_x, weight_h, bias, bias_hn } (flat; rows in the order reset, update, candidate; bias
 * is the sum of torch's two, but for the candidate: there it is the one outside the reset gate, bias_hn the one inside).
 * gate(z, name): a gate's value from its sum, name "r" or "z". Returns { r, z, n, q, h }, arrays of units; q is what the reset
 * gate multiplies. The new state is (1 - z) n + z h.
 */
export function stepGru({ num_units: H, weight_x, weight_h, bias, bias_hn }, x, h, gate = sigmoid) {
  const D = x.length;
  const given = (row) => x.reduce((sum, value, k) => sum + weight_x[row * D + k] * value, bias[row]);
  const held = (row) => h.reduce((sum, value, k) => sum + weight_h[row * H + k] * value, 0);
  const [r, z, n, q] = Array.from({ length: 4 }, () => new Array(H));
  for (let k = 0; k < H; k++) {
    r[k] = gate(given(k) + held(k), "r");
    z[k] = gate(given(H + k) + held(H + k), "z");
    q[k] = held(2 * H + k) + bias_hn[k];
    n[k] = Math.tanh(given(2 * H + k) + r[k] * q[k]);
  }
  return { r, z, n, q, h: h.map((before, k) => (1 - z[k]) * n[k] + z[k] * before) };
}
