// Random numbers that JavaScript and Python agree on: the twin of d2lite/_utils/rng.py.
// mulberry32 (Tommy Ettinger 2017, public domain): a 32-bit counter through a mixing function.

/** Return a generator of random numbers: same seed (integer, 0..2**32 - 1), same numbers as in Python. */
export function makeRng(seed) {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 4294967296) {
    throw new RangeError(`seed is ${seed}, expected an integer from 0 to 2**32 - 1: choose one, e.g. 0`);
  }
  let state = seed | 0;

  /** A number in [0, 1). */
  function uniform() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A standard normal number; uses two uniform ones. */
  function normal() {
    const u = uniform();
    return normalFromUniform(u, uniform());
  }

  /** The integers 0..count - 1 in random order (Fisher and Yates). */
  function permutation(count) {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  return { uniform, normal, permutation };
}

/** Box and Muller 1958, cosine half: a standard normal number of two uniform ones in [0, 1). */
export function normalFromUniform(u, v) {
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}
