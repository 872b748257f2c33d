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
