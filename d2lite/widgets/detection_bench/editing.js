// What the reader does on the bench: choose, drag, scale and remove items, draw with a pen, take from the palette.
// scene.hold is what is held: selected (an item's index or -1), drag, and the pen with whether it is down.
import { make } from "../_core/dom.js";
import { nameElement } from "../_core/frame.js";
import { addKeys, ARROWS } from "../_core/keys.js";
import { SIDE, TINTS, truthOf } from "./compose.js";
import { GRID } from "./model.js";

const CORNER = 12; // px around an item's corner that take hold of it; a finger gets twice that
const NEXT = 1.5; // pixels of the scene between points of a stroke
const HELP = {
  move: "Page Down chooses an item, arrows move it, + and − scale it, T tints it, Enter brings it to the front, Delete removes it.",
  draw: "Arrows move the pen, Enter puts it down and lifts it.",
};

export function makeHold() {
  return { selected: -1, drag: null, pen: [SIDE / 2, SIDE / 2], down: false, focused: false };
}

const keepInside = (value) => Math.min(SIDE, Math.max(0, value));
const tenth = (value) => Math.round(10 * value) / 10;

export function hasChosen(app, { hold }) {
  return hold.selected >= 0 && hold.selected < app.get("items").length;
}

/** Change the chosen item: edit(row, side) gets a copy to change in place, and the range of its side. */
function editChosen(app, { hold }, edit) {
  const items = app.get("items").map((row) => [...row]);
  if (!items[hold.selected]) return;
  edit(items[hold.selected], app.entry("items").columns[3]);
  app.set({ items });
}

function scaleBy(by) {
  return (app, scene) => editChosen(app, scene, (row, { min, max }) => (row[3] = Math.min(max, Math.max(min, row[3] + by))));
}

function tint(app, scene) {
  editChosen(app, scene, (row) => (row[4] = (row[4] + 1) % TINTS.length));
}

function bringToFront(app, scene) {
  const items = app.get("items");
  const { selected } = scene.hold;
  app.set({ items: [...items.filter((_, i) => i !== selected), items[selected]] });
  scene.hold.selected = items.length - 1;
}

function remove(app, scene) {
  app.set({ items: app.get("items").filter((_, i) => i !== scene.hold.selected) });
  scene.hold.selected = -1;
}

/** What can be done with the chosen item: by buttons, for fingers, and some by keys. */
export const ACTIONS = { Smaller: scaleBy(-2), Larger: scaleBy(2), Tint: tint, "To front": bringToFront, Remove: remove };

function addStroke(app, [x, y], begins) {
  const strokes = app.get("strokes");
  const most = app.entry("strokes").max_length;
  if (strokes.length >= most) app.note(`A drawing holds ${most} points; press Clear to begin another.`, true);
  else app.set({ strokes: [...strokes, [tenth(keepInside(x)), tenth(keepInside(y)), begins ? 1 : 0]] }, { later: !begins });
}

/** Pointer and keys on the scene. */
export function addEditing(app, picture, scene) {
  const { canvas } = picture;
  const { hold } = scene;
  const place = (event) => picture.at(event).map((p) => (p * SIDE) / picture.width());
  app.scope.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0) return;
    if (hold.drag && event.pointerType === "touch") hold.drag = null; // a second finger zooms the page
    else beginDrag(app, picture, scene, event, place(event));
  });
  app.scope.on(canvas, "pointermove", (event) => {
    if (hold.drag) drag(app, scene, place(event));
    else canvas.style.cursor = app.get("tool") === "draw" ? "crosshair" : itemAt(app, scene, place(event)) >= 0 ? "grab" : "";
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) app.scope.on(canvas, type, () => (hold.drag = null));
  app.scope.on(canvas, "touchmove", (event) => hold.drag && event.touches.length === 1 && event.preventDefault(), { passive: false });
  app.scope.on(canvas, "wheel", (event) => {
    if (hold.selected < 0 || itemAt(app, scene, place(event)) !== hold.selected) return;
    scaleBy(event.deltaY < 0 ? 2 : -2)(app, scene);
    event.preventDefault();
  }, { passive: false });
  for (const [type, focused] of [["focus", true], ["blur", false]]) {
    app.scope.on(canvas, type, () => {
      Object.assign(hold, { focused, down: false });
      app.refresh();
    });
  }
  addKeys(app, picture, { kind: "scene to compose", help: () => HELP[app.get("tool")], press: (key, event) => sceneKey(app, scene, key, event) });
}

function sceneKey(app, scene, key, { shiftKey }) {
  const isPen = app.get("tool") === "draw";
  const used = isPen ? penKey(app, scene.hold, key, shiftKey) : itemKey(app, scene, key, shiftKey);
  if (used && !isPen) app.announce(describeChosen(app, scene));
  app.refresh();
  return used;
}

/** The chosen item in words, for readers who do not see the scene. */
function describeChosen(app, scene) {
  const items = app.get("items");
  const { selected } = scene.hold;
  if (!items[selected]) return "No item chosen.";
  const [kind, x, y, side] = items[selected];
  return `Item ${selected + 1} of ${items.length}, ${scene.names[scene.palette[kind].label]}, at ${x}, ${y}, ${side} pixels.`;
}

/** The topmost item under a place, or -1. */
function itemAt(app, { palette }, [x, y]) {
  const boxes = truthOf(app.get("items"), palette);
  return boxes.findLastIndex(({ box }) => x >= box[0] - 1 && x <= box[2] + 1 && y >= box[1] - 1 && y <= box[3] + 1);
}

