"""What is the sweep explorer's own: any sweep goes in; points by name; the map by mouse and keys; divergence in words."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest

import d2lite
from d2lite.sweeps._runs import Failure, Run
from d2lite.widgets import SweepExplorer
from d2lite.widgets._preview import run_module


def make_sweep():
    """A sweep over rate and width, one point of which diverges and one of which is missing."""
    runs = []
    for width in (16, 64):
        for rate in (0.0, 0.25, 0.5):
            if (width, rate) == (16, 0.5):
                continue
            for seed in (0, 1):
                loss = np.linspace(2, 0.5 + rate + seed / 10, 12)
                if (width, rate) == (64, 0.5):
                    loss[6:] = math.nan
                runs.append(Run({"width": width, "rate": rate}, seed, {"test": 0.9}, {"loss": loss}, 0.1))
    failed = [Failure({"width": 16, "rate": 0.5}, seed, "ValueError: no") for seed in (0, 1)]
    return d2lite.Sweep(runs, failed)


def test_points_and_curves_by_name():
    explorer = make_sweep().to_explorer(at={"width": 64, "rate": 0.25}, metric="loss", along="width")
    assert (explorer.at, explorer.metric, explorer.along) == ([1, 1], 0, 0)
    assert make_sweep().to_explorer().along == 1


def test_a_value_that_is_none_is_found_among_the_others():
    runs = [Run({"clip": clip}, 0, {}, {"loss": np.arange(3.0)}, 0.0) for clip in (1.0, 5.0, None)]
    assert d2lite.Sweep(runs).to_explorer(at={"clip": None}).at == [2]


def test_neighbours_are_those_of_the_maps_axis_and_true_and_false_are_no_numbers():
    points = [{"method": m, "nesterov": n} for m in ("sgd", "rmsprop", "adam") for n in (False, True)]
    explorer = d2lite.Sweep(
        [Run(point, 0, {}, {"loss": np.arange(3.0)}, 0.0) for point in points]
    ).to_explorer()
    script = """import * as m from "./m.mjs"; import { readFileSync } from "node:fs";
