// Bytes that travel in payloads as text.

/** The bytes of base64 text. */
export function bytesOf(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
  return bytes;
}

/** The 32-bit numbers of base64 text. */
export function floatsOf(text) {
  return Float64Array.from(new Float32Array(bytesOf(text).buffer));
}

/** The signed bytes of base64 text, each times the scale of its row; as many rows as scales. */
export function scaledBytes(text, scales) {
  const codes = new Int8Array(bytesOf(text).buffer);
  const columns = codes.length / scales.length;
  const values = new Float64Array(codes.length);
  for (let k = 0; k < codes.length; k++) values[k] = codes[k] * scales[Math.floor(k / columns)];
  return values;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"; // of the steps -31 to 31
const STEPS = new Map([...LETTERS].map((letter, k) => [letter, k - 31]));

/** Whole steps, a letter each, times the scale of their row; as many rows as scales. */
export function scaledLetters(text, scales) {
  const columns = text.length / scales.length;
  return Float64Array.from(text, (letter, k) => STEPS.get(letter) * scales[Math.floor(k / columns)]);
}
