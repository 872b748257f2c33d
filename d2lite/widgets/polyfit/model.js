// Polynomials fitted to points, as sums of Legendre polynomials, and their errors. No DOM here.
// They minimize |A w - y|² / (2n) + λ R(w): R is |w|² / 2 (L2), the sum of |w_k| (L1), or 0; of many minima the shortest w.
import { makeRng } from "../_math/rng.js";
import { lasso, operator } from "./solve.js";

export const MAX_DEGREE = 60;
const TRIES = 20; // of L1's turns
const SMOOTH = 24; // a degree at which the truth is a polynomial, but for rounding

/** The curve that is measured. */
export function truthAt(x) {
  return Math.sin(3 * x) + x / 2;
}

/** The Legendre polynomials P_0 .. P_degree at x. */
export function legendre(x, degree) {
  const values = [1, x].slice(0, degree + 1);
  for (let k = 2; k <= degree; k++) values.push(((2 * k - 1) * x * values[k - 1] - (k - 1) * values[k - 2]) / k);
  return values;
}

let series = null;

/** The truth's own coefficients: of the polynomial through many of its points, which is as near as numbers can be. */
export function truthSeries() {
  if (series) return series;
  const places = Array.from({ length: 2 * SMOOTH }, (_, i) => Math.cos((Math.PI * (i + 0.5)) / (2 * SMOOTH)));
  const C = operator(places.map((x) => legendre(x, SMOOTH)), 0);
  series = [...C.map((row) => dot(row, places.map(truthAt))), ...new Array(MAX_DEGREE - SMOOTH).fill(0)];
  return series;
}

/** Measurements at evenly spaced places, as [x, y]. */
export function measure(count, noise, seed) {
  const rng = makeRng(seed);
  return Array.from({ length: count }, (_, i) => {
    const x = -1 + (2 * i) / (count - 1);
    return [x, truthAt(x) + noise * rng.normal()];
  });
}

export function polynomialAt(w, x) {
  return legendre(x, w.length - 1).reduce((sum, value, k) => sum + value * w[k], 0);
}

/** The mean square of a polynomial over -1..1: Legendre polynomials are orthogonal, and P_k's mean square is 1 / (2k + 1). */
function meanSquare(w) {
  return w.reduce((sum, value, k) => sum + (value * value) / (2 * k + 1), 0);
}

/**
 * The fit of one degree to points: { w, done, training, test, bias, spread, C, mean }. training: root mean square error on the points. test: on
 * endlessly many new ones, all over -1..1. bias and spread: root mean squares of the mean fit's distance from the truth and of
 * the fits' deviation from their mean, over all data sets at these places; null with L1, whose fits are not linear in y.
 * C: the matrix that makes w of y, rows of coefficients, and mean: w of the truth. L1 goes some steps from the fit start, and
 * is done when it stands still or has tried often enough.
 */
export function fit(points, degree, { penalty, strength, noise }, start = null) {
  const A = points.map(([x]) => legendre(x, degree));
  const y = points.map((point) => point[1]);
  const C = penalty === "l1" ? null : operator(A, penalty === "l2" ? points.length * strength : 0);
  const { w, done } = C ? { w: C.map((row) => dot(row, y)), done: true } : lasso(A, y, strength, start?.w || []);
  const training = Math.sqrt(y.reduce((sum, target, i) => sum + (dot(A[i], w) - target) ** 2, 0) / y.length);
  const test = Math.sqrt(distance(w) + noise * noise);
  const tries = start?.w.length === w.length ? start.tries + 1 : 1;
  if (!C) return { w, done: done || tries >= TRIES, tries, training, test, bias: null, spread: null };
  const right = points.map(([x]) => truthAt(x));
  const mean = C.map((row) => dot(row, right));
  const spread = noise * Math.sqrt(C.reduce((sum, row, k) => sum + dot(row, row) / (2 * k + 1), 0));
  return { w, done, training, test, bias: Math.sqrt(distance(mean)), spread, C, mean };
}

/** The mean squared distance of a polynomial from the truth. */
function distance(w) {
  return meanSquare(truthSeries().map((value, k) => (w[k] || 0) - value));
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Mean and standard deviation of the fits of all data sets at a place: { mean, deviation }. */
export function spreadAt({ C, mean }, noise, x) {
  const values = legendre(x, C.length - 1);
  const weights = new Array(C[0].length).fill(0);
  C.forEach((row, k) => row.forEach((value, i) => (weights[i] += values[k] * value)));
  return { mean: dot(values, mean), deviation: noise * Math.sqrt(dot(weights, weights)) };
}
