// Small pictures of 28 x 28 to choose from: radio buttons, for pointer, finger and keys.
import { make } from "../_core/dom.js";
import { nameElement } from "../_core/frame.js";
import { makeRamp } from "../_core/theme.js";
import { drawMatrix } from "./layers.js";

const SIDE = 28;

/**
 * A part: a radio button with a small picture for each of images(scene), a list of { name, pixels } with gray levels from 0 to 255.
 * of(scene): what the list is made from, drawn anew when it is another; chosen(scene): the index; choose(app, index): set it;
 * name: what a link calls the part when it leaves it out.
 */
export function chooser({ name, images, of, chosen, choose }) {
  return (app, parent, scene) => {
    const group = `d2l-images-${app.id}`;
    const bar = make("div", { class: "d2l-chooser", role: "radiogroup", "aria-label": "Image" });
    nameElement(app, name, bar);
    parent.append(bar);
    let shown = null;
    const fill = () => {
      shown = { data: of(scene), theme: app.theme };
      const ramp = makeRamp(app.theme.bg, app.theme.text);
      bar.replaceChildren(...images(scene).map(({ name: title, pixels }, i) => {
        const input = make("input", { type: "radio", name: group, "aria-label": title });
        input.onchange = () => choose(app, i);
        const canvas = make("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" });
        drawMatrix(canvas.getContext("2d"), pixels, SIDE, SIDE, { x: 0, y: 0, width: SIDE, height: SIDE }, ramp, (v) => v / 255);
        return make("label", { class: "d2l-thumb", title }, input, canvas);
      }));
    };
    app.draw(() => {
      if (shown?.data !== of(scene) || shown.theme !== app.theme) fill();
      [...bar.children].forEach((label, i) => (label.firstChild.checked = i === chosen(scene)));
    });
  };
}
