// Synthetic points in the plane, two classes: the twin of d2lite/_utils/points.py.
import { makeRng, normalFromUniform } from "./rng.js";

const MAX_POINTS = 1000000;

function blobPoint(label, row, u, v) {
  const side = 2 * label - 1;
  const radius = 0.4 * Math.sqrt(u);
  const angle = 2 * Math.PI * v;
  return [0.5 * side + radius * Math.cos(angle), 0.5 * side + radius * Math.sin(angle)];
}

function moonPoint(label, row, u) {
  const side = 1 - 2 * label;
  const angle = Math.PI * u;
  return [(side * (Math.cos(angle) - 0.5)) / 1.5, (side * (Math.sin(angle) - 0.25)) / 1.5];
}

function circlePoint(label, row, u, v) {
  const radius = label === 1 ? 0.5 * Math.sqrt(u) : Math.sqrt(0.49 + 0.51 * u);
  return [radius * Math.cos(2 * Math.PI * v), radius * Math.sin(2 * Math.PI * v)];
}

function xorPoint(label, row, u, v) {
  const side = 1 - 2 * (Math.floor(row / 2) % 2);
  return [side * (0.1 + 0.9 * u), side * (1 - 2 * label) * (0.1 + 0.9 * v)];
}

function spiralPoint(label, row, u) {
  const radius = Math.sqrt(u);
  const angle = 2.5 * Math.PI * radius + Math.PI * label;
  return [radius * Math.sin(angle), radius * Math.cos(angle)];
}

const POINT_SHAPES = {
  blobs: blobPoint,
  moons: moonPoint,
  circle: circlePoint,
  xor: xorPoint,
  spiral: spiralPoint,
};

export const POINT_KINDS = Object.keys(POINT_SHAPES);

/**
 * Return an array of [x1, x2, label], the numbers of d2lite.datasets.points(kind, numSamples, noise, seed).
 * Labels alternate; more samples keep the earlier ones; noise scales each sample's own displacement.
 */
export function makePoints(kind, numSamples = 200, noise = 0.1, seed = 0) {
  if (!POINT_KINDS.includes(kind)) {
    throw new RangeError(`unknown kind of points "${kind}": choose one of ${POINT_KINDS.join(", ")}`);
  }
  if (!Number.isInteger(numSamples) || numSamples < 2 || numSamples > MAX_POINTS) {
    throw new RangeError(`num_samples is ${numSamples}, expected an integer from 2 to ${MAX_POINTS}: try 200`);
  }
  if (!Number.isFinite(noise) || noise < 0) {
    throw new RangeError(`noise is ${noise}, expected a standard deviation of 0 or more: try 0.1`);
  }
  const { uniform } = makeRng(seed);
  return Array.from({ length: numSamples }, (_, row) => {
    const label = row % 2;
    const [u, v, a, b, c, d] = [uniform(), uniform(), uniform(), uniform(), uniform(), uniform()];
    const [x1, x2] = POINT_SHAPES[kind](label, row, u, v);
    return [x1 + noise * normalFromUniform(a, b), x2 + noise * normalFromUniform(c, d), label];
  });
}
