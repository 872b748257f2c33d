"""Record small U-Nets that find clothes in scenes: with and without skip connections, and with two losses.

    python tools/record/masks.py skips              # 20 runs: skips x rate x tuning seed
    python tools/record/masks.py skips_seeds        # 10 runs: each kind at its best rate, five other seeds, test scenes
    python tools/record/masks.py mask_losses        # 16 runs: loss x rate x tuning seed
    python tools/record/masks.py mask_losses_seeds  # 10 runs: each loss at its best rate, as above

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again,
and it goes on where it was. Every pixel of a scene of 32 x 32 is item or background. 800 scenes to train on and
400 to validate are made of the training items of Fashion-MNIST, 500 test scenes of the test items. In "skips" a
scene holds up to three items (18% of the pixels), in "mask_losses" one small one (2%). The network is
`models.unet.UNet` with 8, 12, 16 and 24 channels; without skips its transposed convolutions make twice the
channels, and all else stays. AdamW with weight decay 0.01 and a one-cycle schedule, batches of 20, `num_passes`
passes. Losses: "cross-entropy", the mean over all pixels, or "dice", one minus the soft Dice coefficient over all
pixels of a batch. Of each run, on the validation scenes, or on the test scenes where the name ends in "seeds":

    iou             of the pixels with probability 0.5 or more, all scenes together
    errors          curve: share of wrong pixels in the first to fourth ring beside an outline of the truth, and beyond
    iou_at          curve: IoU at each threshold of THRESHOLDS
    chosen          the threshold of highest IoU on the validation scenes
    cross_entropy   mean over all pixels, in nats
    shown           curve of 0 and 1: the masks, at 0.5, of the first two test scenes; in "skips_seeds" alone
"""

import functools

import torch
import torch.nn.functional as F
from recording import record

import d2lite
from d2lite.datasets import scenes
from d2lite.models.unet import UNet
from d2lite.vision.segmentation import iou

SIDE, NUM_TRAIN, NUM_VALIDATION, NUM_TEST, BATCH, WIDTHS = 32, 800, 400, 500, 20, (8, 12, 16, 24)
SCENES = {
    "skips": {"size": SIDE, "max_items": 3, "item_sizes": (0.3, 0.6)},
    "losses": {"size": SIDE, "max_items": 1, "item_sizes": (0.15, 0.25)},
}
THRESHOLDS = [0.01, 0.02, 0.05, *[k / 20 for k in range(2, 19)], 0.95, 0.98, 0.99]
RINGS = 4
SEEDS, OTHER_SEEDS = range(2), range(100, 105)
RATES = {"skips": [0.003, 0.01, 0.03, 0.1, 0.3], "losses": [0.003, 0.01, 0.03, 0.1]}


@functools.cache
def load_data(task):
    """Return images (N, 3, 32, 32) and masks (N, 32, 32) of the training, validation and test scenes of a task."""
    train, test = scenes(NUM_TRAIN + NUM_VALIDATION, NUM_TEST, **SCENES[task])
    parts = train[:NUM_TRAIN], train[NUM_TRAIN:], test
    return [(part.images, part.masks > 0) for part in parts]


def dice_loss(logits, targets):
    """Return one minus the soft Dice coefficient of all pixels together; 1 is added above and below."""
    p = logits.sigmoid()
    return 1 - (2 * (p * targets).sum() + 1) / (p.sum() + targets.sum() + 1)


LOSSES = {"cross-entropy": F.binary_cross_entropy_with_logits, "dice": dice_loss}


def train_network(task, skips, loss, lr, num_passes, seed):
    """Return the trained network."""
    images, masks = load_data(task)[0]
    images, targets = images.contiguous(memory_format=torch.channels_last), masks.float()
    torch.manual_seed(seed)
    net = UNet(3, 1, WIDTHS, skips).to(memory_format=torch.channels_last)
    updates = torch.optim.AdamW(net.parameters(), lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        updates, lr, num_passes * NUM_TRAIN // BATCH, pct_start=0.2, cycle_momentum=False
    )
    for _ in range(num_passes):
        for batch in torch.randperm(NUM_TRAIN).split(BATCH):
            value = LOSSES[loss](net(images[batch])[:, 0], targets[batch])
            updates.zero_grad()
            value.backward()
            updates.step()
            schedule.step()
    return net.eval()


