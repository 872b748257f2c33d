"""Record LeNets trained on photos, on noisy photos and on attacked photos: which still name a photo after an attack?

    python tools/record/attacks.py                # 24 runs: defence x rate x tuning seed, on validation images
    python tools/record/attacks.py attacks_seeds  # each at its best rate, with five other seeds, on test images

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. The task: the first 5,000 images of Fashion-MNIST, 28 x 28 pixels in [0, 1], the next 2,000 to
validate. The network is LeNet with ReLU and max pooling; AdamW with a one-cycle schedule, ten passes, batches of 50.
What `defence` does to every batch before the step, EPSILON being 16 gray levels of 255:

    "none"    nothing
    "noise"   adds EPSILON or takes it away, at random, pixel by pixel
    "attack"  projected gradient descent against the network as it is then: a random start, three steps of EPSILON / 2

Rates are chosen by validation accuracy: "none" on the images as they are, "noise" on noisy ones, "attack" on attacked
ones. Of each tuning run: accuracy, noisy_accuracy and attacked_accuracy, at EPSILON. Of each run of "attacks_seeds",
on the 2,000 test images, curves over EPSILONS:

    fgsm, pgd   accuracy after an attack of one step, and of ten steps of a quarter of the size
    noise       after adding or taking away the size, at random
    transfer    after pgd against another undefended network, of seed + 1000, trained at SOURCE_RATE

and strong_accuracy: the first 500 of them, right after pgd of 40 steps from each of two random starts, at EPSILON.
"""

import functools

import torch
import torch.nn.functional as F
from lenet import make_lenet
from recording import record
from torch import nn

import d2lite

NUM_TRAIN, NUM_VALIDATION, NUM_EPOCHS, BATCH = 5000, 2000, 10, 50
EPSILON = 16 / 255
EPSILONS = [level / 255 for level in (0, 4, 8, 16, 24, 32)]
DEFENCES, RATES, SOURCE_RATE = ("none", "noise", "attack"), [0.001, 0.003, 0.01, 0.03], 0.003
SEEDS, TEST_SEEDS = range(2), range(100, 105)


class Standardize(nn.Module):
    """Pixels in [0, 1] minus a mean, over a deviation: inside the network, so that attacks count in pixels."""

    def __init__(self, mean, std):
        super().__init__()
        self.mean, self.std = mean, std

    def forward(self, x):
        return (x - self.mean) / self.std


@functools.cache
def load_data():
    """Return inputs and targets of the training, the validation and the test images."""
    everything, test = d2lite.datasets.fashion_mnist()
    used = NUM_TRAIN + NUM_VALIDATION
    parts = (everything[:NUM_TRAIN], everything[NUM_TRAIN:used], test)
    return [(part.inputs.contiguous(memory_format=torch.channels_last), part.targets) for part in parts]


def ascend(net, images, targets, size, num_steps, step, start):
    """Return images moved up the loss: steps of the gradient's sign, each cut back to size around the image and [0, 1].

    Source: Madry et al. 2018, section 2.1; one step of the whole size, from the image, is Goodfellow et al. 2015.
    """
    low, high = (images - size).clamp(min=0), (images + size).clamp(max=1)
    moved = torch.maximum(torch.minimum(start, high), low)
    for _ in range(num_steps):
        moved = moved.detach().requires_grad_()
        (slope,) = torch.autograd.grad(F.cross_entropy(net(moved), targets, reduction="sum"), moved)
        moved = torch.maximum(torch.minimum(moved.detach() + step * slope.sign(), high), low)
    return moved


def spread(images, size, generator):
    """Return images with a number drawn from [-size, size] added to each pixel."""
    return images + size * (2 * torch.rand(images.shape, generator=generator) - 1)


def flip(images, size, generator):
    """Return images with size added or taken away at random, pixel by pixel, cut to [0, 1]."""
    return (images + size * (2.0 * torch.randint(0, 2, images.shape, generator=generator) - 1)).clamp(0, 1)


def defend(net, defence, images, targets, generator):
    """Return a batch as a defence trains on it."""
    if defence == "noise":
        return flip(images, EPSILON, generator)
    if defence == "attack":
        start = spread(images, EPSILON, generator)
        return ascend(net, images, targets, EPSILON, 3, EPSILON / 2, start)
    return images


