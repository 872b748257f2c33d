// Recorded runs as a grid: the runs of a point, their mean and range over seeds, and the map of all points.
import { shortNumber } from "../_core/format.js";

/**
 * A payload of SweepExplorer made ready: { axes: [{ name, label, values, numeric, varies }], across, rows, columns, x, metrics, groups }.
 * A point is a list with an index for each axis; across is the axis along which the map's columns stand, and rows lists
 * the points (their index on that axis left at 0) in the order of the map's rows.
 */
export function openSweep(payload) {
  const labels = payload.display.labels || {};
  const axes = inOrder(payload, "axes").map(([name, values]) => {
    const numeric = values.every((value) => typeof value === "number");
    return { name, label: labels[name] || name.replaceAll("_", " "), values, numeric, varies: values.length > 1 };
  });
  const groups = new Map();
  payload.runs.seed.forEach((_, run) => {
    const key = axes.map(({ name }) => payload.runs.axes[name][run]).join();
    groups.set(key, [...(groups.get(key) || []), run]);
  });
  const sweep = { axes, groups, seeds: payload.runs.seed, ...layOut(axes), x: payload.display.x || {} };
  sweep.metrics = inOrder(payload, "metrics").map(([name, block]) => openMetric(name, block, groups, payload.display));
  sweep.curves = sweep.metrics.filter(({ kind }) => kind === "curve");
  sweep.length = Math.max(1, ...sweep.curves.map(({ longest }) => longest));
  return sweep;
}

/** The map's columns are the numeric axis with the most values; its rows are all combinations of the others, in order. */
function layOut(axes) {
  const size = ({ numeric, values }) => (numeric ? 1000 : 0) + values.length;
  const across = axes.reduce((best, axis, i) => (size(axis) > size(axes[best]) ? i : best), 0);
  let rows = [[]];
  axes.forEach((axis, i) => {
    const indices = i === across ? [0] : axis.values.map((_, k) => k);
    rows = rows.flatMap((row) => indices.map((k) => [...row, k]));
  });
  return { across, rows, columns: axes.length ? axes[across].values.length : 1 };
}

// Notebook files sort the keys of what they store, so the order of axes and metrics travels as lists.
function inOrder(payload, kind) {
  return (payload.order?.[kind] || Object.keys(payload[kind])).map((name) => [name, payload[kind][name]]);
}

// What is not finite travels as text, which Number reads.
function openMetric(name, { kind, mode, values }, groups, display) {
  const runs = values.map((value) => (value === null ? null : Float64Array.from([value].flat(), Number)));
  const about = display.metrics?.[name] || {};
  const falls = mode === "min";
  const curves = [...groups].map(([key, members]) => [key, members.map((run) => runs[run])]);
  const bands = new Map(curves.map(([key, own]) => [key, bandOf(own)]));
  const held = new Map(curves.map(([key, own]) => [key, bandOf(prolonged(own))]));
  const longest = Math.max(0, ...[...bands.values()].map(({ mean }) => mean.length));
  return { name, label: about.label || name.replaceAll("_", " "), kind, log: Boolean(about.log), falls, baseline: about.guess ?? null, runs, bands, held, longest };
}

/** Curves of one length: a seed that ended earlier, be it by early stopping or at NaN, stays at its last value. */
function prolonged(curves) {
  const longest = Math.max(0, ...curves.map((curve) => curve?.length ?? 0));
  return curves.map((curve) => (curve?.length ? Float64Array.from({ length: longest }, (_, i) => curve[Math.min(i, curve.length - 1)]) : curve));
}

/** Mean and range over the seeds at each step: { mean, low, high, count }, not a number where a seed's value is none. */
export function bandOf(curves) {
  const known = curves.filter((curve) => curve !== null);
  const length = Math.max(0, ...known.map((curve) => curve.length));
  const band = { mean: new Float64Array(length), low: new Float64Array(length), high: new Float64Array(length), count: new Uint16Array(length) };
  for (let i = 0; i < length; i++) {
    const values = known.filter((curve) => curve.length > i).map((curve) => curve[i]);
    band.count[i] = values.length;
    band.mean[i] = values.reduce((sum, value) => sum + value, 0) / values.length;
    const lost = values.some(Number.isNaN);
    band.low[i] = lost ? NaN : Math.min(...values);
    band.high[i] = lost ? NaN : Math.max(...values);
  }
  return band;
}

/** A value of an axis in words. */
export function valueText({ numeric, values }, index) {
  const value = values[index];
  return numeric ? shortNumber(value) : String(value ?? "none").replaceAll("_", " ");
}

