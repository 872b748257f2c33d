// Keys on what is drawn: which key means which move, and how a canvas becomes something to operate.
import { make, writeText } from "./dom.js";

/** Arrow keys as moves [right, down]. */
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Keys of a slider as steps. */
export const SLIDER_KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

/** Call press(key, event) for each key pressed on an element, but for shortcuts of the page; false says it was not ours. */
export function onKeys(app, element, press) {
  app.scope.on(element, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (press(event.key, event) !== false) event.preventDefault();
  });
}

/**
 * Make a stage's canvas operable by keys: a Tab stop with a role ("application", or "slider"), named by kind ("points to
 * move") or by label; help is the line that says the keys, shown while the canvas has the keyboard, or a function that is
 * asked for it at each drawing; press as in onKeys.
 */
export function addKeys(app, { canvas }, { role = "application", label = null, kind = null, help = null, press }) {
  const attributes = { role, tabindex: 0, "aria-label": label, "aria-roledescription": kind };
  for (const [name, value] of Object.entries(attributes)) if (value !== null) canvas.setAttribute(name, value);
  const line = help && make("p", { class: "d2l-keys", "aria-hidden": "true" });
  const write = (text) => {
    writeText(line, text);
    canvas.setAttribute("aria-description", text);
  };
  if (help) canvas.after(line);
  if (typeof help === "function") app.draw(() => write(help()));
  else if (help) write(help);
  onKeys(app, canvas, press);
}
