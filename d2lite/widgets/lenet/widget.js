// The LeNet explorer: a picture on the left, every layer on the right, and below one value down to its products.
import { addControl, addControls } from "../_core/controls.js";
import { make, makeButton, writeText } from "../_core/dom.js";
import { nameElement, openExplorer } from "../_core/frame.js";
import { formatNumber } from "../_core/format.js";
import { clipped, drawMatrix } from "../_draw/layers.js";
import { onPress } from "../_core/press.js";
import { addStage, addTooltip } from "../_core/stage.js";
import { makeRamp, plainTheme } from "../_core/theme.js";
import { describeCell, detailAt, drawDetail, explainValue, layOutDetail } from "./detail.js";
import { SIDE, argmax, continueCover, coverImage, layerNamed, makeCoverMap, openNetwork, runNetwork, selectUnit, takeApart } from "./model.js";
import { drawOverview, layOut, neighbour, percent, unitAt } from "./overview.js";
import { addHand, drawPicture, takeKeys } from "./picture.js";

const BUDGET = 9; // ms a frame may spend on the covering map
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const BLANK = new Uint8Array(SIDE * SIDE);

/** Bring a scene up to date with the traits; return whether the covering map needs another frame. */
function updateScene(scene, get, deadline = () => false) {
  if (scene.data !== get("data")) Object.assign(scene, { data: get("data"), network: openNetwork(get("data")), key: "", heatKey: "" });
  const { network } = scene;
  const drawn = get("pixels");
  const index = Math.min(get("image"), network.images.length - 1);
  const image = index < 0 ? BLANK : network.images[index];
  Object.assign(scene, { index, drawn: drawn.length > 0, cover: get("cover")[0] || null, coverSize: get("cover_size"), source: get("source") });
  const key = `${index};${drawn};${scene.cover};${scene.coverSize}`;
  if (key !== scene.key) {
    const pixels = drawn.length ? Array.from(BLANK, (_, k) => drawn[k] || 0) : image;
    const shown = scene.cover ? coverImage(pixels, ...scene.cover, scene.coverSize) : pixels;
    Object.assign(scene, { key, pixels, shown, run: runNetwork(network, shown) });
  }
  scene.pick = selectUnit(get("layer"), get("unit"), get("place"));
  scene.parts = takeApart(network, scene.run, scene.pick);
  return updateHeat(scene, get("sensitivity"), deadline);
}

function updateHeat(scene, wanted, deadline) {
  const key = `${scene.index};${scene.drawn ? scene.pixels : ""};${scene.coverSize}`;
  if (!wanted) scene.heat = null;
  else if (!scene.heat || scene.heatKey !== key) Object.assign(scene, { heatKey: key, heat: makeCoverMap(scene.network, scene.pixels, scene.coverSize) });
  return wanted && continueCover(scene.heat, scene.network, deadline);
}

function advance(app, scene) {
  const start = performance.now();
  const before = scene.run;
  const more = updateScene(scene, app.get, () => performance.now() - start > BUDGET);
  if (scene.run !== before) app.set({ logits: [...scene.run.output] }, { later: true });
  app.say(summarise(scene));
  return more;
}

function summarise(scene) {
  const [what, how] = explainValue(scene);
  return `${describePicture(scene)} ${predict(scene)} Chosen: ${what}: ${how}.`;
}

function describePicture({ network, index, drawn, cover, coverSize }) {
  const named = index < 0 ? "Empty picture" : `Image ${index}: ${network.classes[network.labels[index]]}`;
  const covered = cover ? `, a square of ${coverSize} covered at row ${cover[0]}, column ${cover[1]}` : "";
  return `${named}${drawn ? ", drawn on" : ""}${covered}.`;
}

function predict({ network, run }) {
  const order = [...run.probabilities.keys()].sort((a, b) => run.probabilities[b] - run.probabilities[a]);
  const [first, second] = order.map((k) => `${network.classes[k]} ${percent(run.probabilities[k])}`);
  return `The network says ${first}, then ${second}.`;
}

