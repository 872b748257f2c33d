"""What `fit` can do besides training: stop early, change the learning rate, survive being killed."""

import copy


class Callback:
    """Told of every event of a run; a subclass overrides what it needs.

    Each method gets the `Run`: its model, optimizer, history, epoch (finished ones), step (finished ones of
    this epoch), num_epochs, num_steps (an epoch's, None if unknown), and ``stop``, which ends the run
    after the epoch when set. Events are plain method calls, so a test can make them without a run.
    """

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


class EarlyStopping(Callback):
    """Stop when a figure of the history has not improved for some epochs.

    Args:
        patience: epochs without improvement after which training stops.
        monitor: the column of the history; a loss (or any name that holds "loss", "error" or
            "perplexity") should fall, every other figure rise.
        min_delta: a smaller change is no improvement.
        restore_best: end with the weights of the best epoch instead of the last one's.

    After the run ``best`` is the best figure and ``best_epoch`` its epoch. Taught in
    chapters/04_regularization/dropout_and_early_stopping.
    """

    def __init__(self, patience=5, monitor="validation_loss", min_delta=0.0, restore_best=True):
        if patience < 1:
            raise ValueError(f"patience is {patience}: expected at least 1 epoch")
        if min_delta < 0:
            raise ValueError(f"min_delta is {min_delta}: expected 0 or more")
        self.patience, self.monitor, self.min_delta, self.restore_best = (
            patience,
            monitor,
            min_delta,
            restore_best,
        )
        self.best, self.best_epoch, self.best_weights = None, 0, None
        self.sign = 1 if any(word in monitor for word in ("loss", "error", "perplexity")) else -1

    def on_train_start(self, run):
        if run.epoch == 0:
            self.best, self.best_epoch, self.best_weights = None, 0, None

    def on_epoch_end(self, run):
        if self.monitor not in run.history[-1]:
            hint = "; give fit validation data" if self.monitor.startswith("validation") else ""
            raise ValueError(
                f"EarlyStopping watches {self.monitor!r}, but the history has only "
                f"{', '.join(run.history.names)}{hint}"
            )
        value = run.history[-1][self.monitor]
        if self.best is None or self.sign * (self.best - value) > self.min_delta:
            self.best, self.best_epoch = value, run.epoch
            self.best_weights = copy.deepcopy(run.model.state_dict()) if self.restore_best else None
        elif run.epoch - self.best_epoch >= self.patience:
            run.stop = True

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
    """

    def __init__(self, scheduler, every="epoch", monitor=None):
        if every not in ("epoch", "step"):
            raise ValueError(f"every is {every!r}: expected 'epoch' or 'step'")
        self.scheduler, self.every, self.monitor = scheduler, every, monitor

    def on_train_start(self, run):
        if self.scheduler.optimizer is not run.optimizer:
            raise ValueError("the scheduler belongs to another optimizer: make it with the one given to fit")

    def on_step_end(self, run):
        if self.every == "step":
            self.scheduler.step()

    def on_epoch_end(self, run):
        if self.every == "epoch":
            self.scheduler.step(*([run.history[-1][self.monitor]] if self.monitor else []))

    def state_dict(self):
        return self.scheduler.state_dict()

    def load_state_dict(self, state):
        self.scheduler.load_state_dict(state)
