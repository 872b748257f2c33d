// Pictures of the writing explorer: the text, and its perplexity beside that of counts.
import { drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { layOut } from "../_draw/wrapped.js";
import { mixColor } from "../_core/theme.js";
import { spreadLabels } from "./model.js";

const [LINE, TYPE] = [22, 14]; // px of a line of the text, and of its letters
const START = 4; // where 0 steps stand on the logarithmic axis
const GAP = 12; // px between labels
const TICKS = [0, 10, 100, 1000, 10_000];

const columnsOf = (width) => Math.max(8, Math.floor((width - 12) / (TYPE * 0.62)));

/** How high a text of that width is, in pixels: as the longest of all, so that nothing moves. */
export function textHeight({ data }, width) {
  const columns = columnsOf(width);
  const rows = data.texts.flat(2).map((text) => layOut([...data.prompt + text], columns).at(-1)[1] + 1);
  return 8 + LINE * Math.max(...rows);
}

/** The text; words that Austen's training text lacks on orange, the prompt that was given in gray. */
export function drawText(ctx, width, height, theme, { data, text, marks }) {
  const step = TYPE * 0.62;
  const characters = [...text];
  const places = layOut(characters, columnsOf(width));
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.font = `400 ${TYPE}px ${theme.mono}`;
  characters.forEach((c, t) => {
    const [x, y] = [6 + places[t][0] * step, 4 + places[t][1] * LINE];
    if (marks[t]) {
      ctx.fillStyle = mixColor(theme.bg, theme.b, 0.3);
      ctx.fillRect(x, y, step + 0.4, LINE - 4);
    }
    ctx.fillStyle = t < data.prompt.length ? theme.muted : theme.text;
    if (c !== " ") ctx.fillText(c === "\n" ? "↵" : c, x + step / 2, y + LINE / 2 - 1.5);
  });
}

/** The axes of the curve: steps from left to right, perplexity upwards. */
export function curveScales({ data }, width, height) {
  const box = plotBox(width, height, { top: 8, right: 58, bottom: 38, left: 30 });
  const scale = logScale([START, data.steps.at(-1)], [box.x, box.x + box.width]);
  const x = Object.assign((steps) => scale(Math.max(START, steps)), { domain: scale.domain, range: scale.range, log: true });
  return { box, x, y: logScale([2.8, 80], [box.y + box.height, box.y]) };
}

/** The checkpoint nearest to a place along the curve. */
export function checkpointAt(scene, px, width, height) {
  const { x } = curveScales(scene, width, height);
  const gaps = scene.data.steps.map((steps) => Math.abs(x(steps) - px));
  return gaps.indexOf(Math.min(...gaps));
}

/** Perplexity against steps, a mark where it was measured; dotted lines for counts, those that are beaten in gray. */
export function drawCurve(ctx, width, height, theme, scene) {
  const { data, place, perplexity, beaten } = scene;
  const { box, x, y } = curveScales(scene, width, height);
  const right = box.x + box.width;
  drawAxes(ctx, box, x, y, theme, { xTicks: TICKS, yTicks: [3, 5, 10, 20, 50], format: (value) => value.toLocaleString("en-GB") });
  drawLabel(ctx, "perplexity", right, box.y, theme, { align: "right" });
  drawLabel(ctx, "steps of training", right, height - 2, theme, { align: "right", baseline: "bottom" });
  const labels = spreadLabels(data.counts.map(y), GAP);
  data.counts.forEach((count, i) => {
    const color = i < beaten ? theme.muted : theme.b;
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.25;
    ctx.setLineDash([2, 3]);
    strokeSegment(ctx, box.x, y(count), right, y(count));
    ctx.setLineDash([]);
    drawLabel(ctx, `order ${i + 1}`, right + 6, labels[i], theme, { color: i < beaten ? theme.muted : theme.text, baseline: "middle" });
  });
  const values = data.test.map(Math.exp);
  drawLine(ctx, data.steps, values, x, y, { color: theme.a, width: 1.75 });
  data.steps.forEach((steps, k) => drawMark(ctx, x(steps), y(values[k]), { radius: 2.5, fill: theme.a }));
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(data.steps[place]), box.y, x(data.steps[place]), box.y + box.height);
  drawMark(ctx, x(data.steps[place]), y(perplexity), { radius: 6, fill: theme.a, stroke: theme.bg, width: 2 });
}
