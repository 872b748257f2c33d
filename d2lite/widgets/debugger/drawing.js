// Two charts of runs over the passes: the program with the mistake over the program as it should be.
import { clipped, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, linearScale, plotBox } from "../_draw/scales.js";

const LOSS = { name: "losses", title: "training loss, as printed", ends: [0, 2.8], ticks: [0, 1, 2] };
const ACCURACY = { name: "accuracies", title: "accuracy, as printed", ends: [0, 1], ticks: [0, 0.5, 1] };

function drawRuns(ctx, rows, chosen, x, y, color, style) {
  const [, top] = y.domain;
  rows.forEach((row, k) => {
    const stop = row.findIndex((value) => value === null || value > top);
    const known = stop < 0 ? row : row.slice(0, stop);
    const passes = known.map((_, i) => i + 1);
    const look = k === chosen ? { width: 2.75 } : { width: 0.75, alpha: 0.45 };
    drawLine(ctx, passes, known, x, y, { color, ...style, ...look });
    if (k === chosen && known.length === 1) drawMark(ctx, x(1), y(known[0]), { radius: 3, fill: color });
  });
}

function drawChart(ctx, box, theme, scene, { name, title, ends, ticks }) {
  const x = linearScale([1, 12], [box.x, box.x + box.width]);
  const y = linearScale(ends, [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: [1, 4, 8, 12], yTicks: ticks });
  clipped(ctx, { x: box.x - 3, y: box.y - 2, width: box.width + 6, height: box.height + 4 }, () => {
    drawRuns(ctx, scene.right[name], scene.run, x, y, theme.a, { dash: [6, 3] });
    if (!scene.wrong.raised) drawRuns(ctx, scene.wrong[name], scene.run, x, y, theme.b, {});
  });
  drawLabel(ctx, title, box.x, box.y - 6, theme, { color: theme.text, baseline: "bottom" });
  const row = scene.wrong[name][scene.run];
  const lost = row.findIndex((value) => value === null || value > ends[1]);
  const middle = box.x + box.width / 2;
  if (!scene.wrong.raised && lost >= 0) drawLabel(ctx, lost === 0 ? "no number from the first pass on" : `off the chart from pass ${lost + 1} on`, middle, box.y + 6, theme, { color: theme.b, align: "center" });
}

/** Both charts, one over the other, and what the colours mean. */
export function drawCharts(ctx, width, height, theme, scene) {
  const half = (height - 40) / 2;
  [LOSS, ACCURACY].forEach((chart, k) => {
    const box = plotBox(width, half, { top: 22, right: 12, bottom: 16, left: 34 });
    drawChart(ctx, { ...box, y: box.y + 20 + k * half }, theme, scene, chart);
  });
  drawLabel(ctx, "pass →", width - 12, height - 1, theme, { align: "right", baseline: "bottom" });
  const entries = [{ label: "this program", color: theme.b }, { label: "as it should be", color: theme.a, dash: [6, 3] }];
  drawLegend(ctx, entries, { x: 34, y: 0 }, theme);
  if (scene.wrong.raised) drawLabel(ctx, "this program stops with an error", width / 2, 20 + 0.4 * half, theme, { color: theme.b, align: "center", size: 12 });
}

/** The program as a picture, for where there is no page. */
export function drawProgram(ctx, width, height, theme, { rows }) {
  const step = Math.min(22, height / rows.length);
  const color = { same: theme.text, wrong: theme.muted, out: theme.bad, in: theme.good };
  rows.forEach(({ text, kind }, i) => {
    const indent = text.length - text.trimStart().length;
    const code = { ...theme, font: theme.mono };
    const size = Math.min(11, width / 32);
    drawLabel(ctx, text.trimStart(), 4 + indent * 0.55 * size, (i + 0.5) * step, code, { color: color[kind], size, baseline: "middle" });
  });
}
