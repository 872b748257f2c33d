// Hostile links: run with input { spec, seed, count }, state.js as state, rng.js as rng; send() hands the results back.
const { uniform } = rng.makeRng(input.seed);
const pick = (list) => list[Math.floor(uniform() * list.length)];
const names = [...input.spec.map((entry) => entry.name), "hide", "__proto__", "constructor", "<img src=x onerror=alert(1)>", "", "_esm"];
const pieces = ["1", "-", "0.3", "e", "999", ",", "%", "%3C", "<script>", "'", '"', "&", "=", "?", "#", " ", "NaN", "Infinity", "null",
  "true", "\u0000", "é", "\ud800", "__proto__", "javascript:alert(1)", "9".repeat(400), "../", "[", "{}", "moons", "linear"];
const anything = () => Array.from({ length: Math.floor(uniform() * 8) }, () => pick(pieces)).join("");
const sane = (entry) => entry.choices ? pick(entry.choices) : entry.max !== undefined ? entry.min + (uniform() * 1.4 - 0.2) * (entry.max - entry.min) : anything();
const part = () => {
  const entry = pick(input.spec);
  const kind = uniform();
  if (kind < 0.3) return `${entry.name}=${sane(entry)}`;
  if (kind < 0.6) return `${pick(names)}=${anything()}`;
  if (kind < 0.8) return `${pick(names)}=${encodeURIComponent(anything().replace(/\ud800/g, ""))}`;
  return anything();
};
const results = [];
for (let i = 0; i < input.count; i++) {
  const head = uniform() < 0.9 ? "#d2l-x?" : anything();
  const hash = head + Array.from({ length: Math.floor(uniform() * 6) }, part).join("&");
  const found = state.parseHash(hash, "d2l-x", input.spec);
  if (found) results.push(found);
}
send(results);
