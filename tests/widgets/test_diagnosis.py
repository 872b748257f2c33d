"""The curves of the diagnosis explorer against scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from d2lite import datasets
from d2lite.widgets import DiagnosisExplorer
from d2lite.widgets.diagnosis import FEATURES, fit_one, load_tumours


@pytest.mark.parametrize("feature", FEATURES)
def test_the_curve_is_scikit_learns_without_a_penalty(feature):
    data = datasets.tabular("breast_cancer")
    train = data.split((0.6, 0.2, 0.2), seed=0)[0]
    x = train.inputs.double().numpy()[:, [data.feature_names.index(feature)]]
    x = (x - x.mean()) / x.std()
    malignant = train.targets == data.class_names.index("malignant")
    model = LogisticRegression(C=1e12, tol=1e-12, solver="newton-cholesky").fit(x, malignant)
    expected = [model.coef_[0, 0], model.intercept_[0]]
    np.testing.assert_allclose(fit_one(x[:, 0], malignant.numpy()), expected, rtol=1e-5)


def test_the_tumours_are_the_validation_part():
    data = load_tumours()
    assert len(data["malignant"]) == 114
    assert sum(data["malignant"]) == 42
    assert DiagnosisExplorer().state() == {}
