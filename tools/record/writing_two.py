"""Record two more networks while they learn to write: one reads Shakespeare's plays, the other programs in Python.

    python tools/record/writing_two.py shakespeare
    python tools/record/writing_two.py python

each writes two files: d2lite/data/weights/<name>_writing.npz, what `d2lite.widgets.WritingExplorer` shows, in the form
of tools/record/writing.py, and <name>_rnn.npz, the network after its last step, in 8 bits, for
`d2lite.models.character_rnn.pretrained(name)`. 256 units and the training of tools/record/character_rnn.py, but for its
length: TOTAL steps. The validation text only puts the units in order.

The texts, line breaks kept, nine tenths to train on, a twentieth to validate, a twentieth to test:

- shakespeare: `d2lite.datasets.text("shakespeare")`, ten plays, every character.
- python: the programs (*.py) of torch.distributions, torch.fx, torch.optim and torch.utils (without its folder hipify,
  long tables of names), of the version of torch that constraints.txt pins. Licence: BSD 3-clause, as torch's. The
  files follow each other in the order of the SHA-256 of their paths, so that each part has some of every package;
  characters beyond ASCII and tabs are left out. DIGEST says that it is the same text.

Beside that, what DRAWN Python texts of LONG characters at temperature 1 are like: from the network, from an LSTM of
GATED units trained in the same way, from plain counts of each context of CONTEXTS characters, without smoothing (as
Goldberg 2015 makes them), and as many pieces of the test text. Measured are how many of the brackets that are opened
are closed, how often the line after one such as `if x:` is indented by four more, and how much is copied from the
training text.
"""

import argparse
import hashlib
import importlib.metadata
import itertools
import math
import platform
import re
import tempfile
import time
from pathlib import Path

import character_rnn as recorder
import numpy as np
import torch
import writing
from torch import nn

from d2lite import datasets
from d2lite._utils.rng import Rng
from d2lite.language import tokens
from d2lite.models import character_rnn, weights

TOTAL, STEPS = 5000, [step for step in writing.STEPS if step < 5000]
PROMPTS = {"shakespeare": "MACBETH.\n", "python": "import torch\n\n\ndef "}
FOLDERS, LEFT_OUT = ("distributions", "fx", "optim", "utils"), "utils/hipify/"
DIGEST = {
    "shakespeare": "9d53b43d4462b0f7f8970eaf610daa814052e308cb62d649100db48176f60e7d",
    "python": "b0e51050ce3bf4e564658036fb89e1ca0723b3c63071013c5f270dea585d1b71",
}
UNITS, GATED = recorder.NUM_HIDDENS, 128
CONTEXTS, DRAWN, LONG = (3, 5, 7, 10, 15, 20), 100, 1000
MEASURED = 100_000  # characters of the test text
LEAST = 4  # letters of the words that are counted: nearly all shorter ones are somewhere in programs
COPY = 50  # characters of a run that is looked for in the training text
FOLDER = Path(tempfile.gettempdir()) / "writing_two"


def python_text():
    """Return the Python programs of the pinned torch as one text."""
    root = Path(torch.__file__).parent
    paths = [path.relative_to(root).as_posix() for name in FOLDERS for path in (root / name).rglob("*.py")]
    paths = [path for path in paths if not path.startswith(LEFT_OUT)]
    paths.sort(key=lambda path: hashlib.sha256(path.encode()).hexdigest())
    text = "".join((root / path).read_text("utf-8") for path in paths)
    return "".join(c for c in text if c == "\n" or " " <= c <= "~")


def read_text(name):
    """Return the text, if it is the one that was recorded; a RuntimeError otherwise."""
    text = python_text() if name == "python" else datasets.text(name)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if digest != DIGEST[name]:
        raise RuntimeError(
            f"the {name} text has the digest {digest}: expected {DIGEST[name]}; is this the pinned version of torch?"
        )
    return text


def split(text):
    """Return the training, validation and test part of a text."""
    first, second = len(text) * 90 // 100, len(text) * 95 // 100
    return text[:first], text[first:second], text[second:]


