"""Explorer and its traits: what Python says is what the page gets; bad values get one sentence."""

import copy
import gzip
import json
import pickle
import subprocess
import sys

import cloudpickle
import numpy as np
import pytest
import torch
import traitlets

import d2lite.widgets
from d2lite.widgets import BoundaryExplorer, SweepExplorer, explorer_class, explorer_names
from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Payload, Real, Rows, Text


class Sample(Explorer):
    """All kinds of traits."""

    _folder = BoundaryExplorer._folder
    rate = Real(0.1, min=1e-3, max=10, log=True, label="learning rate", unit="s")
    count = Integer(3, min=0, max=9)
    kind = Choice("a", ("a", "b"))
    size = Choice(0, (0, 1, 16), names=("all", "1", "16"))
    on = Flag(False)
    word = Text("hi", max_length=5)
    box = Numbers([0, 0, 1, 1], min=-1, max=1, length=4)
    shape = Numbers([3, 4], min=0, max=9, max_length=5, integer=True)
    below = Real(-1, min=-2, max=0)
    rows = Rows(columns=[("x", -1, 1), ("label", 0, 1, "integer")], max_length=3)
    ratio = Real(0.5, min=0, max=0.999)
    share = Choice(0.5, (0.5, 0.6))
    data = Payload(max_size=100)
    result = Numbers(min=-10, max=10, output=True)


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("rate", 1, 1.0),
        ("below", 0, 0.0),
        ("rate", np.float32(0.5), 0.5),
        ("count", 4.0, 4),
        ("count", torch.tensor(5), 5),
        ("count", np.int64(5), 5),
        ("count", np.array(5, dtype=np.uint8), 5),
        ("rate", np.float16(0.1), 0.1),
        ("rate", torch.tensor(0.1, dtype=torch.bfloat16), 0.100097656),
        ("rate", torch.tensor(0.1, requires_grad=True), 0.1),
        ("ratio", np.float32(0.999), 0.999),  # its own value is above the range's end
        ("ratio", torch.tensor(0.999), 0.999),
        ("share", np.float32(0.6), 0.6),
        ("share", torch.tensor(0.6), 0.6),
        ("on", np.True_, True),
        ("on", torch.tensor(True), True),
        ("word", np.str_("abc"), "abc"),
        ("shape", (np.float64(2), torch.tensor(3)), [2, 3]),
        ("box", (np.float32(0.1), torch.tensor(0.1), 0, np.int64(1)), [0.1, 0.1, 0, 1]),
        ("rows", [[torch.tensor(0.1), np.int64(1)]], [[0.1, 1]]),
        ("rows", np.array([[0.1, 1]], dtype=np.float32), [[0.1, 1]]),
        ("size", 16, 16),
        ("box", np.array([0, 0, 0.5, 1]), [0, 0, 0.5, 1]),
        ("rows", [(0, 1)], [[0.0, 1]]),
        ("rows", torch.tensor([[0.5, 1.0]]), [[0.5, 1]]),
        ("rows", [], []),
    ],
)
def test_good_values_are_kept_as_plain_numbers(name, given, kept):
    sample = Sample(**{name: given})
    assert getattr(sample, name) == kept
    assert all(type(number) in (int, float, bool, str) for number in flatten(getattr(sample, name)))
    json.dumps(getattr(sample, name))


