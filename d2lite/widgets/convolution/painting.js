// What the reader does on the two pictures: paint pixels on the left, move the window on the right.
import { make } from "../_core/dom.js";
import { formatNumber } from "../_core/format.js";
import { addCells } from "../_core/handles.js";
import { addKeys, ARROWS } from "../_core/keys.js";
import { outputSide, pixelsOf, settingsOf } from "./model.js";

const BRUSHES = { white: [1, 1, 1], gray: [0.5, 0.5, 0.5], black: [0, 0, 0], red: [1, 0, 0], green: [0, 1, 0], blue: [0, 0, 1] };
const COLOURED = ["red", "green", "blue"]; // brushes for three channels

/** Row and column of the output shown. */
export function placeOf({ result, index }) {
  return [Math.floor(index / result.side), index % result.side];
}

/** The output shown, in a sentence. */
export function summarise(scene) {
  if (scene.problem) return scene.problem;
  const [i, j] = placeOf(scene);
  return `Output at row ${i + 1}, column ${j + 1} of ${scene.result.side}: ${formatNumber(scene.result.output[scene.index])}.`;
}

/** Pixels of the stage to a pixel of the picture. */
export function cellOf({ result: { settings } }, width) {
  return width / (settings.size + 2 * settings.padding);
}

/** Whether the pixel under the cursor is to be seen. */
export function hasCursor({ cursor, focused, hovering }) {
  return cursor !== null && (focused || hovering);
}

/** The pixel under an event, or null in the padding. */
function pixelAt(scene, picture, event) {
  const cell = cellOf(scene, picture.width());
  const { size, padding } = scene.result.settings;
  const [x, y] = picture.at(event).map((p) => Math.floor(p / cell) - padding);
  return x >= 0 && y >= 0 && x < size && y < size ? [y, x] : null;
}

/** Paint the pixel under the cursor. */
function paint(app, { cursor: [y, x] }, color) {
  const [size, channels] = [app.get("size"), app.get("channels")];
  const pixels = pixelsOf(app.get);
  for (let c = 0; c < channels; c++) pixels[(c * size + y) * size + x] = color[c];
  app.set({ picture: "own", pixels }, { later: true });
}

/** Painting on the picture: by pointer, and by arrows, Enter and digits. */
export function addPainting(app, picture, scene) {
  const { canvas } = picture;
  Object.assign(canvas.style, { touchAction: "none", cursor: "crosshair" });
  const change = (values) => {
    Object.assign(scene, values);
    app.refresh();
  };
  let held = null; // the id of the pointer that paints: of several fingers the first
  const go = (event) => {
    if (held !== null && held !== event.pointerId) return;
    change({ cursor: pixelAt(scene, picture, event), hovering: true });
    if (held !== null && scene.cursor) paint(app, scene, BRUSHES[scene.brush]);
  };
  app.scope.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0 || held !== null) return;
    canvas.setPointerCapture(event.pointerId);
    held = event.pointerId;
    go(event);
  });
  app.scope.on(canvas, "pointermove", go);
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) app.scope.on(canvas, type, (event) => held === event.pointerId && (held = null));
  app.scope.on(canvas, "pointerleave", () => change({ hovering: false }));
  app.scope.on(canvas, "focus", () => change({ focused: true }));
  app.scope.on(canvas, "blur", () => change({ focused: false }));
  const help = "Arrows move the cursor, Enter paints, 0 to 9 paint a gray.";
  addKeys(app, picture, { kind: "picture to paint", help, press: (key) => paintingKey(app, scene, key) });
}

function paintingKey(app, scene, key) {
  const size = app.get("size");
  const [y, x] = scene.cursor || [Math.floor(size / 2), Math.floor(size / 2)];
  const [right, down] = ARROWS[key] || [0, 0];
  const isDigit = /^[0-9]$/.test(key);
  if (!ARROWS[key] && !isDigit && key !== "Enter" && key !== " ") return false;
  scene.cursor = [y + down, x + right].map((at) => Math.min(size - 1, Math.max(0, at)));
  if (!ARROWS[key]) paint(app, scene, isDigit ? new Array(3).fill(Math.round((100 * key) / 9) / 100) : BRUSHES[scene.brush]);
  app.refresh();
  return true;
}

/** The index of the last output, from the traits. */
export function lastPlace(scene, get) {
  return Math.max(0, outputSide(settingsOf(get)) ** 2 - 1);
}

/** The output as a slider over its places: pointing or arrows move the window. */
export function addSliding(app, output, scene) {
  const count = () => outputSide(settingsOf(app.get)) ** 2;
  addCells(app, output, {
    label: "Window's place",
    count,
    columns: () => outputSide(settingsOf(app.get)),
    value: () => Math.max(0, Math.min(app.get("position"), count() - 1)),
    cellAt: (px, py) => {
      const { side } = scene.result;
      const [x, y] = [px, py].map((p) => Math.min(side - 1, Math.max(0, Math.floor((p * side) / output.width()))));
      return side ? y * side + x : null;
    },
    move: (position) => {
      app.stop();
      app.set({ position }, { later: true });
    },
    text: () => summarise(scene),
    hover: () => !app.get("fill"), // it would empty what has just been filled
  });
}

/** A part: the colours to paint with. */
export function brushes(app, parent, scene) {
  const bar = make("div", { class: "d2l-brushes", role: "group", "aria-label": "Brush" }, make("span", { text: "Brush" }));
  const buttons = Object.entries(BRUSHES).map(([name, color]) => {
    const button = make("button", { type: "button", class: "d2l-brush", text: name, "aria-pressed": String(name === scene.brush) });
    button.style.setProperty("--d2l-paint", `rgb(${color.map((part) => 255 * part).join(", ")})`);
    button.onclick = () => {
      scene.brush = name;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    };
    return button;
  });
  bar.append(...buttons);
  parent.append(bar);
  app.draw(() => buttons.forEach((button) => (button.hidden = app.get("channels") === 1 && COLOURED.includes(button.textContent))));
}