/** A point from a list of any numbers: rounded, moved inside the grid, missing indices 0. */
export function insidePoint(sweep, at) {
  return sweep.axes.map(({ values }, i) => Math.min(values.length - 1, Math.max(0, Math.round(at[i] || 0))));
}

/** The band of a metric at a point, at each step of the seeds that reached it, or null where nothing was run. */
export function bandAt(metric, point) {
  return metric.bands.get(point.join()) || null;
}

/**
 * A metric at a point and a step (a scalar has one): { mean, low, high, count } over all seeds, one that ended earlier at its
 * last value, as in Sweep.best: the mean of those that went on would be one of the lucky. null where nothing was run.
 */
export function valueAt(metric, point, step) {
  const band = metric.held.get(point.join());
  if (!band?.mean.length) return null;
  const i = Math.min(step, band.mean.length - 1);
  return { mean: band.mean[i], low: band.low[i], high: band.high[i], count: band.count[i] };
}

/** Its mean alone; null where nothing was run, not a number if a seed diverged. */
export function meanAt(metric, point, step) {
  return valueAt(metric, point, step)?.mean ?? null;
}

/** The first step from which some seed has no finite value, or -1. */
export function brokenAt(metric, point) {
  return (bandAt(metric, point)?.mean || []).findIndex((value) => !Number.isFinite(value));
}

/** Whether a value is no better than guessing, or none at all. */
export function isLostValue(metric, value) {
  if (!Number.isFinite(value)) return true;
  return metric.baseline !== null && (metric.falls ? value >= metric.baseline : value <= metric.baseline);
}

/** The map of a metric at a step: { values: row by row, null where nothing was run; best: column of each row's best or -1; top: [row, column] }. */
export function mapAt(sweep, metric, step) {
  const { rows, columns, across } = sweep;
  const values = rows.map((row) => Array.from({ length: columns }, (_, k) => meanAt(metric, withIndex(row, across, k), step)));
  const better = (a, b) => (metric.falls ? a < b : a > b);
  const best = values.map((line) => {
    let found = -1;
    line.forEach((value, k) => {
      if (value !== null && Number.isFinite(value) && (found < 0 || better(value, line[found]))) found = k;
    });
    return found;
  });
  let top = -1;
  best.forEach((k, row) => {
    if (k >= 0 && (top < 0 || better(values[row][k], values[top][best[top]]))) top = row;
  });
  return { values, best, top: top < 0 ? null : [top, best[top]] };
}

/** A point with the index on one axis replaced. */
export function withIndex(point, axis, index) {
  const next = [...point];
  next[axis] = index;
  return next;
}

/** The row of the map a point is in. */
export function rowOf(sweep, point) {
  const key = withIndex(point, sweep.across, 0).join();
  return sweep.rows.findIndex((row) => row.join() === key);
}

/** The points that differ from a point along one axis alone: all of a short axis, the nearest few of a long one. */
export function neighbours(sweep, point, axis, reach = 2) {
  if (axis < 0 || axis >= sweep.axes.length) return [];
  const count = sweep.axes[axis].values.length;
  const all = Array.from({ length: count }, (_, k) => k).filter((k) => k !== point[axis]);
  const near = count > 7 ? all.filter((k) => Math.abs(k - point[axis]) <= reach) : all;
  return near.map((k) => withIndex(point, axis, k));
}

/** How a value stands between the best (1) and guessing, or the worst (0), on the metric's own scale. */
export function normalizedScore(metric, value, [best, worst]) {
  const scale = metric.log ? (v) => Math.log(Math.max(v, 1e-300)) : (v) => v;
  const span = scale(best) - scale(worst);
  return span ? Math.min(1, Math.max(0, (scale(value) - scale(worst)) / span)) : 1;
}

/** The best finite mean of a metric anywhere in the recording, and what counts as worst: guessing, else the worst of the last values. */
export function scoreRange(metric) {
  const means = [...metric.bands.values()].flatMap(({ mean }) => [...mean]).filter(Number.isFinite);
  const best = means.reduce((a, b) => (metric.falls ? Math.min(a, b) : Math.max(a, b)), metric.falls ? Infinity : -Infinity);
  const ends = [...metric.bands.values()].map(({ mean }) => mean[mean.length - 1]).filter(Number.isFinite);
  const worst = metric.baseline ?? ends.reduce((a, b) => (metric.falls ? Math.max(a, b) : Math.min(a, b)), best);
  return [best, worst];
}