def flatten(value):
    return [part for item in value for part in flatten(item)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rate", 11, r"rate is 11: expected a number from 0.001 to 10"),
        ("rate", 0, "from 0.001"),
        ("rate", float("nan"), "rate is nan: "),
        ("rate", "0.1", "rate is '0.1': "),
        ("rate", True, "rate is True: "),
        ("rate", None, "rate is None: "),
        ("count", 2.5, "whole number from 0 to 9"),
        ("count", -1, "from 0 to 9"),
        ("shape", [2.5], "expected a list of at most 5 whole numbers from 0 to 9"),
        ("count", 10**400, "from 0 to 9"),
        ("kind", "c", "one of 'a', 'b'"),
        ("size", True, "one of 0, 1, 16"),
        ("on", 1, "True or False"),
        ("word", "too long", "at most 5 Unicode characters"),
        ("box", [0, 0, 1], "a list of 4 numbers from -1 to 1"),
        ("box", [0, 0, 1, 2], "from -1 to 1"),
        ("box", "abcd", "a list of 4"),
        ("rows", [[0, 0]] * 4, "at most 3 rows of 2 numbers: x from -1 to 1, label from 0 to 1"),
        ("rows", [[0]], "rows of 2"),
        ("rows", [[0, 0.5]], "label from 0 to 1"),
        ("rows", [[float("inf"), 0]], "x from -1"),
        ("rows", 3, "rows of 2"),
        ("rows", [[np.True_, 0]], "rows of 2"),
        ("rows", {(0, 1)}, "rows of 2"),
        ("rows", [None], "rows of 2"),
        ("rate", np.float64("nan"), "rate is "),
        ("rate", np.array([0.1]), "a number from 0.001 to 10"),
        ("rate", 1j, "a number"),
        ("rate", torch.tensor(True), "a number"),
        ("count", np.True_, "whole number"),
        ("count", False, "whole number"),
        ("count", float("inf"), "whole number"),
        ("count", {3}, "whole number"),
        ("on", np.int64(1), "True or False"),
        ("word", b"abc", "Unicode characters"),
        ("word", "abc\U0001f600\U0001f600", "at most 5 characters; a page counts 7, an emoji as two"),
        ("word", "\ud800", "Unicode characters"),
        ("word", None, "Unicode characters"),
        ("kind", ["a"], "one of 'a', 'b'"),
        ("kind", np.array(["a", "b"]), "one of 'a', 'b'"),
        ("box", {0, 1, 0.5, -1}, "a list of 4"),
        ("box", torch.zeros(2, 2), "a list of 4"),
        ("box", [0, 0, True, 1], "a list of 4"),
        ("box", [0, 0, None, 1], "a list of 4"),
    ],
)
def test_bad_values_are_refused_in_one_sentence(name, value, message):
    with pytest.raises(ValueError, match=message):
        Sample(**{name: value})
    sample = Sample()
    before = getattr(sample, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(sample, name, value)
    assert getattr(sample, name) == before


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": float("nan")}, "expected what JSON can hold"),
        ({"a": torch.zeros(2)}, "expected what JSON can hold"),
        ({"a": {1}}, "expected what JSON can hold"),
        ([1], "expected a dict"),
        ({"a": list(range(100))}, "expected at most 100, which a page can carry"),
    ],
)
def test_payloads_that_no_page_can_read_are_refused(value, message):
    with pytest.raises(ValueError, match=message):
        Sample().data = value


def test_message_of_a_huge_value_is_short():
    with pytest.raises(ValueError) as error:
        Sample(word="x" * 100_000)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps, cloudpickle.dumps])
def test_copies_are_refused_in_one_sentence(duplicate):
    with pytest.raises(
        TypeError, match=r"Sample is a live widget: .* make another, Sample\(\*\*explorer.state\(\)\)"
    ):
        duplicate(Sample(rate=1))


@pytest.mark.parametrize(
    ("make", "another"),
    [
        (lambda: d2lite.widgets.Question.example(), "by the cell that made it, Question.choice"),
        (lambda: d2lite.widgets.DrawIt.example(), r"by the cell that explorer.to_python\(\) returns"),
        (
            lambda: SweepExplorer(recording="batch_sizes"),
            r'recorded\("batch_sizes"\).to_explorer\(\*\*explorer.*',
        ),
        (lambda: Sample(data={"a": 1}), r"Sample\(\*\*explorer.state\(\), data=explorer.data\)"),
    ],
)
def test_the_refusal_of_a_copy_says_what_makes_another(make, another):
    with pytest.raises(TypeError, match=f"make another, .*{another}$"):
        copy.copy(make())


def test_data_of_an_explorer_are_its_own():
    data = {"a": [1, (2, np.float64(3))]}
    first, second = Sample(data=data), Sample(data=data)
    data["a"].append("not for a page")
    assert first.data == second.data == {"a": [1, [2, 3.0]]}
    assert first.data["a"] is not second.data["a"]


