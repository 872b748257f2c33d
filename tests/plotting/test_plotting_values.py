"""Figures of odd data: many classes, none, one, NaN, halves, gradients, arrays; nothing is left open by an error."""

import warnings

import matplotlib as mpl
import numpy as np
import pytest
import torch

from d2lite import plotting

mpl.use("agg")
from matplotlib import pyplot as plt

KINDS = {
    "list": lambda values: values,
    "numpy": lambda values: np.array(values),
    "float64": lambda values: torch.tensor(values, dtype=torch.float64),
    "bfloat16": lambda values: torch.tensor(values, dtype=torch.bfloat16),
    "grad": lambda values: torch.tensor(values, dtype=torch.float32, requires_grad=True),
    "list of tensors": lambda values: [torch.tensor(value) for value in values],
}
POINTS = [[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]]


class Several(torch.nn.Module):
    def forward(self, x):
        return {"logits": x}


@pytest.fixture(params=KINDS)
def put(request):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield KINDS[request.param]


@pytest.fixture(autouse=True)
def _close():
    before = repr(mpl.rcParams.copy())
    yield
    plt.close("all")
    assert repr(mpl.rcParams.copy()) == before


def test_everything_is_drawn_from_any_container(put):
    data = put(POINTS), put([0.0, 1.0, 1.0])
    assert len(plotting.points(data).collections) == 2
    ax = plotting.decision_boundary(
        lambda x: x.sigmoid().numpy()[:, 0], data, resolution=np.int64(5), margin=np.float32(0.1)
    )
    assert ax.images[0].get_array().shape == (5, 5, 4)
    assert plotting.confusion_matrix(put([[3.0, 1.0], [0.0, 2.0]])).texts[0].get_text() == "3"
    assert list(plotting.curves({"a": put([1.0, 0.5])}).lines[0].get_ydata()) == [1, 0.5]
    pixels = put([[[0.0, 0.5], [1.0, 0.25]]])
    assert plotting.image_grid(pixels, titles=put([3.0])).shape == (1, 1)
    ax = plotting.boxes(pixels, put([[0.0, 0.0, 2.0, 1.0]]))
    assert ax.images[0].get_array().tolist() == [[0, 0.5], [1, 0.25]] and ax.images[0].get_clim() == (0, 1)


def test_names_come_from_a_generator_as_from_a_list():
    """Those of classes ended in "object of type 'generator' has no len()"."""
    ax = plotting.points((POINTS, [0, 1, 1]), class_names=iter(["low", "high"]))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["low", "high"]
    assert (
        plotting.boxes(None, [[0, 0, 1, 1]], labels=iter(["dog"]), colors=iter(["r"])).texts[0].get_text()
        == "dog"
    )


def test_more_classes_and_curves_than_colours_can_be_told_apart():
    ax = plotting.points((torch.arange(72.0).reshape(36, 2), torch.arange(36)))
    looks = {
        (tuple(group.get_facecolor()[0]), group.get_paths()[0].vertices.tobytes()) for group in ax.collections
    }
    assert len(looks) == 36
    plotting.use_style()
    try:
        for length in (3, 50):
            lines = plotting.curves({str(i): np.arange(length) + i for i in range(24)}).lines
            assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 24
            assert [line.get_linestyle() for line in lines[:6]] == ["-"] * 6
    finally:
        mpl.rcdefaults()
        mpl.use("agg")


def test_one_class_none_and_flat_data():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plotting.points((torch.zeros(0, 2), torch.zeros(0)))
        plotting.decision_boundary(lambda x: torch.ones(len(x)), ([[1.0, 1.0]], [1]))
        plotting.decision_boundary(lambda x: torch.zeros(len(x)), ([[1, 1], [1, 1]], [0, 0]))
        for place, margin in ((1e4, 0.15), (-1e7, 0.15), (0.0, 0)):
            flat = [[place, 1.0], [place, 2.0]]
            low, high = plotting.decision_boundary(
                lambda x: x[:, 1] > 1.5, (flat, [0, 1]), margin=margin
            ).get_xlim()
            assert low < place < high
        plotting.curves({"a": [], "b": [float("nan"), 1.0, float("nan")]})
        plotting.confusion_matrix([[7]])


