// Two networks that train side by side, without batch norm and with it, from the same start on the same batches. No DOM here.
import { backward, forward, initWeights, makeRoom, makeState, meanLoss, shapeNetwork, stepWeights } from "../_math/mlp.js";
import { makePoints } from "../_math/points.js";
import { makeRng } from "../_math/rng.js";

export const [WIDTH, POINTS] = [8, 120];
export const MEASURE = 4; // steps between two measured losses
const [NOISE, STREAMS, EVERY] = [0.05, 803, 20]; // generators a seed has: one for the start, one an epoch; steps between kept states
const [LOW, MIDDLE, HIGH] = [0.05, 0.5, 0.95];

/** The points as { x, y }: two numbers a row, and the class. */
export function makeTable(dataset) {
  const points = makePoints(dataset, POINTS, NOISE, 0);
  return { x: Float64Array.from(points.flatMap(([x1, x2]) => [x1, x2])), y: Float64Array.from(points, (point) => point[2]) };
}

/**
 * Both runs at their start: [without, with]. settings: dataset, depth, activation, scale, lr, batch_size, seed. A run's losses[k] is
 * { batch, running }, by the mean and variance that batch norm uses, after MEASURE k steps; run.step is where its state stands.
 */
export function makeRuns(settings) {
  const table = makeTable(settings.dataset);
  return [false, true].map((batchNorm) => {
    const net = shapeNetwork({ inputs: 2, layers: Array(settings.depth).fill(WIDTH), activation: settings.activation, batchNorm });
    const state = makeState(net);
    initWeights(net, state, "pytorch", makeRng(settings.seed * STREAMS));
    for (const { inputs, outputs, weight } of net.dense) {
      for (let k = 0; k < inputs * outputs; k++) state.w[weight + k] *= settings.scale;
    }
    const run = { net, state, table, settings, room: makeRoom(net, POINTS), targets: new Float64Array(POINTS), order: [], epoch: -1, step: 0, kept: [state.memory.slice()], losses: [], broken: 0, sent: null };
    record(run);
    return run;
  });
}

/** Send all points through; statistics "batch" is theirs, "running" what has been gathered. The running ones stay as they are. */
export function sendPoints(run, statistics) {
  const { net, state, room, table } = run;
  if (run.sent !== statistics) {
    const stats = state.stats.slice();
    room.a[0].set(table.x);
    forward(net, state, room, POINTS, { training: statistics === "batch" });
    state.stats.set(stats);
    run.sent = statistics; // until the next step
  }
  return room.a[net.dense.length];
}

/** The mean loss over all points, where the run stands. */
export function lossOf(run, statistics) {
  return meanLoss("cross_entropy", sendPoints(run, statistics), run.table.y, POINTS);
}

function record(run) {
  const running = lossOf(run, "running");
  run.losses.push({ running, batch: run.net.batchNorm ? lossOf(run, "batch") : running });
}

/** The rows of an epoch, in a new random order for each. */
function orderOf({ settings }, epoch) {
  return makeRng(settings.seed * STREAMS + 1 + epoch).permutation(POINTS);
}

/** One step of both forward and backward pass and gradient descent on the next batch. */
export function trainStep(run) {
  const { net, state, room, table, settings, targets } = run;
  const size = settings.batch_size;
  run.sent = null;
  const epoch = Math.floor((run.step * size) / POINTS);
  if (epoch !== run.epoch) Object.assign(run, { epoch, order: orderOf(run, epoch) });
  const from = run.step * size - epoch * POINTS;
  for (let r = 0; r < size; r++) {
    const row = run.order[from + r];
    room.a[0].set(table.x.subarray(2 * row, 2 * row + 2), 2 * r);
    targets[r] = table.y[row];
  }
  const outputs = forward(net, state, room, size, { training: true });
  meanLoss("cross_entropy", outputs, targets, size, room.d[net.dense.length]);
  backward(net, state, room, size);
  stepWeights(state, "sgd", settings.lr);
  run.step++;
  if (run.step % MEASURE || run.step < MEASURE * run.losses.length) return;
  record(run);
  const { running, batch } = run.losses.at(-1);
  if (!Number.isFinite(running + batch)) run.broken = run.step;
  if (run.step % EVERY === 0) run.kept.push(state.memory.slice());
}

/** Bring a run to a step, forwards or back, or until deadline() is true; return whether more is to be done. */
export function trainTo(run, target, deadline = () => false) {
  const end = run.broken ? Math.min(target, run.broken) : target;
  if (end < run.step) {
    const slot = Math.floor(end / EVERY);
    run.state.memory.set(run.kept[slot]);
    run.step = slot * EVERY;
    run.sent = null;
  }
  while (run.step < end && !(run.broken && run.step >= run.broken)) {
    trainStep(run);
    if (run.step % 4 === 0 && deadline()) return run.step < end && !run.broken;
  }
  return false;
}

/** Bring both runs to a step side by side, a few steps of one and of the other, as in trainTo. */
export function trainBoth(runs, target, deadline = () => false) {
  for (let goal = Math.min(target, ...runs.map(({ step }) => step)); ; goal = Math.min(target, goal + 2 * MEASURE)) {
    const more = runs.map((run) => trainTo(run, Math.max(goal, Math.min(run.step, target)), deadline)).some(Boolean);
    if (goal === target) return more;
    if (deadline()) return true;
  }
}

/** The number below which a share of sorted values lies, between two of them where it must: NumPy's quantile. */
export function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const next = sorted[Math.min(below + 1, sorted.length - 1)];
  return sorted[below] + (at - below) * (next - sorted[below]);
}

/** What enters each unit's activation function, over all points: for each hidden layer, for each unit [5%, middle, 95%]. */
export function spreads(run, statistics) {
  sendPoints(run, statistics);
  const column = new Float64Array(POINTS);
  return run.net.dense.slice(0, -1).map((_, l) =>
    Array.from({ length: WIDTH }, (_, unit) => {
      for (let r = 0; r < POINTS; r++) column[r] = run.room.z[l][r * WIDTH + unit];
      column.sort();
      return [quantile(column, LOW), quantile(column, MIDDLE), quantile(column, HIGH)];
    }),
  );
}

/** How many points are on the right side. */
export function countRight(run, statistics) {
  const outputs = sendPoints(run, statistics);
  return run.table.y.reduce((sum, y, k) => sum + (outputs[k] >= 0 === y > 0.5), 0);
}
