// Recorded sets of changes: which one is chosen, which are near, and what one gained over another. No DOM here.

/** The recorded set with just these changes, or -1. */
export function findSet(sets, on) {
  const key = keyOf(on);
  return sets.findIndex((set) => keyOf(set.on) === key);
}

const keyOf = (on) => [...new Set(on)].sort((a, b) => a - b).join(",");

/** How many changes two sets differ by. */
export function distance(one, other) {
  const [a, b] = [new Set(one), new Set(other)];
  return [...a].filter((k) => !b.has(k)).length + [...b].filter((k) => !a.has(k)).length;
}

/** The recorded sets that differ least from these changes, in the order recorded. */
export function nearestSets(sets, on) {
  const far = sets.map((set) => distance(set.on, on));
  const least = Math.min(...far);
  return { least, found: far.flatMap((value, k) => (value === least ? [k] : [])) };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function variance(values) {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

const gainsOf = (set, base, measure) => set[measure].map((value, seed) => value - base[measure][seed]);

/** How far a seed moves a gain over the baseline: three seeds tell that roughly for one set, so it is one for all. */
export function seedSpread([baseline, ...others], measure) {
  return Math.sqrt(mean(others.map((set) => variance(gainsOf(set, baseline, measure)))));
}

/**
 * What one set gained over another: the mean over seeds, that of each seed, and the standard errors that the seeds leave,
 * that the test scenes leave (null without draws), and both. sets: all, the baseline first.
 */
export function gainOver(set, base, measure, sets) {
  const each = gainsOf(set, base, measure);
  if (set === base) return { gain: 0, each, ofSeeds: 0, ofScenes: 0, error: 0 };
  const ofSeeds = seedSpread(sets, measure) / Math.sqrt(each.length);
  const ofScenes = measure === "test" ? Math.sqrt(variance(set.draws.map((value, k) => value - base.draws[k]))) : null;
  return { gain: mean(each), each, ofSeeds, ofScenes, error: Math.hypot(ofSeeds, ofScenes ?? 0) };
}

/** The name of a set of changes; as a set less one where that is shorter. */
export function nameSet(names, on, all = null) {
  if (!on.length) return "baseline";
  if (all && on.length > 2 && on.length === all.length && distance(on, all) === 0) return "all that helped";
  if (all && all.length > 3 && on.length === all.length - 1 && distance(on, all) === 1) return `… less ${names[all.find((k) => !on.includes(k))]}`;
  return on.map((k) => names[k]).join(" + ");
}

/** The set of most changes: what was joined. */
export function largestSet(sets) {
  return sets.reduce((most, set) => (set.on.length > most.length ? set.on : most), []);
}

const [TALL, LOW] = [22, 13]; // px of a row: where there is room, and at least

/** The rows for which `room` px are enough, the chosen one always; how tall each is; and how many are left out. */
export function fitRows(rows, at, room) {
  const line = Math.min(TALL, Math.max(LOW, Math.floor(room / Math.max(1, rows.length))));
  const most = Math.max(2, Math.floor(room / line));
  if (rows.length <= most) return { line, most, shown: rows, left: 0 };
  const head = rows.slice(0, most - 1); // the last line says how many are left out
  const chosen = rows.find(({ k }) => k === at);
  const shown = !chosen || head.includes(chosen) ? head : [...head.slice(0, -1), chosen];
  return { line, most, shown, left: rows.length - shown.length };
}
