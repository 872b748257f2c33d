// What playground.py runs: "theirs" is the nn.ts of TensorFlow Playground.
import * as nn from "theirs";
import * as model from "../d2lite/widgets/playground/model.js";
const FEATURES = [(x, y) => x, (x, y) => y, (x, y) => x * x, (x, y) => y * y, (x, y) => x * y, (x) => Math.sin(x), (x, y) => Math.sin(y)];
const [CELLS, ROUNDS, WARM] = [100, 200, 60];
const traits = {
  dataset: "spiral", num_samples: 500, noise: 0.05, data_seed: 0, train_share: 0.5, points: [], features: Object.keys(model.FEATURES),
  layers: new Array(6).fill(8), batch_norm: false, loss: "mse", optimizer: "sgd", lr: 0.03, batch_size: 10, l1: 0, l2: 0, dropout: 0,
  init: "uniform", seed: 0, start_weights: [],
};
const task = model.makeTask(traits);

function theirs(activation) { // oneStep and updateDecisionBoundary of its playground.ts, without what draws
  const network = nn.buildNetwork([7, ...traits.layers, 1], activation, nn.Activations.TANH, null, [..."abcdefg"], false);
  const points = (rows) => rows.map(([x, y, label]) => ({ input: () => FEATURES.map((f) => f(6 * x, 6 * y)), label: 2 * label - 1 }));
  const [training, test] = [points(task.training), points(task.test)];
  const loss = (rows) => rows.reduce((sum, p) => sum + nn.Errors.SQUARE.error(nn.forwardProp(network, p.input()), p.label), 0) / rows.length;
  const boundary = {};
  nn.forEachNode(network, true, ({ id }) => { boundary[id] = Array.from({ length: CELLS }, () => new Array(CELLS)); });
  const train = () => {
    training.forEach((p, i) => {
      nn.forwardProp(network, p.input());
      nn.backProp(network, p.label, nn.Errors.SQUARE);
      if ((i + 1) % traits.batch_size === 0) nn.updateWeights(network, traits.lr, 0);
    });
    return loss(training) + loss(test);
  };
  const grid = () => {
    for (let i = 0; i < CELLS; i++) {
      for (let j = 0; j < CELLS; j++) {
        const [x, y] = [-6 + (12 * i) / (CELLS - 1), 6 - (12 * j) / (CELLS - 1)];
        nn.forwardProp(network, FEATURES.map((f) => f(x, y)));
        nn.forEachNode(network, true, (node) => { boundary[node.id][i][j] = node.output; });
      }
    }
  };
  return [train, grid];
}

function ours(activation) {
  const run = model.makeRun(task, { ...traits, activation });
  const maps = model.makeMaps(run.net, traits.features, 1.25, CELLS);
  return [() => model.trainEpoch(run), () => model.fillMaps(maps, run.net, run.state)];
}

for (const [name, activation] of [["tanh", nn.Activations.TANH], ["relu", nn.Activations.RELU]]) {
  const sides = [["TensorFlow Playground", theirs(activation)], ["d2lite", ours(name)]].map(([who, work]) => ({ who, work, times: [] }));
  for (let round = 0; round < WARM + ROUNDS; round++) {
    for (const { work: [train, grid], times } of sides) {
      const start = performance.now();
      train();
      const middle = performance.now();
      grid();
      if (round >= WARM) times.push([performance.now() - start, middle - start]);
    }
  }
  for (const { who, times } of sides) {
    const at = (k, q) => times.map((row) => row[k]).sort((a, b) => a - b)[Math.floor(q * ROUNDS)].toFixed(1);
    console.log(`${name.padEnd(5)} ${who.padEnd(22)} a frame: least ${at(0, 0)} ms, p50 ${at(0, 0.5)}, p95 ${at(0, 0.95)}; of it training p50 ${at(1, 0.5)}`);
  }
}
