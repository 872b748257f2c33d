// The race explorer: the map with every method's path; losses, the shown method's memory, the table of all, and the next step in
// numbers. Or, as a plane, all rates and memories of momentum in one valley, with the run of a point that the reader drags.
import { addControl } from "../_core/controls.js";
import { control, defineExplorer } from "../_core/define.js";
import { make, writeText } from "../_core/dom.js";
import { formatCounted, formatNumber } from "../_core/format.js";
import { nameElement } from "../_core/frame.js";
import { facts, group, hint, paragraph, player, stage, table } from "../_core/parts.js";
import { beside, above } from "../_draw/panes.js";
import { addStart, heightsAbove, heightText, lossBox, stepScale } from "../_draw/paths.js";
import { drawLosses, drawMap, drawMemory, methodColor } from "./draw.js";
import { formulaRows, memoryText, RULE_LINES, ruleText } from "./formula.js";
import { arrival, makeGround, makeRun, nextStep, regimeName, runTo, stepsDone, suggestedRates, USES } from "./model.js";
import { addPoint, drawPlane, drawValley, measurePoint, pointFacts, START, tipAt } from "./plane.js";

let tables = 0; // of a page: each is a group of radio buttons of its own
const METHODS = Object.keys(USES);
const GROUND = ["surface", "condition", "angle", "noise", "seed"];

const isPlane = (get) => get("view") === "plane";
const isRace = (get) => !isPlane(get);
const surfaceOf = (get) => (isPlane(get) ? "bowl" : get("surface"));
const shownOf = (get) => (isPlane(get) ? "momentum" : get("shown"));
const isBowl = (get) => ["bowl", "noisy"].includes(surfaceOf(get));
const canTurn = (get) => isRace(get) && (isBowl(get) || get("surface") === "saddle");
const isNoisy = (get) => surfaceOf(get) === "noisy";
const usedByShown = (name) => (get) => isRace(get) && USES[get("shown")].includes(name);
const runsOf = (scene) => [...scene.runs.values()];

/** Bring a scene up to date with the traits; return whether some run needs another frame. */
function updateScene(scene, get, { deadline }) {
  const view = get("view");
  const own = isPlane(get) ? { surface: "bowl", angle: 0, start: START } : { start: null };
  const settings = { ...Object.fromEntries(GROUND.map((name) => [name, get(name)])), ...own };
  settings.start = get("start")[0] || own.start;
  const key = JSON.stringify(settings);
  const shape = [view, settings.surface, settings.condition, settings.angle].join();
  if (key !== scene.key) Object.assign(scene, { key, ground: makeGround(settings), runs: new Map() });
  if (shape !== scene.shape) Object.assign(scene, { shape, surface: scene.ground.surface, map: null });
  const methods = isPlane(get) ? ["momentum"] : METHODS.filter((name) => get(name));
  for (const name of scene.runs.keys()) if (!methods.includes(name)) scene.runs.delete(name);
  let more = false;
  for (const name of methods) {
    const settings = ownSettings(get, name);
    const known = scene.runs.get(name);
    if (!known || known.key !== JSON.stringify(settings)) {
      scene.runs.set(name, { ...makeRun(scene.ground, name, settings), key: JSON.stringify(settings) });
    }
    more = runTo(scene.ground, scene.runs.get(name), get("step_count"), deadline) || more;
  }
  Object.assign(scene, { view, condition: get("condition"), step: get("step_count"), shown: shownOf(get), lowest: scene.surface.lowest });
  if (isPlane(get)) Object.assign(scene, pointOf(get), measurePoint({ ...scene, ...pointOf(get) }));
  return more;
}

function ownSettings(get, name) {
  const { beta, beta1, beta2 } = Object.fromEntries(USES[name].map((trait) => [trait, get(trait)]));
  return { lr: rateOf(get, name), beta, beta1, beta2, weightDecay: isPlane(get) ? 0 : get("weight_decay") };
}

/** The learning rate of a method: the reader's, or the one that suits the surface. */
function rateOf(get, name) {
  const i = METHODS.indexOf(name);
  return get("rates")[i] || suggestedRates(surfaceOf(get), get("condition"))[i];
}

