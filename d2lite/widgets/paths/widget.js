// The paths explorer: an Inception block as streams of maps, as thick as there are maps, and what each path costs.
import { control, defineExplorer } from "../_core/define.js";
import { formatCount, formatCounted } from "../_core/format.js";
import { addCells, addHandle } from "../_core/handles.js";
import { facts, hint, paragraph, stage, table } from "../_core/parts.js";
import { mixColor } from "../_core/theme.js";
import { drawLabel } from "../_draw/scales.js";
import { BLOCKS, makeBlock } from "./model.js";

const HEAD = 22; // px for the columns' names
const LIMITS = [64, 128, 256, 512]; // maps that fill a row
const BAR = 9; // px, the width of a layer
const MEASURES = { multiply_adds: ["multiplyAdds", "multiply-adds"], parameters: ["parameters", "parameters"] };
// What can be dragged: its place in the trait maps, its path, whether it is the reduction, its name.
const HANDLES = [
  [0, 0, false, "maps of the 1 × 1 path"],
  [1, 1, true, "maps before the 3 × 3"],
  [2, 1, false, "maps of the 3 × 3 path"],
  [3, 2, true, "maps before the 5 × 5"],
  [4, 2, false, "maps of the 5 × 5 path"],
  [5, 3, false, "maps after the pooling"],
];

/** The numbers of the block, as in BLOCKS. */
function numbersOf(get) {
  return get("block") === "own" ? [get("in_channels"), get("side"), ...get("maps")] : BLOCKS[get("block")];
}

function updateScene(scene, get) {
  scene.numbers = numbersOf(get);
  scene.reduced = get("reduced");
  scene.block = makeBlock(scene.numbers, scene.reduced);
  scene.other = makeBlock(scene.numbers, !scene.reduced);
  [scene.key, scene.measure] = MEASURES[get("measure")];
  scene.path = get("path") - 1;
  if (!scene.held) scene.limit = LIMITS.find((limit) => limit >= Math.max(...scene.numbers.slice(2)));
}


/** A number in at most four signs and a letter: 12.4 M. */
function brief(value) {
  const [size, letter] = value >= 1e9 ? [1e9, " G"] : value >= 1e6 ? [1e6, " M"] : value >= 1e4 ? [1e3, " k"] : [1, ""];
  const part = value / size;
  return `${size === 1 ? value : part.toFixed(part < 9.995 ? 2 : part < 99.95 ? 1 : 0)}${letter}`;
}

/** The layers of a path in words: 1×1 to 16, then 5×5 to 32. */
function layersOf({ convolutions, pooled }) {
  const words = convolutions.map(({ kernel, to }) => `${kernel}×${kernel} to ${to}`);
  return [...(pooled ? ["pooling"] : []), ...words].join(", then ");
}

function describePath({ block, other, path, reduced }) {
  const [here, there] = [block.paths[path], other.paths[path]];
  const costs = `Path ${path + 1}, ${layersOf(here)}: ${formatCount(here.parameters)} parameters, ${formatCount(here.multiplyAdds)} multiply-adds; it gives ${here.out} × ${block.side} × ${block.side}.`;
  if (path === 0) return `${costs} It has nothing to reduce.`;
  if (path === 3) return reduced ? `${costs} Without the 1×1 it would cost nothing and give all ${formatCounted(block.channels, "map")}.` : `${costs} With a 1×1 behind it, it would give ${formatCounted(there.out, "map")}.`;
  const ratio = Math.max(here.multiplyAdds, there.multiplyAdds) / Math.min(here.multiplyAdds, there.multiplyAdds);
  const more = there.multiplyAdds > here.multiplyAdds ? "times as many" : "times fewer";
  const compared = ratio < 1.05 ? "nearly the same" : `${ratio.toFixed(1)} ${more}`;
  return `${costs} With${reduced ? "out" : ""} its reduction: ${formatCount(there.multiplyAdds)} multiply-adds, ${compared}.`;
}

function summarise(scene) {
  const { block, other, reduced } = scene;
  return `${describePath(scene)} The block: ${block.out} maps, ${brief(block.multiplyAdds)} multiply-adds, with${reduced ? "out" : ""} reductions ${brief(other.multiplyAdds)}.`;
}

/** Where columns stand, the height of a row, and the height of one map. */
function lay(scene, width, height) {
  const row = (height - HEAD) / 4;
  const at = (share) => Math.round(share * width);
  const high = row - 26; // room for the numbers
  const unit = high / (scene.limit ?? LIMITS[3]);
  return { row, unit, input: at(0.01) + 2, narrow: at(0.2), wide: at(0.36), output: at(0.5), bars: at(0.56), end: width - 4 };
}

const middle = ({ row }, k) => HEAD + (k + 0.58) * row;

const BENDS = Array.from({ length: 17 }, (_, i) => i / 16);
const ease = (t) => t * t * (3 - 2 * t);

