// The items to put in order: each has two buttons, and is dragged by its handle or, with a mouse, anywhere.
import { make, makeButton, makeIcon, writeProse } from "../_core/dom.js";
import { plainText } from "../_core/prose.js";
import { moved } from "./model.js";

const ARROWS = { up: "M8 12.5v-9M4 7.5l4-4 4 4", down: "M8 3.5v9M4 8.5l4 4 4-4" };
const GRIP = [5.5, 10.5].map((x) => [3.5, 8, 12.5].map((y) => `M${x} ${y}h.01`).join("")).join("");

/** Add the list; returns the function that draws it. */
export function addList(ask, change) {
  const { app, content } = ask;
  const list = make("ol", { class: "d2l-list" });
  const rows = content.items.map(({ text }, i) => {
    const row = { i, name: plainText(text), buttons: {} };
    row.element = make("li", { class: "d2l-item" }, make("span", { class: "d2l-grip" }, makeIcon(GRIP)), writeProse(make("span", { class: "d2l-words" }), text));
    row.element.style.setProperty("--d2l-place", i); // on paper they stand as at first
    for (const way of ["up", "down"]) addArrow(row, way);
    return row;
  });

  function addArrow(row, way) {
    const button = makeButton({ label: `Move “${row.name}” ${way}`, icon: ARROWS[way], iconOnly: true, kind: "quiet" });
    button.removeAttribute("title");
    row.buttons[way] = button;
    row.element.append(button);
    app.scope.on(button, "click", () => step(row, way === "up" ? -1 : 1, button));
    app.scope.on(button, "keydown", (event) => {
      const steps = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      step(row, steps, button);
    });
  }

  function step(row, steps, button) {
    const from = ask.given.indexOf(row.i);
    const to = from + steps;
    if (to >= 0 && to < rows.length) place(row, to);
    button.focus(); // a moved element loses it
    app.announce(`${row.name}: ${ask.given.indexOf(row.i) + 1} of ${rows.length}`);
  }

  function place(row, to) {
    const from = ask.given.indexOf(row.i);
    if (from !== to) change(moved(ask.given, from, to));
  }

  addDragging(app, list, rows, place, (row) => app.announce(`${row.name}: ${ask.given.indexOf(row.i) + 1} of ${rows.length}`));
  const end = (text) => make("p", { class: "d2l-end", text });
  ask.asked.append(end(content.low), list, end(content.high));
  ask.focus = () => rows[ask.given[0]].buttons.down.focus();
  return ({ given, done }) => {
    given.forEach((item, index) => {
      const { element, buttons } = rows[item];
      if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
      buttons.up.setAttribute("aria-disabled", String(index === 0));
      buttons.down.setAttribute("aria-disabled", String(index === rows.length - 1));
    });
    list.classList.toggle("d2l-is-right", Boolean(done));
  };
}

/** An item follows the pointer from place to place; a finger that is not on a handle scrolls the page. */
function addDragging(app, list, rows, place, dropped) {
  let held = null; // { id, row }
  app.scope.on(list, "pointerdown", (event) => {
    const row = rows.find(({ element }) => element.contains(event.target));
    const byFinger = event.pointerType !== "mouse";
    if (!row || held || event.button !== 0 || event.target.closest("button")) return;
    if (byFinger && !event.target.closest(".d2l-grip")) return;
    held = { id: event.pointerId, row };
    list.setPointerCapture(event.pointerId);
    row.element.classList.add("d2l-held");
    event.preventDefault();
  });
  app.scope.on(list, "pointermove", (event) => {
    if (held?.id !== event.pointerId) return;
    const others = [...list.children].filter((element) => element !== held.row.element);
    place(held.row, others.filter((element) => middle(element) < event.clientY).length);
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
    app.scope.on(list, type, (event) => {
      if (held?.id !== event.pointerId) return;
      held.row.element.classList.remove("d2l-held");
      dropped(held.row);
      held = null;
    });
  }
}

function middle(element) {
  const { top, height } = element.getBoundingClientRect();
  return top + height / 2;
}
