// A picture of 28 x 28 that the reader paints on, erases and covers: by mouse, finger and keys.
import { addKeys, ARROWS } from "../_core/keys.js";
import { paintStroke } from "../_math/paint.js";

const SIDE = 28;
const INK = 220; // of the brush, of 255

/** Let the reader's pointer and keys draw, erase and cover on the picture's stage. */
export function addPainting(app, stage, scene) {
  const { canvas } = stage;
  const help = `Arrows move, with Shift by five; Space ${app.entry("cover") ? "draws, erases or covers, Delete takes the cover away" : "draws or erases"}.`;
  addKeys(app, stage, { kind: "picture to draw on", help, press: (key, { shiftKey }) => paintingKey(app, scene, key, shiftKey ? 5 : 1) });
  app.draw(() => canvas.classList.toggle("d2l-painting", ["draw", "erase"].includes(app.get("tool")))); // else a finger scrolls
  const at = (event) => stage.at(event).map((p) => (p / Math.min(stage.width(), stage.height())) * SIDE - 0.5).reverse();
  let held = null; // { id, last }: of several fingers the first draws
  app.scope.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0 || held) return;
    canvas.setPointerCapture(event.pointerId);
    const here = at(event);
    held = { id: event.pointerId, last: here };
    useTool(app, scene, here, here);
  });
  app.scope.on(canvas, "pointermove", (event) => {
    if (held?.id !== event.pointerId || !event.buttons) return;
    const here = at(event);
    useTool(app, scene, held.last, here);
    held.last = here;
  });
  const drop = (event) => held?.id === event.pointerId && (held = null);
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) app.scope.on(canvas, type, drop);
  app.scope.on(canvas, "blur", () => {
    scene.cursor = null;
    app.refresh();
  });
}

const clampPlace = (place) => place.map((p) => Math.min(SIDE - 1, Math.max(0, Math.round(p))));

/** What the chosen tool does between two places, [row, column] in pixels. */
function useTool(app, scene, from, to) {
  if (app.get("tool") === "cover") {
    app.set({ cover: [clampPlace(to)] }, { later: true });
    return;
  }
  if (app.get("tool") === "look") return;
  const before = app.get("pixels").length ? app.get("pixels") : scene.pixels;
  const value = app.get("tool") === "draw" ? INK : 0;
  app.set({ pixels: paintStroke(before, from, to, app.get("brush"), value) }, { later: true });
}

function paintingKey(app, scene, key, far) {
  const covering = app.get("tool") === "cover";
  const covered = covering && app.get("cover")[0];
  const here = covered || scene.cursor || [SIDE / 2, SIDE / 2];
  if (ARROWS[key]) {
    const [right, down] = ARROWS[key];
    const there = clampPlace([here[0] + far * down, here[1] + far * right]);
    if (covered) app.set({ cover: [there] });
    else scene.cursor = there;
  } else if (key === " " || key === "Enter") useTool(app, scene, here, here);
  else if (covering && (key === "Delete" || key === "Backspace")) app.set({ cover: [] });
  else return false;
  app.refresh();
  return true;
}
