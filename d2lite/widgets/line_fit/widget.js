// The line-fit explorer: points with a line and its errors at the left, the loss surface with the same line as a point at the right.
import { control, defineExplorer } from "../_core/define.js";
import { makeButton } from "../_core/dom.js";
import { formatFixed, formatNumber } from "../_core/format.js";
import { nameElement } from "../_core/frame.js";
import { addHandle, addPoints } from "../_core/handles.js";
import { facts, hint, paragraph, player, stage } from "../_core/parts.js";
import { beside } from "../_draw/panes.js";
import { dataScales, describeSurface, drawData, drawSurface, shownLine, surfaceScales } from "./drawing.js";
import { bestLine, descendTo, ENDS, endsOf, lineAt, lineOf, lossOf, makeFrame, makeRun, momentsOf, stepsDone } from "./model.js";

const RATES = { squared: { std: 0.1, raw: 0.001 }, absolute: { std: 10, raw: 0.02 } }; // that go well, for a new unit or error
const SETTLED = 1e-4; // of the lowest loss: a step further is not to be seen
const PATIENCE = 400; // steps without a lower loss, after which a path of absolute errors only hops
const MIN_POINTS = 2;
const TOP = 400; // of the targets' axis, where no point is higher

/** Bring a scene up to date with the traits; return whether the descent needs another frame. */
function updateScene(scene, get, { deadline }) {
  const own = get("points");
  const points = own.length ? own : get("data").points;
  const [unit, loss] = [get("input_unit"), get("loss")];
  scene.top = own.reduce((most, [, y]) => Math.max(most, 1.05 * y), own.length ? scene.top : TOP); // it never falls during a drag
  const surfaceKey = JSON.stringify([points, unit, loss]);
  if (surfaceKey !== scene.surfaceKey) Object.assign(scene, { surfaceKey, unit, loss, points, runKey: "" }, surfaceOf(points, unit, loss));
  const runKey = JSON.stringify([get("ends"), get("lr")]);
  if (runKey !== scene.runKey) {
    scene.runKey = runKey;
    scene.run = makeRun(scene.moments, { kind: loss, lr: get("lr"), start: lineOf(get("ends"), scene.frame), lowest: scene.lowest });
  }
  const more = descendTo(scene.run, get("step_count"), deadline);
  scene.step = Math.min(get("step_count"), stepsDone(scene.run));
  return more;
}

/** What follows from the points, the input's unit and the kind of error. */
function surfaceOf(points, unit, loss) {
  const frame = makeFrame(points, unit);
  const moments = momentsOf(points, frame);
  const best = bestLine(points, frame, loss);
  const lowest = best ? lossOf(moments, loss, best.w, best.b) : NaN;
  const std = makeFrame(points, "std");
  const middle = bestLine(points, frame, "squared") || { w: 0, b: moments.y };
  return { frame, moments, best, lowest, center: { mean: std.shift, spread: std.scale, [unit]: middle } };
}

const isBroken = ({ run, step }) => run.broken > 0 && step >= run.broken;

/** Whether another step would change nothing that can be seen. */
function isAtRest({ run, step, lowest, loss }) {
  if (run.losses[step] - lowest < SETTLED * lowest) return true;
  return loss === "absolute" && step - run.lowestAt > PATIENCE;
}

function summarise(scene) {
  const { run, step } = scene;
  const { w, b } = shownLine(scene);
  if (isBroken(scene)) return `Diverged at step ${run.broken}.`;
  return `Step ${step}: weight ${formatNumber(w)}, bias ${formatNumber(b)}, loss ${formatNumber(run.losses[step])}.`;
}

function results(scene) {
  const { run, step, lowest, loss } = scene;
  const { w, b } = shownLine(scene);
  const name = loss === "squared" ? "mean squared error" : "mean absolute error";
  return [
    ["step", step], ["weight", formatNumber(w, 4)], ["bias", formatNumber(b, 4)],
    [name, formatNumber(run.losses[step], 4)], ["lowest there is", Number.isFinite(lowest) ? formatNumber(lowest, 4) : "?"],
  ];
}

