"""Record taggers of names in running text: read in one direction or in both, equally large.

    python tools/record/tagging.py                # 16 runs: reader x rate x seed, to .../recordings/tagging.json.gz
    python tools/record/tagging.py tagging_seeds  # 10 runs at the rates that were best, to .../tagging_seeds.json.gz
    python tools/record/tagging.py networks       # the two that the explorer opens, to .../weights/name_taggers.npz

The task: which words of Austen's sentences name a person (`d2lite.language.tagging`), everything in lower case. Four
novels to train on, Northanger Abbey to choose the learning rate by, Persuasion to test. The vocabulary is the 1,999
most frequent words of the training novels that name nobody there; all other words, names among them, have one
number, 0.

A network is an embedding of 16 numbers a word, an LSTM and a linear layer. The numbers of units make both nearly
equally large. Training: the sentences of 3 to 40 words with at least one unknown word, every second of them, in
batches of 64 of nearly equal length, three times through; Adam, one cycle of the rate, gradients clipped to norm 1. The
loss is taken on words, not on padding. What is measured: true and false positives and missed names, and those among the
names that no title stands before.
"""

import functools
import sys
import time

import torch
from recording import record
from torch import nn

import d2lite
from d2lite.language import tagging, tokens
from d2lite.models import quantization, weights

UNITS = {"one way": 37, "both ways": 24}
RATES = [3e-3, 1e-2, 3e-2, 1e-1]
TRAINING = ["Sense and Sensibility", "Pride and Prejudice", "Mansfield Park", "Emma"]
VALIDATION, TEST = "Northanger Abbey", "Persuasion"
NUM_WORDS, EMBEDDING, BATCH_SIZE, PASSES = 2000, 16, 64, 3
TITLES = frozenset(title.lower() for title in tagging.TITLES)


class Tagger(nn.Module):
    """Words' numbers in, one score a word out: above 0 means a name."""

    def __init__(self, reader, num_words=NUM_WORDS, embedding=EMBEDDING):
        super().__init__()
        units = UNITS[reader]
        self.embedding = nn.Embedding(num_words, embedding)
        both = reader == "both ways"
        self.lstm = nn.LSTM(embedding, units, bidirectional=both, batch_first=True)
        self.head = nn.Linear(units * (1 + both), 1)

    def forward(self, words, lengths):
        """Return scores (B, T) of words (B, T) whose rows have these lengths; those of padding mean nothing."""
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(words), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        return self.head(states)[..., 0]


@functools.cache
def prepare():
    """Return the vocabulary and, for each novel, a list of (words in lower case, numbers (T,), labels (T,))."""
    novels = tagging.austen_names()
    labelled = [pair for title in TRAINING for pair in zip(*novels[title], strict=True)]
    people = {
        w.lower() for words, labels in labelled for w, is_name in zip(words, labels, strict=True) if is_name
    }
    words = (word.lower() for words, _ in labelled for word in words)
    vocabulary = tokens.Vocabulary((word for word in words if word not in people), max_size=NUM_WORDS)
    sentences = {}
    for title, pairs in novels.items():
        lower = [([w.lower() for w in words], labels) for words, labels in zip(*pairs, strict=True)]
        sentences[title] = [
            (words, vocabulary.encode(words), torch.tensor(labels).float()) for words, labels in lower
        ]
    return vocabulary, sentences


def collate(sentences):
    """Return the numbers (B, T) of some sentences, their lengths (B,), labels (B, T) and which are words (B, T)."""
    lengths = torch.tensor([len(words) for words, _, _ in sentences])
    numbers, labels = (nn.utils.rnn.pad_sequence([s[k] for s in sentences], batch_first=True) for k in (1, 2))
    return numbers, lengths, labels, torch.arange(numbers.shape[1]) < lengths[:, None]


def training_batches(every):
    """Return the batches to train on, of sentences of nearly equal length."""
    _, novels = prepare()
    chosen = [s for title in TRAINING for s in novels[title] if 3 <= len(s[0]) <= 40 and (s[1] == 0).any()]
    chosen = sorted(chosen[::every], key=lambda s: len(s[0]))
    return [collate(chosen[k : k + BATCH_SIZE]) for k in range(0, len(chosen), BATCH_SIZE)]


def train(reader, lr, seed, every=2, passes=PASSES, stop=None):
    """Return a trained network and its training losses."""
    batches = training_batches(every)
    torch.manual_seed(seed)
    net = Tagger(reader)
    optimizer = torch.optim.Adam(net.parameters(), lr)
    total = passes * len(batches)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=total + 1)
    losses = []
    for k in torch.cat([torch.randperm(len(batches)) for _ in range(passes)])[:stop].tolist():
        numbers, lengths, labels, is_word = batches[k]
        scores = net(numbers, lengths)
        loss = nn.functional.binary_cross_entropy_with_logits(scores[is_word], labels[is_word])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return net, losses


