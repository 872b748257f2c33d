"""Record what a lottery ticket owes to its places and to its starting numbers: one of the two taken away at a time.

    python tools/record/tickets.py  # 20 runs: starts x five seeds

It writes d2lite/data/recordings/tickets.json.gz, which `Sweep.recorded("tickets")` reads; kill it and start it again,
and it goes on where it was. Networks, images, levels, training and seeds are those of "pruning_seeds" (pruning.py).
The places are those that "rewound" finds at LR, the rate that it chose there, and every training here has that rate.
All but "elsewhere" have the same places:

    own        what is left starts from the numbers it started from: "rewound" again
    mixed      from the same numbers of each layer, each at another of its places
    another    from new starting numbers
    elsewhere  from the numbers it started from, at as many random places of each layer

Of each run: accuracy, a curve over pruning.py's LEVELS: on the validation images.
"""

import functools

import torch
from pruning import OTHER_SEEDS, accuracy, found, make_net, shuffled, train, weights_of
from recording import record

LR = 0.027
STARTS = ["own", "mixed", "another", "elsewhere"]


@functools.cache
@torch.enable_grad()
def ticket(seed):
    """Return the masks that "rewound" finds, one list a level, and the accuracies of what it trained."""
    pairs = list(found("rewound", LR, seed))
    return [masks for _, masks in pairs], [accuracy(net, 1) for net, _ in pairs]


@torch.no_grad()
def mixed(net, masks, seed):
    """Give the places of each layer each other's starting numbers."""
    order = torch.Generator().manual_seed(3000 + seed)
    for weight, mask in zip(weights_of(net), masks, strict=True):
        left = weight[mask.bool()]
        weight[mask.bool()] = left[torch.randperm(len(left), generator=order)]
    return net


def train_point(start, *, seed):
    """Train at all levels and return what the module's docstring names."""
    places, scores = ticket(seed)
    if start == "own":
        return {"accuracy": scores}
    if start == "elsewhere":
        places = [shuffled(masks, seed) for masks in places]
    nets = [make_net(1000 + seed if start == "another" else seed) for _ in places]
    if start == "mixed":
        nets = [mixed(net, masks, seed) for net, masks in zip(nets, places, strict=True)]
    trained = [train(net, LR, seed, masks) for net, masks in zip(nets, places, strict=True)]
    return {"accuracy": [accuracy(net, 1) for net in trained]}


if __name__ == "__main__":
    torch.set_num_threads(1)
    record(
        {"tickets": lambda: {"train": "train_point", "grid": {"start": STARTS}, "seeds": OTHER_SEEDS}},
    )
