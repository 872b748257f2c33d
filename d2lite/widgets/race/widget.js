// The race explorer: the map with every method's path; losses, the shown method's memory, the table of all, and the next step in numbers.
import { addControl, addControls } from "../_core/controls.js";
import { make, writeText } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { formatNumber } from "../_core/format.js";
import { addScrubber } from "../_core/handles.js";
import { landscapeOf } from "../_draw/landscape.js";
import { clipped } from "../_draw/layers.js";
import { addStart, heightsAbove, heightText, lossBox, stepScale } from "../_draw/paths.js";
import { addStage } from "../_core/stage.js";
import { plainTheme } from "../_core/theme.js";
import { addTransport } from "../_core/transport.js";
import { drawLosses, drawMap, drawMemory, methodColor } from "./draw.js";
import { formulaRows, RULE_LINES } from "./formula.js";
import { arrival, makeGround, makeRun, nextStep, runTo, stepsDone, suggestedRates, USES } from "./model.js";

const BUDGET = 6; // ms a frame may spend on running
const METHODS = Object.keys(USES);
const GROUND = ["surface", "condition", "angle", "noise", "seed"];
const MOST_ROWS = 8; // of the formula

function makeScene() {
  return { ground: null, surface: null, shape: "", map: null, runs: new Map(), step: 0 };
}

/** Bring a scene up to date with the traits; return whether some run needs another frame. */
function updateScene(scene, get, deadline = () => false) {
  const settings = { ...Object.fromEntries(GROUND.map((name) => [name, get(name)])), start: get("start")[0] || null };
  const key = JSON.stringify(settings);
  const shape = ["surface", "condition", "angle"].map(get).join();
  if (key !== scene.key) Object.assign(scene, { key, ground: makeGround(settings), runs: new Map() });
  if (shape !== scene.shape) Object.assign(scene, { shape, surface: scene.ground.surface, map: null });
  const methods = METHODS.filter((name) => get(name));
  for (const name of scene.runs.keys()) if (!methods.includes(name)) scene.runs.delete(name);
  let more = false;
  for (const name of methods) {
    const own = ownSettings(get, name);
    const known = scene.runs.get(name);
    if (!known || known.key !== JSON.stringify(own)) {
      scene.runs.set(name, { ...makeRun(scene.ground, name, own), key: JSON.stringify(own) });
    }
    more = runTo(scene.ground, scene.runs.get(name), get("step_count"), deadline) || more;
  }
  Object.assign(scene, { step: get("step_count"), shown: get("shown"), lowest: scene.surface.lowest });
  return more;
}

function ownSettings(get, name) {
  const { beta, beta1, beta2 } = Object.fromEntries(USES[name].map((trait) => [trait, get(trait)]));
  return { lr: rateOf(get, name), beta, beta1, beta2, weightDecay: get("weight_decay") };
}

/** The learning rate of a method: the reader's, or the one that suits the surface. */
function rateOf(get, name) {
  const i = METHODS.indexOf(name);
  return get("rates")[i] || suggestedRates(get("surface"), get("condition"))[i];
}

function race(app, scene) {
  const start = performance.now();
  const more = updateScene(scene, app.get, () => performance.now() - start > BUDGET);
  const losses = [...scene.runs.values()].map((run) => run.losses[Math.min(scene.step, stepsDone(run))]);
  if (!more && losses.every(Number.isFinite) && String(losses) !== String(app.get("losses"))) app.set({ losses }, { later: true });
  app.say(summarise(scene, (name) => nameOf(app, name)));
  return more;
}

function nameOf(app, name) {
  return app.entry("shown").names[METHODS.indexOf(name)];
}

/** Where a run stands at the step shown: { k, lost, height above the minimum }. */
function standing({ step, lowest }, run) {
  const k = Math.min(step, stepsDone(run));
  return { k, lost: run.broken > 0 && k >= run.broken, height: heightsAbove([run.losses[k]], lowest)[0] };
}

function summarise(scene, call) {
  const all = [...scene.runs.values()].map((run) => ({ ...standing(scene, run), name: call(run.name) }));
  if (!all.length) return "No method runs. Tick one in the table.";
  all.sort((a, b) => a.height - b.height);
  const order = all.map(({ name, lost, height }) => `${name} ${lost ? "diverged" : heightText(height)}`);
  return `Step ${scene.step}, loss above the minimum: ${order.join(", ")}.`;
}