def train_network(defence, lr, seed, train=None, num_epochs=NUM_EPOCHS):
    """Return a trained network of images in [0, 1]."""
    images, targets = train or load_data()[0]
    torch.manual_seed(seed)
    std, mean = torch.std_mean(images)
    net = nn.Sequential(Standardize(mean.item(), std.item()), *make_lenet())
    net = net.to(memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(1000 + seed)
    updates = torch.optim.AdamW(net.parameters(), lr=lr)
    num_steps = num_epochs * -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(updates, lr, total_steps=num_steps, cycle_momentum=False)
    for _ in range(num_epochs):
        for rows in torch.randperm(len(images), generator=generator).split(BATCH):
            batch = defend(net, defence, images[rows], targets[rows], generator)
            loss = F.cross_entropy(net(batch), targets[rows])
            updates.zero_grad()
            loss.backward()
            updates.step()
            schedule.step()
    return net


@torch.no_grad()
def right(net, images, targets):
    """Return which images are named rightly, (N,) flags."""
    return net(images).argmax(1) == targets


def share(net, images, targets):
    """Return the accuracy."""
    return right(net, images, targets).double().mean().item()


def attacked(net, images, targets, size):
    """Return images after ten steps from the image, in parts that fit into the processor's cache."""
    parts = zip(images.split(100), targets.split(100), strict=True)
    return torch.cat([ascend(net, x, y, size, 10, size / 4, x) for x, y in parts])


@functools.cache
def source(seed):
    """Return the network that attacks are brought from: undefended, of another seed."""
    return train_network("none", SOURCE_RATE, seed + 1000)


@functools.cache
def transferred(seed, size):
    """Return the test images attacked on the source of a seed; kept for the networks of all defences."""
    return attacked(source(seed), *load_data()[2], size)


def train_point(defence, lr, *, seed):
    """Train once and return what the module's docstring names, on the validation images."""
    net, (images, targets) = train_network(defence, lr, seed), load_data()[1]
    noisy = flip(images, EPSILON, torch.Generator().manual_seed(0))
    return {
        "accuracy": share(net, images, targets),
        "noisy_accuracy": share(net, noisy, targets),
        "attacked_accuracy": share(net, attacked(net, images, targets, EPSILON), targets),
    }


def train_and_test(defence, lr, *, seed):
    """Train once and return what the module's docstring names, on the test images."""
    net = train_network(defence, lr, seed)
    images, targets = load_data()[2]
    one = lambda size: ascend(net, images, targets, size, 1, size, images)
    noisy = lambda size: flip(images, size, torch.Generator().manual_seed(seed))
    curves = {
        "fgsm": one,
        "pgd": lambda size: attacked(net, images, targets, size),
        "noise": noisy,
        "transfer": lambda size: transferred(seed, size),
    }
    scores = {name: [share(net, move(size), targets) for size in EPSILONS] for name, move in curves.items()}
    return scores | {"strong_accuracy": strong(net, images[:500], targets[:500], seed)}


def strong(net, images, targets, seed):
    """Return the share of images that stay right after 40 steps from each of two random starts."""
    generator, left = torch.Generator().manual_seed(seed), right(net, images, targets)
    for _ in range(2):
        start = spread(images, EPSILON, generator)
        left &= right(net, ascend(net, images, targets, EPSILON, 40, EPSILON / 10, start), targets)
    return left.double().mean().item()


def chosen(sweep):
    """Return for each defence the point of best mean validation accuracy, on images as it trains on them."""
    scores = {"none": "accuracy", "noise": "noisy_accuracy", "attack": "attacked_accuracy"}
    mean = lambda point: sum(run[scores[point["defence"]]] for run in sweep.select(**point))
    return [max(({"defence": name, "lr": lr} for lr in RATES), key=mean) for name in DEFENCES]


def rises(sweep):
    """Say of all that is measured that more is better."""
    sweep.modes |= dict.fromkeys(sweep.metrics, "max")


if __name__ == "__main__":
    record(
        {
            "attacks": lambda: {
                "train": "train_point",
                "grid": {"defence": list(DEFENCES), "lr": RATES},
                "seeds": SEEDS,
                "finish": rises,
            },
            "attacks_seeds": lambda: {
                "train": "train_and_test",
                "grid": chosen(d2lite.Sweep.recorded("attacks")),
                "seeds": TEST_SEEDS,
                "finish": rises,
            },
        }
    )
