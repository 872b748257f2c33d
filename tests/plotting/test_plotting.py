"""Figures: what is drawn, and that it can be read on both pages and by every eye."""

import itertools
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
import torch
from torch import nn

from d2lite import plotting
from d2lite.training import History

mpl.use("agg")
from matplotlib import colors as mcolors
from matplotlib import pyplot as plt

PAGES = ("#fcfbf8", "#16191d")  # the backgrounds of the light and the dark theme

# Severity 1 of Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", 2009; they act on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.fixture(autouse=True)
def _clean():
    yield
    plt.close("all")
    mpl.rcdefaults()
    mpl.use("agg")


def linear(color):
    rgb = np.array(mcolors.to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    low, high = sorted(linear(color) @ [0.2126, 0.7152, 0.0722] for color in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
def test_palette_can_be_told_apart_by_every_eye(sight):
    seen = [lab(np.array(SIGHT[sight]) @ linear(color)) for color in plotting.PALETTE]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= 16


@pytest.mark.parametrize("page", PAGES)
def test_colours_stand_out_on_both_pages(page):
    assert min(contrast(color, page) for color in plotting.PALETTE) >= 3
    assert contrast(plotting.INK, page) >= 4.1


def test_nothing_changes_at_import():
    code = (
        "import matplotlib as m; b = repr(m.rcParams.copy()); import d2lite.plotting, sys; "
        "assert repr(m.rcParams.copy()) == b; assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_style_makes_transparent_figures_with_the_palette():
    plotting.use_style()
    figure, ax = plt.subplots()
    (line,) = ax.plot([1, 2])
    figure.canvas.draw()
    assert mcolors.same_color(line.get_color(), plotting.PALETTE[0])
    assert np.asarray(figure.canvas.buffer_rgba())[0, 0, 3] == 0
    assert mcolors.same_color(ax.xaxis.label.get_color(), plotting.INK)


def test_the_same_figure_gives_the_same_file(tmp_path):
    plotting.use_style()
    for name in "ab":
        figure, ax = plt.subplots()
        ax.plot([1, 2], label="$x$")
        figure.savefig(tmp_path / f"{name}.svg", metadata={"Date": None})
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def plane():
    inputs = torch.tensor([[-1.0, 0], [1, 0], [0, 1], [0, -1]])
    return inputs, torch.tensor([0, 1, 1, 0])


def test_boundary_is_where_the_probability_is_one_half():
    model = nn.Linear(2, 1)
    model.load_state_dict({"weight": torch.tensor([[4.0, 0.0]]), "bias": torch.tensor([-1.0])})  # x1 = 0.25
    ax = plotting.decision_boundary(model, plane())
    (contour,) = [item for item in ax.collections if hasattr(item, "levels")]
    assert list(contour.levels) == [0.5]
    assert contour.get_paths()[0].vertices[:, 0] == pytest.approx(0.25, abs=0.01)
    shades = ax.images[0].get_array()  # (R, R, 4), first row at the bottom
    left, right = shades[0, 0], shades[0, -1]
    assert mcolors.same_color(left[:3], plotting.CLASS_COLORS[0])
    assert mcolors.same_color(right[:3], plotting.CLASS_COLORS[1])
    assert model.training


def test_boundary_agrees_for_one_output_two_outputs_and_a_function():
    model, two = nn.Linear(2, 1), nn.Linear(2, 2)
    with torch.no_grad():
        two.weight.copy_(torch.cat([-model.weight, model.weight]) / 2)
        two.bias.copy_(torch.cat([-model.bias, model.bias]) / 2)
    predicts = [model, two, lambda x: model(x).sigmoid(), lambda x: model(x).sigmoid()[:, 0].detach().numpy()]
    shades = [plotting.decision_boundary(predict, plane()).images[0].get_array() for predict in predicts]
    for other in shades[1:]:
        np.testing.assert_allclose(other, shades[0], atol=1e-6)


def test_boundary_of_three_classes_colours_the_winner():
    predict = lambda x: torch.stack([x[:, 0], -x[:, 0], torch.full_like(x[:, 0], -9.0)], 1)
    ax = plotting.decision_boundary(predict, plane())
    shades = ax.images[0].get_array()
    assert mcolors.same_color(shades[0, -1][:3], plotting.CLASS_COLORS[0])
    assert mcolors.same_color(shades[0, 0][:3], plotting.CLASS_COLORS[1])


def test_boundary_says_what_it_cannot_draw():
    with pytest.raises(ValueError, match=r"inputs has shape \(3, 4\): expected \(N, 2\)"):
        plotting.decision_boundary(nn.Linear(4, 1), (torch.zeros(3, 4), torch.zeros(3)))
    with pytest.raises(
        ValueError,
        match=r"result of predict is from -\d.* to \d.*: expected probabilities.* put torch.sigmoid around",
    ):
        plotting.decision_boundary(lambda x: x[:, 0] * 10, plane())
    with pytest.raises(ValueError, match=r"result of predict has shape \(3,\): expected"):
        plotting.decision_boundary(lambda x: torch.zeros(3), plane())


def test_points_have_a_colour_and_a_marker_for_each_class():
    ax = plotting.points(plane(), class_names=["low", "high"])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["low", "high"]
    low, high = ax.collections
    np.testing.assert_allclose(low.get_offsets(), [[-1, 0], [0, -1]])
    assert mcolors.same_color(high.get_facecolor()[0], plotting.CLASS_COLORS[1])
    assert not np.array_equal(low.get_paths()[0].vertices, high.get_paths()[0].vertices)


def test_curves_of_a_history_have_a_panel_for_each_figure():
    rows = [
        {
            "epoch": 1,
            "train_loss": 2.0,
            "train_accuracy": 0.5,
            "validation_loss": 3.0,
            "validation_accuracy": 0.4,
        },
        {
            "epoch": 2,
            "train_loss": 1.0,
            "train_accuracy": 0.7,
            "validation_loss": 2.0,
            "validation_accuracy": 0.6,
        },
    ]
    axes = History(rows).plot()
    assert [ax.get_ylabel() for ax in axes] == ["loss", "accuracy"]
    lines = {line.get_label(): list(line.get_ydata()) for line in axes[0].lines}
    assert lines == {"training": [2.0, 1.0], "validation": [3.0, 2.0]}
    assert list(axes[0].lines[0].get_xdata()) == [1, 2]
    with pytest.raises(ValueError, match="axes has 1 for 2 panels: expected one for each of loss, accuracy"):
        plotting.curves(History(rows), plt.subplots()[1])
    with pytest.raises(ValueError, match="history is empty"):
        History().plot()


def test_curves_of_a_dict_compare_in_one_panel():
    ax = plotting.curves({"SGD": [3, 2], "Adam": [2, 1, 0.5]}, ylabel="validation loss")
    assert [len(line.get_ydata()) for line in ax.lines] == [2, 3]
    assert ax.get_ylabel() == "validation loss"
    with pytest.raises(ValueError, match="history is an empty dict: expected"):
        plotting.curves({})


@pytest.mark.parametrize("shape", [(5, 8, 6), (5, 1, 8, 6), (5, 3, 8, 6)])
def test_image_grid_shows_the_pixels_as_they_are(shape):
    images = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    axes = plotting.image_grid(images, titles=list("abcde"), columns=3)
    assert axes.shape == (2, 3)
    shown = axes[1, 1].images[0]
    expected = images[4].squeeze(0) if len(shape) == 4 and shape[1] == 1 else images[4]
    expected = expected.permute(1, 2, 0) if expected.ndim == 3 else expected
    np.testing.assert_allclose(shown.get_array(), expected)
    assert shown.get_clim() == (0, 1)
    assert axes[1, 1].get_title() == "e"
    assert not axes[1, 2].images


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(3, 4), r"shape \(3, 4\): expected \(N, H, W\)"),
        (torch.zeros(3, 2, 8, 8), "expected"),
        (
            torch.full((1, 8, 8), 255.0),
            "images is from 255 to 255: expected values from 0 to 1; divide bytes by 255",
        ),
        (torch.full((1, 8, 8), torch.nan), "images is from nan to nan: expected values from 0 to 1"),
        (torch.zeros(0, 8, 8), "at least one image"),
    ],
)
def test_image_grid_says_what_it_cannot_draw(images, message):
    with pytest.raises(ValueError, match=message):
        plotting.image_grid(images)


