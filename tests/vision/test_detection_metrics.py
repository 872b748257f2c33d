"""Average precision against pycocotools and a scalar oracle."""

import contextlib
import io
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from d2lite.vision.boxes import iou
from d2lite.vision.detection_metrics import (
    COCO_THRESHOLDS,
    average_precision,
    match_detections,
    mean_average_precision,
    precision_recall,
)


def coco_average_precision(predictions, targets, area_range=(0, 1e10), max_detections=100, points=None):
    """AP for each threshold and class by pycocotools: (T, K), NaN where it says -1."""
    precision = coco_evaluation(predictions, targets, area_range, max_detections, points)["precision"]
    precision = precision[..., 0, 0]  # (T, R, K)
    return torch.from_numpy(np.where((precision > -1).all(axis=1), precision.mean(axis=1), np.nan))


def coco_evaluation(predictions, targets, area_range=(0, 1e10), max_detections=100, points=None):
    """All that pycocotools accumulates: "precision" (T, R, K, 1, 1), "recall" (T, K, 1, 1), -1 without targets."""
    gt, dt = COCO(), COCO()
    classes = sorted({int(c) for t in targets for c in t["classes"]})
    shared = {"images": [{"id": i} for i in range(len(targets))], "categories": [{"id": c} for c in classes]}
    xywh = lambda box: [box[0], box[1], box[2] - box[0], box[3] - box[1]]
    gt.dataset, dt.dataset = {**shared, "annotations": []}, {**shared, "annotations": []}
    for i, (p, t) in enumerate(zip(predictions, targets, strict=True)):
        crowd = t.get("crowd", torch.zeros(len(t["classes"])))
        areas = t.get("areas", (t["boxes"][:, 2:] - t["boxes"][:, :2]).prod(1))
        for *box, c, iscrowd, a in torch.cat(
            [t["boxes"], t["classes"][:, None], crowd[:, None], areas[:, None]], 1
        ).tolist():
            gt.dataset["annotations"].append(
                {"image_id": i, "bbox": xywh(box), "area": a, "category_id": int(c), "iscrowd": int(iscrowd)}
            )
        for *box, c, score in torch.cat(
            [p["boxes"], p["classes"][:, None], p["scores"][:, None]], 1
        ).tolist():
            dt.dataset["annotations"].append(
                {
                    "image_id": i,
                    "bbox": xywh(box),
                    "area": xywh(box)[2] * xywh(box)[3],
                    "category_id": int(c),
                    "score": score,
                    "iscrowd": 0,
                }
            )
    with contextlib.redirect_stdout(io.StringIO()):
        for coco in (gt, dt):
            for i, annotation in enumerate(coco.dataset["annotations"]):
                annotation["id"] = i + 1
            coco.createIndex()
        evaluation = COCOeval(gt, dt, "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [list(area_range)], ["all"]
        evaluation.params.maxDets = [max_detections]
        if points is not None:
            evaluation.params.recThrs = points
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval


def assert_equal_to_coco(predictions, targets, **options):
    expected = coco_average_precision(predictions, targets, **options)
    result = mean_average_precision(predictions, targets, **options)
    torch.testing.assert_close(result["ap"], expected, rtol=0, atol=1e-9, equal_nan=True)
    for value, mean in ((result["map"], expected.nanmean()), (result["map_50"], expected[:1].nanmean())):
        assert value == pytest.approx(mean.item(), abs=1e-9, nan_ok=True)
    return result


def random_set(num_images, seed, levels=None, num_classes=3, crowds=0.0):
    """Targets, and predictions near them, doubled, missing and invented."""
    rng = np.random.default_rng(seed)
    predictions, targets = [], []
    for _ in range(num_images):
        corners = rng.uniform(0, 80, (rng.integers(0, 8), 2))
        boxes = np.concatenate([corners, corners + rng.uniform(2, 60, corners.shape)], axis=1)
        classes = rng.integers(0, num_classes, len(boxes))
        near = np.repeat(boxes, rng.integers(0, 4, len(boxes)), axis=0) if len(boxes) else boxes
        near = near + rng.normal(0, 3, near.shape)
        near = np.concatenate([near, rng.uniform(0, 100, (rng.integers(0, 5), 4))])
        near = np.concatenate(
            [np.minimum(near[:, :2], near[:, 2:]), np.maximum(near[:, :2], near[:, 2:])], axis=1
        )
        scores = rng.uniform(size=len(near))
        scores = scores if levels is None else np.floor(scores * levels) / levels
        predictions.append(
            {
                "boxes": torch.from_numpy(near),
                "scores": torch.from_numpy(scores),
                "classes": torch.from_numpy(rng.integers(0, num_classes, len(near))),
            }
        )
        targets.append(
            {
                "boxes": torch.from_numpy(boxes),
                "classes": torch.from_numpy(classes),
                "crowd": torch.from_numpy(rng.uniform(size=len(boxes)) < crowds),
            }
        )
    return predictions, targets


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("options", [{}, {"levels": 4}, {"crowds": 0.3}, {"num_classes": 1, "levels": 1}])
def test_random_sets_equal_coco(seed, options):
    predictions, targets = random_set(25, seed, **options)
    result = assert_equal_to_coco(predictions, targets)
    assert 0 < result["map"] < result["map_50"] < 1


@pytest.mark.parametrize("area_range", [(0, 32**2), (32**2, 1e10), (200, 900), (1e6, 1e10)])
def test_area_ranges_equal_coco(area_range):
    assert_equal_to_coco(*random_set(25, seed=5, crowds=0.1), area_range=area_range)


@pytest.mark.parametrize("max_detections", [1, 2, 5])
def test_detection_limits_equal_coco(max_detections):
    assert_equal_to_coco(*random_set(25, seed=6), max_detections=max_detections)


def test_given_areas_equal_coco():
    predictions, targets = random_set(25, seed=8)
    for target in targets:
        target["areas"] = (target["boxes"][:, 2:] - target["boxes"][:, :2]).prod(1) * 0.6
    assert_equal_to_coco(predictions, targets, area_range=(100, 700))


def test_eleven_points_equal_coco_with_eleven_points():
    predictions, targets = random_set(25, seed=9, levels=7)
    expected = coco_average_precision(predictions, targets, points=np.arange(11) / 10)
    ap = mean_average_precision(predictions, targets, method="11-point")["ap"]
    torch.testing.assert_close(ap, expected, rtol=0, atol=1e-9)


small = st.integers(0, 5)


@st.composite
def tangles(draw):
    """A few images of whole-number boxes, where overlaps equal thresholds and each other."""

    def image(extra):
        count = draw(st.integers(0, 5))
        rows = [[draw(small) for _ in range(4)] for _ in range(count)]
        boxes = torch.tensor([[x, y, x + w, y + h] for x, y, w, h in rows], dtype=torch.float64).reshape(
            -1, 4
        )
        classes = torch.tensor([draw(st.integers(0, 1)) for _ in range(count)], dtype=torch.long)
        values = [draw(extra) for _ in range(count)]
        return boxes, classes, values

    predictions, targets = [], []
    for _ in range(draw(st.integers(1, 3))):
        boxes, classes, scores = image(st.sampled_from([0.25, 0.5, 1.0]))
        predictions.append(
            {"boxes": boxes, "classes": classes, "scores": torch.tensor(scores, dtype=torch.float64)}
        )
        boxes, classes, crowd = image(st.sampled_from([False, False, True]))
        targets.append({"boxes": boxes, "classes": classes, "crowd": torch.tensor(crowd, dtype=torch.bool)})
    return predictions, targets


@settings(deadline=None, max_examples=150)
@given(tangles(), st.sampled_from([(0, 1e10), (2, 9)]))
def test_adversarial_sets_equal_coco(tangle, area_range):
    if any(len(target["classes"]) for target in tangle[1]):
        assert_equal_to_coco(*tangle, area_range=area_range)


def one_class(boxes, scores=None, **more):
    boxes = torch.tensor(boxes, dtype=torch.float64).reshape(-1, 4)
    image = {"boxes": boxes, "classes": torch.zeros(len(boxes), dtype=torch.long), **more}
    return image if scores is None else image | {"scores": torch.tensor(scores, dtype=torch.float64)}


def test_named_edges_equal_coco():
    box, far = [0, 0, 10, 10], [20, 20, 30, 30]
    target = [one_class([box])]
    assert assert_equal_to_coco([one_class([], [])], target)["map"] == 0
    assert assert_equal_to_coco([one_class([box], [0.5])], target)["map"] == pytest.approx(1)
    assert assert_equal_to_coco([one_class([box] * 3, [0.5] * 3)], target)["map"] == pytest.approx(1)
    assert assert_equal_to_coco([one_class([far, box], [0.5] * 2)], target)["map"] == pytest.approx(0.5)
    assert assert_equal_to_coco([one_class([box, far], [0.5] * 2)], target)["map"] == pytest.approx(1)
    shifted = one_class([[0, 0, 10, 5]], [0.5])  # an IoU of exactly one half matches
    assert assert_equal_to_coco([shifted], target)["map_50"] == pytest.approx(1)


def test_without_targets_nothing_is_measured():
    result = mean_average_precision([one_class([[0, 0, 1, 1]], [0.5])], [one_class([])])
    assert math.isnan(result["map"])
    assert result["classes"] == []
    assert math.isnan(mean_average_precision([], [])["map"])


def test_a_class_of_crowds_only_is_left_out():
    target = one_class([[0, 0, 9, 9]], crowd=torch.tensor([True]))
    result = assert_equal_to_coco([one_class([[0, 0, 3, 3]], [0.5])], [target])
    assert result["classes"] == [0]
    assert result["ap"].isnan().all()


def test_crowds_and_ignored_targets_neither_reward_nor_punish():
    box, other = [0, 0, 10, 10], [20, 20, 40, 40]
    predictions = [one_class([other, other, box], [0.9, 0.8, 0.7])]
    plain = one_class([box, other])
    score = lambda target: mean_average_precision(predictions, [target], 0.5)["map"]
    assert score(plain) == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)
    assert score(plain | {"crowd": torch.tensor([False, True])}) == pytest.approx(1)  # takes both
    assert score(plain | {"ignored": torch.tensor([False, True])}) == pytest.approx(0.5)  # takes one


