// Things to drag on a stage: many points on the canvas, or a few handles that are elements of their own.
import { make } from "./dom.js";
import { addKeys, ARROWS, onKeys, SLIDER_KEYS } from "./keys.js";
import { onPress } from "./press.js";

const REACH = 12; // px from a point that still takes hold of it; a finger gets twice that
const SLOP = 5; // px a press may move and still be a click

/**
 * Make the points of a stage movable. positions() gives their [px, py]; move(i, px, py) puts one, add(px, py) makes
 * one and returns its index, remove(i) deletes one, turn(i) changes its class; describe(i) says which point it is and
 * where, for readers who do not see it. All but positions, move and describe may be left out.
 * Keys, with the stage in focus: Page Down and Page Up choose a point, arrows move it (with Shift further), Enter adds one
 * beside it, Delete removes it, C changes its class, Escape lets go.
 * Returns { selected() -> index or -1, hovered(), dragging() }.
 */
export function addPoints(app, stage, options) {
  const { canvas } = stage;
  const hold = { selected: -1, hovered: -1, drag: null };
  const keys = `Page Down chooses a point, arrows move it${options.add ? ", Enter adds" : ""}${options.remove ? ", Delete removes" : ""}${options.turn ? ", C changes its class" : ""}.`;
  addKeys(app, stage, { kind: "points to move", help: keys, press: (key, event) => pointKey(app, options, hold, key, event) });
  const nearest = (event) => nearestPoint(options.positions(), stage.at(event), event.pointerType === "touch" ? 2 * REACH : REACH);
  app.scope.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0) return;
    if (hold.drag && event.pointerType === "touch") { // a second finger: the page is zoomed, nothing edited
      hold.drag = null;
      return;
    }
    const index = nearest(event);
    hold.selected = index;
    hold.drag = { index, id: event.pointerId, start: stage.at(event), moved: false, count: options.positions().length };
    if (index >= 0) canvas.setPointerCapture(event.pointerId);
    app.refresh();
  });
  const keep = (event) => hold.drag?.index >= 0 && event.touches.length === 1 && event.preventDefault(); // no scrolling
  app.scope.on(canvas, "touchmove", keep, { passive: false });
  app.scope.on(canvas, "pointermove", (event) => pointerMove(app, stage, options, hold, event, nearest));
  app.scope.on(canvas, "pointerup", (event) => {
    const { drag } = hold;
    if (drag?.id !== event.pointerId) return;
    hold.drag = null;
    if (drag && drag.index < 0 && !drag.moved && options.add) hold.selected = options.add(...stage.at(event));
    app.refresh();
  });
  for (const type of ["pointercancel", "lostpointercapture"]) app.scope.on(canvas, type, () => (hold.drag = null));
  app.scope.on(canvas, "pointerleave", () => {
    hold.hovered = -1;
    app.refresh();
  });
  app.scope.on(canvas, "blur", () => {
    hold.selected = -1;
    app.refresh();
  });
  return { selected: () => hold.selected, hovered: () => hold.hovered, dragging: () => Boolean(hold.drag?.moved) };
}

function nearestPoint(positions, [px, py], reach) {
  let [best, found] = [reach * reach, -1];
  positions.forEach(([x, y], i) => {
    const distance = (x - px) ** 2 + (y - py) ** 2;
    if (distance <= best) [best, found] = [distance, i];
  });
  return found;
}

function pointerMove(app, stage, options, hold, event, nearest) {
  const at = stage.at(event);
  if (hold.drag && hold.drag.id !== event.pointerId) return;
  if (!hold.drag) {
    const index = nearest(event);
    if (index === hold.hovered) return;
    hold.hovered = index;
    stage.canvas.style.cursor = index >= 0 ? "grab" : options.add ? "copy" : "";
    app.refresh();
    return;
  }
  const { drag } = hold;
  if (options.positions().length !== drag.count) return void (hold.drag = null); // a key or Python took points away: which is held, nobody knows
  drag.moved = drag.moved || Math.hypot(at[0] - drag.start[0], at[1] - drag.start[1]) > SLOP;
  if (drag.index >= 0 && drag.moved) options.move(drag.index, ...at);
}

function pointKey(app, options, hold, key, event) {
  const positions = options.positions();
  const { selected } = hold;
  const chosen = selected >= 0 && selected < positions.length;
  const far = event.shiftKey ? 20 : 4;
  if (ARROWS[key] && chosen) {
    const [dx, dy] = ARROWS[key];
    options.move(selected, positions[selected][0] + far * dx, positions[selected][1] + far * dy);
  } else if (ARROWS[key] || key === "PageDown") hold.selected = (selected + 1) % Math.max(1, positions.length);
  else if (key === "PageUp") hold.selected = (Math.max(0, selected) + positions.length - 1) % Math.max(1, positions.length);
  else if (key === "Enter" && options.add) {
    const [px, py] = chosen ? positions[selected] : options.middle?.() || [100, 100];
    hold.selected = options.add(px + (chosen ? 24 : 0), py);
  } else if ((key === "Delete" || key === "Backspace") && chosen && options.remove) {
    options.remove(selected);
    hold.selected = Math.min(selected, options.positions().length - 1);
  } else if (key.toLowerCase() === "c" && chosen && options.turn) options.turn(selected);
  else if (key === "Escape" && chosen) hold.selected = -1;
  else return false;
  app.announce(hold.selected >= 0 && hold.selected < options.positions().length ? options.describe(hold.selected) : "No point chosen.");
  app.refresh();
  return true;
}

