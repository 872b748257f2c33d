"""Record what each part of a modern detector brings: add one to a baseline, join those that helped, leave one out.

    python tools/record/modern_detectors.py modern_rates     # each change with several learning rates, one seed
    python tools/record/modern_detectors.py modern_rows      # at its best rate, three seeds
    python tools/record/modern_detectors.py modern_joined_rates  # the changes that helped, together
    python tools/record/modern_detectors.py modern_joined    # at their best rate, also less each one, three seeds

The plan had a row "no anchors" without dynamic owners, and rates of their own for the sets less one; both were cut for
time before they were run.

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads, and reads those before it; kill
it and start it again, and it goes on where it was. Where a best rate is at the edge of those tried, `modern_rates` and
`modern_joined_rates` try a further one when they are started again.

All runs train for equally many passes over the same 2,000 scenes, whose items are the first 80% of the training
items; their last 20% make the 300 validation scenes, by which rates and changes are chosen. A run's seed draws the
weights, the order and all augmentation; runs of one seed share the order and the weights of the backbone.

Recorded of each run, at IoU 0.5 over ten classes: "map" and "merged_map" (all classes as one) of the validation
scenes; "test_map" and "test_merged_map" of the 500 scenes of test items; "resampled", the test mAP of each of 100
draws of 500 of these with replacement, the same draws for every run; "products", the multiplications a picture, in
millions; and "seconds" of one core.
"""

import functools
import time

import numpy as np
import torch
from recording import FOLDER, record
from torch import nn

import d2lite
from d2lite import datasets
from d2lite.models import PyramidDetector, pad_truths, pyramid_detect, pyramid_loss
from d2lite.vision.anchor_sizes import kmeans
from d2lite.vision.boxes import iou
from d2lite.vision.detection_metrics import match_detections
from d2lite.vision.scene_augmentation import cutmix_boxes, mosaic, resize, stylize

NUM_TRAIN, NUM_VALIDATION, NUM_TEST = 2000, 300, 500
NUM_PASSES, BATCH, WEIGHT_DECAY, CLIP = 5, 32, 0.02, 10.0
RATES, WIDER = (0.008, 0.016, 0.032), (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128)
SEEDS = (0, 1, 2)
SIDES = (80, 96, 112)  # of multi-scale training
SQUARES = {1: [(20, 30, 40)], 2: [(20, 25, 30), (35, 40, 45)]}  # anchors by hand, in pixels
NUM_DRAWS = 100

CHANGES = {
    "residual blocks": {"residual": True},
    "k-means anchors": {"anchors": "kmeans"},
    "CIoU loss": {"box_loss": "ciou"},
    "FPN": {"neck": "fpn"},
    "PANet": {"neck": "pan"},
    "multi-scale training": {"sides": SIDES},
    "mosaic": {"augment": ("mosaic",)},
    "CutMix": {"augment": ("cutmix",)},
    "stylized": {"augment": ("stylize",)},
    "DropBlock": {"drop_rate": 0.1},
    "label smoothing": {"smoothing": 0.1},
    "no anchors": {"anchors": None},
    "dynamic owners": {"anchors": None, "dynamic": True},
}
PLAIN = {
    "residual": False,
    "anchors": "squares",
    "box_loss": "squared",
    "neck": "none",
    "sides": (96,),
    "augment": (),
    "drop_rate": 0.0,
    "smoothing": 0.0,
    "dynamic": False,
}
BOX_WEIGHTS = {"ciou": 2.0, "squared": 5.0}  # of the box's term: YOLO's chapter; YOLO's first version
ALTERNATIVES = (("FPN", "PANet"), ("k-means anchors", "dynamic owners"))  # at most one of each
ALSO = ("FPN + dynamic owners",)  # asked when FPN alone had lost: is it that six anchors share the examples?
ROWS = ["baseline", *(name for name in CHANGES if name != "no anchors")]


def settings_of(row):
    """Return the settings of a row: the changes' names, joined by " + "; "baseline" for none."""
    settings = dict(PLAIN)
    for name in row.split(" + ") if row != "baseline" else ():
        change = dict(CHANGES[name])
        change["augment"] = settings["augment"] + change.get("augment", ())
        settings |= change
    return settings


@functools.cache
def load_data():
    """Return the scenes for training, validation and test."""
    train = datasets.scenes(NUM_TRAIN, 0, items=(0, 0.8))[0]
    validation = datasets.scenes(NUM_VALIDATION, 0, items=(0.8, 1))[0]
    return train, validation, datasets.scenes(0, NUM_TEST)[1]


def anchors_of(kind, num_strides):
    """Return the anchors of each stride: None, squares chosen by hand, or k-means of the training boxes, by area."""
    if kind is None:
        return None
    if kind == "squares":
        return [torch.tensor(sides).float()[:, None].expand(-1, 2) for sides in SQUARES[num_strides]]
    boxes = torch.cat(load_data()[0].boxes[:1000])
    return list(kmeans(boxes[:, 2:] - boxes[:, :2], 3 * num_strides).anchors.split(3))


