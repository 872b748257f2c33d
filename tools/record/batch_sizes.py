"""Record how many steps a network needs for each batch size, each at a learning rate tuned for it.

    python tools/record/batch_sizes.py                    # 378 runs: batch sizes x rates x tuning seeds
    python tools/record/batch_sizes.py batch_sizes_seeds  # each batch size at its best rates, with five other seeds
    python tools/record/batch_sizes.py batch_sizes_noise  # the noise of the gradient along a run with batches of 64

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. The task: 8,192 images of Fashion-MNIST, pooled to 14 x 14, to train on, 1,808 to validate.
The network: one hidden layer of 64 ReLU units, as PyTorch starts it. Plain stochastic gradient descent at a constant
rate, on batches cut from a new order of the images in each pass. Runs of one seed start from the same weights and
see the images in the same order, whatever the batch size. A run ends when its loss has come to 0.5 and it has done
256 steps and seen 16,384 images; or at two and a half times the steps that are to be expected; or when its loss is
above 50.

    loss          curve: the loss on the validation images after STEPS[0], STEPS[1], ... steps
    step_seconds  processor time of a step, one thread, measurements left out

"batch_sizes_noise" measures, after the steps of MOMENTS, on all training images:

    loss          the loss on the validation images
    square        the squared length of the full gradient
    trace         the trace of the covariance of the gradients of single images
    spread_1 ...  mean squared distance of a batch's gradient from the full one: 40 batches of so many different images
"""

import functools
import time

import torch
import torch.nn.functional as F
from recording import record
from torch import nn

import d2lite

NUM_TRAIN, BATCH_SIZES = 8192, [2**k for k in range(14)]
TARGET, TARGETS = 0.5, (0.8, 0.5)
BUDGETS = {"steps": 256, "images": 16_384, "seconds": 0.05}
MOMENTS, SPREADS, NUM_BATCHES = [0, 2, 4, 8, 16, 32, 64, 128, 256, 512], [1, 8, 64, 512, 4096], 40
SEEDS, OTHER_SEEDS, NOISE_SEEDS = range(3), range(100, 105), range(10)


def checkpoints(most=50_000):
    """Return the steps after which the loss is measured: each about a twentieth beyond the last."""
    steps = [1]
    while steps[-1] < most:
        steps.append(max(steps[-1] + 1, int(steps[-1] * 1.05)))
    return steps


STEPS = checkpoints()


def rates(batch_size):
    """Return nine rates, a factor of the root of two apart, around a first guess of the best one."""
    guess = 0.6 / (1 + 100 / batch_size)
    return [float(f"{guess * 2 ** (k / 2):.3g}") for k in range(-4, 5)]


@functools.cache
def load_data():
    """Return inputs and targets of the training and of the validation images."""
    data = d2lite.datasets.fashion_mnist()[0]
    rows = F.avg_pool2d(data.inputs, 2).flatten(1)  # (N, 1, 28, 28) -> (N, 196)
    rows = (rows - rows[:NUM_TRAIN].mean()) / rows[:NUM_TRAIN].std()
    return (rows[:NUM_TRAIN], data.targets[:NUM_TRAIN]), (rows[NUM_TRAIN:], data.targets[NUM_TRAIN:])


def batches(batch_size, generator):
    """Yield rows of a batch for ever, in a new order in each pass."""
    while True:
        yield from torch.randperm(NUM_TRAIN, generator=generator).split(batch_size)


