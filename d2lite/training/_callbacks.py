"""What `fit` can do besides training: stop early, change the learning rate, survive being killed."""

import copy
import inspect
import math
import warnings

import torch

from d2lite._utils.checks import check_choice, check_count, check_number
from d2lite.training.metrics import mode_of


class Callback:
    """Told of every event of a run; a subclass overrides what it needs.

    Each method gets the `Run`: its model, optimizer, history, epoch (finished ones), step (finished ones of
    this epoch), num_epochs, num_steps (an epoch's, None if unknown), and ``stop``, which ends the run
    after the epoch when set. Events are plain method calls, so a test can make them without a run.

    A checkpoint knows a callback by its class, its code and the arguments that it was made with, if its code
    names run.model, run.optimizer or run.stop; one that only watches may come and go between the parts of a run.
    """

    def __new__(cls, *arguments, **named):
        self = super().__new__(cls)
        self._made_with = arguments, named
        return self

    @property
    def arguments(self):
        """What this callback was made with, {name: value}, defaults included."""
        positional, named = self._made_with
        bound = inspect.signature(type(self).__init__).bind(self, *positional, **named)
        bound.apply_defaults()
        return dict(list(bound.arguments.items())[1:])

    def on_train_start(self, run):
        """Before the first step, or the first after a resumption."""

    def on_step_end(self, run):
        """After each optimizer step."""

    def on_epoch_end(self, run):
        """After each epoch, its row already in the history."""

    def on_train_end(self, run):
        """After the last epoch, and also when the run ends by an error or a keyboard interrupt."""

    def state_dict(self):
        """What a checkpoint must keep of this callback: tensors, numbers, strings, lists and dicts."""
        return {}

    def load_state_dict(self, state):
        """Take up the state that `state_dict` gave."""


def check_callbacks(callbacks):
    """Return the callbacks as a list, or raise a TypeError that says what else came."""
    if isinstance(callbacks, Callback) or not hasattr(callbacks, "__iter__"):
        raise TypeError(f"callbacks is a {type(callbacks).__name__}: expected a list of callbacks")
    callbacks = list(callbacks)
    for callback in callbacks:
        if not isinstance(callback, Callback):
            is_class = isinstance(callback, type)
            got = f"the class {callback.__name__}" if is_class else f"a {type(callback).__name__}"
            raise TypeError(f"callbacks holds {got}: expected an object of a subclass of Callback")
    return callbacks


def check_monitor(run, monitor, name, finished=False):
    """Raise a ValueError if the history has no such column, before the first epoch where that is sure already.

    Args:
        run: the `Run`.
        monitor: the column.
        name: who watches it.
        finished: whether an epoch is over; before that, other callbacks may still add the column.
    """
    adding = any(not type(callback).__module__.startswith("d2lite.") for callback in run.callbacks)
    columns = run.history.names if finished else run.columns
    if monitor in columns or (adding and not finished):
        return
    hint = "; give fit validation data" if monitor.startswith("validation") and run.validation is None else ""
    raise ValueError(f"{name} watches {monitor!r}, but the history has only {', '.join(columns)}{hint}")


def check_mode(mode, monitor, name="mode", run=None):
    """Raise a ValueError if it is known that the monitored figure should go the other way."""
    known = mode_of(monitor, run and run.metrics.get(monitor.partition("_")[2]))
    if mode and known not in (None, mode):
        raise ValueError(f"{name} is {mode!r}: expected {known!r} for {monitor!r}")


class EarlyStopping(Callback):
    """Stop when a figure of the history has not improved for some epochs.

    NaN and infinity are no improvement, and are told in a warning. Epochs whose row lacks the figure decide nothing.

    Args:
        patience: epochs without improvement after which training stops.
        monitor: the column of the history.
        min_delta: a smaller change is no improvement.
        restore_best: end with the weights of the best epoch instead of the last one's.
        mode: "min" if the figure should fall, "max" if it should rise. None: known of the loss and of this
            package's metrics; a metric of your own says it by an attribute, ``f1.mode = "max"``.

    After the run ``best`` is the best figure and ``best_epoch`` its epoch; None and 0 if no figure was finite.

    Raises:
        ValueError: the history will not have the column, or its mode is not known, or known to be the other one.

    Taught in chapters/05_regularization/dropout_and_early_stopping.
    """

    def __init__(self, patience=5, monitor="validation_loss", min_delta=0.0, restore_best=True, mode=None):
        self.patience = check_count(patience, "patience")
        self.min_delta = check_number(min_delta, "min_delta", 0, math.inf, open_high=True)
        check_choice(mode, (None, "min", "max"), "mode")
        check_mode(mode, monitor)
        self.monitor, self.restore_best, self.mode = monitor, restore_best, mode or mode_of(monitor)
        self.best, self.best_epoch, self.best_weights = None, 0, None

    def on_train_start(self, run):
        check_monitor(run, self.monitor, "EarlyStopping")
        check_mode(self.mode, self.monitor, run=run)
        self.mode = self.mode or mode_of(self.monitor, run.metrics.get(self.monitor.partition("_")[2]))
        if self.mode is None:
            raise ValueError(
                f"mode is None: expected 'min' or 'max', since it is not known whether {self.monitor!r} should fall "
                "or rise"
            )
        if run.epoch == 0:
            self.best, self.best_epoch, self.best_weights = None, 0, None

    def on_epoch_end(self, run):
        check_monitor(run, self.monitor, "EarlyStopping", finished=True)
        value = run.history[-1].get(self.monitor)
        if value is None:  # measured now and then only
            return
        value = float(value)
        if not math.isfinite(value) and self.monitor != "validation_loss":  # fit itself warns of that one
            warnings.warn(
                f"{self.monitor} is {value} in epoch {run.epoch}: no improvement", RuntimeWarning, 2
            )
        if math.isfinite(value) and self._is_better(value):
            self.best, self.best_epoch = value, run.epoch
            self.best_weights = copy.deepcopy(run.model.state_dict()) if self.restore_best else None
        elif run.epoch - self.best_epoch >= self.patience:
            run.stop = True

    def _is_better(self, value):
        if self.best is None:
            return True
        gain = self.best - value if self.mode == "min" else value - self.best
        return gain > self.min_delta

    def on_train_end(self, run):
        if self.best_weights is not None:
            run.model.load_state_dict(self.best_weights)

    def state_dict(self):
        return {"best": self.best, "best_epoch": self.best_epoch, "best_weights": self.best_weights}

    def load_state_dict(self, state):
        self.best, self.best_epoch, self.best_weights = (
            state["best"],
            state["best_epoch"],
            state["best_weights"],
        )


