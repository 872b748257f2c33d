"""Train a model and measure it: `fit` and `evaluate`, and the `History` they fill."""

import contextlib
import itertools
import math
import random
import time

import numpy as np
import torch

from d2lite import losses
from d2lite import metrics as metric_functions
from d2lite.batches import batch_length, batches_of, keep_mode, try_model
from d2lite.callbacks import Callback, EarlyStopping, Schedule
from d2lite.checkpoint import Checkpoint
from d2lite.history import History, Table
from d2lite.random_state import get_random_state, set_random_state

__all__ = [
    "Callback", "Checkpoint", "EarlyStopping", "History", "Run", "Schedule", "Table",
    "device", "evaluate", "fit", "seed",
]  # fmt: skip
CHECK_EVERY = 50  # steps between two looks at the loss on an accelerator, where each look waits for it


def fit(
    model, train, validation=None, *, loss=None, optimizer=None, num_epochs=10, batch_size=64,
    metrics=None, callbacks=(), device=None, seed=0,
):  # fmt: skip
    """Train a model and return what was measured after each epoch.

    The same weights, data and seed give the same result, dropout included, whatever random numbers were
    drawn before; torch's own random state is left as it was found, and so is the model's train/eval mode.

    Args:
        model: torch module; it is trained in place.
        train: pair (inputs, targets) of tensors with N samples each, shuffled every epoch, or a DataLoader.
        validation: likewise, never shuffled; measured after every epoch. None: no validation.
        loss: function of (logits, targets) giving a 0-d tensor, or "cross_entropy" or "mse". None:
            cross-entropy, for (B, K) logits and class indices, or (B,) or (B, 1) logits and targets 0 or 1.
        optimizer: a torch optimizer of this model, or a function that makes one from the parameters.
            None: Adam with lr=1e-3, a rate that trains most small networks.
        num_epochs: passes over the training data.
        batch_size: B, for pairs of tensors; a DataLoader has its own.
        metrics: name of a function of d2lite.metrics, list of names, or dict from name to function of
            (logits, targets). On training data they are averaged over the batches.
        callbacks: list of `Callback` objects: ProgressBar, LivePlot, EarlyStopping, Schedule, Checkpoint.
        device: where to train; the model is moved there and stays. None: where the model is.
        seed: decides the order of the samples and the randomness inside the model.

    Returns:
        History with one row per epoch.

    Raises:
        TypeError, ValueError: data, shapes, types or labels that cannot work, found before training starts.
        FloatingPointError: the loss became NaN or infinite; says where and why that may be.
    """
    run = Run(model, train, validation, loss, optimizer, num_epochs, batch_size, metrics, device, seed)
    callbacks = sorted(callbacks, key=lambda callback: isinstance(callback, Checkpoint))  # saved last
    run.callbacks = callbacks
    with _reproducible(seed, run.device), keep_mode(model):
        for callback in reversed(callbacks):
            callback.on_train_start(run)  # a checkpoint first, so that the others see where the run resumes
        try:
            while run.epoch < num_epochs and not run.stop:
                _train_epoch(run)
                run.finish_epoch()
                for callback in callbacks:
                    callback.on_epoch_end(run)
        finally:
            for callback in callbacks:
                callback.on_train_end(run)
    return run.history


def _train_epoch(run):
    run.model.train()
    for inputs, targets in run.remaining_batches():
        logits = run.model(inputs)
        loss = run.loss(logits, targets)
        run.record(loss, logits, targets)  # keeps the figures, stops at a NaN
        run.optimizer.zero_grad()
        loss.backward()
        run.optimizer.step()
        for callback in run.callbacks:
            callback.on_step_end(run)


