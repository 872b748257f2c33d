// Four measures of how well a box fits, their gradients, and the descent of a box onto its target. No DOM here.
// Boxes are [x1, y1, x2, y2] in pixels, y downwards. Where two edges are level the gradient is shared, as torch does.
import { boxArea, boxIou } from "../_math/boxes.js";

export const LOSSES = ["iou", "giou", "diou", "ciou"];
const FLIPPED = "the box has turned inside out";

/** 1 where the first is the smaller, 1/2 where both are equal: the slope of min(x, y) in x. */
const smaller = (x, y) => (x < y ? 1 : x === y ? 0.5 : 0);

/** The common parts of all measures, with their slopes in the edges of a: each { value, slope: [4] }. */
function parts(a, b) {
  const axis = (k) => {
    const overlap = Math.min(a[k + 2], b[k + 2]) - Math.max(a[k], b[k]);
    const live = overlap >= 0 ? 1 : 0;
    const span = Math.max(a[k + 2], b[k + 2]) - Math.min(a[k], b[k]);
    return {
      size: a[k + 2] - a[k],
      overlap: Math.max(0, overlap),
      overlapSlope: [-live * smaller(b[k], a[k]), live * smaller(a[k + 2], b[k + 2])],
      span,
      spanSlope: [-smaller(a[k], b[k]), smaller(b[k + 2], a[k + 2])],
      apart: (a[k] + a[k + 2] - b[k] - b[k + 2]) / 2,
    };
  };
  const [x, y] = [axis(0), axis(1)];
  const product = (p, slopeX, q, slopeY) => ({ value: p * q, slope: [slopeX[0] * q, slopeY[0] * p, slopeX[1] * q, slopeY[1] * p] });
  const own = product(x.size, [-1, 1], y.size, [-1, 1]);
  const shared = product(x.overlap, x.overlapSlope, y.overlap, y.overlapSlope);
  const union = { value: own.value + boxArea(b) - shared.value, slope: own.slope.map((s, i) => s - shared.slope[i]) };
  const enclosing = product(x.span, x.spanSlope, y.span, y.spanSlope);
  const distance = { value: x.apart ** 2 + y.apart ** 2, slope: [x.apart, y.apart, x.apart, y.apart] };
  const diagonal = {
    value: x.span ** 2 + y.span ** 2,
    slope: [x.spanSlope[0] * x.span, y.spanSlope[0] * y.span, x.spanSlope[1] * x.span, y.spanSlope[1] * y.span].map((s) => 2 * s),
  };
  return { shared, union, enclosing, distance, diagonal };
}

/** p / q with its slope; 0 and flat where q is not positive. */
function ratio(p, q) {
  if (!(q.value > 0)) return { value: 0, slope: [0, 0, 0, 0] };
  return { value: p.value / q.value, slope: p.slope.map((s, i) => (s - (p.value / q.value) * q.slope[i]) / q.value) };
}

const less = (p, q, factor = 1) => ({ value: p.value - factor * q.value, slope: p.slope.map((s, i) => s - factor * q.slope[i]) });

/** CIoU's v, which compares the aspect ratios, with its slope; 0 where a box is a point. */
function aspect(a, b) {
  const [w, h, u, v] = [a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]];
  const square = w * w + h * h;
  if (!(square > 0 && u * u + v * v > 0)) return { value: 0, slope: [0, 0, 0, 0] };
  const turn = Math.atan2(u, v) - Math.atan2(w, h);
  const byAngle = (-8 / Math.PI ** 2) * turn;
  const [byWidth, byHeight] = [(byAngle * h) / square, (-byAngle * w) / square];
  return { value: (4 / Math.PI ** 2) * turn * turn, slope: [-byWidth, -byHeight, byWidth, byHeight] };
}

/** All four measures of a box and its target: { iou, giou, diou, ciou }, each { value, slope } in the box's edges. */
export function measures(a, b) {
  const { shared, union, enclosing, distance, diagonal } = parts(a, b);
  const iou = ratio(shared, union);
  const giou = less(iou, ratio(less(enclosing, union), enclosing));
  const diou = less(iou, ratio(distance, diagonal));
  const v = aspect(a, b);
  const alpha = v.value > 0 ? v.value / (1 - iou.value + v.value) : 0; // a constant for the gradient, as in the paper
  return { iou, giou, diou, ciou: less(diou, v, alpha) };
}

/** The shares of the drawing: empty part of the enclosing box, squared distance over squared diagonal, v, mean |edge|. */
export function penalties(a, b) {
  const { union, enclosing, distance, diagonal } = parts(a, b);
  const gap = a.reduce((sum, edge, i) => sum + Math.abs(edge - b[i]), 0) / 4;
  const share = (p, q) => (q > 0 ? p / q : 0);
  return {
    empty: share(enclosing.value - union.value, enclosing.value),
    distance: share(distance.value, diagonal.value),
    aspect: aspect(a, b).value,
    gap,
  };
}

/** A descent at its start. settings: loss (one of LOSSES), box, target, lr in px², decay (steps to zero, or 0 for none). */
export function makeRun({ loss, box, target, lr, decay = 0 }) {
  return { loss, target, lr, decay, boxes: [box], overlaps: [boxIou(box, target)], broken: "" };
}

export function stepsDone(run) {
  return run.boxes.length - 1;
}

/** The learning rate of the next step: constant, or falling in a straight line to zero. */
export function rateAt(run, step) {
  return run.decay ? run.lr * Math.max(0, 1 - step / run.decay) : run.lr;
}

/** One step of gradient descent of 1 - measure on the four edges; false where the box has turned inside out. */
export function descendStep(run) {
  if (run.broken) return false;
  const box = run.boxes[run.boxes.length - 1];
  const { slope } = measures(box, run.target)[run.loss];
  const rate = rateAt(run, stepsDone(run));
  const next = box.map((edge, i) => edge + rate * slope[i]);
  if (!(next[0] <= next[2] && next[1] <= next[3] && Math.max(...next.map(Math.abs)) < 1e4)) {
    run.broken = FLIPPED;
    return false;
  }
  run.boxes.push(next);
  run.overlaps.push(boxIou(next, run.target));
  return true;
}

export function descendTo(run, target) {
  while (stepsDone(run) < target && descendStep(run));
}

/** The first step at which the IoU has reached a level, or -1. */
export function arrival(run, level = 0.9) {
  return run.overlaps.findIndex((overlap) => overlap >= level);
}

/** Steps until a box of a size, begun with its middle at (x, y), has an IoU of 0.9; -1 if not within most. */
export function arrivalFrom(settings, [width, height], x, y, most) {
  const box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
  const run = makeRun({ ...settings, box });
  while (run.overlaps[stepsDone(run)] < 0.9 && stepsDone(run) < most && descendStep(run));
  return run.overlaps[stepsDone(run)] >= 0.9 ? stepsDone(run) : -1;
}

/** A box of any two corners as [x1, y1, x2, y2] with sides of at least a size, inside a square. */
export function tidyBox([a, b, c, d], side, least = 2) {
  const axis = (p, q) => {
    const low = Math.min(side - least, Math.max(0, Math.min(p, q)));
    return [low, Math.min(side, Math.max(low + least, Math.max(p, q)))];
  };
  const [[x1, x2], [y1, y2]] = [axis(a, c), axis(b, d)];
  return [x1, y1, x2, y2];
}