def make_detector(settings, seed, **others):
    """Return a fresh detector with the settings."""
    anchors = anchors_of(settings["anchors"], 1 if settings["neck"] == "none" else 2)
    torch.manual_seed(seed)
    names = ("residual", "neck", "drop_rate")
    return PyramidDetector(anchors, **{name: settings[name] for name in names}, **others)


def augment(images, boxes, classes, settings):
    """Mirror half of the pictures, and change the batch as the settings say, each change with probability one half."""
    turned = torch.rand(len(images)) < 0.5
    images = torch.where(turned[:, None, None, None], images.flip(3), images)
    width = images.shape[3]
    boxes = [
        torch.stack([width - b[:, 2], b[:, 1], width - b[:, 0], b[:, 3]], 1) if t else b
        for b, t in zip(boxes, turned, strict=True)
    ]
    for name in settings["augment"]:
        if torch.rand(()) < 0.5:
            if name == "stylize":
                images = stylize(images)
            else:
                change = mosaic if name == "mosaic" else cutmix_boxes
                images, boxes, classes = change(images, boxes, classes)
    if len(settings["sides"]) > 1:
        side = settings["sides"][torch.randint(len(settings["sides"]), ())]
        images, boxes = resize(images, boxes, side)
    return images, boxes, classes


def take(scenes, chosen):
    """Return images, boxes and classes of some scenes. (With torch named here, too, a worker could not take it.)"""
    some = scenes[chosen]
    return some.images, some.boxes, some.classes


def train_step(detector, optimizer, schedule, images, boxes, classes, settings):
    """Take one step and return the loss's terms."""
    images = images.contiguous(memory_format=torch.channels_last)
    boxes, classes = pad_truths(boxes, classes)
    choice = {name: settings[name] for name in ("dynamic", "box_loss", "smoothing")}
    terms = pyramid_loss(detector, detector(images), images.shape[2:], boxes, classes, **choice)
    optimizer.zero_grad()
    (BOX_WEIGHTS[settings["box_loss"]] * terms["box"] + terms["objectness"] + terms["class"]).backward()
    nn.utils.clip_grad_norm_(detector.parameters(), CLIP)
    optimizer.step()
    schedule.step()
    return terms


