"""Synthetic points in the plane, two classes."""

from d2lite._utils.checks import check_choice, check_count, check_number, check_seed
from d2lite._utils.points import SHAPES, make_points
from d2lite.datasets._data import Data

_MAX_SAMPLES = 1_000_000


def points(kind, num_samples=200, noise=0.1, seed=0):
    """Return a synthetic two-class set in the plane, the same numbers as the explorers show.

    Classes alternate: sample i has label i % 2. More samples leave the earlier ones where they are, and more
    noise moves every sample further in its own direction, so a slider changes the picture without a jump.

    Args:
        kind: "blobs" (two discs, linearly separable), "moons" (two half circles), "circle" (a disc, label 1,
            in a ring), "xor" (four squares, label 1 where the signs differ) or "spiral" (two arms).
        num_samples: from 2 to 1,000,000.
        noise: standard deviation of the normal noise added to both coordinates; without it all points are in
            [-1, 1] x [-1, 1].
        seed: integer in 0..2**32 - 1.

    Returns:
        Data with inputs (num_samples, 2) float32 and targets (num_samples,) in {0, 1}.

    Raises:
        ValueError: an unknown kind, too few or too many samples, negative noise, or a seed out of range.

    Taught in chapters/02_linear_models/logistic_regression.
    """
    check_choice(kind, list(SHAPES), "kind of points")
    num_samples = check_count(num_samples, "num_samples", 2, _MAX_SAMPLES)
    noise, seed = check_number(noise, "noise", 0), check_seed(seed)
    coordinates, labels = make_points(kind, num_samples, noise, seed)
    return Data(
        coordinates,
        labels,
        name=f"points {kind}",
        class_names=("0", "1"),
        feature_names=("x1", "x2"),
        source=f"generated: points({kind!r}, num_samples={num_samples}, noise={noise}, seed={seed})",
        licence="none needed",
    )
