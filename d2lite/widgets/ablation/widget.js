// The ablation explorer: changes to switch on, the recorded run of that set, and the table of the sets that were looked at.
import { defineExplorer } from "../_core/define.js";
import { make } from "../_core/dom.js";
import { formatCounted, formatFixed } from "../_core/format.js";
import { button, group, hint, paragraph, stage } from "../_core/parts.js";
import { drawMark } from "../_draw/layers.js";
import { drawLabel, linearScale, strokeSegment, ticks } from "../_draw/scales.js";
import { findSet, fitRows, gainOver, largestSet, nameSet, nearestSets } from "./model.js";

const [TOP, BOTTOM] = [20, 18]; // px above the first row, below the last

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const { changes, sets } = get("data");
  const [names, abouts] = [changes.map(({ name }) => name), changes.map(({ about }) => about)];
  const on = [...new Set(get("changes"))].sort((a, b) => a - b);
  const kept = [...new Set(get("rows"))].filter((k) => k < sets.length);
  const [at, all, measure] = [findSet(sets, on), largestSet(sets), get("measure")];
  const base = get("against") === "baseline" || !kept.length ? sets[findSet(sets, [])] : sets[kept[0]];
  const rowOf = (k) => ({ k, name: nameSet(names, sets[k].on, all), set: sets[k], ...gainOver(sets[k], base, measure, sets) });
  const rows = (kept.includes(at) || at < 0 ? kept : [...kept, at]).map(rowOf);
  if (get("ordered")) rows.sort((a, b) => b.gain - a.gain);
  Object.assign(scene, { names, abouts, sets, on, kept, at, all, measure, base, rows, near: nearestSets(sets, on), title: nameSet(names, on, all) });
  scene.now = at < 0 ? null : rowOf(at);
  scene.ends = endsOf(sets.map((_, k) => rowOf(k))); // of all sets: the axis stands still while rows come and go
  scene.baseName = nameSet(names, base.on, all);
}

function endsOf(rows) {
  const values = rows.flatMap(({ gain, error, each }) => [gain - 2 * error, gain + 2 * error, ...each]);
  const [low, high] = [Math.min(-0.02, ...values), Math.max(0.06, ...values)];
  return [low - 0.01, high + 0.01];
}

const signed = (value) => `${value < 0 ? "−" : "+"}${formatFixed(Math.abs(value), 3)}`;

function summarise(scene) {
  const { now, title, near, names, abouts, sets, all, base, baseName } = scene;
  if (!now) return `Not recorded: ${title}. Nearest, ${formatCounted(near.least, "change")} away: ${near.found.slice(0, 3).map((k) => nameSet(names, sets[k].on, all)).join("; ")}.`;
  const level = now.set[scene.measure].reduce((sum, value) => sum + value, 0) / now.set[scene.measure].length;
  const about = now.set.on.length === 1 ? ` (${abouts[now.set.on[0]]})` : "";
  const head = `${title[0].toUpperCase()}${title.slice(1)}${about}: mAP ${formatFixed(level, 3)}, ${formatFixed(now.set.products, 2)} million multiplications, rate ${now.set.lr}.`;
  if (now.set === base) return head;
  const parts = now.ofScenes === null ? `by seeds ${formatFixed(now.ofSeeds, 3)}` : `${formatFixed(now.error, 3)}: by seeds ${formatFixed(now.ofSeeds, 3)}, by scenes ${formatFixed(now.ofScenes, 3)}`;
  return `${head} Gain over ${baseName}: ${signed(now.gain)}, standard error ${parts}.`;
}

/** A row for each set: its name, its gain with two standard errors, the seeds, and its cost. */
function drawTable(ctx, width, height, theme, scene) {
  const { ends, at } = scene;
  const { line, most, shown, left: missing } = fitRows(scene.rows, at, height - TOP - BOTTOM);
  const narrow = width < 480;
  const [left, right] = [narrow ? 0.44 * width : 0.4 * width, width - (narrow ? 44 : 60)];
  const x = linearScale(ends, [left, right - 8]);
  const bottom = TOP + line * most;
  for (const value of ticks(x, narrow ? 3 : 5)) {
    ctx.strokeStyle = theme.line;
    ctx.lineWidth = value === 0 ? 2 : 1;
    strokeSegment(ctx, x(value), TOP, x(value), bottom);
    drawLabel(ctx, value === 0 ? "0" : signed(value).replace(/0$/, ""), x(value), bottom + 2, theme, { align: "center", size: 11 });
  }
  drawLabel(ctx, "changes", 2, 2, theme, { size: 11 });
  drawLabel(ctx, narrow ? "gain, mAP" : "gain, mAP@0.5", (left + right) / 2, 2, theme, { align: "center", size: 11 });
  drawLabel(ctx, narrow ? "cost" : "cost, M", width - 2, 2, theme, { align: "right", size: 11 });
  shown.forEach((row, i) => drawRow(ctx, TOP + line * (i + 0.5), { x, left, width, line }, theme, row, row.k === at));
  if (!shown.length) drawLabel(ctx, "no row yet", 2, TOP + 6, theme, {});
  if (missing) drawLabel(ctx, `… ${formatCounted(missing, "more row", "more rows")}: no room here`, 2, TOP + line * (most - 0.5), theme, { baseline: "middle", size: 11 });
}

