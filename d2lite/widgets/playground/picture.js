// The network as it is drawn: every unit a small map of the plane, every weight a line.
import { drawPixels } from "../_draw/layers.js";
import { drawLabel, strokeSegment } from "../_draw/scales.js";
import { FEATURES } from "./model.js";

const NAMES = Object.keys(FEATURES);
const TOP = 24; // px for the heads of the columns
const NAMED = 48; // px for the inputs' names
const WIDTHS = 6; // of lines, from thin to thick
const ROWS = 8;

/** Where units stand: place(layer, i) is the middle of one, layer 0 the inputs; size is that of their maps. */
export function layoutUnits(net, width, height) {
  const columns = net.sizes.length;
  const across = Math.min(110, (width - NAMED) / (columns - 0.6));
  const left = Math.max(NAMED + 10, (width - across * (columns - 1)) / 2 + 12);
  const down = (height - TOP) / ROWS;
  const size = Math.max(6, Math.floor(Math.min(down - 3, across * 0.56, 34)));
  const count = (l) => (l ? net.sizes[l] : NAMES.length);
  const x = (l) => (columns === 2 ? width * (0.3 + 0.45 * l) : Math.min(left + across * l, width - size / 2 - 4));
  const place = (l, i) => [x(l), TOP + (height - TOP) / 2 + (i - (count(l) - 1) / 2) * down];
  return { columns, size, down, across, count, x, place };
}

/** The unit [layer, index] at a point, or null; head: the column whose head is there, and side, -1 or 1. */
export function unitAt(net, width, height, px, py) {
  const layout = layoutUnits(net, width, height);
  for (let l = 0; l < layout.columns; l++) {
    if (Math.abs(px - layout.x(l)) > layout.across / 2) continue;
    if (py < TOP && l > 0 && l < layout.columns - 1) return { head: l, side: px < layout.x(l) ? -1 : 1 };
    for (let i = 0; i < layout.count(l); i++) {
      const [, y] = layout.place(l, i);
      if (Math.abs(py - y) <= layout.down / 2) return { unit: [l, i] };
    }
  }
  return null;
}

/** The map of a unit [layer, index]: of the inputs, all features have one. */
export function mapOf(maps, [layer, index]) {
  return layer ? maps.layers[layer][index] : maps.features[NAMES[index]];
}

/** What colour runs over in a unit's map: 1 where its values cannot be larger, their largest otherwise. */
export function rangeOf(map, bounded, every = 7) {
  if (bounded) return 1;
  let most = 1e-9;
  for (let k = 0; k < map.length; k += every) if (Math.abs(map[k]) > most) most = Math.abs(map[k]);
  return most;
}

/** Whether a layer's values stay within -1 and 1. */
export const isBounded = (net, layer) => layer > 0 && layer < net.sizes.length - 1 && ["tanh", "sigmoid"].includes(net.activation);

export function drawNetwork(ctx, width, height, theme, scene) {
  const { run, maps, ramp, shown, hovered } = scene;
  const { net, settings } = run;
  const layout = layoutUnits(net, width, height);
  const given = settings.features.map((name) => NAMES.indexOf(name));
  drawLinks(ctx, layout, theme, run, given, hovered || shown);
  const pixels = scene.paper.clear(width, height);
  for (let l = 0; l < layout.columns; l++) {
    for (let i = 0; i < layout.count(l); i++) {
      const off = l === 0 && !given.includes(i);
      paintMap(pixels, maps, [l, i], layout, isBounded(net, l), ramp, off ? 70 : 255);
    }
  }
  drawPixels(ctx, pixels.bytes, pixels.width, pixels.height, [0, 0, pixels.width, pixels.height], false);
  drawHeads(ctx, layout, width, theme, net);
  NAMES.forEach((name, i) => {
    const [x, y] = layout.place(0, i);
    const on = given.includes(i);
    drawLabel(ctx, FEATURES[name][0], x - layout.size / 2 - 4, y, theme, { align: "right", baseline: "middle", size: 10.5, color: on ? theme.text : theme.muted });
  });
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  for (let l = 0; l < layout.columns; l++) for (let i = 0; i < layout.count(l); i++) frameUnit(ctx, layout, [l, i]);
  ctx.lineWidth = 2.5;
  ctx.strokeStyle = theme.accent;
  for (const unit of [shown, hovered]) if (unit) frameUnit(ctx, layout, unit, 2);
}

