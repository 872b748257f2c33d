// Lines through points, their losses, the best of them, and gradient descent. No DOM here.
// A line is { w, b }: w · u + b, where u is the input in a frame's units, u = (x − shift) / scale.

export const ENDS = [20, 35]; // the inputs at which a line's two heights are given
const LOST = 1e13; // a loss beyond this is called divergence
const NEAR = 1.01; // within 1% of the lowest loss counts as arrived
const FLAT = 1e-12; // of a variance: all inputs are equal

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The units of the input: "raw", or "std", its distance from the mean in standard deviations (over N). */
export function makeFrame(points, unit) {
  if (unit === "raw") return { shift: 0, scale: 1 };
  const shift = mean(points.map(([x]) => x));
  const variance = mean(points.map(([x]) => (x - shift) ** 2));
  return { shift, scale: variance > FLAT ? Math.sqrt(variance) : 1 };
}

export function lineAt({ w, b }, { shift, scale }, x) {
  return (w * (x - shift)) / scale + b;
}

/** The line through two heights at ENDS, and the heights of a line. */
export function lineOf([first, last], { shift, scale }) {
  const slope = (last - first) / (ENDS[1] - ENDS[0]);
  return { w: slope * scale, b: first + slope * (shift - ENDS[0]) };
}

export function endsOf(line, frame) {
  return ENDS.map((x) => lineAt(line, frame, x));
}

/** What all squared losses need of the points: means of u², u, u y, y and y². */
export function momentsOf(points, { shift, scale }) {
  const pairs = points.map(([x, y]) => [(x - shift) / scale, y]);
  const [uu, u, uy, y, yy] = [(u) => u * u, (u) => u, (u, y) => u * y, (_, y) => y, (_, y) => y * y].map((f) => mean(pairs.map(([u, y]) => f(u, y))));
  return { pairs, uu, u, uy, y, yy };
}

/** The mean squared or absolute error of a line, from the moments. */
export function lossOf(moments, kind, w, b) {
  const { pairs, uu, u, uy, y, yy } = moments;
  if (kind === "squared") return Math.max(0, uu * w * w + b * b + yy + 2 * (u * w * b - uy * w - y * b));
  let total = 0;
  for (const pair of pairs) total += Math.abs(w * pair[0] + b - pair[1]);
  return total / pairs.length;
}

/** The loss's slopes [along w, along b]; an absolute error of exactly 0 has slope 0, as in torch. */
export function gradientOf(moments, kind, w, b) {
  const { pairs, uu, u, uy, y } = moments;
  if (kind === "squared") return [2 * (uu * w + u * b - uy), 2 * (u * w + b - y)];
  let [dw, db] = [0, 0];
  for (const [input, target] of pairs) {
    const sign = Math.sign(w * input + b - target);
    dw += sign * input;
    db += sign;
  }
  return [dw / pairs.length, db / pairs.length];
}

/** The line of least loss, or null where no line is the only best one, as all inputs are equal. */
export function bestLine(points, frame, kind) {
  const moments = momentsOf(points, frame);
  const variance = moments.uu - moments.u ** 2;
  if (!(variance > FLAT * Math.max(1, moments.uu))) return null;
  if (kind === "absolute") return bestThroughTwo(moments);
  const w = (moments.uy - moments.u * moments.y) / variance;
  return { w, b: moments.y - w * moments.u };
}

/** A line of least absolute error: one of them passes through two of the points. */
function bestThroughTwo(moments) {
  const { pairs } = moments;
  let [found, least] = [null, Infinity];
  for (let i = 0; i < pairs.length; i++) {
    for (let j = 0; j < i; j++) {
      if (pairs[i][0] === pairs[j][0]) continue;
      const w = (pairs[i][1] - pairs[j][1]) / (pairs[i][0] - pairs[j][0]);
      const b = pairs[i][1] - w * pairs[i][0];
      const loss = lossOf(moments, "absolute", w, b);
      if (loss < least) [found, least] = [{ w, b }, loss];
    }
  }
  return found;
}

/**
 * A descent at its start. run.ws[k], run.bs[k] and run.losses[k] are those after k steps; run.broken is the step that left all
 * bounds, run.arrived the first one within 1% of the lowest loss, each 0 or -1 if there is none; run.lowestAt the best one so far.
 */
export function makeRun(moments, { kind, lr, start, lowest }) {
  const losses = [lossOf(moments, kind, start.w, start.b)];
  const run = { moments, kind, lr, lowest, ws: [start.w], bs: [start.b], losses, broken: 0, arrived: -1, lowestAt: 0 };
  if (losses[0] <= NEAR * lowest) run.arrived = 0;
  return run;
}

export function stepsDone(run) {
  return run.ws.length - 1;
}

/** One step of gradient descent; false when the loss has left all bounds. */
export function descendStep(run) {
  if (run.broken) return false;
  const k = stepsDone(run);
  const [dw, db] = gradientOf(run.moments, run.kind, run.ws[k], run.bs[k]);
  run.ws.push(run.ws[k] - run.lr * dw);
  run.bs.push(run.bs[k] - run.lr * db);
  const loss = lossOf(run.moments, run.kind, run.ws[k + 1], run.bs[k + 1]);
  run.losses.push(loss);
  if (!(loss < LOST)) run.broken = k + 1;
  if (loss < run.losses[run.lowestAt]) run.lowestAt = k + 1;
  if (run.arrived < 0 && loss <= NEAR * run.lowest) run.arrived = k + 1;
  return !run.broken;
}

/** Descend up to a number of steps, or until deadline() is true; return whether more is to be done. */
export function descendTo(run, target, deadline = () => false) {
  while (stepsDone(run) < target) {
    if (!descendStep(run)) return false;
    if (stepsDone(run) % 256 === 0 && deadline()) return stepsDone(run) < target;
  }
  return false;
}
