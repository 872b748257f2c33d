"""The chapter's own suppression, matching and averages, against plain loops, the package and pycocotools."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from d2lite.vision import detection_metrics

ROOT = Path(__file__).resolve().parent.parent.parent


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem + "_oracle", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


oracle = load(ROOT / "tests" / "vision" / "test_suppression.py")  # has the plain loops
coco = load(ROOT / "tests" / "vision" / "test_detection_metrics.py")  # has pycocotools


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("08_detection/nms_and_map")
    chapter.run("setup", "match-code", "tiny", "curve-code", "ap-code", "map-code", "nms-code", "soft-code")
    chapter.run("sizes-code", "ignored-code", "trade-code", "soft-lists")
    return chapter


@pytest.mark.parametrize("levels", [None, 4, 1])
def test_nms_is_the_plain_loop(chapter, levels):
    boxes, scores = oracle.random_boxes(200, size=60.0), oracle.random_scores(200, levels)
    classes = (oracle.random_scores(200, 3, seed=5) * 3).long()
    for threshold in (0.0, 0.4, 1.0):
        for given in (None, classes):
            expected = oracle.plain_nms(boxes, scores, threshold, given)
            assert chapter["nms"](boxes, scores, threshold, given) == expected


def test_soft_nms_is_the_plain_loop(chapter):
    boxes, scores = oracle.random_boxes(120, size=50.0).double(), oracle.random_scores(120).double()
    kept, lowered = chapter["soft_nms"](boxes, scores, sigma=0.4)
    expected = oracle.plain_soft_nms(boxes, scores, "gaussian", 0.3, 0.4, 1e-3)
    assert kept == [i for i, _ in expected]
    torch.testing.assert_close(lowered, torch.tensor([s for _, s in expected], dtype=torch.float64))


def test_matching_is_the_librarys(chapter):
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        overlaps = torch.rand(6, 4, generator=generator)
        for threshold in (0.3, 0.5, 0.9):
            expected = detection_metrics.match_detections(overlaps, threshold)
            assert torch.equal(chapter["match"](overlaps, threshold), expected)
    assert chapter["match"](torch.zeros(3, 0)).tolist() == [-1] * 3


@pytest.mark.parametrize("method", ["11-point", "all-point", "101-point"])
def test_average_precision_is_the_librarys(chapter, method):
    generator = torch.Generator().manual_seed(1)
    for _ in range(30):
        hits = torch.rand(40, generator=generator) < 0.4
        num_targets = int(hits.sum()) + int(torch.randint(1, 9, (1,), generator=generator))
        scores = torch.arange(40, 0, -1)
        precision, recall = detection_metrics.precision_recall(scores, hits, num_targets)
        ours = chapter["average_precision"](precision, recall, method)
        expected = detection_metrics.average_precision(scores, hits, num_targets, method)
        tolerance = (
            1e-9 if method == "all-point" else 0.02
        )  # a recall that equals a point may fall on either side
        assert ours == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("level", [0.5, 0.75, 0.9])
def test_the_chapters_map_is_that_of_pycocotools(chapter, level):
    predictions, targets = chapter["per_class"], chapter["targets"]
    expected = coco.coco_average_precision(
        [{name: values.double() for name, values in p.items()} for p in predictions],
        [{name: values.double() for name, values in t.items()} for t in targets],
    )[list(np.round(detection_metrics.COCO_THRESHOLDS, 2)).index(level)]
    for label in range(10):
        precision, recall, _ = chapter["pooled_curve"](predictions, level, label)
        ours = chapter["average_precision"](precision, recall)
        assert ours == pytest.approx(expected[label].item(), abs=2e-3)


def test_merged_means_whatever_the_class_said(chapter):
    one_class = [{**p, "classes": torch.zeros(len(p["scores"]))} for p in chapter["per_class"]]
    goals = [{**t, "classes": torch.zeros(len(t["classes"]))} for t in chapter["targets"]]
    precision, recall, _ = chapter["pooled_curve"](chapter["per_class"])
    expected = detection_metrics.mean_average_precision(one_class, goals, 0.5, "all-point")["map"]
    assert chapter["average_precision"](precision, recall, "all-point") == pytest.approx(expected, abs=1e-6)


def doubles(images):
    return [{name: values.double() for name, values in image.items()} for image in images]


@pytest.mark.parametrize("max_detections", [1, 10, 100])
def test_average_recall_is_that_of_pycocotools(chapter, max_detections):
    images = doubles(chapter["per_class"]), doubles(chapter["targets"])
    expected = coco.coco_evaluation(*images, max_detections=max_detections)["recall"]
    assert chapter["average_recall"](chapter["per_class"], max_detections) == pytest.approx(expected.mean())


@pytest.mark.parametrize(("second", "expected"), [([0, 0, 10, 11], 1.0), ([0, 0, 40, 40], 0.5)])
def test_pycocotools_ignores_a_second_small_box_on_a_small_item_and_counts_a_large_one(
    chapter, second, expected
):
    boxes = torch.tensor([[0, 0, 10, 10], second, [20, 20, 80, 80]]).double()
    said = {"boxes": boxes, "scores": torch.tensor([0.9, 0.8, 0.7]).double(), "classes": torch.zeros(3)}
    found = coco.coco_average_precision([said], doubles([chapter["truth"]]), area_range=chapter["large_only"])
    assert found[0, 0].item() == pytest.approx(expected, abs=1e-9)
    assert chapter["ignored_ap"]["small" if expected == 1 else "large"] == pytest.approx(expected, abs=1e-9)


def test_a_crowd_takes_any_number(chapter):
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 9, 9], [20, 20, 80, 80]])
    said = {"boxes": boxes, "scores": torch.tensor([0.9, 0.8, 0.7]), "classes": torch.zeros(3)}
    truth = chapter["truth"] | {"crowd": torch.tensor([True, False])}
    expected = coco.coco_average_precision(doubles([said]), doubles([truth]))[0, 0].item()
    assert detection_metrics.mean_average_precision([said], [truth], 0.5)["map"] == pytest.approx(expected)
    assert expected == pytest.approx(1)


def test_the_merged_ap_of_some_scenes_is_that_of_the_library(chapter):
    chosen = [3, 14, 15, 92, 65]
    some = chapter["hard_lists"][0.5]
    pick = lambda images: [{**images[i], "classes": torch.zeros(len(images[i]["boxes"]))} for i in chosen]
    expected = detection_metrics.mean_average_precision(
        pick(chapter["after"]), pick(chapter["targets"]), 0.5
    )["map"]
    assert chapter["merged_ap"](some, chosen) == pytest.approx(expected, abs=1e-9)
