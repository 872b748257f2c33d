"""The penalty geometry explorer: where a penalty puts two weights, and why some become exactly zero."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Numbers, Real

LIMIT = 3.0  # of the unpenalised minimum, along each axis


class PenaltyGeometryExplorer(Explorer):
    """A quadratic loss of two weights and a penalty: drag the minimum, and see where the penalty holds the weights.

    The loss is that of linear regression on two standardised columns of the given correlation, 1/2 times the mean
    squared error, up to a constant; the penalties are those of scikit-learn's Ridge (alpha = N lambda), Lasso and
    ElasticNet (alpha = lambda, l1_ratio = ratio), and the sum of abs(w)^q over q.

    Example:
        >>> PenaltyGeometryExplorer(penalty="l2", strength=0.5, target=[1.6, 0.7])

    Taught in chapters/05_regularization/weight_penalties.
    """

    penalty = Choice("l1", ("l2", "l1", "elastic", "lq"), names=("L2", "L1", "elastic", "Lq"))
    strength = Real(0.6, min=0, max=10, log=True, floor=0.01, label="strength λ")
    correlation = Real(0.4, min=-0.9, max=0.9, step=0.05, label="correlation ρ", help="Of the two columns.")
    ratio = Real(0.5, min=0, max=1, step=0.05, label="share of L1", help="scikit-learn's l1_ratio.")
    q = Real(0.5, min=0.3, max=4, step=0.1, label="power q")
    target = Numbers(
        (1.8, 0.35),
        min=-LIMIT,
        max=LIMIT,
        length=2,
        label="minimum ŵ",
        help="The best weights without penalty.",
    )
    zones = Flag(
        True, label="zones of zeros", help="Shades the minima whose solution has a weight of exactly 0."
    )
    solution = Numbers(min=-LIMIT * 4, max=LIMIT * 4, max_length=2, output=True)