def test_pixels_that_rounding_put_out_of_their_range_are_shown():
    """As of pictures that were standardised and scaled back; the message was "is from 1 to 1: expected 0 to 1"."""
    images = torch.tensor([[[-1e-6, 1 + 1e-6]]])
    assert plotting.image_grid(images)[0, 0].images[0].get_array().tolist() == [[0, 1]]
    assert plotting.boxes(images, [[0, 0, 1, 1]]).images[0].get_array().max() == 1


def test_large_counts_and_normalised_rows_are_shown_as_they_are():
    ax = plotting.confusion_matrix(torch.tensor([[12345678, 0], [1, 3]]))
    assert [text.get_text() for text in ax.texts] == ["12345678", "0", "1", "3"]
    ax = plotting.confusion_matrix([[0.25, 0.25], [0.0, 0.5]])
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.5, 0.5], [0, 1]])
    # 0.6666666865 ran over its cell
    ax = plotting.confusion_matrix(torch.tensor([[2.0, 1.0], [0.0, 3.0]]) / 3)
    assert [text.get_text() for text in ax.texts] == ["0.667", "0.333", "0", "1"]


def test_names_by_number_are_refused_not_replaced_by_the_numbers():
    data, names = (POINTS, [0, 1, 1]), {0: "cat", 1: "dog"}  # as many libraries keep them
    box = [[0, 0, 1, 1]] * 2
    for draw in (
        lambda names: plotting.points(data, class_names=names),
        lambda names: plotting.decision_boundary(lambda x: x, data, class_names=names),
        lambda names: plotting.confusion_matrix([[1, 0], [0, 1]], names),
        lambda names: plotting.boxes(None, box, labels=names),
        lambda names: plotting.image_grid(torch.zeros(2, 3, 3), names),
    ):
        with pytest.raises(
            ValueError, match="(class_names|labels|titles) is {0: 'cat'.*: expected a list of texts"
        ):
            draw(names)
        draw(names.values())
    ax = plotting.decision_boundary(lambda x: x, data, class_names=(name for name in ("cat", "dog")))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["cat", "dog"]


def test_labels_of_boxes_that_begin_outside_the_image_stand_at_its_border():
    image, boxes = torch.zeros(3, 20, 30), [[-300, -200, 9, 9], [10, -5, 20, 9], [12, 8, 50, 60]]
    ax = plotting.boxes(image, boxes, labels=["a", "b", "c"])
    plotting.boxes(None, [[-50, 3, 9, 9]], ax, labels=["d"], dashed=True)  # a second set, such as the truth
    assert [text.get_position() for text in ax.texts] == [(0, 0), (10, 0), (12, 8), (0, 3)]
    assert ax.patches[0].get_xy() == (-300, -200)  # the box is as it is
    ax = plotting.boxes(None, boxes, labels=["a", "b", "c"])
    assert ax.texts[0].get_position() == (-300, -200)


def test_boxes_without_an_image_are_in_sight():
    ax = plotting.boxes(None, [[10, 20, 30, 60]], colors=(0.2, 0.4, 0.6), labels=np.array([7]))
    assert ax.get_xlim()[0] <= 10 < 30 <= ax.get_xlim()[1]
    assert ax.get_ylim()[0] >= 60 > 20 >= ax.get_ylim()[1]
    assert ax.texts[0].get_text() == "7"