/** The line under the pictures: how the descent stands. */
function verdict(scene) {
  const { run, step, best, loss } = scene;
  if (isBroken(scene)) return { text: `The steps grow and grow: diverged at step ${run.broken}. Lower the learning rate.`, bad: true };
  if (!best) return { text: "All inputs are equal: no single line is best.", bad: true };
  if (run.arrived >= 0 && step >= run.arrived) {
    const where = run.losses[step] > 1.01 * scene.lowest ? "It was" : "It is";
    return run.arrived ? `${where} within 1% of the lowest loss after ${run.arrived.toLocaleString("en")} ${run.arrived === 1 ? "step" : "steps"}.` : "This line is within 1% of the lowest loss.";
  }
  if (loss === "absolute" && isAtRest(scene)) return "It hops around the bottom: steps of this rate are too long to come nearer.";
  return `The loss is ${formatNumber(run.losses[step] / scene.lowest, 3)} times the lowest there is.`;
}

function explainData({ step }, app) {
  const drawn = { squares: " Orange: the squared errors.", bars: " Orange: the errors.", none: "" }[app.get("errors")];
  const parts = [step ? " Thin grey: the line before the first step." : "", app.get("best") ? " Dashed: the best line." : ""];
  return `Drag the line by its two handles; drag a point, or click to add one.${drawn}${parts.join("")}`;
}

function explainSurface({ loss }, app) {
  const cross = app.get("best") ? " Cross: the best line." : "";
  return `Every place is a line. Rings: equal ${loss === "squared" ? "mean squared" : "mean absolute"} error; more orange is higher.${cross}`;
}

const round = (value) => Number(Math.max(-2000, Math.min(2000, value)).toFixed(2));

/** Start again from another line, given in the frame of the scene. */
function putLine(app, line, frame) {
  app.set({ ends: endsOf(line, frame).map(round), step_count: 0 });
}

/** The present ends, from the traits where nothing has been descended: two keys may fall in one frame. */
function presentEnds(app, scene) {
  return app.get("step_count") === 0 ? app.get("ends") : endsOf(shownLine(scene), scene.frame);
}

function addLineHandles(app, plot, scene) {
  const scales = () => dataScales(scene, plot.width(), plot.height());
  ENDS.forEach((input, i) => {
    addHandle(app, plot, {
      label: `Line at a body mass index of ${input}`,
      at: () => {
        const { box, x, y } = scales();
        return [x(input), Math.max(box.y, Math.min(box.y + box.height, y(presentEnds(app, scene)[i])))];
      },
      move: (px, py) => {
        const { box, y } = scales();
        const ends = presentEnds(app, scene).map(round);
        ends[i] = round(y.invert(Math.max(box.y, Math.min(box.y + box.height, py))));
        app.set({ ends, step_count: 0 });
      },
      text: () => `height ${formatNumber(presentEnds(app, scene)[i], 3)}`,
    });
  });
}

function addEditing(app, plot, scene) {
  const scales = () => dataScales(scene, plot.width(), plot.height());
  const inside = (scale, p) => Number(Math.min(scale.domain[1], Math.max(scale.domain[0], scale.invert(p))).toFixed(1));
  const current = () => (app.get("points").length ? app.get("points") : app.get("data").points);
  const place = (px, py) => [inside(scales().x, px), inside(scales().y, py)];
  const change = (edit) => {
    const points = current().map((point) => [...point]);
    edit(points);
    app.set({ points });
  };
  scene.hold = addPoints(app, plot, {
    positions: () => current().map(([x, y]) => [scales().x(x), scales().y(y)]),
    move: (i, px, py) => change((points) => points.splice(i, 1, place(px, py))),
    remove: (i) => current().length > MIN_POINTS && change((points) => points.splice(i, 1)),
    add: (px, py) => {
      if (current().length >= app.entry("points").max_length) return -1;
      change((points) => points.push(place(px, py)));
      return app.get("points").length - 1;
    },
    middle: () => [plot.width() / 2, plot.height() / 2],
    describe: (i) => `Point ${i + 1} of ${current().length}, body mass index ${formatFixed(current()[i][0], 1)}, progression ${formatFixed(current()[i][1], 0)}.`,
  });
}