/** Set one method's learning rate, and other traits with it. */
function setRate(app, name, rate, others = {}) {
  app.set({ rates: METHODS.map((other, i) => (other === name ? rate : app.get("rates")[i] || 0)), ...others });
}

/** The rate and the memory that the plane's point stands for. */
function pointOf(get) {
  return { rate: rateOf(get, "momentum"), beta: get("beta") };
}

function nameOf(app, name) {
  return app.entry("shown").names[METHODS.indexOf(name)];
}

/** What the map shows; the ellipse only where a method divides. */
function mapHint({ view, runs }) {
  if (view === "plane") return PLANE_HINT;
  return MAP_HINT + ([...runs.keys()].some((name) => RULE_LINES[name].scale) ? DIVISION_HINT : "");
}

/** Where a run stands at the step shown: { k, lost, height above the minimum }. */
function standing({ step, lowest }, run) {
  const k = Math.min(step, stepsDone(run));
  return { k, lost: run.broken > 0 && k >= run.broken, height: heightsAbove([run.losses[k]], lowest)[0] };
}

/** The loss of each run at the step shown. */
function lossesOf(scene) {
  return { losses: runsOf(scene).map((run) => run.losses[Math.min(scene.step, stepsDone(run))]) };
}

function summarise(scene, app) {
  if (scene.view === "plane") return summarisePlane(scene);
  const all = runsOf(scene).map((run) => ({ ...standing(scene, run), name: nameOf(app, run.name) }));
  if (!all.length) return "No method runs. Tick one in the table.";
  all.sort((a, b) => a.height - b.height);
  const order = all.map(({ name, lost, height }) => `${name} ${lost ? "diverged" : heightText(height)}`);
  return `Step ${scene.step}, loss above the minimum: ${order.join(", ")}.`;
}

function summarisePlane({ rate, beta, condition, share, goal, step }) {
  const place = `Learning rate ${formatNumber(rate)}, memory ${formatNumber(beta)}: along the valley ${regimeName(rate, beta)}, across ${regimeName(rate * condition, beta)}.`;
  if (share >= 1) return `${place} Step ${step}. It never arrives.`;
  return `${place} A step keeps ${formatNumber(share)}; ${goal ? `it arrives after ${formatCounted(goal, "step")}` : "it takes more than 3,000 steps"}. Step ${step}.`;
}

