// The playground: the network on the left, every unit in it a small map; on the right the plane, and the losses below.
import { control, defineExplorer } from "../_core/define.js";
import { copyText, make, makeButton } from "../_core/dom.js";
import { formatCounted, formatFixed, formatNumber } from "../_core/format.js";
import { nameElement } from "../_core/frame.js";
import { addPoints } from "../_core/handles.js";
import { addKeys, ARROWS } from "../_core/keys.js";
import { button, facts, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { makeRamp, mixColor } from "../_core/theme.js";
import { beside } from "../_draw/panes.js";
import { drawHistograms, drawLosses, drawPlane, drawSeeds, lookedAt, lossScale, planeScales, unitName } from "./charts.js";
import { allWeights, FEATURES, fillMaps, isRegression, makeMaps, makeRun, makeTask, networkCode, shareRight, trainTo } from "./model.js";
import { drawNetwork, makePaper, mapOf, unitAt } from "./picture.js";

const CELLS = 100; // of the maps, across
const FEW = 40; // of the other seeds' maps
const EXTENT = 1.25;
const LARGEST = 1e300; // of a result
const NAMES = Object.keys(FEATURES);
const TASK = ["dataset", "num_samples", "noise", "data_seed", "train_share", "points"];
const SETTINGS = ["layers", "activation", "batch_norm", "loss", "optimizer", "lr", "batch_size", "l1", "l2", "dropout", "init", "seed", "start_weights"];

const makeScene = (get) => ({ get, made: "", key: "", drawn: "", epoch: 0, hovered: null, label: 1, hold: null, paper: makePaper(), extent: EXTENT });

function featuresOf(get) {
  const on = NAMES.filter((name) => get(name));
  return on.length ? on : ["x1", "x2"];
}

/** Bring a scene up to date with the traits: points, runs, their training, and the maps of all units. */
function updateScene(scene, get, { deadline }) {
  const made = JSON.stringify(TASK.map(get));
  if (made !== scene.made) {
    scene.task = makeTask(Object.fromEntries(TASK.map((name) => [name, get(name)])));
    Object.assign(scene, { made, key: "" });
  }
  const settings = { ...Object.fromEntries(SETTINGS.map((name) => [name, get(name)])), features: featuresOf(get) };
  const key = JSON.stringify([settings, get("seeds")]);
  if (key !== scene.key) startRuns(scene, settings, get("seeds"), key);
  const target = get("epoch_count");
  const more = scene.runs.map((run) => trainTo(run, target, deadline)).some(Boolean);
  const { run } = scene;
  const drawn = `${key}${scene.runs.map((other) => other.epoch)}`;
  const moved = drawn !== scene.drawn;
  if (moved) scene.runs.forEach((other, k) => fillMaps(scene.sights[k], other.net, other.state));
  Object.assign(scene, { drawn, epoch: run.epoch, moved, shown: unitShown(run, get("unit")) });
  return more || (moved && "quiet"); // what Python hears is sent in the frame after the last step
}

function startRuns(scene, settings, seeds, key) {
  scene.key = key;
  scene.runs = Array.from({ length: seeds }, (_, k) => makeRun(scene.task, { ...settings, seed: settings.seed + k }));
  scene.run = scene.runs[0];
  scene.drawn = "";
  const shape = JSON.stringify([settings.layers, settings.features, seeds]);
  if (shape === scene.shape) return;
  scene.shape = shape;
  scene.sights = scene.runs.map(({ net }, k) => makeMaps(net, settings.features, EXTENT, k ? FEW : CELLS));
  scene.maps = scene.sights[0];
  scene.hovered = null;
}

/** The unit that the trait names, [layer, index], or null where the network has none such. */
function unitShown({ net }, [layer, number]) {
  const count = layer === 0 ? NAMES.length : net.sizes[layer];
  return number >= 1 && number <= count ? [layer, number - 1] : null;
}

function summarise({ run, epoch, task }) {
  if (run.broken && epoch >= run.broken) return `Diverged at epoch ${run.broken}: the loss is no longer a number.`;
  const [train, test] = [run.trainLoss[epoch], run.testLoss[epoch]];
  const tested = task.test.length ? `, test loss ${formatNumber(test)}` : "";
  return task.training.length ? `Epoch ${epoch}: training loss ${formatNumber(train)}${tested}.` : "No points yet.";
}

/** What the reader should know about what he has asked for. */
function verdict(scene) {
  const { run, task, get } = scene;
  const texts = [];
  if (run.broken && scene.epoch >= run.broken) texts.push(`${summarise(scene)} Lower the learning rate.`);
  if (run.refused) texts.push("The loaded weights do not fit this network, so it starts from weights of its own.");
  if (!NAMES.some((name) => get(name))) texts.push("No input is on: x₁ and x₂ are used.");
  if (run.net.stats && get("batch_size") === 1) texts.push("Batch norm needs two points at least: batches of 2 are used.");
  if (!task.training.length) texts.push("Click in the plane to add points.");
  return { text: texts.join(" "), bad: true };
}

function results(scene) {
  const { run, task, epoch } = scene;
  const list = [["epoch", epoch], ["parameters", run.net.count]];
  if (task.regression || !task.training.length) return list;
  const share = (table) => `${Math.round(100 * shareRight(run, table))}%`;
  list.push(["training points right", share(run.train)]);
  if (task.test.length) list.push(["test points right", share(run.test)]);
  return list;
}

/** Colours of the maps, made anew with the theme. */
function withRamp(draw) {
  return (ctx, width, height, theme, scene) => {
    if (scene.theme !== theme) {
      scene.theme = theme;
      scene.ramp = makeRamp(mixColor(theme.bg, theme.a, 0.75), theme.bg, mixColor(theme.bg, theme.b, 0.75));
    }
    draw(ctx, width, height, theme, scene);
  };
}

/** Another shape of the network: loaded weights fit no more, and the unit shown may be gone. */
function reshape(app, changes) {
  app.set({ ...changes, start_weights: [], unit: [] });
}

function changeUnits(app, layer, by) {
  const layers = app.get("layers").map((units, l) => (l === layer - 1 ? Math.min(8, Math.max(1, units + by)) : units));
  reshape(app, { layers });
  app.announce(`Layer ${layer} has ${formatCounted(layers[layer - 1], "unit")}.`);
}

/** Point at a unit, and its function is shown large; press, and it stays. Inputs are switched on and off. */
function useNetwork(app, network, scene) {
  const { canvas } = network;
  const found = (event) => unitAt(scene.run.net, network.width(), network.height(), ...network.at(event)) || {};
  const hover = (unit) => {
    if (String(unit) === String(scene.hovered)) return;
    scene.hovered = unit;
    app.refresh();
  };
  app.scope.on(canvas, "pointermove", (event) => {
    const { unit = null, head } = found(event);
    canvas.style.cursor = unit || head ? "pointer" : "";
    if (event.pointerType !== "touch") hover(unit);
  });
  app.scope.on(canvas, "pointerleave", () => hover(null));
  app.scope.on(canvas, "click", (event) => {
    const { unit, head, side } = found(event);
    if (head) changeUnits(app, head, side);
    else if (unit?.[0] === 0) toggleInput(app, unit[1]);
    else if (unit) app.set({ unit: String(unit) === String(scene.shown) ? [] : [unit[0], unit[1] + 1] });
  });
  const help = "Arrows choose a unit to look at, + and − change its layer, Enter switches an input, Escape shows the output.";
  addKeys(app, network, { kind: "network", help, press: (key) => networkKey(app, key) });
}

function toggleInput(app, index) {
  const name = NAMES[index];
  reshape(app, { [name]: !app.get(name) });
  app.announce(`${FEATURES[name][0]} ${app.get(name) ? "on" : "off"}.`);
}

function networkKey(app, key) {
  const counts = [NAMES.length, ...app.get("layers"), 1];
  const [layer = counts.length - 1, number = 1] = app.get("unit");
  const inner = layer > 0 && layer < counts.length - 1;
  if (key === "Escape") app.set({ unit: [] });
  else if (key === "Enter" && layer === 0) toggleInput(app, number - 1);
  else if ("+-−".includes(key) && inner) changeUnits(app, layer, key === "+" ? 1 : -1);
  else if (ARROWS[key]) {
    const to = Math.min(counts.length - 1, Math.max(0, layer + ARROWS[key][0]));
    const unit = [to, Math.min(counts[to], Math.max(1, number + ARROWS[key][1]))];
    app.set({ unit: to === counts.length - 1 ? [] : unit });
    app.announce(to === counts.length - 1 ? "Output." : to ? `Layer ${to}, unit ${unit[1]} of ${counts[to]}.` : `Input ${FEATURES[NAMES[unit[1] - 1]][0]}.`);
  } else return false;
  return true;
}

/** Let the reader add points of his own, and move and remove them. */
function usePlane(app, plane, scene) {
  const scales = () => planeScales(scene, plane.width(), plane.height());
  const place = (px, py) => [scales().x.invert(px), scales().y.invert(py)].map((v) => Number(Math.min(EXTENT, Math.max(-EXTENT, v)).toFixed(2)));
  const change = (edit) => {
    const points = app.get("points").map((point) => [...point]);
    edit(points);
    app.set({ points });
  };
  scene.hold = addPoints(app, plane, {
    positions: () => app.get("points").map(([x1, x2]) => [scales().x(x1), scales().y(x2)]),
    move: (i, px, py) => change((points) => points.splice(i, 1, [...place(px, py), points[i][2]])),
    turn: (i) => change((points) => (points[i][2] = 1 - points[i][2])),
    remove: (i) => change((points) => points.splice(i, 1)),
    add: (px, py) => {
      if (app.get("points").length >= app.entry("points").max_length) return -1;
      change((points) => points.push([...place(px, py), scene.label]));
      return app.get("points").length - 1;
    },
    middle: () => [plane.width() / 2, plane.height() / 2],
    describe: (i) => `Your point ${i + 1} of ${app.get("points").length}, ${["blue", "orange"][app.get("points")[i][2]]}.`,
  });
}

function describePlace(scene, px, py, width, height) {
  const { x, y } = planeScales(scene, width, height);
  const { cells } = scene.maps;
  const at = (share) => Math.min(cells - 1, Math.max(0, Math.floor(share * cells)));
  const unit = lookedAt(scene);
  const value = mapOf(scene.maps, unit)[at(py / height) * cells + at(px / width)];
  const isOutput = unit[0] === scene.run.net.sizes.length - 1;
  const told = isOutput && scene.run.loss === "cross_entropy" ? `p(orange) = ${formatFixed(1 / (1 + Math.exp(-value)))}` : `${unitName(scene, unit)}: ${formatFixed(value)}`;
  return `${told} at ${formatFixed(x.invert(px), 1)}, ${formatFixed(y.invert(py), 1)}`;
}

/** The class a click adds, and the way to be rid of one's own points. */
function brush(app, parent, scene) {
  const classes = ["blue", "orange"].map((name, i) => {
    const choose = make("button", { type: "button", class: `d2l-brush d2l-class-${i}`, text: name, "aria-pressed": i === scene.label });
    choose.onclick = () => {
      scene.label = i;
      classes.forEach((other, j) => other.setAttribute("aria-pressed", j === i));
    };
    return choose;
  });
  const clear = makeButton({ label: "Clear", kind: "quiet", title: "Remove your points" });
  clear.onclick = () => app.set({ points: [] });
  const line = make("div", { class: "d2l-brushes d2l-direct" }, make("span", { text: "A click adds a point:" }), ...classes, clear);
  nameElement(app, "brush", line);
  parent.append(line);
  app.draw(() => (clear.hidden = app.get("points").length === 0));
}

/** Hidden layers, all of the last one's size when there are more of them. */
const layerCount = control("layers", {
  entry: { name: "layers", label: "hidden layers", kind: "integer", min: 0, max: 6, stepper: true },
  follows: ["layers"],
  value: (get) => get("layers").length,
  change: (count, app) => {
    const layers = app.get("layers");
    reshape(app, { layers: Array.from({ length: count }, (_, l) => layers[l] ?? layers.at(-1) ?? 4) });
  },
});

const unitCount = control("units", {
  entry: { name: "units", label: "units of every layer", kind: "integer", min: 1, max: 8, stepper: true },
  follows: ["layers"],
  value: (get) => Math.max(1, ...get("layers")),
  change: (units, app) => reshape(app, { layers: app.get("layers").map(() => units) }),
});

const shaping = (name) => control(name, { change: (value, app) => reshape(app, { [name]: value }) });

async function copyNetwork(app, { run }) {
  const code = networkCode(run);
  const done = await copyText(code);
  app.note(done ? "The network is copied as a cell of Python." : `Copy this yourself: ${code}`, done);
}

/** What Python hears: a loss that is no number any more is the largest, and without points it is 0. */
function resultsOf({ run, epoch, moved }) {
  const { training, test } = run.task;
  const loss = (losses, points) => (!points.length ? 0 : Number.isFinite(losses[epoch]) ? losses[epoch] : LARGEST);
  return moved ? {} : { weights: allWeights(run), train_loss: loss(run.trainLoss, training), test_loss: loss(run.testLoss, test) };
}

export const { render, preview } = defineExplorer({
  title: "Network playground: a network learns points in the plane",
  scene: makeScene,
  update: updateScene,
  output: resultsOf,
  say: summarise,
  left: [
    stage({ draw: withRamp(drawNetwork), label: "The network: a small map for every unit, a line for every weight", ratio: 1.12, className: "d2l-network", use: useNetwork }),
    stage({
      draw: drawLosses,
      label: "Training and test loss by epoch",
      ratio: 3.4,
      className: "d2l-losses",
      scrub: { trait: "epoch_count", label: "Epoch shown", last: ({ run }) => run.done, scale: lossScale, text: summarise },
    }),
  ],
  right: [
    player({ trait: "epoch_count", last: ({ run }) => run.broken || Infinity, restart: (scene) => (scene.key = "") }),
    stage({ draw: withRamp(drawPlane), label: "The plane: the output, or the unit looked at, with the points", className: "d2l-plane", tip: describePlace, use: usePlane }),
    brush,
    facts(results),
    paragraph(verdict),
    hint("Point at a unit to see its function large; press to keep it. Press an input to switch it, + and − above a layer for units."),
  ],
  controls: [
    "dataset", layerCount, "lr",
    control("activation", { segments: false }), control("loss", { segments: false }), control("optimizer", { segments: false }), "batch_size", shaping("batch_norm"), "dropout", "l1", "l2", "init", "seed", unitCount,
    group({ name: "inputs", className: "d2l-inputs", label: "Inputs" }, ...NAMES.map(shaping)),
    "noise", "num_samples", "train_share", "data_seed", "show_test", "discrete", "seeds", "histograms",
  ],
  more: [group({ name: "copy_network", className: "d2l-tools" }, button({ label: "Copy the network as Python", press: copyNetwork }))],
  bottom: [
    group({ name: "others" }, stage({ draw: withRamp(drawSeeds), label: "The outputs of four seeds", ratio: 3.6 })),
    group({ name: "bars" }, stage({ draw: drawHistograms, label: "Histograms of each layer's weights and gradients", ratio: 3.2 })),
  ],
  visible: {
    others: (get) => get("seeds") > 1,
    bars: (get) => get("histograms"),
    loss: (get) => !isRegression(get("dataset")),
    ...Object.fromEntries(["noise", "num_samples", "train_share", "data_seed"].map((name) => [name, (get) => get("dataset") !== "own"])),
  },
  preview: beside(withRamp(drawNetwork), withRamp(drawPlane), 0.56),
});
