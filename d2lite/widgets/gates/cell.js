// The LSTM's cell in the gates explorer: pipes from left to right, each gate a valve, what passes it as wide as its value.
import { drawBox, drawEnd, drawNumber, drawPart, drawPipe, drawThreads, drawValve, heightsOf, VALVE } from "./pipes.js";

const WORDS = { f: "forget gate", i: "input gate", o: "output gate" };
const NUMBERS = { f: 1, i: 2, o: 4 }; // of the moves of one step

/** The colour of each gate, in the cells and in the rows below them: what keeps, what writes, what shows. */
export function gateColors(theme) {
  return { f: theme.a, i: theme.b, o: theme.good, z: theme.a, w: theme.b, r: theme.good };
}

/** One unit's cell at one step. values: { f, i, o, g, before, c, h }; move: "all", "see", "keep", "write", "add" or "show". */
export function drawCell(ctx, width, height, theme, values, move) {
  const at = placesOf(width, height);
  for (const part of ["see", "keep", "write", "show", "add"]) drawPart(ctx, move, [part], () => PARTS[part](ctx, at, theme, values));
  for (const [letter, part, place] of [["f", "keep", [at.f, at.top]], ["i", "write", [at.i, at.low]], ["o", "show", [at.o, at.low]]]) {
    drawPart(ctx, move, ["see", part], () => drawGate(ctx, theme, at, letter, values[letter], place));
  }
  drawPart(ctx, move, ["see", "write"], () => drawBox(ctx, theme, at.narrow ? "g" : "candidate g", at.g, at.low, at.narrow ? 22 : 84, values.g));
}

/** Where the parts stand. */
function placesOf(width, height) {
  const narrow = width < 460;
  const x = (share) => share * width;
  const side = narrow ? 50 : 66;
  return { ...heightsOf(height), narrow, left: side, right: width - side, f: x(narrow ? 0.23 : 0.18), g: x(narrow ? 0.31 : 0.29), i: x(narrow ? 0.46 : 0.42), plus: x(0.54), tanh: x(0.645), o: x(0.8) };
}

/** One of the three gates, with its value and its move's number. */
function drawGate(ctx, theme, { narrow }, letter, value, place) {
  drawValve(ctx, theme, { letter, words: narrow ? "" : WORDS[letter], value, color: gateColors(theme)[letter], number: NUMBERS[letter] }, place);
}

const PARTS = {
  /** What is read and what was shown before, on their way into every gate and the candidate. */
  see(ctx, at, theme) {
    const ends = [[at.f, at.top + VALVE], [at.g, at.low + 11], [at.i, at.low + VALVE], [at.o, at.low + VALVE]];
    drawThreads(ctx, theme, at, { x: ends, h: ends });
  },
  /** The state before, through the forget gate. */
  keep(ctx, at, theme, { f, before }) {
    drawPipe(ctx, theme, [[at.left, at.top], [at.f, at.top]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.f, at.top], [at.plus, at.top]], f, gateColors(theme).f);
    drawEnd(ctx, theme, at.narrow ? "c₋₁" : "c before", before, at.left, at.top, "right");
  },
  /** The candidate, through the input gate. */
  write(ctx, at, theme, { i }) {
    drawPipe(ctx, theme, [[at.g, at.low], [at.i, at.low]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.i, at.low], [at.plus, at.low], [at.plus, at.top]], i, gateColors(theme).i);
  },
  /** Their sum, the new state. */
  add(ctx, at, theme, { c }) {
    drawPipe(ctx, theme, [[at.plus, at.top], [at.right, at.top]], 1, theme.text);
    drawBox(ctx, theme, "+", at.plus, at.top, 2 * VALVE);
    drawNumber(ctx, theme, 3, at.plus, at.top - VALVE - 11, theme.text);
    drawEnd(ctx, theme, "c now", c, at.right, at.top, "left");
  },
  /** What the others see of it: squashed, through the output gate. */
  show(ctx, at, theme, { o, h }) {
    drawPipe(ctx, theme, [[at.tanh, at.top], [at.tanh, at.low], [at.o, at.low]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.o, at.low], [at.right, at.low]], o, gateColors(theme).o);
    drawBox(ctx, theme, "tanh", at.tanh, (at.top + at.low) / 2, at.narrow ? 34 : 40);
    drawEnd(ctx, theme, "h now", h, at.right, at.low, "left");
  },
};