def evaluate(model, data, *, loss=None, metrics=None, batch_size=256, device=None):
    """Return the loss and the metrics of a model on data, in evaluation mode and without gradients.

    Args:
        model: torch module; its train/eval mode is left as it was found.
        data: pair (inputs, targets) of tensors with N samples each, or a DataLoader.
        loss: as in `fit`.
        metrics: as in `fit`; each is computed once from the logits of all samples, so it is exact.
        batch_size: samples at a time, for pairs of tensors.
        device: where to compute; the model is moved there and stays. None: where the model is.

    Returns:
        dict from "loss" and each metric's name to a float.

    Raises:
        TypeError, ValueError: data, shapes, types or labels that cannot work.
    """
    device = _place(model, device)
    loss, metrics = losses.resolve(loss), _resolve_metrics(metrics)
    batches = batches_of(data, batch_size, device, name="data")
    _check(model, batches, loss, "data")
    return _measure(model, batches, loss, metrics)


def _measure(model, batches, loss, metrics):
    total, count, logits_kept, targets_kept = 0.0, 0, [], []
    with keep_mode(model), torch.no_grad():
        model.eval()
        for inputs, targets in batches:
            logits = model(inputs)
            total = total + loss(logits, targets) * batch_length(targets)
            count += batch_length(targets)
            if metrics:
                logits_kept.append(logits)
                targets_kept.append(targets)
        if count == 0:
            raise ValueError("data is empty: expected at least one batch")
        measured = {"loss": float(total) / count}
        if metrics:
            logits, targets = torch.cat(logits_kept), torch.cat(targets_kept)
            measured |= {name: float(metric(logits, targets)) for name, metric in metrics.items()}
    return measured


class Run:
    """A training run in progress: what `fit` works on, callbacks look at and checkpoints keep.

    Attributes:
        model, optimizer, loss, metrics, history, callbacks: what is used and what was measured.
        epoch, num_epochs: finished epochs, and how many there will be.
        step, num_steps: finished steps of this epoch, and an epoch's steps (None if unknown).
        losses: each step's loss of this epoch, 0-d tensors on the device.
        stop: set it to True to end the run after this epoch.
    """

    def __init__(
        self, model, train, validation, loss, optimizer, num_epochs, batch_size, metrics, device, seed
    ):
        if isinstance(num_epochs, bool) or not isinstance(num_epochs, int) or num_epochs < 0:
            raise ValueError(f"num_epochs is {num_epochs!r}: expected a whole number, 0 or more")
        self.model, self.num_epochs, self.seed = model, num_epochs, seed
        self.device = _place(model, device)
        self.loss, self.metrics = losses.resolve(loss), _resolve_metrics(metrics)
        generator = torch.Generator().manual_seed(seed)
        self.batches = batches_of(train, batch_size, self.device, generator, "train")
        _check(model, self.batches, self.loss, "train")
        self.validation = None
        if validation is not None:
            self.validation = batches_of(validation, max(batch_size, 256), self.device, name="validation")
            _check(model, self.validation, self.loss, "validation")
        self.optimizer = _resolve_optimizer(optimizer, model)
        self.history, self.callbacks, self.stop = History(), [], False
        self.epoch = self.step = 0
        self.num_steps = self.batches.num_steps
        self.losses, self.sizes, self.metric_sums = [], [], {}
        self.epoch_random, self.step_random, self.started = None, None, time.perf_counter()

    def remaining_batches(self):
        """Yield this epoch's batches; after a resumption those that are left, random state as it was then."""
        generators = self.batches.generators
        if self.step == 0:
            self.losses, self.sizes, self.metric_sums = [], [], {}
            self.epoch_random = get_random_state(generators, self.device)
            batches = iter(self.batches)
        else:
            set_random_state(self.epoch_random, generators, self.device)
            batches = iter(self.batches)
            for _ in range(self.step):
                next(batches)
            set_random_state(self.step_random, generators, self.device)
        self.started = time.perf_counter()
        yield from batches

    def record(self, loss, logits, targets):
        """Keep a step's figures, on the device; raise FloatingPointError if the loss is not finite."""
        if loss.ndim:
            raise ValueError(f"the loss has shape {tuple(loss.shape)}: expected one number, such as the mean")
        size = batch_length(targets)
        self.losses.append(loss.detach())
        self.sizes.append(size)
        for name, metric in self.metrics.items():
            value = metric(logits.detach(), targets)
            self.metric_sums[name] = self.metric_sums.get(name, 0.0) + value * size
        if self.device.type == "cpu" or self.step % CHECK_EVERY == 0:
            self._check_loss(loss.item())
        self.step += 1

    def _check_loss(self, value):
        if math.isfinite(value):
            return
        values = torch.stack(self.losses).tolist()
        step, first = next((i, v) for i, v in enumerate(values, 1) if not math.isfinite(v))
        lr = self.optimizer.param_groups[0].get("lr")
        raise FloatingPointError(
            f"the loss became {first} in epoch {self.epoch + 1}, step {step}: likely causes are a "
            f"learning rate that is too high (it is {lr}), inputs that are not scaled, or a logarithm or "
            "division at 0"
        )

    def finish_epoch(self):
        """Close the epoch: measure the validation data and add a row to the history."""
        if not self.losses:
            raise ValueError("train is empty: expected at least one batch")
        values, count = torch.stack(self.losses).tolist(), sum(self.sizes)
        self._check_loss(sum(values))
        row = {"epoch": self.epoch + 1}
        row["train_loss"] = sum(v * size for v, size in zip(values, self.sizes, strict=True)) / count
        row |= {f"train_{name}": float(total) / count for name, total in self.metric_sums.items()}
        if self.validation is not None:
            measured = _measure(self.model, self.validation, self.loss, self.metrics)
            row |= {f"validation_{name}": value for name, value in measured.items()}
        row["seconds"] = time.perf_counter() - self.started
        self.history.rows.append(row)
        self.history.step_losses += values
        self.epoch, self.step = self.epoch + 1, 0