def test_image_grid_wants_a_title_for_each_image():
    with pytest.raises(ValueError, match="titles has 1 texts for 2 images: expected one for each"):
        plotting.image_grid(torch.zeros(2, 8, 8), titles=["a"])


def test_confusion_matrix_writes_counts_and_shades_fractions_of_rows():
    ax = plotting.confusion_matrix(torch.tensor([[8, 2], [0, 0]]), ["cat", "dog"])
    assert [text.get_text() for text in ax.texts] == ["8", "2", "0", "0"]
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.8, 0.2], [0, 0]])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog"]
    for text, value in zip(ax.texts, [0.8, 0.2, 0, 0], strict=True):
        assert contrast(text.get_color(), mpl.colormaps["Blues"](value)[:3]) >= 4.5
    with pytest.raises(ValueError, match=r"matrix has shape \(2, 3\): expected \(K, K\)"):
        plotting.confusion_matrix(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="class_names has 1 texts for 2 classes: expected one for each"):
        plotting.confusion_matrix(torch.zeros(2, 2), ["a"])


def test_boxes_lie_where_they_say():
    ax = plotting.boxes(
        torch.zeros(3, 20, 40), [[1, 2, 11, 8], [0, 0, 40, 20]], labels=["a", "b"], colors="#123456"
    )
    assert [patch.get_bbox().extents.tolist() for patch in ax.patches] == [[1, 2, 11, 8], [0, 0, 40, 20]]
    assert [text.get_text() for text in ax.texts] == ["a", "b"]
    assert ax.get_ylim() == (20, 0)
    assert plotting.boxes(None, torch.zeros(0, 4), ax) is ax
    plotting.boxes(None, [[0, 0, 1, 1]], ax, dashed=True)
    assert ax.patches[-1].get_linestyle() == "--"
    with pytest.raises(ValueError, match=r"boxes has shape \(4,\): expected \(N, 4\)"):
        plotting.boxes(None, [0, 0, 1, 1])
    with pytest.raises(ValueError, match="labels has 1 texts for 2 boxes: expected one for each"):
        plotting.boxes(None, torch.zeros(2, 4), labels=["a"])
