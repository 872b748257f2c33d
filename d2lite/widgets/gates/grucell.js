// The GRU's cell in the gates explorer: one state from left to right, two gates, the candidate on the way round.
import { formatFixed } from "../_core/format.js";
import { drawLabel } from "../_draw/scales.js";
import { gateColors } from "./cell.js";
import { VALVE, drawBox, drawEnd, drawPipe, drawValve } from "./pipes.js";

/** One unit's cell at one step. values: { z, r, n, before, h }. */
export function drawGruCell(ctx, width, height, theme, { z, r, n, before, h }) {
  const narrow = width < 460;
  const [top, low] = [0.36 * height, 0.82 * height];
  const side = narrow ? 50 : 66;
  const [left, right] = [side, width - side];
  const [fork, keep, reset, candidate, write, plus] = [0.14, 0.42, 0.3, 0.46, 0.62, 0.76].map((share) => left + share * (right - left));
  const colors = gateColors(theme);
  drawPipe(ctx, theme, [[left, top], [keep, top]], 1, theme.muted);
  drawPipe(ctx, theme, [[fork, top], [fork, low], [reset, low]], 1, theme.muted);
  drawPipe(ctx, theme, [[reset, low], [candidate, low]], r, colors.r);
  drawPipe(ctx, theme, [[candidate, low], [write, low]], 1, theme.muted);
  drawPipe(ctx, theme, [[write, low], [plus, low], [plus, top]], 1 - z, colors.w);
  drawPipe(ctx, theme, [[keep, top], [plus, top]], z, colors.z);
  drawPipe(ctx, theme, [[plus, top], [right, top]], 1, theme.text);
  drawValve(ctx, theme, { letter: "z", words: narrow ? "" : "update gate", value: z, color: colors.z }, [keep, top]);
  drawValve(ctx, theme, { letter: "r", words: narrow ? "" : "reset gate", value: r, color: colors.r }, [reset, low]);
  drawValve(ctx, theme, { letter: "1−z", value: 1 - z, color: colors.w }, [write, low]);
  drawBox(ctx, theme, narrow ? "n" : "candidate n", candidate, low, narrow ? 22 : 84);
  drawBox(ctx, theme, "+", plus, top, 2 * VALVE);
  drawEnd(ctx, theme, narrow ? "h₋₁" : "h before", before, left, top, "right");
  drawEnd(ctx, theme, "h now", h, right, top, "left");
  drawLabel(ctx, formatFixed(n, 2), candidate, low - VALVE - 4, theme, { color: theme.text, size: 12, weight: 700, align: "center", baseline: "bottom" });
}
