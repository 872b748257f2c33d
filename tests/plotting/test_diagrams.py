"""Drawings: they can be read, their arrows meet the borders, and a text without room is an error."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch
from drawings import DRAWINGS
from matplotlib import colors as mcolors
from matplotlib import pyplot as plt
from test_plotting import contrast

from d2lite import plotting
from d2lite.plotting import diagrams

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from d2lite_book.images import INKS  # noqa: E402

PAGES = {"light": "#fcfbf8", "dark": "#16191d"}


@pytest.fixture(autouse=True)
def _nothing_changes():
    before = repr(mpl.rcParams.copy())
    yield
    assert plt.get_fignums() == [] and repr(mpl.rcParams.copy()) == before


@pytest.fixture
def d():
    return diagrams.Diagram(8, 4)


@pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)
def test_drawings_of_the_chapters_can_be_read(draw):
    drawing = draw()
    figure = drawing.show()
    ax = figure.axes[0]
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in ax.texts]
    assert boxes and all(
        figure.bbox.x0 <= box.x0
        and box.x1 <= figure.bbox.x1
        and figure.bbox.y0 <= box.y0
        and box.y1 <= figure.bbox.y1
        for box in boxes
    )
    sides = figure.get_size_inches()
    assert sides[0] / np.ptp(ax.get_xlim()) == pytest.approx(0.5) == sides[1] / np.ptp(ax.get_ylim())
    shown = min(1, 328 / (96 * sides[0]))  # on a page of 360 pixels
    assert min(text.get_fontsize() for text in ax.texts) / 72 * 96 * shown >= 8


@pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)
def test_a_drawing_has_no_colour_but_the_house_s_and_the_same_file_each_time(draw):
    text = draw().svg()
    assert text == draw().svg() and "<dc:date>" not in text
    drawn = set(re.findall(r"(?:fill|stroke): (#\w+)", text))
    assert drawn - {"#ffffff"} <= set(diagrams.COLORS.values()) and plotting.INK in drawn
    assert len(text) < 40_000


def test_another_process_draws_the_same_file_and_needs_no_pyplot():
    code = (
        "import sys; from d2lite.plotting import diagrams; assert 'matplotlib' not in sys.modules;"
        "text = diagrams.lstm_cell().svg(); assert 'matplotlib.pyplot' not in sys.modules; print(text)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == diagrams.lstm_cell().svg().strip()


def test_a_notebook_that_has_set_no_format_shows_the_drawing():
    display = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    shown, _ = display.format(diagrams.lstm_cell().show())
    assert shown["image/svg+xml"] == diagrams.lstm_cell().svg()


def _over(tint, page):
    red, green, blue, alpha = mcolors.to_rgba(tint)
    return alpha * np.array([red, green, blue]) + (1 - alpha) * np.array(mcolors.to_rgb(page))


@pytest.mark.parametrize("theme", PAGES)
@pytest.mark.parametrize("color", diagrams.COLORS)
def test_ink_reads_on_every_tint_in_both_themes(d, theme, color):
    d.box(2, 2, 1, 1, color=color)
    d.area([(4, 0), (5, 0), (5, 1)], color=color)
    box, area = (patch.get_facecolor() for patch in d.figure.axes[0].patches)
    assert contrast(INKS[theme], _over(box, PAGES[theme])) >= 4.5
    assert contrast(INKS[theme], _over(area, PAGES[theme])) >= 4
    assert box != area and area[3] > 0.2  # a shade that is seen


def _tip(d):
    """Return the point of the last arrow's head."""
    return d.figure.axes[0].patches[-1].get_xy()[0]


MAKERS = {
    "box": lambda d: d.box(6, 3, 1.5, 1),
    "circle": lambda d: d.circle(6, 3, 0.5),
    "tensor": lambda d: d.tensor(6, 3, 6, 12, 12),
    "matrix": lambda d: d.matrix(6, 3, [[1, 2], [3, 4]]),
    "layer": lambda d: d.layer(6, 3, 3),
    "text": lambda d: d.text(6, 3, "words"),
}
WAYS = {"straight": {}, "left": {"curve": 0.3}, "right": {"curve": -0.3}, "bent": {"via": [(1, 3)]}}


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("way", WAYS)
def test_arrows_end_at_borders(d, make, way):
    end, start = MAKERS[make](d), d.circle(1, 1, 0.4)
    d.arrow(start, end, **WAYS[way])
    x, y = d.figure.axes[0].lines[-1].get_data()
    assert 0.4 <= np.hypot(x[0] - 1, y[0] - 1) <= 0.43
    outline = np.concatenate(
        [np.linspace(a, b, 400) for a, b in zip(end.outline, np.roll(end.outline, -1, 0), strict=True)]
    )
    assert not end.contains([_tip(d)])[0] and 0.01 <= np.hypot(*(outline - _tip(d)).T).min() <= 0.08