/** One row a method: whether it runs, which one is shown, its learning rate, its loss, the step at which it had arrived. */
function addTable(app, parent, scene) {
  const heads = ["", "method", "η", "loss", "arrives"];
  const head = make("tr", {}, ...heads.map((text) => (text ? make("th", { text, scope: "col" }) : make("td", {}))));
  const rows = METHODS.map((name) => makeRow(app, name, nameOf(app, name)));
  const table = make("table", { class: "d2l-methods" }, make("thead", {}, head), make("tbody", {}, ...rows.map(({ element }) => element)));
  const board = make("div", { class: "d2l-board" }, table);
  nameElement(app, "methods", board);
  parent.append(board);
  app.draw(() => {
    for (const { name, element, box, pick, swatch, cells } of rows) {
      const run = scene.runs.get(name);
      box.checked = app.get(name);
      pick.checked = app.get("shown") === name;
      element.classList.toggle("d2l-shown", pick.checked);
      element.classList.toggle("d2l-off", !run);
      swatch.style.background = methodColor(app.theme, name);
      writeText(cells[0], formatNumber(rateOf(app.get, name)));
      const { lost, height } = run ? standing(scene, run) : {};
      writeText(cells[1], !run ? "" : lost ? "diverged" : heightText(height));
      cells[1].classList.toggle("d2l-warn", Boolean(lost));
      const from = run && !lost ? arrival(run, scene.lowest, scene.step) : -1;
      writeText(cells[2], from < 0 ? "" : String(from));
    }
  });
}

let tables = 0;

function makeRow(app, name, label) {
  const box = make("input", { type: "checkbox", "aria-label": `run ${label}` });
  const group = `d2l-shown-${METHODS.indexOf(name) ? tables : ++tables}`;
  const pick = make("input", { type: "radio", name: group, "aria-label": `show ${label}` });
  const swatch = make("i", { class: "d2l-swatch" });
  const cells = [0, 1, 2].map(() => make("td"));
  const title = make("td", {}, make("label", { class: "d2l-pick" }, pick, swatch, make("span", { text: label })));
  const element = make("tr", {}, make("td", {}, box), title, ...cells);
  box.onchange = () => app.set({ [name]: box.checked });
  pick.onchange = () => app.set({ shown: name, [name]: true });
  return { name, element, box, pick, swatch, cells };
}

/** The next step of the shown method, line by line, for both weights. */
function addFormula(app, parent, scene) {
  const title = make("p", { class: "d2l-rule" });
  const head = make("tr", {}, ...["next step", "w₁", "w₂"].map((text) => make("th", { text, scope: "col" })));
  const rows = Array.from({ length: MOST_ROWS }, () => make("tr", {}, make("th", { scope: "row" }), make("td"), make("td")));
  const table = make("table", { class: "d2l-numbers" }, make("thead", {}, head), make("tbody", {}, ...rows));
  const element = make("div", { class: "d2l-formula" }, title, table);
  nameElement(app, "formula", element);
  parent.append(element);
  app.draw(() => {
    const run = scene.runs.get(scene.shown);
    const name = nameOf(app, scene.shown);
    writeText(title, run ? `${name}: ${Object.values(RULE_LINES[scene.shown]).join(",  ")}` : `${name} does not run: tick it in the table.`);
    const { k, lost } = run ? standing(scene, run) : {};
    const lines = run && !lost ? formulaRows(run.name, run.settings, nextStep(scene.ground, run, k)) : [];
    rows.forEach((row, i) => {
      row.hidden = i >= lines.length;
      if (!row.hidden) lines[i].forEach((value, j) => writeText(row.children[j], j ? formatNumber(value) : value));
    });
  });
}

function addCharts(app, parent, scene, stop) {
  const losses = (ctx, width, height, theme) => drawLosses(ctx, width, height, theme, scene);
  const stage = addStage(app, parent, { draw: losses, label: "Loss of each method by step", ratio: 2.1, className: "d2l-chart" });
  const longest = () => Math.max(0, ...[...scene.runs.values()].map(stepsDone));
  addScrubber(app, stage, {
    label: "Step shown",
    value: () => scene.step,
    max: () => Math.max(scene.step, longest()),
    valueAt: (px) => stepScale(longest(), lossBox(stage.width(), stage.height())).invert(px),
    move: (step) => stop() || app.set({ step_count: step }),
    text: (step) => `step ${step}`,
  });
  const memory = (ctx, width, height, theme) => drawMemory(ctx, width, height, theme, scene);
  addStage(app, parent, { draw: memory, label: "Gradient, velocity and second moment of the shown method", ratio: 2 });
  parent.append(make("p", { class: "d2l-hint", text: "Its memory. Dashed: gradient g. Line: velocity v. Band: ±√s." }));
}