def test_one_threshold_is_the_row_of_many():
    predictions, targets = random_set(10, seed=3)
    many = mean_average_precision(predictions, targets)
    for i, threshold in enumerate(COCO_THRESHOLDS):
        one = mean_average_precision(predictions, targets, threshold)
        assert torch.equal(one["ap"][0], many["ap"][i])
        assert ("map_50" in one) == (i == 0)


def test_float32_predictions_that_train_are_measured():
    prediction = {
        "boxes": torch.tensor([[0.0, 0, 1, 1]], requires_grad=True),
        "scores": [0.5],
        "classes": [1],
    }
    target = {"boxes": [[0, 0, 1, 1]], "classes": [1]}
    assert mean_average_precision([prediction], [target])["map"] == pytest.approx(1)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=30), st.integers(0, 9))
def test_average_precision_equals_the_definition(detections, missed):
    scores, hits = [s / 4 for s, _ in detections], [hit for _, hit in detections]
    num_targets = sum(hits) + missed
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    curve = [(sum(hits[j] for j in order[: n + 1]), n + 1) for n in range(len(order))]  # (hits, detections)
    precision, recall = precision_recall(scores, hits, num_targets)
    assert precision.tolist() == [found / n for found, n in curve]
    if num_targets == 0:
        assert math.isnan(average_precision(scores, hits, 0))
        return
    best = lambda least: max((found / n for found, n in curve if found >= least), default=0)
    eleven = sum(best(math.ceil(k * num_targets / 10)) for k in range(11)) / 11
    assert average_precision(scores, hits, num_targets, "11-point") == pytest.approx(eleven, abs=1e-12)
    every = sum(best(found) for found in range(1, num_targets + 1)) / num_targets
    assert average_precision(scores, hits, num_targets, "all-point") == pytest.approx(every, abs=1e-12)
    assert recall.tolist() == [found / num_targets for found, _ in curve]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("threshold", COCO_THRESHOLDS)