def test_arrows_between_points_reach_them(d):
    d.arrow((1, 1), (3, 2))
    np.testing.assert_allclose(_tip(d), (3, 2))


@pytest.mark.parametrize(
    ("side", "axis", "sign"), [("above", 1, 1), ("below", 1, -1), ("left", 0, -1), ("right", 0, 1)]
)
def test_labels_stand_where_they_are_asked(d, side, axis, sign):
    end = (5, 1) if axis else (1, 4)
    label = d.arrow((1, 1), end, "label", side=side)
    assert all(sign * (corner[axis] - 1) > 0 for corner in label.outline)
    d.show()


def test_a_text_is_in_the_middle_of_its_box(d):
    box = d.box(3, 2, 2.4, 1, "two words\nbelow")
    left, bottom, right, top = d._extent(d.figure.axes[0].texts[0])
    assert box.bounds[0] < left and right < box.bounds[2] and box.bounds[1] < bottom and top < box.bounds[3]
    assert (left + right) / 2 == pytest.approx(3, abs=0.02) and (bottom + top) / 2 == pytest.approx(
        2, abs=0.02
    )


def test_a_box_without_sides_holds_its_text(d):
    box = d.box(3, 2, None, None, "some longer words\n$h_t$")
    left, bottom, right, top = d._extent(d.figure.axes[0].texts[0])
    assert box.bounds == pytest.approx((left - 0.18, bottom - 0.18, right + 0.18, top + 0.18), abs=0.02)
    assert d.box(3, 2, 5, None, "a").bounds[::2] == (0.5, 5.5)
    with pytest.raises(ValueError, match="expected at most 0.32"):
        d.box(3, 2, 0.4, None, "words")


def test_shapes_know_their_sides_and_parts(d):
    box = d.box(3, 2, 2, 1)
    assert (box.left, box.right, box.top, box.bottom) == ((2, 2), (4, 2), (3, 2.5), (3, 1.5))
    grid = d.matrix(3, 2, [[1, 2, 3], [4, 5, 6]], cell=0.5)
    assert grid[0, 0].center == (2.5, 2.25) and grid[1, 2].center == (3.5, 1.75) and grid[2] is grid[0, 2]
    with pytest.raises(IndexError):
        grid[0, 3]
    layer = d.layer(6, 2, 3, gap=1)
    assert layer[0].center == pytest.approx((6, 3)) and layer[2].center == pytest.approx((6, 1))


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([[1, -2.5]], ["1", "−2.5"]),
        (np.array([[1 / 3], [1e6]]), ["0.333", "1e+06"]),
        (torch.tensor([[0.5, 2.0]]), ["0.5", "2"]),
        ([["a", None]], ["a"]),
        (["ab"], None),
        ([[]], None),
        ([[1], [1, 2]], None),
        ([], None),
    ],
)
def test_matrices_show_numbers_and_texts(d, values, texts):
    if texts is None:
        with pytest.raises(
            ValueError, match=r"values has rows of different lengths or none: expected \(rows, columns\)"
        ):
            d.matrix(3, 2, values)
        return
    d.matrix(3, 2, values)
    assert [text.get_text() for text in d.figure.axes[0].texts] == texts
    d.show()


def test_whole_numbers_have_all_their_digits(d):
    d.matrix(1, 1, [[2024, -1600.0], [np.int64(99_999), 1234.5]], cell=2)
    texts = [text.get_text() for text in d.figure.axes[0].texts]
    assert texts == ["2024", "−1600", "99999", "1.23e+03"]
    grid = d.matrix(5, 1, torch.tensor([[0.0, 2.0]]) * -1)  # -0.0 stood there as −0
    assert [text.get_text() for text in d.figure.axes[0].texts][4:] == ["0", "−2"]
    assert len(grid.parts) == 2


