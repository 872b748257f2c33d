// Rows dealt to training, validation and test; a nearest neighbour on them; what crosses from one side to the other. No DOM here.
import { makeRng } from "../_math/rng.js";

export const TRAINING = 0;
export const VALIDATION = 1;
export const TEST = 2;
const [SEX, MISSED] = [5, 6]; // places in a bird's facts
const NOISE = 1000; // columns
const BEST = 20; // of them
const SAME = 1e-9; // squared distances this close are a tie, which the first row wins

/** The table and the birds left out of it: { rows, fresh }, lists of { facts, size, bird }; copied, a fifth stands at the end again. */
export function makeTable({ facts, sizes, small }, { question, size, copied, seed }) {
  const birds = facts.map((fact, bird) => ({ facts: fact, size: sizes[bird], bird }));
  const known = ({ bird }) => question === "egg" || [bird, bird ^ 1].every((b) => sizes[b] && facts[b][SEX] >= 0);
  const usable = birds.filter(known);
  const inside = ({ bird }) => size === "all" || small.includes(bird >> 1);
  const rows = usable.filter(inside);
  if (copied) rows.push(...makeRng(seed).permutation(rows.length).slice(0, Math.round(rows.length / 5)).map((i) => rows[i]));
  return { rows, fresh: usable.filter((row) => !inside(row)) };
}

/** What is to be told of each row: 0 or 1. */
export const answers = (rows, question) => rows.map(({ facts }) => facts[question === "sex" ? SEX : MISSED]);

/** The rows in the order in which they are dealt, as lists of what stays together. */
export function dealRows(rows, labels, assign, seed) {
  const all = rows.map((_, i) => i);
  if (assign === "in_order") return all.map((i) => [i]);
  const order = makeRng(seed + 1).permutation(rows.length);
  if (assign === "shuffled") return order.map((i) => [i]);
  if (assign === "stratified") return stratify(order, labels).map((i) => [i]);
  const nests = new Map(order.map((i) => [rows[i].bird >> 1, []]));
  all.forEach((i) => nests.get(rows[i].bird >> 1).push(i));
  return [...nests.values()];
}

/** An order of which each stretch has about its share of each label: the j-th of a label's n rows comes at (j + 1/2) / n. */
function stratify(order, labels) {
  const counts = [0, 1].map((label) => labels.filter((y) => y === label).length);
  const seen = [0, 0];
  const placed = order.map((i) => ({ i, at: (seen[labels[i]]++ + 0.5) / counts[labels[i]] }));
  return placed.sort((a, b) => a.at - b.at).map(({ i }) => i);
}

/** The part of each row: the last units are the test set; of the others, one stretch validates, of k folds the one asked for. */
export function assignParts(units, { plan, numFolds, validationShare, testShare }, fold) {
  const kept = units.length - Math.round(testShare * units.length);
  const held = Math.max(1, Math.round(validationShare * units.length));
  const cut = (k) => Math.round((k * kept) / numFolds);
  const [from, to] = plan === "folds" ? [cut(fold - 1), cut(fold)] : [kept - held, kept];
  const parts = [];
  units.forEach((unit, u) => unit.forEach((i) => (parts[i] = u >= kept ? TEST : u >= from && u < to ? VALIDATION : TRAINING)));
  return parts;
}

/** The rows of a part, in order. */
const rowsOf = (parts, part) => parts.flatMap((p, i) => (p === part ? [i] : []));

const oneHot = (index, count) => Array.from({ length: count }, (_, k) => (k === index ? 1 : 0));

/** The columns of a bird: for the egg what is known of the nest, for the sex its own sizes; and the remark, where it has one. */
function describe({ facts, size }, { question, prepare }, isNew) {
  const [species, island, year, day, nest] = facts;
  const columns = question === "sex" ? size : [...oneHot(species, 3), ...oneHot(island, 3), ...oneHot(year, 3), day, nest];
  return prepare === "with_remark" ? [...columns, isNew ? 0 : facts[MISSED]] : columns; // of new birds nobody knows it yet
}

