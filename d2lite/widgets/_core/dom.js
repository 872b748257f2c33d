// Elements. Text is only ever set as text, so nothing a link or a reader types can become markup.

import { pieces, typeset } from "./prose.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element: make("button", { class: "d2l-x", type: "button", text: "Go" }, ...children). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Set an element's text, if it is another. */
export function writeText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Write an author's text into an element, its code and emphasis as elements; return the element. */
export function writeProse(element, text) {
  element.replaceChildren(...pieces(text).map(([kind, piece]) => (kind === "text" ? typeset(piece) : make(kind, { text: kind === "code" ? piece : typeset(piece) }))));
  return element;
}

/** A small picture of one path in a 16 x 16 box, in the colour of the text around it. */
export function makeIcon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("d2l-icon");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** A button with text, an icon, or both. */
export function makeButton({ label, icon = null, title = label, iconOnly = false, kind = "plain" }) {
  const button = make("button", { type: "button", class: `d2l-button d2l-button-${kind}`, title });
  if (icon) button.append(makeIcon(icon));
  if (iconOnly) button.setAttribute("aria-label", label);
  else button.append(make("span", { text: label }));
  return button;
}

/** What has to be undone at the end: scope.on(target, type, handler), scope.add(undo), scope.close(). */
export function makeScope() {
  const undo = [];
  return {
    on(target, type, handler, options) {
      target.addEventListener(type, handler, options);
      undo.push(() => target.removeEventListener(type, handler, options));
    },
    add(callback) {
      undo.push(callback);
    },
    close() {
      while (undo.length) undo.pop()();
    },
  };
}

/** Put text on the clipboard; resolves to whether that worked. Pages opened from disk need the older way. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const pressed = document.activeElement;
    const area = make("textarea", { class: "d2l-offscreen", readonly: true, "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    pressed?.focus({ preventScroll: true });
    return copied;
  }
}