/** The sliders: the surface's own, the shown method's rate and memories, and the weight decay of all. */
function addSettings(app, parent, scene) {
  const panel = addControls(app, parent, []);
  addControl(app, panel, "surface", { segments: false, change: (surface) => app.set({ surface, start: [], rates: [] }) });
  for (const name of ["condition", "angle", "noise", "seed"]) addControl(app, panel, name);
  const entry = { name: "rates", kind: "real", label: "learning rate η", min: 1e-5, max: 10, log: true, default: 0.1 };
  const get = () => rateOf(app.get, app.get("shown"));
  const on = (_, callback) => app.on(["rates", "shown", "surface", "condition"], callback);
  const change = (rate) => app.set({ rates: METHODS.map((name, i) => (name === app.get("shown") ? rate : app.get("rates")[i] || 0)) });
  addControl(Object.assign(Object.create(app), { entry: () => entry, get, on }), panel, "rates", { change });
  for (const name of ["beta", "beta1", "beta2", "weight_decay"]) addControl(app, panel, name);
  const formula = make("p", { class: "d2l-surface-formula" });
  parent.append(formula);
  app.draw(() => {
    const surface = app.get("surface");
    const bowl = surface === "bowl" || surface === "noisy";
    const use = { condition: bowl, angle: bowl, noise: surface === "noisy", seed: surface === "noisy" };
    for (const name of ["beta", "beta1", "beta2"]) use[name] = USES[app.get("shown")].includes(name);
    for (const [name, used] of Object.entries(use)) app.named.get(name).hidden = !used || app.hide.includes(name);
    writeText(formula, `L(w) = ${scene.surface.formula}${surface === "noisy" ? "; each step sees ∇L + σ · noise" : ""}`);
  });
}

function forwardSteps(app, scene, n) {
  const most = app.entry("step_count").max;
  const target = Math.min(most, app.get("step_count") + n);
  app.set({ step_count: target }, { later: true });
  return target < most && [...scene.runs.values()].some((run) => !run.broken);
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Race explorer: optimizers on one surface" });
  const scene = makeScene();
  app.update(() => race(app, scene));
  const [left, right] = [make("div", { class: "d2l-left" }), make("div", { class: "d2l-right" })];
  app.body.append(left, right);
  const draw = (ctx, width, height, theme) => landscapeOf(scene, width, height) && drawMap(ctx, width, height, theme, scene);
  const map = addStage(app, left, { draw, label: "Map of the surface with the path of each method" });
  addStart(app, map, { map: () => scene.map, own: () => scene.ground.start });
  const hint = "Click or drag to choose the start. Arrow: the next step. Dashed: straight downhill. Ellipse: the unit circle after the division.";
  left.append(make("p", { class: "d2l-hint", text: hint }));
  const transport = addTransport(app, right, {
    forward: (n) => forwardSteps(app, scene, n),
    back: (n) => app.set({ step_count: Math.max(0, app.get("step_count") - n) }),
    reset: () => app.set({ step_count: 0 }),
  });
  addCharts(app, right, scene, transport.pause);
  addTable(app, app.body, scene);
  addFormula(app, app.body, scene);
  addSettings(app, app.body, scene);
  return app.close;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const scene = { ...makeScene(), plain: true };
  while (updateScene(scene, (name) => state[name]));
  const theme = plainTheme(themeName);
  const side = Math.min(height, width / 2);
  landscapeOf(scene, side, height);
  clipped(ctx, { x: 0, y: 0, width: side, height }, () => drawMap(ctx, side, height, theme, scene));
  ctx.save();
  ctx.translate(side + 8, 0);
  drawLosses(ctx, width - side - 8, height * 0.5, theme, scene);
  ctx.translate(0, height * 0.5);
  drawMemory(ctx, width - side - 8, height * 0.5, theme, scene);
  ctx.restore();
}
