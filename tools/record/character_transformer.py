"""Record a small Transformer against an LSTM on Austen, and train the one that ships.

    python tools/record/character_transformer.py                     # tuning: rival x rate x seed, on validation text
    python tools/record/character_transformer.py transformer_test    # what that chose, four other seeds, on test text
    python tools/record/character_transformer.py transformer_cost    # seconds of a training step by length
    python tools/record/character_transformer.py model               # the one that ships, austen_transformer.npz

The first three write d2lite/data/recordings/<name>.json.gz. All networks have 91 thousand weights (within 0.1%), read
windows of 128 characters drawn at random, 16 a step, each from the zero state; Adam, the gradient clipped to norm 1, a
warm-up of 100 steps, then half a cosine to zero. The rivals:

    transformer   CharacterTransformer(), STEPS steps
    lstm          one layer of 115 units on one-hot characters, as many steps: equal characters
    lstm, longer  the same for RATIO times as many steps: about equal processor time, on one thread

The rates of each are a factor of two apart and reach beyond the best on both sides.

What is measured, on windows of 128 characters of the validation (or test) text: the mean loss in nats over characters
65 to 128, and over each block of eight; and the processor's seconds.
"""

import functools
import importlib.metadata
import math
import platform
import sys
import time

import torch
from character_rnn import split
from recording import record
from torch import nn

import d2lite
from d2lite.models import character_transformer, weights

WINDOW, BATCH, WARM, CLIP = 128, 16, 100, 1.0
STEPS, RATIO = 400, 3
RIVALS = ["transformer", "lstm", "lstm, longer"]
RATES = {
    "transformer": [2e-3, 4e-3, 8e-3, 1.6e-2],
    "lstm": [1.6e-2, 3.2e-2, 6.4e-2, 1.28e-1, 2.56e-1],
    "lstm, longer": [8e-3, 1.6e-2, 3.2e-2, 6.4e-2, 1.28e-1],
}
GRID = [{"rival": rival, "lr": lr} for rival in RIVALS for lr in RATES[rival]]
SEEDS, TEST_SEEDS = range(2), range(100, 104)
LENGTHS, CHARACTERS = [64, 128, 256, 512, 1024, 2048], 4096
LONG_STEPS, LONG_RATE = 8_000, 4e-3


class CharacterLSTM(nn.Module):
    """One layer of an LSTM on one-hot characters, as many weights as the Transformer."""

    def __init__(self, num_characters=65, num_units=115):
        super().__init__()
        self.lstm = nn.LSTM(num_characters, num_units, batch_first=True)
        self.readout = nn.Linear(num_units, num_characters)

    def forward(self, characters):
        one_hot = nn.functional.one_hot(characters, self.lstm.input_size).float()
        return self.readout(self.lstm(one_hot)[0]), None


@functools.cache
def load_texts():
    """Return training, validation and test text as places in the alphabet."""
    model = character_transformer.CharacterTransformer()
    return [model.encode(text) for text in split()]


def make_model(rival):
    """Return the untrained network of a rival, and how many steps it has."""
    if rival == "transformer":
        return character_transformer.CharacterTransformer(), STEPS
    return CharacterLSTM(), STEPS * (RATIO if rival.endswith("longer") else 1)


def rate(step, total, peak):
    """Return the learning rate: a warm-up, then half a cosine."""
    if step < WARM:
        return peak * (step + 1) / WARM
    return peak * (1 + math.cos(math.pi * (step - WARM) / max(1, total - WARM))) / 2


