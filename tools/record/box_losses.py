"""Record what three losses leave of error in the boxes of a small network.

    python tools/record/box_losses.py

It writes d2lite/data/recordings/box_losses.json.gz, which `Sweep.recorded("box_losses")` reads; kill it and start
it again, and it goes on where it was.

The task: a window of 64 x 64 px around one item, averaged down to 16 x 16; the network gives the item's box in it.
Its four numbers are read as a centre and the logarithm of a size, in units of 32 px, so that no box has a negative
size. The items are 10 to 57 px long. The windows for training are of 1,200 scenes of d2lite.datasets, three an
item, those for validation of the 200 scenes after them, those of the test of 300 scenes made of test images. Each
run: 20 passes of Adam, 128 windows a batch, the learning rate falling to 0 in a straight line. A run's seed draws
the weights and the order of the windows; runs of one seed share both.

Recorded of each run, for the validation and the test windows ("test_..."): the mean IoU with the true boxes,
the share of boxes with at least 0.5 and 0.75, and the mean error of an edge in pixels.

The plan was larger: GIoU too, a rate of 0.001 too (for L1 the worst of the four), eight seeds. It
was cut for time while the first results, of the test windows too, were in sight.
"""

import functools

import torch
from recording import record
from torch import nn

from d2lite import datasets
from d2lite.vision import boxes as measures

SIDE, HALF = 64, 32  # px of a window
NUM_PASSES, BATCH = 20, 128
SCENES = {"max_items": 1, "item_sizes": (0.12, 0.6)}
GRID = {"loss": ("l1", "iou", "ciou"), "lr": (0.002, 0.004, 0.008)}
SEEDS = range(6)


def windows(scenes, seed, repeats=3):
    """Return windows around the scenes' items, (K, 3, 16, 16) in [0, 1], and the boxes in them, (K, 4) in pixels."""
    generator = torch.Generator().manual_seed(seed)
    views, boxes = [], []
    for scene in scenes * repeats:
        image = nn.functional.pad(scene.images, [SIDE] * 4, mode="replicate")[0]  # (3, H + 128, W + 128)
        for box in scene.boxes[0] + SIDE:  # (4,) each, in the padded image
            middle = (box[:2] + box[2:]) / 2 + torch.randint(-8, 9, (2,), generator=generator)
            left, top = (middle - HALF).round().long().tolist()
            views.append(image[:, top : top + SIDE, left : left + SIDE])
            boxes.append(box - torch.tensor([left, top, left, top]))
    return nn.functional.avg_pool2d(torch.stack(views), 4), torch.stack(boxes)


@functools.cache
def load_data():
    """Return the windows and boxes for training, validation and test."""
    train, test = datasets.scenes(1400, 300, **SCENES)
    scenes = [train[i] for i in range(1400)]
    return (
        windows(scenes[:1200], 0),
        windows(scenes[1200:], 1),
        windows([test[i] for i in range(300)], 2),
    )


def make_network():
    """Return the network, its weights drawn from torch's random state: (N, 3, 16, 16) -> (N, 4)."""
    return nn.Sequential(
        nn.Conv2d(3, 16, kernel_size=5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),  # (N, 32, 4, 4) -> (N, 512)
        nn.Linear(512, 64),
        nn.ReLU(),
        nn.Linear(64, 4),
    )


def decode(outputs):
    """Return the boxes, (N, 4) xyxy in pixels, of the network's (N, 4) outputs."""
    middle, size = HALF + HALF * outputs[:, :2], HALF * outputs[:, 2:].clamp(max=3).exp()
    return torch.cat([middle - size / 2, middle + size / 2], dim=1)  # (N, 2), (N, 2) -> (N, 4)


def loss_of(name):
    """Return the loss of (N, 4) boxes and targets in pixels; L1 is in units of 32 px, so that all are of one size."""
    if name == "l1":
        return lambda boxes, targets: (boxes - targets).abs().sum(1).mean() / HALF
    return getattr(measures, f"{name}_loss")


def train_network(inputs, targets, loss, lr, seed, num_passes=NUM_PASSES):
    """Return a network trained on windows (K, 3, 16, 16) and boxes (K, 4)."""
    torch.manual_seed(seed)
    net, loss = make_network(), loss_of(loss)
    optimizer = torch.optim.Adam(net.parameters(), lr)
    steps = num_passes * (len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    for _ in range(num_passes):
        for batch in torch.randperm(len(inputs)).split(BATCH)[: len(inputs) // BATCH]:
            value = loss(decode(net(inputs[batch])), targets[batch])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
    return net


def judge(net, inputs, targets):
    """Return the mean IoU, the shares with at least 0.5 and 0.75, and the mean error of an edge in pixels."""
    with torch.no_grad():
        boxes = decode(net(inputs))
    overlaps = measures.iou(boxes, targets, pairwise=False)  # (K,)
    return {
        "mean_iou": overlaps.mean().item(),
        "at_50": (overlaps >= 0.5).double().mean().item(),
        "at_75": (overlaps >= 0.75).double().mean().item(),
        "edge": (boxes - targets).abs().mean().item(),
    }


def train_point(loss, lr, *, seed):
    """Train once; return what the module's docstring names."""
    (inputs, targets), validation, test = load_data()
    net = train_network(inputs, targets, loss, lr, seed)
    return judge(net, *validation) | {f"test_{name}": value for name, value in judge(net, *test).items()}


if __name__ == "__main__":
    record({"box_losses": lambda: {"train": "train_point", "grid": GRID, "seeds": SEEDS}})