/** A stream from a layer to the next: x, middle and height of both. */
function drawStream(ctx, [x0, y0, h0], [x1, y1, h1], color) {
  const edge = (side, t) => [x0 + t * (x1 - x0), y0 + (y1 - y0) * ease(t) + side * (h0 + (h1 - h0) * ease(t)) / 2];
  ctx.fillStyle = color;
  ctx.beginPath();
  for (const t of BENDS) ctx.lineTo(...edge(-1, t));
  for (const t of [...BENDS].reverse()) ctx.lineTo(...edge(1, t));
  ctx.closePath();
  ctx.fill();
}

function drawLayer(ctx, x, y, h, color) {
  ctx.fillStyle = color;
  ctx.fillRect(x, y - Math.max(2, h) / 2, BAR, Math.max(2, h));
}

const colorsOf = (theme) => [theme.a, theme.b, theme.good, theme.muted];

/** The layers that a path's maps pass through, as [x, middle, height, name]; the pooling without a layer is one that is not drawn. */
function stationsOf({ block }, place, k) {
  const { convolutions, pooled, out } = block.paths[k];
  const y = middle(place, k);
  const tall = (maps) => Math.min(maps * place.unit, place.row * 1.15);
  if (!convolutions.length) return [[place.wide, y, Math.min(out * place.unit, place.row * 0.6), `pooling, ${out}`, false]];
  return convolutions.map(({ kernel, to }, i) => {
    const first = convolutions.length === 2 && i === 0;
    return [first ? place.narrow : place.wide, y, tall(to), `${pooled ? "pool, 1×1" : `${kernel}×${kernel}`}, ${to}`, true];
  });
}

/** One path's stream: from the whole input through its layers to its part of the output. */
function drawStreams(ctx, theme, scene, place, k, end) {
  const { channels } = scene.block;
  ctx.globalAlpha = k === scene.path ? 0.5 : 0.25;
  let from = [place.input + BAR, HEAD + 2 * place.row, Math.min(channels * place.unit, 4 * place.row - 8)];
  for (const [x, y, h, , drawn] of stationsOf(scene, place, k)) {
    drawStream(ctx, from, [x, y, h], colorsOf(theme)[k]);
    from = [x + (drawn ? BAR : 0), y, h];
  }
  drawStream(ctx, from, [place.output, end.y, end.h], colorsOf(theme)[k]);
  ctx.globalAlpha = 1;
}

/** One path's layers, with how many maps each gives, and its part of the output. */
function drawLayers(ctx, theme, scene, place, k, end) {
  const color = colorsOf(theme)[k];
  for (const [x, y, h, name, drawn] of stationsOf(scene, place, k)) {
    if (drawn) drawLayer(ctx, x, y, h, color);
    drawLabel(ctx, name, x + BAR / 2, y - Math.max(2, h) / 2 - 3, theme, { align: "center", baseline: "bottom", size: 11, color: theme.text, weight: k === scene.path ? 600 : 400 });
  }
  drawLayer(ctx, place.output, end.y, end.h, color);
}

/** What a path costs, solid; dashed, what it would cost the other way. */
function drawCost(ctx, theme, { block, other, key, path: chosen }, { bars, end, row }, k, most) {
  const room = end - bars - 46;
  const [here, there] = [block.paths[k][key], other.paths[k][key]];
  const length = (value) => (value / most) * room;
  const [top, size] = [middle({ row }, k) - 9, 18];
  ctx.fillStyle = mixColor(theme.bg, colorsOf(theme)[k], k === chosen ? 1 : 0.7);
  ctx.fillRect(bars, top, Math.max(here ? 1 : 0, length(here)), size);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.setLineDash([3, 3]);
  if (there !== here) ctx.strokeRect(bars + 0.5, top + 0.5, Math.max(1, length(there)), size - 1);
  ctx.setLineDash([]);
  const text = here ? brief(here) : "nothing";
  drawLabel(ctx, text, bars + length(Math.max(here, there)) + 5, top + size / 2, theme, { baseline: "middle", size: 11, color: theme.text, weight: k === chosen ? 600 : 400 });
}

function drawBlock(ctx, width, height, theme, scene) {
  const { block, key, measure } = scene;
  const place = lay(scene, width, height);
  const unit = Math.min(place.unit, (height - HEAD - 12) / Math.max(block.out, block.channels));
  const center = HEAD + 2 * place.row;
  let y = center - (block.out * unit) / 2;
  const most = Math.max(...block.paths.map((p) => p[key]), ...scene.other.paths.map((p) => p[key]));
  ctx.fillStyle = mixColor(theme.bg, theme.accent, 0.1);
  ctx.fillRect(place.bars - 6, middle(place, scene.path) - 15, place.end - place.bars + 8, 30);
  const ends = block.paths.map(({ out }) => {
    y += out * unit;
    return { y: y - (out * unit) / 2, h: out * unit };
  });
  const order = [0, 1, 2, 3].sort((a, b) => (a === scene.path) - (b === scene.path)); // the chosen one on top
  for (const k of order) drawStreams(ctx, theme, scene, place, k, ends[k]);
  for (const k of order) drawLayers(ctx, theme, scene, place, k, ends[k]);
  for (const k of order) drawCost(ctx, theme, scene, place, k, most);
  drawLayer(ctx, place.input, center, Math.min(block.channels * place.unit, 4 * place.row - 8), theme.text);
  drawLabel(ctx, `in: ${block.channels}`, 2, 3, theme);
  drawLabel(ctx, `out: ${block.out}`, place.output + BAR, 3, theme, { align: "right" });
  drawLabel(ctx, measure, place.end, 3, theme, { align: "right" });
}

