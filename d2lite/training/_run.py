"""A training run in progress: what `fit` works on, callbacks look at and checkpoints keep."""

import functools
import itertools
import math
import time
import warnings

import torch
from torch import nn

from d2lite._utils.checks import check_count, check_seed
from d2lite._utils.state import (
    generators_in,
    get_random_state,
    keep_mode,
    keep_random_state,
    set_random_state,
)
from d2lite.training import _losses as losses
from d2lite.training import metrics as metric_functions
from d2lite.training._batches import batch_length, batches_of, join_all, map_tensors
from d2lite.training._history import History
from d2lite.training._rehearsal import call_metric, check_later, rehearse, tell_where, try_data
from d2lite.training._team import Team

CHECK_EVERY = 50  # steps between two looks at the loss on an accelerator, where each look waits for it


class Run:
    """A training run in progress: what `fit` works on, callbacks look at and checkpoints keep.

    Attributes:
        model, optimizer, loss, metrics, history, callbacks: what is used and what was measured.
        forward: what is called to train: the model, or the DistributedDataParallel that holds it.
        rank: this process's number where several train one model, else 0.
        epoch, num_epochs: finished epochs, and how many there will be.
        step, num_steps: finished steps of this epoch, and an epoch's steps (None if unknown).
        losses: each step's loss of this epoch, 0-d tensors on the device.
        stop: set it to True to end the run after this epoch.
    """

    def __init__(
        self, model, train, validation, loss, optimizer, num_epochs, batch_size, metrics, device, seed
    ):
        self.num_epochs, self.seed = check_count(num_epochs, "num_epochs", least=0), check_seed(seed)
        batch_size = check_count(batch_size, "batch_size")
        self.device, self.forward, self.team = move_model(model, device), model, Team(model)
        self.model = model = self.team.model
        self.rank = self.team.rank
        self.frozen = [name for name, part in model.named_modules() if model.training and not part.training]
        self.loss, self.metrics = losses.resolve(loss), resolve_metrics(metrics)
        generator = torch.Generator().manual_seed(self.seed)
        self.batches = batches_of(train, batch_size, self.device, generator, "train")
        own = generators_in(model, self.loss, *self.metrics.values())
        self.batches.generators += own
        self.team.check_batches(self.batches)
        try_data(model, self.batches, self.loss, "train", self.metrics)
        self.validation = None
        if validation is not None:
            self.validation = batches_of(validation, max(batch_size, 256), self.device, name="validation")
            self.validation.generators += own
            try_data(model, self.validation, self.loss, "validation", self.metrics)
        self.optimizer = _resolve_optimizer(optimizer, model, self.loss)
        self.batches.generators += generators_in(self.optimizer)
        self.rehearsed = rehearse(self)  # copies, at which checkpoints look before the first step
        held = {id(parameter) for group in self.optimizer.param_groups for parameter in group["params"]}
        self.left_out = {id(p) for p in model.parameters() if p.requires_grad} - held  # by choice
        self.history, self.callbacks, self.stop = History(), [], False
        self.settings = self.moving = None  # what checkpoints compare, taken before they restore random state
        self.epoch = self.step = 0
        self.num_steps = self.batches.num_steps
        self.losses, self.sizes, self.metric_sums = [], [], {}
        self.epoch_random, self.step_random, self.started = None, None, time.perf_counter()
        self.epoch_counts = {}  # of the samplers, when the epoch began

    @property
    def columns(self):
        """The names that the history's rows will have, those that callbacks may add left out."""
        parts = ["train"] if self.validation is None else ["train", "validation"]
        return ["epoch", *(f"{part}_{name}" for part in parts for name in ("loss", *self.metrics)), "seconds"]

    def train_mode(self, model=None):
        """Put the model in training mode, but leave a part that the caller put in evaluation mode as it is."""
        model = self.model if model is None else model
        model.train()
        for name in self.frozen:
            model.get_submodule(name).training = False

    def remaining_batches(self):
        """Yield this epoch's batches; after a resumption those that are left, random state as it was then."""
        generators, resumed = self.batches.generators, self.step_random
        self.step_random = None
        if resumed:  # callbacks may have drawn numbers since, as they did when the run began
            set_random_state(self.epoch_random if self.step else resumed, generators, self.device)
        if self.step == 0:
            self.losses, self.sizes, self.metric_sums = [], [], {}
            self.epoch_random = get_random_state(generators, self.device)
        self.epoch_counts = self.batches.counts
        batches = iter(self.batches)
        if self.step:
            for _ in range(self.step):
                next(batches)
            set_random_state(resumed, generators, self.device)
        self.started = time.perf_counter()
        yield from map(self.team.share, batches)

    def record(self, loss, logits, targets):
        """Keep a step's figures, on the device; raise FloatingPointError if the loss is not finite."""
        if loss.ndim:
            raise ValueError(f"the loss has shape {tuple(loss.shape)}: expected one number, such as the mean")
        figures = {"loss": loss.detach()}
        with torch.no_grad():
            for name, metric in self.metrics.items():
                figures[name] = call_metric(name, metric, map_tensors(torch.Tensor.detach, logits), targets)
        figures, size = self.team.mean(figures, batch_length(targets))
        loss = figures.pop("loss")
        self.losses.append(loss)
        self.sizes.append(size)
        for name, value in figures.items():
            if isinstance(value, torch.Tensor):  # sums outgrow half precision and bytes
                single = torch.promote_types(value.dtype, torch.float32)
                value = value.to(single) if value.is_floating_point() else value.long()
            self.metric_sums[name] = self.metric_sums.get(name, 0) + value * size
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
            f"learning rate that is too high (it is {lr}), inputs that are not scaled, NaN among a DataLoader's "
            f"samples, {losses.ignored_cause(self.loss)}or a logarithm or division at 0"
        )

    def check_start(self):
        """Raise a ValueError if a weight or a running mean is NaN before the first step, as a failed run leaves it."""
        looked_at = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
        looked_at += [(name, b) for name, b in self.model.named_buffers() if "running_" in name]
        spoilt = next((name for name, value in looked_at if not value.detach().isfinite().all()), None)
        if spoilt is not None and self.epoch < self.num_epochs:
            raise ValueError(
                f"the model's {spoilt} holds NaN or infinity before the first step: expected numbers; make the model "
                "and its optimizer anew, as an earlier run may have spoilt them"
            )

    def check_weights(self, place="at the end"):
        """Raise FloatingPointError if the last step spoilt the weights, though its loss was finite."""
        finite = [p.detach().isfinite().all() for p in self.model.parameters() if p.requires_grad]
        if finite and not torch.stack(finite).all():
            raise FloatingPointError(
                f"the weights became NaN or infinite {place} of epoch {self.epoch + 1}, though the loss is finite: "
                "likely causes are a gradient at a point that has none, such as a square root or a norm at 0, and a "
                "learning rate that is too high"
            )

    def _warn_of_thawed(self):
        """Warn once of parameters that require gradients since the run began and are not the optimizer's."""
        held = {id(parameter) for group in self.optimizer.param_groups for parameter in group["params"]}
        thawed = {id(p) for p in self.model.parameters() if p.requires_grad} - held - self.left_out
        if thawed:
            self.left_out |= thawed
            warnings.warn(
                f"{len(thawed)} parameters of the model require gradients since epoch {self.epoch + 1}, and the "
                "optimizer lacks them: add them by run.optimizer.add_param_group, or they will not be trained",
                RuntimeWarning,
                stacklevel=3,
            )

    def finish_epoch(self):
        """Close the epoch: measure the validation data and add a row to the history."""
        if not self.losses:
            when = f"in epoch {self.epoch + 1}: expected a stream that can be read anew every epoch"
            raise ValueError(f"train gives no batch {when if self.epoch else ': expected at least one'}")
        values, count = torch.stack(self.losses).tolist(), sum(self.sizes)
        self._check_loss(sum(values))
        self.check_weights()
        self._warn_of_thawed()
        row = {"epoch": self.epoch + 1}
        self.team.agree()
        row["train_loss"] = sum(v * size for v, size in zip(values, self.sizes, strict=True)) / count
        row |= {f"train_{name}": float(total) / count for name, total in self.metric_sums.items()}
        if self.validation is not None:
            measured = measure(self.model, self.validation, self.loss, self.metrics)
            row |= {f"validation_{name}": value for name, value in measured.items()}
            if not math.isfinite(measured["loss"]):
                warnings.warn(
                    f"the validation loss is {measured['loss']} in epoch {self.epoch + 1}, though the training loss "
                    f"is finite: look for NaN among the validation data, {losses.ignored_cause(self.loss)}and for "
                    "inputs that are not scaled like the training data",
                    RuntimeWarning,
                    stacklevel=3,
                )
        row["seconds"] = time.perf_counter() - self.started
        self.history.rows.append(row)
        self.history.step_losses += values
        self.epoch, self.step = self.epoch + 1, 0


