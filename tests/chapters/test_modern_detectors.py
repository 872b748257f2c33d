"""The chapter on modern detectors: its functions, its recordings run again, its mAP by pycocotools."""

import contextlib
import io

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import d2lite
from d2lite import datasets, models
from d2lite.vision import assignment, boxes, pyramids
from d2lite.vision.detection_metrics import mean_average_precision

# Half a minute each; the joined detector, which has every part, is trained again by `make test`, too.
TOLERANCE = 0.06  # of mAP after five passes: sums in another order part two trainings of one seed


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("08_detection/modern_detectors")
    chapter.define("hero")
    chapter.run("setup")
    chapter.define("cost-code", "pyramid-code", "pan-code", "mosaic-code", "drop-code", "owners-code")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    torch.set_num_threads(1)
    return read_recorder("modern_detectors")


@pytest.fixture(scope="module")
def longer(read_recorder):
    return read_recorder("modern_detector")


def test_the_passes_are_the_librarys(chapter):
    torch.manual_seed(0)
    maps = [torch.randn(2, 4, side, side) for side in (12, 6, 3)]
    halve = [torch.nn.Conv2d(4, 4, 3, 2, 1) if side % 2 == 0 else None for side in (12, 6)]
    ours, theirs = chapter["top_down"](maps), pyramids.top_down([*maps])
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    ours, theirs = chapter["bottom_up"](maps, halve), pyramids.bottom_up([*maps], halve)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_dropped_blocks_are_the_librarys(chapter):
    maps = torch.randn(3, 5, 12, 12)
    torch.manual_seed(7)
    ours = chapter["drop_block"](maps, 0.2)
    torch.manual_seed(7)
    assert torch.allclose(ours, pyramids.drop_block(maps, 0.2))


def test_a_mosaics_boxes_lie_on_their_items(chapter):
    """Painted rectangles, each of a colour of its own; what is left of each lies in its box and fills it."""
    torch.manual_seed(1)
    images, truths = torch.zeros(4, 3, 96, 96), []
    for i, (x, y) in enumerate([(50, 20), (10, 40), (30, 8), (60, 60)]):
        images[i, :, y : y + 30, x : x + 20] = (i + 1) / 4
        truths.append(torch.tensor([[x, y, x + 20, y + 30]]).float())
    for _ in range(20):
        picture, found, stay = chapter["mosaic"](images, truths)
        assert picture.shape == (3, 96, 96)
        assert len(stay) == 4 and stay.sum() == len(found)
        for x1, y1, x2, y2 in found.int().tolist():
            assert len(picture[0, y1:y2, x1:x2].unique()) == 1 and picture[0, y1, x1] > 0
        shown = [(picture[0] == (i + 1) / 4).sum() for i in range(4)]
        assert len(found) == sum(area >= 0.3 * 600 for area in shown)


def test_owners_are_the_librarys(chapter):
    generator = torch.Generator().manual_seed(0)
    contested = 0
    for _ in range(20):
        overlaps, costs = torch.rand(2, 3, 30, generator=generator)
        ours = chapter["choose_owners"](costs, overlaps * 0.6)
        assert torch.equal(ours, assignment.dynamic_assignment(costs, overlaps * 0.6))
        ranks = costs.argsort(1).argsort(1)
        top = (overlaps * 0.6).topk(10).values.sum(1).int().clamp(min=1)
        contested += ((ranks < top[:, None]).sum(0) > 1).sum().item()
    assert contested > 20


def test_multiplications_are_the_recorded_ones(chapter, recorder):
    for row in ("baseline", "dynamic owners", "FPN", "PANet"):
        detector = recorder.make_detector(recorder.settings_of(row), 0)
        (*_, run) = d2lite.Sweep.recorded("modern_rows").select(row=row)
        assert chapter["products"](detector) == pytest.approx(run["products"], rel=1e-3)


@pytest.mark.nightly
def test_a_recorded_run_happens_again(recorder):
    (recorded,) = d2lite.Sweep.recorded("modern_rows").select(row="residual blocks", seed=1)
    now = recorder.train_point(**recorded.point, seed=1)
    assert set(now) == {*recorded.scalars, *recorded.curves}
    for name in ("map", "test_map", "merged_map", "test_merged_map"):
        assert abs(now[name] - recorded[name]) < TOLERANCE, name
    assert now["products"] == pytest.approx(recorded["products"], rel=1e-3)


def test_every_rate_is_inside_those_tried(recorder):
    for name in ("modern_rates", "modern_joined_rates"):
        for row, rates in recorder.tried_rates(name).items():
            best = max(rates, key=rates.get)
            assert min(rates) < best < max(rates), (name, row)
            chosen = "modern_rows" if name == "modern_rates" else "modern_joined"
            assert {run.point["lr"] for run in d2lite.Sweep.recorded(chosen).select(row=row)} == {best}


def test_joined_are_the_changes_that_helped(recorder):
    rows = {run.point["row"] for run in d2lite.Sweep.recorded("modern_joined")}
    assert rows == {*recorder.joined_rows(), *recorder.ALSO}


def test_first_steps_of_the_long_training_happen_again(longer):
    record = models.pretrained_modern_detector()[1]
    stop = len(record["first_losses"])
    losses = longer.train(record["steps"], stop=stop)[1]
    for now, then in zip(losses, record["first_losses"], strict=True):
        assert now == pytest.approx(then, rel=0.02)