def train(model, lr, total, report=None):
    """Train for total steps; return the mean training loss of each tenth, and the processor's seconds."""
    text, window = load_texts()[0], torch.arange(WINDOW + 1)
    update, losses, start = torch.optim.Adam(model.parameters(), lr), [], time.process_time()
    for step in range(total):
        update.param_groups[0]["lr"] = rate(step, total, lr)
        batch = text[torch.randint(len(text) - WINDOW, (BATCH, 1)) + window]  # (B, T + 1)
        logits = model(batch[:, :-1])[0]
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        update.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        update.step()
        losses.append(loss.item())
        if report:
            report(step + 1, losses)
    tenth = max(1, total // 10)
    means = [sum(part) / len(part) for part in (losses[i : i + tenth] for i in range(0, total, tenth))]
    return means, time.process_time() - start


@torch.no_grad()
def losses_by_place(model, text):
    """Return the mean loss of each of the 128 characters of a window, over all windows of a text side by side."""
    windows = text[: (len(text) - 1) // WINDOW * WINDOW].view(-1, WINDOW)
    targets = text[1 : windows.numel() + 1].view(-1, WINDOW)
    total = torch.zeros(WINDOW, dtype=torch.float64)
    for inputs, wanted in zip(windows.split(64), targets.split(64), strict=True):
        logits = model(inputs)[0].transpose(1, 2)  # (B, V, T)
        total += nn.functional.cross_entropy(logits, wanted, reduction="none").sum(0).double()
    return total / len(windows)


def measure(model, text):
    """Return what the module's docstring names of a trained network."""
    by_place = losses_by_place(model.eval(), text)
    blocks = by_place.view(-1, 8).mean(1).tolist()
    return {"loss": by_place[WINDOW // 2 :].mean().item(), "by_place": blocks}


def train_point(rival, lr, *, seed, place=1):
    """Train once and return what the module's docstring names, on the validation text."""
    torch.manual_seed(seed)
    model, steps = make_model(rival)
    curve, seconds = train(model, lr, steps)
    return measure(model, load_texts()[place]) | {"train_loss": curve, "seconds": seconds}


def test_point(rival, lr, *, seed):
    """Train once and return the same on the test text."""
    return train_point(rival, lr, seed=seed, place=2)


def chosen(sweep):
    """Return for each rival the rate of the least mean validation loss; one at the grid's edge is refused."""
    points = []
    for rival in RIVALS:
        here = [point for point in GRID if point["rival"] == rival]
        means = [sum(run["loss"] for run in sweep.select(**point)) for point in here]
        best = means.index(min(means))
        if best in (0, len(here) - 1):
            raise SystemExit(f"{rival}: the best rate, {here[best]['lr']}, is at the grid's edge; widen it")
        points.append(here[best])
    return points


def cost_point(rival, length, *, seed):
    """Return the processor's seconds of a training step of CHARACTERS characters in pieces of one length."""
    torch.manual_seed(seed)
    model = CharacterLSTM()
    if rival == "transformer":
        model = character_transformer.CharacterTransformer(context=length)
    characters = torch.randint(0, 65, (CHARACTERS // length, length))
    times = []
    for _ in range(4):
        start = time.process_time()
        logits = model(characters)[0]
        nn.functional.cross_entropy(logits.flatten(0, 1), characters.flatten()).backward()
        times.append(time.process_time() - start)
    return {"seconds": min(times)}


def record_model():
    """Train the model that ships, and write its weights in 8 bits with what was measured."""
    torch.set_num_threads(1)
    _, validation, test = load_texts()
    torch.manual_seed(0)
    model, start = character_transformer.CharacterTransformer(), time.perf_counter()
    checks = []

    def report(step, losses):
        if step % (LONG_STEPS // 12) == 0:
            checks.append([step, round(losses_by_place(model, validation)[WINDOW // 2 :].mean().item(), 5)])
            print(f"{step}: training {sum(losses[-500:]) / 500:.4f}, validation {checks[-1][1]}", flush=True)

    curve, seconds = train(model, LONG_RATE, LONG_STEPS, report)
    tensors = character_transformer.to_tensors(model.eval())
    about = character_transformer.describe(model)
    small = character_transformer.from_tensors(tensors, about).float()
    measured = {
        "training": [round(loss, 5) for loss in curve],
        "validation": checks,
        "test_32_bits": measure(model, test)["loss"],
        "test": measure(small, test)["loss"],
    }
    provenance = {
        "command": "python tools/record/character_transformer.py model",
        "seed": 0,
        "steps": LONG_STEPS,
        "characters_read": LONG_STEPS * BATCH * WINDOW,
        "cpu_seconds": round(seconds),
        "seconds": round(time.perf_counter() - start),
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in ("torch", "numpy")},
        "machine": f"{platform.system()} {platform.machine()}, one thread",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    weights.save("austen_transformer", tensors, about | {"measured": measured, "provenance": provenance})
    print(measured, provenance)


def main():
    """Record the model, or the sweep that the command line names."""
    if sys.argv[1:] == ["model"]:
        return record_model()
    tuning = "transformer_tuning"
    record(
        {
            tuning: lambda: {"train": "train_point", "grid": GRID, "seeds": SEEDS},
            "transformer_test": lambda: {
                "train": "test_point",
                "grid": chosen(d2lite.Sweep.recorded(tuning)),
                "seeds": TEST_SEEDS,
            },
            "transformer_cost": lambda: {
                "train": "cost_point",
                "grid": {"rival": RIVALS[:2], "length": LENGTHS},
                "seeds": range(3),
            },
        }
    )


if __name__ == "__main__":
    main()
