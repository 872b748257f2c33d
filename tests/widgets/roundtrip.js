// Random states through links and cells: input { spec, call }; sends [values, what the link gives back, cell].
const { uniform } = rng.makeRng(5);
const states = Array.from({ length: 200 }, () => Object.fromEntries(state.linkEntries(input.spec).map((entry) => [entry.name, random(entry)])));
function random(entry) {
  if (entry.choices) return entry.choices[Math.floor(uniform() * entry.choices.length)];
  if (entry.kind === "flag") return uniform() < 0.5;
  if (entry.kind === "text") return "a b&c=d%é\"'<".slice(0, entry.max_length);
  const number = ({ min, max, integer }) => integer ? Math.round(min + uniform() * (max - min)) : min + uniform() * (max - min);
  if (entry.kind === "rows") return Array.from({ length: Math.floor(uniform() * Math.min(5, entry.max_length)) }, () => entry.columns.map(number));
  if (entry.kind === "numbers") return Array.from({ length: entry.length || Math.floor(Math.min(4, entry.max_length + 1) * uniform()) }, () => number(entry));
  return number({ ...entry, integer: entry.kind === "integer" });
}
send(states.map((values) => [values, state.parseHash(state.formatHash("d2l-x", input.spec, values), "d2l-x", input.spec),
  state.formatPython(input.call, input.spec, values)]));
