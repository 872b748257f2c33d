// The augmenter explorer: the changed image on the left; its label, and eight random copies, on the right.
import { defineExplorer } from "../_core/define.js";
import { formatFixed } from "../_core/format.js";
import { addHandle } from "../_core/handles.js";
import { hint, paragraph, player, stage } from "../_core/parts.js";
import { onPress } from "../_core/press.js";
import { mixColor } from "../_core/theme.js";
import { drawPixels } from "../_draw/layers.js";
import { above, squareBeside } from "../_draw/panes.js";
import { readPicture } from "../_draw/pictures.js";
import { drawLabel, strokeSegment } from "../_draw/scales.js";
import { areaOf, changeImage, drawCopies, PLACED, PLAIN } from "./model.js";

const SETTINGS = ["picture", "change", "strength", "partner", "x", "y", "draw"];

/** A picture of the payload as model.js takes it. */
function openPicture(packed) {
  const { width, height, rgba } = readPicture(packed);
  const values = new Float32Array(3 * width * height);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) values[3 * i + c] = rgba[4 * i + c] / 255;
  return { ...packed, image: { width, height, values }, count: packed.classes.length };
}

/** Every so many pixels each way: the preview, which is text in the page, is to be small. */
function thin(subject, every) {
  const { width, height, values } = subject.image;
  if (width < 64) return subject;
  const [w, h] = [width / every, height / every];
  const small = new Float32Array(3 * w * h);
  for (let k = 0; k < w * h; k++) {
    const from = 3 * every * (Math.floor(k / w) * width + (k % w));
    small.set(values.subarray(from, from + 3), 3 * k);
  }
  return { ...subject, image: { width: w, height: h, values: small } };
}

function updateScene(scene, get) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
  const key = JSON.stringify(settings);
  if (key === scene.key) return;
  const open = (name) => (scene.open[name] ||= openPicture(get("pictures")[name]));
  const subject = open(settings.picture);
  const place = subject.group.indexOf(settings.picture);
  const others = [1, 2].map((step) => open(subject.group[(place + step) % 3]));
  const all = [subject, ...others];
  const [large, small] = scene.still ? [2, 4].map((every) => all.map((one) => thin(one, every))) : [all, all];
  const now = changeImage(large[0], large[settings.partner], { ...settings, seed: 0 });
  const copies = drawCopies(small[0], small.slice(1), settings);
  Object.assign(scene, { key, settings, subject, other: others[settings.partner - 1], now, copies });
}

const percent = (part) => `${Math.round(100 * part)}%`;

/** What was done, and what the label is, in words. */
function judge({ settings: { change, strength }, subject, other, now }) {
  const [own, theirs] = [subject.classes[subject.label], other.classes[other.label]];
  const stays = `The label stays ${own}`;
  const { width, height } = subject.image;
  const isDigit = subject.count === 10 && subject.classes[0] === "0";
  if (change === "flip") return `Mirrored. ${stays}${isDigit ? ": would you still read it so?" : "."}`;
  if (change === "turn") return `Turned upside down. ${stays}${own === "6" || own === "9" ? `, and the picture reads ${15 - own}.` : isDigit ? ": would you still read it so?" : "."}`;
  if (change === "shift") return `Moved ${Math.abs(now.moved[0])} px ${now.moved[0] < 0 ? "left" : "right"} and ${Math.abs(now.moved[1])} px ${now.moved[1] < 0 ? "up" : "down"}. ${stays}.`;
  if (change === "noise") return `Noise with a standard deviation of ${formatFixed(strength)} on every pixel. ${stays}.`;
  if (change === "cutout") return `A square is black: ${percent(areaOf(now.box) / (width * height))} of the picture. ${stays}.`;
  if (change === "smoothing") return `The picture stays. ${percent(strength)} of the label is shared out among ${subject.count} classes: ${own} keeps ${formatFixed(now.label[subject.label])}.`;
  if (change === "mixup") return `Every pixel is ${percent(now.own)} ${own} and ${percent(1 - now.own)} ${theirs}, and so is the label.`;
  return `A box of the ${theirs} covers ${percent(1 - now.own)} of the picture: the label is ${percent(now.own)} ${own}, ${percent(1 - now.own)} ${theirs}.`;
}

function drawImage(ctx, { width, height, values }, box) {
  const pixels = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) pixels[4 * i + c] = 255 * values[3 * i + c];
  drawPixels(ctx, pixels, width, height, box, width > 40);
}

