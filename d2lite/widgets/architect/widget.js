// The architect's table: a row a layer, with bars for what it costs; below, the chosen layer's numbers to change.
import { control, defineExplorer } from "../_core/define.js";
import { copyText, make, makeButton, writeText } from "../_core/dom.js";
import { formatCount } from "../_core/format.js";
import { addCells } from "../_core/handles.js";
import { button, facts, group, hint, paragraph, stage, table } from "../_core/parts.js";
import { mixColor } from "../_core/theme.js";
import { drawLabel } from "../_draw/scales.js";
import { KINDS, largest, makeNetwork, networkCode, NETWORKS, rowOf, shapeText } from "./model.js";

const HEAD = 20; // px for the columns' names
const [ROW, BAR] = [44, 16]; // px of a row and of its bars at most: a short network fills the table, too
const MEASURES = { multiply_adds: ["multiplyAdds", "multiply-adds"], memory: ["values", "memory of the output"], field: ["field", "receptive field, px"] };

function rowsOf(get) {
  return get("network") === "own" ? get("layers") : NETWORKS[get("network")].rows;
}

function updateScene(scene, get) {
  scene.rows = rowsOf(get);
  scene.size = get("size");
  scene.inChannels = get("in_channels");
  scene.net = makeNetwork(scene.rows, scene.inChannels, scene.size);
  scene.chosen = get("chosen") ? Math.min(get("chosen"), scene.rows.length) - 1 : scene.net.layers.length ? largest(scene.net) : 0;
  [scene.key, scene.measure] = MEASURES[get("measure")];
}

/** The scene by the traits as they are, which may be ahead of the picture. */
function now(app, scene) {
  updateScene(scene, app.get);
  return scene;
}


/** A number in at most four signs and a letter: 102.8 M. */
function brief(value, bytes = false) {
  const unit = bytes ? "B" : "";
  const [size, letter] = value >= 1e9 ? [1e9, " G"] : value >= 1e6 ? [1e6, " M"] : value >= 1e4 ? [1e3, " k"] : [1, unit && " "];
  const part = value / size;
  return `${size === 1 ? value : part.toFixed(part < 9.995 ? 2 : part < 99.95 ? 1 : 0)}${letter}${unit}`;
}

function measured({ key, size }, layer) {
  if (key === "values") return brief(4 * layer.values, true);
  return key === "field" ? (layer.field >= size ? "all" : String(layer.field)) : brief(layer.multiplyAdds);
}

const share = (part, all) => {
  const percent = all ? (100 * part) / all : 0;
  return `${percent >= 10 ? Math.round(percent) : percent >= 0.1 || percent === 0 ? Number(percent.toFixed(1)) : "under 0.1"}%`;
};

function describeLayer({ net, chosen, rows, size }) {
  const layer = net.layers[chosen];
  if (!rows.length) return "No layer yet: add one.";
  if (!layer) return "";
  const sees = layer.field >= size ? "A unit can see the whole image." : `A unit sees ${layer.field} × ${layer.field} pixels.`;
  return `Layer ${chosen + 1}, ${layer.name}, gives ${shapeText(layer.shape)}: ${formatCount(layer.parameters)} parameters, ${share(layer.parameters, net.parameters)} of all; ${formatCount(layer.multiplyAdds)} multiply-adds, ${share(layer.multiplyAdds, net.multiplyAdds)}. ${sees}`;
}

function summarise(scene) {
  return [scene.net.problem, describeLayer(scene)].filter(Boolean).join(" ");
}

/** Where columns begin: names, shapes where there is room, two columns of bars. */
function lay(scene, width, height) {
  const wide = width > 520;
  const bars = wide ? width * 0.45 : width * 0.38;
  const half = (width - bars) / 2;
  return { wide, shapes: width * 0.235, left: bars, right: bars + half, half: half - 8, row: Math.min(ROW, (height - HEAD) / Math.max(1, scene.rows.length)) };
}

/** A bar and its number; where there is nothing, nothing. */
function drawBar(ctx, at, length, text, color, theme, { half, row }, size) {
  if (!length) return;
  const thick = Math.min(BAR, row * 0.68);
  ctx.fillStyle = color;
  ctx.fillRect(at[0], at[1] + (row - thick) / 2, Math.max(1, length * (half - 52)), thick);
  drawLabel(ctx, text, at[0] + length * (half - 52) + 4, at[1] + row / 2, theme, { size, baseline: "middle", color: theme.text });
}

