// DrawIt: the reader draws the curve he expects over labelled axes; then the real one is laid over it.
import { defineExplorer } from "../_core/define.js";
import { make, makeButton, writeProse, writeText } from "../_core/dom.js";
import { group, paragraph, stage } from "../_core/parts.js";
import { plainText } from "../_core/prose.js";
import { coerce } from "../_core/state.js";
import { drawEmpty, drawPicture } from "./picture.js";
import { addPen } from "./pen.js";
import { coverage, drawnPoints, ENOUGH, filled, openCurve } from "./model.js";
import { describe } from "./words.js";

const DURATION = 1100; // ms in which the real curve appears

function makeScene() {
  return { data: null, curve: null, points: [], covered: 0, shown: 0, began: null, verdict: null, cursor: null };
}

/** Bring a scene up to date with the traits; true while the real curve is appearing. */
function updateScene(scene, get, { now }) {
  if (scene.data !== get("data")) Object.assign(scene, { data: get("data"), curve: openCurve(get("data")) });
  const { curve, data } = scene;
  const revealed = get("revealed");
  scene.points = drawnPoints(get("drawing"), curve.anchor);
  scene.covered = coverage(get("drawing"), curve.anchor);
  scene.heights = scene.covered ? filled(scene.points) : null;
  scene.shown = !revealed ? 0 : scene.began === null ? 1 : Math.min(1, (now - scene.began) / DURATION);
  scene.verdict = revealed && scene.heights ? describe(curve, data, scene.heights) : null;
  return revealed && scene.shown < 1;
}

const isUsable = (scene) => scene.covered >= ENOUGH;
const isDone = (scene) => scene.shown === 1;

function summarise(scene) {
  if (isDone(scene)) return [scene.verdict?.score, scene.verdict?.shape, plainText(scene.data.lesson)].filter(Boolean).join(" ");
  return scene.covered ? `${Math.round(100 * scene.covered)}% of the width is drawn.` : "Nothing is drawn yet.";
}

/** What is still missing before the curves can be compared. */
function progress(scene) {
  if (scene.shown || !scene.covered) return "";
  if (isUsable(scene)) return scene.covered < 1 ? "Gaps are filled with straight lines." : "";
  return `${Math.round(100 * scene.covered)}% of the width is drawn: go on to at least ${100 * ENOUGH}%.`;
}

/** Show the real curve, over a second unless the reader asks for less motion. */
function reveal(app, scene) {
  scene.began = app.reduced ? null : performance.now();
  app.set({ revealed: true });
}

function buttons(app, parent, scene) {
  const compare = makeButton({ label: "Compare", title: "Lay the real curve over yours", kind: "main" });
  const again = makeButton({ label: "Draw again", title: "Rub out your curve and begin anew" });
  const text = make("p", { class: "d2l-line d2l-hint" });
  parent.append(make("div", { class: "d2l-draw-row" }, compare, again, text));
  compare.onclick = () => {
    reveal(app, scene);
    again.hidden = false; // the frame would do so too, but later than the focus
    again.focus();
  };
  again.onclick = () => {
    scene.cursor = null;
    app.set({ drawing: [], revealed: false });
    app.announce("Rubbed out. Draw again.");
    parent.querySelector("canvas").focus();
  };
  app.draw(() => {
    compare.disabled = !isUsable(scene) || app.get("revealed"); // it stays: a second click of a double click is not "Draw again"
    again.hidden = !app.get("revealed") && !scene.covered;
    writeText(text, progress(scene));
  });
}

/** A paragraph of plain text with `code` in backticks. */
function prose(read, className) {
  return (app, parent, scene) => {
    const element = make("p", { class: className });
    parent.append(element);
    let written = null;
    app.draw(() => {
      const text = read(scene);
      element.hidden = !text;
      if (text === written) return;
      written = text;
      writeProse(element, text);
    });
  };
}

/** Keep a drawing that has been compared, and bring it back, where the page has a memory; what a link brings goes first. */
function remember(app) {
  const { memory } = app.model;
  const kept = memory?.get()?.given;
  const { value, note } = Array.isArray(kept) ? coerce(app.entry("drawing"), kept) : {};
  if (value?.length && !note && !app.get("revealed") && !app.get("drawing").length) app.set({ drawing: value, revealed: true });
  app.on("revealed", () => app.get("revealed") && memory?.set({ done: "shown", given: app.get("drawing") }));
}

/** Say what came of it, once it is to be seen. */
function tell(app, parent, scene) {
  let told = app.get("revealed");
  app.draw(() => {
    if (isDone(scene) && !told) app.announce(summarise(scene));
    told = isDone(scene);
  });
}

export const { render, preview } = defineExplorer({
  title: "Draw the curve you expect",
  scene: makeScene,
  update: updateScene,
  say: summarise,
  top: [
    prose(({ data }) => data.prompt, "d2l-line d2l-prompt"),
    stage({ draw: drawPicture, label: "Your drawing", ratio: 2.1, className: "d2l-paper", use: addPen }),
    buttons,
    group(
      { className: "d2l-verdict" },
      paragraph((scene) => (isDone(scene) && scene.verdict?.score) || "", { className: "d2l-score" }),
      paragraph((scene) => (isDone(scene) && scene.verdict?.shape) || ""),
      prose((scene) => (isDone(scene) ? scene.data.lesson : ""), "d2l-line d2l-lesson"),
    ),
    tell,
    remember,
  ],
  preview: drawEmpty,
});