function drawNow(ctx, width, height, theme, { now }) {
  const side = Math.min(width, height);
  drawImage(ctx, now.image, [0, 0, side, side]);
  if (!now.box) return;
  const scale = side / now.image.width;
  const [left, top, right, bottom] = now.box.map((edge) => edge * scale);
  ctx.strokeStyle = theme.b;
  ctx.lineWidth = 2;
  for (const [x0, y0, x1, y1] of [[left, top, right, top], [right, top, right, bottom], [right, bottom, left, bottom], [left, bottom, left, top]]) strokeSegment(ctx, x0, y0, x1, y1);
}

/** A bar a class: how much of the label it has. */
function drawBars(ctx, width, height, theme, { now, subject }) {
  const row = (height - 16) / subject.count;
  const left = 62;
  drawLabel(ctx, "label", left, 0, theme);
  now.label.forEach((part, k) => {
    const y = 16 + row * (k + 0.5);
    const mine = part > 0.005;
    const size = Math.min(12, Math.max(9, row));
    drawLabel(ctx, subject.classes[k], left - 6, y, theme, { align: "right", baseline: "middle", size, color: mine ? theme.text : theme.muted, weight: mine ? 600 : 400 });
    ctx.fillStyle = mixColor(theme.bg, k === subject.label ? theme.a : theme.b, 0.7);
    ctx.fillRect(left, y - row * 0.36, (width - left - 44) * part, row * 0.72);
    if (mine) drawLabel(ctx, formatFixed(part), left + (width - left - 44) * part + 5, y, theme, { baseline: "middle", size, color: theme.text });
  });
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  strokeSegment(ctx, left, 16, left, height);
}

/** Eight random copies, each with its label in words. */
function drawStrip(ctx, width, height, theme, { copies, subject }) {
  const columns = width / height > 4 ? 8 : 4;
  const rows = 8 / columns;
  const side = Math.min(width / columns - 6, (height - 2) / rows - 14);
  copies.forEach((copy, i) => {
    const x = (i % columns) * (width / columns) + (width / columns - side) / 2;
    const y = Math.floor(i / columns) * (height / rows);
    drawImage(ctx, copy.image, [x, y, side, side]);
    drawLabel(ctx, labelText(copy.label, subject, width / columns > 100), x + side / 2, y + side + 2, theme, { align: "center", size: 9.5 });
  });
}

/** The two largest parts of a label, or the first alone where there is little room. */
function labelText(label, { classes }, wide) {
  const order = label.map((part, k) => [part, k]).sort((a, b) => b[0] - a[0]);
  const [[first, k], [second, j]] = order;
  if (first > 0.995) return classes[k];
  return `${classes[k]} ${formatFixed(first)}${wide && second > 0.005 && order[2][0] < second - 1e-9 ? ` ${classes[j]} ${formatFixed(second)}` : ""}`;
}

/** A box is dragged by its handle, or put where the reader presses; a shift goes that way. */
function placeBy(app, built) {
  const put = (px, py) => {
    const clamp = (part) => Math.max(0, Math.min(1, part));
    if (PLACED.includes(app.get("change"))) app.set({ x: clamp(px / built.width()), y: clamp(py / built.height()) });
  };
  onPress(app, built.canvas, (event) => put(...built.at(event)));
  const at = () => [app.get("x") * built.width(), app.get("y") * built.height()];
  const text = () => `${percent(app.get("x"))} across, ${percent(app.get("y"))} down`;
  const handle = addHandle(app, built, { label: "Place of the change", at, move: put, text, step: 6 });
  app.draw(() => (handle.hidden = !PLACED.includes(app.get("change"))));
}

const hasPlace = (get) => PLACED.includes(get("change"));

export const { render, preview } = defineExplorer({
  title: "Augmenter explorer: an image changed as in training, and its label",
  scene: () => ({ open: {}, key: "" }),
  update: updateScene,
  say: judge,
  left: [stage({ draw: drawNow, label: "The changed image", use: placeBy })],
  right: [
    paragraph(judge, { className: "d2l-verdict" }),
    stage({ draw: drawBars, label: "The label: a bar for each class", ratio: 2.6 }),
    stage({ draw: drawStrip, label: "Eight random copies with their labels", ratio: 2, className: "d2l-strip" }),
    player({ trait: "draw", again: true }),
    hint("Below the bars: eight copies as training draws them, each with its label. Play draws others."),
  ],
  controls: ["picture", "change", "strength", "partner", "x", "y"],
  visible: { strength: (get) => !PLAIN.includes(get("change")), x: hasPlace, y: hasPlace, partner: (get) => ["mixup", "cutmix"].includes(get("change")) },
  preview: squareBeside(drawNow, above(drawBars, drawStrip, 0.45)),
});
