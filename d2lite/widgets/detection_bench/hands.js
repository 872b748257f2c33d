// What the reader's hands do on the bench: choose, drag, scale and remove items, draw with a pen, take from the palette.
import { make, makeButton } from "../_core/dom.js";
import { nameElement } from "../_core/frame.js";
import { SIDE, TINTS, truthOf } from "./compose.js";

const CORNER = 12; // px around an item's corner that take hold of it; a finger gets twice that
const NEXT = 1.5; // pixels of the scene between points of a stroke
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = {
  move: "Page Down chooses an item, arrows move it, + and − scale it, T tints it, Enter brings it to the front, Delete removes it.",
  draw: "Arrows move the pen, Enter puts it down and lifts it.",
};

const keepInside = (value) => Math.min(SIDE, Math.max(0, value));
const tenth = (value) => Math.round(10 * value) / 10;

/** Change one item: edit(row) gets a copy to change in place. */
function changeItem(app, index, edit) {
  const items = app.get("items").map((row) => [...row]);
  if (!items[index]) return;
  edit(items[index]);
  app.set({ items });
}

const EDITS = {
  scale: (by) => (row, { min, max }) => (row[3] = Math.min(max, Math.max(min, row[3] + by))),
  tint: () => (row) => (row[4] = (row[4] + 1) % TINTS.length),
};

function editItem(app, hold, edit) {
  const side = app.entry("items").columns[3];
  changeItem(app, hold.selected, (row) => edit(row, side));
}

function removeItem(app, hold) {
  app.set({ items: app.get("items").filter((_, i) => i !== hold.selected) });
  hold.selected = -1;
}

function bringToFront(app, hold) {
  const items = app.get("items");
  if (!items[hold.selected]) return;
  app.set({ items: [...items.filter((_, i) => i !== hold.selected), items[hold.selected]] });
  hold.selected = items.length - 1;
}

function addStroke(app, x, y, begins) {
  const strokes = app.get("strokes");
  const most = app.entry("strokes").max_length;
  if (strokes.length >= most) {
    app.note(`A drawing holds ${most} points; press Clear to begin another.`, true);
    return;
  }
  app.set({ strokes: [...strokes, [tenth(keepInside(x)), tenth(keepInside(y)), begins ? 1 : 0]] }, { later: !begins });
}

/** Pointer and keys on the scene; hold is what the reader holds, grid the number of cells along a side. */
export function addPlacing(app, stage, bench, hold, grid) {
  const { canvas } = stage;
  const hint = make("p", { class: "d2l-keys", "aria-hidden": "true" });
  const look = { tabindex: 0, role: "application", "aria-roledescription": "scene to compose" };
  Object.entries(look).forEach(([name, value]) => canvas.setAttribute(name, value));
  canvas.after(hint);
  app.draw(() => {
    hint.textContent = KEYS[app.get("tool")];
    canvas.setAttribute("aria-description", hint.textContent);
  });
  const place = (event) => stage.at(event).map((p) => (p * SIDE) / stage.width());
  app.scope.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0) return;
    if (hold.drag && event.pointerType === "touch") hold.drag = null; // a second finger zooms the page
    else takeHold(app, stage, bench, hold, event, place(event), grid);
  });
  app.scope.on(canvas, "pointermove", (event) => followPointer(app, bench, hold, stage, place(event)));
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) app.scope.on(canvas, type, () => (hold.drag = null));
  app.scope.on(canvas, "touchmove", (event) => hold.drag && event.touches.length === 1 && event.preventDefault(), { passive: false });
  app.scope.on(canvas, "wheel", (event) => {
    if (hold.selected < 0 || itemAt(app, bench, place(event)) !== hold.selected) return;
    editItem(app, hold, EDITS.scale(event.deltaY < 0 ? 2 : -2));
    event.preventDefault();
  }, { passive: false });
  app.scope.on(canvas, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const used = app.get("tool") === "draw" ? penKey(app, hold, event) : itemKey(app, hold, event);
    if (used) event.preventDefault();
    if (used && app.get("tool") === "move") app.announce(describeItem(app, bench, hold.selected));
    app.refresh();
  });
  for (const [type, focused] of [["focus", true], ["blur", false]]) {
    app.scope.on(canvas, type, () => {
      Object.assign(hold, { focused, down: false });
      app.refresh();
    });
  }
}

/** An item in words, for readers who do not see the scene. */
function describeItem(app, bench, index) {
  const items = app.get("items");
  if (!items[index]) return "No item chosen.";
  const [kind, x, y, side] = items[index];
  return `Item ${index + 1} of ${items.length}, ${bench.names[bench.palette[kind].label]}, at ${x}, ${y}, ${side} pixels.`;
}

/** The topmost item under a place, or -1. */
function itemAt(app, bench, [x, y]) {
  const boxes = truthOf(app.get("items"), bench.palette);
  return boxes.findLastIndex(({ box }) => x >= box[0] - 1 && x <= box[2] + 1 && y >= box[1] - 1 && y <= box[3] + 1);
}

function takeHold(app, stage, bench, hold, event, [x, y], grid) {
  const items = app.get("items");
  stage.canvas.setPointerCapture(event.pointerId);
  app.refresh();
  if (app.get("tool") === "draw") {
    Object.assign(hold, { drag: { kind: "pen" }, pen: [x, y] });
    addStroke(app, x, y, true);
    return;
  }
  const chosen = items[hold.selected] && truthOf([items[hold.selected]], bench.palette)[0].box;
  const reach = ((event.pointerType === "touch" ? 2 : 1) * CORNER * SIDE) / stage.width();
  if (chosen && Math.hypot(x - chosen[2], y - chosen[3]) < reach) {
    const [, cx, cy, side] = items[hold.selected];
    hold.drag = { kind: "scale", side, from: Math.max(4, Math.hypot(x - cx, y - cy)) };
    return;
  }
  hold.selected = itemAt(app, bench, [x, y]);
  hold.drag = null;
  if (hold.selected >= 0) hold.drag = { kind: "move", shift: [items[hold.selected][1] - x, items[hold.selected][2] - y] };
  else if (app.get("raw") !== "off") chooseCell(app, x, y, grid);
}

