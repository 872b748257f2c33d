// The playground's points: those of d2lite.datasets.points, two tasks of regression, and the reader's own. No DOM here.
import { makePoints } from "../_math/points.js";
import { makeRng, normalFromUniform } from "../_math/rng.js";

const REGRESSIONS = {
  plane: (x, y) => (x + y) / 2,
  hills: hillHeight,
};

/** Six hills and hollows, as high as 1, a third wide. */
function hillHeight(x, y) {
  let best = 0;
  for (let k = 0; k < 6; k++) {
    const [cx, cy] = [((k % 3) - 1) / 1.5, k < 3 ? 5 / 12 : -5 / 12];
    const height = Math.max(0, 1 - 3 * Math.hypot(x - cx, y - cy));
    if (height > Math.abs(best)) best = k % 2 ? -height : height;
  }
  return best;
}

export const isRegression = (dataset) => dataset in REGRESSIONS;

/** [x1, x2, target] of points drawn evenly; the noise moves them after their target is known, as in makePoints. */
function regressionPoints(dataset, count, noise, seed) {
  const { uniform } = makeRng(seed);
  return Array.from({ length: count }, () => {
    const [u, v, a, b, c, d] = [uniform(), uniform(), uniform(), uniform(), uniform(), uniform()];
    const [x, y] = [2 * u - 1, 2 * v - 1];
    return [x + noise * normalFromUniform(a, b), y + noise * normalFromUniform(c, d), REGRESSIONS[dataset](x, y)];
  });
}

/** The points [x1, x2, label or target] of settings: { training, test }; the reader's own are last in training. */
export function makeTask({ dataset, num_samples, noise, data_seed, train_share, points }) {
  const regression = isRegression(dataset);
  let made = [];
  if (regression) made = regressionPoints(dataset, num_samples, noise, data_seed);
  else if (dataset !== "own") made = makePoints(dataset, num_samples, noise, data_seed);
  const split = Math.round(made.length * train_share);
  const own = points.map(([x1, x2, label]) => [x1, x2, regression ? 2 * label - 1 : label]);
  return { regression, training: [...made.slice(0, split), ...own], test: made.slice(split), own: own.length };
}

/** What a network may be given of a point, by trait: [how it is written, its value]. */
export const FEATURES = {
  x1: ["x₁", (x) => x],
  x2: ["x₂", (x, y) => y],
  x1_squared: ["x₁²", (x) => x * x],
  x2_squared: ["x₂²", (x, y) => y * y],
  x1x2: ["x₁x₂", (x, y) => x * y],
  sin_x1: ["sin πx₁", (x) => Math.sin(Math.PI * x)],
  sin_x2: ["sin πx₂", (x, y) => Math.sin(Math.PI * y)],
};

/** Points as the network sees them: rows of features, targets (two classes as -1 and 1 where signed), how many. */
export function tabulate(points, features, signed) {
  const values = features.map((name) => FEATURES[name][1]);
  return {
    x: Float64Array.from(points.flatMap(([x, y]) => values.map((value) => value(x, y)))),
    y: Float64Array.from(points, ([, , target]) => (signed ? 2 * target - 1 : target)),
    rows: points.length,
  };
}
