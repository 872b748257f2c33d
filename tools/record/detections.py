"""Record what a small detector finds before anything is suppressed: many real boxes for each object.

    python tools/record/detections.py

writes d2lite/data/recordings/detections.npz, which `d2lite.datasets.detections` reads. The scenes are those of
`d2lite.datasets.scenes` with up to six items that may cover two fifths of each other: 3,000 to train on, 100 of the
test part to record. The detector is a convolutional network of five layers; each cell of its 12 x 12 output whose
centre lies near the middle of an item learns to say the item's class and the distances to its four edges
(after Tian et al. 2019, FCOS). It is small and briefly trained on purpose: its mistakes are what there is to measure.

The network's weights and the first losses of its training go to d2lite/data/weights/detections.npz;
tests/datasets/test_datasets_detections.py runs the network again on the scenes, and the first steps of the training.
"""

import json
import platform
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from d2lite import datasets
from d2lite.models import weights
from d2lite.vision.boxes import giou

TARGET = Path(__file__).resolve().parent.parent.parent / "d2lite" / "data" / "recordings" / "detections.npz"
LAYOUT = {"size": 96, "max_items": 6, "max_overlap": 0.4, "seed": 0}  # of the scenes
NUM_TRAIN, NUM_TEST, NUM_EPOCHS, BATCH_SIZE, LR = 3000, 100, 12, 32, 4e-3
STRIDE, MIDDLE = (
    8,
    0.3,
)  # a cell learns an item if its centre is within this share of the item's size from the middle
MIN_SCORE, MAX_BOXES = 0.05, 40
NUM_FIRST = 5  # losses kept, for the test


def make_detector():
    """Return the network: (B, 3, 96, 96) images to (B, 14, 12, 12), ten class logits and four distances a cell."""

    def layer(before, after, stride):
        return nn.Sequential(
            nn.Conv2d(before, after, 3, stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
        )

    body = [layer(3, 16, 2), layer(16, 24, 2), layer(24, 40, 2), layer(40, 48, 1), layer(48, 48, 1)]
    head = nn.Conv2d(48, 14, 1)
    nn.init.constant_(head.bias[:10], -4.0)  # begin by expecting nothing anywhere
    nn.init.constant_(head.bias[10:], 0.7)
    return nn.Sequential(*body, head)


def centres():
    """Return the (144, 2) centres of the cells in pixels, row by row."""
    at = (torch.arange(LAYOUT["size"] // STRIDE) + 0.5) * STRIDE
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], 1)


def read_out(outputs):
    """Return class logits (B, 144, 10) and boxes (B, 144, 4) of a batch of outputs."""
    flat = outputs.flatten(2).transpose(1, 2)  # (B, 14, 12, 12) -> (B, 144, 14)
    distances = STRIDE * flat[..., 10:].clamp(max=3).exp()
    return flat[..., :10], torch.cat([centres() - distances[..., :2], centres() + distances[..., 2:]], -1)


def assign(target):
    """Return each cell's class (144,), -1 for none, and box (144, 4): the smallest item whose middle it is near."""
    classes, boxes = torch.full((144,), -1), torch.zeros(144, 4)
    area = (target["boxes"][:, 2:] - target["boxes"][:, :2]).prod(1)
    for i in area.argsort(descending=True).tolist():
        box = target["boxes"][i]
        near = ((centres() - (box[:2] + box[2:]) / 2).abs() < MIDDLE * (box[2:] - box[:2])).all(1)
        classes[near], boxes[near] = target["classes"][i], box
    return classes, boxes


def detector_loss(outputs, classes, boxes):
    """Return focal loss of the classes plus GIoU loss of the boxes, for each cell that has an item."""
    logits, found = read_out(outputs)
    taken = classes >= 0
    wanted = F.one_hot(classes.clamp(min=0), 10) * taken[..., None]
    entropy = F.binary_cross_entropy_with_logits(logits, wanted.float(), reduction="none")
    focal = entropy * (logits.sigmoid() - wanted).abs() ** 2  # Lin et al. 2017, without the class weight
    count = taken.sum().clamp(min=1)
    return focal.sum() / count + (1 - giou(found[taken], boxes[taken], pairwise=False)).sum() / count


def train(num_steps=None, report=print):
    """Return the trained network and all losses; num_steps ends early, on the same path."""
    torch.manual_seed(0)
    scenes = datasets.scenes(NUM_TRAIN, 0, **LAYOUT)[0]
    classes, boxes = (torch.stack(part) for part in zip(*map(assign, scenes.targets), strict=True))
    model = make_detector()
    total = NUM_EPOCHS * (NUM_TRAIN // BATCH_SIZE)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total)
    losses, generator = [], torch.Generator().manual_seed(0)
    for step in range(total if num_steps is None else num_steps):
        if step % (NUM_TRAIN // BATCH_SIZE) == 0:
            order = torch.randperm(NUM_TRAIN, generator=generator)
        batch = order[step % (NUM_TRAIN // BATCH_SIZE) * BATCH_SIZE :][:BATCH_SIZE]
        loss = detector_loss(model(scenes.pixels[batch].float() / 255), classes[batch], boxes[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 47 == 46:
            report(f"step {step + 1} of {total}: loss {np.mean(losses[-47:]):.3f}", flush=True)
    return model, losses


@torch.no_grad()
def find(model, images):
    """Return one dict an image: "boxes" (n, 4) in the picture, "scores" (n,) and "classes" (n,), best first."""
    logits, boxes = read_out(model.eval()(images))
    found = []
    for scores, image_boxes in zip(logits.sigmoid(), boxes.clamp(0, LAYOUT["size"]), strict=True):
        best, classes = scores.max(1)  # (144, 10) -> (144,): one class a cell
        order = best.argsort(descending=True, stable=True)[:MAX_BOXES]
        order = order[best[order] >= MIN_SCORE]
        found.append({"boxes": image_boxes[order], "scores": best[order], "classes": classes[order]})
    return found


def weights_of(model):
    """Return all floating values of the state dict in one float16 vector."""
    return torch.cat([v.flatten() for v in model.state_dict().values() if v.is_floating_point()]).half()


def with_weights(vector):
    """Return the network with the values of a vector of `weights_of`."""
    model, state, at = make_detector(), {}, 0
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            state[name] = torch.as_tensor(vector[at : at + value.numel()]).float().view_as(value)
            at += value.numel()
        else:
            state[name] = value
    model.load_state_dict(state)
    return model


def main():
    start = time.time()
    torch.set_num_threads(1)
    model, losses = train()
    vector = weights_of(model)
    found = find(with_weights(vector), datasets.scenes(0, NUM_TEST, **LAYOUT)[1].images)
    provenance = {
        "command": "python tools/record/detections.py",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "seconds": round(time.time() - start),
        "layout": LAYOUT,
        "last_loss": round(float(np.mean(losses[-50:])), 4),
    }
    np.savez_compressed(
        TARGET,
        counts=np.array([len(f["scores"]) for f in found], np.uint8),
        boxes=torch.cat([f["boxes"] for f in found])
        .mul(10)
        .round()
        .numpy()
        .astype(np.int16),  # tenths of a pixel
        scores=torch.cat([f["scores"] for f in found]).mul(1e4).round().numpy().astype(np.int16),  # 1/10,000
        classes=torch.cat([f["classes"] for f in found]).numpy().astype(np.uint8),
        provenance=json.dumps(provenance),
    )
    weights.save(
        "detections", {"weights": vector}, {"first_losses": losses[:NUM_FIRST], "provenance": provenance}
    )
    print(f"{TARGET.name}: {sum(len(f['scores']) for f in found)} boxes, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
