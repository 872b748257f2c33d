// The results of an explorer where its settings are at their ends, of the second half of the runs at the least, and what it says:
// input { state, seed, count }; writes a list of { given, results, said }.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { makeRng } from "./rng.mjs";

// an explorer's module gives away what it makes of its description, not that
const keep = "export function defineExplorer(description) {";
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith("/_core/define.js")) return loaded;
    return { ...loaded, source: String(loaded.source).replace(keep, `${keep} globalThis.description = description;`) };
  },
});
const { state, seed, count } = JSON.parse(readFileSync(0, "utf8"));
await import("./widget.mjs");
const { scene: makeScene = () => ({}), update, output, say } = globalThis.description;
const { uniform } = makeRng(seed);
const pick = (list) => list[Math.floor(uniform() * list.length)];
const entry = (name) => state._spec.find((one) => one.name === name);

function atAnEnd(entry, least) {
  if (entry.choices) return pick(entry.choices);
  if (entry.kind === "flag") return uniform() < 0.5;
  if (entry.kind === "real" || entry.kind === "integer") return least ? entry.min : pick([entry.min, entry.max]);
  return entry.default;
}

const runs = Array.from({ length: count }, (_, i) => {
  const free = state._spec.filter((entry) => !entry.output && uniform() < 0.7);
  const given = Object.fromEntries(free.map((entry) => [entry.name, atAnEnd(entry, i >= count / 2)]));
  const get = (name) => given[name] ?? state[name];
  const scene = makeScene(get);
  while (update?.(scene, get, { now: 0, deadline: () => false }) === true);
  return { given, results: output?.(scene), said: say?.(scene, { get, entry }) };
});
const plain = (_, value) => (ArrayBuffer.isView(value) ? [...value] : value);
process.stdout.write(JSON.stringify(runs, plain));
