"""The small real tables that scikit-learn ships, behind one interface."""

import numpy as np

from d2lite._utils.checks import check_choice
from d2lite.datasets._data import Data

_UCI = "UCI Machine Learning Repository, copy distributed with scikit-learn"
# name: (scikit-learn's loader, its arguments, source, licence)
_TABLES = {
    "breast_cancer": (
        "load_breast_cancer", {}, f"Wolberg, Street and Mangasarian 1995, {_UCI}", "CC BY 4.0 (UCI)",
    ),
    "iris": ("load_iris", {}, f"Fisher 1936, {_UCI}", "CC BY 4.0 (UCI)"),
    "wine": ("load_wine", {}, f"Aeberhard and Forina 1992, {_UCI}", "CC BY 4.0 (UCI)"),
    "diabetes": (
        "load_diabetes", {"scaled": False},
        "Efron, Hastie, Johnstone and Tibshirani 2004, copy distributed with scikit-learn",
        "no terms with the data; scikit-learn, which ships them, is BSD-3-Clause",
    ),
    "digits": ("load_digits", {}, f"Alpaydin and Kaynak 1998, {_UCI}", "CC BY 4.0 (UCI)"),
}  # fmt: skip


def tabular(name):
    """Return a small real table, in its own units: nothing is scaled, so that scaling can be learned.

    Args:
        name: "breast_cancer" (569 x 30; malignant or benign), "iris" (150 x 4; three species), "wine"
            (178 x 13; three growers), "digits" (1797 x 64 pixels in 0..16; ten classes), or "diabetes"
            (442 x 10; regression: disease progression after one year).

    Returns:
        Data with inputs (N, D) float32, targets (N,) int64 class indices (float32 for "diabetes"), and the
        columns' names. Rows keep scikit-learn's order, which is sorted by class for iris and wine.

    Raises:
        ValueError: there is no table of that name.

    Taught in chapters/02_linear_models/logistic_regression.
    """
    check_choice(name, list(_TABLES), "table")
    from sklearn import datasets

    loader, options, source, licence = _TABLES[name]
    bunch = getattr(datasets, loader)(**options)
    class_names = [str(label) for label in getattr(bunch, "target_names", ())]
    targets = bunch.target.astype(np.int64 if class_names else np.float32)
    features = [str(feature) for feature in bunch.feature_names]
    return Data(bunch.data.astype(np.float32), targets, name, class_names, features, source, licence)
