// A run of momentum along one curvature: w(t+1) = s w(t) − β w(t−1) with s = 1 + β − ηλ, by the roots of r² − s r + β. No DOM here.
// product is ηλ, the learning rate times the curvature; without memory, β = 0.

/** The two roots, each { re, im }: of a pair the upper first, of real ones the larger in size. */
export function rootsOf(product, beta) {
  const half = (1 + beta - product) / 2;
  const inside = half * half - beta; // a quarter of the discriminant
  if (inside < 0) return [1, -1].map((side) => ({ re: half, im: side * Math.sqrt(-inside) }));
  const far = half + (half < 0 ? -1 : 1) * Math.sqrt(inside);
  return [far, far ? beta / far : 0].map((re) => ({ re, im: 0 })); // their product is β: no digits are lost
}

/** What a run does; "critical" is within a hundredth of a product at which the roots meet, without memory "there in one step". */
export function regime(product, beta) {
  if (product > 2 * (1 + beta)) return "diverges";
  if (beta === 0 && Math.abs(product - 1) <= 0.01) return "there in one step";
  const [low, high] = [(1 - Math.sqrt(beta)) ** 2, (1 + Math.sqrt(beta)) ** 2];
  if (beta > 0 && [low, high].some((meet) => Math.abs(product - meet) <= 0.01 * meet)) return "critical";
  if (product < low) return "overdamped";
  return product <= high && beta > 0 ? "oscillating" : "jumps to and fro";
}

const NAMES = { overdamped: "creeps (overdamped)", oscillating: "swings (underdamped)" };

/** What a run does, in words for a reader: of the picture, and of textbooks. */
export function regimeName(product, beta) {
  const kind = regime(product, beta);
  return NAMES[kind] ?? kind;
}

/** The share that a step keeps in the long run: the size of the larger root. */
export function keptShare(product, beta) {
  const half = (1 + beta - product) / 2;
  const inside = half * half - beta;
  return inside < 0 ? Math.sqrt(beta) : Math.abs(half) + Math.sqrt(inside);
}
