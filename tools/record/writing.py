"""Record what the character model of the chapter on recurrent networks writes while it learns.

    python tools/record/writing.py

writes d2lite/data/weights/austen_writing.npz, which `d2lite.widgets.WritingExplorer` shows. It runs the training of
tools/record/character_rnn.py again, from the same seed, and stops it at STEPS; the last of its checkpoints, the end of
that training, is the network that ships, whose weights are in 8 bits. It is the same training but for rounding, which
differs between machines: the shipped file holds the validation loss after 5,000 and 10,000 steps to compare with.

At each checkpoint: the perplexity on the validation and the test text, TEXTS texts of LENGTH characters a temperature
after PROMPT, and what SAMPLES more of them are like: the share of spaces, and of words that the training text has. A
text is drawn as a page draws it (`_math/characters.js`), with the same random numbers at every checkpoint. The lines
to compare with are Kneser-Ney counts of the training text, measured on the same test text.

Two more seeds, to SHORT steps, say how much of it is chance. Checkpoints are kept in --folder while it runs: a second
start goes on after the seeds that are done.
"""

import argparse
import importlib.metadata
import platform
import re
import tempfile
import time
from pathlib import Path

import character_rnn as recorder
import numpy as np
import torch
from torch import nn

from d2lite._utils.rng import Rng
from d2lite.language import tokens
from d2lite.language.ngrams import NgramModel
from d2lite.models import character_rnn, weights