process.stdout.write(JSON.stringify(m.openSweep(JSON.parse(readFileSync(0, "utf8"))).across));"""
    shown = run_module(script, {"m": SweepExplorer._folder / "model.js"}, explorer.data)
    assert explorer.along == json.loads(shown) == 0


@pytest.mark.parametrize(
    ("traits", "error", "message"),
    [
        ({"at": {"depth": 1}}, KeyError, "at has 'depth': expected names of the grid, width, rate"),
        ({"at": {"rate": 0.3}}, ValueError, "rate is 0.3: expected a value that was run, 0.0, 0.25, 0.5"),
        ({"metric": "test"}, ValueError, "metric is 'test': expected one of loss"),
        ({"along": "depth"}, ValueError, "along is 'depth': expected one of width, rate"),
        ({"train": 5}, TypeError, "train is 5: expected a function"),
        ({"data": {}}, TypeError, "data has been given: expected the runs as sweep="),
    ],
)
def test_bad_names_are_refused_with_those_there_are(traits, error, message):
    with pytest.raises(error, match=message):
        make_sweep().to_explorer(**traits)


def test_what_is_no_sweep_is_refused():
    with pytest.raises(TypeError, match="sweep is 'atlas': expected a Sweep, as d2lite.sweep returns it"):
        SweepExplorer("atlas")


def test_sweep_without_curves_is_refused():
    with pytest.raises(ValueError, match="sweep has no curve"):
        d2lite.Sweep([Run({"a": 1}, 0, {"b": 1.0}, {}, 0.0)]).to_explorer()


def test_curves_of_which_nobody_knows_what_is_better_are_refused_until_it_is_said():
    sweep = d2lite.Sweep([Run({"a": 1}, 0, {}, {"reward": np.arange(3.0)}, 0.0)])
    with pytest.raises(ValueError, match="mode of 'reward' is None: expected 'min' or 'max'"):
        sweep.to_explorer()
    sweep.modes["reward"] = "max"
    assert sweep.to_explorer().data["metrics"]["reward"]["mode"] == "max"


def test_payload_that_is_too_large_is_refused():
    curve = np.random.default_rng(0).normal(size=120_000)
    with pytest.raises(
        ValueError, match="bytes, compressed: expected at most 100,000, which a page can carry"
    ):
        d2lite.Sweep([Run({}, 0, {}, {"loss": curve}, 0.0)]).to_explorer()


@pytest.mark.parametrize("name", ["mine.json.gz", "Läufe \U0001f4c1.json.gz"])
def test_python_cell_reads_the_file_it_came_from(tmp_path, name):
    path = tmp_path / name
    make_sweep().save(path)
    code = d2lite.Sweep.load(path).to_explorer(at={"width": 64}, each_seed=True).to_python()
    scope = {}
    exec(code.replace("\n\n", "\n\nagain = "), scope)
    assert scope["again"].at == [1, 0]
    assert scope["again"].each_seed is True
    assert 'd2lite.Sweep.recorded("schedules")' in SweepExplorer(recording="schedules").to_python()
    assert SweepExplorer().to_python().endswith("d2lite.widgets.SweepExplorer()")


def test_recordings_fit_a_page():
    for name in ("atlas", "schedules"):
        data = SweepExplorer(recording=name).data
        assert len(gzip.compress(json.dumps(data, separators=(",", ":")).encode())) <= 100_000


@pytest.mark.browser
class TestInAPage:
    def show(self, make_host, **traits):
        return make_host().open("sweep").show("sweep", sweep=make_sweep(), **traits)

    def test_click_and_arrows_move_the_point(self, make_host):
        host = self.show(make_host, at={"width": 16, "rate": 0.0})
        canvas = host.page.get_by_role("application")
        box = canvas.bounding_box()
        canvas.click(position={"x": box["width"] - 12, "y": 12})
        host.settle()
        assert host.get("at") == [0, 2]
        for key, at in (("ArrowDown", [1, 2]), ("ArrowLeft", [1, 1]), ("Home", [1, 0]), ("ArrowUp", [0, 0])):
            canvas.press(key)
            host.settle()
            assert host.get("at") == at

    def test_divergence_and_missing_points_are_said(self, make_host):
        host = self.show(make_host, at={"width": 64, "rate": 0.5})
        assert "Diverged: from measurement 7 on" in host.page.locator(".d2l-verdict").inner_text()
        host.set("at", [0, 2])
        assert "This point was not run." in host.page.locator(".d2l-verdict").inner_text()
        assert "2 runs failed" in host.page.locator(".d2l-readout").inner_text()
        host.set("at", [1, 2])
        host.set("step", 3)
        assert "Diverged" not in host.page.locator(".d2l-verdict").inner_text()

    def test_play_starts_again_at_the_end_and_rests_there(self, make_host):
        host = self.show(make_host, speed=16)
        host.page.get_by_role("button", name="Play", exact=True).click()
        host.page.wait_for_function("() => views['d2l-x'].model.get('step') >= 2")
        host.page.wait_for_function("() => views['d2l-x'].model.get('step') === -1")
        host.page.get_by_role("button", name="Play", exact=True).wait_for()

    def test_numbers_are_those_of_python(self, make_host):
        host = self.show(make_host, at={"width": 16, "rate": 0.25})
        band = make_sweep().select(width=16, rate=0.25).bands("loss")[0]
        text = f"{band.mean[-1]:.3g} ({band.low[-1]:.3g} to {band.high[-1]:.3g})"
        assert text in host.page.locator(".d2l-facts").inner_text()


def train(width, rate, *, seed):
    """A training function of make_sweep's axes; the page only asks for it, nothing here runs it."""
    return {"loss": [rate, width, seed], "test": 0.5}