/** Means and standard deviations of the columns of some rows; 1 for a column that does not vary. */
export function statistics(rows) {
  const mean = rows[0].map((_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  const std = mean.map((m, j) => Math.sqrt(rows.reduce((sum, row) => sum + (row[j] - m) ** 2, 0) / rows.length));
  return { mean, std: std.map((s) => (s < SAME ? 1 : s)) };
}

const scale = (rows, { mean, std }) => rows.map((row) => row.map((value, j) => (value - mean[j]) / std[j]));

/** Columns of random numbers between 0 and 1, the j-th with a seed of its own. */
export function noiseColumns(count, seed, chosen = Array.from({ length: NOISE }, (_, j) => j)) {
  return chosen.map((j) => {
    const { uniform } = makeRng(seed * NOISE + j + 1);
    const column = new Float64Array(count);
    for (let i = 0; i < count; i++) column[i] = uniform();
    return column;
  });
}

let kept = { key: "" };

/** All noise of a table, kept until another is asked for. */
function keptNoise(count, seed) {
  const key = `${count} ${seed}`;
  if (kept.key !== key) kept = { key, columns: noiseColumns(count, seed) };
  return kept.columns;
}

/** Sums over some rows, one for each column: of the values, of their squares, of the values of rows labelled 1; and the counts of both. */
function sumUp(columns, labels, rows) {
  const [places, ones] = [Int32Array.from(rows), Float64Array.from(rows, (i) => labels[i])];
  const [value, square, product] = [0, 1, 2].map(() => new Float64Array(columns.length));
  columns.forEach((column, j) => {
    let [v, s, p] = [0, 0, 0];
    for (let k = 0; k < places.length; k++) {
      const x = column[places[k]] - 0.5; // near their mean, so that the sums lose nothing
      v += x;
      s += x * x;
      p += x * ones[k];
    }
    [value[j], square[j], product[j]] = [v, s, p];
  });
  return { value, square, product, ones: ones.reduce((a, b) => a + b, 0), count: places.length };
}

/** The sums over the rows of the first that are not among those of the second: cheaper than to add up the many once more. */
function takeAway(all, some) {
  const [value, square, product] = ["value", "square", "product"].map((name) => all[name].map((sum, j) => sum - some[name][j]));
  return { value, square, product, ones: all.ones - some.ones, count: all.count - some.count };
}

/** The columns whose correlation with the labels, over the rows summed, is furthest from 0: the best first. */
function bestColumns({ value, square, product, ones, count }) {
  const strength = value.map((v, j) => Math.abs(product[j] - (v * ones) / count) / Math.sqrt(square[j] - (v * v) / count));
  return Array.from(strength.keys()).sort((a, b) => strength[b] - strength[a] || a - b).slice(0, BEST);
}

/** The columns as the model sees them: { inputs, fresh } of the table's rows and of the birds left out. */
export function prepareColumns({ rows, fresh, labels, noise, sums }, parts, settings) {
  const { prepare, seed } = settings;
  if (prepare.startsWith("noise")) {
    const chosen = bestColumns(prepare === "noise" ? takeAway(sums, sumUp(noise, labels, rowsOf(parts, VALIDATION))) : sums);
    const columns = noiseColumns(rows.length + fresh.length, seed, chosen);
    const inputs = [...rows, ...fresh].map((_, i) => columns.map((column) => column[i]));
    return { inputs: inputs.slice(0, rows.length), fresh: inputs.slice(rows.length) };
  }
  const known = rows.map((row) => describe(row, settings, false));
  const unknown = fresh.map((row) => describe(row, settings, true));
  if (prepare === "raw") return { inputs: known, fresh: unknown };
  const found = statistics(prepare === "scaled_over_all" ? known : rowsOf(parts, TRAINING).map((i) => known[i]));
  return { inputs: scale(known, found), fresh: scale(unknown, found) };
}

/** The place, in a list of rows, of the one nearest to a row. */
export function nearest(known, row) {
  let [best, least] = [0, Infinity];
  for (let k = 0; k < known.length; k++) {
    let sum = 0;
    for (let j = 0; j < row.length && sum < least; j++) sum += (row[j] - known[k][j]) ** 2;
    if (sum < least - SAME) [best, least] = [k, sum];
  }
  return best;
}

/** Counts of [right, all] for each label, which can be added up. */
const tally = (pairs) => [0, 1].map((label) => [pairs.filter(([y, guess]) => y === label && guess === label).length, pairs.filter(([y]) => y === label).length]);

/** The sum of some tallies. */
export const addTallies = (list) => list.reduce((sum, one) => sum.map(([right, all], y) => [right + one[y][0], all + one[y][1]]), [[0, 0], [0, 0]]);

/** The share of right answers for each label, averaged over the labels that occur: guessing gets 1/2; NaN if none does. */
export function score(counts) {
  const shares = counts.filter(([, all]) => all > 0).map(([right, all]) => right / all);
  return shares.reduce((a, b) => a + b, 0) / shares.length;
}

/** Train on the training rows, answer for the validating ones and, once it is opened, for the test set: the training row copied (-1: none), and tallies. */
export function judge(table, parts, settings) {
  const { labels, freshLabels } = table;
  const training = rowsOf(parts, TRAINING);
  const { inputs, fresh } = prepareColumns(table, parts, settings);
  const known = training.map((i) => inputs[i]);
  const asked = (part) => part === VALIDATION || (part === TEST && settings.opened);
  const neighbours = parts.map((part, i) => (asked(part) ? training[nearest(known, inputs[i])] : -1));
  const judged = (part) => tally(neighbours.flatMap((k, i) => (k >= 0 && parts[i] === part ? [[labels[i], labels[k]]] : [])));
  const unseen = fresh.map((row, i) => [freshLabels[i], labels[training[nearest(known, row)]]]);
  return { parts, neighbours, validation: judged(VALIDATION), test: judged(TEST), fresh: tally(unseen) };
}

/** How many rows of a part have, in training, their nest's other bird, and how many themselves once more; and which rows these are. */
export function crossings(rows, parts, part) {
  const trained = new Set(rows.flatMap(({ bird }, i) => (parts[i] === TRAINING ? [bird] : [])));
  const judged = rows.flatMap((row, i) => (parts[i] === part ? [{ i, bird: row.bird }] : []));
  const list = (other) => judged.filter(({ bird }) => trained.has(other(bird))).map(({ i }) => i);
  return { mates: list((bird) => bird ^ 1), copies: list((bird) => bird), judged: judged.length };
}

/** Everything for one state of the explorer: the table, the judgement of each fold, and the scores. */
export function explore(data, settings) {
  const table = makeTable(data, { ...settings, copied: settings.prepare === "copied" });
  table.labels = answers(table.rows, settings.question);
  table.freshLabels = answers(table.fresh, settings.question);
  const units = dealRows(table.rows, table.labels, settings.assign, settings.seed);
  const count = settings.plan === "folds" ? settings.numFolds : 1;
  const deals = Array.from({ length: count }, (_, k) => assignParts(units, settings, k + 1));
  if (settings.prepare.startsWith("noise")) {
    table.noise = keptNoise(table.rows.length, settings.seed);
    const looked = deals[0].flatMap((part, i) => (part !== TEST || settings.prepare === "noise_over_all" ? [i] : []));
    table.sums = sumUp(table.noise, table.labels, looked);
  }
  const folds = deals.map((parts) => judge(table, parts, settings));
  const sum = (name) => addTallies(folds.map((fold) => fold[name]));
  const [validation, fresh] = [sum("validation"), sum("fresh")];
  return { ...table, folds, validation, promised: score(validation), worth: table.fresh.length ? score(fresh) : null };
}
