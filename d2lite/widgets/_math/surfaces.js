// Surfaces to descend, functions of two weights: the twin of d2lite/optim/surfaces.py, with derivatives written out. No DOM here.

export const SURFACE_NAMES = ["bowl", "saddle", "plateau", "ripples", "rosenbrock", "beale", "himmelblau"];
const SURFACES = { bowl, saddle, plateau, ripples, rosenbrock, beale, himmelblau };

/**
 * A surface by name. The angle (degrees) turns bowl and saddle, condition shapes the bowl alone. What comes back:
 * value(x, y), gradient(x, y) -> [dx, dy], hessian(x, y) -> [dxx, dxy, dyy]; domain [[x0, x1], [y0, y1]] to look at;
 * minima and saddles, lists of [x, y]; lowest, the value at the best minimum; start, a good place to begin; lr, a good
 * learning rate for plain gradient descent from there; formula, a line of text; power, of the heights that its map shows.
 */
export function makeSurface(name, { condition = 10, angle = 0 } = {}) {
  if (!SURFACE_NAMES.includes(name)) {
    throw new RangeError(`there is no surface “${name}”: choose one of ${SURFACE_NAMES.join(", ")}`);
  }
  return shapeSurface(name, SURFACES[name], { condition, angle });
}

/** The same of a shape below, for an explorer that has only some of them: the others are not in its script then. */
export function shapeSurface(name, shape, { condition = 10, angle = 0 } = {}) {
  return { name, saddles: [], lowest: 0, power: 0.5, ...shape(condition, (angle * Math.PI) / 180) };
}

/** (u² + condition v²) / 2, with u and v the weights turned by the angle: curvatures 1 and condition. */
export function bowl(condition, angle) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [a, b, d] = [c * c + condition * s * s, c * s * (1 - condition), s * s + condition * c * c];
  return {
    value: (x, y) => 0.5 * ((c * x + s * y) ** 2 + condition * (c * y - s * x) ** 2),
    gradient: (x, y) => [a * x + b * y, b * x + d * y],
    hessian: () => [a, b, d],
    domain: [[-3, 3], [-3, 3]],
    minima: [[0, 0]],
    start: [-2.6, 1.2],
    lr: Number((1.8 / Math.max(1, condition)).toPrecision(2)),
    formula: angle ? "½ (u² + κ v²), u and v turned" : "½ (w₁² + κ w₂²)",
  };
}

/** (u² − v²) / 2 + v⁴ / 4, with u and v the weights turned by the angle: down to both sides, up along the ridge v = 0. */
export function saddle(_, angle) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const place = (u, v) => [c * u - s * v, s * u + c * v];
  const turned = (x, y) => [c * x + s * y, c * y - s * x];
  return {
    value: (x, y) => {
      const [u, v] = turned(x, y);
      return 0.5 * (u * u - v * v) + 0.25 * v ** 4;
    },
    gradient: (x, y) => {
      const [u, v] = turned(x, y);
      return place(u, v ** 3 - v);
    },
    hessian: (x, y) => {
      const bend = 3 * turned(x, y)[1] ** 2 - 1; // along v; 1 along u
      return [c * c + s * s * bend, c * s * (1 - bend), s * s + c * c * bend];
    },
    domain: [[-2, 2], [-2, 2]],
    minima: [place(0, 1), place(0, -1)],
    saddles: [[0, 0]],
    lowest: -0.25,
    start: place(-1.6, 0.001),
    lr: 0.2,
    power: 0.8,
    formula: angle ? "½ (u² − v²) + ¼ v⁴, u and v turned" : "½ (w₁² − w₂²) + ¼ w₂⁴",
  };
}

/** A hole in a plain: 1 − exp(−(x² + y²) / 2). */
export function plateau() {
  const depth = (x, y) => Math.exp(-0.5 * (x * x + y * y));
  return {
    value: (x, y) => -Math.expm1(-0.5 * (x * x + y * y)),
    gradient: (x, y) => [x * depth(x, y), y * depth(x, y)],
    hessian: (x, y) => [(1 - x * x) * depth(x, y), -x * y * depth(x, y), (1 - y * y) * depth(x, y)],
    domain: [[-4, 4], [-4, 4]],
    minima: [[0, 0]],
    start: [-2.7, 1.4],
    lr: 1,
    formula: "1 − exp(−½ (w₁² + w₂²))",
  };
}

const RIPPLE = 0.4; // half the height of a ripple; they are 2 apart
const RIPPLE_MINIMA = [0, 1.9021022992005567, 3.7936606057941957];

