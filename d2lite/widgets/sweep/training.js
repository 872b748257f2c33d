// The reader's own runs: with a kernel behind the explorer, any point can be trained, and its curves join the recorded ones.
import { makeLabel } from "../_core/controls.js";
import { make, makeButton } from "../_core/dom.js";
import { nameElement } from "../_core/frame.js";
import { formatNumber, parseNumber } from "../_core/format.js";

const WAITING = "The kernel has been asked. If nothing comes of it, it was restarted or closed: run this cell again.";

/** The reader's runs as the kernel tells them: [{ point: { axis: value }, seed, values: { metric: [numbers] } }]. */
export function ownRuns(get) {
  return (get("_own") || []).map((run) => ({ ...run, values: readValues(run.values) }));
}

function readValues(values) {
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.map((value) => value ?? NaN)]));
}

/** Fields for a point, Train and Cancel, and what the runs measured; nothing where there is no kernel or nothing to train. */
export function trainingPanel(app, parent, scene) {
  if (app.model.host === "site" || !app.get("_trainable")) return;
  const fields = scene.sweep.axes.filter(({ varies }) => varies).map((axis) => makeField(axis));
  const seed = makeField({ label: "seed", numeric: true, values: [0] });
  seed.input.value = "0";
  const train = makeButton({ label: "Train", title: "Train this point now" });
  const cancel = makeButton({ label: "Cancel", kind: "quiet" });
  const status = make("p", { class: "d2l-hint", role: "status" });
  const list = make("ul", { class: "d2l-own-runs" });
  const { ask, isWaiting } = openQuestions(app);
  const row = make("div", { class: "d2l-controls" }, ...fields.map(({ element }) => element), seed.element, train, cancel);
  const element = make("details", { class: "d2l-own" }, make("summary", { text: "Train a point of your own" }), row, status, list);
  nameElement(app, "own", element);
  parent.append(element);
  train.onclick = () => {
    const wrong = [...fields, seed].find((field) => field.value() === undefined);
    if (wrong) return app.note(`${wrong.axis.label} is “${wrong.input.value.slice(0, 20)}”: expected a number.`);
    const point = Object.fromEntries(fields.map((field) => [field.axis.name, field.value()]));
    ask({ train: { point, seed: seed.value() } });
  };
  cancel.onclick = () => ask({ cancel: true });
  app.draw(() => {
    for (const field of fields) field.follow(scene.point[scene.sweep.axes.indexOf(field.axis)]);
    const { seconds, expected, error } = app.get("_live");
    const running = seconds !== undefined;
    train.disabled = running;
    cancel.hidden = !running;
    const told = error ? `It did not finish: ${error}` : running ? `Training: ${seconds} s; a recorded run took about ${expected} s.` : "";
    status.textContent = isWaiting() ? WAITING : told;
    if (list.children.length !== scene.own.length) list.replaceChildren(...scene.own.map((run) => make("li", { text: describeRun(scene, run) })));
  });
}

/** ask(message) tells the kernel what to do; isWaiting(): it has not answered yet, and perhaps is there no longer. */
function openQuestions(app) {
  let waiting = false;
  const hear = (answered) => {
    waiting = !answered;
    app.refresh();
  };
  app.on(["_live", "_own"], () => hear(true));
  const ask = (message) => {
    try {
      app.model.send(message);
    } catch { // JupyterLab's, after the kernel was restarted
      app.model.set("_live", {});
    }
    hear(false);
  };
  return { ask, isWaiting: () => waiting };
}

/** A field for a value of an axis: it shows the value of the point shown until the reader changes it. */
function makeField(axis) {
  const options = axis.values.map((value, k) => make("option", { value: k, text: String(value) }));
  const input = axis.numeric ? make("input", { type: "text", "aria-label": axis.label }) : make("select", { "aria-label": axis.label }, ...options);
  const element = make("label", { class: "d2l-control" }, makeLabel(axis.label), input);
  let touched = false;
  input.oninput = () => (touched = true);
  const follow = (k) => {
    if (!touched) input.value = axis.numeric ? String(axis.values[k]) : k;
  };
  const value = () => {
    if (!axis.numeric) return axis.values[Number(input.value)];
    const number = parseNumber(input.value);
    return Number.isNaN(number) ? undefined : number;
  };
  return { axis, input, element, follow, value };
}

function describeRun({ sweep }, { point, seed, values }) {
  const where = sweep.axes.filter(({ varies }) => varies).map(({ name, label }) => `${label} ${typeof point[name] === "number" ? formatNumber(point[name]) : point[name]}`);
  const what = sweep.metrics.filter(({ name }) => values[name]).map(({ name, label }) => `${label} ${formatEnd(values[name])}`);
  return `${where.join(", ")}, seed ${seed}: ${what.join(", ")}`;
}

function formatEnd(curve) {
  const last = curve[curve.length - 1];
  return Number.isFinite(last) ? formatNumber(last) : "diverged";
}
