// The scene under its mask, and overlap against threshold.
import { THEMES, parseColor } from "../_core/theme.js";
import { drawChosen, drawProgress } from "../_draw/editing.js";
import { drawLegend, drawLine, drawMark, drawPixels } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { progressOf } from "../_math/maps.js";
import { SIDE, THRESHOLDS } from "./model.js";

const ON_PICTURE = THEMES.dark; // scenes are dark, whatever the page
const [VEIL, ERROR_VEIL] = [0.65, 0.95]; // how much of a mask's colour is laid over a pixel that is right, or wrong
/** Colours of the mask: right, there but not asked for, asked for but not there. */
export const VERDICTS = { hits: ON_PICTURE.a, alarms: ON_PICTURE.b, missed: "#e86fb0" };
/** Colours of the labels; the background has none. */
export const LABEL_COLORS = [null, ON_PICTURE.a, ON_PICTURE.good, ON_PICTURE.b, "#e86fb0"];

/** The picture's pixels with a veil: colorAt(pixel) gives a colour and how much of it, or null. */
function veiled(pixels, colorAt) {
  const result = pixels.slice();
  for (let k = 0; k < SIDE * SIDE; k++) {
    const veil = colorAt(k);
    if (veil) for (let c = 0; c < 3; c++) result[4 * k + c] += veil.share * (veil.color[c] - result[4 * k + c]);
  }
  return result;
}

const parsed = Object.fromEntries([...Object.values(VERDICTS), ...LABEL_COLORS].filter(Boolean).map((color) => [color, parseColor(color)]));

/** What each view lays over the scene. */
const VEILS = {
  mask({ probability, truth, threshold }) {
    return (k) => {
      const found = probability[k] >= threshold;
      if (found && truth[k]) return { color: parsed[VERDICTS.hits], share: VEIL };
      return found || truth[k] ? { color: parsed[VERDICTS[found ? "alarms" : "missed"]], share: ERROR_VEIL } : null;
    };
  },
  probability: ({ probability }) => (k) => ({ color: [255, 255, 255].map((white) => white * probability[k]), share: 0.85 }),
  labels: ({ best }) => (k) => (best[k] ? { color: parsed[LABEL_COLORS[best[k]]], share: VEIL } : null),
};

export function drawScene(ctx, width, height, theme, scene, get) {
  const { shown, pixels, picture, hold } = scene;
  drawPixels(ctx, shown ? veiled(pixels, VEILS[get("view")](shown)) : pixels, SIDE, SIDE, [0, 0, width, height], false);
  drawChosen(ctx, picture.truths[hold.selected]?.box, linearScale([0, SIDE], [0, width]));
  if (scene.slow) drawProgress(ctx, width, height, theme, progressOf(scene.pass));
}

/** The scale of thresholds along the chart. */
export function thresholdScale(width, height) {
  const box = chartBox(width, height);
  return linearScale([0, 1], [box.x, box.x + box.width]);
}

const chartBox = (width, height) => plotBox(width, height, { top: 24, right: 10, bottom: 34, left: 34 });

export function drawCurves(ctx, width, height, theme, scene) {
  const [box, x] = [chartBox(width, height), thresholdScale(width, height)];
  const y = linearScale([0, 1], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: [0, 0.25, 0.5, 0.75, 1], yTicks: [0, 0.5, 1] });
  drawLabel(ctx, "threshold", box.x + box.width, height - 2, theme, { align: "right", baseline: "bottom" });
  drawLegend(ctx, [{ label: "Dice", color: theme.b, dash: [5, 3] }, { label: "IoU", color: theme.a }], { x: box.x, y: 0 }, theme, box.width);
  const { shown } = scene;
  if (shown && !shown.overlap) drawLabel(ctx, `no ${shown.name} there, none found: nothing to score`, box.x + box.width / 2, box.y + box.height / 2, theme, { align: "center", baseline: "middle" });
  if (!shown?.overlap) return;
  drawLine(ctx, THRESHOLDS, shown.curves.dice, x, y, { color: theme.b, width: 2, dash: [5, 3] });
  drawLine(ctx, THRESHOLDS, shown.curves.iou, x, y, { color: theme.a, width: 2 });
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1.25;
  strokeSegment(ctx, x(shown.threshold), box.y, x(shown.threshold), box.y + box.height);
  for (const [value, color] of [[shown.overlap.dice, theme.b], [shown.overlap.iou, theme.a]]) {
    drawMark(ctx, x(shown.threshold), y(value), { radius: 5, fill: color, stroke: theme.bg, width: 2 });
  }
}
