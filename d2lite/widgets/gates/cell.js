// The LSTM's cell in the gates explorer: pipes from left to right, each gate a valve, what passes it as wide as its value.
import { VALVE, drawBox, drawEnd, drawPipe, drawValve } from "./pipes.js";

const MOVES = { keep: ["keep"], write: ["write"], add: ["keep", "write", "add"], show: ["show"] };
const FAINT = 0.22; // of what is not in the move shown
const WORDS = { f: "forget gate", i: "input gate", o: "output gate" };

/** The colour of each gate, in the cells and in the rows below them: what keeps, what writes, what shows. */
export function gateColors(theme) {
  return { f: theme.a, i: theme.b, o: theme.good, z: theme.a, w: theme.b, r: theme.good };
}

/** One unit's cell at one step. values: { f, i, o, g, before, c, h }; move: "all", "keep", "write", "add" or "show". */
export function drawCell(ctx, width, height, theme, values, move) {
  const at = placesOf(width, height);
  for (const part of ["keep", "write", "show", "add"]) {
    ctx.save();
    ctx.globalAlpha = move === "all" || MOVES[move].includes(part) ? 1 : FAINT;
    PARTS[part](ctx, at, theme, values);
    ctx.restore();
  }
}

/** Where the parts stand. */
function placesOf(width, height) {
  const narrow = width < 460;
  const [top, low] = [0.36 * height, 0.82 * height];
  const x = (share) => share * width;
  return { narrow, top, low, left: narrow ? 50 : 66, right: width - (narrow ? 50 : 66), f: x(0.27), g: x(0.17), i: x(0.33), plus: x(0.49), tanh: x(0.64), o: x(0.78) };
}

/** One of the three gates, with its value. */
function drawGate(ctx, theme, { narrow }, letter, value, place) {
  drawValve(ctx, theme, { letter, words: narrow ? "" : WORDS[letter], value, color: gateColors(theme)[letter] }, place);
}

const PARTS = {
  /** The state before, through the forget gate. */
  keep(ctx, at, theme, { f, before }) {
    drawPipe(ctx, theme, [[at.left, at.top], [at.f, at.top]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.f, at.top], [at.plus, at.top]], f, gateColors(theme).f);
    drawGate(ctx, theme, at, "f", f, [at.f, at.top]);
    drawEnd(ctx, theme, at.narrow ? "c₋₁" : "c before", before, at.left, at.top, "right");
  },
  /** The candidate, through the input gate. */
  write(ctx, at, theme, { i, g }) {
    drawPipe(ctx, theme, [[at.g, at.low], [at.i, at.low]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.i, at.low], [at.plus, at.low], [at.plus, at.top]], i, gateColors(theme).i);
    drawGate(ctx, theme, at, "i", i, [at.i, at.low]);
    drawEnd(ctx, theme, at.narrow ? "g" : "candidate g", g, at.g, at.low, "right");
  },
  /** Their sum, the new state. */
  add(ctx, at, theme, { c }) {
    drawPipe(ctx, theme, [[at.plus, at.top], [at.right, at.top]], 1, theme.text);
    drawBox(ctx, theme, "+", at.plus, at.top, 2 * VALVE);
    drawEnd(ctx, theme, "c now", c, at.right, at.top, "left");
  },
  /** What the others see of it: squashed, through the output gate. */
  show(ctx, at, theme, { o, h }) {
    drawPipe(ctx, theme, [[at.tanh, at.top], [at.tanh, at.low], [at.o, at.low]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.o, at.low], [at.right, at.low]], o, gateColors(theme).o);
    drawBox(ctx, theme, "tanh", at.tanh, (at.top + at.low) / 2, 40);
    drawGate(ctx, theme, at, "o", o, [at.o, at.low]);
    drawEnd(ctx, theme, "h now", h, at.right, at.low, "left");
  },
};