function describeHeat({ heat, network }) {
  if (!heat) return "";
  const part = heat.next / heat.drops.length;
  if (part < 1) return `Covering every place in turn: ${Math.floor(100 * part)}%`;
  const most = heat.drops.reduce((a, v) => Math.max(a, v), 0);
  return `Orange: covering here lowers the probability of ${network.classes[heat.target]}, by up to ${formatNumber(100 * most, 2)} points of ${percent(heat.base)}. Blue: it rises.`;
}

/** A radio button with a small picture for each image, and one for an empty sheet. */
function addChooser(app, parent, scene) {
  const group = `d2l-images-${app.id}`;
  const bar = make("div", { class: "d2l-chooser", role: "radiogroup", "aria-label": "Image" });
  nameElement(app, "image", bar);
  parent.append(bar);
  let shown = null;
  const fill = () => {
    const { classes, labels, images } = scene.network;
    shown = { data: scene.data, theme: app.theme };
    const ramp = makeRamp(app.theme.bg, app.theme.text);
    bar.replaceChildren(...[BLANK, ...images].map((pixels, i) => {
      const name = i ? `Image ${i - 1}: ${classes[labels[i - 1]]}` : "Empty";
      const input = make("input", { type: "radio", name: group, "aria-label": name });
      input.onchange = () => app.set({ image: i - 1, pixels: [] });
      const canvas = make("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" });
      drawMatrix(canvas.getContext("2d"), pixels, SIDE, SIDE, { x: 0, y: 0, width: SIDE, height: SIDE }, ramp, (v) => v / 255);
      return make("label", { class: "d2l-thumb", title: name }, input, canvas);
    }));
  };
  app.draw(() => {
    if (shown?.data !== scene.data || shown.theme !== app.theme) fill();
    [...bar.children].forEach((label, i) => (label.firstChild.checked = i === scene.index + 1));
  });
}

