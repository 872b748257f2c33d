"""Record the detector of the chapter on YOLO: train it on a stream of scenes and keep its weights.

    python tools/record/detector.py             # 5,000 steps of 64 fresh scenes: about 20 minutes of one core
    python tools/record/detector.py --steps 60  # a short run, to see it work

Kill it and start it again, and it goes on from the last checkpoint, in the same numbers. It writes
d2lite/data/weights/detector.npz, which `d2lite.models.pretrained_detector` reads: the weights in 16 bits, the losses
along the way and where they come from. Scene i of the stream depends on i alone, so no scene is ever seen twice;
the items are the 10,000 training items of Fashion-MNIST. What is measured is measured at the end, on scenes of the test
items.
"""

import argparse
import importlib.metadata
import platform
import time
from pathlib import Path

import torch

from d2lite.datasets import scene_stream, scenes
from d2lite.models import GridDetector, detect, detector_loss, pretrained_detector, save_detector, weights
from d2lite.vision.anchor_sizes import kmeans
from d2lite.vision.detection_metrics import mean_average_precision

NUM_STEPS, BATCH_SIZE, PEAK_LR, WEIGHT_DECAY, SEED = 5000, 64, 4e-3, 0.02, 0
WEIGHTS = {"box": 2.0, "objectness": 1.0, "class": 1.0}  # of the loss's terms
EVERY = 50  # steps that a kept loss is the mean of
NUM_FIRST = 5  # steps whose losses are kept one by one, so that a test can take them again
NUM_ANCHORS, NUM_TEST = 3, 1000


def make_detector(seed=SEED):
    """Return a fresh detector, its anchors clustered from 1,000 training scenes."""
    boxes = torch.cat(scenes(1000, 0)[0].boxes)
    anchors = kmeans(boxes[:, 2:] - boxes[:, :2], NUM_ANCHORS).anchors
    torch.manual_seed(seed)
    return GridDetector(anchors).to(memory_format=torch.channels_last)


def make_optimizer(detector, num_steps):
    """Return AdamW and its one-cycle schedule."""
    optimizer = torch.optim.AdamW(detector.parameters(), PEAK_LR, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LR, num_steps, pct_start=0.1)
    return optimizer, schedule


def train_step(detector, optimizer, schedule, batch):
    """Take one step on a batch of scenes and return the loss's terms as floats."""
    images = batch.images.contiguous(memory_format=torch.channels_last)
    terms = detector_loss(detector, detector(images), batch.boxes, batch.classes)
    loss = sum(WEIGHTS[name] * term for name, term in terms.items())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(detector.parameters(), 10.0)
    optimizer.step()
    schedule.step()
    return {name: term.item() for name, term in terms.items()}


def train(num_steps, checkpoint):
    """Train, going on from the checkpoint where there is one; return the detector, its losses and the seconds."""
    detector = make_detector()
    optimizer, schedule = make_optimizer(detector, num_steps)
    parts = {"detector": detector, "optimizer": optimizer, "schedule": schedule}
    losses, seconds, start = [], 0.0, time.process_time()
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        losses, seconds = saved["losses"], saved["seconds"]
    stream = scene_stream(BATCH_SIZE, start=len(losses) * BATCH_SIZE, seed=SEED)
    while len(losses) < num_steps:
        losses.append(list(train_step(detector, optimizer, schedule, next(stream)).values()))
        if len(losses) % EVERY == 0 or len(losses) == num_steps:
            seconds, start = seconds + time.process_time() - start, time.process_time()
            state = {name: part.state_dict() for name, part in parts.items()}
            part = checkpoint.with_suffix(".part")
            torch.save({**state, "losses": losses, "seconds": seconds}, part)
            part.replace(checkpoint)
            means = torch.tensor(losses[-EVERY:]).mean(dim=0).tolist()
            shown = ", ".join(f"{name} {mean:.3f}" for name, mean in zip(WEIGHTS, means, strict=True))
            print(f"step {len(losses)} of {num_steps}: {shown}; {seconds:.0f} s of one core", flush=True)
    return detector.eval(), losses, seconds


@torch.no_grad()
def predict(detector, test):
    """Return the detections in some scenes, kept from a score of 0.01 on, as mean average precision wants them."""
    found = []
    for first in range(0, len(test), 100):
        outputs = detector(test[first : first + 100].images)
        found += detect(outputs, detector.boxes(outputs), score_threshold=0.01)
    return found


def measure(detector, test):
    """Return mAP@0.5 over the ten classes, and with all classes merged into one."""
    found = predict(detector, test)
    merged = [
        [{**d, "classes": torch.zeros_like(d["classes"])} for d in each] for each in (found, test.targets)
    ]
    return tuple(mean_average_precision(*pair, 0.5)["map_50"] for pair in ((found, test.targets), merged))


def provenance(options, seconds):
    versions = {name: importlib.metadata.version(name) for name in ("d2lite", "torch", "numpy")}
    return {
        "command": f"python tools/record/detector.py --steps {options.steps}",
        "seed": SEED,
        "scenes": options.steps * BATCH_SIZE,
        "versions": {"python": platform.python_version(), **versions},
        "machine": f"{platform.system()} {platform.machine()}, one core",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "seconds": round(seconds),
    }


def summarise(losses, every=1):
    """Return each term's means over so many steps, as lists."""
    means = (
        torch.tensor(losses, dtype=torch.float64)[: len(losses) // every * every]
        .unflatten(0, (-1, every))
        .mean(dim=1)
    )
    return {
        name: [round(value, 6) for value in column.tolist()]
        for name, column in zip(WEIGHTS, means.T, strict=True)
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=NUM_STEPS, help=f"steps ({NUM_STEPS})")
    parser.add_argument(
        "--checkpoint", type=Path, default=Path("_build/detector.pt"), help="where to keep it"
    )
    parser.add_argument("--out", type=Path, default=weights.FOLDER / "detector.npz", help="where to write it")
    options = parser.parse_args()
    options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    detector, losses, seconds = train(options.steps, options.checkpoint)
    every = min(EVERY, len(losses))
    record = {
        "shape": {"num_classes": detector.num_classes},
        "every": every,
        "losses": summarise(losses, every),
        "first_losses": summarise(losses[:NUM_FIRST]),
        **provenance(options, seconds),
    }
    save_detector(options.out, detector, {**record, "map_50": None, "merged_map_50": None})
    detector = pretrained_detector(options.out)[0]  # as stored, in 16 bits
    map_50, merged_map_50 = (round(value, 4) for value in measure(detector, scenes(0, NUM_TEST)[1]))
    save_detector(options.out, detector, {**record, "map_50": map_50, "merged_map_50": merged_map_50})
    print(f"mAP@0.5 of ten classes {map_50}, of all classes merged {merged_map_50}: {options.out}")


if __name__ == "__main__":
    main()
