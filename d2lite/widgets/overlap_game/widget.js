// The overlap game: a pair of boxes on a picture at the left, guesses against truths at the right.
import { control, defineExplorer } from "../_core/define.js";
import { copyText, makeButton } from "../_core/dom.js";
import { formatFixed } from "../_core/format.js";
import { hint, paragraph, stage, table } from "../_core/parts.js";
import { formatHash } from "../_core/state.js";
import { drawBox, drawLegend, drawLine, drawMark } from "../_draw/layers.js";
import { squareBeside } from "../_draw/panes.js";
import { drawPicture, halfPicture, readPicture } from "../_draw/pictures.js";
import { drawAxes, drawLabel, linearScale, plotBox } from "../_draw/scales.js";
import { boxArea, sharedArea } from "../_math/boxes.js";
import { COUNT, drawPairs, judge, overlapOf, sideShare, stageOf } from "./model.js";

const SIDE = 96; // px of the pictures
const START = { guesses: [], pair: 1, guess: 0.5 };

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const { pictures, items } = get("data");
  if (!scene.pictures) scene.pictures = pictures.map(readPicture);
  if (scene.seed !== get("seed")) {
    const pairs = drawPairs(items, get("seed"));
    Object.assign(scene, { seed: get("seed"), pairs, truths: pairs.map(overlapOf), sides: pairs.map(sideShare) });
  }
  const guesses = get("guesses");
  Object.assign(scene, { guesses, guess: get("guess") }, stageOf(get("pair"), guesses));
  const seen = scene.truths.slice(0, guesses.length);
  scene.judged = [guesses, seen.map(() => 0.5), scene.sides.slice(0, guesses.length)].map((list) => judge(list, seen));
}

const isOver = ({ guesses }) => guesses.length === COUNT;

/** What is to be done, or how far off the guess was. */
function tell({ shown, open, pairs, truths, guesses }) {
  if (!open) return `Pair ${shown + 1} of ${COUNT}. How much do they overlap?`;
  const { truth, answer } = pairs[shown];
  const shared = sharedArea(truth, answer);
  const covered = boxArea(truth) + boxArea(answer) - shared;
  const gap = guesses[shown] - truths[shown];
  const off = Math.abs(gap) < 0.005 ? "right" : `${formatFixed(Math.abs(gap), 2)} too ${gap > 0 ? "high" : "low"}`;
  return `Pair ${shown + 1}: IoU ${formatFixed(truths[shown], 2)}, ${shared} of ${covered} px². You said ${formatFixed(guesses[shown], 2)}: ${off}.`;
}

function summarise(scene) {
  const [mine, half, sides] = scene.judged.map(({ error }) => formatFixed(error, 2));
  return isOver(scene) && scene.shown === COUNT - 1 ? `${tell(scene)} All ten: off by ${mine} on average; always 0.5 by ${half}, the share of the sides by ${sides}.` : tell(scene);
}

function drawPair(ctx, width, height, theme, scene) {
  const side = Math.min(width, height);
  const x = linearScale([0, SIDE], [0, side]);
  const { picture, truth, answer } = scene.pairs[scene.shown];
  const image = scene.pictures[picture];
  drawPicture(ctx, scene.still ? halfPicture(image) : image, side, theme, theme.dark ? 0.35 : 0.5);
  const shared = [Math.max(truth[0], answer[0]), Math.max(truth[1], answer[1]), Math.min(truth[2], answer[2]), Math.min(truth[3], answer[3])];
  if (scene.open && shared[0] < shared[2] && shared[1] < shared[3]) drawBox(ctx, x, shared, { color: theme.good, width: 1, fill: theme.good, alpha: 0.4 });
  drawBox(ctx, x, truth, { color: theme.a, width: 3, edge: theme.bg });
  drawBox(ctx, x, answer, { color: theme.b, width: 3, dash: [7, 4], edge: theme.bg });
  drawLabel(ctx, "true box", x(truth[0]) + 2, Math.max(13, x(truth[1]) - 4), theme, { color: theme.a, weight: 600, baseline: "bottom" });
  drawLabel(ctx, "answer", x(answer[0]) + 2, Math.min(side - 14, x(answer[3]) + 4), theme, { color: theme.b, weight: 600 });
}

