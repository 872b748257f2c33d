// A surface seen from above, as a map: its height as shade and contour lines, its minima and saddles as marks.
import { contourLines, drawHeat, drawMark, makeGrid } from "./layers.js";
import { drawLabel, linearScale, ticks } from "./scales.js";
import { makeRamp, mixColor } from "../_core/theme.js";

const LEVELS = 15;
const CELLS = 110; // of the grid, across

/** Scales of a surface's domain for a picture of a size, with the same unit along both axes. */
export function mapScales({ domain: [[x0, x1], [y0, y1]] }, width, height) {
  const unit = Math.max((x1 - x0) / width, (y1 - y0) / height);
  const around = (a, b, size) => [(a + b - size * unit) / 2, (a + b + size * unit) / 2];
  return { x: linearScale(around(x0, x1, width), [0, width]), y: linearScale(around(y0, y1, height), [height, 0]) };
}

/**
 * The map of a surface over two scales, computed once: { surface, x, y, grid, lines }. The lines' levels are equally spaced in a
 * power of the height above the minimum, so that both walls and valleys show.
 */
export function makeLandscape(surface, x, y) {
  const grid = makeGrid(x, y, CELLS, (u, v) => Math.max(0, surface.value(u, v) - surface.lowest) ** surface.power);
  const most = grid.values.reduce((a, b) => Math.max(a, b), 0);
  for (let k = 0; k < grid.values.length; k++) grid.values[k] /= most;
  const lines = Array.from({ length: LEVELS }, (_, i) => contourLines(grid, (i + 0.5) / LEVELS));
  return { surface, x, y, grid, lines };
}

/** The map of scene.surface, kept in scene.map: made anew when that is null or the size has changed. */
export function landscapeOf(scene, width, height) {
  if (scene.map === null || scene.mapSize !== `${width} ${height}`) {
    const { x, y } = mapScales(scene.surface, width, height);
    scene.map = makeLandscape(scene.surface, x, y);
    scene.mapSize = `${width} ${height}`;
  }
  return scene.map;
}

/** Draw a map; shade: false leaves out the heights' colour, for pictures that put something else there. */
export function drawLandscape(ctx, { surface, x, y, grid, lines }, theme, { shade = true } = {}) {
  if (shade) drawHeat(ctx, grid, makeRamp(mixColor(theme.bg, theme.accent, 0.34), theme.bg), (t) => t);
  ctx.save();
  ctx.globalAlpha = shade ? 0.5 : 0.3;
  ctx.strokeStyle = mixColor(theme.muted, theme.accent, 0.4);
  ctx.lineWidth = 0.8;
  ctx.beginPath();
  for (const line of lines.flat()) line.forEach(([px, py], i) => (i ? ctx.lineTo(px, py) : ctx.moveTo(px, py)));
  ctx.stroke();
  ctx.restore();
  for (const [u, v] of surface.minima) drawMark(ctx, x(u), y(v), { shape: "cross", radius: 4, stroke: theme.text, width: 1.5 });
  for (const [u, v] of surface.saddles) drawMark(ctx, x(u), y(v), { shape: "diamond", radius: 3, stroke: theme.text });
  drawMapTicks(ctx, x, y, theme);
}

function drawMapTicks(ctx, x, y, theme) {
  const [right, bottom] = [x.range[1], y.range[0]];
  const put = (value, px, py, options) => drawLabel(ctx, String(value).replace("-", "−"), px, py, theme, options);
  for (const value of ticks(x, 5)) {
    if (x(value) > 14 && x(value) < right - 26) put(value, x(value), bottom - 4, { align: "center", baseline: "bottom" });
  }
  for (const value of ticks(y, 5)) {
    if (y(value) > 26 && y(value) < bottom - 14) put(value, 5, y(value), { baseline: "middle" });
  }
  put("w₁", right - 6, bottom - 4, { align: "right", baseline: "bottom", color: theme.text });
  put("w₂", 5, 4, { color: theme.text });
}
