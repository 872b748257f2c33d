"""Record two tasks learnt at once with shared layers: when does the second help the first?

    python tools/record/trunk.py              # 6 runs of 12 trainings: second task x seed
    python tools/record/trunk.py trunk_seeds  # 30 runs: each setting at the rate that it chose, other seeds, tested

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. Task, images and network are those of transfer.py, but no layer is taken over: each of 150
steps adds to the loss of a batch of the digits 5 to 9 that of a batch of the `source` task, sent through the same
four layers to a head of its own; with "none" there is only the first. Narrow networks have a quarter of the units. The
argument `lrs` has for each of SETTINGS the rates to be tried. Of each run, by settings such as "wide, 10":

    <setting>        accuracy on the validation images, for each of its rates
    <setting>, test  on the test images; in "trunk_seeds" alone
"""

import torch
from recording import record
from torch import nn
from transfer import ALL_RATES, BATCH, SEEDS, TEST_SEEDS, draw, load_data, make_net, share_right

import d2lite

STEPS = 150
SETTINGS = {"wide, 10": (False, 10), "wide, 300": (False, 300), "narrow, 300": (True, 300)}  # images a class


def train_trunk(source, narrow, labels, lr, seed):
    """Return a network for the digits 5 to 9, trained alone or with a second task."""
    torch.manual_seed(seed)
    net, images, targets = make_net(5, narrow), *draw(labels, seed)
    modules, second = [net], None
    if source != "none":
        second = load_data()[source]
        modules.append(nn.Linear(net[-1].in_features, int(second[1].max()) + 1))
    optimizer = torch.optim.Adam([p for module in modules for p in module.parameters()], lr)
    generator, other = (torch.Generator().manual_seed(start + seed) for start in (0, 5000))
    for _ in range(STEPS):
        batch = torch.randint(len(images), (min(BATCH, len(images)),), generator=generator)
        loss = nn.functional.cross_entropy(net(images[batch]), targets[batch])
        if second:
            batch = torch.randint(len(second[0]), (BATCH,), generator=other)
            logits = modules[1](net[:4](second[0][batch]))
            loss = loss + nn.functional.cross_entropy(logits, second[1][batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net


def train_settings(source, lrs, tested=False, *, seed):
    """Train in each setting with each rate and return what the module's docstring names."""
    data, found = load_data(), {}
    for (name, setting), tried in zip(SETTINGS.items(), lrs, strict=True):
        nets = [train_trunk(source, *setting, lr, seed) for lr in tried]
        found[name] = [share_right(net, *data["validation"]) for net in nets]
        if tested:
            found[f"{name}, test"] = [share_right(net, *data["test"]) for net in nets]
    return found


def grid():
    """Return the points of the tuning runs."""
    return [{"source": source, "lrs": [ALL_RATES[2:6]] * len(SETTINGS)} for source in ("none", "near", "far")]


def chosen(tuning):
    """Return the points of the others: for each setting the rate of the best mean accuracy."""
    points = []
    for runs in tuning.points():
        best = [
            [tried[sum(run[name] for run in runs).argmax()]]
            for name, tried in zip(SETTINGS, runs[0].point["lrs"], strict=True)
        ]
        points.append(runs[0].point | {"lrs": best, "tested": True})
    return points


if __name__ == "__main__":
    record(
        {
            "trunk": lambda: {"train": "train_settings", "grid": grid(), "seeds": SEEDS},
            "trunk_seeds": lambda: {
                "train": "train_settings",
                "grid": chosen(d2lite.Sweep.recorded("trunk")),
                "seeds": TEST_SEEDS,
            },
        }
    )
