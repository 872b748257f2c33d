// A curve drawn by hand beside a real one: what is drawn, how far off it is, which turns it lacks. No DOM here.
// Places are 0 to PLACES along the part of x that is to be drawn; heights are 0 to 1 along y's axis.

export const PLACES = 96;
export const ENOUGH = 0.6; // of the places, to compare
const BRIDGED = 16; // places between two strokes, or two keys' points, that count as drawn
const TURN = 0.08; // of the axis: a smaller change is neither a rise nor a fall
const SEEN = 12; // places by which a turn may stand elsewhere

/** An axis from low to high: at(value) is 0 to 1 along it, value(part) leads back. */
export function axisOf(low, high, log) {
  const [a, b] = log ? [Math.log(low), Math.log(high)] : [low, high];
  const at = (value) => ((log ? Math.log(value) : value) - a) / (b - a);
  const value = (part) => (log ? Math.exp(a + part * (b - a)) : a + part * (b - a));
  return { low, high, log, at, value };
}

/** The curve of a payload: { along, up (axes), anchor (height of the last point given, or null), truth (heights at the places) }. */
export function openCurve({ x, y, xscale, yscale, ylim, given }) {
  const from = given ? given - 1 : 0;
  const along = axisOf(x[from], x[x.length - 1], xscale === "log");
  const up = axisOf(...ylim, yscale === "log");
  const points = x.slice(from).map((value, i) => [PLACES * along.at(value), up.at(y[from + i])]);
  return { along, up, anchor: given ? points[0][1] : null, truth: filled(points) };
}

/** Heights at all places through some points [place, height] in order: straight lines between them, the ends held. */
export function filled(points) {
  const heights = new Float64Array(PLACES + 1);
  for (let place = 0, k = 0; place <= PLACES; place++) {
    while (k < points.length && points[k][0] < place) k++;
    const [before, after] = [points[k - 1] || points[k], points[k] || points[k - 1]];
    const width = after[0] - before[0];
    heights[place] = width ? before[1] + ((after[1] - before[1]) * (place - before[0])) / width : before[1];
  }
  return heights;
}

/** The points of a drawing in order, one a place, from the anchor on. */
export function drawnPoints(rows, anchor) {
  const heights = new Map(rows.map(([place, height]) => [place, height]));
  if (anchor !== null) heights.set(0, anchor);
  return [...heights].sort(([a], [b]) => a - b);
}

/** The points as strokes: lists of points without a gap that is too wide to count as drawn. */
export function strokesOf(points) {
  const strokes = [];
  points.forEach((point, i) => {
    if (i && point[0] - points[i - 1][0] <= BRIDGED) strokes[strokes.length - 1].push(point);
    else strokes.push([point]);
  });
  return strokes;
}

/** The share of the places that is drawn; the anchor alone is nothing yet. */
export function coverage(rows, anchor) {
  if (!rows.length) return 0;
  const strokes = strokesOf(drawnPoints(rows, anchor));
  return strokes.reduce((sum, stroke) => sum + stroke[stroke.length - 1][0] - stroke[0][0] + 1, 0) / (PLACES + 1);
}

const inside = (height) => Number(Math.min(1, Math.max(0, height)).toFixed(3));

/**
 * A drawing after a stroke of the pen from one [place, height], not whole numbers, to another: what stood there is replaced. The place
 * that the pen comes to next has its height until it passes it.
 */
export function strokeOver(rows, from, to, anchor) {
  const least = anchor === null ? 0 : 1;
  const [left, right] = from[0] <= to[0] ? [from, to] : [to, from];
  const heights = new Map(rows.map(([place, height]) => [place, height]));
  for (let place = Math.max(least, Math.ceil(left[0])); place <= Math.min(PLACES, right[0]); place++) {
    const part = (place - left[0]) / (right[0] - left[0] || 1);
    heights.set(place, inside(left[1] + part * (right[1] - left[1])));
  }
  const next = to[0] > from[0] ? Math.ceil(to[0]) : to[0] < from[0] ? Math.floor(to[0]) : Math.round(to[0]);
  if (next >= least && next <= PLACES) heights.set(next, inside(to[1]));
  return [...heights].sort(([a], [b]) => a - b);
}

/** A drawing lifted by a height at a place, less and less up to a reach of places to both sides; the place itself is drawn then. */
export function lift(rows, place, by, from, reach) {
  const at = rows.some(([other]) => other === place) ? rows : [...rows, [place, from]];
  const share = (other) => Math.max(0, 1 - Math.abs(other - place) / reach);
  return at.map(([other, height]) => [other, inside(height + by * share(other))]).sort(([a], [b]) => a - b);
}

/** Rises and falls of heights: [{ way: 1 or -1, from, to }], each of at least TURN; none where they stay level. A plateau belongs to the move before it. */
export function movesOf(heights, least = TURN) {
  const moves = [];
  let [way, low, high] = [0, 0, 0]; // places of the lowest and the highest since the last turn
  const begin = (to, from) => moves.push({ way: (way = to), from, to: 0 });
  for (let i = 1; i < heights.length; i++) {
    if (heights[i] <= heights[low]) low = i;
    if (heights[i] >= heights[high]) high = i;
    if (way <= 0 && heights[i] - heights[low] >= least) begin(1, low), (high = i);
    else if (way >= 0 && heights[high] - heights[i] >= least) begin(-1, high), (low = i);
  }
  moves.forEach((move, k) => (move.to = k + 1 < moves.length ? moves[k + 1].from : move.way > 0 ? high : low));
  return moves;
}

/**
 * How far heights drawn are from the true ones: mean (of the distance, over the width), worst (its place), off (there, with its sign), and in y's
 * own measure meanBy, offBy: differences, or factors on a logarithmic axis.
 */
export function compare(drawn, truth, up) {
  let [sum, worst] = [0, 0];
  for (let place = 0; place <= PLACES; place++) {
    const distance = Math.abs(drawn[place] - truth[place]);
    sum += place % PLACES ? distance : distance / 2; // the area between the two, over the width
    if (distance > Math.abs(drawn[worst] - truth[worst])) worst = place;
  }
  const [mean, off] = [sum / PLACES, drawn[worst] - truth[worst]];
  const measure = (part) => (up.log ? (up.high / up.low) ** part : part * (up.high - up.low));
  return { mean, worst, off, meanBy: measure(mean), offBy: measure(Math.abs(off)) };
}

/** The moves of the true heights that those drawn do not make, and the drawn ones that are not true. */
export function missedMoves(drawn, truth) {
  const lacks = (heights) => ({ way, from, to }) => way * (heights[to] - heights[from]) < TURN / 2;
  return { missed: movesOf(truth).filter(lacks(drawn)), extra: movesOf(drawn).filter(lacks(truth)) };
}

/** The turns of the true heights that stand elsewhere in those drawn, where both make the same moves: [[true, drawn], ...]. */
export function movedTurns(drawn, truth) {
  const [mine, real] = [movesOf(drawn), movesOf(truth)];
  const pairs = real.slice(1).map(({ from }, k) => [from, mine[k + 1]?.from]);
  return pairs.filter(([a, b]) => b !== undefined && Math.abs(a - b) > SEEN);
}