def test_axes_of_other_scales_and_lists_of_one_are_taken():
    figure, ax = plt.subplots()
    ax.set_xscale("log")
    assert plotting.curves({"a": [2, 1]}, [ax]) is ax
    assert plotting.curves({"a": [2, 1]}, np.array([[ax]])) is ax


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: plotting.points((POINTS, [0, 1])),
            r"targets has shape \(2,\): expected \(3,\), one class a sample",
        ),
        (lambda: plotting.points((POINTS, [0, 1, 0.5])), "targets holds 0.5: expected whole numbers"),
        (lambda: plotting.points((POINTS, [0, 1, -1])), "targets is from -1 to 1: expected 0 or more"),
        (
            lambda: plotting.points((POINTS, [0, 1, 2]), class_names=["a", "b"]),
            "targets is from 0 to 2: expected 0 to 1",
        ),
        (
            lambda: plotting.points(([[0, float("nan")]], [0])),
            r"inputs has shape \(1, 2\): expected .* finite",
        ),
        (
            lambda: plotting.decision_boundary(lambda x: x, (torch.zeros(0, 2), [])),
            r"inputs has shape \(0, 2\): expected at",
        ),
        (
            lambda: plotting.decision_boundary(lambda x: x * torch.nan, (POINTS, [0, 1, 1])),
            "result of predict holds NaN",
        ),
        (
            lambda: plotting.decision_boundary(lambda x: x, (POINTS, [0, 1, 1]), resolution=2.5),
            "resolution is 2.5",
        ),
        (
            lambda: plotting.decision_boundary(lambda x: 0.5, (POINTS, [0, 1, 1])),
            r"result of predict has shape \(\)",
        ),
        (
            lambda: plotting.confusion_matrix([[1, -1], [0, 1]]),
            "matrix holds NaN, infinity or a negative number",
        ),
        (
            lambda: plotting.confusion_matrix(torch.zeros(0, 0)),
            r"matrix has shape \(0, 0\): expected \(K, K\)",
        ),
        (
            lambda: plotting.curves({"a": [[1, 2]]}),
            r"history\['a'\] has shape \(1, 2\): expected \(epochs,\)",
        ),
        (lambda: plotting.curves({"a": ["b"]}), r"history\['a'\] is \['b'\]: expected a tensor"),
        (lambda: plotting.image_grid(torch.zeros(1, 0, 3)), r"images has shape \(1, 1, 0, 3\): expected"),
        (
            lambda: plotting.image_grid(torch.zeros(1, 3, 3), columns=0),
            "columns is 0: expected a whole number",
        ),
        (
            lambda: plotting.boxes(torch.full((3, 4, 4), 255), [[0, 0, 1, 1]]),
            "image is from 255 to 255: .*divide bytes by 255",
        ),
        (
            lambda: plotting.boxes(torch.zeros(4, 4, 3), [[0, 0, 1, 1]]),
            r"image has shape \(4, 4, 3\): expected \(3, H, W\)",
        ),
        (lambda: plotting.boxes(None, [[3, 3, 1, 1]]), r"boxes\[0\] is \[3.*, which has negative size"),
        (
            lambda: plotting.boxes(None, [[0, 0, 1, 1]], colors=["r", "b"]),
            "colors has 2 for 1 boxes: expected one for all",
        ),
        (
            lambda: plotting.boxes(None, [[0, 0, 1, 1]] * 2, colors=["r", "redd"]),
            "colors holds 'redd': expected colours",
        ),
        (
            lambda: plotting.boxes(None, [[0, 0, 1, 1]], colors=5),
            "colors is a int: expected one colour for all",
        ),
        (lambda: plotting.boxes(None, [[0, 0, 1, 1]], labels=5), "labels is a int: expected a list of texts"),
        (
            lambda: plotting.points((POINTS, [0, 1, 1]), class_names=2),
            "class_names is a int: expected a list",
        ),
        (
            lambda: plotting.points((POINTS, [0, 1, 1]), np.array([None, None])),
            "ax is a ndarray: expected axes",
        ),
        (lambda: plotting.confusion_matrix([[1]], ax=[None]), "ax is a list: expected axes of matplotlib"),
        (
            lambda: plotting.decision_boundary(Several(), (POINTS, [0, 1, 1])),
            "result of predict is a dict: expected a tensor of logits",
        ),
        (
            lambda: plotting.points(
                torch.utils.data.TensorDataset(torch.tensor(POINTS), torch.tensor([0, 1, 1]))
            ),
            "data is a TensorDataset: expected a pair, inputs .N, 2. and class indices .N,., such as the tensors of",
        ),
        (lambda: plotting.decision_boundary(lambda x: x[:, 0], 3), "data is a int: expected a pair, inputs"),
        (lambda: plotting.curves([0.9, 0.5]), "history is a list: expected the History of a run, or a dict"),
        (lambda: plotting.curves({"a": [1, 2]}, [None, None]), "axes has 2 for one panel: expected one"),
    ],
)
def test_errors_come_before_a_figure_is_opened(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert plt.get_fignums() == []


@pytest.mark.parametrize("last", [torch.nn.Sigmoid(), torch.nn.Softmax(1)])
def test_a_decision_boundary_applies_no_second_sigmoid(last):
    model = torch.nn.Sequential(torch.nn.Linear(2, 1 if isinstance(last, torch.nn.Sigmoid) else 2), last)
    data = torch.randn(6, 2), torch.tensor([0, 1] * 3)
    with pytest.raises(ValueError, match="predict ends in a sigmoid or softmax: expected"):
        plotting.decision_boundary(model, data)
    plotting.decision_boundary(lambda x: model(x), data)


class Calls(torch.nn.Linear):
    """A model as beginners write it: its sigmoid is no module."""

    def forward(self, x):
        return torch.sigmoid(super().forward(x)).squeeze(1)


def test_nor_one_after_a_function_in_forward():
    """All of the plane was class 1, as no probability is below 0."""
    with pytest.raises(ValueError, match="predict ends in a sigmoid or softmax: expected"):
        plotting.decision_boundary(Calls(2, 1), (torch.randn(6, 2), torch.tensor([0, 1] * 3)))


class Squashes(torch.nn.Linear):
    def forward(self, x):
        return torch.softmax(super().forward(x), dim=1)


def test_nor_a_softmax_after_one_in_forward():
    """Its probabilities were taken for logits: every region was in doubt."""
    data = torch.randn(6, 2), torch.tensor([0, 1] * 3)
    with pytest.raises(ValueError, match="predict ends in a sigmoid or softmax: expected"):
        plotting.decision_boundary(Squashes(2, 3), data)


class Named(torch.nn.Module):
    """Its last layer by name is a sigmoid, its last step is none."""

    def __init__(self):
        super().__init__()
        self.hidden, self.output, self.activation = (
            torch.nn.Linear(2, 4),
            torch.nn.Linear(4, 1),
            torch.nn.Sigmoid(),
        )
        torch.nn.init.constant_(self.output.bias, 9)
        self.calls = []

    def forward(self, x):
        self.calls.append((len(x), torch.is_grad_enabled()))
        return self.output(self.activation(self.hidden(x)))


def test_logits_of_a_module_are_taken_whatever_the_order_of_its_layers_and_without_a_graph():
    model = Named()
    ax = plotting.decision_boundary(model, (torch.randn(6, 2), torch.tensor([0, 1] * 3)), resolution=20)
    assert ax.images[0].get_array()[..., 3].min() > 0.35  # all of it is class 1, by far
    assert (400, False) in model.calls and all(count < 400 for count, with_graph in model.calls if with_graph)


def test_a_module_of_one_number_for_all_points_is_refused():
    class Mean(torch.nn.Module):
        def forward(self, x):
            return x.mean()

    with pytest.raises(ValueError, match=r"result of predict has shape \(\): expected"):
        plotting.decision_boundary(Mean(), (torch.randn(6, 2), torch.tensor([0, 1] * 3)))


@pytest.mark.parametrize("high", [1.0, 1.0 + 1e-6])
def test_probabilities_of_two_classes_may_exceed_1_by_rounding(high):
    """The opacity of a region is that of its probability, not that of any winner."""
    ax = plotting.decision_boundary(
        lambda x: torch.tensor([[high, 0.0]], dtype=torch.float64).repeat(len(x), 1), (POINTS, [0, 1, 1])
    )
    np.testing.assert_allclose(ax.images[0].get_array()[..., 3], 0.38)
