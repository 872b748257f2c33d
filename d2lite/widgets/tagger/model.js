// Two taggers of names, an LSTM in one direction and one in both, as torch.nn computes them. No DOM here.
import { floatsOf, scaledBytes } from "../_math/bytes.js";
import { stepLstm } from "../_math/recurrent.js";

const STOP = /\b(mr|mrs|messrs|dr|st)\./g;
const WORD = /'s\b|[a-z]+(?:[-'](?!s\b)[a-z]+)*|\d+|[^\sa-z\d]/gu;

/** A text in words and marks, all in lower case, as d2lite.language.tagging cuts it. */
export function splitWords(text) {
  return text.toLowerCase().replace(/[‘’]/g, "'").replace(/[“”]/g, '"').replace(STOP, "$1").match(WORD) ?? [];
}

const matrix = ({ bytes, scales }) => scaledBytes(bytes, floatsOf(scales));

function decodeNet(net) {
  const units = net["lstm.bias_ih_l0"].length / 4;
  const table = matrix(net["embedding.columns"]); // (E, V)
  const head = matrix(net["head.weight"]);
  const cells = ["", "_reverse"].filter((end) => `lstm.bias_ih_l0${end}` in net).map((end) => ({
    num_units: units,
    weight_x: matrix(net[`lstm.weight_ih_l0${end}`]),
    weight_h: matrix(net[`lstm.weight_hh_l0${end}`]),
    bias: net[`lstm.bias_ih_l0${end}`].map((value, k) => value + net[`lstm.bias_hh_l0${end}`][k]),
  }));
  const base = net.mean_votes.reduce((sum, value) => sum + value, net["head.bias"][0]);
  return { units, table, head, cells, base, means: net.mean_votes, features: floatsOf(net["embedding.columns"].scales).length };
}

/** The networks of a payload: { numbers (a Map of word to number), one, both }. */
export function decodeTaggers({ words, one, both }) {
  const numbers = new Map(words.split(" ").map((word, k) => [word, k + 1]));
  return { numbers, one: decodeNet(one), both: decodeNet(both) };
}

/** A word's row of the embedding. */
function embed({ table, features }, number) {
  const size = table.length / features;
  return Array.from({ length: features }, (_, e) => table[e * size + number]);
}

/** What one direction's states say at each word, relative to its mean. */
function votesOf(net, direction, inputs) {
  const [H, cell] = [net.units, net.cells[direction]];
  const votes = new Array(inputs.length);
  let [h, c] = [new Array(H).fill(0), new Array(H).fill(0)];
  for (let k = 0; k < inputs.length; k++) {
    const t = direction ? inputs.length - 1 - k : k;
    ({ h, c } = stepLstm(cell, inputs[t], h, c));
    votes[t] = h.reduce((sum, value, j) => sum + value * net.head[direction * H + j], -net.means[direction]);
  }
  return votes;
}

/**
 * Read words' numbers (0 for an unknown one). Returns { base (the score of a mean unknown word), left, right (the votes of the
 * states that come from either side; right is null in a network of one direction), scores (above 0: a name) }.
 */
export function readNumbers(net, numbers) {
  const inputs = numbers.map((number) => embed(net, number));
  const [left, right = null] = net.cells.map((_, direction) => votesOf(net, direction, inputs));
  return { base: net.base, left, right, scores: left.map((vote, t) => net.base + vote + (right ? right[t] : 0)) };
}
