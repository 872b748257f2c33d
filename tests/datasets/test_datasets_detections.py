"""The recorded detections: the network run again, its training begun again, and what was promised of the file."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch

from d2lite import datasets
from d2lite.datasets._detections import load_recording
from d2lite.models import weights
from d2lite.vision.detection_metrics import mean_average_precision
from d2lite.vision.suppression import nms

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "record" / "detections.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("record_detections", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def recorded():
    return datasets.detections()


def test_the_recorded_network_finds_the_recorded_boxes(script, recorded):
    scenes, predictions = recorded
    model = script.with_weights(weights.load("detections")[0]["weights"])
    for found, kept in zip(script.find(model, scenes[:12].images), predictions, strict=False):
        count = min(len(found["scores"]), len(kept["scores"]))
        assert abs(len(found["scores"]) - len(kept["scores"])) <= 1  # one may lie on the limit
        torch.testing.assert_close(found["scores"][:count], kept["scores"][:count], rtol=0, atol=1e-3)
        near = (found["boxes"][:count] - kept["boxes"][:count]).abs().amax(1) < 0.1
        assert near.float().mean() > 0.9  # boxes of equal scores may have changed places


def test_the_training_begins_as_recorded(script):
    torch.set_num_threads(1)
    losses = script.train(num_steps=3, report=lambda *text, **options: None)[1]
    assert losses == pytest.approx(weights.load("detections")[1]["first_losses"][:3], rel=1e-3)


def test_weights_survive_the_way_through_the_file(script):
    model = script.make_detector()
    vector = script.weights_of(model)
    again = script.with_weights(vector.numpy())
    assert torch.equal(script.weights_of(again), vector)


def test_cells_near_the_middle_of_the_smallest_item_learn_it(script):
    target = {
        "boxes": torch.tensor([[0.0, 0, 96, 96], [40.0, 40, 64, 64]]),
        "classes": torch.tensor([3, 7]),
    }
    classes, boxes = script.assign(target)
    grid = classes.view(12, 12)
    assert set(classes.tolist()) == {-1, 3, 7}
    assert grid[6, 6] == 7  # centre (52, 52)
    assert grid[3, 3] == 3  # centre (28, 28): within 0.3 x 96 of the large item's middle
    assert grid[0, 0] == -1
    assert boxes.view(12, 12, 4)[6, 6].tolist() == [40, 40, 64, 64]


def test_what_the_loader_promises(recorded):
    scenes, predictions = recorded
    assert len(scenes) == len(predictions) == 100
    for prediction in predictions:
        boxes, scores = prediction["boxes"], prediction["scores"]
        assert (boxes[:, :2] < boxes[:, 2:]).all()
        assert boxes.min() >= 0
        assert boxes.max() <= 96
        assert (scores.diff() <= 0).all()
        assert scores.min() >= 0.05
        assert len(scores) <= 40
        assert set(prediction["classes"].tolist()) <= set(range(10))
    assert sum(len(p["scores"]) for p in predictions) > 5 * sum(map(len, scenes.boxes))


def test_it_is_a_detector_and_not_a_perfect_one(recorded):
    scenes, predictions = recorded
    kept = []
    for p in predictions:
        chosen = nms(p["boxes"], p["scores"], 0.5, p["classes"])
        kept.append({name: values[chosen] for name, values in p.items()})
    result = mean_average_precision(kept, scenes.targets, 0.5)
    assert 0.55 < result["map"] < 0.7


def test_the_file_says_where_it_is_from():
    recording = load_recording()
    provenance = json.loads(str(recording["provenance"]))
    assert provenance["command"] == "python tools/record/detections.py"
    assert {"torch", "python", "seconds", "layout", "last_loss"} <= set(provenance)
