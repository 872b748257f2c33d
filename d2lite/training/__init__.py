"""Train a model and measure it: `fit` and `evaluate`, and the `History` they fill."""

import contextlib

import torch

from d2lite._utils.checks import check_seed
from d2lite._utils.state import generators_in, keep_mode, keep_random_state, set_seed
from d2lite.training import _losses as losses
from d2lite.training import mistakes as mistakes
from d2lite.training._batches import batches_of
from d2lite.training._callbacks import Callback, EarlyStopping, Schedule, check_callbacks
from d2lite.training._checkpoint import Checkpoint
from d2lite.training._history import History, Table
from d2lite.training._rehearsal import check_later, tell_where, try_data
from d2lite.training._run import Run, measure, move_model, resolve_metrics
from d2lite.training._team import join_processes
from d2lite.training.progress import LivePlot, ProgressBar

__all__ = [
    "Callback", "Checkpoint", "EarlyStopping", "History", "LivePlot", "ProgressBar", "Run", "Schedule", "Table",
    "device", "evaluate", "fit", "join_processes", "seed",
]  # fmt: skip


def fit(
    model, train, validation=None, *, loss=None, optimizer=None, num_epochs=10, batch_size=64,
    metrics=None, callbacks=(), device=None, seed=0,
):  # fmt: skip
    """Train a model and return what was measured after each epoch.

    The same weights, data and seed give the same result, dropout and random data included, whatever random
    numbers were drawn before. The random state of Python, NumPy and torch is left as it was found, but for
    lazy layers, which draw their weights when they meet the first batch; so is that of generators which the
    loader, the data, the model, the optimizer, the loss or metrics hold, and the model's train/eval mode. A
    part that is in evaluation mode while the model is in training mode stays so: a frozen batch norm remains
    frozen. Before the first step one is rehearsed on copies of the model, the optimizer and the loss, so that
    what cannot work is told while the weights are as they were.

    Args:
        model: torch module; it is trained in place. One in DistributedDataParallel is trained by all processes
            that torchrun has started (`join_processes`): each takes its share of every batch, and their weights are
            those of one process but for rounding, and for what looks at a whole batch (batch norm) or draws random
            numbers (dropout). The first alone shows progress and saves checkpoints; each measures the validation data.
        train: pair (inputs, targets) of tensors with N samples each, shuffled every epoch, or a DataLoader.
        validation: likewise, never shuffled; measured after every epoch. None: no validation.
        loss: function of (logits, targets) giving a 0-d tensor, a mean over the samples, or "cross_entropy" or
            "mse". None: cross-entropy, for (B, K) logits and class indices or (B, K) probabilities of the
            classes (one-hot, soft labels), or for (B,) or (B, 1) logits and targets 0 or 1. A sample that has
            several labels needs a loss that says so: nn.BCEWithLogitsLoss().
        optimizer: a torch optimizer of this model, and of a loss that has parameters to train, or a function that
            makes one from the model's parameters. None: Adam with lr=1e-3, a rate that trains most small networks.
        num_epochs: passes over the training data.
        batch_size: B, of all processes together, for pairs of tensors; a DataLoader has its own.
        metrics: name of a function of d2lite.training.metrics, list of names, or dict from name to function of
            (logits, targets) that gives one number. On training data they, and the loss, are means over the
            batches, each batch weighing as many as its samples, measured while the weights move: for what is no
            plain mean over samples (class weights, perplexity, recall) that depends on the batch size.
            Validation figures are taken from all samples at once, as in `evaluate`.
        callbacks: list of `Callback` objects: ProgressBar, LivePlot, EarlyStopping, Schedule, Checkpoint.
        device: where to train; the model is moved there and stays. None: where the model is.
        seed: decides the randomness inside the model and the order of the samples: of a pair, and of a DataLoader
            unless it, its sampler or its dataset has a generator of its own, whose state decides then.

    Returns:
        History with one row per epoch.

    Raises:
        TypeError, ValueError: data, shapes, types or labels that cannot work, found before training starts.
        FloatingPointError: the loss or the weights became NaN or infinite; says where and why that may be.
    """
    run = Run(model, train, validation, loss, optimizer, num_epochs, batch_size, metrics, device, seed)
    # Saved last.
    callbacks = sorted(check_callbacks(callbacks), key=lambda callback: isinstance(callback, Checkpoint))
    if run.rank > 0:
        callbacks = [callback for callback in callbacks if not isinstance(callback, (ProgressBar, LivePlot))]
    run.callbacks = callbacks
    with _reproducible(run), keep_mode(model):
        for callback in reversed(callbacks):
            callback.on_train_start(run)  # a checkpoint first, so that the others see where the run resumes
        run.rehearsed = None
        run.check_start()
        try:
            while run.epoch < run.num_epochs and not run.stop:
                _train_epoch(run)
                run.finish_epoch()
                for callback in callbacks:
                    callback.on_epoch_end(run)
        finally:
            for callback in callbacks:
                callback.on_train_end(run)
    return run.history


def _train_epoch(run):
    run.train_mode()
    for inputs, targets in run.remaining_batches():
        with tell_where(run.batches, run.epoch), run.team.own_randomness(run.seed, run.epoch, run.step):
            logits = run.forward(inputs)
            check_later(run.batches, run.loss, logits)
            loss = run.loss(logits, targets)
        run.record(loss, logits, targets)  # keeps the figures, stops at a NaN
        run.optimizer.zero_grad()
        run.team.weigh(loss).backward()
        run.optimizer.step()
        for callback in run.callbacks:
            callback.on_step_end(run)


def evaluate(model, data, *, loss=None, metrics=None, batch_size=256, device=None):
    """Return the loss and the metrics of a model on data, in evaluation mode and without gradients.

    Random state is left as it was found, so that random data give the same figures again; lazy layers alone draw from
    it, as in `fit`.

    Args:
        model: torch module; its train/eval mode is left as it was found.
        data: pair (inputs, targets) of tensors with N samples each, or a DataLoader.
        loss: as in `fit`. One of your own is computed once from the logits of all samples, so that class
            weights and the like do not depend on the batch size.
        metrics: as in `fit`; each is computed once from the logits of all samples, so it is exact.
        batch_size: samples at a time, for pairs of tensors.
        device: where to compute; the model is moved there and stays. None: where the model is.

    Returns:
        dict from "loss" and each metric's name to a float.

    Raises:
        TypeError, ValueError: data, shapes, types or labels that cannot work.
    """
    device = move_model(model, device)
    loss, metrics = losses.resolve(loss), resolve_metrics(metrics)
    batches = batches_of(data, batch_size, device, name="data")
    batches.generators += generators_in(model, loss, *metrics.values())
    try_data(model, batches, loss, "data", metrics, call_metrics=False)  # some need all samples at once
    batches.restart()
    return measure(model, batches, loss, metrics)


@contextlib.contextmanager
def _reproducible(run):
    with keep_random_state(run.batches.generators, run.device):
        for batches in (run.batches, run.validation):
            if batches is not None:
                batches.restart()
        set_seed(run.seed, run.device)
        yield


def device():
    """Return the best device of this machine: CUDA, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def seed(number):
    """Set the random state of Python, NumPy and torch, so that what follows gives the same numbers again.

    Args:
        number: whole number from 0 to 2**32 - 1.
    """
    number = check_seed(number)
    set_seed(number)
    torch.manual_seed(number)  # every device
