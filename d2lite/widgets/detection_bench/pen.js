// The bench's own tools: a pen that draws in the scene, and a press that chooses a cell of the grid.
// scene.hold has the pen's place, whether it is down, and whether the scene has the focus.
import { ARROWS } from "../_core/keys.js";
import { keepInside, makeHold } from "../_draw/editing.js";
import { GRID, SIDE } from "./model.js";

const NEXT = 1.5; // pixels of the scene between points of a stroke
const PEN_HELP = "Arrows move the pen, Enter puts it down and lifts it.";
const tenth = (value) => Math.round(10 * value) / 10;
const isPen = (app) => app.get("tool") === "draw";

export function makePenHold() {
  return { ...makeHold(), pen: [SIDE / 2, SIDE / 2], down: false, focused: false };
}

function addStroke(app, place, begins) {
  const strokes = app.get("strokes");
  const most = app.entry("strokes").max_length;
  if (strokes.length >= most) app.note(`A drawing holds ${most} points; press Clear to begin another.`, true);
  else app.set({ strokes: [...strokes, [...place.map((value) => tenth(keepInside(value, SIDE))), begins ? 1 : 0]] }, { later: !begins });
}

function chooseCell(app, place) {
  const [column, row] = place.map((value) => Math.min(GRID - 1, Math.floor((value * GRID) / SIDE)));
  const cell = row * GRID + column;
  app.set({ cell: cell === app.get("cell") ? -1 : cell });
}

function penKey(app, hold, key, isFar) {
  if (key === "Enter") {
    hold.down = !hold.down;
    if (hold.down) addStroke(app, hold.pen, true);
  } else if (ARROWS[key]) {
    hold.pen = hold.pen.map((value, i) => keepInside(value + (isFar ? 8 : 2) * ARROWS[key][i], SIDE));
    if (hold.down) addStroke(app, hold.pen, false);
  } else return false;
  return true;
}

/** What the bench adds to the editing of items. */
export const TOOLS = {
  cursor: (app) => isPen(app) && "crosshair",
  help: (app) => isPen(app) && PEN_HELP,
  focus: ({ hold }, focused) => Object.assign(hold, { focused, down: false }),
  key: (app, { hold }, key, isFar) => (isPen(app) ? penKey(app, hold, key, isFar) : undefined),
  elsewhere: (app, place) => app.get("raw") !== "off" && chooseCell(app, place),

  begin(app, { hold }, place) {
    if (!isPen(app)) return false;
    Object.assign(hold, { drag: { kind: "pen" }, pen: place });
    addStroke(app, place, true);
    return true;
  },

  drag(app, { hold }, place) {
    if (hold.drag.kind !== "pen") return false;
    if (Math.hypot(place[0] - hold.pen[0], place[1] - hold.pen[1]) < NEXT) return true;
    hold.pen = place;
    addStroke(app, place, false);
    return true;
  },
};