function frameUnit(ctx, { place, size }, unit, room = 0) {
  const [x, y] = place(...unit);
  ctx.strokeRect(Math.round(x - size / 2) - room, Math.round(y - size / 2) - room, size + 2 * room, size + 2 * room);
}

/** The heads of the columns: how many units, between less and more. */
function drawHeads(ctx, layout, width, theme, net) {
  const last = layout.columns - 1;
  drawLabel(ctx, "inputs", layout.x(0) - 8, 5, theme, { align: "center" });
  if (layout.across > 62) drawLabel(ctx, "output", Math.min(width - 18, layout.x(last)), 5, theme, { align: "center" });
  for (let l = 1; l < last; l++) {
    const apart = Math.min(17, layout.across / 2 - 7);
    drawLabel(ctx, String(net.sizes[l]), layout.x(l), 4, theme, { align: "center", color: theme.text, weight: 600, size: 12 });
    drawLabel(ctx, "−", layout.x(l) - apart, 2, theme, { align: "center", color: theme.accent, weight: 600, size: 15 });
    drawLabel(ctx, "+", layout.x(l) + apart, 2, theme, { align: "center", color: theme.accent, weight: 600, size: 15 });
  }
}

/** Lines between units: wide for a large weight, in the colour of its sign; those of the unit that is looked at stand out. */
function drawLinks(ctx, layout, theme, { net, state }, given, looked) {
  const paths = Array.from({ length: 2 * WIDTHS }, () => []);
  const strong = [];
  const places = net.sizes.map((count, l) => Array.from({ length: count }, (_, i) => layout.place(l, l ? i : given[i])));
  net.dense.forEach(({ inputs, outputs, weight }, l) => {
    for (let i = 0, at = weight; i < outputs; i++) {
      for (let j = 0; j < inputs; j++, at++) {
        const w = state.w[at];
        const step = Math.min(WIDTHS - 1, Math.floor(Math.abs(w) * 2));
        if (Math.abs(w) > 0.03) paths[2 * step + (w > 0)].push(places[l][j], places[l + 1][i]);
        if (looked && looked[0] === l + 1 && looked[1] === i) strong.push([places[l][j], places[l + 1][i], step, w]);
      }
    }
  });
  ctx.save();
  ctx.globalAlpha = looked?.[0] ? 0.3 : 0.6;
  paths.forEach((lines, k) => {
    ctx.strokeStyle = k % 2 ? theme.b : theme.a;
    ctx.lineWidth = 0.6 + 0.8 * Math.floor(k / 2);
    ctx.beginPath();
    for (let at = 0; at < lines.length; at += 2) {
      ctx.moveTo(...lines[at]);
      ctx.lineTo(...lines[at + 1]);
    }
    ctx.stroke();
  });
  ctx.globalAlpha = 1;
  for (const [[x0, y0], [x1, y1], step, w] of strong) {
    ctx.strokeStyle = w > 0 ? theme.b : theme.a;
    ctx.lineWidth = 1.2 + 0.8 * step;
    strokeSegment(ctx, x0, y0, x1, y1);
  }
  ctx.restore();
}

/** Pixels that all the maps of a picture are painted on, so that they are drawn at once; kept from frame to frame. */
export function makePaper() {
  const paper = { width: 0, height: 0, bytes: null };
  paper.clear = (width, height) => {
    const [w, h] = [Math.ceil(width), Math.ceil(height)];
    if (w !== paper.width || h !== paper.height) Object.assign(paper, { width: w, height: h, bytes: new Uint8ClampedArray(4 * w * h) });
    else paper.bytes.fill(0);
    return paper;
  };
  return paper;
}

function paintMap(paper, maps, unit, { place, size }, bounded, ramp, alpha) {
  const map = mapOf(maps, unit);
  const { cells } = maps;
  const range = rangeOf(map, bounded, 13);
  const [x, y] = place(...unit);
  const [left, top] = [Math.round(x - size / 2), Math.round(y - size / 2)];
  for (let j = 0; j < size; j++) {
    const row = Math.floor(((j + 0.5) * cells) / size) * cells;
    for (let i = 0; i < size; i++) {
      const value = map[row + Math.floor(((i + 0.5) * cells) / size)] / range;
      const t = 3 * Math.round(127.5 + 127.5 * (value > 1 ? 1 : value < -1 ? -1 : value || 0));
      const at = 4 * ((top + j) * paper.width + left + i);
      paper.bytes[at] = ramp[t];
      paper.bytes[at + 1] = ramp[t + 1];
      paper.bytes[at + 2] = ramp[t + 2];
      paper.bytes[at + 3] = alpha;
    }
  }
}