def test_unknown_names_are_refused_with_a_suggestion():
    with pytest.raises(TypeError, match="no trait 'rat': expected rate, perhaps"):
        Sample(rat=1)
    with pytest.raises(TypeError, match="expected one of rate, count"):
        Sample(zzzzz=1)
    with pytest.raises(TypeError, match="result is a result that the page computes"):
        Sample(result=[1])


PAYLOADS = [
    (explorer, trait.name)
    for explorer in map(explorer_class, explorer_names())
    for trait in explorer.params().values()
    if isinstance(trait, Payload)
]


@pytest.mark.parametrize(("explorer", "name"), PAYLOADS)
def test_data_that_an_explorer_cannot_draw_are_refused(explorer, name):
    shown = explorer.example()
    good = getattr(shown, name)
    first = next(iter(good))
    without = {key: part for key, part in good.items() if key != first}
    for bad in (
        {},
        [],
        {**good, "more": 1},
        {**good, first: None},
        without,
        {**without, "more": good[first]},
    ):
        with pytest.raises((ValueError, TypeError), match=rf"{name}.*: expected ") as caught:
            explorer(**{name: bad})
        assert "\n" not in str(caught.value)
    if explorer is not SweepExplorer:  # it makes its data from the sweep
        assert getattr(explorer(**{name: good}), name) == good
        with pytest.raises(ValueError, match=f"{name} has no keys: expected {first}"):
            setattr(shown, name, {})


def test_data_are_compared_with_their_model_down_to_the_numbers():
    class Drawn(Sample):
        drawn = Payload(
            loader=lambda: {"rows": [[1, 2.5]], "named": {"on": True}, "mixed": [1, "a"], "none": []}
        )

    good = Drawn().drawn
    assert Drawn(drawn={**good, "rows": [[1, 2], [3, 4]], "mixed": []}).drawn["rows"] == [[1, 2], [3, 4]]
    for change, message in (
        ({"rows": []}, r"drawn\['rows'\] is empty: expected at least one entry"),
        ({"rows": [[1, 2], [3, "4"]]}, r"drawn\['rows'\]\[1\]\[1\] is '4': expected a number"),
        ({"rows": [[1, True]]}, r"drawn\['rows'\]\[0\]\[1\] is True: expected a number"),
        ({"named": {"off": True}}, r"drawn\['named'\] has off: expected on"),
        ({"named": {"on": 1}}, r"drawn\['named'\]\['on'\] is 1: expected True or False"),
    ):
        with pytest.raises(ValueError, match=message):
            Drawn(drawn={**good, **change})


@pytest.mark.parametrize(
    ("name", "part", "value", "message"),
    [
        ("sigmoid_fit", "malignant", [0, 1, 1], "60 values and 3 labels: expected one label"),
        ("sigmoid_fit", "malignant", [0, 7] * 30, r"the labels \[0, 7\]: expected 0 and 1, and both"),
        ("sigmoid_fit", "malignant", [0] * 60, r"the labels \[0\]: expected 0 and 1, and both"),
        ("sigmoid_fit", "spread", 0.0, "a spread of 0.0: expected a number above 0"),
        ("sigmoid_fit", "spread", -1, "a spread of -1: expected a number above 0"),
        (
            "anchors",
            "sizes",
            [[20, 30], [120, 300]],
            r"the size \[120, 300\]: expected \[width, height\] from 2 to 50",
        ),
        ("anchors", "sizes", [[0, 30]], r"the size \[0, 30\]: expected"),
        ("anchors", "sizes", [[5, 5, 30, 30]], r"the size \[5, 5, 30, 30\]: expected \[width, height\]"),
        ("overlap_game", "items", [[0, 1, 1, 1]], "expected one of 4 pictures, and four edges"),
        ("overlap_game", "items", [[99, 1, 1, 40, 40]], "expected one of 4 pictures, and four edges"),
        ("overlap_game", "items", [[0, 10, 10, 5, 5]], "expected sides of at least 18 px, within 96 px"),
        ("overlap_game", "items", [[0, 10, 10, 40, 97]], "expected sides of at least 18 px, within 96 px"),
    ],
)
def test_data_whose_values_make_no_sense_are_refused(name, part, value, message):
    explorer = explorer_class(name)
    with pytest.raises(ValueError, match=f"data has .*{message}"):
        explorer(data={**explorer().data, part: value})


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("steps", [0, 10, 20], "of austen of another shape: expected"),
        ("steps", [10, 0], r"the steps \[10, 0\] of austen: expected some of"),
        ("temperatures", [0.7, 1], "other temperatures or orders of austen"),
        ("counts", [1.0], "other temperatures or orders of austen"),
        ("known", [7.0] * 12, "shares of known words of austen outside 0 to 1"),
        ("test", [1.0, 2.0, 3.0], "numbers of austen at other steps than its texts"),
        ("strange", [[[[1]] * 3] * 2] * 12, "an odd number of ends of strange words of austen"),
        ("texts", [[["a"]] * 2] * 12, "'texts' of austen of another shape"),
    ],
)
def test_writers_whose_parts_do_not_belong_together_are_refused(part, value, message):
    explorer = explorer_class("writing")
    good = explorer().data
    with pytest.raises(ValueError, match=message):
        explorer(data={**good, "austen": {**good["austen"], part: value}})


