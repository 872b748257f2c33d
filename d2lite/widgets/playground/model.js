// The playground's training runs: what the traits say, epoch by epoch, the same whenever it is asked for. No DOM here.
import { backward, drawMasks, forward, initWeights, makeRoom, makeState, meanLoss, shapeNetwork, stepWeights } from "../_math/mlp.js";
import { makeRng } from "../_math/rng.js";
import { tabulate } from "./data.js";

export * from "../_math/mlp.js";
export * from "./data.js";
export * from "./maps.js";
export * from "./code.js";

export const MAX_EPOCHS = 5000;
const STREAMS = MAX_EPOCHS + 3; // generators a seed has: one for the start, one an epoch
const KEPT = 64; // epochs whose whole state is kept, so that going back is quick

/** The loss that is meant: that of a task of regression is always the squared error. */
export const lossOf = (task, loss) => (task.regression ? "mse" : loss);

/**
 * A run at its start. settings: features (a list), layers, activation, batch_norm, loss, optimizer, lr, batch_size (0 = all), l1, l2,
 * dropout, init, seed, start_weights. run.epoch is where state stands, run.done how far it has been: trainLoss and testLoss are
 * known to there. run.refused says that start_weights do not fit.
 */
export function makeRun(task, settings) {
  const { features, layers, activation, batch_norm: batchNorm, seed, start_weights: start } = settings;
  const loss = lossOf(task, settings.loss);
  const squash = loss === "mse" && !task.regression;
  const net = shapeNetwork({ inputs: features.length, layers, activation, batchNorm, squash });
  const state = makeState(net);
  const refused = start.length > 0 && start.length !== net.count + net.stats;
  if (start.length && !refused) loadWeights(state, start);
  else initWeights(net, state, settings.init, makeRng(seed * STREAMS));
  const [train, test] = [task.training, task.test].map((points) => tabulate(points, features, squash));
  const run = { task, settings, loss, net, state, train, test, refused, start: state.memory.slice(), epoch: 0, done: 0, broken: 0 };
  const size = batchSize(run);
  run.size = size;
  run.room = makeRoom(net, Math.max(train.rows, test.rows, 1));
  run.order = new Int32Array(train.rows);
  run.targets = new Float64Array(train.rows);
  run.trainLoss = run.testLoss = new Float64Array(0);
  run.kept = { every: 8, count: 0, memory: [] };
  record(run);
  return run;
}

/** Rows a step uses: batch norm needs two at least. */
function batchSize({ settings, net, train }) {
  const asked = settings.batch_size || train.rows;
  return Math.min(net.batchNorm && net.stats ? Math.max(2, asked) : asked, train.rows);
}

function loadWeights({ w, stats }, numbers) {
  for (let k = 0; k < w.length; k++) w[k] = numbers[k];
  for (let k = 0; k < stats.length; k++) stats[k] = numbers[w.length + k];
}

/** Parameters in torch's order, then each batch norm's running means and variances: what start_weights takes. */
export const allWeights = ({ state }) => [...state.w, ...state.stats];

/** Outputs of a table of points, as the network is used: without dropout, with batch norm's running statistics. */
export function outputsOf({ net, state, room }, { x, rows }) {
  room.a[0].set(x);
  return forward(net, state, room, rows);
}

/** The mean loss of a table of points; NaN where there is none. */
export function lossOn(run, table) {
  return meanLoss(run.loss, outputsOf(run, table), table.y, table.rows);
}

/** The share of a table's points on the right side. */
export function shareRight(run, table) {
  const outputs = outputsOf(run, table);
  const middle = run.loss === "mse" ? 0 : 0.5;
  let right = 0;
  for (let k = 0; k < table.rows; k++) right += outputs[k] >= 0 === table.y[k] > middle;
  return right / table.rows;
}

function record(run) {
  if (run.epoch >= run.trainLoss.length) [run.trainLoss, run.testLoss] = [run.trainLoss, run.testLoss].map(longer);
  run.trainLoss[run.epoch] = lossOn(run, run.train);
  run.testLoss[run.epoch] = lossOn(run, run.test);
  run.done = Math.max(run.done, run.epoch);
}

/** A list of losses with room for more: seldom, as it grows fourfold. */
function longer(losses) {
  const list = new Float64Array(Math.max(256, 4 * losses.length));
  list.set(losses);
  return list;
}

/** One epoch: every training point once, in batches. A last batch of one is left out under batch norm, which cannot use it. */
export function trainEpoch(run) {
  const { settings, train, size, order } = run;
  const rng = makeRng(settings.seed * STREAMS + run.epoch + 1);
  for (let k = 0; k < train.rows; k++) order[k] = k;
  for (let k = train.rows - 1; k > 0 && size < train.rows; k--) {
    const other = Math.floor(rng.uniform() * (k + 1));
    const held = order[k];
    order[k] = order[other];
    order[other] = held;
  }
  for (let from = 0; from < train.rows; from += size) {
    const rows = Math.min(size, train.rows - from);
    if (rows > 1 || !run.net.stats) trainBatch(run, from, rows, rng);
  }
  run.epoch++;
  if (run.epoch > run.done) {
    record(run);
    const loss = run.trainLoss[run.epoch];
    if (train.rows && !Number.isFinite(loss)) run.broken = run.epoch;
    keep(run);
  }
}

function trainBatch({ net, state, room, train, order, targets, settings, loss }, from, rows, rng) {
  const inputs = net.sizes[0];
  for (let r = 0; r < rows; r++) {
    const at = order[from + r];
    for (let j = 0; j < inputs; j++) room.a[0][r * inputs + j] = train.x[at * inputs + j];
    targets[r] = train.y[at];
  }
  if (settings.dropout) drawMasks(net, room, rows, settings.dropout, rng);
  const outputs = forward(net, state, room, rows, { training: true, dropout: settings.dropout });
  meanLoss(loss, outputs, targets, rows, room.d[net.dense.length]);
  backward(net, state, room, rows, settings);
  stepWeights(state, settings.optimizer, settings.lr);
}

/** Keep the state of every few epochs; when there are too many, of every second of those. */
function keep({ kept, epoch, state }) {
  if (epoch !== kept.every * (kept.count + 1)) return;
  kept.memory[kept.count] = kept.memory[kept.count] || new Float64Array(state.memory.length);
  kept.memory[kept.count++].set(state.memory);
  if (kept.count < KEPT) return;
  for (let k = 0; k < KEPT / 2; k++) [kept.memory[k], kept.memory[2 * k + 1]] = [kept.memory[2 * k + 1], kept.memory[k]];
  kept.count = KEPT / 2;
  kept.every *= 2;
}

function goBack(run, target) {
  const { every, count, memory } = run.kept;
  const slot = Math.min(count, Math.floor(target / every));
  run.state.memory.set(slot ? memory[slot - 1] : run.start);
  run.epoch = slot * every;
}

/** Bring a run to an epoch, forwards or back, or until deadline() is true; return whether more is to be done. */
export function trainTo(run, target, deadline = () => false) {
  const end = run.broken ? Math.min(target, run.broken) : target;
  if (end < run.epoch) goBack(run, end);
  while (run.epoch < end && !(run.broken && run.epoch >= run.broken)) {
    trainEpoch(run);
    if (deadline()) return run.epoch < end && !run.broken;
  }
  return false;
}
