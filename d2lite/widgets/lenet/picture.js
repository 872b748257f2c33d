// The picture: drawn on, covered, and coloured by how much the places matter. By mouse, finger and keys.
import { addKeys, ARROWS } from "../_core/keys.js";
import { makeRamp, parseColor } from "../_core/theme.js";
import { drawMatrix, drawPixels } from "../_draw/layers.js";
import { SIDE, coverCorner, paintStroke, receptiveField } from "./model.js";

const INK = 220; // of the brush, of 255

/** Draw the picture as the network gets it, what is covered, and where the chosen value looks. */
export function drawInput(ctx, width, height, theme, scene) {
  const side = Math.min(width, height);
  const cell = side / SIDE;
  drawMatrix(ctx, scene.shown, SIDE, SIDE, { x: 0, y: 0, width: side, height: side }, makeRamp(theme.bg, theme.text), (v) => v / 255);
  if (scene.heat) drawSensitivity(ctx, side, theme, scene.heat, scene.pixels);
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.line;
  ctx.strokeRect(0.5, 0.5, side - 1, side - 1);
  const box = (top, left, size, color, dash) => {
    ctx.save();
    ctx.setLineDash(dash);
    ctx.strokeStyle = color;
    ctx.lineWidth = 2;
    const [y0, x0] = [Math.max(0, top) * cell, Math.max(0, left) * cell];
    ctx.strokeRect(x0 + 1, y0 + 1, Math.min(side, (left + size) * cell) - x0 - 2, Math.min(side, (top + size) * cell) - y0 - 2);
    ctx.restore();
  };
  const field = receptiveField(scene.pick);
  box(field.top, field.left, field.size, theme.b, []);
  if (scene.cover) {
    const [top, left] = coverCorner(...scene.cover, scene.coverSize);
    box(top, left, scene.coverSize, theme.accent, [5, 4]);
  }
  if (scene.cursor) box(...scene.cursor, 1, theme.accent, []);
}

/** Orange where covering lowers the probability of the class, blue where it raises it, over the faint picture. */
function drawSensitivity(ctx, side, theme, { drops }, image) {
  const [paper, ink] = [parseColor(theme.bg), parseColor(theme.text)];
  const [less, more] = [parseColor(theme.b), parseColor(theme.a)];
  const most = drops.reduce((a, v) => Math.max(a, Math.abs(v)), 0.05);
  const pixels = new Uint8ClampedArray(4 * SIDE * SIDE).fill(255);
  for (let k = 0; k < SIDE * SIDE; k++) {
    const share = Math.min(0.9, Math.abs(drops[k]) / most);
    const color = drops[k] > 0 ? less : more;
    for (let c = 0; c < 3; c++) {
      const grey = paper[c] + (0.45 * image[k] * (ink[c] - paper[c])) / 255;
      pixels[4 * k + c] = grey + share * (color[c] - grey);
    }
  }
  drawPixels(ctx, pixels, SIDE, SIDE, [0, 0, side, side], false);
}

/** Let the reader's pointer and keys draw, erase and cover on the picture's stage. */
export function addPainting(app, stage, scene) {
  const { canvas } = stage;
  const help = "Arrows move, with Shift by five; Space draws, erases or covers, Delete takes the cover away.";
  addKeys(app, stage, { kind: "picture to draw on", help, press: (key, { shiftKey }) => paintingKey(app, scene, key, shiftKey ? 5 : 1) });
  app.draw(() => canvas.classList.toggle("d2l-paper", app.get("tool") !== "cover")); // there a finger scrolls
  const at = (event) => stage.at(event).map((p) => (p / Math.min(stage.width(), stage.height())) * SIDE - 0.5).reverse();
  let last = null;
  app.scope.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    useTool(app, scene, last, last);
  });
  app.scope.on(canvas, "pointermove", (event) => {
    if (!last || !event.buttons) return;
    const here = at(event);
    useTool(app, scene, last, here);
    last = here;
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) app.scope.on(canvas, type, () => (last = null));
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
  const before = app.get("pixels").length ? app.get("pixels") : scene.pixels;
  const value = app.get("tool") === "draw" ? INK : 0;
  app.set({ pixels: paintStroke(before, from, to, app.get("brush"), value) }, { later: true });
}

function paintingKey(app, scene, key, far) {
  const covering = app.get("tool") === "cover";
  const [covered] = app.get("cover");
  const here = (covering && covered) || scene.cursor || [SIDE / 2, SIDE / 2];
  if (ARROWS[key]) {
    const [right, down] = ARROWS[key];
    const there = clampPlace([here[0] + far * down, here[1] + far * right]);
    if (covering && covered) app.set({ cover: [there] });
    else scene.cursor = there;
  } else if (key === " " || key === "Enter") useTool(app, scene, here, here);
  else if (key === "Delete" || key === "Backspace") app.set({ cover: [] });
  else return false;
  app.refresh();
  return true;
}