def measure(model, batches, loss, metrics):
    """Return {"loss": ..., name: ...} of a model in evaluation mode, as floats.

    Metrics and a loss of the caller's own are taken from the logits of all samples at once; the named losses are
    means over the targets, so that it is enough to add them up batch by batch.
    """
    by_batch = loss in losses.NAMES.values()
    total, count, outputs, answers = 0.0, 0, [], []
    with keep_mode(model), keep_random_state(batches.generators, batches.device), torch.no_grad():
        model.eval()
        for inputs, targets in batches:
            with tell_where(batches):
                logits = model(inputs)
                check_later(batches, loss, logits)
                if by_batch:
                    total = total + loss(logits, targets) * targets.numel()
                    count += targets.numel()
            if metrics or not by_batch:
                outputs.append(logits)
                answers.append(targets)
        if not count and not outputs:
            raise ValueError(
                "the data give no batch: expected at least one; a stream must be readable anew each time"
            )
        if metrics or not by_batch:
            outputs, answers = join_all(outputs), join_all(answers)
        measured = {"loss": float(total) / count if by_batch else loss(outputs, answers).item()}
        return measured | {name: float(call_metric(name, f, outputs, answers)) for name, f in metrics.items()}


def move_model(model, device):
    """Move the model to the device, unless that is None; return where it is."""
    if not isinstance(model, nn.Module):
        got = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
        raise TypeError(f"model is {got}: expected a torch.nn.Module")
    try:
        with keep_mode(model):
            model.eval()
    except NotImplementedError as error:  # of torch.export: its graphs do not know their mode
        raise ValueError(
            "model is an exported graph, which stays in the mode that it was exported in: expected a network; measure "
            "the graph as it is by metrics.accuracy(model(inputs), targets)"
        ) from error
    if device is not None:
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError, TypeError) as error:
            raise ValueError(
                f"device is {device!r}: expected one that this machine has ({str(error).splitlines()[0]})"
            ) from error
        model.to(device)
    devices = {tensor.device for tensor in itertools.chain(model.parameters(), model.buffers())}
    if len(devices) > 1:
        raise ValueError(
            f"the model is on {' and '.join(sorted(map(str, devices)))}: expected one device; give device=..."
        )
    return next(iter(devices), torch.device(device or "cpu"))  # "cuda" becomes "cuda:0"