def measure(net, sentences):
    """Return counts over sentences: found, invented and missed names; names without a title before, and those found."""
    counts = dict.fromkeys(("found", "invented", "missed", "untitled", "untitled_found"), 0)
    for start in range(0, len(sentences), 256):
        part = sentences[start : start + 256]
        numbers, lengths, labels, is_word = collate(part)
        with torch.no_grad():
            says = (net(numbers, lengths) > 0) & is_word
        is_name = (labels > 0) & is_word
        after_title = torch.zeros_like(is_word)
        for row, (words, _, _) in enumerate(part):
            after_title[row, 1 : len(words)] = torch.tensor(
                [w in TITLES for w in words[:-1]], dtype=torch.bool
            )
        sets = {
            "found": says & is_name,
            "invented": says & ~is_name,
            "missed": is_name & ~says,
            "untitled": is_name & ~after_title,
            "untitled_found": is_name & ~after_title & says,
        }
        for name, members in sets.items():
            counts[name] += int(members.sum())
    return counts


def f1(counts):
    """Return the harmonic mean of precision and recall."""
    return 2 * counts["found"] / max(1, 2 * counts["found"] + counts["invented"] + counts["missed"])


def train_point(reader, lr, on="validation", *, seed):
    """Train once and return the counts on a novel, f1, and the mean training loss of each tenth."""
    net, losses = train(reader, lr, seed)
    counts = measure(net, prepare()[1][{"validation": VALIDATION, "test": TEST}[on]])
    tenth = len(losses) // 10
    curve = [sum(losses[k * tenth : (k + 1) * tenth]) / tenth for k in range(10)]
    return {"train_loss": curve, "f1": f1(counts), **counts}


def best_rates():
    """Return for each reader the rate with the highest mean f1 on the validation novel."""
    tuning = d2lite.Sweep.recorded("tagging")

    def score(reader, lr):
        return sum(run["f1"] for run in tuning.select(reader=reader, lr=lr))

    return {reader: max(RATES, key=functools.partial(score, reader)) for reader in UNITS}


def eight_bits(net):
    """Return a network's weights, the matrices in 8 bits; of the embedding a scale for each of its 16 columns."""
    state = {name: value.detach() for name, value in net.state_dict().items()}
    state["embedding.columns"] = state.pop("embedding.weight").T  # (E, V)
    matrices = {name: value for name, value in state.items() if value.dim() == 2}
    return quantization.quantize_all(matrices) | {
        name: state[name] for name in state.keys() - matrices.keys()
    }


def from_eight_bits(tensors):
    """Return the weights that `eight_bits` stands for, as a Tagger loads them."""
    numbers = quantization.dequantize_all(tensors)
    return numbers | {"embedding.weight": numbers.pop("embedding.columns").T}


def mean_votes(net, sentences):
    """Return what each direction's states add to the score of an unknown word, in the mean: list of one or two."""
    net, head, votes = net.double(), net.head.weight[0], []
    for _, numbers, _ in sentences:
        if (numbers == 0).any():
            states = net.lstm(net.embedding(numbers))[0][numbers == 0]  # (N, H) or (N, 2H)
            votes.append((states * head).detach())
    return torch.cat(votes).mean(0).view(1 + net.lstm.bidirectional, -1).sum(1).tolist()


def record_networks():
    """Train the explorer's two networks on all the sentences and write their weights in 8 bits."""
    torch.set_num_threads(1)
    vocabulary, novels = prepare()
    rates, tensors, measured, start = best_rates(), {}, {}, time.process_time()
    for reader, name in (("one way", "one"), ("both ways", "both")):
        net, losses = train(reader, rates[reader], seed=0, every=1)
        small = eight_bits(net)
        net.load_state_dict(from_eight_bits(small))
        tensors |= {f"{name}.{key}": value for key, value in small.items()}
        measured[name] = {"lr": rates[reader], "loss": sum(losses[-100:]) / 100}
        measured[name] |= {title: measure(net, novels[title]) for title in (VALIDATION, TEST)}
        measured[name] |= {"mean_votes": mean_votes(net, novels[VALIDATION])}
    provenance = {
        "command": "python tools/record/tagging.py networks",
        "seed": 0,
        "cpu_seconds": round(time.process_time() - start),
        "torch": torch.__version__,
    }
    about = {"words": vocabulary.tokens, "measured": measured, "provenance": provenance}
    weights.save("name_taggers", tensors, about)
    print(measured)


def plan_tuning():
    """Two seeds for every reader and rate, measured on the validation novel."""
    return {"train": "train_point", "grid": {"reader": list(UNITS), "lr": RATES}, "seeds": (0, 1)}


def plan_seeds():
    """Five new seeds for every reader at its best rate, measured on the test novel."""
    grid = [{"reader": reader, "lr": lr, "on": "test"} for reader, lr in best_rates().items()]
    return {"train": "train_point", "grid": grid, "seeds": (10, 11, 12, 13, 14)}


if __name__ == "__main__":
    if sys.argv[1:] == ["networks"]:
        record_networks()
    else:
        record({"tagging": plan_tuning, "tagging_seeds": plan_seeds})
