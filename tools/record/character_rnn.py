"""Record the character model of the chapter on recurrent networks: one long, real training run.

    python tools/record/character_rnn.py

writes d2lite/data/weights/austen_rnn.npz, which `d2lite.models.character_rnn.pretrained()` reads. Austen's six novels,
their lines joined to paragraphs: the first nine tenths to train on, the next twentieth to validate, the last to test.
256 units; 32 streams of text side by side, whose state is carried from one window of 64 characters to the next and is
set to zero now and then, so that the network also knows how to begin; Adam, the gradient's norm clipped at 1.

The weights are stored in 8 bits. The units are put in order, the slowest first: by the correlation of a unit with
itself one character later. That changes no output.
"""

import argparse
import importlib.metadata
import math
import platform
import time
from pathlib import Path

import torch
from torch import nn

from d2lite import datasets
from d2lite.models import character_rnn, weights

NUM_HIDDENS, STREAMS, WINDOW, PASSES = 256, 32, 64, 24
PEAK, WARM, CLIP, FORGET = 5e-3, 500, 1.0, 1 / 50
EVERY = 500  # steps between measurements


def split(name="austen"):
    """Return the training, validation and test text."""
    text = character_rnn.clean(datasets.text(name))
    first, second = len(text) * 90 // 100, len(text) * 95 // 100
    return text[:first], text[first:second], text[second:]


def rate(step, total):
    """Return the learning rate: a warm-up, then half a cosine."""
    if step < WARM:
        return PEAK * (step + 1) / WARM
    return PEAK * (1 + math.cos(math.pi * (step - WARM) / (total - WARM))) / 2


def make_model():
    """Return the untrained network: recurrent weights orthogonal, so that they neither shrink nor stretch."""
    torch.manual_seed(0)
    model = character_rnn.CharacterRNN(num_hiddens=NUM_HIDDENS)
    nn.init.orthogonal_(model.rnn.weight_hh_l0)
    return model


def train(model, text, total, stop=None, report=None):
    """Train for total steps (or leave off at stop); return the mean training loss of each EVERY steps."""
    streams = model.encode(text[: len(text) // STREAMS * STREAMS]).view(STREAMS, -1).T.contiguous()  # (T, B)
    update, state, at = torch.optim.Adam(model.parameters(), PEAK), None, 0
    losses, curve = [], []
    for step in range(stop or total):
        if at + WINDOW + 1 > len(streams):
            at, state = 0, None
        update.param_groups[0]["lr"] = rate(step, total)
        if state is not None:
            state = carry(state, torch.rand(STREAMS, 1) >= FORGET)
        logits, state = model(streams[at : at + WINDOW], state)
        targets = streams[at + 1 : at + WINDOW + 1]
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        update.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        update.step()
        at += WINDOW
        losses.append(loss.item())
        if len(losses) == EVERY:
            curve.append(sum(losses) / EVERY)
            losses = []
            if report:
                report(step + 1, curve[-1])
    return curve


def carry(state, kept):
    """Return a state, (1, B, H) or of an LSTM two, without its past; 0 in the streams that are not kept, (B, 1)."""
    if isinstance(state, tuple):
        return tuple(carry(part, kept) for part in state)
    return state.detach() * kept


def sort_units(model, text):
    """Put the units in the order of their correlation with themselves one character later, slowest first."""
    with torch.no_grad():
        one_hot = nn.functional.one_hot(model.encode(text), len(model.alphabet)).float()
        h = model.rnn(one_hot[:, None])[0][:, 0]  # (T, H)
        h = (h - h.mean(0)) / h.std(0, unbiased=False)
        order = (h[1:] * h[:-1]).mean(0).argsort(descending=True)
        layer = model.rnn
        for p in (layer.weight_ih_l0, layer.bias_ih_l0, layer.bias_hh_l0):
            p.copy_(p[order])
        layer.weight_hh_l0.copy_(layer.weight_hh_l0[order][:, order])
        model.readout.weight.copy_(model.readout.weight[:, order])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--passes", type=int, default=PASSES, help=f"over the training text ({PASSES})")
    parser.add_argument("--out", type=Path, default=weights.FOLDER / "austen_rnn.npz")
    options = parser.parse_args()
    torch.set_num_threads(1)
    training, validation, test = split()
    total = options.passes * (len(training) // STREAMS // WINDOW)
    start, cpu = time.perf_counter(), time.process_time()
    model = make_model()
    checks = []

    def report(step, loss):
        if step % (10 * EVERY) == 0:
            checks.append([step, round(character_rnn.cross_entropy(model, validation), 5)])
            print(f"{step}/{total}: training {loss:.4f}, validation {checks[-1][1]}", flush=True)

    curve = train(model, training, total, report=report)
    seconds = round(time.process_time() - cpu), round(time.perf_counter() - start)
    sort_units(model, validation[:20_000])
    tensors = character_rnn.to_tensors(model.rnn, model.readout)
    small = character_rnn.from_tensors(tensors, model.alphabet)
    measured = {
        "training": [round(loss, 5) for loss in curve],
        "every": EVERY,
        "validation": checks,
        "test_32_bits": character_rnn.cross_entropy(model, test),
        "test": character_rnn.cross_entropy(small, test),
        "validation_at_the_end": character_rnn.cross_entropy(small, validation),
    }
    versions = {name: importlib.metadata.version(name) for name in ("torch", "numpy")}
    provenance = {
        "command": "python tools/record/character_rnn.py",
        "seed": 0,
        "steps": total,
        "characters_read": total * STREAMS * WINDOW,
        "cpu_seconds": seconds[0],
        "seconds": seconds[1],
        "versions": {"python": platform.python_version(), **versions},
        "machine": f"{platform.system()} {platform.machine()}, one thread",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    weights.save(
        options.out, tensors, {"alphabet": model.alphabet, "measured": measured, "provenance": provenance}
    )
    print({k: v for k, v in measured.items() if k not in ("training", "validation")}, provenance)


if __name__ == "__main__":
    main()