/** Set numbers of a copy of the block, which becomes the reader's own. */
function change(app, k, value) {
  const [channels, side, ...maps] = numbersOf(app.get);
  maps[k] = Math.max(1, Math.min(app.entry("maps").max, Math.round(value)));
  app.set({ block: "own", in_channels: channels, side, maps, path: HANDLES.find(([i]) => i === k)[1] + 1 });
}

/** Handles at the lower ends of the layers; the arrows change a number by one, with Shift by eight. */
function addHandles(app, built, scene) {
  const place = () => lay(scene, built.width(), built.height());
  for (const [k, path, narrow, label] of HANDLES) {
    const value = () => numbersOf(app.get)[k + 2];
    const handle = addHandle(app, built, {
      label,
      at: () => {
        const here = place();
        return [(narrow ? here.narrow : here.wide) + BAR / 2, middle(here, path) + Math.min(value() * here.unit, here.row * 1.15) / 2];
      },
      move: (px, py) => {
        const here = place();
        change(app, k, Math.min((2 * (py - middle(here, path))) / here.unit, 1.2 * scene.limit));
      },
      text: () => `${value()} ${label}`,
    });
    handle.classList.add("d2l-grip");
    const hold = (on) => () => {
      scene.held = on;
      app.refresh();
    };
    app.scope.on(handle, "pointerdown", hold(true));
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) app.scope.on(handle, type, hold(false));
    app.scope.on(handle, "focus", () => app.get("path") === path + 1 || app.set({ path: path + 1 }, { later: true }));
    app.scope.on(handle, "keydown", (event) => stepKey(app, event, k, value()), true);
    app.draw(() => (handle.hidden = !scene.reduced && (narrow || path === 3)));
  }
  addPathChoice(app, built, scene, place);
}

/** Arrows on a handle: they count maps, not pixels. */
function stepKey(app, event, k, value) {
  const sign = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
  if (!sign || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  change(app, k, value + sign * (event.shiftKey ? 8 : 1));
  app.refresh();
}

function addPathChoice(app, built, scene, place) {
  addCells(app, built, {
    label: "Path that is read out",
    count: () => 4,
    columns: () => 1,
    value: () => app.get("path") - 1,
    cellAt: (px, py) => (py < HEAD ? null : Math.min(3, Math.floor((py - HEAD) / place().row))),
    move: (k) => app.set({ path: k + 1 }, { later: true }),
    text: () => {
      updateScene(scene, app.get); // the traits may be ahead of the picture
      return describePath(scene);
    },
  });
}

/** Your own block begins as what is there. */
const blockControl = control("block", {
  change: (block, app) => {
    const [in_channels, side, ...maps] = numbersOf(app.get);
    app.set(block === "own" ? { block, in_channels, side, maps } : { block });
  },
});

const isOwn = (get) => get("block") === "own";

export const { render, preview } = defineExplorer({
  title: "Paths explorer: what each path of an Inception block costs",
  update: updateScene,
  say: summarise,
  left: [stage({ draw: drawBlock, label: "The block's four paths as streams of maps, and a bar for what each costs", className: "d2l-streams", use: addHandles })],
  bottom: [
    paragraph(describePath, { className: "d2l-answer" }),
    facts(({ block, other, reduced }) => [
      ["the block gives", `${block.out} × ${block.side} × ${block.side}`],
      ["parameters", formatCount(block.parameters)],
      ["multiply-adds", formatCount(block.multiplyAdds)],
      [reduced ? "without reductions" : "with reductions", formatCount(other.multiplyAdds)],
    ]),
    hint("Streams are as thick as there are maps. Dashed: the cost without (or with) the 1 × 1 reductions. Drag a round handle, or press arrows on it."),
  ],
  controls: [blockControl, "reduced", control("measure", { segments: false }), "in_channels", "side"],
  visible: { in_channels: isOwn, side: isOwn },
  more: [
    table({
      className: "d2l-costs",
      heads: ["path", "maps", "parameters", "multiply-adds"],
      rows: ({ block }) => block.paths.map((path) => [layersOf(path), String(path.out), formatCount(path.parameters), formatCount(path.multiplyAdds)]),
      chosen: ({ path }) => path,
    }),
  ],
  preview: drawBlock,
});