function drawRow(ctx, y, { x, left, width, line }, theme, { name, gain, error, each, set }, chosen) {
  if (chosen) {
    ctx.fillStyle = theme.surface;
    ctx.fillRect(0, y - line / 2 + 1, left - 6, line - 2);
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, y - line / 2, left - 8, line);
  ctx.clip();
  drawLabel(ctx, name, 2, y, theme, { baseline: "middle", size: line < 15 ? 11 : 12, weight: chosen ? 700 : 400, color: theme.text });
  ctx.restore();
  ctx.strokeStyle = chosen ? theme.accent : theme.muted;
  ctx.lineWidth = 2;
  if (error) strokeSegment(ctx, x(gain - 2 * error), y, x(gain + 2 * error), y);
  for (const value of each) drawMark(ctx, x(value), y, { radius: 2, fill: theme.muted });
  drawMark(ctx, x(gain), y, { radius: 5, fill: chosen ? theme.accent : theme.text });
  drawLabel(ctx, formatFixed(set.products, 2), width - 2, y, theme, { align: "right", baseline: "middle", size: line < 15 ? 11 : 12, color: theme.text });
}

/** The changes, each a button that is pressed or not. */
function changeList(app, parent, scene) {
  const element = make("div", { class: "d2l-changes d2l-direct", role: "group", "aria-label": "Changes of the detector" });
  const { changes } = app.get("data");
  changes.forEach(({ name, about }, k) => {
    const toggle = make("button", { type: "button", text: name, title: about });
    app.scope.on(toggle, "click", () => {
      const on = new Set(app.get("changes"));
      if (!on.delete(k)) on.add(k);
      app.set({ changes: [...on].sort((a, b) => a - b) });
    });
    element.append(toggle);
  });
  parent.append(element);
  app.draw(() => [...element.children].forEach((toggle, k) => toggle.setAttribute("aria-pressed", String(scene.on.includes(k)))));
}

const keepRow = (app, { at }) => app.set({ rows: [...new Set([...app.get("rows"), at])] });
const toNearest = (app, { near, sets }) => app.set({ changes: [...sets[near.found[0]].on] });
const keepSingles = (app, { sets, kept }) => app.set({ rows: [...new Set([...kept, ...sets.flatMap(({ on }, k) => (on.length <= 1 ? [k] : []))])] });
const keepJoined = (app, { sets, kept }) => app.set({ rows: [...new Set([...kept, ...sets.flatMap(({ on }, k) => (on.length > 1 ? [k] : []))])] });

export const { render, preview } = defineExplorer({
  title: "Ablation explorer: what each change of a detector brought, row by row",
  update: updateScene,
  output: ({ now }) => ({ gain: now ? now.gain : 0 }),
  say: summarise,
  top: [
    changeList,
    stage({ draw: drawTable, label: "The table: gain of each set of changes, with two standard errors", className: "d2l-rows", ratio: 2.7 }),
    group(
      { className: "d2l-transport d2l-direct" },
      button({ label: "Keep this row", press: keepRow, usable: (app, scene) => scene.at >= 0 && !scene.kept.includes(scene.at) }),
      button({ label: "To the nearest recorded", press: toNearest, usable: (app, scene) => scene.at < 0 }),
      button({ label: "Clear", press: (app) => app.set({ rows: [] }), usable: (app, scene) => scene.kept.length > 0 }),
    ),
    paragraph(summarise, { className: "d2l-about d2l-direct" }),
  ],
  controls: ["measure", "against", "ordered"],
  more: [group({ className: "d2l-transport" }, button({ label: "Keep every single change", press: keepSingles }), button({ label: "Keep all joined", press: keepJoined }))],
  bottom: [hint("Large dot: the mean of three seeds. Small dots: the seeds. Line: two standard errors to each side, of seeds (one spread for all sets) and test scenes (over one class: of seeds only). Cost: million multiplications a picture.")],
  preview: drawTable,
});
