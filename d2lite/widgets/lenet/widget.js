// The LeNet explorer: a picture on the left, every layer on the right, and below one value down to its products.
import { control, defineExplorer } from "../_core/define.js";
import { make, writeText } from "../_core/dom.js";
import { formatNumber } from "../_core/format.js";
import { addKeys, ARROWS } from "../_core/keys.js";
import { button, group, hint, paragraph, stage } from "../_core/parts.js";
import { onPress } from "../_core/press.js";
import { chooser } from "../_draw/chooser.js";
import { ownPhoto } from "../_draw/ownphoto.js";
import { addPainting } from "../_draw/painting.js";
import { beside } from "../_draw/panes.js";
import { argmax } from "../_math/nn.js";
import { describeProduct, detailAt, drawDetail, explainValue, layOutDetail } from "./detail.js";
import { SIDE, continueCover, coverImage, layerNamed, makeCoverMap, openNetwork, runNetwork, selectUnit, takeApart } from "./model.js";
import { drawOverview, layOut, neighbour, percent, unitAt } from "./overview.js";
import { drawInput } from "./picture.js";
import { opener, sheet } from "./sheet.js";

const BUDGET = 9; // ms a frame may spend on the occlusion map
const BLANK = new Uint8Array(SIDE * SIDE);

/** Bring a scene up to date with the traits; say whether the occlusion map, which is extra, needs another frame. */
function updateScene(scene, get, { deadline }) {
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
  return wanted && continueCover(scene.heat, scene.network, deadline) && "extra";
}

function summarise(scene) {
  const [what, how] = explainValue(scene);
  return `${describePicture(scene)} ${predict(scene)} Chosen: ${what}: ${how}.`;
}

function describePicture({ network, index, drawn, cover, coverSize }) {
  const named = index < 0 ? (drawn ? "Your picture" : "Empty picture") : `Image ${index}: ${network.classes[network.labels[index]]}`;
  const covered = cover ? `, a square of ${coverSize} covered at row ${cover[0]}, column ${cover[1]}` : "";
  return `${named}${drawn && index >= 0 ? ", drawn on" : ""}${covered}.`;
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

/** The small pictures to choose from, an empty sheet first. */
function choices({ network: { classes, labels, images } }) {
  const named = images.map((pixels, i) => ({ name: `Image ${i}: ${classes[labels[i]]}`, pixels }));
  return [{ name: "Empty", pixels: BLANK }, ...named];
}

function usePicture(app, picture, scene) {
  scene.picture = picture;
  addPainting(app, picture, scene);
}

function describeUnit({ run }, px, py, width, height) {
  const found = unitAt(layOut(width, height), px, py);
  if (!found || found.layer === "output") return null;
  const { name, size, title } = layerNamed(found.layer);
  const [row, column] = found.place;
  const value = formatNumber(run[name][(found.unit * size + row) * size + column]);
  return size > 1 ? `${title}, map ${found.unit}, row ${row}, column ${column}: ${value}` : `${title}, unit ${found.unit}: ${value}`;
}

/** The value that the traits choose: keys may not wait for the next frame's scene. */
function chosen(get) {
  return selectUnit(get("layer"), get("unit"), get("place"));
}

/** Let pointer and arrows choose a map or unit on the overview. */
function addChoice(app, overview, scene) {
  scene.overview = overview;
  const layout = () => layOut(overview.width(), overview.height());
  app.scope.on(overview.canvas, "click", (event) => {
    const found = unitAt(layout(), ...overview.at(event));
    if (found) app.set({ layer: found.layer, unit: found.unit, place: found.place });
    if (found) scene.open(); // it may have been chosen before
  });
  const press = (key) => {
    if (key === "Enter") return void scene.open();
    if (!ARROWS[key]) return false;
    const { layer, unit } = chosen(app.get);
    const next = neighbour(layout(), layer.name, unit, ARROWS[key]);
    if (next) app.set(next);
    return true;
  };
  addKeys(app, overview, { kind: "layers of a network", help: "Arrows go from map to map and from layer to layer.", press });
}

/** Let pointer and arrows choose a place of the map and the input map whose products are shown. */
function addPlace(app, detail, scene) {
  onPress(app, detail.canvas, (event) => {
    const { source, place } = detailAt(layOutDetail(detail.width(), detail.height(), scene), scene, ...detail.at(event)) || {};
    if (source !== undefined) app.set({ source });
    if (place) app.set({ place });
  });
  const press = (key) => {
    const page = { PageUp: -1, PageDown: 1 }[key];
    if (!ARROWS[key] && !page) return false;
    const { layer, row, column } = chosen(app.get);
    const [dx, dy] = ARROWS[key] || [0, 0];
    const inside = (p) => Math.min(layer.size - 1, Math.max(0, p));
    const last = scene.parts.sources.length - 1;
    if (page) app.set({ source: Math.min(last, Math.max(0, Math.min(last, app.get("source")) + page)) });
    else app.set({ place: [inside(row + dy), inside(column + dx)] });
    return true;
  };
  addKeys(app, detail, { kind: "one value taken apart", help: "Arrows move the place in the map, Page Up and Page Down choose the input map.", press });
}

function describePlace(scene, px, py, width, height) {
  const { cell } = detailAt(layOutDetail(width, height, scene), scene, px, py) || {};
  return cell === undefined ? null : describeProduct(scene, cell);
}

function story(app, parent, scene) {
  const line = make("p", { class: "d2l-story" }, make("b"), make("span"));
  parent.append(line);
  app.draw(() => {
    const [what, how] = explainValue(scene);
    writeText(line.firstChild, what);
    writeText(line.lastChild, ` = ${how}.`);
  });
}

function verdict(scene) {
  const { network, index, drawn, run } = scene;
  const bad = index >= 0 && !drawn && argmax(run.probabilities) !== network.labels[index];
  return { text: `${describePicture(scene)} ${predict(scene)}`, bad };
}

export const { render, preview } = defineExplorer({
  title: "LeNet explorer: a trained network on one image",
  update: updateScene,
  budget: BUDGET,
  output: ({ run }) => ({ logits: [...run.output] }),
  say: summarise,
  left: [
    stage({ draw: drawInput, label: "The picture", use: usePicture }),
    opener,
    paragraph(verdict, { className: "d2l-verdict" }),
    hint(describeHeat),
    chooser({
      name: "image",
      images: choices,
      of: (scene) => scene.data,
      chosen: ({ index }) => index + 1,
      choose: (app, i) => app.set({ image: i - 1, pixels: [] }),
    }),
    ownPhoto(),
  ],
  right: [stage({ draw: drawOverview, label: "Every layer of the network", ratio: 0.52, use: addChoice, tip: describeUnit })],
  bottom: [
    sheet,
    story,
    stage({ draw: drawDetail, label: "The chosen value taken apart", ratio: 2, className: "d2l-detail", use: addPlace, tip: describePlace }),
  ],
  controls: ["tool", "sensitivity", "brush", "cover_size", "layer", "unit"],
  shown: 2,
  more: [
    group(
      { className: "d2l-tools" },
      button({ label: "Uncover", press: (app) => app.set({ cover: [] }) }),
      button({ label: "Undo drawing", press: (app) => app.set({ pixels: [] }) }),
    ),
  ],
  preview: beside(drawInput, drawOverview, 0.4),
});