/** Let pointer and arrows choose a map or unit on the overview. */
function addChoice(app, stage) {
  const { canvas } = stage;
  const keys = "Arrows go from map to map and from layer to layer.";
  takeKeys(canvas, "layers of a network", keys);
  const layout = () => layOut(stage.width(), stage.height());
  const choose = (event) => {
    const found = unitAt(layout(), ...stage.at(event));
    if (found) app.set({ layer: found.layer, unit: found.unit, place: found.place });
  };
  app.scope.on(canvas, "click", choose);
  app.scope.on(canvas, "keydown", (event) => {
    if (!ARROWS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    const { layer, unit } = selectUnit(app.get("layer"), app.get("unit"), app.get("place"));
    const next = neighbour(layout(), layer.name, unit, ARROWS[event.key]);
    if (next) app.set(next);
    event.preventDefault();
  });
}

/** Let pointer and arrows choose a place of the map and the input map whose products are shown. */
function addPlace(app, stage, scene) {
  const { canvas } = stage;
  takeKeys(canvas, "one value taken apart", "Arrows move the place in the map, Page Up and Page Down choose the input map.");
  const found = (event) => detailAt(layOutDetail(stage.width(), stage.height(), scene), scene, ...stage.at(event));
  const choose = (event) => {
    const { source, place } = found(event) || {};
    if (source !== undefined) app.set({ source });
    if (place) app.set({ place });
  };
  onPress(app, canvas, choose);
  app.scope.on(canvas, "keydown", (event) => {
    const page = { PageUp: -1, PageDown: 1 }[event.key];
    if ((!ARROWS[event.key] && !page) || event.ctrlKey || event.metaKey || event.altKey) return;
    const { layer, row, column } = selectUnit(app.get("layer"), app.get("unit"), app.get("place"));
    const [dx, dy] = ARROWS[event.key] || [0, 0];
    const inside = (p) => Math.min(layer.size - 1, Math.max(0, p));
    const last = scene.parts.sources.length - 1;
    if (page) app.set({ source: Math.min(last, Math.max(0, Math.min(last, app.get("source")) + page)) });
    else app.set({ place: [inside(row + dy), inside(column + dx)] });
    event.preventDefault();
  });
}

function addTools(app, parent) {
  const bar = make("div", { class: "d2l-tools" });
  parent.append(bar);
  addControl(app, bar, "tool");
  const act = (label, change) => {
    const button = makeButton({ label });
    button.onclick = () => app.set(change);
    bar.append(button);
  };
  act("Uncover", { cover: [] });
  act("Undo drawing", { pixels: [] });
}

function addStory(app, parent, scene) {
  const [heat, story] = [make("p", { class: "d2l-hint" }), make("p", { class: "d2l-story" }, make("b"), make("span"))];
  parent.append(story);
  app.draw(() => {
    const [what, how] = explainValue(scene);
    writeText(story.firstChild, what);
    writeText(story.lastChild, ` = ${how}.`);
    writeText(heat, describeHeat(scene));
  });
  return heat;
}

function addSay(app, parent, scene) {
  const line = make("p", { class: "d2l-verdict" });
  parent.append(line);
  app.draw(() => {
    const { network, index, drawn, run } = scene;
    writeText(line, `${describePicture(scene)} ${predict(scene)}`);
    line.classList.toggle("d2l-bad", index >= 0 && !drawn && argmax(run.probabilities) !== network.labels[index]);
  });
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "LeNet explorer: a trained network on one image" });
  const scene = {};
  app.update(() => advance(app, scene));
  app.body.classList.add("d2l-columns");
  const [left, right, below] = ["d2l-column", "d2l-column", "d2l-below"].map((name) => make("div", { class: name }));
  app.body.append(left, right, below);

  const picture = addStage(app, left, { draw: (ctx, w, h, theme) => drawPicture(ctx, w, h, theme, scene), label: "The picture" });
  addHand(app, picture, scene);
  addSay(app, left, scene);
  addTools(app, left);
  const panel = addControls(app, left, ["brush", "cover_size", "sensitivity"]);
  addChooser(app, left, scene);

  const overview = addStage(app, right, { draw: (ctx, w, h, theme) => drawOverview(ctx, w, h, theme, scene), label: "Every layer of the network", ratio: 0.52 });
  addChoice(app, overview);
  addTooltip(app, overview, (px, py) => tipOf(scene, unitAt(layOut(overview.width(), overview.height()), px, py)));

  const heat = addStory(app, below, scene);
  panel.after(heat);
  const detail = addStage(app, below, { draw: (ctx, w, h, theme) => drawDetail(ctx, w, h, theme, scene), label: "The chosen value taken apart", ratio: 2, className: "d2l-detail" });
  addPlace(app, detail, scene);
  addTooltip(app, detail, (px, py) => {
    const { cell } = detailAt(layOutDetail(detail.width(), detail.height(), scene), scene, px, py) || {};
    return cell === undefined ? null : describeCell(scene, cell);
  });
  addControls(app, below, ["layer", "unit"]);
  return app.close;
}

function tipOf({ run }, found) {
  if (!found || found.layer === "output") return null;
  const { name, size, title } = layerNamed(found.layer);
  const [row, column] = found.place;
  const value = formatNumber(run[name][(found.unit * size + row) * size + column]);
  return size > 1 ? `${title}, map ${found.unit}, row ${row}, column ${column}: ${value}` : `${title}, unit ${found.unit}: ${value}`;
}

/** The picture without a page: for the build's placeholders and thumbnails. */
export function preview(ctx, state, width, height, themeName) {
  const scene = {};
  updateScene(scene, (name) => state[name]);
  const theme = plainTheme(themeName);
  const side = Math.min(height, width * 0.4);
  clipped(ctx, { x: 0, y: 0, width: side, height }, () => drawPicture(ctx, side, side, theme, scene));
  ctx.save();
  ctx.translate(side + 16, 0);
  drawOverview(ctx, width - side - 16, height, theme, scene);
  ctx.restore();
}
