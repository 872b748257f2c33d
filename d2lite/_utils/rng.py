"""Random numbers that Python and JavaScript agree on: the twin of widgets/_math/rng.js."""

import numpy as np

from d2lite._utils.checks import check_seed

_STEP = 0x6D2B79F5


class Rng:
    """mulberry32: a 32-bit counter through a mixing function. Same seed, same numbers as in the page.

    Args:
        seed: integer in 0..2**32 - 1.

    Source: mulberry32, Tommy Ettinger 2017 (public domain); normals by Box and Muller 1958, cosine half only.
    """

    def __init__(self, seed=0):
        self._state = check_seed(seed)

    def uniform(self, count):
        """Return (count,) float64 numbers in [0, 1)."""
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_STEP) + np.uint64(self._state)
        self._state = (self._state + count * _STEP) % 2**32
        a = steps.astype(np.uint32)  # keeps the low 32 bits; the products below wrap in the same way
        t = (a ^ (a >> np.uint32(15))) * (a | np.uint32(1))
        t ^= t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))
        return (t ^ (t >> np.uint32(14))) / 2.0**32

    def normal(self, count):
        """Return (count,) float64 standard normal numbers; each uses two uniform ones."""
        return normal_from_uniform(*self.uniform(2 * count).reshape(count, 2).T)

    def permutation(self, count):
        """Return the integers 0..count - 1 in random order (Fisher and Yates)."""
        order = list(range(count))
        for i, u in zip(range(count - 1, 0, -1), self.uniform(max(count - 1, 0)), strict=True):
            j = int(u * (i + 1))
            order[i], order[j] = order[j], order[i]
        return order


def normal_from_uniform(u, v):
    """Return standard normal numbers of two arrays of uniform ones in [0, 1)."""
    return np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)
