"""The writing explorer, driven by mouse, keyboard and finger; what it shows is what was recorded."""

import math

import pytest

from d2lite.models import weights
from d2lite.widgets.writing import AUTHORS, STEPS, load_writing

pytestmark = pytest.mark.browser
ALL = load_writing()
READ = dict(zip(AUTHORS, ("novels", "plays", "programs"), strict=True))


@pytest.fixture
def host(make_host):
    return make_host().open("writing").show("writing")


def curve(host):
    return host.page.get_by_role("slider", name="Steps of training")


def along(host, steps):
    """The place of a number of steps on the curve."""
    box, (left, right) = curve(host).bounding_box(), (30, 58)  # the margins of its axes
    share = math.log(max(4, steps) / 4) / math.log(STEPS[-1] / 4)
    return box["x"] + left + share * (box["width"] - left - right), box["y"] + 60


def test_it_opens_on_noise_at_the_temperature_of_its_numbers(host):
    assert (host.get("author"), host.get("steps"), host.get("temperature")) == ("austen", 0, 1)


@pytest.mark.parametrize("author", AUTHORS)
def test_it_has_all_that_was_recorded(author):
    tensors, record = weights.load(f"{author}_writing")
    steps = record["steps"]
    assert (
        tuple(steps) == STEPS[: len(steps)]
    )  # so a place among the choices is a place among the checkpoints
    assert record["temperatures"] == [0.5, 1.0]
    shape = (len(steps), len(record["temperatures"]), 3)
    assert tuple(tensors["texts"].shape[:3]) == shape
    assert all(len(record["measured"][name]) == len(steps) for name in ("test", "known"))


@pytest.mark.parametrize("author", AUTHORS)
def test_it_says_what_was_recorded(host, author):
    data = ALL[author]
    host.set("author", author)
    for k in (0, 4, len(data["steps"]) - 1):
        host.set("steps", STEPS[k])
        perplexity = math.exp(data["test"][k])
        assert host.get("perplexity") == pytest.approx(perplexity)
        assert host.get("beaten") == sum(count > perplexity for count in data["counts"])
        digits = 2 if perplexity < 20 else 1
        said = host.page.locator(".d2l-verdict").inner_text()
        assert said.startswith(f"After {STEPS[k]:,} steps: perplexity {perplexity:.{digits}f}, ")
        counted = "" if author == "austen" else " of 4 letters or more"
        assert f"{round(100 * data['known'][k])}% of its words{counted} are in the {READ[author]}" in said
        assert said.endswith("(all at temperature 1).")
    host.set("temperature", 0.5)
    said = host.page.locator(".d2l-verdict").inner_text()
    assert said.endswith("(all at temperature 1; the text is drawn at 0.5).")


def test_a_training_that_has_ended_stays_at_its_end(host):
    last = ALL["python"]["steps"][-1]
    host.set("steps", STEPS[-1])
    host.page.get_by_role("radio", name="Python").click()
    host.wait("get('author') === 'python'")
    host.settle()
    said = host.page.locator(".d2l-verdict").inner_text()
    assert said.startswith(f"After {last:,} steps, where this training ended: ")
    assert host.get("perplexity") == pytest.approx(math.exp(ALL["python"]["test"][-1]))
    curve(host).press("ArrowLeft")
    host.wait(f"get('steps') === {ALL['python']['steps'][-2]}")
    host.page.get_by_role("button", name="Step", exact=True).click()
    host.wait(f"get('steps') === {last}")


def test_both_sliders_go_through_the_checkpoints_by_keys(host):
    for slider in (host.page.get_by_role("slider", name="Written after"), curve(host)):
        slider.focus()
        for key, steps in (("Home", 0), ("ArrowRight", 10), ("End", STEPS[-1]), ("ArrowLeft", STEPS[-2])):
            host.page.keyboard.press(key)
            host.settle()
            assert host.get("steps") == steps, key
        assert f"{STEPS[-2]:,} steps" in slider.get_attribute("aria-valuetext")


def test_the_curve_is_dragged(host):
    host.page.mouse.move(*along(host, 1000))
    host.page.mouse.down()
    for steps in (200, 50, 0, 5000):
        host.page.mouse.move(*along(host, steps))
        host.settle()
        assert host.get("steps") == steps
    host.page.mouse.up()


def test_a_finger_taps_on_the_curve(make_host):
    host = make_host(390, has_touch=True, is_mobile=True).open("writing").show("writing")
    curve(host).scroll_into_view_if_needed()
    host.page.touchscreen.tap(*along(host, 100))
    host.wait("get('steps') === 100")


def test_step_and_play_go_to_the_end(host):
    host.set("steps", STEPS[-3])
    host.page.get_by_role("button", name="Step", exact=True).click()
    host.wait(f"get('steps') === {STEPS[-2]}")
    host.set("speed", 2)
    host.page.get_by_role("button", name="Play").click()
    host.wait(f"get('steps') === {STEPS[-1]}")
    host.page.get_by_role("button", name="Play").wait_for()
    host.page.get_by_role("button", name="Reset").click()
    host.wait("get('steps') === 0")


def test_nothing_moves_from_one_text_to_the_next(host):
    heights = set()
    for steps in STEPS:
        host.set("steps", steps)
        host.set("author", AUTHORS[STEPS.index(steps) % len(AUTHORS)])
        heights.add(round(host.page.locator(".d2l-body").bounding_box()["height"]))
    assert len(heights) == 1


def test_words_set_a_checkpoint_and_a_wrong_one_is_refused(make_host):
    host = make_host().open("writing", fragment="#d2l-x?steps=50&temperature=1").show("writing")
    assert (host.get("steps"), host.get("temperature")) == (50, 1)
    host = make_host().open("writing", fragment="#d2l-x?steps=60").show("writing")
    assert host.get("steps") == 0
    assert "cannot be “60”" in host.page.locator(".d2l-note").inner_text()