def test_tensors_have_their_shape_below_and_sheets_that_do_not_lie_on_one_another(d):
    for x, (channels, sheets) in enumerate([(1, 1), (3, 3), (6, 4), (16, 6), (512, 9)]):
        before = len(d.figure.axes[0].patches)
        d.tensor(x * 3, 2, channels, 9, 4)
        assert len(d.figure.axes[0].patches) - before == sheets
        assert d.figure.axes[0].texts[-1].get_text() == f"{channels}×9×4"
    corners = [patch.get_xy() for patch in d.figure.axes[0].patches[-9:]]
    areas = [abs(np.sum(c[:-1, 0] * c[1:, 1] - c[1:, 0] * c[:-1, 1])) / 2 for c in corners]
    assert areas[0] == pytest.approx(0.5 * 0.75) and areas[1:] == pytest.approx([0.5 * 0.75 - 0.4 * 0.65] * 8)


def test_crossed_units_are_connected_to_nothing():
    d = diagrams.network([3, 4, 2], crossed={1: [0, 2]})
    crosses, lines = 2 * 2, 3 * 2 + 2 * 2
    assert len(d.figure.axes[0].lines) == crosses + lines


def test_long_layers_have_dots_and_their_number(d):
    layer = d.layer(3, 2, 100)
    assert len(layer.parts) == 6 and [text.get_text() for text in d.figure.axes[0].texts] == ["100"]


@pytest.mark.parametrize("at", [(0, 0), (2, 1)])
def test_a_window_gives_what_torch_gives(at):
    values, kernel = torch.arange(25.0).reshape(5, 5) % 7, torch.tensor([[1.0, 0, -2], [0, 3, 0], [1, 1, 1]])
    wanted = torch.nn.functional.conv2d(values[None, None], kernel[None, None])[0, 0][at]
    texts = [text.get_text() for text in diagrams.window(values, kernel, at).figure.axes[0].texts]
    assert f"{wanted:g}".replace("-", "−") in texts[-4:]


def test_a_window_under_the_kernel_of_a_layer():
    """Its weights have gradients, and may be halves."""
    values = torch.arange(9.0).reshape(3, 3)
    for dtype in (torch.float32, torch.bfloat16):
        kernel = torch.ones(2, 2, dtype=dtype, requires_grad=True)
        texts = [text.get_text() for text in diagrams.window(values, kernel).figure.axes[0].texts]
        assert "8" in texts[-5:]


def test_a_window_over_bytes_gives_a_sum_that_does_not_wrap():
    image, kernel = np.full((3, 3), 200, np.uint8), np.full((2, 2), 2, np.uint8)
    texts = [text.get_text() for text in diagrams.window(image, kernel).figure.axes[0].texts]
    assert "1600" in texts


