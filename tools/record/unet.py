"""Record the U-Net of the chapter on segmentation: train it on composed scenes and keep its weights in 8 bits.

    python tools/record/unet.py                                   # 8 passes over 4,000 scenes: three minutes
    python tools/record/unet.py --scenes 200 --out /tmp/unet.npz  # a short run, to see it work

Writes d2lite/data/weights/unet.npz, which `d2lite.models.unet.pretrained` reads: the weights, the losses along the way
and where they come from. The scenes are made of the 10,000 training items of Fashion-MNIST; in each pass a scene is
mirrored or not, at random. The loss is the cross-entropy of every pixel; AdamW with a one-cycle schedule. What
is measured is measured once, at the end, by the weights as they are stored, on 500 scenes of test items.
"""

import argparse
import importlib.metadata
import itertools
import platform
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from d2lite.datasets import scenes
from d2lite.models import unet, weights
from d2lite.vision.segmentation import class_iou, confusion_counts

NUM_SCENES, NUM_PASSES, BATCH_SIZE, PEAK_LR, WEIGHT_DECAY, SEED = 4000, 8, 32, 1e-2, 0.01, 0
EVERY = 50  # steps that a kept loss is the mean of
NUM_FIRST = 5  # steps whose losses are kept one by one, so that a test can take them again
NUM_TEST = 500
SHAPE = {"num_classes": len(unet.LABELS), "widths": [8, 16, 24, 32]}
GROUPS = torch.tensor(unet.GROUPS)


def batches(num_scenes):
    """Yield images (B, 3, H, W) and labels (B, H, W) of all passes, drawn by torch's generator."""
    train = scenes(num_scenes, 0, **unet.SCENES)[0]
    images, labels = train.images, GROUPS[train.class_masks]
    for _ in range(NUM_PASSES):
        for rows in torch.randperm(num_scenes).split(BATCH_SIZE):
            mirrored = torch.rand(len(rows)) < 0.5
            pair = images[rows], labels[rows]
            for part in pair:
                part[mirrored] = part[mirrored].flip(-1)
            yield pair


def train(num_scenes, stop=None):
    """Return the network after all passes, or after the first few steps, and the loss of each step."""
    torch.manual_seed(SEED)
    net = unet.UNet(**SHAPE).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), PEAK_LR, weight_decay=WEIGHT_DECAY)
    num_steps = NUM_PASSES * -(-num_scenes // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_LR, num_steps, pct_start=0.1, cycle_momentum=False
    )
    losses = []
    for images, labels in itertools.islice(batches(num_scenes), stop):
        loss = F.cross_entropy(net(images.contiguous(memory_format=torch.channels_last)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if len(losses) % EVERY == 0:
            mean = sum(losses[-EVERY:]) / EVERY
            print(f"step {len(losses)} of {num_steps}: {mean:.4f}, {time.process_time():.0f} s", flush=True)
    return net.eval(), losses


@torch.no_grad()
def measure(net, test):
    """Return what a network scores on scenes, plain numbers."""
    predicted = torch.cat([net(images).argmax(1) for images in test.images.split(100)])
    target = GROUPS[test.class_masks]
    overlaps = class_iou(predicted, target, len(unet.LABELS))
    counts = confusion_counts(predicted, target, len(unet.LABELS))
    return {
        "class_iou": [round(value, 4) for value in overlaps.tolist()],
        "mean_iou": round(overlaps.mean().item(), 4),
        "pixel_accuracy": round((counts.diagonal().sum() / counts.sum()).item(), 4),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--scenes", type=int, default=NUM_SCENES, help=f"training scenes ({NUM_SCENES})")
    parser.add_argument("--out", type=Path, default=weights.FOLDER / "unet.npz", help="where to write it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    net, losses = train(options.scenes)
    tensors = unet.to_tensors(net)
    test = scenes(0, NUM_TEST, **unet.SCENES)[1]
    every = min(EVERY, len(losses))
    means = torch.tensor(losses)[: len(losses) // every * every].view(-1, every).mean(1)
    record = {
        "shape": SHAPE,
        "every": every,
        "losses": [round(value, 5) for value in means.tolist()],
        "first_losses": losses[:NUM_FIRST],
        "test": measure(unet.from_tensors(tensors, **SHAPE), test),
        "test_before_rounding": measure(net, test),
        "command": f"python tools/record/unet.py --scenes {options.scenes}",
        "seed": SEED,
        "scenes": options.scenes,
        "versions": {"python": platform.python_version(), "torch": importlib.metadata.version("torch")},
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "seconds": round(time.process_time()),
    }
    path = weights.save(options.out, tensors, record)
    print(record["test"], record["test_before_rounding"], f"{path}: {path.stat().st_size:,} bytes", sep="\n")


if __name__ == "__main__":
    main()