/** A shallow bowl with waves in it: many minima, the lowest in the middle. */
function ripples() {
  const slope = (x) => 0.2 * x + RIPPLE * Math.PI * Math.sin(Math.PI * x);
  const bend = (x) => 0.2 + RIPPLE * Math.PI ** 2 * Math.cos(Math.PI * x);
  const places = RIPPLE_MINIMA.flatMap((x) => (x ? [-x, x] : [x]));
  return {
    value: (x, y) => 0.1 * (x * x + y * y) + RIPPLE * (2 - Math.cos(Math.PI * x) - Math.cos(Math.PI * y)),
    gradient: (x, y) => [slope(x), slope(y)],
    hessian: (x, y) => [bend(x), 0, bend(y)],
    domain: [[-4.5, 4.5], [-4.5, 4.5]],
    minima: places.flatMap((x) => places.map((y) => [x, y])),
    start: [-3.3, 2.6],
    lr: 0.1,
    power: 0.7,
    formula: "0.1 (w₁² + w₂²) + 0.4 (2 − cos πw₁ − cos πw₂)",
  };
}

/** A curved, narrow valley (Rosenbrock 1960): (1 − x)² + 100 (y − x²)². */
export function rosenbrock() {
  return {
    value: (x, y) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: (x, y) => [2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)],
    hessian: (x, y) => [2 - 400 * (y - 3 * x * x), -400 * x, 200],
    domain: [[-2, 2], [-1, 3]],
    minima: [[1, 1]],
    start: [-1.2, 1],
    lr: 0.0015,
    power: 0.25,
    formula: "(1 − w₁)² + 100 (w₂ − w₁²)²",
  };
}

/** Flat middle, steep walls (Beale 1958): the sum of (cₖ − x + x yᵏ)² for k = 1, 2, 3. */
export function beale() {
  const targets = [1.5, 2.25, 2.625];
  return {
    value: (x, y) => targets.reduce((sum, c, i) => sum + (c - x + x * y ** (i + 1)) ** 2, 0),
    gradient: (x, y) => targets.reduce(([dx, dy], c, i) => {
      const [r, rx, ry] = bealeTerm(c, i + 1, x, y);
      return [dx + 2 * r * rx, dy + 2 * r * ry];
    }, [0, 0]),
    hessian: (x, y) => targets.reduce(([dxx, dxy, dyy], c, i) => {
      const [r, rx, ry, rxy, ryy] = bealeTerm(c, i + 1, x, y);
      return [dxx + 2 * rx * rx, dxy + 2 * (rx * ry + r * rxy), dyy + 2 * (ry * ry + r * ryy)];
    }, [0, 0, 0]),
    domain: [[-4.5, 4.5], [-4.5, 4.5]],
    minima: [[3, 0.5]],
    saddles: [[0, 1]],
    start: [1, 1.8],
    lr: 0.005,
    power: 0.16,
    formula: "Σₖ (cₖ − w₁ + w₁ w₂ᵏ)²",
  };
}

/** One term of Beale's function and its derivatives: [r, r_x, r_y, r_xy, r_yy]; r_xx is 0. */
function bealeTerm(c, k, x, y) {
  const slope = k * y ** (k - 1);
  return [c - x + x * y ** k, y ** k - 1, x * slope, slope, k > 1 ? x * k * (k - 1) * y ** (k - 2) : 0];
}

/** Four minima of equal depth (Himmelblau 1972): (x² + y − 11)² + (x + y² − 7)². */
function himmelblau() {
  return {
    value: (x, y) => (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
    gradient: (x, y) => {
      const [a, b] = [x * x + y - 11, x + y * y - 7];
      return [4 * x * a + 2 * b, 2 * a + 4 * y * b];
    },
    hessian: (x, y) => [12 * x * x + 4 * y - 42, 4 * (x + y), 12 * y * y + 4 * x - 26],
    domain: [[-5, 5], [-5, 5]],
    minima: [
      [3, 2],
      [-2.805118086952745, 3.131312518250573],
      [-3.779310253377747, -3.2831859912861696],
      [3.5844283403304917, -1.8481265269644036],
    ],
    saddles: [
      [0.08667750455539634, 2.884254701174766],
      [3.385154183607021, 0.07385187983774928],
      [-3.0730257507643897, -0.08135304428796751],
      [-0.12796134673068005, -1.9537149802445766],
    ],
    start: [-0.4, -1],
    lr: 0.01,
    power: 0.4,
    formula: "(w₁² + w₂ − 11)² + (w₁ + w₂² − 7)²",
  };
}

/** Eigenvalues [least, greatest] of a Hessian [a, b, d], and a unit vector along each: { values, vectors }. */
export function eigen([a, b, d]) {
  const [middle, half] = [(a + d) / 2, (a - d) / 2];
  const radius = Math.hypot(half, b);
  const turn = radius === 0 ? 0 : Math.atan2(b, half) / 2; // of the direction of the greatest
  const great = [Math.cos(turn), Math.sin(turn)];
  return { values: [middle - radius, middle + radius], vectors: [[-great[1], great[0]], great] };
}