@pytest.mark.parametrize("key", ["a b", "<b>", "x" * 41, "A", "ü", None, 5, b"a"])
def test_keys_that_would_not_fit_a_link_are_refused(key):
    with pytest.raises(ValueError, match="a-z, 0-9"):
        Sample(key=key)


def test_spec_describes_every_trait_in_order():
    spec = {entry["name"]: entry for entry in Sample()._spec}
    assert list(spec) == [
        "rate",
        "count",
        "kind",
        "size",
        "on",
        "word",
        "box",
        "shape",
        "below",
        "rows",
        "ratio",
        "share",
        "data",
        "result",
    ]
    wanted = {"kind": "real", "min": 1e-3, "max": 10, "log": True, "label": "learning rate", "unit": "s"}
    assert wanted.items() <= spec["rate"].items()
    assert spec["count"]["min"] == 0
    assert spec["size"]["names"] == ["all", "1", "16"]
    json.dumps(Sample()._spec)


def test_state_holds_what_differs_and_no_results():
    sample = Sample(rate=0.5, rows=[[0, 1]])
    sample.result = [1, 2]
    assert sample.state() == {"rate": 0.5, "rows": [[0.0, 1]]}
    assert Sample(rate=0.1).state() == {}


def test_defaults_are_not_shared_between_explorers():
    first, second = Sample(), Sample()
    first.box = [0, 0, 1, -1]
    assert second.box == [0, 0, 1, 1]
    assert Sample.spec()[6]["default"] == [0, 0, 1, 1]


def test_traits_are_observed_and_linked_like_any_widgets():
    seen = []
    first, second = BoundaryExplorer(), BoundaryExplorer()
    second.observe(lambda change: seen.append(change.new), "lr")
    link = traitlets.link((first, "lr"), (second, "lr"))
    first.lr = 0.25
    link.unlink()
    assert seen[-1] == 0.25


def test_to_python_finds_a_class_of_ones_own_where_it_is(monkeypatch):
    class Mine(BoundaryExplorer):
        """Another."""

    Mine.__module__ = "__main__"  # as in a notebook
    monkeypatch.setattr(sys.modules["__main__"], "Mine", Mine, raising=False)
    scope = {}
    exec(Mine(lr=0.3).to_python().replace("\n\n", "\n\nagain = "), scope)
    assert isinstance(scope["again"], Mine) and scope["again"].state() == {"lr": 0.3}
    assert BoundaryExplorer()._python == "d2lite.widgets.BoundaryExplorer"


def test_to_python_makes_the_same_state_in_a_clean_interpreter():
    explorer = BoundaryExplorer(lr=0.3, dataset="xor", points=[[0.5, -1, 1], [0, 0, 0]], seed=3)
    code = explorer.to_python().replace("d2lite.widgets.B", "x = d2lite.widgets.B") + "\nprint(x.state())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(explorer.state())