@torch.no_grad()
def logits_of(net, images):
    return torch.cat([net(part)[:, 0] for part in images.split(100)])


def rings(masks):
    """Return (N, H, W): 0 where one of the eight pixels around has another label, 1 beside these, ... to RINGS."""
    inside = masks[:, None].float()  # (N, 1, H, W)
    near = F.max_pool2d(inside, 3, 1, 1) + F.max_pool2d(-inside, 3, 1, 1) > 0  # largest is not smallest
    distance = torch.full_like(inside, RINGS)
    for ring in reversed(range(RINGS)):
        reach = near.float() if ring == 0 else F.max_pool2d(near.float(), 2 * ring + 1, 1, ring)
        distance[reach > 0] = ring
    return distance[:, 0].long()


def measure(net, part):
    """Return what the module's docstring names, but for the chosen threshold and the masks to show."""
    images, masks = part
    logits = logits_of(net, images)
    probabilities, distance = logits.sigmoid(), rings(masks)
    wrong = (probabilities >= 0.5) != masks
    return {
        "iou": iou(probabilities >= 0.5, masks),
        "errors": [wrong[distance == ring].float().mean().item() for ring in range(RINGS + 1)],
        "iou_at": [iou(probabilities >= threshold, masks) for threshold in THRESHOLDS],
        "cross_entropy": F.binary_cross_entropy_with_logits(logits, masks.float()).item(),
    }


def best_threshold(curve):
    return max(zip(curve, THRESHOLDS, strict=True))[1]


def train_point(task, skips, loss, lr, num_passes, *, seed):
    """Train once and measure on the validation scenes."""
    net = train_network(task, skips, loss, lr, num_passes, seed)
    found = measure(net, load_data(task)[1])
    return found | {"chosen": best_threshold(found["iou_at"])}


def train_and_test(task, skips, loss, lr, num_passes, *, seed):
    """Train once, choose the threshold on the validation scenes and measure on the test scenes."""
    net = train_network(task, skips, loss, lr, num_passes, seed)
    chosen = best_threshold(measure(net, load_data(task)[1])["iou_at"])
    test = load_data(task)[2]
    found = measure(net, test) | {"chosen": chosen}
    if task == "skips":
        found["shown"] = (logits_of(net, test[0][:2]) >= 0).flatten().int().tolist()
    return found


def rivals(task):
    """Return what is compared: points without their rate."""
    if task == "skips":
        return [
            {"task": task, "skips": skips, "loss": "cross-entropy", "num_passes": 4}
            for skips in (True, False)
        ]
    return [{"task": task, "skips": True, "loss": loss, "num_passes": 8} for loss in LOSSES]


def grid(task):
    return [rival | {"lr": lr} for rival in rivals(task) for lr in RATES[task]]


def chosen(task, sweep):
    """Return each rival at its rate of highest mean validation IoU over the tuning seeds."""
    mean = lambda point: sum(run["iou"] for run in sweep.select(**point)) / len(SEEDS)
    return [max([p for p in grid(task) if rival.items() <= p.items()], key=mean) for rival in rivals(task)]


def rises(sweep):
    """Say of the IoU that more is better."""
    sweep.modes |= {"iou": "max"}


def plans(name, task):
    tuning = {"train": "train_point", "grid": grid(task), "seeds": SEEDS, "finish": rises}
    test = lambda: {
        "train": "train_and_test",
        "grid": chosen(task, d2lite.Sweep.recorded(name)),
        "seeds": OTHER_SEEDS,
        "finish": rises,
    }
    return {name: lambda: tuning, f"{name}_seeds": test}


if __name__ == "__main__":
    torch.set_num_threads(1)
    record(plans("skips", "skips") | plans("mask_losses", "losses"))