def test_an_overlap_of_the_threshold_is_a_match_in_any_precision(threshold, dtype):
    """Of 0.65, 0.7, 0.9 and 0.95 the nearest float32 is below the nearest double."""
    overlaps = iou([[0.0, 0, 10, 10]], [[0, 0, 10, 10 * threshold]]).double()
    overlaps = overlaps.round(decimals=2).to(dtype)  # as exact as the dtype has it
    assert match_detections(overlaps, threshold).tolist() == [0]
    assert match_detections(overlaps - 0.01, threshold).tolist() == [-1]
    assert match_detections(torch.zeros(1, 1, dtype=dtype), 1e-12).tolist() == [-1]


def test_pairs_of_float32_are_matched_as_those_of_the_mean():
    found, true = torch.tensor([[0.0, 0, 10, 10]]), torch.tensor([[0.0, 0, 10, 7]])
    one = {"boxes": found, "scores": [0.9], "classes": [0]}, {"boxes": true, "classes": [0]}
    assert mean_average_precision([one[0]], [one[1]], 0.7)["map"] == 1
    assert match_detections(iou(found, true), 0.7).tolist() == [0]


def test_matching_by_hand():
    overlaps = torch.tensor([[0.6, 0.9], [0.7, 0.8], [0.9, 0.9]])
    assert match_detections(overlaps).tolist() == [1, 0, -1]
    assert match_detections(overlaps, 0.75).tolist() == [1, -1, 0]
    assert match_detections(overlaps, crowd=[False, True]).tolist() == [1, 1, 1]
    assert match_detections(overlaps, ignored=[False, True]).tolist() == [0, 1, -1]
    assert match_detections([[0.5, 0.5]]).tolist() == [1]
    assert match_detections(torch.zeros(2, 0)).tolist() == [-1, -1]
    with pytest.raises(ValueError, match=r"crowd has shape \(1,\): expected \(2,\), one for each target"):
        match_detections(overlaps, crowd=[True])
    for threshold in (0, -1, 50, math.nan):
        with pytest.raises(
            ValueError, match=f"iou_threshold is {threshold}: expected a finite number, above 0 and at most 1"
        ):
            match_detections(overlaps, threshold)


