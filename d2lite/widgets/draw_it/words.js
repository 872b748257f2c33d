// A drawing and the real curve, compared in words. No DOM here.
import { formatNumber, shortNumber } from "../_core/format.js";
import { compare, missedMoves, movedTurns, movesOf, PLACES } from "./model.js";

const SAME = 0.02; // of the axis: nobody draws closer
const CLOSE = 0.05;
const MOST_MOVES = 3; // that a sentence can hold
const PAST = { 1: "rises", [-1]: "falls" };
const NOUNS = { 1: "rise", [-1]: "fall" };

/** The name and the unit of a label such as "error, %". */
export function nameAndUnit(label) {
  const comma = label.lastIndexOf(", ");
  return comma > 0 ? [label.slice(0, comma), label.slice(comma + 2)] : [label, ""];
}

/** A value with the unit of its label. */
export function quantity(value, label, digits = 2) {
  const unit = nameAndUnit(label)[1];
  return unit ? `${shortNumber(value, digits)}${unit === "%" ? "" : " "}${unit}` : shortNumber(value, digits);
}

/** A place on the axis along: "epoch 12", "turned by 45 degrees", and with an equals sign what else could not be read, "hidden units = 8". */
export function placed(value, label) {
  const [name] = nameAndUnit(label);
  const reads = /\b(by|of)$/.test(name) || !/ |s$/.test(name);
  return `${name} ${reads ? "" : "= "}${quantity(value, label, 3)}`;
}

/** A place in words, the nearest of the curve's own points. */
export function placeText(curve, { x, xlabel }, place) {
  const part = place / PLACES;
  const far = (value) => Math.abs(curve.along.at(value) - part);
  const nearest = x.reduce((best, value) => (far(value) < far(best) ? value : best));
  return placed(nearest, xlabel);
}

/** How far off the drawing is on average, where most, and in which direction. */
function scoreText(curve, data, found) {
  const { mean, off, worst, meanBy, offBy } = found;
  const by = (value) => (curve.up.log ? `a factor of ${formatNumber(value, 2)}` : quantity(value, data.ylabel));
  const head = `${mean < SAME ? "Almost exactly: " : mean < CLOSE ? "Very close: " : ""}on average you are ${curve.up.log ? "off by " : ""}${by(meanBy)}${curve.up.log ? "" : " off"}`;
  const where = `${placeText(curve, data, worst)}: ${by(offBy)} too ${off > 0 ? "high" : "low"}`;
  const text = Math.abs(off) < SAME ? `${head}.` : `${head}, most at ${where}.`;
  return text[0].toUpperCase() + text.slice(1);
}

function movesText(moves) {
  if (!moves.length) return "stays about level";
  if (moves.length === 1) return `only ${PAST[moves[0].way]}`;
  if (moves.length > MOST_MOVES) return `turns ${moves.length - 1} times`;
  const words = moves.map(({ way }) => PAST[way]);
  return `${words.slice(0, -1).join(", ")}, then ${words[words.length - 1]}${words.length > 2 ? " again" : ""}`;
}

/** "the rise after epoch 14": one move, by where it begins, or where it ends if it begins the curve. */
function moveText(curve, data, { way, from, to }) {
  const where = from > PLACES / 12 ? `after ${placeText(curve, data, from)}` : to < PLACES ? `up to ${placeText(curve, data, to)}` : "";
  return `the ${NOUNS[way]} ${where}`.trim();
}

function listed(texts) {
  const shown = texts.slice(0, MOST_MOVES);
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown[shown.length - 1]}` : shown[0];
}

/** The rises, falls and turns that were seen, missed, or drawn elsewhere. */
function shapeText(curve, data, heights) {
  const [mine, real] = [heights, curve.truth].map((curveHeights) => movesOf(curveHeights));
  const { missed, extra } = missedMoves(heights, curve.truth);
  const turns = missed.slice(1).filter(({ from }, i) => missed[i].to === from);
  const tell = (moves) => listed(moves.map((move) => moveText(curve, data, move)));
  if (turns.length) return `The real curve ${movesText(real)}; yours ${movesText(mine)}. You missed its turn at ${listed(turns.map(({ from }) => placeText(curve, data, from)))}.`;
  if (missed.length) return `The real curve ${movesText(real)}; yours ${movesText(mine)}. You missed ${tell(missed)}.`;
  if (extra.length) return `The real curve ${movesText(real)}; yours ${movesText(mine)}. Not there: ${tell(extra)}.`;
  const [moved] = mine.length === real.length ? movedTurns(heights, curve.truth) : [];
  const seen = `You saw that it ${movesText(real)}`;
  if (!moved) return `${seen}.`;
  return `${seen}, but it turns at ${placeText(curve, data, moved[0])}, yours at ${placeText(curve, data, moved[1])}.`;
}

/** { score, shape, worst, amount }: the two sentences, the place of the largest difference, and how large, "" where there is none. */
export function describe(curve, data, heights) {
  const found = compare(heights, curve.truth, curve.up);
  const amount = curve.up.log ? `× ${formatNumber(found.offBy, 2)}` : quantity(found.offBy, data.ylabel);
  const large = Math.abs(found.off) >= CLOSE;
  return { ...found, score: scoreText(curve, data, found), shape: shapeText(curve, data, heights), amount: large ? amount : "" };
}
