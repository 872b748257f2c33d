"""Record a small network that learns from labels, from softened labels, and from four trained LeNets.

    python tools/record/distillation.py                     # 135 runs: lessons x rates, three tuning seeds
    python tools/record/distillation.py distillation_seeds  # each lesson at what it chose, with ten other seeds

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. Images, batches and optimizer are those of pruning.py. The student is a LeNet of WIDTHS, with a
tenth of its weights; it has NUM_PASSES passes, with one cycle of the rate `lr`. `lesson` and `amount` are
what it learns from:

    labels      cross-entropy with the labels; 0
    smoothed    the same with labels smoothed by `amount`: 1 - amount for the label, amount shared by all classes
    teacher     0.9 times `amount` squared times the cross-entropy with the teacher's probabilities, both of logits
                divided by the temperature `amount`, and 0.1 times that with the labels
    half_trained  the same from a teacher of half as many passes; in "distillation_seeds" alone, as "teacher" chose

The teacher: the mean of the logits of four LeNets, trained as in pruning.py with seeds of their own, but for NUM_PASSES
passes, as many as the student has. They are kept in _build. Of each run:

    accuracy, loss    of the student on the 4,000 validation images
    teacher_accuracy  of the teacher on them
    test_accuracy, teacher_test_accuracy   on the 2,000 test images; in "distillation_seeds" alone
"""

import functools
from pathlib import Path

import torch
import torch.nn.functional as F
from pruning import BATCH, DENSE_RATE, NUM_TRAIN, load_data, make_net, train
from recording import record

import d2lite

WIDTHS = (3, 8, 25, 17)
NUM_PASSES, HARD = 12, 0.1
RATES = [0.003, 0.009, 0.027, 0.081, 0.16]
AMOUNTS = {"labels": [0.0], "smoothed": [0.05, 0.1, 0.2], "teacher": [1.0, 2.0, 4.0, 8.0, 16.0]}
GRID = [
    {"lesson": lesson, "amount": amount, "lr": lr}
    for lesson, amounts in AMOUNTS.items()
    for amount in amounts
    for lr in RATES
]
TEACHERS = range(9000, 9004)
PASSES_OF = {"teacher": NUM_PASSES, "half_trained": NUM_PASSES // 2}
KEPT = Path(f"_build/distillation_{NUM_PASSES}_{DENSE_RATE}_{TEACHERS[0]}_{TEACHERS[-1]}.pt")
SEEDS, OTHER_SEEDS = range(3), range(100, 110)


def train_teachers():
    """Train the LeNets that teach, unless they are kept, and keep what they make of each part of the data."""
    if KEPT.exists():
        return
    logits = {}
    for lesson, num_passes in PASSES_OF.items():
        nets = [train(make_net(seed), DENSE_RATE, seed, num_passes=num_passes) for seed in TEACHERS]
        with torch.no_grad():
            logits[lesson] = [torch.stack([net(inputs) for net in nets]).mean(0) for inputs, _ in load_data()]
    KEPT.parent.mkdir(exist_ok=True)
    part = KEPT.with_suffix(".part")
    torch.save(logits, part)
    part.replace(KEPT)


@functools.cache
def teacher_logits(lesson, part):
    """Return the teacher's logits on part 0 (training), 1 (validation) or 2 (test)."""
    train_teachers()
    return torch.load(KEPT, weights_only=True)[lesson][part]


def lesson_loss(lesson, amount, logits, targets, teacher):
    """Return the loss of a batch, as the module's docstring has it."""
    if lesson not in PASSES_OF:
        return F.cross_entropy(logits, targets, label_smoothing=amount)
    soft = F.cross_entropy(logits / amount, (teacher / amount).softmax(1))
    return (1 - HARD) * amount**2 * soft + HARD * F.cross_entropy(logits, targets)


def train_student(lesson, amount, lr, seed):
    """Return a trained student."""
    inputs, targets = load_data()[0]
    teacher = teacher_logits(lesson, 0) if lesson in PASSES_OF else torch.zeros(NUM_TRAIN, 10)
    net, order = make_net(seed, WIDTHS), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr)
    num_steps = NUM_PASSES * NUM_TRAIN // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=num_steps, cycle_momentum=False)
    for _ in range(NUM_PASSES):
        for rows in torch.randperm(NUM_TRAIN, generator=order).split(BATCH):
            loss = lesson_loss(lesson, amount, net(inputs[rows]), targets[rows], teacher[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return net


def correct(logits, targets):
    """Return the accuracy of logits."""
    return (logits.argmax(1) == targets).double().mean().item()


@torch.no_grad()
def train_point(lesson, amount, lr, tested=False, *, seed):
    """Train a student and return what the module's docstring names."""
    with torch.enable_grad():
        net = train_student(lesson, amount, lr, seed)
    scores = {}
    for part, prefix in ((1, ""), (2, "test_"))[: 1 + tested]:
        inputs, targets = load_data()[part]
        logits = net(inputs)
        scores[f"{prefix}accuracy"] = correct(logits, targets)
        taught_by = lesson if lesson in PASSES_OF else "teacher"
        scores[f"teacher_{prefix}accuracy"] = correct(teacher_logits(taught_by, part), targets)
        if part == 1:
            scores["loss"] = F.cross_entropy(logits, targets).item()
    return scores


def chosen(sweep):
    """Return for each lesson the point of the best mean validation accuracy, and a half-trained teacher's."""

    def score(point):
        return sum(run["accuracy"] for run in sweep.select(**point))

    best = [max((p for p in GRID if p["lesson"] == lesson), key=score) for lesson in AMOUNTS]
    return [point | {"tested": True} for point in [*best, best[-1] | {"lesson": "half_trained"}]]


if __name__ == "__main__":
    torch.set_num_threads(1)
    train_teachers()
    record(
        {
            "distillation": lambda: {"train": "train_point", "grid": GRID, "seeds": SEEDS},
            "distillation_seeds": lambda: {
                "train": "train_point",
                "grid": chosen(d2lite.Sweep.recorded("distillation")),
                "seeds": OTHER_SEEDS,
            },
        }
    )