class Schedule(Callback):
    """Move the learning rate by a scheduler of torch.optim.lr_scheduler.

    Args:
        scheduler: made with the optimizer that fit is given.
        every: "epoch" or "step", when ``scheduler.step()`` is called.
        monitor: the column of the history that ReduceLROnPlateau needs; None for the other schedulers.

    Raises:
        TypeError: it is no scheduler.
        ValueError: the scheduler belongs to another optimizer, ends before the run does, was made for epochs and is
            called after steps, or the reverse, or watches a column that the history will not have, or in the wrong
            direction.
    """

    def __init__(self, scheduler, every="epoch", monitor=None):
        if not isinstance(scheduler, torch.optim.lr_scheduler.LRScheduler):
            raise TypeError(f"scheduler is {scheduler!r:.60}: expected an object of torch.optim.lr_scheduler")
        check_choice(every, ("epoch", "step"), "every")
        if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            if monitor is None or every != "epoch":
                raise ValueError(
                    f"monitor is {monitor!r} and every is {every!r}: expected a column of the history, such as "
                    "'validation_loss', and 'epoch' for ReduceLROnPlateau"
                )
            check_mode(scheduler.mode, monitor, "the scheduler's mode")
        elif monitor is not None:
            raise ValueError(
                f"monitor is {monitor!r}: expected None for {type(scheduler).__name__}, which looks at no figure"
            )
        self.scheduler, self.every, self.monitor = scheduler, every, monitor

    def on_train_start(self, run):
        if self.scheduler.optimizer is not run.optimizer:
            raise ValueError("the scheduler belongs to another optimizer: make it with the one given to fit")
        if self.monitor:
            check_monitor(run, self.monitor, type(self.scheduler).__name__)
            check_mode(self.scheduler.mode, self.monitor, "the scheduler's mode", run)
        self._check_length(run)

    def _check_length(self, run):
        """Raise a ValueError if the scheduler was made for another number of steps than it will be called for."""
        planned = getattr(self.scheduler, "T_max", getattr(self.scheduler, "total_steps", None))
        counts = {"epoch": run.num_epochs, "step": run.num_epochs * (run.num_steps or 0)}
        other = "step" if self.every == "epoch" else "epoch"
        if planned == counts[other] != counts[self.every] and run.num_steps:
            raise ValueError(
                f"every is {self.every!r}, with a scheduler for {planned} calls, as many as the run has {other}s: "
                f"expected {other!r}, or a scheduler for {counts[self.every]} calls"
            )
        if isinstance(self.scheduler, torch.optim.lr_scheduler.OneCycleLR):
            steps = run.num_epochs - run.epoch
            if self.every == "step":
                steps = steps * (run.num_steps or 0) - run.step
            left = self.scheduler.total_steps - self.scheduler.last_epoch
            if steps > left:
                raise ValueError(
                    f"the scheduler has {left} steps left: expected {steps}, as many as the run takes"
                )

    def on_step_end(self, run):
        if self.every == "step":
            self.scheduler.step()

    def on_epoch_end(self, run):
        if self.every == "epoch":
            if not self.monitor:
                self.scheduler.step()
                return
            check_monitor(run, self.monitor, type(self.scheduler).__name__, finished=True)
            value = run.history[-1].get(self.monitor)
            if value is not None:
                self.scheduler.step(value)

    def state_dict(self):
        return self.scheduler.state_dict()

    def load_state_dict(self, state):
        self.scheduler.load_state_dict(state)
