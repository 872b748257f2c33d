// The axis of sizes that reach over many powers of ten.

const EDGES = [3, 5, 10, 20, 30, 50, 100, 200, 300]; // powers of ten at which the axis may end
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200];

/** The powers of ten between which all sizes lie, and a few to write beside the axis. */
export function sizeDomain(lists) {
  const powers = lists.flatMap((sizes) => [...sizes].filter((size) => size > 0).map(Math.log10));
  const end = (far) => EDGES.find((edge) => edge >= far - 0.05) ?? EDGES.at(-1);
  const [low, high] = [-end(-Math.min(0, ...powers)), end(Math.max(0, ...powers))];
  const step = STEPS.find((size) => (high - low) / size <= 5);
  const ticks = [];
  for (let power = Math.ceil(low / step) * step; power <= high; power += step) ticks.push(Number(`1e${power}`));
  return { domain: [Number(`1e${low}`), Number(`1e${high}`)], ticks };
}
