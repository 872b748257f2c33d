// The part that shows a program, a button a line: a press goes to the step at which that line runs next.
import { make, writeText } from "../_core/dom.js";
import { nameElement } from "../_core/frame.js";

const MOVES = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };

/** lines(scene) are texts, current(scene) is the line that runs, from 0, or -1; press(app, scene, line). */
export function program({ lines, current, failed, press, label }) {
  return (app, parent, scene) => {
    const list = make("ol", { class: "d2l-lines d2l-direct", "aria-label": label });
    nameElement(app, "program", list);
    parent.append(list);
    const buttons = () => [...list.querySelectorAll("button")];
    app.scope.on(list, "click", (event) => {
      const k = buttons().indexOf(event.target.closest("button"));
      if (k >= 0) press(app, scene, k);
    });
    app.scope.on(list, "keydown", (event) => {
      const all = buttons();
      const k = all.indexOf(event.target);
      if (!(event.key in MOVES) || k < 0) return;
      event.preventDefault();
      all[Math.max(0, Math.min(all.length - 1, k + MOVES[event.key]))].focus();
    });
    app.draw(() => fill(list, lines(scene), current(scene), failed(scene)));
  };
}

function fill(list, lines, current, failed) {
  while (list.children.length > lines.length) list.lastChild.remove();
  while (list.children.length < lines.length) list.append(make("li", {}, make("button", { type: "button" }, make("code"))));
  lines.forEach((text, i) => {
    const button = list.children[i].firstChild;
    const indent = text.length - text.trimStart().length;
    button.className = i === current ? (failed ? "d2l-line-bad" : "d2l-line-now") : "";
    if (i === current) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
    button.firstChild.style.setProperty("--d2l-indent", indent);
    writeText(button.firstChild, text.trimStart());
  });
}
