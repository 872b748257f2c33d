// Numbers as text.

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A number with about `digits` significant digits, a true minus sign, and 10ⁿ, with so many decimals, for the very large and small. */
export function formatNumber(value, digits = 3, decimals = 1) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) {
    const [mantissa, exponent] = value.toExponential(decimals).replace(/(\.\d+?)0+(?=e)/, "$1").split("e");
    const power = exponent.replace("+", "").replace("-", "⁻").replace(/\d/g, (d) => SUPERSCRIPTS[d]);
    return `${mantissa.replace("-", "−")}·10${power}`;
  }
  const text = size >= 10 ** digits ? String(Math.round(value)) : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−");
}

/** A number for ticks: 10⁻⁵, not 1.0·10⁻⁵. */
export function shortNumber(value, digits = 3) {
  return formatNumber(value, digits).replace(/^1\.0·|\.0(?=·)/, "");
}

/** A number with a fixed count of decimals and a true minus sign, for columns that must not jump. */
export function formatFixed(value, decimals = 2) {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e6) return formatNumber(value);
  return value.toFixed(decimals).replace("-", "−");
}

/** A whole number with its thousands apart: 61,470. */
export function formatCount(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",").replace("-", "−");
}

/** A count with its noun: 1 layer, 6 layers. */
export function formatCounted(count, one, many = `${one}s`) {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A number for a small cell, in at most four signs: .62, −1.3, 12. */
export function formatCell(value) {
  const size = Math.abs(value);
  if (size < 0.005) return "0";
  const text = size.toFixed(size < 0.995 ? 2 : size < 9.95 ? 1 : 0).replace(/^0|\.0$/g, "");
  return value < 0 ? `−${text}` : text;
}

/** Whether a name begins with a symbol, such as σ or x₁, whose capital would be another quantity. */
export function beginsWithSymbol(name) {
  return /^\p{L}(?!\p{L})/u.test(name);
}

/** A name as a sentence begins with it. */
export function capitalized(name) {
  return beginsWithSymbol(name) ? name : name[0].toUpperCase() + name.slice(1);
}

/** A typed number, or NaN: accepts a true minus sign, a decimal comma and an exponent, also as formatNumber writes it. */
export function parseNumber(text) {
  const power = (_, sign, digits) => `e${sign && "-"}${[...digits].map((digit) => SUPERSCRIPTS.indexOf(digit)).join("")}`;
  const written = String(text).replace(/·10(⁻?)([⁰¹²³⁴-⁹]+)(?=\s*$)/, power);
  const plain = written.trim().replace(/[−–]/g, "-").replace(/^([+-]?\d*),(\d+)$/, "$1.$2");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(plain) && plain.length < 40 ? Number(plain) : NaN;
}
