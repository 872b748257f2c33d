// Activation functions by torch's names with their derivatives. No DOM here.
import { sigmoid } from "./nn.js";

const LEAK = 0.01; // torch's negative_slope

/** The error function, by the series with terms of one sign (Abramowitz and Stegun 7.1.6). */
export function erf(x) {
  if (Math.abs(x) > 5.5) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 3; Math.abs(term) > 1e-16; n += 2) {
    term *= (2 * x * x) / n;
    sum += term;
  }
  return 1.1283791670955126 * Math.exp(-x * x) * sum; // 2 / sqrt(pi)
}

const normalShare = (z) => 0.5 * (1 + erf(z * Math.SQRT1_2));
const normalDensity = (z) => 0.3989422804014327 * Math.exp(-0.5 * z * z);

/** tanh(log(1 + e^z)), of one exponential. */
function mishShare(z) {
  if (z > 20) return 1;
  const e = Math.exp(z);
  return (e * (e + 2)) / (e * (e + 2) + 2);
}

/** Mish's slope; its value a is z times the share, which is 0/0 at 0. */
function mishSlope(z, a) {
  const share = z ? a / z : 0.6;
  return share + z * (1 - share * share) * sigmoid(z);
}

/** name: [value(z), slope(z, a), where a is the value]. */
export const UNITS = {
  tanh: [Math.tanh, (z, a) => 1 - a * a],
  sigmoid: [sigmoid, (z, a) => a * (1 - a)],
  relu: [(z) => (z > 0 ? z : 0), (z) => (z > 0 ? 1 : 0)],
  linear: [(z) => z, () => 1],
  leaky_relu: [(z) => (z > 0 ? z : LEAK * z), (z) => (z > 0 ? 1 : LEAK)],
  elu: [(z) => (z > 0 ? z : Math.expm1(z)), (z, a) => (z > 0 ? 1 : a + 1)],
  gelu: [(z) => z * normalShare(z), (z, a) => (z ? a / z : 0.5) + z * normalDensity(z)],
  silu: [(z) => z * sigmoid(z), (z, a) => sigmoid(z) * (1 + z - a)],
  mish: [(z) => z * mishShare(z), mishSlope],
};
