"""Generalization: the chapter's functions against closed forms and the page's own numbers, its recording run again."""

import numpy as np
import pytest
import torch
from numpy.polynomial.legendre import legvander

from d2lite import Sweep
from d2lite._utils.rng import Rng

PATH = "05_regularization/generalization"


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter(PATH)
    chapter.run("setup", "features")
    chapter.define("fits", "choose", "experiment", "ridge", "exact")
    chapter["at"] = np.linspace(-1, 1, 401)
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("widths")


def test_the_finding_is_what_the_explorer_shows(chapter):
    """The measurements that the hero opens with, and its curves of all degrees."""
    x, at = np.linspace(-1, 1, 15), chapter["at"]
    y = chapter["truth"](x) + 0.3 * Rng(0).normal(15)
    off, missed, curves = {}, {}, {}
    for degree in range(61):
        w = chapter["fitted"](x, y[:, None], degree)[:, 0]
        curves[degree] = legvander(at, degree) @ w
        off[degree] = np.sqrt(((curves[degree] - chapter["truth"](at)) ** 2).mean())
        missed[degree] = np.abs(legvander(x, degree) @ w - y).max()
    assert 30 < curves[14].max() / np.abs(y).max() < 32, "shoots up to thirty times the largest"
    assert y.min() - 0.01 < curves[60].min() and curves[60].max() < y.max() + 0.01, (
        "hardly leaves their range"
    )
    assert min(off, key=off.get) == 3, "degree 3 comes nearest to the truth of all"
    assert max(off, key=off.get) == 14, "degree 14 is by far the worst"
    assert off[60] < off[20] < 0.1 * off[14], "and beyond it the curves get better again"
    assert min(missed[degree] for degree in range(14)) > 0.1
    assert max(missed[degree] for degree in range(14, 61)) < 1e-8, (
        "degree 14 is the first to meet every point"
    )


@pytest.mark.parametrize("degree", [3, 14, 40])
def test_fits_are_the_shortest_of_the_best(chapter, degree):
    x, Y = np.linspace(-1, 1, 15), np.random.default_rng(1).normal(size=(15, 4))
    shortest = np.linalg.pinv(legvander(x, degree)) @ Y
    assert np.allclose(chapter["fitted"](x, Y, degree), shortest, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("p", [4, 10, 25])
def test_the_inverse_with_a_penalty_solves_the_normal_equations(chapter, p):
    generator = torch.Generator().manual_seed(p)
    A, Y = (torch.randn(10, k, generator=generator, dtype=torch.float64) for k in (p, 3))
    theirs = torch.linalg.solve(A.T @ A + 0.7 * torch.eye(p, dtype=torch.float64), A.T @ Y)
    assert torch.allclose(chapter["ridge_inverse"](A, 0.7) @ Y, theirs, atol=1e-9)
    assert torch.allclose(chapter["ridge_inverse"](A, 1e-14), torch.linalg.pinv(A), atol=1e-9)


@pytest.mark.parametrize("p", [120, 300])
def test_the_weights_and_their_norm_are_those_of_formula_3(chapter, p):
    """The shortest weights of the photos, by pinv, against V S^-1 U^T y from torch's SVD."""
    here, there, labels = chapter["make"](2)
    A = here[:, :p] / p**0.5
    U, s, Vh = torch.linalg.svd(A, full_matrices=False)
    c = U.T @ torch.nn.functional.one_hot(labels, 10).double()
    found = chapter["judge"](here, there, labels, p)
    assert found["norm"] == pytest.approx((c**2 / s[:, None] ** 2).sum().sqrt().item(), rel=1e-6)
    assert found["least s"] == pytest.approx(s.min().item())
    named = (A @ (Vh.T @ (c / s[:, None]))).argmax(1)
    assert found["these"] == pytest.approx((named != labels).double().mean().item())


def test_wrong_labels_are_wrong_and_as_many_as_asked(chapter):
    (A, B, right), (C, _, wrong) = chapter["make"](3), chapter["make"](3, wrong=0.4)
    assert A.shape == (200, 2000)
    assert B.shape == (2000, 2000)
    assert (right != wrong).sum() == 80
    assert C.min() >= 0


def test_the_contest_holds_every_point_out_once(chapter):
    held, after = chapter["contest"](5, count=20, top=2)
    assert held.shape == (5, 3)
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, 20)
    y = chapter["truth"](x) + 0.3 * rng.normal(size=20)
    rest = np.arange(20) % 5 != 2
    line = np.polyfit(x[rest], y[rest], 1)
    assert held[2, 1] == pytest.approx(((np.polyval(line, x[~rest]) - y[~rest]) ** 2).mean())
    off = np.polyval(np.polyfit(x, y, 2), chapter["at"]) - chapter["truth"](chapter["at"])
    assert after[2] == pytest.approx((off**2).mean() + 0.09)