def train_network(settings, lr, seed, num_passes=NUM_PASSES, num_steps=None, losses=None):
    """Return a trained detector; num_steps ends early, on the same path; losses, a list, receives each step's."""
    train = load_data()[0]
    detector = make_detector(settings, seed).to(memory_format=torch.channels_last)
    order = torch.Generator().manual_seed(seed)  # of its own: augmentation draws from the global one
    total = num_passes * (len(train) // BATCH)
    optimizer = torch.optim.AdamW(detector.parameters(), lr, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total, pct_start=0.1)
    batches = (b for _ in range(num_passes) for b in torch.randperm(len(train), generator=order).split(BATCH))
    batches = (b for b in batches if len(b) == BATCH)
    torch.manual_seed(seed + 1000)
    for _, batch in zip(range(total if num_steps is None else num_steps), batches, strict=False):
        changed = augment(*take(train, batch.tolist()), settings)
        terms = train_step(detector, optimizer, schedule, *changed, settings)
        if losses is not None:
            losses.append(sum(terms.values()).item())
    return detector.eval()


def predict(detector, scenes):
    """Return the detections in some scenes, kept from a score of 0.01 on, as mean average precision wants them."""
    found = []
    for first in range(0, len(scenes), 100):
        images = scenes[first : first + 100].images
        with torch.no_grad():
            outputs = detector(images)
        boxes = detector.boxes(outputs, detector.positions(*images.shape[2:]))
        found += pyramid_detect(outputs, boxes, score_threshold=0.01)
    return found


def matches_of(found, targets, iou_threshold=0.5):
    """Return scene, class, score and rightness of all detections, (4, N), and scene and class of all objects."""
    rows, objects = [], []
    for scene, (one, truth) in enumerate(zip(found, targets, strict=True)):
        objects.append(torch.stack([torch.full_like(truth["classes"], scene), truth["classes"]]))
        for label in one["classes"].unique():
            mine, theirs = one["classes"] == label, truth["classes"] == label
            right = match_detections(iou(one["boxes"][mine], truth["boxes"][theirs]), iou_threshold) >= 0
            scores = one["scores"][mine].double()
            places = torch.full_like(scores, scene), torch.full_like(scores, label)
            rows.append(torch.stack([*places, scores, right.double()]))
    return torch.cat(rows, 1).numpy(), torch.cat(objects, 1).numpy()


def average_precisions(matches, objects, counts):
    """Return the mean AP (101 points, as COCO) where scene i counts counts[i] times."""
    scene, label, score, right = matches
    order = np.argsort(-score, kind="stable")
    scene, label, right = scene[order].astype(int), label[order], right[order]
    values = []
    for k in np.unique(objects[1]):
        total = counts[objects[0][objects[1] == k]].sum()
        if total == 0:
            continue
        mine = label == k
        weight = counts[scene[mine]]
        hits, seen = (weight * right[mine]).cumsum(), weight.cumsum()
        precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
        envelope = np.maximum.accumulate(np.append(precision, 0.0)[::-1])[::-1]
        points = np.searchsorted(hits / total, np.linspace(0, 1, 101), side="left")
        values.append(envelope[points].mean())
    return float(np.mean(values))


def measure(found, scenes):
    """Return mAP@0.5 over the ten classes, with all classes as one, and of NUM_DRAWS draws of the scenes."""
    ones = np.ones(len(scenes))
    matches, objects = matches_of(found, scenes.targets)
    single = [[{**d, "classes": 0 * d["classes"]} for d in each] for each in (found, scenes.targets)]
    random = np.random.RandomState(0)
    draws = [random.randint(len(scenes), size=len(scenes)) for _ in range(NUM_DRAWS)]
    counts = [np.bincount(draw, minlength=len(scenes)).astype(float) for draw in draws]
    resampled = [average_precisions(matches, objects, each) for each in counts]
    return (
        average_precisions(matches, objects, ones),
        average_precisions(*matches_of(*single), ones),
        resampled,
    )


def products_of(detector, side=96):
    """Return the multiplications of one picture, in millions."""
    total = 0

    def count(layer, _, output):
        nonlocal total
        total += layer.weight.numel() * output[0, 0].numel()

    hooks = [m.register_forward_hook(count) for m in detector.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        detector(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return total / 1e6


def train_point(row, lr, *, seed):
    """Train once; return what the module's docstring names."""
    _, validation, test = load_data()
    start = time.process_time()
    detector = train_network(settings_of(row), lr, seed)
    seconds = time.process_time() - start
    map_50, merged, _ = measure(predict(detector, validation), validation)
    test_map, test_merged, resampled = measure(predict(detector, test), test)
    return {
        "map": map_50,
        "merged_map": merged,
        "test_map": test_map,
        "test_merged_map": test_merged,
        "resampled": [round(value, 5) for value in resampled],
        "products": products_of(detector),
        "seconds": seconds,
    }


def recorded(name):
    """Return the runs of a recording; none where there is none yet."""
    return list(d2lite.Sweep.recorded(name)) if (FOLDER / f"{name}.json.gz").exists() else []


def tried_rates(name):
    """Return of a recording of rates a dict from row to a dict from rate to validation mAP."""
    tried = {}
    for run in recorded(name):
        tried.setdefault(run.point["row"], {})[run.point["lr"]] = run.scalars["map"]
    return tried


def best_points(name):
    """Return each row of a recording of rates with its best rate."""
    return [{"row": row, "lr": max(rates, key=rates.get)} for row, rates in tried_rates(name).items()]


def rate_points(name, rows):
    """Return the points of a sweep over rates: three for each row, and a further one beside a best one at the edge."""
    points = []
    for row in rows:
        rates = tried_rates(name).get(row, {})
        at = WIDER.index(max(rates, key=rates.get)) if rates else 4
        points += [{"row": row, "lr": lr} for lr in sorted({*RATES, *rates, *WIDER[at - 1 : at + 2]})]
    return points


def gains(name="modern_rows"):
    """Return each change's gain of validation mAP over the baseline, a number for each seed."""
    maps = {(run.point["row"], run.seed): run.scalars["map"] for run in recorded(name)}
    return {row: [maps[row, seed] - maps["baseline", seed] for seed in SEEDS] for row in ROWS[1:]}


def joined_rows():
    """Return the changes that helped, together, and that less each one.

    A change helped if its gain is above 0 with every seed; of alternatives the one of the highest mean gain is taken.
    """
    gain = {row: sum(each) / len(each) for row, each in gains().items() if min(each) > 0}
    for group in ALTERNATIVES:
        for row in sorted(set(group) & set(gain), key=gain.get)[:-1]:
            del gain[row]
    helped = [row for row in CHANGES if row in gain]
    return [" + ".join(helped)] + [" + ".join(r for r in helped if r != left) for left in helped]


def plan(name):
    """Return the plan of a recording, for `recording.record`."""
    if name.endswith("rates"):
        rows = ROWS if name == "modern_rates" else [joined_rows()[0], *ALSO]
        return {"train": "train_point", "grid": rate_points(name, rows), "seeds": SEEDS[:1]}
    if name == "modern_rows":
        return {"train": "train_point", "grid": best_points("modern_rates"), "seeds": SEEDS}
    best = {point["row"]: point["lr"] for point in best_points("modern_joined_rates")}
    rows = joined_rows()
    grid = [{"row": row, "lr": best[rows[0]]} for row in rows] + [
        {"row": row, "lr": best[row]} for row in ALSO
    ]
    return {"train": "train_point", "grid": grid, "seeds": SEEDS}


if __name__ == "__main__":
    names = ("modern_rates", "modern_rows", "modern_joined_rates", "modern_joined")
    record({name: functools.partial(plan, name) for name in names}, jobs=2)