def test_bad_measurements_are_refused():
    good = one_class([[0, 0, 1, 1]], [0.5])
    target = one_class([[0, 0, 1, 1]])
    with pytest.raises(ValueError, match="predictions has 1 dicts and targets 2: expected one each"):
        mean_average_precision([good], [target, target])
    with pytest.raises(
        ValueError,
        match=r"predictions has the keys .* for an image: expected a dict with .'boxes', 'scores', 'classes'.",
    ):
        mean_average_precision([target], [target])
    with pytest.raises(ValueError, match=r"optionally .'crowd', 'ignored', 'areas'."):
        mean_average_precision([good], [target | {"labels": [0]}])
    with pytest.raises(ValueError, match=r"scores has shape \(2,\): expected \(1,\), one for each box"):
        mean_average_precision([good | {"scores": [0.1, 0.2]}], [target])
    with pytest.raises(ValueError, match="scores hold NaN: expected numbers to sort by"):
        mean_average_precision([good | {"scores": [math.nan]}], [target])
    with pytest.raises(ValueError, match="method is 'voc': expected one of"):
        average_precision([0.5], [True], 1, "voc")
    with pytest.raises(
        ValueError, match="is_true_positive has 2 true: expected at most 1, the number of targets"
    ):
        precision_recall([0.5, 0.4], [True, True], 1)
    with pytest.raises(
        ValueError, match=r"is_true_positive has shape \(\d,\): expected \(\d,\), one for each score"
    ):
        precision_recall([0.5, 0.4], [True], 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"iou_thresholds": 50}, "iou_thresholds is 50: expected a finite number, above 0 and at most 1"),
        (
            {"iou_thresholds": [0.5, -1]},
            "iou_thresholds is -1: expected a finite number, above 0 and at most 1",
        ),
        ({"iou_thresholds": math.nan}, "iou_thresholds is nan: expected a finite number"),
        ({"iou_thresholds": []}, "iou_thresholds is empty: expected at least one"),
        ({"max_detections": -1}, "max_detections is -1: expected a whole number, 1 or more"),
        ({"max_detections": 0}, "max_detections is 0: expected a whole number, 1 or more"),
        ({"area_range": (100, 0)}, r"area_range is \(100, 0\): expected \(smallest, largest\)"),
        ({"area_range": (0, math.nan)}, r"area_range is \(0, nan\): expected \(smallest, largest\)"),
    ],
)
def test_bad_ways_to_measure_are_refused(change, message):
    good = one_class([[0, 0, 1, 1]], [0.5])
    assert mean_average_precision([good], [one_class([[0, 0, 1, 1]])], 1)["map"] == pytest.approx(1)
    with pytest.raises(ValueError, match=message):
        mean_average_precision([good], [one_class([[0, 0, 1, 1]])], **change)
