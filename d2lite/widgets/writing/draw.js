// Pictures of the writing explorer: the text, and its perplexity beside that of counts.
import { drawLine, drawMark } from "../_draw/layers.js";
import { drawAxes, drawLabel, logScale, plotBox, strokeSegment } from "../_draw/scales.js";
import { layOut } from "../_draw/wrapped.js";
import { mixColor } from "../_core/theme.js";
import { spreadLabels } from "./model.js";

const [LINE, TYPE] = [19, 14]; // px of a line of the text, and of its letters
const MOST_ROWS = 14; // of a text; what is beyond is left out
const START = 4; // where 0 steps stand on the logarithmic axis
const LAST = 42_192; // steps of the longest training
const [GAP, LEADER] = [12, 10]; // px between labels, and from the end of a line to its label
const TICKS = [0, 10, 100, 1000, 10_000];

const columnsOf = (width) => Math.max(8, Math.floor((width - 12) / (TYPE * 0.62)));

/** Where the characters of a text stand, [column, row], as many as fit into MOST_ROWS rows. */
function placesOf(text, width) {
  return layOut([...text], columnsOf(width)).filter(([, row]) => row < MOST_ROWS);
}

/** How high a text of that width is, in pixels: as the longest of all, so that nothing moves. */
export function textHeight({ all }, width) {
  const texts = Object.values(all).flatMap(({ prompt, texts }) => texts.flat(2).map((text) => prompt + text));
  return 8 + LINE * Math.max(...texts.map((text) => placesOf(text, width).at(-1)[1] + 1));
}

/** The text; words that the training text lacks on orange, the prompt that was given and the ends of lines in gray. */
export function drawText(ctx, width, height, theme, { data, text, marks }) {
  const step = TYPE * 0.62;
  const characters = [...text];
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.font = `400 ${TYPE}px ${theme.mono}`;
  placesOf(text, width).forEach(([column, row], t) => {
    const [x, y, c] = [6 + column * step, 4 + row * LINE, characters[t]];
    if (c === undefined || c === " ") return;
    if (marks[t]) {
      ctx.fillStyle = mixColor(theme.bg, theme.b, 0.3);
      ctx.fillRect(x, y, step + 0.4, LINE - 3);
    }
    ctx.fillStyle = t < data.prompt.length || c === "\n" ? theme.muted : theme.text;
    ctx.fillText(c === "\n" ? "↵" : c, x + step / 2, y + LINE / 2 - 1.5);
  });
}

/** The least and the greatest perplexity of all authors, with some room: one axis for all. */
function rangeOf(all) {
  const values = Object.values(all).flatMap(({ counts, test }) => [...counts, ...test.map(Math.exp)]);
  return [0.9 * Math.min(...values), 1.1 * Math.max(...values)];
}

/** The axes of the curve: steps from left to right, perplexity upwards. */
export function curveScales({ all }, width, height) {
  const box = plotBox(width, height, { top: 8, right: 58, bottom: 38, left: 30 });
  const scale = logScale([START, LAST], [box.x, box.x + box.width]);
  const x = Object.assign((steps) => scale(Math.max(START, steps)), { domain: scale.domain, range: scale.range, log: true });
  return { box, x, y: logScale(rangeOf(all), [box.y + box.height, box.y]) };
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
  drawAxes(ctx, box, x, y, theme, { xTicks: TICKS, yTicks: [2, 3, 5, 10, 20, 50].filter((tick) => tick >= y.domain[0]), format: (value) => value.toLocaleString("en-GB") });
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
    ctx.lineWidth = 1;
    strokeSegment(ctx, right, y(count), right + LEADER, labels[i]); // a label may stand above its line
    drawLabel(ctx, `order ${i + 1}`, right + LEADER + 3, labels[i], theme, { color: i < beaten ? theme.muted : theme.text, baseline: "middle" });
  });
  const values = data.test.map(Math.exp);
  drawLine(ctx, data.steps, values, x, y, { color: theme.a, width: 1.75 });
  data.steps.forEach((steps, k) => drawMark(ctx, x(steps), y(values[k]), { radius: 2.5, fill: theme.a }));
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  strokeSegment(ctx, x(data.steps[place]), box.y, x(data.steps[place]), box.y + box.height);
  drawMark(ctx, x(data.steps[place]), y(perplexity), { radius: 6, fill: theme.a, stroke: theme.bg, width: 2 });
}
