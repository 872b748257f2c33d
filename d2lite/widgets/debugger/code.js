// The part that shows a program, a button a line: pressed to say that it is wrong, and marked when it is known.
import { make, writeText } from "../_core/dom.js";
import { nameElement } from "../_core/frame.js";

const SIGNS = { out: "−", in: "+", wrong: "×", same: "" };
const SAID = { out: "wrong line: ", in: "in its place: ", wrong: "not this one: ", same: "" };
const STEPS = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };

/** The rows (scene) => [{ text, kind, press }] of a program; press(app, n) is called with a row's number from 1 while it asks. */
export function program({ rows, press, label }) {
  return (app, parent, scene) => {
    const list = make("ol", { class: "d2l-program d2l-direct", "aria-label": label });
    nameElement(app, "program", list);
    parent.append(list);
    const buttons = () => [...list.querySelectorAll("button")];
    app.scope.on(list, "click", (event) => {
      const k = buttons().indexOf(event.target.closest("button"));
      if (k >= 0 && scene.asks) press(app, k + 1);
    });
    app.scope.on(list, "keydown", (event) => {
      const all = buttons();
      const k = all.indexOf(event.target);
      if (!(event.key in STEPS) || k < 0) return;
      event.preventDefault();
      all[Math.max(0, Math.min(all.length - 1, k + STEPS[event.key]))].focus();
    });
    app.draw(() => fill(list, rows(scene), scene.asks));
  };
}

function fill(list, rows, asks) {
  while (list.children.length > rows.length) list.lastChild.remove();
  while (list.children.length < rows.length) list.append(makeRow());
  rows.forEach(({ text, kind }, i) => {
    const row = list.children[i];
    const [sign, said, code] = row.firstChild.children;
    row.className = `d2l-code-${kind}`;
    row.firstChild.setAttribute("aria-disabled", String(!asks));
    writeText(sign, SIGNS[kind]);
    writeText(said, SAID[kind]);
    const indent = text.length - text.trimStart().length;
    code.style.setProperty("--d2l-indent", indent);
    writeText(code, text.trimStart());
  });
}

function makeRow() {
  const sign = make("span", { class: "d2l-code-sign", "aria-hidden": "true" });
  const said = make("span", { class: "d2l-offscreen" });
  return make("li", {}, make("button", { type: "button" }, sign, said, make("code")));
}