def train_point(batch_size, lr, *, seed):
    """Train once and return what the module's docstring names."""
    (inputs, targets), held_out = load_data()
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 10))
    weights, losses = list(net.parameters()), []
    order = batches(batch_size, torch.Generator().manual_seed(1000 + seed))
    most = 2.5 * 130 * (1 + 130 / batch_size)
    least = max(BUDGETS["steps"], BUDGETS["images"] // batch_size)
    done, seconds = 0, 0.0
    for checkpoint in STEPS:
        start = time.process_time()
        for batch in (next(order) for _ in range(checkpoint - done)):
            gradient = torch.autograd.grad(F.cross_entropy(net(inputs[batch]), targets[batch]), weights)
            with torch.no_grad():
                for w, g in zip(weights, gradient, strict=True):
                    w -= lr * g
        seconds, done = seconds + time.process_time() - start, checkpoint
        with torch.no_grad():
            losses.append(F.cross_entropy(net(held_out[0]), held_out[1]).item())
        if not losses[-1] < 50 or done >= most or (done >= least and min(losses) <= TARGET):
            break
    return {"loss": losses, "step_seconds": seconds / done}


def gradient_of(net, batch=slice(None)):
    """Return the gradient of the mean loss over some training images, as one vector."""
    inputs, targets = load_data()[0]
    parts = torch.autograd.grad(F.cross_entropy(net(inputs[batch]), targets[batch]), list(net.parameters()))
    return torch.cat([part.flatten() for part in parts])


@torch.no_grad()
def mean_square(net):
    """Return the mean squared length of the gradients of the single training images."""
    inputs, targets = load_data()[0]
    hidden = net[1](net[0](inputs))  # (N, 64)
    out = F.softmax(net[2](hidden), 1) - F.one_hot(targets, 10)  # (N, 10): slopes at the logits
    back = (out @ net[2].weight) * (hidden > 0)  # (N, 64): slopes at the hidden sums
    # A weight's gradient is slope times input: squared lengths multiply. The 1 is the bias.
    squares = out.square().sum(1) * (hidden.square().sum(1) + 1)
    squares += back.square().sum(1) * (inputs.square().sum(1) + 1)
    return squares.mean().item()


def measure_noise(batch_size, lr, *, seed):
    """Train once and return what the module's docstring names for "batch_sizes_noise"."""
    (inputs, targets), held_out = load_data()
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 10))
    order = batches(batch_size, torch.Generator().manual_seed(1000 + seed))
    draws = torch.Generator().manual_seed(2000 + seed)
    found = {name: [] for name in ("loss", "square", "trace", *(f"spread_{size}" for size in SPREADS))}
    for step in range(MOMENTS[-1] + 1):
        if step in MOMENTS:
            full = gradient_of(net)
            square = full.square().sum().item()
            found["loss"].append(F.cross_entropy(net(held_out[0]), held_out[1]).item())
            found["square"].append(square)
            found["trace"].append(mean_square(net) - square)
            for size in SPREADS:
                some = (torch.randperm(NUM_TRAIN, generator=draws)[:size] for _ in range(NUM_BATCHES))
                far = [(gradient_of(net, batch) - full).square().sum().item() for batch in some]
                found[f"spread_{size}"].append(sum(far) / NUM_BATCHES)
        batch = next(order)
        gradient = torch.autograd.grad(
            F.cross_entropy(net(inputs[batch]), targets[batch]), list(net.parameters())
        )
        with torch.no_grad():
            for w, g in zip(net.parameters(), gradient, strict=True):
                w -= lr * g
    return found


def steps_to(run, target):
    """Return the step after which a run's loss is at most target for the first time; infinite if it never is."""
    return next(
        (step for step, loss in zip(STEPS, run["loss"], strict=False) if loss <= target), float("inf")
    )


def loss_after(run, num_steps):
    """Return a run's loss at the last checkpoint within some steps; infinite before the first, or if it diverged."""
    seen = [loss for step, loss in zip(STEPS, run["loss"], strict=False) if step <= num_steps]
    stopped = len(seen) == len(run["loss"]) and not run["loss"][-1] < 50
    return seen[-1] if seen and not stopped else float("inf")


def budget_steps(runs, budget):
    """Return how many steps a budget allows, by the batch size and the middle time of a step of some runs."""
    size = runs[0].point["batch_size"]
    seconds = sorted(run["step_seconds"] for run in runs)[len(runs) // 2]
    share = {"steps": 1, "images": size, "seconds": seconds}[budget]
    return int(BUDGETS[budget] / share)


def best_rate(sweep, batch_size, score):
    """Return the rate of the least mean score over the tuning seeds."""
    mean = lambda lr: sum(score(run) for run in sweep.select(batch_size=batch_size, lr=lr)) / len(SEEDS)
    return min(rates(batch_size), key=mean)


def chosen(sweep):
    """Return the points that are best for a target or for a budget, each once."""
    points = []
    for size in BATCH_SIZES:
        scores = [functools.partial(steps_to, target=target) for target in TARGETS]
        scores += [
            functools.partial(loss_after, num_steps=budget_steps(list(sweep.select(batch_size=size)), budget))
            for budget in BUDGETS
        ]
        found = {best_rate(sweep, size, score) for score in scores}
        points += [{"batch_size": size, "lr": lr} for lr in sorted(found)]
    return points


def tuned_rates(sweep):
    """Return for each batch size the rate at which the target is reached in the fewest steps."""
    score = functools.partial(steps_to, target=TARGET)
    return {str(size): best_rate(sweep, size, score) for size in BATCH_SIZES}


def with_names(**values):
    """Return a function that enters values in a sweep's provenance."""
    return lambda sweep: sweep.provenance.update(steps=STEPS, **values)


def noise_plan():
    """Return the plan of "batch_sizes_noise"."""
    lr = tuned_rates(d2lite.Sweep.recorded("batch_sizes"))["64"]
    finish = with_names(moments=MOMENTS, spreads=SPREADS)
    grid = [{"batch_size": 64, "lr": lr}]
    return {"train": "measure_noise", "grid": grid, "seeds": NOISE_SEEDS, "finish": finish}


def seeds_plan():
    """Return the plan of "batch_sizes_seeds"."""
    tuning = d2lite.Sweep.recorded("batch_sizes")
    finish = with_names(tuned=tuned_rates(tuning))
    return {"train": "train_point", "grid": chosen(tuning), "seeds": OTHER_SEEDS, "finish": finish}


def tuning_plan():
    """Return the plan of "batch_sizes"."""
    points = [{"batch_size": size, "lr": lr} for size in BATCH_SIZES for lr in rates(size)]
    return {"train": "train_point", "grid": points, "seeds": SEEDS, "finish": with_names()}


if __name__ == "__main__":
    record({"batch_sizes": tuning_plan, "batch_sizes_seeds": seeds_plan, "batch_sizes_noise": noise_plan})
