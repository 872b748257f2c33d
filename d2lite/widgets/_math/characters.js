// What models of characters share: places in an alphabet, and drawing the next character. No DOM here.
import { softmax } from "./nn.js";

const PLAIN = { "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\t": " ", "\u00a0": " " };

/** A text as places in the alphabet of a net, and the characters that it does not know (it reads a blank): { ids, unknown }. */
export function encodeText({ places }, text) {
  const blank = places.get("\ufffd") ?? places.get(" ") ?? 0;
  const unknown = new Set();
  const ids = [...text].map((c) => {
    const found = places.get(c) ?? places.get(PLAIN[c]);
    if (found === undefined) unknown.add(c);
    return found ?? blank;
  });
  return { ids, unknown: [...unknown] };
}

/** The character at which the probabilities, added up in order, pass u. */
export function drawCharacter(logits, temperature, u) {
  const p = softmax(logits, temperature);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    sum += p[i];
    if (u < sum) return i;
  }
  return p.length - 1;
}

/** The mean number of bits of a distribution: its entropy. */
export function entropyBits(p) {
  return -p.reduce((sum, v) => sum + (v > 0 ? v * Math.log2(v) : 0), 0);
}