@pytest.mark.parametrize("seeds", [range(300, 450), range(450, 600)])
def test_folds_choose_better_on_other_data_sets(chapter, seeds):
    runs = [chapter["contest"](seed) for seed in seeds]
    split, folds = (
        np.array([after[pick(held)] for held, after in runs])
        for pick in (lambda held: held[0].argmin(), lambda held: held.mean(0).argmin())
    )
    assert np.median(folds) < 0.97 * np.median(split)
    assert np.quantile(folds, 0.9) < 0.7 * np.quantile(split, 0.9)


@pytest.mark.parametrize("seed", [21, 22])
def test_the_peak_and_its_cure_on_other_photos(chapter, seed):
    one = chapter["make"](seed)
    error = {p: chapter["judge"](*one, p)["new"] for p in (70, 200, 2000)}
    assert error[200] > 0.75
    assert error[2000] < error[70] < 0.4
    assert chapter["judge"](*one, 200, chapter["ridge_inverse"])["new"] < 0.33


@pytest.mark.parametrize(("n", "p"), [(12, 4), (12, 30)])
def test_the_exact_peak_is_what_a_simulation_finds(chapter, n, p):
    assert chapter["simulated"](n, p, num_runs=4000) == pytest.approx(chapter["exact"](n, p), rel=0.08)


@pytest.mark.parametrize("point", [{"strength": 0.0, "width": 12}, {"strength": 0.03, "width": 4}])
def test_a_recorded_point_is_found_again(recorder, point):
    [recorded] = [run for run in Sweep.recorded("widths").select(**point) if run.seed == 2]
    again = recorder.train_point(**point, seed=2)
    for name, tolerance in (("train_error", 0.03), ("test_error", 0.03), ("test_loss", 0.25)):
        assert again[name] == pytest.approx(recorded[name], abs=tolerance), name


def test_the_recording_is_whole(recorder):
    sweep = Sweep.recorded("widths")
    assert not sweep.failures
    assert {(run.point["strength"], run.point["width"], run.seed) for run in sweep} == {
        (point["strength"], point["width"], seed) for point in recorder.GRID for seed in recorder.SEEDS
    }
    assert sweep.provenance["command"] == "python tools/record/widths.py"


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_finding_on_other_noise_and_in_plain_powers(chapter, seed):
    """In Legendre polynomials degree 60 has typically under a tenth of degree 14's error; in powers it has more."""
    x, at = np.linspace(-1, 1, 15), chapter["at"]
    Y = chapter["truth"](x)[:, None] + 0.3 * np.random.default_rng(seed).normal(size=(15, 300))
    error = {}
    for basis in (legvander, lambda places, degree: np.vander(places, degree + 1)):
        for degree in (14, 60):
            W = np.linalg.lstsq(basis(x, degree), Y, rcond=None)[0]
            off = basis(at, degree) @ W - chapter["truth"](at)[:, None]
            error[basis is legvander, degree] = np.sqrt((off**2).mean(0) + 0.09)
    assert np.allclose(error[True, 14], error[False, 14], rtol=1e-6)  # one curve, however written
    shrinks = error[True, 14] / error[True, 60]
    assert (shrinks > 10).mean() > 0.55
    assert 11 < np.median(shrinks) < 15.5
    assert 40 < np.median(error[False, 60] / error[False, 14]) < 65