function drawTable(ctx, width, height, theme, scene) {
  const { net, rows, chosen, key, measure } = scene;
  const place = lay(scene, width, height);
  const { row, left, right } = place;
  const size = Math.max(8, Math.min(12, row * 0.72));
  const most = { parameters: Math.max(1, ...net.layers.map((l) => l.parameters)), [key]: Math.max(1, ...net.layers.map((l) => l[key])) };
  drawLabel(ctx, "layer", 4, 3, theme);
  if (place.wide) drawLabel(ctx, "its output", place.shapes, 3, theme);
  drawLabel(ctx, "parameters", left, 3, theme);
  drawLabel(ctx, measure, right, 3, theme);
  rows.forEach((numbers, i) => {
    const y = HEAD + i * row;
    const layer = net.layers[i];
    if (i === chosen) {
      ctx.fillStyle = mixColor(theme.bg, theme.accent, 0.16);
      ctx.fillRect(0, y, width, row);
    }
    const bad = !layer && i === net.layers.length;
    const text = `${i + 1}  ${KINDS[numbers[0]].short(numbers)}`;
    drawLabel(ctx, text, 4, y + row / 2, theme, { size, baseline: "middle", color: layer ? theme.text : bad ? theme.bad : theme.muted, weight: i === chosen ? 600 : 400 });
    if (!layer) {
      if (bad) drawLabel(ctx, "cannot be: see below", left, y + row / 2, theme, { size, baseline: "middle", color: theme.bad });
      return;
    }
    if (place.wide) drawLabel(ctx, shapeText(layer.shape), place.shapes, y + row / 2, theme, { size, baseline: "middle" });
    drawBar(ctx, [left, y], layer.parameters / most.parameters, brief(layer.parameters), theme.a, theme, place, size);
    drawBar(ctx, [right, y], layer[key] / most[key], measured(scene, layer), theme.b, theme, place, size);
  });
}

/** Rows are chosen by pointer and by keys. */
function addChoice(app, built, scene) {
  const choose = (k) => app.set({ chosen: k + 1 }, { later: true });
  addCells(app, built, {
    label: "Layer that stands out",
    count: () => scene.rows.length,
    columns: () => 1,
    value: () => now(app, scene).chosen,
    cellAt: (px, py) => {
      const k = Math.floor((py - HEAD) / lay(scene, built.width(), built.height()).row);
      return k >= 0 && k < scene.rows.length ? k : null;
    },
    move: choose,
    text: () => describeLayer(scene),
  });
}

/** Change a copy of the rows, which become the reader's own network: edit(rows, place of the chosen) returns who is chosen then. */
function change(app, scene, edit) {
  const { rows: old, chosen } = now(app, scene);
  const rows = old.map((row) => [...row]);
  const then = edit(rows, chosen);
  app.set({ network: "own", layers: rows, chosen: Math.max(1, Math.min(then + 1, rows.length)) });
}

/** The chosen layer: its kind and numbers. */
function editor(app, parent, scene) {
  const title = make("b", { class: "d2l-number-of" });
  const kind = make("select", { class: "d2l-select", "aria-label": "Kind of the chosen layer" }, ...KINDS.map(({ name }, k) => make("option", { value: k, text: name })));
  kind.onchange = () => change(app, scene, (rows, k) => {
    rows[k] = rowOf(Number(kind.value));
    return k;
  });
  const list = make("span", { class: "d2l-fields" });
  const element = make("div", { class: "d2l-editor", role: "group", "aria-label": "The chosen layer" }, title, kind, list);
  parent.append(element);
  let [shown, inputs] = [-1, []];
  app.draw(() => {
    const row = scene.rows[scene.chosen];
    element.hidden = !row;
    if (!row) return;
    writeText(title, `Layer ${scene.chosen + 1}`);
    kind.value = row[0];
    if (shown !== row[0]) {
      shown = row[0];
      inputs = KINDS[shown].fields.map((field, k) => makeField(app, scene, field, k));
      list.replaceChildren(...inputs.map((input, k) => make("label", { class: "d2l-field" }, make("span", { text: KINDS[shown].fields[k][0] }), input)));
    }
    inputs.forEach((input, k) => {
      if (document.activeElement !== input) input.value = row[k + 1];
    });
  });
}