STEPS = [0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
SHORT, OTHER_SEEDS = 1000, (1, 2)
PROMPT, LENGTH, TEXTS, TEMPERATURES = "She was ", 240, 3, (0.5, 1.0)
SAMPLES, ORDERS = 48, range(1, 7)
FOLDER = Path(tempfile.gettempdir()) / "austen_writing"
WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")


def start(seed):
    """Return the untrained network; with seed 0 that of tools/record/character_rnn.py."""
    model = recorder.make_model()
    if seed:
        torch.manual_seed(seed)
        model.rnn.reset_parameters()
        model.readout.reset_parameters()
        nn.init.orthogonal_(model.rnn.weight_hh_l0)
    return model


def checkpoints(model, text, steps, total=None):
    """Train as tools/record/character_rnn.py does, to the last of the steps; return the weights after each of them.

    total is the length of the whole training, whose schedule is followed; recorder.PASSES over the text unless given.
    """
    states, done = {}, 0

    def keep():
        states[done] = {name: value.detach().clone() for name, value in model.state_dict().items()}

    def before_a_step(*_):
        nonlocal done
        if done in steps:
            keep()
        done += 1

    hook = model.register_forward_pre_hook(before_a_step)
    whole = recorder.PASSES * (len(text) // recorder.STREAMS // recorder.WINDOW)
    recorder.train(model, text, total or whole, stop=steps[-1])
    hook.remove()
    keep()
    return states


def kept(folder, name, model, text, steps, total=None):
    """Return `checkpoints` and their processor seconds, from the folder where they are there already."""
    path = folder / f"{name}.pt"
    if not path.exists():
        begun = time.process_time()
        states = checkpoints(model, text, steps, total)
        folder.mkdir(parents=True, exist_ok=True)
        torch.save((states, time.process_time() - begun), path)
    return torch.load(path)


def draw_texts(model, temperature, seeds, length, prompt=PROMPT):
    """Return (N, length) places in the alphabet, drawn after a prompt, a row for each seed of the random numbers."""
    uniforms = torch.from_numpy(np.array([Rng(seed).uniform(length) for seed in seeds]))  # (N, length)
    characters = model.encode(prompt)[:, None].expand(-1, len(seeds))  # (T, N)
    drawn, state = [], None
    with torch.no_grad():
        for u in uniforms.T:
            logits, state = model(characters, state)
            sums = (logits[-1] / temperature).softmax(-1).cumsum(-1)  # (N, V)
            following = (sums <= u[:, None]).sum(-1).clamp(max=sums.shape[1] - 1)
            drawn.append(following)
            characters = following[None]
    return torch.stack(drawn, 1)


def strange(text, words):
    """Return a list, 1 for each character of a text that is in a word which a set of words lacks, 0 elsewhere.

    The last word may be cut off: it counts as known where one of the set begins with it.
    """
    marks = [0] * len(text)
    for found in WORD.finditer(text):
        word = found[0].lower()
        known = word in words
        if found.end() == len(text):
            known = known or any(other.startswith(word) for other in words)
        if not known:
            marks[found.start() : found.end()] = [1] * len(word)
    return marks


def looks(texts, words, least=1):
    """Return of some texts: the share of spaces, and of whole words of `least` letters or more those that a set has."""
    whole = [found[0].lower() for text in texts for found in WORD.finditer(text) if found.end() < len(text)]
    whole = [word for word in whole if len(word) >= least]
    spaces = sum(text.count(" ") for text in texts) / sum(map(len, texts))
    return {"spaces": spaces, "known": sum(word in words for word in whole) / max(1, len(whole))}


def spell(alphabet, rows):
    return ["".join(alphabet[i] for i in row) for row in rows.tolist()]


def measure(model, words, held_out, prompt=PROMPT, least=1):
    """Return what stands in the file of a checkpoint: numbers, texts (temperatures, TEXTS, LENGTH) and their marks."""
    model = model.eval()
    numbers = {name: character_rnn.cross_entropy(model.float(), text) for name, text in held_out.items()}
    model.double()
    many = spell(model.alphabet, draw_texts(model, 1.0, range(100, 100 + SAMPLES), LENGTH, prompt))
    numbers |= looks(many, words, least)
    texts = torch.stack(
        [draw_texts(model, temperature, range(TEXTS), LENGTH, prompt) for temperature in TEMPERATURES]
    )
    marks = [[strange(text, words) for text in spell(model.alphabet, rows)] for rows in texts]
    return {name: round(value, 5) for name, value in numbers.items()}, texts, torch.tensor(marks)


def network(states):
    model = character_rnn.CharacterRNN(num_hiddens=recorder.NUM_HIDDENS)
    model.load_state_dict(states)
    return model


def count(training, held_out):
    """Return the perplexity of Kneser-Ney counts of each order on a text."""
    vocabulary = tokens.Vocabulary(training)
    ids, kept_out = vocabulary.encode(training), vocabulary.encode(held_out)
    return [round(NgramModel(ids, n, len(vocabulary)).perplexity(kept_out), 4) for n in ORDERS]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where checkpoints are kept")
    options = parser.parse_args()
    torch.set_num_threads(1)
    training, validation, test = recorder.split()
    words = set(tokens.tokenize(training, "word"))
    held_out = {"validation": validation, "test": test}
    runs, seconds = {}, 0.0
    for seed in (0, *OTHER_SEEDS):
        steps = STEPS if seed == 0 else [step for step in STEPS if step <= SHORT]
        states, taken = kept(options.folder, f"seed_{seed}", start(seed), training, steps)
        models = [network(state) for state in states.values()]
        texts = held_out if seed == 0 else {"test": test}
        runs[seed] = [measure(model, words, texts) for model in models]
        seconds += taken
        print(f"seed {seed}: {[numbers for numbers, *_ in runs[seed]]}", flush=True)
    shipped, record = character_rnn.pretrained()
    runs[0].append(measure(shipped, words, held_out))
    steps = [*STEPS, record["provenance"]["steps"]]
    measured = {
        seed: {name: [numbers[name] for numbers, *_ in run] for name in run[0][0]}
        for seed, run in runs.items()
    }
    versions = {name: importlib.metadata.version(name) for name in ("torch", "numpy")}
    provenance = {
        "command": "python tools/record/writing.py",
        "seeds": [0, *OTHER_SEEDS],
        "cpu_seconds": round(seconds),
        "versions": {"python": platform.python_version(), **versions},
        "machine": f"{platform.system()} {platform.machine()}, one thread",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    tensors = {
        "texts": torch.stack([texts for _, texts, _ in runs[0]]).to(
            torch.uint8
        ),  # (S, temperatures, TEXTS, LENGTH)
        "strange": torch.stack([marks for *_, marks in runs[0]]).to(torch.uint8),
    }
    record = {
        "alphabet": shipped.alphabet,
        "prompt": PROMPT,
        "temperatures": TEMPERATURES,
        "steps": steps,
        "counts": count(training, test),
        "austen": {name: round(value, 5) for name, value in looks([test], words).items()},
        "measured": measured[0],
        "other_seeds": [measured[seed] for seed in OTHER_SEEDS],
        "provenance": provenance,
    }
    path = weights.save("austen_writing", tensors, record)
    print(f"{path}: {path.stat().st_size} bytes", record["counts"], record["austen"], measured[0], sep="\n")


if __name__ == "__main__":
    main()