def _place(model, device):
    tensors = itertools.chain(model.parameters(), model.buffers())
    if device is None:
        return next((tensor.device for tensor in tensors), torch.device("cpu"))
    model.to(device)
    return next((tensor.device for tensor in tensors), torch.device(device))  # "cuda" becomes "cuda:0"


def _check(model, batches, loss, name):
    logits, targets = try_model(model, batches, name)
    if loss in losses.NAMES.values() and isinstance(logits, torch.Tensor):
        losses.check_targets(loss, logits, getattr(batches, "targets", targets))
        loss(logits, targets)


def _resolve_metrics(chosen):
    if chosen is None:
        return {}
    if isinstance(chosen, dict):
        return chosen
    named = {}
    for metric in [chosen] if isinstance(chosen, str) or callable(chosen) else chosen:
        if isinstance(metric, str):
            if metric not in ("accuracy", "perplexity"):
                raise ValueError(f"unknown metric {metric!r}: use 'accuracy', 'perplexity' or a function")
            named[metric] = getattr(metric_functions, metric)
        else:
            named[metric.__name__] = metric
    return named


def _resolve_optimizer(optimizer, model):
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not trainable:
        raise ValueError("the model has no parameter to train: check requires_grad")
    if optimizer is None:
        return torch.optim.Adam(trainable, lr=1e-3)
    if not isinstance(optimizer, torch.optim.Optimizer):
        if not callable(optimizer):
            raise TypeError(f"optimizer is a {type(optimizer).__name__}: expected a torch optimizer")
        return optimizer(trainable)
    known = {id(parameter) for parameter in trainable}
    if not any(id(parameter) in known for group in optimizer.param_groups for parameter in group["params"]):
        raise ValueError("the optimizer holds no parameter of this model: make it with model.parameters()")
    return optimizer


@contextlib.contextmanager
def _reproducible(seed, device):
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
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
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**32:
        raise ValueError(f"seed is {number!r}: expected a whole number from 0 to 2**32 - 1")
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002
    torch.manual_seed(number)