/** One row a method: whether it runs, which one is shown, its learning rate, its loss, the step at which it had arrived. */
function methodsTable(app, parent, scene) {
  const heads = ["", "method", "η", "loss", "arrives"];
  const head = make("tr", {}, ...heads.map((text) => (text ? make("th", { text, scope: "col" }) : make("td", {}))));
  const shown = `d2l-shown-${tables++}`;
  const rows = METHODS.map((name) => makeRow(app, name, nameOf(app, name), shown));
  const table = make("table", { class: "d2l-table d2l-methods" }, make("thead", {}, head), make("tbody", {}, ...rows.map(({ element }) => element)));
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

/** A part: the names of the methods that run, in their colours. */
function legend(app, parent, scene) {
  const line = make("p", { class: "d2l-line d2l-legend d2l-direct" });
  const names = METHODS.map((name) => make("span", {}, make("i", { class: "d2l-swatch" }), make("span", { text: nameOf(app, name) })));
  line.append(...names.flatMap((name) => [name, " "])); // apart also for who hears or copies them
  parent.append(line);
  nameElement(app, "legend", line);
  app.draw(() => METHODS.forEach((name, i) => {
    names[i].hidden = !scene.runs.get(name);
    names[i].firstChild.style.background = methodColor(app.theme, name);
    names[i].classList.toggle("d2l-shown", app.get("shown") === name);
  }));
}

function makeRow(app, name, label, shown) {
  const box = make("input", { type: "checkbox", "aria-label": `run ${label}` });
  const pick = make("input", { type: "radio", name: shown, "aria-label": `show ${label}` });
  const swatch = make("i", { class: "d2l-swatch" });
  const cells = [0, 1, 2].map(() => make("td"));
  const title = make("td", {}, make("label", { class: "d2l-pick" }, pick, swatch, make("span", { text: label })));
  const element = make("tr", {}, make("td", {}, box), title, ...cells);
  box.onchange = () => app.set({ [name]: box.checked });
  pick.onchange = () => app.set({ shown: name, [name]: true });
  return { name, element, box, pick, swatch, cells };
}

function shownRule({ shown, runs }, app) {
  const name = nameOf(app, shown);
  return runs.has(shown) ? `${name}: ${ruleText(shown)}` : `${name} does not run: tick it in the table.`;
}

/** The next step of the shown method, line by line, for both weights. */
function nextRows(scene) {
  const run = scene.runs.get(scene.shown);
  const { k, lost } = run ? standing(scene, run) : { lost: true };
  if (lost) return [];
  return formulaRows(run.name, run.settings, nextStep(scene.ground, run, k)).map(([text, ...values]) => [text, ...values.map((value) => formatNumber(value))]);
}

function longest(scene) {
  return Math.max(0, ...runsOf(scene).map(stepsDone));
}

/** The step with which the race is over: the last at which a run diverged, when all have. */
function lastStep(scene) {
  const broken = runsOf(scene).map((run) => run.broken);
  return broken.every(Boolean) ? Math.max(0, ...broken) : Infinity;
}

/** The learning rate of the shown method: one entry of the trait, shown as the surface's own while it is 0. */
const shownRate = control("rates", {
  entry: { name: "rates", kind: "real", label: "learning rate η", min: 1e-5, max: 10, log: true },
  value: (get) => rateOf(get, shownOf(get)),
  follows: ["rates", "shown", "surface", "condition", "view"],
  change: (rate, app) => setRate(app, shownOf(app.get), rate),
});

/** A control of the plane for a trait whose own is in the fold. */
function planeControl(trait, change = (value, app) => app.set({ [trait]: value })) {
  return (app, parent) => addControl(app, parent, `plane_${trait}`, { entry: app.entry(trait), value: (get) => get(trait), follows: trait, change });
}

/** Another valley; the learning rate stays the same part of the largest that converges. */
function changeValley(condition, app) {
  const { rate } = pointOf(app.get);
  setRate(app, "momentum", Math.max(1e-5, Number(((rate * app.get("condition")) / condition).toPrecision(4))), { condition });
}

/** What a stage's use does, after it has a name by which a view shows or hides it. */
function named(name, use = () => {}) {
  return (app, built, scene) => {
    nameElement(app, name, built.element);
    use(app, built, scene);
  };
}

const addOwnStart = (app, map, scene) => addStart(app, map, { map: () => scene.map, own: () => scene.ground.start });

/** The learning rates in words: the plane's one, or those that are not the surface's own, by method. */
function ratesText(app, rates) {
  if (isPlane(app.get)) return `learning rate to ${formatNumber(rates[METHODS.indexOf("momentum")] || rateOf(app.get, "momentum"))}`;
  const own = METHODS.filter((_, i) => rates[i]).map((name) => `${nameOf(app, name)} ${formatNumber(rates[METHODS.indexOf(name)])}`);
  return `learning rates to ${own.join(", ") || "the surface's own"}`;
}

/** The plane's point; and, for the style sheet, that it is shown. */
function addPlane(app, plane) {
  app.tell.rates = (rates) => ratesText(app, rates);
  addPoint(app, plane, { point: () => pointOf(app.get), put: (rate, beta) => setRate(app, "momentum", rate, { beta }) });
  app.draw(() => app.body.classList.toggle("d2l-planar", isPlane(app.get)));
}

const PLANE_HINT =
  "Drag the dot. The stronger the colour, the less a step keeps in the long run. Lines: 2, 4, 8 and 16 times as slow as at the ring. Dashed: where the run along the valley begins to swing. A run has arrived when a thousandth of its distance is left.";
const MAP_HINT = "Click or drag to choose the start. Arrow: the next step. Dashed: straight downhill.";
const DIVISION_HINT = " Ellipse: the unit circle after the division.";
const drawRace = beside(drawMap, above(drawLosses, drawMemory));
const drawBoth = beside(drawPlane, above(drawValley, drawLosses, 0.55));

function describeSurface({ surface, shown }, app) {
  const formula = `L(w) = ${surface.formula}${isNoisy(app.get) ? "; each step sees ∇L + σ · noise" : ""}`;
  return isRace(app.get) && isBowl(app.get) && ["sgd", "momentum"].includes(shown) ? `${formula}. ${describeRegimes(app.get)}` : formula;
}

/** How the shown method, SGD or momentum, moves along either curvature of the bowl; weight decay adds to both. */
function describeRegimes(get) {
  const beta = get("shown") === "momentum" ? get("beta") : 0;
  const along = [1, get("condition")].map((curvature) => {
    const product = rateOf(get, get("shown")) * (curvature + get("weight_decay"));
    return `ηλ = ${formatNumber(product)}, ${regimeName(product, beta)}`;
  });
  return `Along the valley: ${along[0]}; across: ${along[1]}.`;
}

export const { render, preview } = defineExplorer({
  title: "Race explorer: optimizers on one surface",
  scene: () => ({ ground: null, surface: null, shape: "", map: null, runs: new Map(), step: 0 }),
  update: updateScene,
  output: lossesOf,
  say: summarise,
  left: [
    stage({ draw: drawPlane, label: "Plane of learning rates and memories, coloured by what a step keeps", ratio: 1.1, tip: tipAt, use: named("plane", addPlane) }),
    stage({ draw: drawMap, label: "Map of the surface with the path of each method", className: "d2l-map", use: named("map", addOwnStart) }),
    legend,
    hint(mapHint),
  ],
  right: [
    stage({ draw: drawValley, label: "The valley with the path of momentum", ratio: 2, className: "d2l-valley", use: named("valley", addOwnStart) }),
    player({ last: lastStep }),
    stage({
      draw: drawLosses,
      label: "Loss of each method by step",
      ratio: 2.1,
      className: "d2l-chart",
      scrub: {
        trait: "step_count",
        last: (scene) => Math.max(scene.step, longest(scene)),
        scale: (scene, width, height) => stepScale(longest(scene), lossBox(width, height)),
        text: (scene, step) => `step ${step}`,
      },
    }),
    stage({ draw: drawMemory, label: "Gradient, velocity and second moment of the shown method", ratio: 2, use: named("memory") }),
    hint(({ view, shown, runs }) => (view === "plane" || !runs.has(shown) ? "" : memoryText(shown))),
    facts((scene) => (scene.view === "plane" ? pointFacts(scene) : []), { name: "point" }),
  ],
  bottom: [
    paragraph(describeSurface, { className: "d2l-surface-formula" }),
    group(
      { name: "formula", className: "d2l-formula" },
      paragraph(shownRule, { className: "d2l-rule" }),
      table({ className: "d2l-numbers", heads: ["next step", "w₁", "w₂"], rows: nextRows }),
    ),
  ],
  controls: [
    control("surface", { segments: false, resets: { start: [], rates: [] } }),
    shownRate, "angle", planeControl("beta"), planeControl("condition", changeValley), "condition", "noise", "seed", "beta", "beta1", "beta2", "weight_decay",
  ],
  shown: 5, // three of them in either view
  more: [methodsTable],
  visible: {
    ...Object.fromEntries(["plane", "valley", "point", "plane_beta", "plane_condition"].map((name) => [name, isPlane])),
    ...Object.fromEntries(["map", "memory", "legend", "formula", "methods", "surface", "weight_decay"].map((name) => [name, isRace])),
    condition: (get) => isRace(get) && isBowl(get),
    angle: canTurn,
    noise: isNoisy,
    seed: isNoisy,
    ...Object.fromEntries(["beta", "beta1", "beta2"].map((name) => [name, usedByShown(name)])),
  },
  preview: (ctx, width, height, theme, scene, get) => (isPlane(get) ? drawBoth : drawRace)(ctx, width, height, theme, scene, get),
});
