// The windowing explorer: the sequence as a tape of cells with the windows of a batch marked; below, the batch itself.
import { defineExplorer } from "../_core/define.js";
import { facts, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { mixColor } from "../_core/theme.js";
import { above } from "../_draw/panes.js";
import { drawLabel, setText, strokeSegment } from "../_draw/scales.js";
import { carried, findElement, planEpoch, windowAt } from "./model.js";

const PLAN = ["num_steps", "batch_size", "order", "stride", "horizon", "seed"];
const WEEKDAYS = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]; // from 1 January 1970
const DAY = 86400000; // ms
const LOW = 6000; // births from which a cell's bar grows
const HIGH = 11000; // births at which it is full
const STATE = 34; // px of the column that says what the hidden state holds

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const choices = Object.fromEntries(PLAN.map((name) => [name, get(name)]));
  const [source, text] = [get("source"), get("text")];
  const key = JSON.stringify([choices, source, text]);
  if (key !== scene.key) {
    const cells = source === "text" ? [...text].map((letter) => ({ letter })) : cellsOfDays(get("data"));
    Object.assign(scene, { key, source, cells, plan: planEpoch(cells.length, choices) });
  }
  scene.batch = Math.min(get("batch"), Math.max(0, scene.plan.starts.length - 1));
  scene.row = Math.min(get("row"), choices.batch_size) - 1;
  scene.kind = get("kind");
}

function cellsOfDays({ first, values }) {
  const start = Date.parse(`${first}T00:00:00Z`) / DAY;
  return values.map((value, i) => {
    const day = start + i;
    const weekday = ((day % 7) + 7) % 7; // days before 1970 are negative
    return { value, name: `${WEEKDAYS[weekday]} ${new Date(day * DAY).toISOString().slice(0, 10)}`, weekend: [2, 3].includes(weekday) };
  });
}

/** Elements in words: the text itself, or the days. */
function quote({ cells, source }, indices) {
  if (source === "text") return `“${indices.map((i) => cells[i].letter).join("")}”`;
  const names = indices.map((i) => cells[i].name);
  return names.length > 1 ? `${names[0]} to ${names[names.length - 1]}` : names[0];
}

/** The line under the picture: what the row reads, what it is asked for, and what its state holds. */
function describeRow(scene) {
  const { plan, batch, row, kind, source } = scene;
  if (!plan.starts.length) {
    return { bad: true, text: `${plan.length} elements are too few for one batch: ${plan.needed} are needed. Take shorter windows, or fewer of them.` };
  }
  const { inputs, targets } = windowAt(plan, batch, row, kind);
  const [from, to] = carried(plan, batch, row);
  const state = to > from ? `Its state has already read ${to - from} ${source === "text" ? "letters" : "days"}: ${quote(scene, range(Math.max(from, to - 24), to))}.` : "Its state starts at zero.";
  return { bad: false, text: `Batch ${batch + 1} of ${plan.starts.length}, row ${row + 1} reads ${quote(scene, inputs)} and is asked for ${quote(scene, targets)}. ${state}` };
}

