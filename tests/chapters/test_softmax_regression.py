"""The chapter on softmax regression: what it writes from scratch against torch, SciPy and scikit-learn."""

import numpy as np
import pytest
import scipy.special
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression

from d2lite.widgets import SoftmaxExplorer

LOGITS = torch.tensor(
    [[2.0, 1.0, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0], [-9.0, 30.0, 29.5, 1.0], [5.0, 5.0, -50.0, 4.0]]
)
EXTREME = torch.tensor(
    [[1000.0, 999.0, -1000.0, 0.0], [-500.0, -500.0, -501.0, -800.0], [3e38, 0.0, -3e38, 1.0]]
)


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("02_linear_models/softmax_regression")
    chapter.run("setup", "softmax-written")
    chapter.define("check", "jacobian-code", "stable", "train", "reliability", "temperature-fit")
    return chapter


@pytest.fixture(scope="module")
def clouds():
    """Three overlapping clouds in four dimensions, as inputs (300, 4) and classes (300,)."""
    generator = torch.Generator().manual_seed(0)
    targets = torch.arange(300) % 3
    return torch.randn(300, 4, generator=generator) + F.one_hot(targets, 4), targets


def test_softmax_and_its_loss_are_those_of_torch_and_scipy(lesson):
    targets = torch.tensor([1, 3, 0, 2])
    torch.testing.assert_close(lesson["softmax_written"](LOGITS), LOGITS.softmax(1))
    for z in (LOGITS, EXTREME):
        torch.testing.assert_close(lesson["softmax"](z), z.softmax(1))
        wide = scipy.special.logsumexp(z.double().numpy(), axis=1)
        np.testing.assert_allclose(lesson["log_sum_exp"](z).numpy(), wide, rtol=1e-6)
        expected = F.cross_entropy(z, targets[: len(z)], reduction="none")
        found = lesson["cross_entropy"](z, targets[: len(z)])
        torch.testing.assert_close(
            found, expected, atol=1e-4, rtol=1e-6
        )  # a float32 near 1000 has steps of 6e-5
    assert lesson["softmax_written"](EXTREME[:2]).isnan().any(dim=1).all(), "as written it breaks"


def test_the_jacobian_is_that_of_autograd(lesson):
    for z in LOGITS.double():
        exact = torch.autograd.functional.jacobian(lambda z: z.softmax(0), z)
        torch.testing.assert_close(lesson["jacobian"](z.softmax(0)), exact)


def test_fit_takes_the_steps_of_torch(lesson, clouds):
    inputs, targets = clouds
    W, b = lesson["fit"](inputs, targets, lr=0.3, num_epochs=3, seed=5)
    layer = torch.nn.Linear(4, 10)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.3)
    shuffle = torch.Generator().manual_seed(5)
    for _ in range(3):
        for rows in torch.randperm(300, generator=shuffle).split(50):
            optimizer.zero_grad()
            F.cross_entropy(layer(inputs[rows]), targets[rows]).backward()
            optimizer.step()
    torch.testing.assert_close(W, layer.weight.detach(), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(b, layer.bias.detach(), atol=1e-6, rtol=1e-5)


def test_fit_comes_near_the_minimum_that_scikit_learn_finds(lesson, clouds):
    inputs, targets = clouds
    W, b = lesson["fit"](inputs, targets, lr=0.05, num_epochs=200)
    found = F.cross_entropy((inputs @ W.T + b)[:, :3], targets).item()
    best = LogisticRegression(C=1e8, tol=1e-10).fit(inputs.numpy(), targets.numpy())
    least = -best.predict_log_proba(inputs.numpy())[range(300), targets.numpy()].mean()
    assert least - 1e-6 < found < least + 0.01


def test_reliability_groups_by_confidence(lesson):
    z = torch.tensor([[0.7, 0.3], [0.95, 0.05], [0.92, 0.08], [0.55, 0.45], [0.85, 0.15], [0.65, 0.35]]).log()
    z = torch.cat([z, torch.tensor([[0.4, 0.35]]).log()])  # of three classes, the third below
    z = torch.cat([z, torch.full((7, 1), -torch.inf)], dim=1)
    z[-1, 2] = torch.tensor(0.25).log()
    said, found = lesson["reliability"](z, torch.tensor([0, 0, 1, 1, 0, 1, 0]))
    # nobody says 0.7 to 0.8: no group
    assert said == pytest.approx([0.4, 0.55, 0.675, 0.85, 0.935], abs=1e-5)
    assert found == pytest.approx([1, 0, 0.5, 1, 0.5])


def test_the_temperature_that_is_fitted_undoes_one_that_was_applied(lesson):
    generator = torch.Generator().manual_seed(1)
    z = 2 * torch.randn(4000, 5, generator=generator)
    targets = torch.multinomial(z.softmax(1), 1, generator=generator).squeeze(1)
    assert lesson["best_temperature"](z, targets) == pytest.approx(1, abs=0.1)
    assert lesson["best_temperature"](2.5 * z, targets) == pytest.approx(2.5, abs=0.2)


def test_the_hero_opens_on_the_numbers_of_the_text(lesson):
    hero = SoftmaxExplorer()
    assert list(hero.logits) == lesson["scores"].tolist()
    assert (hero.target, hero.temperature, hero.shift, hero.step_count) == ("T-shirt", 1, 0, 0)
