// What the reader does with a scene: choose, drag, scale and remove items, take some from the palette.
// The trait items holds rows [item, x, y, size, tint]. scene.palette are the items to choose from, scene.names their labels', and
// scene.hold is what is held: selected (an item's index or -1) and drag.
import { make } from "../_core/dom.js";
import { nameElement } from "../_core/frame.js";
import { addKeys, ARROWS } from "../_core/keys.js";
import { THEMES } from "../_core/theme.js";
import { TINTS, truthOf } from "../_math/compose.js";
import { drawBox } from "./layers.js";

const CORNER = 12; // px around an item's corner that take hold of it; a finger gets twice that
export const HELP =
  "Page Down chooses an item, arrows move it, + and − scale it, T tints it, Enter brings it to the front, Delete removes it.";

export function makeHold() {
  return { selected: -1, drag: null };
}

export const keepInside = (value, side) => Math.min(side, Math.max(0, value));

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

/**
 * Pointer and keys on a scene of side x side pixels, for a stage's use. A tool of the explorer's own comes first, each part of
 * which may be left out: begin(app, scene, place), drag(app, scene, place) and key(app, scene, key, isFar) return true if they
 * took what came; elsewhere(app, place) is a press beside all items; cursor(app), help(app); focus(scene, focused).
 */
export function addEditing(side, tool = {}) {
  return (app, picture, scene) => {
    const { canvas } = picture;
    const { hold } = scene;
    const place = (event) => picture.at(event).map((p) => (p * side) / picture.width());
    app.scope.on(canvas, "pointerdown", (event) => {
      if (event.button !== 0) return;
      if (hold.drag && event.pointerType === "touch") hold.drag = null; // a second finger zooms the page
      else beginDrag(app, picture, scene, event, { side, tool, at: place(event) });
    });
    app.scope.on(canvas, "pointermove", (event) => {
      if (hold.drag) drag(app, scene, { side, tool, at: place(event) });
      else canvas.style.cursor = tool.cursor?.(app) || (itemAt(app, scene, side, place(event)) >= 0 ? "grab" : "");
    });
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) app.scope.on(canvas, type, () => (hold.drag = null));
    app.scope.on(canvas, "touchmove", (event) => hold.drag && event.touches.length === 1 && event.preventDefault(), { passive: false });
    app.scope.on(canvas, "wheel", (event) => {
      if (hold.selected < 0 || itemAt(app, scene, side, place(event)) !== hold.selected) return;
      scaleBy(event.deltaY < 0 ? 2 : -2)(app, scene);
      event.preventDefault();
    }, { passive: false });
    for (const [type, focused] of [["focus", true], ["blur", false]]) {
      app.scope.on(canvas, type, () => {
        tool.focus?.(scene, focused);
        app.refresh();
      });
    }
    const press = (key, { shiftKey }) => pressKey(app, scene, key, { isFar: shiftKey, side, tool });
    addKeys(app, picture, { kind: "scene to compose", help: () => tool.help?.(app) || HELP, press });
  };
}