@pytest.mark.browser
class TestTheReadersOwnRuns:
    def test_only_a_kernel_can_train(self, make_host):
        for host, given, count in (("site", train, 0), ("lab", None, 0), ("lab", train, 1)):
            page = make_host().open("sweep").show("sweep", sweep=make_sweep(), train=given, host=host).page
            assert page.locator(".d2l-own").count() == count

    def test_train_and_cancel_are_asked_for_and_results_are_drawn(self, make_host):
        host = make_host().open("sweep")
        host.show("sweep", sweep=make_sweep(), train=train, host="lab", at={"width": 64, "rate": 0.25})
        page = host.page
        page.evaluate("() => { window.sent = []; views['d2l-x'].model.send = (m) => sent.push(m); }")
        page.locator(".d2l-own summary").click()
        field = page.get_by_role("textbox", name="rate")
        field.fill("0.17")
        page.get_by_role("button", name="Train").click()
        assert page.evaluate("sent") == [{"train": {"point": {"width": 64, "rate": 0.17}, "seed": 0}}]
        page.get_by_text("The kernel has been asked.").wait_for()
        host.set("_live", {"seconds": 1.2, "expected": 3})
        page.get_by_text("Training: 1.2 s; a recorded run took about 3 s.").wait_for()
        page.get_by_role("button", name="Cancel").click()
        assert page.evaluate("sent")[1] == {"cancel": True}
        picture = "() => document.querySelector('.d2l-chart canvas').toDataURL()"
        before = page.evaluate(picture)
        run = {
            "point": {"width": 64, "rate": 0.17},
            "seed": 0,
            "values": {"loss": [1.0, 0.9, None], "test": [0.5]},
        }
        host.set("_own", [run])
        host.set("_live", {})
        page.get_by_text("width 64, rate 0.17, seed 0: test 0.5, loss diverged").wait_for()
        assert page.evaluate(picture) != before
        host.set("_live", {"error": "OSError: no"})
        page.get_by_text("It did not finish: OSError: no").wait_for()
        field.fill("quick")
        page.get_by_role("button", name="Train").click()
        page.get_by_text("rate is “quick”: expected a number.").wait_for()
        assert len(page.evaluate("sent")) == 2

    def test_a_kernel_that_is_gone_is_told(self, make_host):
        host = make_host().open("sweep")
        host.show("sweep", sweep=make_sweep(), train=train, host="lab", at={"width": 64, "rate": 0.25})
        page = host.page
        page.evaluate("() => { views['d2l-x'].model.send = () => { throw new Error('Cannot send'); }; }")
        page.locator(".d2l-own summary").click()
        host.set("_live", {"seconds": 1.2, "expected": 3})  # as the notebook was saved
        page.get_by_role("button", name="Cancel").click()
        page.get_by_text("it was restarted or closed: run this cell again").wait_for()
        page.get_by_role("button", name="Train").click()
        page.get_by_text("it was restarted or closed: run this cell again").wait_for()


def test_order_of_axes_and_metrics_survives_a_notebook_file():
    """nbformat sorts the keys of what it stores; the page must still show the first axis first."""
    explorer = SweepExplorer()
    stored = json.loads(json.dumps(explorer.data, sort_keys=True))
    model = Path(d2lite.widgets.__file__).parent / "sweep" / "model.js"
    script = """import * as model from "./m.mjs";
import { readFileSync } from "node:fs";
const sweep = model.openSweep(JSON.parse(readFileSync(0, "utf8")));
process.stdout.write(JSON.stringify([sweep.axes, sweep.metrics].map((list) => list.map(({ name }) => name))));"""
    shown = json.loads(run_module(script, {"m": model}, stored))
    sweep = d2lite.Sweep.recorded("atlas")
    assert shown == [list(sweep.axes), list(sweep.metrics)]
    assert shown[0] != sorted(shown[0])


