// A cell of a few units over a text, forward and backward through time, as torch.nn computes it; a GRU's way back is in gru.js.
import { argmax, dense, sigmoid, softmax } from "../_math/nn.js";
import { stepGru, stepLstm } from "../_math/recurrent.js";
import { gruBack } from "./gru.js";

const LETTERS = "abcd";
const INPUTS = 6; // four for the letter, one for a capital, one for the question mark

/** A sign as the network's input: six numbers. */
export function encodeSign(sign) {
  const x = new Array(INPUTS).fill(0);
  const letter = LETTERS.indexOf(sign.toLowerCase());
  if (letter >= 0) x[letter] = 1;
  if (letter >= 0 && sign !== sign.toLowerCase()) x[4] = 1;
  if (sign === "?") x[5] = 1;
  return x;
}

/** A gate's value: learned from its sum z, or held. */
function gateAt(z, mode) {
  return mode === "open" ? 1 : mode === "closed" ? 0 : sigmoid(z);
}

/**
 * Read a text. cell: { num_units, weight_x, weight_h, bias, head_weight, head_bias } (flat, rows in the order input, forget,
 * candidate, output); a GRU's as stepGru wants it. settings: forget_bias, input_bias, output_bias (added), forget_gate,
 * input_gate, output_gate; for a GRU update_bias, reset_bias, update_gate, reset_gate.
 * Returns a list of steps { sign, x, i, f, g, o, c, h (arrays of units), p (of letters), asked, wanted (0..3, or -1) }; of a GRU
 * r, z, n, h in place of the gates and states.
 */
export function readText(cell, text, settings) {
  const H = cell.num_units;
  const steps = [];
  let [c, h, wanted] = [new Array(H).fill(0), new Array(H).fill(0), -1];
  for (const sign of text) {
    const x = encodeSign(sign);
    if (x[4]) wanted = x.indexOf(1);
    const step = stepCell(cell, x, h, c, settings);
    ({ c, h } = step);
    steps.push({ sign, x, ...step, p: softmax(dense(cell.head_weight, cell.head_bias, h)), asked: x[5] === 1, wanted });
  }
  return steps;
}

const GATES = { i: "input", f: "forget", o: "output", r: "reset", z: "update" };

/** Whether a cell is a GRU. */
function isGru(cell) {
  return "bias_hn" in cell;
}

function stepCell(cell, x, h, c, settings) {
  const gate = (z, name) => gateAt(z + settings[`${GATES[name]}_bias`], settings[`${GATES[name]}_gate`]);
  return isGru(cell) ? stepGru(cell, x, h, gate) : stepLstm(cell, x, h, c, gate);
}

/**
 * The derivative of one unit's cell state at step T with respect to its own cell state at each step t = 0..T: total (by every
 * way through time) and direct (along the cell state alone: the product of the forget gates). Of a GRU: of its state, and the
 * product of the update gates.
 */
export function gradientBack(cell, steps, T, unit, settings) {
  return (isGru(cell) ? gruBack : lstmBack)(cell, steps, T, unit, settings);
}

function lstmBack(cell, steps, T, unit, settings) {
  const H = cell.num_units;
  const held = [settings.input_gate, settings.forget_gate, "learned", settings.output_gate].map((mode) => mode !== "learned");
  const [total, direct] = [new Array(T + 1), new Array(T + 1)];
  let dc = Array.from({ length: H }, (_, k) => (k === unit ? 1 : 0));
  let dh = new Array(H).fill(0);
  let product = 1;
  for (let t = T; t >= 0; t--) {
    const { i, f, g, o, c } = steps[t];
    const tanh = c.map(Math.tanh);
    dc = dc.map((value, k) => value + dh[k] * o[k] * (1 - tanh[k] ** 2));
    [total[t], direct[t]] = [dc[unit], product];
    const before = t > 0 ? steps[t - 1].c : new Array(H).fill(0);
    const sums = [
      dc.map((value, k) => value * g[k] * i[k] * (1 - i[k])),
      dc.map((value, k) => value * before[k] * f[k] * (1 - f[k])),
      dc.map((value, k) => value * i[k] * (1 - g[k] ** 2)),
      dh.map((value, k) => value * tanh[k] * o[k] * (1 - o[k])),
    ];
    dh = dh.map((_, j) => backThroughWeights(cell, sums, held, j));
    product *= f[unit];
    dc = dc.map((value, k) => value * f[k]);
  }
  return { total, direct };
}

/** The part of the gates' gradients that reaches hidden unit j of the step before. */
function backThroughWeights({ num_units: H, weight_h }, sums, held, j) {
  let value = 0;
  for (let gate = 0; gate < 4; gate++) {
    if (held[gate]) continue; // a gate that is held does not feel the hidden state
    for (let k = 0; k < H; k++) value += sums[gate][k] * weight_h[(gate * H + k) * H + j];
  }
  return value;
}

/**
 * The sums inside one unit's gates and candidate at step t, before sigmoid or tanh: { i, f, g, o }; of a GRU { r, z, given, seen },
 * where given is the candidate's part from the input, and seen what the reset gate multiplies.
 */
export function sumsAt(cell, steps, t, unit, settings) {
  const H = cell.num_units;
  const { x } = steps[t];
  const h = t > 0 ? steps[t - 1].h : new Array(H).fill(0);
  const part = (weight, values, row) => values.reduce((sum, value, k) => sum + weight[row * values.length + k] * value, 0);
  const given = (block) => cell.bias[block * H + unit] + part(cell.weight_x, x, block * H + unit);
  const sum = (block, name) => given(block) + part(cell.weight_h, h, block * H + unit) + (settings[`${GATES[name]}_bias`] ?? 0);
  if (isGru(cell)) return { r: sum(0, "r"), z: sum(1, "z"), given: given(2), seen: steps[t].q[unit] };
  return { i: sum(0, "i"), f: sum(1, "f"), g: sum(2, "g"), o: sum(3, "o") };
}

/** How many questions are answered with the capital before them: [right, asked]. */
export function countRight(steps) {
  const asked = steps.filter((step) => step.asked && step.wanted >= 0);
  return [asked.filter(({ p, wanted }) => argmax(p) === wanted).length, asked.length];
}