function pressKey(app, scene, key, { isFar, side, tool }) {
  const taken = tool.key?.(app, scene, key, isFar);
  const used = taken ?? itemKey(app, scene, key, { isFar, side });
  if (used && taken === undefined) app.announce(describeChosen(app, scene));
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
function itemAt(app, { palette }, side, [x, y]) {
  const boxes = truthOf(app.get("items"), palette, side);
  return boxes.findLastIndex(({ box }) => x >= box[0] - 1 && x <= box[2] + 1 && y >= box[1] - 1 && y <= box[3] + 1);
}

function beginDrag(app, picture, scene, event, { side, tool, at }) {
  const { hold, palette } = scene;
  const items = app.get("items");
  const [x, y] = at;
  picture.canvas.setPointerCapture(event.pointerId);
  app.refresh();
  if (tool.begin?.(app, scene, at)) return;
  const chosen = items[hold.selected] && truthOf([items[hold.selected]], palette, side)[0].box;
  const reach = ((event.pointerType === "touch" ? 2 : 1) * CORNER * side) / picture.width();
  if (chosen && Math.hypot(x - chosen[2], y - chosen[3]) < reach) {
    const [, cx, cy, size] = items[hold.selected];
    hold.drag = { kind: "scale", size, from: Math.max(4, Math.hypot(x - cx, y - cy)) };
    return;
  }
  hold.selected = itemAt(app, scene, side, at);
  if (hold.selected >= 0) hold.drag = { kind: "move", shift: [items[hold.selected][1] - x, items[hold.selected][2] - y] };
  else tool.elsewhere?.(app, at);
}

function drag(app, scene, { side, tool, at }) {
  const { kind, shift, size, from } = scene.hold.drag;
  const [x, y] = at;
  if (tool.drag?.(app, scene, at)) return;
  editChosen(app, scene, (row, { min, max }) => {
    if (kind === "move") row.splice(1, 2, ...[x + shift[0], y + shift[1]].map((value) => Math.round(keepInside(value, side))));
    else row[3] = Math.round(Math.min(max, Math.max(min, (size * Math.hypot(x - row[1], y - row[2])) / from)));
  });
}

function itemKey(app, scene, key, { isFar, side }) {
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
    editChosen(app, scene, (row) => row.splice(1, 2, keepInside(row[1] + dx, side), keepInside(row[2] + dy, side)));
  } else if (action && chosen) action(app, scene);
  else return false;
  return true;
}

/** A part: a button for each item of the palette; placing one in a scene of side x side pixels sets some other traits, too. */
export function palette(side, also = {}) {
  return (app, parent, scene) => {
    const element = make("div", { class: "d2l-palette", role: "group", "aria-label": "Items to place" });
    element.append(...scene.palette.map((item, i) => makeSwatch(app, scene, item, () => placeItem(app, scene, i, { side, also }))));
    nameElement(app, "palette", element);
    parent.append(element);
  };
}

function makeSwatch(app, scene, item, place) {
  const canvas = make("canvas", { width: 28, height: 28, "aria-hidden": "true" });
  const twins = scene.palette.filter(({ label }) => label === item.label);
  const label = `Place a ${scene.names[item.label]} (${twins.indexOf(item) + 1})`;
  const swatch = make("button", { type: "button", class: "d2l-swatch", "aria-label": label, title: scene.names[item.label] }, canvas);
  swatch.onclick = place;
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

function placeItem(app, scene, index, { side, also }) {
  const items = app.get("items");
  if (items.length >= app.entry("items").max_length) {
    app.note(`A scene holds ${items.length} items; remove one first.`, true);
    return;
  }
  const turn = 2.4 * items.length; // round the middle, so that new ones do not hide each other
  const [x, y] = [Math.cos(turn), Math.sin(turn)].map((part) => Math.round(side * (1 / 2 + (22 / 96) * part)));
  app.set({ items: [...items, [index, x, y, Math.round(0.375 * side), items.length % TINTS.length]], ...also });
  scene.hold.selected = items.length;
  app.refresh();
}

/** The chosen item's box, with the corner that scales it. */
export function drawChosen(ctx, box, scale) {
  if (!box) return;
  const { accent, bg } = THEMES.dark; // scenes are dark, whatever the page
  drawBox(ctx, scale, box, { edge: bg, edgeAlpha: 0.6, color: accent, width: 1.5 });
  ctx.fillStyle = accent;
  ctx.fillRect(scale(box[2]) - 5, scale(box[3]) - 5, 10, 10);
}

/** How far a pass through the network is, along the lower edge. */
export function drawProgress(ctx, width, height, theme, part) {
  ctx.fillStyle = theme.bg;
  ctx.fillRect(0, height - 6, width, 6);
  ctx.fillStyle = theme.accent;
  ctx.fillRect(0, height - 6, part * width, 6);
}