function range(from, to) {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function rowColors(theme) {
  return [theme.a, theme.b, theme.good, mixColor(theme.a, theme.bad, 0.55), mixColor(theme.b, theme.good, 0.5), theme.muted];
}

/** The largest cells with which a tape fits: { columns, cell, pitch } (pitch: from line to line). */
function tapeLayout({ cells, source }, width, height) {
  const unit = source === "births" ? 7 : 1; // weeks stay whole, so that Sundays stand below each other
  for (let cell = 30; ; cell -= 0.5) {
    const columns = Math.max(unit, Math.floor(width / cell / unit) * unit);
    const pitch = cell * 1.12 + 4;
    if (cell <= 6 || Math.ceil(cells.length / columns) * pitch <= height) return { columns, cell, pitch };
  }
}

/** One element as a cell: its letter, or a bar for its value, on a ground. */
function drawCell(ctx, element, x, y, size, theme, ground) {
  ctx.fillStyle = ground || theme.surface;
  ctx.fillRect(x + 0.5, y, size - 1, size);
  if (element.letter !== undefined) {
    setText(ctx, theme, Math.min(17, size * 0.66));
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = theme.text;
    ctx.fillText(element.letter === " " ? "·" : element.letter, x + size / 2, y + size / 2);
  } else {
    const share = Math.min(1, Math.max(0.05, (element.value - LOW) / (HIGH - LOW)));
    ctx.fillStyle = element.weekend ? theme.muted : theme.text;
    ctx.fillRect(x + size * 0.3, y + size * (1 - share), size * 0.4, size * share);
  }
}

function drawTape(ctx, width, height, theme, scene) {
  const { cells, plan } = scene;
  const { columns, cell, pitch } = tapeLayout(scene, width, height);
  const marks = markElements(scene, theme);
  cells.forEach((element, i) => {
    const [x, y] = [(i % columns) * cell, Math.floor(i / columns) * pitch];
    const { ground = null, target = null, first = null } = marks[i] || {};
    drawCell(ctx, element, x, y, cell, theme, ground);
    if (plan.uses[i] === 0) {
      ctx.strokeStyle = theme.muted;
      ctx.lineWidth = 1;
      strokeSegment(ctx, x + 2, y + cell - 2, x + cell - 2, y + 2);
    }
    if (first !== null) {
      ctx.fillStyle = first;
      ctx.fillRect(x - 1, y - 1, 2.5, cell + 2);
    }
    (target || []).forEach((color, k) => {
      ctx.fillStyle = color;
      ctx.fillRect(x + 1, y + cell + 3 * k - 0.5, cell - 2, 2.5);
    });
  });
}

/** How each element is marked: the ground (what is read now or held by a state), first of a window, targets' lines. */
function markElements({ plan, batch, kind }, theme) {
  const colors = rowColors(theme);
  const marks = [];
  const mark = (i, change) => (marks[i] = { ...marks[i], ...change });
  if (!plan.starts.length) return marks;
  if (plan.settings.order === "random") {
    const earlier = plan.starts.slice(0, batch).flat();
    for (const start of earlier) for (let t = 0; t < plan.settings.num_steps; t++) mark(start + t, { ground: mixColor(theme.surface, theme.muted, 0.3) });
  }
  const rows = plan.starts[batch].map((_, row) => row);
  for (const row of rows) for (const i of range(...carried(plan, batch, row))) mark(i, { ground: mixColor(theme.bg, colors[row], 0.22) });
  for (const row of rows) {
    const { inputs, targets } = windowAt(plan, batch, row, kind);
    for (const i of inputs) mark(i, { ground: mixColor(theme.bg, colors[row], 0.5) });
    mark(inputs[0], { first: colors[row] });
    for (const i of targets) mark(i, { target: [...(marks[i]?.target || []), colors[row]].slice(-2) });
  }
  return marks;
}

/** Where the batch's rows stand: { top, cell, pitch (from row to row), left (of the inputs), right (of the targets), asked }. */
function batchLayout({ plan, kind }, width, height) {
  const { num_steps, batch_size } = plan.settings;
  const asked = kind === "many to one" ? 1 : num_steps;
  const [top, left] = [18, STATE + 8];
  const cell = Math.min(34, (width - STATE - 40) / (num_steps + asked), (height - top) / batch_size - 4);
  return { top, cell, pitch: cell + 4, left, right: left + num_steps * cell + 26, asked };
}

/** The batch: a row a window; what its state holds, its inputs, its targets. */
function drawBatch(ctx, width, height, theme, scene) {
  const { plan, batch, kind, cells } = scene;
  const { num_steps, batch_size } = plan.settings;
  if (!plan.starts.length) return drawLabel(ctx, "no batch", width / 2, height / 2, theme, { align: "center" });
  const { top, cell, pitch, left, right, asked } = batchLayout(scene, width, height);
  drawLabel(ctx, "state", 0, 2, theme);
  drawLabel(ctx, width < 420 ? "inputs" : `inputs (${batch_size}, ${num_steps})`, left, 2, theme);
  const shape = asked > 1 ? `${batch_size}, ${asked}` : `${batch_size},`;
  drawLabel(ctx, width < 420 ? "targets" : `targets (${shape})`, right, 2, theme);
  const colors = rowColors(theme);
  plan.starts[batch].forEach((_, row) => {
    const y = top + row * pitch;
    const { inputs, targets } = windowAt(plan, batch, row, kind);
    const [from, to] = carried(plan, batch, row);
    const ground = to > from ? mixColor(theme.bg, colors[row], 0.22) : theme.surface;
    ctx.fillStyle = ground;
    ctx.fillRect(0, y, STATE, cell);
    drawText(ctx, to > from ? `+${to - from}` : "0", STATE / 2, y + cell / 2, theme, Math.min(12, cell * 0.6));
    inputs.forEach((i, t) => drawCell(ctx, cells[i], left + t * cell, y, cell, theme, mixColor(theme.bg, colors[row], 0.5)));
    drawText(ctx, "→", right - 13, y + cell / 2, theme, 13);
    targets.forEach((i, t) => drawCell(ctx, cells[i], right + t * cell, y, cell, theme, theme.surface));
    ctx.fillStyle = colors[row];
    ctx.fillRect(right + 1, y + cell - 1, asked * cell - 2, 2.5);
    if (row === scene.row) {
      ctx.strokeStyle = colors[row];
      ctx.lineWidth = 1.5;
      ctx.strokeRect(left - 2, y - 1.5, num_steps * cell + 4, cell + 3);
    }
  });
}

function drawText(ctx, text, x, y, theme, size) {
  setText(ctx, theme, size);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.text;
  ctx.fillText(text, x, y);
}

/** The element under a place of the tape, or -1. */
function elementAt(scene, px, py, width, height) {
  const { columns, cell, pitch } = tapeLayout(scene, width, height);
  const [column, line] = [Math.floor(px / cell), Math.floor(py / pitch)];
  const index = line * columns + column;
  return column >= 0 && column < columns && index >= 0 && index < scene.cells.length ? index : -1;
}

/** What an element is, and where it is read. */
function describeElement(scene, ...at) {
  const index = elementAt(scene, ...at);
  if (index < 0) return null;
  const { letter, name, value } = scene.cells[index];
  const what = letter === undefined ? `${name}: ${value} births` : letter === " " ? "a space" : letter;
  const found = findElement(scene.plan, index);
  if (!found) return `${what} (${index}): not read in this epoch`;
  return `${what} (${index}): input of batch ${found[0] + 1}, row ${found[1] + 1}, step ${found[2] + 1}`;
}

/** A click on the tape shows the batch that reads the element. */
function chooseElement(app, tape, scene) {
  app.scope.on(tape.canvas, "click", (event) => {
    const found = findElement(scene.plan, elementAt(scene, ...tape.at(event), tape.width(), tape.height()));
    if (found) app.set({ batch: found[0], row: found[1] + 1 });
  });
}

/** A click on the batch reads out its row. */
function chooseRow(app, table, scene) {
  app.scope.on(table.canvas, "click", (event) => {
    const { top, pitch } = batchLayout(scene, table.width(), table.height());
    const row = Math.floor((table.at(event)[1] - top) / pitch);
    if (scene.plan.starts.length && row >= 0 && row < scene.plan.settings.batch_size) app.set({ row: row + 1 });
  });
}

function results({ plan }) {
  const windows = plan.starts.length * plan.settings.batch_size;
  const read = plan.uses.filter((n) => n > 0).length;
  const times = read ? ((windows * plan.settings.num_steps) / read).toFixed(1) : "0";
  return [["windows", windows], ["batches", plan.starts.length], ["elements read", `${read} of ${plan.length}`], ["times each", times], ["left out", plan.length - read]];
}

export const { render, preview } = defineExplorer({
  title: "Windowing explorer: a sequence in windows and batches",
  scene: () => ({ key: "", source: "", cells: null, plan: null, batch: 0, row: 0, kind: "" }),
  update: updateScene,
  say: (scene) => describeRow(scene).text,
  top: [
    stage({ draw: drawTape, label: "The sequence, with the windows of this batch marked", className: "d2l-tape", tip: describeElement, use: chooseElement }),
    player({ trait: "batch", last: ({ plan }) => plan.starts.length - 1 }),
    stage({ draw: drawBatch, label: "The batch: states, inputs and targets of each row", className: "d2l-batch", use: chooseRow }),
  ],
  bottom: [
    hint("Strong colour: read by this batch. Lines: its targets. Pale: held by the state, or, in grey, read earlier. Struck out: left out of this epoch. Click an element to find its batch."),
    group({ name: "readout", className: "d2l-readout" }, paragraph(describeRow, { className: "d2l-row-read" }), facts(results)),
  ],
  controls: ["order", "num_steps", "batch_size", "source", "text", "kind", "stride", "horizon", "seed", "row"],
  visible: { text: (get) => get("source") === "text", stride: (get) => get("order") === "random" },
  preview: above(drawTape, drawBatch, 0.52),
});