def resolve_metrics(chosen):
    """Return {name: function} for None, a name, a function, a list of these, or a dict from name to function."""
    if chosen is None:
        return {}
    if isinstance(chosen, dict):
        pairs = list(chosen.items())
    else:
        if isinstance(chosen, str) or callable(chosen):
            chosen = [chosen]
        if not hasattr(chosen, "__iter__"):
            raise TypeError(
                f"metrics is a {type(chosen).__name__}: expected a name, a function, or a list or dict of them"
            )
        pairs = [(_name_of(metric), metric) for metric in chosen]
    named = {}
    for name, metric in pairs:
        if not isinstance(name, str):
            raise TypeError(f"metrics has the key {name!r}: expected a string, the metric's name")
        if name == "loss" or name in named:
            taken = "the loss's own" if name == "loss" else "that of two functions"
            raise ValueError(f"metrics has the name {name!r}, {taken}: expected different names; give a dict")
        if isinstance(metric, str) and metric not in ("accuracy", "perplexity"):
            raise ValueError(f"metrics has {metric!r}: expected 'accuracy', 'perplexity' or a function")
        named[name] = getattr(metric_functions, metric) if isinstance(metric, str) else metric
        if not callable(named[name]):
            raise TypeError(f"metric {name!r} is a {type(metric).__name__}: expected a function")
    return named


def _name_of(metric):
    while isinstance(metric, functools.partial):
        metric = metric.func
    return metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)


def _resolve_optimizer(optimizer, model, loss):
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not trainable:
        raise ValueError("the model has no parameter to train: expected one at least; see requires_grad")
    if optimizer is None:
        return torch.optim.Adam(trainable, lr=1e-3)
    if not isinstance(optimizer, torch.optim.Optimizer) and callable(optimizer):
        optimizer = optimizer(trainable)
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"optimizer is a {type(optimizer).__name__}: expected a torch optimizer")
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    missing = {id(parameter) for parameter in trainable} - held
    if len(missing) == len(trainable):
        raise ValueError("the optimizer holds no parameter of this model: make it with model.parameters()")
    parts = [model, loss] if isinstance(loss, nn.Module) else [model]
    strange = held - {id(parameter) for part in parts for parameter in part.parameters()}
    if missing and strange:
        raise ValueError(
            f"the optimizer holds {len(strange)} parameters that are not the model's, and lacks {len(missing)} that "
            "are: expected one made after the last change of the model's layers"
        )
    return optimizer