function useData(app, plot, scene) {
  addEditing(app, plot, scene);
  addLineHandles(app, plot, scene);
}

function describeData(scene, px, py, width, height) {
  const point = scene.points[scene.hold?.hovered()];
  if (!point) return null;
  const error = lineAt(shownLine(scene), scene.frame, point[0]) - point[1];
  const squared = scene.loss === "squared" ? `, squared ${formatNumber(error * error, 4)}` : "";
  return `error ${formatNumber(error, 3)}${squared}`;
}

/** The line as a point of the surface: a handle, and clicks. */
function useSurface(app, map, scene) {
  const scales = () => surfaceScales(scene, map.width(), map.height());
  const put = (px, py) => {
    const { box, x, y } = scales();
    const w = x.invert(Math.max(box.x, Math.min(box.x + box.width, px)));
    const b = y.invert(Math.max(box.y, Math.min(box.y + box.height, py)));
    putLine(app, { w, b }, scene.frame);
  };
  const line = () => lineOf(presentEnds(app, scene), scene.frame);
  addHandle(app, map, {
    label: "The line on the loss surface",
    at: () => {
      const { box, x, y } = scales();
      const { w, b } = line();
      const limit = (value, low, size) => Math.max(low, Math.min(low + size, Number.isFinite(value) ? value : low));
      return [limit(x(w), box.x, box.width), limit(y(b), box.y, box.height)];
    },
    move: put,
    text: () => `weight ${formatNumber(line().w)}, bias ${formatNumber(line().b)}`,
  });
  app.scope.on(map.canvas, "click", (event) => put(...map.at(event)));
}

function back(app, parent) {
  const button = makeButton({ label: "Real patients again", kind: "quiet" });
  button.onclick = () => app.set({ points: [] });
  nameElement(app, "back", button);
  parent.append(button);
  app.draw(() => (button.disabled = app.get("points").length === 0));
}

/** A choice that takes a learning rate along that goes well with it. */
function withRate(name) {
  return control(name, {
    change: (value, app) => {
      const settings = { loss: app.get("loss"), input_unit: app.get("input_unit"), [name]: value };
      const errors = name === "loss" ? { errors: value === "squared" ? "squares" : "bars" } : {};
      app.set({ [name]: value, ...errors, lr: RATES[settings.loss][settings.input_unit], step_count: 0 });
    },
  });
}

export const { render, preview } = defineExplorer({
  title: "Line-fit explorer: a line, its errors, and its place on the loss surface",
  scene: () => ({ surfaceKey: "", runKey: "", gridKey: "", top: TOP, run: null, step: 0, hold: null }),
  update: updateScene,
  output: (scene) => ({ weights: Object.values(shownLine(scene)), mean_error: [scene.run.losses[scene.step]] }),
  say: summarise,
  left: [
    stage({ draw: drawData, label: "Patients, the line, and its errors", ratio: 1.2, use: useData, tip: describeData }),
    hint(explainData),
  ],
  right: [
    stage({ draw: drawSurface, label: "Loss of every line, over weight and bias", ratio: 1.2, use: useSurface, tip: describeSurface }),
    hint(explainSurface),
    player({ last: ({ run }) => run.broken || Infinity, rest: isAtRest }),
  ],
  bottom: [facts(results), paragraph(verdict, { className: "d2l-verdict" })],
  controls: ["lr", withRate("input_unit"), "best", withRate("loss"), "errors"],
  more: [back],
  preview: beside(drawData, drawSurface, 0.5),
});