function chooseCell(app, x, y, grid) {
  const [column, row] = [x, y].map((value) => Math.min(grid - 1, Math.floor((value * grid) / SIDE)));
  const cell = row * grid + column;
  app.set({ cell: cell === app.get("cell") ? -1 : cell });
}

function followPointer(app, bench, hold, stage, [x, y]) {
  const { drag } = hold;
  if (!drag) {
    stage.canvas.style.cursor = app.get("tool") === "draw" ? "crosshair" : itemAt(app, bench, [x, y]) >= 0 ? "grab" : "";
  } else if (drag.kind === "pen") {
    if (Math.hypot(x - hold.pen[0], y - hold.pen[1]) < NEXT) return;
    hold.pen = [x, y];
    addStroke(app, x, y, false);
  } else if (drag.kind === "move") {
    changeItem(app, hold.selected, (row) => {
      row[1] = Math.round(keepInside(x + drag.shift[0]));
      row[2] = Math.round(keepInside(y + drag.shift[1]));
    });
  } else {
    editItem(app, hold, (row, { min, max }) => {
      const size = (drag.side * Math.hypot(x - row[1], y - row[2])) / drag.from;
      row[3] = Math.round(Math.min(max, Math.max(min, size)));
    });
  }
}

function itemKey(app, hold, event) {
  const count = app.get("items").length;
  const chosen = hold.selected >= 0 && hold.selected < count;
  if (event.key === "Escape") hold.selected = -1;
  else if (event.key === "PageUp") hold.selected = (Math.max(0, hold.selected) + count - 1) % Math.max(1, count);
  else if (event.key === "PageDown" || (MOVES[event.key] && !chosen)) hold.selected = (hold.selected + 1) % Math.max(1, count);
  else if (!chosen) return false;
  else if (MOVES[event.key]) {
    const [dx, dy] = MOVES[event.key].map((d) => d * (event.shiftKey ? 8 : 1));
    changeItem(app, hold.selected, (row) => row.splice(1, 2, keepInside(row[1] + dx), keepInside(row[2] + dy)));
  } else if (event.key === "+" || event.key === "=") editItem(app, hold, EDITS.scale(2));
  else if (event.key === "-") editItem(app, hold, EDITS.scale(-2));
  else if (event.key.toLowerCase() === "t") editItem(app, hold, EDITS.tint());
  else if (event.key === "Enter") bringToFront(app, hold);
  else if (event.key === "Delete" || event.key === "Backspace") removeItem(app, hold);
  else return false;
  return true;
}

function penKey(app, hold, event) {
  if (event.key === "Enter") {
    hold.down = !hold.down;
    if (hold.down) addStroke(app, ...hold.pen, true);
  } else if (MOVES[event.key]) {
    const far = event.shiftKey ? 8 : 2;
    hold.pen = hold.pen.map((value, i) => keepInside(value + far * MOVES[event.key][i]));
    if (hold.down) addStroke(app, ...hold.pen, false);
  } else return false;
  return true;
}

/** The palette, and buttons for the chosen item: all that the pointer does, for fingers and keys. */
export function addTools(app, parent, bench, hold) {
  const actions = [
    ["Smaller", () => editItem(app, hold, EDITS.scale(-2))],
    ["Larger", () => editItem(app, hold, EDITS.scale(2))],
    ["Tint", () => editItem(app, hold, EDITS.tint())],
    ["To front", () => bringToFront(app, hold)],
    ["Remove", () => removeItem(app, hold)],
  ].map(([label, action]) => {
    const button = makeButton({ label, kind: "quiet" });
    button.onclick = () => {
      action();
      app.refresh();
    };
    return button;
  });
  const bar = make("div", { class: "d2l-bar", role: "group", "aria-label": "The chosen item" }, ...actions);
  const palette = make("div", { class: "d2l-palette", role: "group", "aria-label": "Items to place" });
  palette.append(...bench.palette.map((item, i) => makeSwatch(app, bench, hold, item, i)));
  nameElement(app, "palette", palette);
  parent.append(bar, palette);
  app.draw(() => {
    const chosen = hold.selected >= 0 && hold.selected < app.get("items").length;
    for (const button of actions) button.disabled = !chosen;
  });
}

function makeSwatch(app, bench, hold, item, index) {
  const canvas = make("canvas", { width: 28, height: 28, "aria-hidden": "true" });
  const label = `Place a ${bench.names[item.label]} (${(index % 2) + 1})`;
  const button = make("button", { type: "button", class: "d2l-swatch", "aria-label": label, title: bench.names[item.label] }, canvas);
  button.onclick = () => placeItem(app, hold, index);
  paintSwatch(canvas.getContext("2d"), item);
  return button;
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

function placeItem(app, hold, index) {
  const items = app.get("items");
  if (items.length >= app.entry("items").max_length) {
    app.note(`A scene holds ${items.length} items; remove one first.`, true);
    return;
  }
  const turn = 2.4 * items.length; // round the middle, so that new ones do not hide each other
  const [x, y] = [Math.cos(turn), Math.sin(turn)].map((part) => Math.round(SIDE / 2 + 22 * part));
  app.set({ items: [...items, [index, x, y, 36, items.length % TINTS.length]], tool: "move" });
  hold.selected = items.length;
  app.refresh();
}
