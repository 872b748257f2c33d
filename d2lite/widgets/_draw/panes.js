// Several pictures on one canvas, for previews: each is a function (ctx, width, height, theme, ...) as a stage's draw.
import { clipped } from "./layers.js";
import { writeNames } from "./scales.js";

const BETWEEN = 8; // px between pictures

/** One picture beside another; share is the first one's part of the width, at most a square of half of it otherwise. */
export function beside(first, second, share = null) {
  return (ctx, width, height, ...rest) => {
    const side = share ? Math.round(share * width) : Math.min(height, width / 2);
    clipped(ctx, { x: 0, y: 0, width: side, height }, () => {
      first(ctx, side, height, ...rest);
      writeNames(ctx);
    });
    shifted(ctx, side + BETWEEN, 0, () => second(ctx, width - side - BETWEEN, height, ...rest));
  };
}

/** A square picture beside another of its height. */
export function squareBeside(first, second) {
  const both = beside(first, second);
  return (ctx, width, height, ...rest) => both(ctx, width, Math.min(height, width / 2), ...rest);
}

/** One picture above another; share is the first one's part of the height. */
export function above(first, second, share = 0.5) {
  return (ctx, width, height, ...rest) => {
    first(ctx, width, height * share, ...rest);
    shifted(ctx, 0, height * share, () => second(ctx, width, height * (1 - share), ...rest));
  };
}

function shifted(ctx, x, y, paint) {
  writeNames(ctx);
  ctx.save();
  ctx.translate(x, y);
  paint();
  writeNames(ctx);
  ctx.restore();
}