/** Every guess against its truth: above the line it was too high. */
function drawGuesses(ctx, width, height, theme, scene) {
  const box = plotBox(width, height, { top: 24, right: 10, bottom: 34, left: 34 });
  const x = linearScale([0, 1], [box.x, box.x + box.width]);
  const y = linearScale([0, 1], [box.y + box.height, box.y]);
  drawAxes(ctx, box, x, y, theme, { xTicks: [0, 0.5, 1], yTicks: [0, 0.5, 1] });
  drawLine(ctx, [0, 1], [0, 1], x, y, { color: theme.muted, dash: [4, 3] });
  drawLabel(ctx, "too high", x(0.04), y(0.96), theme);
  drawLabel(ctx, "too low", x(0.96), y(0.04), theme, { align: "right", baseline: "bottom" });
  drawLabel(ctx, "true IoU", box.x + box.width, height - 2, theme, { align: "right", baseline: "bottom" });
  const { guesses, truths, sides, shown, open } = scene;
  guesses.forEach((guess, i) => drawMark(ctx, x(truths[i]), y(guess), { radius: i === shown && open ? 6 : 4.5, fill: theme.accent, stroke: theme.bg, width: 1.5 }));
  if (isOver(scene)) sides.forEach((share, i) => drawMark(ctx, x(truths[i]), y(share), { shape: "cross", radius: 4, stroke: theme.b, width: 2 }));
  if (!open) drawMark(ctx, box.x, y(scene.guess), { radius: 5, stroke: theme.accent, width: 2 });
  const entries = [{ label: "your guesses", color: theme.accent, shape: "circle" }];
  if (isOver(scene)) entries.push({ label: "share of the sides", color: theme.b, shape: "cross" });
  drawLegend(ctx, entries, { x: box.x, y: 0 }, theme, box.width);
}

function rows({ judged, guesses }) {
  const names = ["you", "always 0.5", "share of the sides"];
  return judged.map(({ error, high }, i) => (guesses.length ? [names[i], formatFixed(error, 3), `${high} of ${guesses.length}`] : [names[i], "", ""]));
}

/** The next move, asked of the traits: two presses may fall in one frame. */
function nextMove(app) {
  const guesses = app.get("guesses");
  const { shown, open } = stageOf(app.get("pair"), guesses);
  if (!open) return { label: "That is my guess", changes: { guesses: [...guesses, app.get("guess")] } };
  if (shown < COUNT - 1) return { label: "Next pair", changes: { pair: shown + 2, guess: 0.5 } };
  const { max } = app.entry("seed");
  return { label: "Ten new pairs", changes: { ...START, seed: (app.get("seed") + 1) % (max + 1) } };
}

/** One button for all moves; Enter on the slider does the same. */
function mover(app, parent, scene) {
  const element = makeButton({ label: "That is my guess", kind: "main" });
  const move = () => {
    app.set(nextMove(app).changes);
    app.refresh();
  };
  element.onclick = move;
  parent.append(element);
  app.scope.on(app.body, "keydown", (event) => {
    if (event.key !== "Enter" || event.target.type !== "range") return;
    event.preventDefault();
    move();
  });
  let told = "";
  app.draw(() => {
    const { label } = nextMove(app);
    if (element.lastChild.textContent !== label) element.lastChild.textContent = label;
    const news = scene.open ? summarise(scene) : "";
    if (news && news !== told) app.announce(news);
    told = news;
  });
}

/** A link to these ten pairs, without the guesses; a notebook has no address to give. */
function friendLink(app, parent) {
  if (app.model.host !== "site") return;
  const element = makeButton({ label: "Link for a friend", title: "Copy a link to the same ten pairs, without your guesses" });
  element.onclick = async () => {
    const link = location.href.split("#")[0] + formatHash(app.id, app.spec, { ...app.values(), ...START }, app.hide);
    const done = await copyText(link);
    app.note(done ? "Link to these ten pairs copied." : `Copy this yourself: ${link}`, done);
  };
  parent.append(element);
}

export const { render, preview } = defineExplorer({
  title: "Overlap game: ten pairs of boxes to guess",
  update: updateScene,
  output: ({ judged, guesses }) => ({ score: guesses.length ? judged.map(({ error }) => error) : [] }),
  say: summarise,
  left: [
    stage({ draw: drawPair, label: "A picture with a true box and an answer" }),
    paragraph(summarise, { className: "d2l-direct d2l-told" }),
  ],
  right: [
    stage({ draw: drawGuesses, label: "Your guesses against the true overlaps", ratio: 1.25, className: "d2l-guesses" }),
    table({ heads: ["", "off by, on average", "too high in"], rows }),
  ],
  bottom: [hint("Green, after a guess: what both share. In the chart a guess on the slanted line is exact; the ring is your guess now.")],
  controls: ["guess", mover, friendLink, control("seed", { resets: START })],
  preview: squareBeside(drawPair, drawGuesses),
});
