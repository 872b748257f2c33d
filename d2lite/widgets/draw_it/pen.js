// The pen: strokes by mouse and finger, and by keys from column to column.
import { addKeys, ARROWS } from "../_core/keys.js";
import { onPress } from "../_core/press.js";
import { nameAndUnit, placed, quantity } from "./words.js";
import { drawnPoints, filled, lift, PLACES, strokeOver } from "./model.js";
import { paperOf } from "./picture.js";

const COLUMN = 8; // places from one column of the keys to the next: twelve columns
const JOIN = 3; // places within which a line that begins at the points given goes straight from the last of them
const STEP = 0.025; // of the axis, that an arrow lifts the curve
const HELP = "Left and right arrows move the pen, up and down lift and lower the curve (with Shift further).";

/** Let the reader draw on a stage. */
export function addPen(app, stage, scene) {
  const { canvas } = stage;
  let last = null; // the [place, height] that the pen comes from
  let joins = false;
  const at = (event) => {
    const { box, x, y } = paperOf(scene, stage.width(), stage.height());
    const [px, py] = stage.at(event);
    const height = y.up(Math.min(box.y + box.height, Math.max(box.y, py)));
    return [x.place(px), height];
  };
  app.scope.on(canvas, "pointerdown", (event) => {
    last = at(event);
    const { anchor } = scene.curve;
    joins = anchor !== null && last[0] < COLUMN && !app.get("drawing").length;
    if (joins) last = [0, anchor];
  });
  onPress(app, canvas, (event) => {
    const to = at(event);
    if (app.get("revealed") || (joins && to[0] < JOIN)) return;
    joins = false;
    scene.cursor = null;
    app.set({ drawing: strokeOver(app.get("drawing"), last || to, to, scene.curve.anchor) }, { later: true });
    last = to;
  });
  addKeys(app, stage, { kind: "curve to draw", help: HELP, press: (key, event) => penKey(app, scene, key, event) });
  app.draw(() => {
    const { xlabel, ylabel } = scene.data;
    canvas.setAttribute("aria-label", `Your drawing: ${ylabel} over ${xlabel}`);
    canvas.classList.toggle("d2l-drawable", !app.get("revealed"));
  });
  app.scope.on(canvas, "blur", () => app.refresh());
}

/** The first column that a key may draw: the anchor's own stays. */
function firstColumn({ curve }) {
  return curve.anchor === null ? 0 : COLUMN;
}

function penKey(app, scene, key, event) {
  const [right, down] = ARROWS[key] || [0, 0];
  if (!right && !down) return false;
  if (app.get("revealed")) return void app.announce("The real curve is shown. Draw again begins anew.");
  const first = firstColumn(scene);
  const before = scene.cursor;
  const from = before ?? (first ? 0 : -COLUMN);
  if (right) scene.cursor = Math.min(PLACES, Math.max(first, from + right * COLUMN));
  else scene.cursor = before ?? first;
  move(app, scene, -down * (event.shiftKey ? 4 : 1) * STEP);
  return true;
}

/** Draw at the cursor: where nothing is yet, at the height the pen comes with; then lift it. */
function move(app, scene, by) {
  const { curve, data, cursor } = scene;
  const rows = app.get("drawing");
  const points = drawnPoints(rows, curve.anchor);
  const carried = points.length ? filled(points)[cursor] : 0.5;
  const drawing = lift(rows, cursor, by, carried, COLUMN);
  app.set({ drawing }, { later: true });
  const height = drawing.find(([place]) => place === cursor)[1];
  app.announce(`${placeAt(curve, data, cursor)}: ${nameAndUnit(data.ylabel)[0]} ${quantity(curve.up.value(height), data.ylabel)}`);
  app.refresh();
}

/** A column's own place on the axis, which need not be one of the curve's points. */
function placeAt(curve, data, place) {
  return placed(curve.along.value(place / PLACES), data.xlabel);
}