def test_importing_the_package_imports_no_widget_library():
    code = (
        "import sys, d2lite.widgets\n"
        "assert not {'anywidget', 'ipywidgets', 'traitlets', 'torch', 'numpy'} & set(sys.modules)\n"
        "assert 'BoundaryExplorer' in dir(d2lite.widgets)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_with_digits_is_found_as_it_is_written(monkeypatch):
    monkeypatch.setattr(d2lite.widgets, "widget_names", lambda: ["boundary", "conv_2d"])
    monkeypatch.setattr(d2lite.widgets, "explorer_class", lambda folder: folder)
    assert d2lite.widgets.Conv2dExplorer == "conv_2d"


def test_names_are_found_by_folder():
    assert d2lite.widgets.Explorer is Explorer
    assert explorer_class("boundary") is BoundaryExplorer
    with pytest.raises(AttributeError, match="has no attribute 'Boundary'; it has Explorer, "):
        d2lite.widgets.Boundary
    with pytest.raises(ValueError, match="name is 'nothing': expected one of"):
        explorer_class("nothing")


@pytest.mark.parametrize("name", explorer_names())
class TestEveryExplorer:
    def test_state_in_a_page_is_small_and_plain(self, name):
        state = explorer_class(name)().get_state()
        public = {key: value for key, value in state.items() if key not in ("_esm", "_css")}
        assert len(gzip.compress(json.dumps(public, default=str).encode())) <= 115_000
        assert state["_explorer"] == name

    def test_docstring_has_a_title_and_says_where_it_is_taught(self, name):
        assert 10 <= len(explorer_class(name).title()) <= 110
        assert "Taught in chapters/" in explorer_class(name).__doc__

    def test_every_trait_can_be_labelled(self, name):
        for entry in explorer_class(name).spec():
            assert entry["label"]
            assert entry["name"].isidentifier()


def test_a_change_within_a_list_is_refused_and_one_by_a_new_list_is_seen():
    explorer = d2lite.widgets.BoundaryExplorer(points=[[0, 0, 1]])
    seen = []
    explorer.observe(lambda change: seen.append(change.new), "points")
    with pytest.raises(TypeError, match="changed in place: expected a new one"):
        explorer.points.append([1, 1, 0])
    with pytest.raises(TypeError, match="changed in place: expected a new one"):
        explorer.points[0][2] = 0
    assert explorer.points == [[0, 0, 1]]
    explorer.points += [[1, 1, 0]]
    points = copy.deepcopy(explorer.points)
    points.append([1, 0, 0])
    explorer.points = points
    assert seen == [[[0, 0, 1], [1, 1, 0]], [[0, 0, 1], [1, 1, 0], [1, 0, 0]]]
    assert pickle.loads(pickle.dumps(explorer.points)) == points


def test_data_are_given_anew_not_changed_within():
    explorer = d2lite.widgets.AnchorsExplorer()
    for change in (
        lambda: explorer.data.update(sizes=[[20, 30]]),
        lambda: explorer.data.__setitem__("sizes", [[20, 30]]),
        lambda: explorer.data["sizes"].append([20, 30]),
        lambda: explorer.data["sizes"][0].clear(),
    ):
        with pytest.raises(TypeError, match="changed in place: expected a new one; change copy.deepcopy of"):
            change()
    data = copy.deepcopy(explorer.data)
    data["sizes"].append([20, 30])  # a copy is the reader's own
    explorer.data = data
    assert explorer.data["sizes"][-1] == [20, 30]
    explorer.data |= {"sizes": data["sizes"][:-1]}  # a new dict, as += of a list gives a new one
    assert explorer.data == {**data, "sizes": data["sizes"][:-1]}
    explorer.data = data
    assert json.loads(json.dumps(explorer.data)) == pickle.loads(pickle.dumps(explorer.data)) == data


def test_a_misspelt_trait_is_refused_wherever_it_is_set():
    explorer = d2lite.widgets.EwmaExplorer()
    with pytest.raises(AttributeError, match="no trait 'bta': expected beta"):
        explorer.bta = 0.5
    explorer.layout = {"width": "50%"}
    explorer.tooltip = "mean"
