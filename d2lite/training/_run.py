"""A training run in progress: what `fit` works on, callbacks look at and checkpoints keep."""

import itertools
import math
import time

import torch

from d2lite._utils.state import get_random_state, keep_mode, set_random_state
from d2lite.training import _losses as losses
from d2lite.training import metrics as metric_functions
from d2lite.training._batches import batch_length, batches_of, try_model
from d2lite.training._history import History

CHECK_EVERY = 50  # steps between two looks at the loss on an accelerator, where each look waits for it


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
        self.device = place(model, device)
        self.loss, self.metrics = losses.resolve(loss), resolve_metrics(metrics)
        generator = torch.Generator().manual_seed(seed)
        self.batches = batches_of(train, batch_size, self.device, generator, "train")
        check(model, self.batches, self.loss, "train")
        self.validation = None
        if validation is not None:
            self.validation = batches_of(validation, max(batch_size, 256), self.device, name="validation")
            check(model, self.validation, self.loss, "validation")
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
            measured = measure(self.model, self.validation, self.loss, self.metrics)
            row |= {f"validation_{name}": value for name, value in measured.items()}
        row["seconds"] = time.perf_counter() - self.started
        self.history.rows.append(row)
        self.history.step_losses += values
        self.epoch, self.step = self.epoch + 1, 0


def measure(model, batches, loss, metrics):
    """Return {"loss": ..., name: ...} of a model in evaluation mode, metrics from all logits at once."""
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


def place(model, device):
    """Move the model to the device, unless that is None; return where it is."""
    tensors = itertools.chain(model.parameters(), model.buffers())
    if device is None:
        return next((tensor.device for tensor in tensors), torch.device("cpu"))
    model.to(device)
    return next((tensor.device for tensor in tensors), torch.device(device))  # "cuda" becomes "cuda:0"


def check(model, batches, loss, name):
    """Raise one clear sentence if the model, the data and a built-in loss do not belong together."""
    logits, targets = try_model(model, batches, name)
    if loss in losses.NAMES.values() and isinstance(logits, torch.Tensor):
        losses.check_targets(loss, logits, getattr(batches, "targets", targets))
        loss(logits, targets)


def resolve_metrics(chosen):
    """Return {name: function} for None, a name, a function, a list of these, or a dict (itself)."""
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
