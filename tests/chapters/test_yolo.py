"""The chapter on YOLO: its functions against the library and the page, its recording against a training begun again."""

import json
import sys
from pathlib import Path

import pytest
import torch

from d2lite import datasets, models
from d2lite.datasets import scenes
from d2lite.vision import anchor_sizes
from d2lite.vision.detection_metrics import mean_average_precision
from d2lite.widgets import explorer_class
from d2lite.widgets._preview import run_module

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("08_detection/yolo")
    chapter.define("hero")
    chapter.run(
        "setup",
        "blocks",
        "network-code",
        "data",
        "decode-code",
        "targets-code",
        "loss-code",
        "find-code",
        "failures-code",
    )
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("detector")


@pytest.fixture(scope="module")
def some():
    return scenes(40, 0, seed=11)[0]


@pytest.fixture(scope="module")
def outputs():
    return torch.randn(40, 12, 12, 3, 15, generator=torch.Generator().manual_seed(0))


def test_the_printed_network_is_the_packages(chapter):
    """Drawn from one seed they have the same weights, and say the same in training and in use."""
    networks = []
    for make in (chapter["Network"], lambda: models.GridDetector(chapter["priors"])):
        torch.manual_seed(3)
        networks.append(make())
    ours, theirs = networks
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)
    images = torch.rand(4, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    for mode in (True, False):
        assert torch.equal(ours.train(mode)(images), theirs.train(mode)(images))
    assert ours(images).shape == (4, 8, 12, 3, 15)


def test_answers_are_those_of_the_library(chapter, some):
    """Where no two objects want one position; these scenes are such."""
    ours = torch.stack([chapter["answers_for"](truths, chapter["priors"]) for truths in some.boxes])
    theirs = models.detector_targets(some.boxes, chapter["priors"], 12, 12)
    assert torch.equal(ours == -1, theirs == -1)
    assert torch.equal(ours == -2, theirs == -2)
    assert (ours >= 0).sum() == sum(map(len, some.boxes))


def test_boxes_are_decoded_as_in_the_library(chapter, outputs):
    detector = models.GridDetector(chapter["priors"])
    assert torch.allclose(
        chapter["decode_boxes"](outputs, chapter["priors"]), detector.boxes(outputs), atol=1e-4
    )


def test_loss_terms_are_those_of_the_library(chapter, some, outputs):
    detector = models.GridDetector(chapter["priors"])
    ours = chapter["loss_terms"](outputs, some.boxes, some.classes, chapter["priors"])
    theirs = models.detector_loss(detector, outputs, some.boxes, some.classes)
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert ours[name].item() == pytest.approx(theirs[name].item(), rel=1e-5)


def test_scenes_without_objects_are_background(chapter, some, outputs):
    nothing, no_labels = torch.zeros(0, 4), torch.zeros(0, dtype=torch.long)
    assert (chapter["answers_for"](nothing, chapter["priors"]) == -1).all()
    detector = models.GridDetector(chapter["priors"])
    for boxes, classes in (
        ([nothing], [no_labels]),
        (
            [nothing, some.boxes[0], nothing, some.boxes[1]],
            [no_labels, some.classes[0], no_labels, some.classes[1]],
        ),
    ):
        few = outputs[: len(boxes)]
        ours = chapter["loss_terms"](few, boxes, classes, chapter["priors"])
        theirs = models.detector_loss(detector, few, boxes, classes)
        for name in ours:
            assert ours[name].item() == pytest.approx(theirs[name].item(), rel=1e-5)


def test_detections_are_those_of_the_library(chapter, outputs):
    detector = models.GridDetector(chapter["priors"])
    for least in (0.05, 0.5):
        ours = chapter["find"](outputs, chapter["priors"], least)
        theirs = models.detect(outputs, detector.boxes(outputs), least)
        for a, b in zip(ours, theirs, strict=True):
            assert a.keys() == b.keys()
            assert all(torch.allclose(a[key].float(), b[key].float(), atol=1e-4) for key in a)


def test_a_window_says_what_one_look_says_of_any_scene(chapter, recorder):
    """At cells whose receptive field lies inside the picture, and elsewhere not: there the padding differs."""
    chapter.define("window-code")
    detector = models.pretrained_detector()[0]
    for scene in scenes(0, 3, seed=21)[1].images[:, None]:
        with torch.no_grad():
            whole, slid = detector(scene)[0], chapter["window_by_window"](detector, scene)
        assert slid.shape == whole.shape
        assert torch.allclose(slid[5:8, 5:8], whole[5:8, 5:8], atol=1e-3)
        assert (slid[0] - whole[0]).abs().max() > 0.1


def test_failures_are_sorted_as_on_the_bench(chapter):
    """The chapter's kinds are those of the page's `judge`, on detections of all kinds."""
    test = scenes(0, 30, seed=4)[1]
    generator = torch.Generator().manual_seed(2)
    ours, request = [], []
    for boxes, classes in zip(test.boxes, test.classes, strict=True):
        shift = torch.randint(-9, 10, (2 * len(boxes), 2), generator=generator).repeat(1, 2)
        label = torch.where(torch.rand(2 * len(boxes), generator=generator) < 0.3, 0, classes.repeat(2))
        one = {"boxes": boxes.repeat(2, 1) + shift, "classes": label}
        ours.append(chapter["sort_out"](one, {"boxes": boxes, "classes": classes})[0])
        rows = [{"box": b.tolist(), "label": int(c)} for b, c in zip(one["boxes"], label, strict=True)]
        request.append(
            [rows, [{"box": b.tolist(), "label": int(c)} for b, c in zip(boxes, classes, strict=True)]]
        )
    model = explorer_class("detection_bench")._folder / "model.js"
    script = """
    import * as model from "./model.mjs";
    import { readFileSync } from "node:fs";
    const scenes = JSON.parse(readFileSync(0, "utf8"));
    const kinds = scenes.map(([found, truths]) => model.judge(found, truths).map(({ kind }) => kind));
    process.stdout.write(JSON.stringify(kinds));
    """
    theirs = json.loads(run_module(script, {"model": model}, request))
    renamed = [[{"misplaced": "bad box"}.get(kind, kind) for kind in kinds] for kinds in theirs]
    assert renamed == ours
    assert {kind for kinds in ours for kind in kinds} >= {"correct", "confused", "double", "bad box"}


def test_the_recorded_training_begins_as_it_did(recorder):
    """Its first steps, taken again: the same anchors, weights, scenes and losses."""
    pretrained, record = models.pretrained_detector()
    detector = recorder.make_detector()
    assert torch.allclose(detector.anchors, pretrained.anchors)
    optimizer, schedule = recorder.make_optimizer(detector, record["scenes"] // recorder.BATCH_SIZE)
    stream = datasets.scene_stream(recorder.BATCH_SIZE, seed=record["seed"])
    for step in range(recorder.NUM_FIRST):
        losses = recorder.train_step(detector, optimizer, schedule, next(stream))
        for name, value in losses.items():
            assert value == pytest.approx(record["first_losses"][name][step], rel=2e-3), (step, name)


def test_a_killed_training_goes_on_in_the_same_numbers(recorder, tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "BATCH_SIZE", 4)
    monkeypatch.setattr(recorder, "EVERY", 2)
    whole, losses, _ = recorder.train(4, tmp_path / "whole.pt")
    stream = recorder.scene_stream

    def broken(*arguments, **options):
        for i, batch in enumerate(stream(*arguments, **options)):
            if i == 3:
                raise KeyboardInterrupt
            yield batch

    monkeypatch.setattr(recorder, "scene_stream", broken)
    with pytest.raises(KeyboardInterrupt):
        recorder.train(4, tmp_path / "part.pt")
    monkeypatch.setattr(recorder, "scene_stream", stream)
    again, losses_again, _ = recorder.train(4, tmp_path / "part.pt")
    assert torch.tensor(losses_again).allclose(torch.tensor(losses), rtol=1e-4)
    assert all(
        torch.allclose(a, b, atol=1e-4) for a, b in zip(whole.parameters(), again.parameters(), strict=True)
    )


def test_shipped_weights_reach_the_claimed_precision_on_other_scenes(recorder):
    """On scenes that the chapter does not use: another seed, the test items."""
    detector, record = models.pretrained_detector()
    test = scenes(0, 200, seed=123)[1]
    ten, merged = recorder.measure(detector, test)
    assert ten >= 0.70 and ten == pytest.approx(record["map_50"], abs=0.06)
    assert merged >= 0.90
    blind = recorder.predict(models.GridDetector(detector.anchors).eval(), test[:40])
    assert mean_average_precision(blind, test[:40].targets, 0.5)["map_50"] < 0.05  # the measure can fail


def test_k_means_of_the_recording_are_the_chapters_within_pixels(chapter):
    pretrained = models.pretrained_detector()[0]
    assert anchor_sizes.size_iou(pretrained.anchors, chapter["priors"]).diagonal().min() > 0.85


def test_the_script_prints_and_writes(recorder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "detector.npz"
    monkeypatch.setattr(recorder, "BATCH_SIZE", 4)
    monkeypatch.setattr(recorder, "NUM_TEST", 10)
    monkeypatch.setattr(
        sys,
        "argv",
        ["detector.py", "--steps", "2", "--checkpoint", str(tmp_path / "c.pt"), "--out", str(out)],
    )
    threads = torch.get_num_threads()
    recorder.main()
    torch.set_num_threads(threads)
    detector, record = models.pretrained_detector(out)
    assert "mAP@0.5 of ten classes" in capsys.readouterr().out
    assert record["scenes"] == 8 and len(record["first_losses"]["box"]) == 2
    assert detector.num_classes == 10


def test_windows_that_compute_their_middle_cell_alone_are_59_looks():
    """The text's other count: each of 144 windows computes of every layer what its middle cell needs, and no more."""
    detector = models.pretrained_detector()[0]
    layers = [layer for layer in detector.modules() if isinstance(layer, torch.nn.Conv2d)]
    need, side, needed, whole = 1, 96, 0, 0
    for layer in reversed(layers):
        needed += need**2 * layer.weight.numel()
        need = (need - 1) * layer.stride[0] + layer.kernel_size[0]
    for layer in layers:
        side //= layer.stride[0]
        whole += side**2 * layer.weight.numel()
    assert (need, round(whole / 1e6, 2)) == (79, 14.05)
    assert 144 * needed / whole == pytest.approx(59, abs=0.5)