def test_a_point_with_a_failed_seed_is_lost_in_the_picture_too():
    runs = [Run({"lr": lr}, seed, {}, {"loss": np.array([1.0, lr])}, 1.0) for lr in (1, 2) for seed in (0, 1)]
    sweep = d2lite.Sweep(runs[1:], [Failure({"lr": 1}, 0, "FloatingPointError: nan")])
    data = SweepExplorer(sweep).data
    assert data["metrics"]["loss"]["values"] == [[1, 1], [1, 2], [1, 2], ["NaN", "NaN"]]
    assert data["runs"] == {"axes": {"lr": [0, 1, 1, 0]}, "seed": [1, 0, 1, 0]} and data["failed"] == 1


def test_a_page_that_writes_whole_floats_without_a_point_asks_for_the_grids_values(monkeypatch):
    def start(train, point, seed):
        asked.append(point)
        raise Started

    asked = []
    grid = [{"clip": clip, "lr": lr} for clip in (1.0, None) for lr in (0.5, 2.0)]
    runs = [Run(point, 0, {}, {"loss": np.arange(3.0)}, 0.0) for point in grid]
    explorer = d2lite.Sweep(runs).to_explorer(train=lambda clip, lr, seed: {})
    monkeypatch.setattr("d2lite.sweeps.LiveRun", start)
    for point in (
        {"clip": 1, "lr": 2},
        {"clip": None, "lr": 3},
        {"clip": True, "lr": 2},
        {"clip": 1, "lr": True},
    ):
        explorer._hear(None, {"train": {"point": point, "seed": 0}}, [])
    assert [list(map(repr, point.values())) for point in asked] == [["1.0", "2.0"], ["None", "3"]]
    assert explorer._live == {"error": "lr is True: expected a number"}


class Started(Exception):
    """A run has been asked for."""


@pytest.mark.parametrize(
    ("at", "asked", "step", "point"),
    [
        ([], {}, -1, {"width": 64, "rate": 0.0}),  # the page shows the best
        ([], {}, 0, {"width": 64, "rate": 0.0}),  # of equal ones the first in the map
        ([], {}, 7, {"width": 64, "rate": 0.25}),  # the best at the measurement shown
        ([], {"rate": 0.3}, -1, {"width": 64, "rate": 0.3}),
        ([1], {}, -1, {"width": 64, "rate": 0.0}),  # as the page reads a short list
        ([0.7, 1.6], {}, -1, {"width": 64, "rate": 0.5}),  # and one that is not whole
        ([9, 1], {}, -1, {"width": 64, "rate": 0.25}),
    ],
)
def test_axes_left_out_are_where_the_page_shows_them(monkeypatch, at, asked, step, point):
    def start(train, point, seed):
        raise Started(point)

    runs = [
        Run(run.point, run.seed, {}, {"loss": run["loss"] / run.point["width"]}, 0.1) for run in make_sweep()
    ]
    for run in runs:
        if run.point == {"width": 64, "rate": 0.25}:
            run.curves["loss"][7] = 0.001
    explorer = d2lite.Sweep(runs).to_explorer(train=lambda width, rate, seed: {}, at=at, step=step)
    monkeypatch.setattr("d2lite.sweeps.LiveRun", start)
    with pytest.raises(Started) as asked_for:
        explorer.train_point(asked)
    assert asked_for.value.args == (point,)
    shown = run_module(
        "import * as m from './m.mjs'; import { readFileSync } from 'node:fs';"
        "const { data, at, step } = JSON.parse(readFileSync(0, 'utf8')); const sweep = m.openSweep(data);"
        "const { top } = m.mapAt(sweep, sweep.curves[0], step < 0 ? sweep.length - 1 : step);"
        "const best = m.withIndex(sweep.rows[top[0]], sweep.across, top[1]);"
        "const point = at.length ? m.insidePoint(sweep, at) : best;"
        "process.stdout.write(JSON.stringify(point.map((k, i) => sweep.axes[i].values[k])));",
        {"m": SweepExplorer._folder / "model.js"},
        {"data": explorer.data, "at": list(at), "step": step},
    )
    assert json.loads(shown) == [
        {**point, **{name: 0.0 for name in asked}}[name] for name in ("width", "rate")
    ]
