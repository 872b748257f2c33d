// The GRU's cell in the gates explorer: one state from left to right, two gates, the candidate on the way round.
import { gateColors } from "./cell.js";
import { drawBox, drawEnd, drawNumber, drawPart, drawPipe, drawThreads, drawValve, heightsOf, VALVE } from "./pipes.js";

/** One unit's cell at one step. values: { z, r, n, before, h }; move: as drawCell's; the numbers are the LSTM's. */
export function drawGruCell(ctx, width, height, theme, values, move) {
  const at = placesOf(width, height);
  for (const part of ["see", "write", "keep", "add", "show"]) drawPart(ctx, move, [part], () => PARTS[part](ctx, at, theme, values));
  const { z, r, n } = values;
  const colors = gateColors(theme);
  const words = (text) => (at.narrow ? "" : text);
  drawPart(ctx, move, ["see"], () => drawValve(ctx, theme, { letter: "r", words: words("reset gate"), value: r, color: colors.r }, [at.reset, at.low]));
  drawPart(ctx, move, ["see", "keep"], () => drawValve(ctx, theme, { letter: "z", words: words("update gate"), value: z, color: colors.z, number: 1 }, [at.z, at.top]));
  drawPart(ctx, move, ["write"], () => drawValve(ctx, theme, { letter: "1−z", value: 1 - z, color: colors.w, number: 2 }, [at.write, at.low]));
  drawPart(ctx, move, ["see", "write"], () => drawBox(ctx, theme, at.narrow ? "n" : "candidate n", at.n, at.low, at.narrow ? 22 : 84, n));
}

function placesOf(width, height) {
  const narrow = width < 460;
  const side = narrow ? 50 : 66;
  const x = (share) => side + share * (width - 2 * side);
  return { ...heightsOf(height), narrow, left: side, right: width - side, fork: x(0.1), reset: x(0.2), z: x(narrow ? 0.31 : 0.29), n: x(0.42), write: x(narrow ? 0.68 : 0.62), plus: x(0.8) };
}

const PARTS = {
  /** What every gate sees, and what the candidate sees of the old states, through the reset gate. */
  see(ctx, at, theme, { r }) {
    const gates = [[at.reset, at.low + VALVE], [at.z, at.top + VALVE]];
    drawThreads(ctx, theme, at, { x: [...gates, [at.n, at.low + 11]], h: gates });
    drawPipe(ctx, theme, [[at.fork, at.top], [at.fork, at.low], [at.reset, at.low]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.reset, at.low], [at.n, at.low]], r, gateColors(theme).r);
  },
  /** The state before, by the share z. */
  keep(ctx, at, theme, { z, before }) {
    drawPipe(ctx, theme, [[at.left, at.top], [at.z, at.top]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.z, at.top], [at.plus, at.top]], z, gateColors(theme).z);
    drawEnd(ctx, theme, at.narrow ? "h₋₁" : "h before", before, at.left, at.top, "right");
  },
  /** The candidate, by the share that is left. */
  write(ctx, at, theme, { z }) {
    drawPipe(ctx, theme, [[at.n, at.low], [at.write, at.low]], 1, theme.muted);
    drawPipe(ctx, theme, [[at.write, at.low], [at.plus, at.low], [at.plus, at.top]], 1 - z, gateColors(theme).w);
  },
  /** Their sum, the new state. */
  add(ctx, at, theme) {
    drawPipe(ctx, theme, [[at.plus, at.top], [at.right, at.top]], 1, theme.text);
    drawBox(ctx, theme, "+", at.plus, at.top, 2 * VALVE);
    drawNumber(ctx, theme, 3, at.plus, at.top - VALVE - 11, theme.text);
  },
  /** The state is shown as it is. */
  show(ctx, at, theme, { h }) {
    drawEnd(ctx, theme, "h now", h, at.right, at.top, "left");
  },
};