def _shown(*steps):
    d = diagrams.Diagram(8, 4)
    for step in steps:
        step(d)
    return d.show()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: d.box(1, 1, 1, 1, "a long text"), r"text 'a long text' is \S+ units wide: expected at most 0.92"),
        (lambda d: d.circle(1, 1, 0.3, "0.7312"), "text '0.7312' is .* expected at most 0.57, to fit its shape; make"),
        (lambda d: d.box(1, 1, 3, 0.4, "a\nb"), "units high: expected at most 0.32"),
        (lambda d: d.matrix(1, 1, [["word"]], cell=0.5), "text 'word' is .* wide"),
        (lambda d: d.box(1, 1, 0, 1), "width is 0: expected a finite number, above 0"),
        (lambda d: d.box("a", 1, 1, 1), "x is 'a': expected a finite number"),
        (lambda d: d.box(1, 1, 1, 1, color="bleu"), "color is 'bleu': expected one of .*; did you mean 'blue'"),
        (lambda d: d.text(1, 1, "a", size="big"), "size is 'big': expected one of 'small'"),
        (lambda d: d.text(1, 1, "a", align="top"), "align is 'top': expected one of"),
        (lambda d: d.arrow("a", (1, 1)), "start is 'a': expected a shape of the drawing or a point"),
        (lambda d: d.arrow((0, 0), (1, "b")), r"end\[1\] is 'b': expected a finite number"),
        (lambda d: d.arrow((1, 1), (1, 1)), "the arrow is shorter than its head: expected start and end apart"),
        (lambda d: d.arrow((1, 1), (1, 1), curve=0.5), "the arrow is shorter than its head: expected"),
        (lambda d: d.arrow(d.circle(1, 1, 1), d.circle(2, 1, 1)), "the arrow is shorter than its head"),
        (lambda d: d.arrow((0, 0), (1, 1), side="up"), "side is 'up': expected one of"),
        (lambda d: d.arrow((0, 0), (1, 1), heads=2), "heads is 2: expected one of"),
        (lambda d: d.line([(0, 0)]), "points has 1 points: expected at least 2"),
        (lambda d: d.area([(0, 0), (1, 1)]), "points has 2 points: expected at least 3"),
        (lambda d: d.brace((0, 0), (0, 3)), "side is 'below': expected a side across the way from start to end"),
        (lambda d: d.brace((0, 0), (0, 0)), r"end is \(0.0, 0.0\): expected a point apart from start"),
        (lambda d: d.frame([]), "shapes holds nothing: expected shapes of the drawing"),
        (lambda d: d.frame([(1, 2)]), r"shapes holds \(1, 2\): expected shapes of the drawing"),
        (lambda d: d.tensor(1, 1, 0, 2, 2), "channels is 0: expected a whole number, 1 or more"),
        (lambda d: d.tensor(1, 1, 2, 2), "columns is None: expected a whole number"),
        (lambda d: d.layer(1, 1, 3, texts=["a"]), "texts has 1 for 3 units: expected one for each"),
        (lambda d: d.layer(1, 1, 3, crossed=[3]), "crossed is 3: expected a whole number, from 0 to 2"),
        (lambda d: d.connect(d.layer(1, 1, 2), None), "layer_b is None: expected a layer of the drawing"),
        (lambda d: d.matrix(1, 1, [[1]], highlight=[(0, 1)]), r"highlight holds \(0, 1\): expected cells of 1 rows"),
        (lambda d: diagrams.Diagram(12, 2), "width is 12: expected a finite number, above 0 and at most 11"),
        (lambda d: diagrams.neuron(["a"], []), "weights has 0 texts for 1 inputs: expected one for each"),
        (lambda d: diagrams.network([3]), "sizes has 1 layers: expected at least 2"),
        (lambda d: diagrams.unrolled(2, inputs=["a"]), "inputs has 1 texts for 2 places: expected one for each"),
        (lambda d: diagrams.network([3, 2], crossed={2: [0]}), "crossed is 2: expected a whole number, from 0 to 1"),
        (lambda d: diagrams.network([3, 2], crossed={-1: [0]}), "crossed is -1: expected a whole number, from 0 to 1"),
        (lambda d: diagrams.network([3, 2], colors=["blue"]), "colors has 1: expected three"),
        (lambda d: diagrams.window([[1, 2]], [[1]], (0, 2)), r"at is \(0, 2\): expected a cell of the output, 1 rows"),
        (lambda d: diagrams.window([[1, 2]], [[1]], (0, 0.5)), r"at\[1\] is 0.5: expected a whole number"),
        (lambda d: diagrams.window([["a"]], [[1]]), r"values is \[\['a'\]\]: expected a tensor, an array"),
        (lambda d: d.matrix(1, 1, [[[1], [2]]]), "values has more than two axes: expected"),
        (lambda d: diagrams.window([1, 2], [1]), r"shapes \(2,\) and \(1,\): expected \(H, W\) and \(h, w\)"),
    ],
)  # fmt: skip
def test_errors_say_what_came_and_what_to_do(d, call, message):
    with pytest.raises(ValueError, match=message):
        call(d)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([lambda d: d.text(1, 1, "one"), lambda d: d.text(1.4, 1.1, "two")], "text 'two' is over text 'one': expected"),
        ([lambda d: d.text(1, 1, "one"), lambda d: d.arrow((0, 0.5), (2, 1.5))], "text 'one' is crossed by a line"),
        ([lambda d: d.text(1, 1, "one"), lambda d: d.box(2, 1, 2, 2)], "text 'one' is crossed by a line"),
        ([lambda d: d.dot(0, 0), lambda d: d.dot(12, 0)], "the drawing is 12.4 units wide: expected at most 11"),
    ],
)  # fmt: skip
def test_a_drawing_that_cannot_be_read_is_not_shown(steps, message):
    with pytest.raises(ValueError, match=message):
        _shown(*steps)
    _shown(steps[0])


@pytest.mark.filterwarnings("error")
def test_a_drawing_may_be_saved_twice(d):
    d.box(1, 1, 1, 1, "a")
    assert d.svg() == d.svg()  # the second warned of a layout that nobody asked for


def test_an_empty_drawing_is_shown(d):
    assert d.show().get_size_inches().tolist() == [4, 2]


def test_examples_of_the_docstrings_run():
    found = [
        test
        for name in diagrams.__all__
        for test in doctest.DocTestFinder(recurse=False).find(
            getattr(diagrams, name), name, globs=vars(diagrams).copy()
        )
    ]
    ran = [doctest.DocTestRunner().run(test) for test in found if test.examples]
    assert len(ran) >= 6 and not any(result.failed for result in ran)