/**
 * A handle of its own on a stage, for pictures with a few of them: reached by Tab, moved by mouse, finger and arrows.
 * at() gives its [px, py], move(px, py) asks for a new place, text() says where it is; step is pixels an arrow moves.
 */
export function addHandle(app, stage, { label, at, move, text, step = 4, color = "" }) {
  const handle = make("div", { class: "d2l-handle", role: "slider", tabindex: 0, "aria-label": label });
  if (color) handle.style.setProperty("--d2l-handle", color);
  stage.element.append(handle);
  app.draw(() => {
    const [px, py] = at();
    handle.style.transform = `translate(${px}px, ${py}px)`;
    handle.setAttribute("aria-valuetext", text());
    handle.setAttribute("aria-valuenow", Math.round(px));
  });
  let held = null; // { id, dx, dy }: of several fingers the first
  app.scope.on(handle, "pointerdown", (event) => {
    if (event.button !== 0 || held) return;
    const [px, py] = stage.at(event);
    handle.setPointerCapture(event.pointerId);
    held = { id: event.pointerId, dx: at()[0] - px, dy: at()[1] - py };
  });
  app.scope.on(handle, "pointermove", (event) => {
    if (held?.id !== event.pointerId) return;
    const [px, py] = stage.at(event);
    move(px + held.dx, py + held.dy);
  });
  const drop = (event) => held?.id === event.pointerId && (held = null);
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) app.scope.on(handle, type, drop);
  onKeys(app, handle, (key, event) => {
    if (!ARROWS[key]) return false;
    const [dx, dy] = ARROWS[key];
    const far = event.shiftKey ? 5 * step : step;
    move(at()[0] + far * dx, at()[1] + far * dy);
    return true;
  });
  return handle;
}

/**
 * Make a stage a slider along its width, to move through steps from min: value() and max() say where it stands, valueAt(px, py)
 * what a place means, move(value) asks for another, text(value) reads it out. Arrows go 1, Page keys 10, Home and End all the way.
 */
export function addScrubber(app, stage, { label, min = 0, value, max, valueAt, move, text }) {
  const { canvas } = stage;
  canvas.setAttribute("aria-valuemin", min);
  canvas.classList.add("d2l-scrub");
  const go = (to) => move(Math.max(min, Math.min(max(), Math.round(to))));
  app.draw(() => {
    canvas.setAttribute("aria-valuenow", value());
    canvas.setAttribute("aria-valuemax", max());
    canvas.setAttribute("aria-valuetext", text(value()));
  });
  onPress(app, canvas, (event) => go(valueAt(...stage.at(event))));
  addKeys(app, stage, { role: "slider", label, press: (key) => {
    if (SLIDER_KEYS[key] === undefined) return false;
    go(value() + SLIDER_KEYS[key]);
    return true;
  } });
}

/**
 * Make a stage a slider over cells in rows: count() of them, columns() in a row, value() the chosen one, from the traits; cellAt(px, py)
 * is the one at a point, or null; move(k) asks for another, text() reads it out. Pointing chooses (with hover, or hover(), false,
 * pressing does), and so do arrows, Home and End.
 */
export function addCells(app, stage, { label, count, columns, value, cellAt, move, text, hover = true }) {
  const { canvas } = stage;
  const point = (event) => {
    const k = cellAt(...stage.at(event));
    if (k !== null) move(k);
  };
  canvas.setAttribute("aria-valuemin", 0);
  app.draw(() => {
    canvas.setAttribute("aria-valuenow", value());
    canvas.setAttribute("aria-valuemax", Math.max(0, count() - 1));
    canvas.setAttribute("aria-valuetext", text());
  });
  onPress(app, canvas, point);
  const points = typeof hover === "function" ? hover : () => hover;
  app.scope.on(canvas, "pointermove", (event) => event.buttons || !points() || point(event));
  addKeys(app, stage, { role: "slider", label, press: (key) => {
    const [right, down] = ARROWS[key] || [0, 0];
    const k = ARROWS[key] ? value() + down * columns() + right : { Home: 0, End: count() - 1 }[key];
    if (k === undefined) return false;
    if (k >= 0 && k < count()) move(k);
    return true;
  } });
}
