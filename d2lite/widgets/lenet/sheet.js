// On a telephone the value taken apart opens over the page, under what was chosen, so that both are on one screen.
import { makeButton } from "../_core/dom.js";
import { layOut } from "./overview.js";

const GAP = 6; // px between what was chosen and the sheet
const OPENED = "d2l-opened"; // only the style sheet's rules for narrow screens know it

/** A part: makes its parent the sheet. It opens when another value is chosen; Escape, the button or a tap beside it closes it. */
export function sheet(app, parent, scene) {
  const close = makeButton({ label: "Close", title: "Close (Escape)" });
  close.classList.add("d2l-shut");
  parent.append(close);
  const { body } = app;
  const turn = (isOpen) => {
    if (body.classList.contains(OPENED) === isOpen) return;
    if (!isOpen && parent.contains(document.activeElement)) scene.overview.canvas.focus({ preventScroll: true });
    body.classList.toggle(OPENED, isOpen);
    app.refresh();
  };
  scene.open = () => turn(true);
  close.onclick = () => turn(false);
  app.on(["layer", "unit", "place", "source"], scene.open);
  app.scope.on(app.root, "keydown", ({ key }) => key === "Escape" && turn(false));
  app.scope.on(document, "click", ({ target }) => {
    const keeps = [parent, scene.overview.element, scene.opener].some((element) => element.contains(target));
    if (!keeps) turn(false);
  });
  app.draw(() => {
    parent.style.setProperty("--d2l-top", `${topOf(scene)}px`);
    body.classList.toggle("d2l-whole", scene.parts.sources[0].whole);
  });
}

/** A part: the button that opens the sheet again. */
export function opener(app, parent, scene) {
  scene.opener = makeButton({ label: "Show the products" });
  scene.opener.classList.add("d2l-opener", "d2l-direct");
  scene.opener.onclick = () => scene.open();
  parent.append(scene.opener);
}

/** Where the sheet begins: under the chosen map or unit, and under the picture. */
function topOf({ overview, picture, pick }) {
  const boxes = layOut(overview.width(), overview.height())[pick.layer.name].boxes;
  const { y, height } = boxes[pick.layer.name === "output" ? boxes.length - 1 : pick.unit];
  const bottom = ({ element }) => element.offsetTop + element.offsetHeight;
  return Math.round(Math.max(bottom(picture), overview.element.offsetTop + y + height) + GAP);
}
