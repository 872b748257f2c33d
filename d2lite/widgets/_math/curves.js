// Curves of recorded runs from their compact code: the twin of d2lite/sweeps/_curves.py, which states the rule.
import { bytesOf } from "./bytes.js";

const FORMAT = "d2lite-curves-1";

/**
 * Decode Sweep.payload(): { axes, seeds, runs: [{ point, seed }], metrics: { name: [per run] }, bounds }.
 * A metric gives each run a Float64Array (a curve), a number (a scalar) or null (not measured).
 */
export function decodeCurves(payload) {
  if (payload?.format !== FORMAT) {
    throw new Error(`the curves' format is ${payload?.format}, expected ${FORMAT}: record them again`);
  }
  const names = Object.keys(payload.axes);
  const runs = payload.runs.seed.map((seed, i) => {
    const known = names.filter((name) => payload.runs.axes[name][i] !== null);
    return { point: Object.fromEntries(known.map((name) => [name, payload.axes[name][payload.runs.axes[name][i]]])), seed };
  });
  const metrics = {};
  const bounds = {};
  for (const [name, block] of Object.entries(payload.metrics)) {
    const curves = decodeBlock(block);
    metrics[name] = block.kind === "scalar" ? curves.map((curve) => curve && curve[0]) : curves;
    bounds[name] = block.bound;
  }
  return { axes: payload.axes, seeds: payload.seeds, runs, metrics, bounds };
}

/** Decode one metric: a list with a Float64Array or null for each run. */
export function decodeBlock(block) {
  const lengths = Array.isArray(block.lengths) ? block.lengths : new Array(block.count).fill(block.lengths);
  const bytes = bytesOf(block.data);
  const top = 2 ** block.bits - 4;
  const special = [NaN, -Infinity, Infinity];
  let at = 0;

  function next() {
    let folded = 0;
    for (let place = 1; ; place *= 128) {
      if (at >= bytes.length) throw new Error("the curves' data is cut short: record it again");
      const byte = bytes[at++];
      folded += (byte & 127) * place;
      if (byte < 128) break;
    }
    return folded % 2 ? -(folded + 1) / 2 : folded / 2;
  }

  const curves = lengths.map((length) => {
    if (length === null) return null;
    let code = 0;
    return Float64Array.from({ length }, () => {
      code += next();
      return code > top ? special[code - top - 1] : numberOf(code, block);
    });
  });
  if (at !== bytes.length) throw new Error("the curves' data is longer than stated: record it again");
  return curves;
}

function numberOf(code, { scale, offset, step, unit }) {
  const u = offset + code * step;
  const value = scale === "asinh" ? unit * Math.sinh(u) : u;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
