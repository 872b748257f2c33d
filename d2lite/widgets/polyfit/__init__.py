"""The polyfit explorer: polynomials of any degree through noisy points, and how far off they are between them."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Real, Rows

MAX_DEGREE = 60
MAX_POINTS = 30


class PolyfitExplorer(Explorer):
    """A polynomial through noisy points, and the errors of all degrees on these points and on new ones.

    The truth is sin(3x) + x/2, measured at evenly spaced places with normal noise. The polynomial is a sum of
    Legendre polynomials that minimizes half the mean squared error plus the penalty: λ/2 times the squared
    coefficients (L2), or λ times their absolute values (L1), the constant's among them. Without a penalty, and where
    many polynomials have the least error, it is the one of least squared coefficients.

    Example:
        >>> PolyfitExplorer(degree=3, noise=0.5)

    Taught in chapters/05_regularization/generalization.
    """

    degree = Integer(14, min=0, max=MAX_DEGREE)
    penalty = Choice("none", ("none", "l2", "l1"), names=("none", "L2", "L1"))
    strength = Real(
        0.01, min=1e-6, max=10, log=True, label="strength λ", help="What the penalty is multiplied by."
    )
    noise = Real(0.3, min=0, max=1, step=0.05, help="Standard deviation of the error of a measurement.")
    samples = Integer(15, min=2, max=MAX_POINTS, label="points")
    band = Flag(
        False,
        label="other data sets",
        help="Mean of the fits to all data sets that noise can make here, and one standard deviation around it.",
    )
    seed = Integer(0, min=0, max=9999, stepper=True, label="seed of the noise")
    points = Rows(
        columns=[("x", -1, 1), ("y", -3, 3)],
        max_length=MAX_POINTS,
        help="Points placed by hand; while there are any, they replace the measured ones.",
    )
    training_error = Numbers(min=0, max=1e300, max_length=1, output=True)
    test_error = Numbers(min=0, max=1e300, max_length=1, output=True)
    coefficients = Numbers(min=-1e300, max=1e300, max_length=MAX_DEGREE + 1, output=True)