function beginDrag(app, picture, scene, event, [x, y]) {
  const { hold, palette } = scene;
  const items = app.get("items");
  picture.canvas.setPointerCapture(event.pointerId);
  app.refresh();
  if (app.get("tool") === "draw") {
    Object.assign(hold, { drag: { kind: "pen" }, pen: [x, y] });
    addStroke(app, hold.pen, true);
    return;
  }
  const chosen = items[hold.selected] && truthOf([items[hold.selected]], palette)[0].box;
  const reach = ((event.pointerType === "touch" ? 2 : 1) * CORNER * SIDE) / picture.width();
  if (chosen && Math.hypot(x - chosen[2], y - chosen[3]) < reach) {
    const [, cx, cy, side] = items[hold.selected];
    hold.drag = { kind: "scale", side, from: Math.max(4, Math.hypot(x - cx, y - cy)) };
    return;
  }
  hold.selected = itemAt(app, scene, [x, y]);
  if (hold.selected >= 0) hold.drag = { kind: "move", shift: [items[hold.selected][1] - x, items[hold.selected][2] - y] };
  else if (app.get("raw") !== "off") chooseCell(app, x, y);
}

function chooseCell(app, x, y) {
  const [column, row] = [x, y].map((value) => Math.min(GRID - 1, Math.floor((value * GRID) / SIDE)));
  const cell = row * GRID + column;
  app.set({ cell: cell === app.get("cell") ? -1 : cell });
}

function drag(app, scene, [x, y]) {
  const { hold } = scene;
  const { kind, shift, side, from } = hold.drag;
  if (kind === "pen") {
    if (Math.hypot(x - hold.pen[0], y - hold.pen[1]) < NEXT) return;
    hold.pen = [x, y];
    addStroke(app, hold.pen, false);
  } else if (kind === "move") {
    editChosen(app, scene, (row) => row.splice(1, 2, Math.round(keepInside(x + shift[0])), Math.round(keepInside(y + shift[1]))));
  } else {
    editChosen(app, scene, (row, { min, max }) => {
      const size = (side * Math.hypot(x - row[1], y - row[2])) / from;
      row[3] = Math.round(Math.min(max, Math.max(min, size)));
    });
  }
}

function itemKey(app, scene, key, isFar) {
  const { hold } = scene;
  const count = app.get("items").length;
  const chosen = hasChosen(app, scene);
  const actions = { "+": "Larger", "=": "Larger", "-": "Smaller", t: "Tint", enter: "To front", delete: "Remove", backspace: "Remove" };
  const action = ACTIONS[actions[key.toLowerCase()]];
  if (key === "Escape") hold.selected = -1;
  else if (key === "PageUp") hold.selected = (Math.max(0, hold.selected) + count - 1) % Math.max(1, count);
  else if (key === "PageDown" || (ARROWS[key] && !chosen)) hold.selected = (hold.selected + 1) % Math.max(1, count);
  else if (ARROWS[key]) {
    const [dx, dy] = ARROWS[key].map((d) => d * (isFar ? 8 : 1));
    editChosen(app, scene, (row) => row.splice(1, 2, keepInside(row[1] + dx), keepInside(row[2] + dy)));
  } else if (action && chosen) action(app, scene);
  else return false;
  return true;
}

function penKey(app, hold, key, isFar) {
  if (key === "Enter") {
    hold.down = !hold.down;
    if (hold.down) addStroke(app, hold.pen, true);
  } else if (ARROWS[key]) {
    hold.pen = hold.pen.map((value, i) => keepInside(value + (isFar ? 8 : 2) * ARROWS[key][i]));
    if (hold.down) addStroke(app, hold.pen, false);
  } else return false;
  return true;
}

/** A part: a button for each item of the palette. */
export function palette(app, parent, scene) {
  const element = make("div", { class: "d2l-palette", role: "group", "aria-label": "Items to place" });
  element.append(...scene.palette.map((item, i) => makeSwatch(app, scene, item, i)));
  nameElement(app, "palette", element);
  parent.append(element);
}

function makeSwatch(app, scene, item, index) {
  const canvas = make("canvas", { width: 28, height: 28, "aria-hidden": "true" });
  const label = `Place a ${scene.names[item.label]} (${(index % 2) + 1})`;
  const swatch = make("button", { type: "button", class: "d2l-swatch", "aria-label": label, title: scene.names[item.label] }, canvas);
  swatch.onclick = () => placeItem(app, scene, index);
  paintSwatch(canvas.getContext("2d"), item);
  return swatch;
}

/** An item as it is stored, its background clear. */
function paintSwatch(ctx, { pixels, outline }) {
  const image = ctx.createImageData(28, 28);
  pixels.forEach((byte, k) => {
    image.data.fill(byte, 4 * k, 4 * k + 3);
    image.data[4 * k + 3] = 255 * outline[k];
  });
  ctx.putImageData(image, 0, 0);
}

function placeItem(app, scene, index) {
  const items = app.get("items");
  if (items.length >= app.entry("items").max_length) {
    app.note(`A scene holds ${items.length} items; remove one first.`, true);
    return;
  }
  const turn = 2.4 * items.length; // round the middle, so that new ones do not hide each other
  const [x, y] = [Math.cos(turn), Math.sin(turn)].map((part) => Math.round(SIDE / 2 + 22 * part));
  app.set({ items: [...items, [index, x, y, 36, items.length % TINTS.length]], tool: "move" });
  scene.hold.selected = items.length;
  app.refresh();
}