function makeField(app, scene, [name, , least], k) {
  const isFlag = ["round up", "identity only", "batch norm"].includes(name);
  const most = isFlag ? 1 : name === "dropout, %" ? 99 : app.entry("layers").columns[k + 1].max;
  const input = make("input", { type: "number", min: least, max: most, class: "d2l-number" });
  input.onchange = () => {
    const value = Math.round(Number(input.value));
    if (!(value >= least && value <= most)) app.note(`${name} is a whole number from ${least} to ${most}.`);
    const right = Math.min(most, Math.max(least, value || least));
    change(app, scene, (rows, chosen) => {
      rows[chosen][k + 1] = right;
      return chosen;
    });
    input.value = right;
  };
  return input;
}

function changes(app, parent, scene) {
  const room = () => scene.rows.length < app.entry("layers").max_length;
  const addAfter = (rows, k) => {
    rows.splice(k + 1, 0, rows[k] ? [...rows[k]] : rowOf(0));
    return k + 1;
  };
  const remove = (rows, k) => {
    rows.splice(k, 1);
    return k - 1;
  };
  const moveUp = (rows, k) => {
    rows.splice(k - 1, 0, ...rows.splice(k, 1));
    return k - 1;
  };
  const list = [
    ["Add after", addAfter, room],
    ["Remove", remove, () => scene.rows.length > 0],
    ["Move up", moveUp, () => scene.chosen > 0],
  ];
  const buttons = list.map(([label, edit, usable]) => {
    const element = makeButton({ label });
    element.onclick = () => {
      now(app, scene);
      if (usable()) change(app, scene, edit);
    };
    return [element, usable];
  });
  parent.append(make("div", { class: "d2l-changes" }, ...buttons.map(([element]) => element)));
  app.draw(() => buttons.forEach(([element, usable]) => (element.disabled = !usable())));
}

async function copyNetwork(app, { rows, net, inChannels, size }) {
  const code = networkCode(rows, net, inChannels, size);
  const done = await copyText(code);
  app.note(done ? `The network is copied as a cell of Python${net.problem ? ", up to the layer that cannot be" : ""}.` : `Copy this yourself: ${code}`, done);
}

/** A published network comes with its input; your own begins as what is there. */
const networkControl = control("network", {
  change: (network, app) => {
    const { size, channels } = NETWORKS[network];
    app.set(network === "own" ? { network, layers: rowsOf(app.get) } : { network, layers: [], size, in_channels: channels, chosen: 0 });
  },
});

export const { render, preview } = defineExplorer({
  title: "Architect's table: what each layer of a network gives, costs and sees",
  update: updateScene,
  say: summarise,
  left: [stage({ draw: drawTable, label: "The layers, with bars for their parameters and for what is chosen beside them", className: "d2l-layers", use: addChoice })],
  bottom: [
    paragraph(({ net }) => ({ text: net.problem, bad: true })),
    paragraph(describeLayer, { className: "d2l-answer" }),
    facts(({ net }) => [
      ["parameters", formatCount(net.parameters)],
      ["multiply-adds", formatCount(net.multiplyAdds)],
      ["memory of the parameters", brief(4 * net.parameters, true)],
      ["memory of the outputs, one image", brief(4 * net.values, true)],
    ], { name: "totals" }),
    hint((scene, app) => NETWORKS[app.get("network")].about),
    group({ name: "edit", className: "d2l-edit d2l-direct" }, editor, changes, button({ label: "Copy as PyTorch", press: copyNetwork, usable: (app, { net }) => net.layers.length > 0 })),
  ],
  controls: [networkControl, "size", "measure", "in_channels"],
  more: [
    table({
      name: "numbers",
      className: "d2l-numbers",
      heads: ["layer", "output", "parameters", "multiply-adds", "field, px"],
      rows: ({ net }) => net.layers.map((layer) => [layer.name, shapeText(layer.shape), formatCount(layer.parameters), formatCount(layer.multiplyAdds), String(layer.field)]),
      chosen: ({ chosen }) => chosen,
    }),
  ],
  preview: drawTable,
});