def make_model(alphabet, seed, gated=False):
    """Return the untrained network; gated: an LSTM in place of the plain layer."""
    torch.manual_seed(seed)
    model = character_rnn.CharacterRNN(alphabet, UNITS)
    if gated:
        model.rnn = nn.LSTM(len(alphabet), GATED)
        model.readout = nn.Linear(GATED, len(alphabet))
    else:
        nn.init.orthogonal_(model.rnn.weight_hh_l0)
    return model


class PlainCounts:
    """What followed each run of some characters in a text, counted, with no smoothing (Goldberg 2015)."""

    def __init__(self, text, context):
        self.ids = np.frombuffer(text.encode("ascii"), np.uint8)
        self.context = context
        runs = self.mix(np.lib.stride_tricks.sliding_window_view(self.ids, context)[:-1])
        self.order = np.argsort(runs, kind="stable")
        self.runs = runs[self.order]

    def mix(self, rows):
        """Return (N,) one whole number for each of N runs of characters: equal runs have equal ones."""
        mixed = np.zeros(len(rows), np.uint64)
        for column in rows.T:
            mixed = (mixed + column + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        return mixed

    def draw(self, seeds, length):
        """Return a text for each seed, begun with a run of the training text."""
        uniforms = np.array([Rng(seed).uniform(length + 1) for seed in seeds])  # (N, length + 1)
        starts = (uniforms[:, 0] * (len(self.ids) - self.context - 1)).astype(int)
        rows = np.stack([self.ids[start : start + self.context] for start in starts])
        for u in uniforms[:, 1:].T:
            runs = self.mix(rows[:, -self.context :])
            first, last = (np.searchsorted(self.runs, runs, side) for side in ("left", "right"))
            place = self.order[np.minimum(first + (u * (last - first)).astype(int), last - 1)]
            rows = np.concatenate([rows, self.ids[place + self.context][:, None]], 1)
        return [row[self.context :].tobytes().decode("ascii") for row in rows]


PAIRS = {")": "(", "]": "[", "}": "{"}
REACH = 300  # characters within which a bracket is to be closed
BLOCK = re.compile(r"( *)(?:def|class|if|elif|else|for|while|with|try|except|finally)\b.*:")


def closes_after(text, start):
    """Return after how many characters the bracket that opens at a place is closed, each within it, too; or None."""
    opened = []
    for place in range(start, min(len(text), start + REACH + 1)):
        letter = text[place]
        if letter in "([{":
            opened.append(letter)
        elif letter in PAIRS and opened.pop() != PAIRS[letter]:
            return None
        if not opened:
            return place - start
    return None


def brackets(texts):
    """Return of the brackets that some texts open the share that is closed.

    A bracket is closed if one of its kind follows within REACH characters, and all that were opened in between are
    closed before.
    """
    found = [
        closes_after(text, place)
        for text in texts
        for place in range(len(text) - REACH)
        if text[place] in "([{"
    ]
    return {"opened": len(found), "closed": sum(after is not None for after in found) / max(1, len(found))}


def indentation(texts):
    """Return of the lines such as `if x:` in some texts the share after which the next is indented by four more."""
    deeper = []
    for text in texts:
        lines = [line for line in text.split("\n")[1:-1] if line.strip()]  # whole ones
        for line, following in itertools.pairwise(lines):
            head = BLOCK.fullmatch(line.rstrip())
            if head:
                deeper.append(len(following) - len(following.lstrip()) == len(head[1]) + 4)
    return {"blocks": len(deeper), "indented": sum(deeper) / max(1, len(deeper))}


def copied(texts, training):
    """Return the share of the runs of COPY characters in some texts that stand in the training text, too."""
    runs = [text[at : at + COPY] for text in texts for at in range(0, len(text) - COPY + 1, COPY)]
    return sum(run in training for run in runs) / len(runs)


def syntax(texts, training):
    """Return what is measured of Python texts."""
    found = brackets(texts) | indentation(texts) | {"copied": copied(texts, training)}
    return {name: round(value, 4) for name, value in found.items()}


def pieces(text):
    """Return DRAWN pieces of LONG characters, spread evenly over a text."""
    return [text[k * (len(text) - LONG) // (DRAWN - 1) :][:LONG] for k in range(DRAWN)]


def compare(training, test, networks):
    """Return what Python texts of LONG characters are like: of each network, of plain counts, and of the test text."""
    seeds = range(1000, 1000 + DRAWN)

    def drawn(model):
        rows = writing.draw_texts(model.double(), 1.0, seeds, LONG, PROMPTS["python"])
        return writing.spell(model.alphabet, rows)

    found = {kind: syntax(drawn(model), training) for kind, model in networks.items()}
    counts = [syntax(PlainCounts(training, k).draw(seeds, LONG), training) for k in CONTEXTS]
    return found | {"test": syntax(pieces(test), training), "contexts": CONTEXTS, "counts": counts}


def network(alphabet, states, gated=False):
    model = make_model(alphabet, 0, gated)
    model.load_state_dict(states)
    return model.eval()


def record(name, folder):
    """Return the two files of a text, each (name, tensors, record); the runs that are missing are made."""
    training, validation, test = split(read_text(name))
    test, words = test[:MEASURED], set(tokens.tokenize(training, "word"))
    alphabet = "".join(sorted(set(training)))
    states, seconds = writing.kept(folder, name, make_model(alphabet, 0), training, [*STEPS, TOTAL], TOTAL)
    models = [network(alphabet, state) for state in states.values()]
    recorder.sort_units(models[-1], validation[:20_000])
    last = character_rnn.to_tensors(models[-1].rnn, models[-1].readout)
    models[-1] = character_rnn.from_tensors(last, alphabet)
    run = [writing.measure(model, words, {"test": test}, PROMPTS[name], LEAST) for model in models]
    print(f"{name}: {[numbers for numbers, *_ in run]}", flush=True)
    networks = {"network": models[-1]}
    if name == "python":
        gated = make_model(alphabet, 0, gated=True)
        states, taken = writing.kept(folder, "python_gated", gated, training, [TOTAL], TOTAL)
        networks["gated"], seconds = network(alphabet, states[TOTAL], gated=True), seconds + taken
    perplexities = {
        kind: round(math.exp(character_rnn.cross_entropy(model.float(), test)), 4)
        for kind, model in networks.items()
    }
    versions = {package: importlib.metadata.version(package) for package in ("torch", "numpy")}
    provenance = {
        "command": f"python tools/record/writing_two.py {name}",
        "seed": 0,
        "steps": TOTAL,
        "characters_read": TOTAL * recorder.STREAMS * recorder.WINDOW,
        "cpu_seconds": round(seconds),
        "digest": DIGEST[name],
        "versions": {"python": platform.python_version(), **versions},
        "machine": f"{platform.system()} {platform.machine()}, one thread",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    tensors = {
        "texts": torch.stack([texts for _, texts, _ in run]).to(torch.uint8),
        "strange": torch.stack([marks for *_, marks in run]).to(torch.uint8),
    }
    found = {
        "alphabet": alphabet,
        "prompt": PROMPTS[name],
        "temperatures": writing.TEMPERATURES,
        "steps": [*STEPS, TOTAL],
        "least": LEAST,
        "counts": writing.count(training, test),
        "source": {key: round(value, 5) for key, value in writing.looks([test], words, LEAST).items()},
        "measured": {key: [numbers[key] for numbers, *_ in run] for key in run[0][0]},
        "perplexities": perplexities,
        "provenance": provenance,
    }
    if name == "python":
        found["compared"] = compare(training, test, networks)
    shipped = {"alphabet": alphabet, "measured": perplexities, "provenance": provenance}
    return (f"{name}_writing", tensors, found), (f"{name}_rnn", last, shipped)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", choices=PROMPTS)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where checkpoints are kept")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, tensors, found in record(options.name, options.folder):
        path = weights.save(name, tensors, found)
        print(f"{path}: {path.stat().st_size} bytes", flush=True)
        print({key: value for key, value in found.items() if key != "alphabet"})


if __name__ == "__main__":
    main()