def test_a_run_of_the_names_happens_again(read_recorder):
    """And it is the run of the ablation that it says it is."""
    names = read_recorder("modern_names")
    (recorded,) = d2lite.Sweep.recorded("modern_names").select(row=names.JOINED, seed=1)
    (ablation,) = d2lite.Sweep.recorded("modern_joined").select(row=names.JOINED, seed=1)
    assert recorded.point == ablation.point
    assert recorded["map"] == pytest.approx(ablation["map"], abs=TOLERANCE)
    now = names.train_point(**recorded.point, seed=1)
    for name in recorded.scalars:
        assert abs(now[name] - recorded[name]) < TOLERANCE, name
    assert now["every_map"] - now["map"] == pytest.approx(recorded["every_map"] - recorded["map"], abs=0.02)


def test_other_seeds_have_the_same_rates(read_recorder, recorder):
    again = read_recorder("modern_again")
    runs = d2lite.Sweep.recorded("modern_again")
    assert not {run.seed for run in runs} & set(recorder.SEEDS)
    best = {point["row"]: point["lr"] for point in recorder.best_points("modern_rates")}
    assert {run.point["row"]: run.point["lr"] for run in runs if run.point["row"] in best} == {
        row: best[row] for row in again.AGAIN
    }


@pytest.mark.nightly
def test_a_run_with_another_seed_happens_again(read_recorder):
    again = read_recorder("modern_again")
    (recorded,) = d2lite.Sweep.recorded("modern_again").select(row="residual blocks", seed=4)
    now = again.train_point(**recorded.point, seed=4)
    for name in recorded.scalars:
        assert abs(now[name] - recorded[name]) < TOLERANCE, name


def test_what_was_measured_is_measured_again(longer):
    """On fewer of the scenes: the two differences that the chapter's table shows, near those of all 500."""
    record = models.pretrained_modern_detector()[1]
    shipped = {"YOLO": models.pretrained_detector()[0], "modern": models.pretrained_modern_detector()[0]}
    measured, errors = longer.compare(shipped, datasets.scenes(0, 150)[1])
    assert set(errors) == set(record["errors"])
    assert [one[:2] for one in measured] == [one[:2] for one in record["measured"]]
    for now, then in zip(measured, record["measured"], strict=True):
        assert now[2] == pytest.approx(then[2], abs=0.05) and now[3] == pytest.approx(then[3], abs=0.02)
    assert record["map_50"] == record["measured"][2][2]


def coco_map(found, targets):
    """AP at 0.5 by pycocotools."""
    gt, dt = COCO(), COCO()
    shared = {
        "images": [{"id": i} for i in range(len(targets))],
        "categories": [{"id": c} for c in range(10)],
    }
    gt.dataset, dt.dataset = {**shared, "annotations": []}, {**shared, "annotations": []}
    for coco, images in ((gt, targets), (dt, found)):
        for i, one in enumerate(images):
            scores = one.get("scores", torch.ones(len(one["boxes"]))).double().tolist()
            corners = one["boxes"].double()
            sides = corners[:, 2:] - corners[:, :2]
            rows = zip(
                torch.cat([corners[:, :2], sides], 1).tolist(), one["classes"].tolist(), scores, strict=True
            )
            for box, label, score in rows:
                some = {"image_id": i, "bbox": box, "area": box[2] * box[3], "category_id": label}
                coco.dataset["annotations"].append(some | {"iscrowd": 0, "score": score})
        for k, one in enumerate(coco.dataset["annotations"]):
            one["id"] = k + 1
    with contextlib.redirect_stdout(io.StringIO()):
        gt.createIndex()
        dt.createIndex()
        evaluation = COCOeval(gt, dt, "bbox")
        evaluation.params.iouThrs = np.array([0.5])
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"][0, :, :, 0, -1].mean()


def test_our_map_is_pycocotools(recorder):
    test = datasets.scenes(0, 200)[1]
    found = recorder.predict(models.pretrained_modern_detector()[0], test)
    ours = recorder.measure(found, test)[0]
    assert ours == pytest.approx(mean_average_precision(found, test.targets, 0.5)["map_50"], abs=1e-9)
    assert ours == pytest.approx(coco_map(found, test.targets), abs=1e-6)


def test_draws_of_scenes_count_as_often_as_drawn(recorder):
    """A scene drawn twice is one that stands there twice."""
    test = datasets.scenes(0, 60)[1]
    found = recorder.predict(models.pretrained_modern_detector()[0], test)
    draw = np.random.RandomState(3).randint(60, size=60)
    counts = np.bincount(draw, minlength=60).astype(float)
    by_weight = recorder.average_precisions(*recorder.matches_of(found, test.targets), counts)
    repeated = [found[i] for i in draw], [test.targets[i] for i in draw]
    assert by_weight == pytest.approx(mean_average_precision(*repeated, 0.5)["map_50"], abs=0.01)


def test_the_mirror_takes_its_boxes_along(recorder):
    scenes = datasets.scenes(8, 0)[0]
    torch.manual_seed(0)
    settings = recorder.settings_of("baseline")
    images, moved, _ = recorder.augment(scenes.images, scenes.boxes, scenes.classes, settings)
    turned = 0
    for image, was, now, then in zip(images, scenes.images, moved, scenes.boxes, strict=True):
        if torch.equal(image, was):
            assert torch.equal(now, then)
        else:
            turned += 1
            assert torch.equal(image, was.flip(2))
            assert torch.allclose(boxes.area(now), boxes.area(then))
            assert torch.equal(now[:, 0], 96 - then[:, 2])
    assert 0 < turned < 8
