"""See a run while it runs: a progress bar and a live plot, as callbacks of `fit`."""

import math
import os
import sys
import time

from d2lite._utils.checks import check_choice, check_number
from d2lite.training._callbacks import Callback
from d2lite.training._history import as_text

OUTPUTS = ("notebook", "static", "terminal", "log")
MOST_POINTS = 200  # of the loss of single steps in the live plot; neighbours are averaged


def find_output():
    """Return the kind of output: "notebook", "terminal", or where nobody watches it change: "static" or "log".

    A notebook that is executed without a reader (by nbconvert, or when this book is built) is static: its
    kernel is told that nobody can answer a question. A pipe, a file or no standard error stream at all (under
    pythonw) is a log. The environment variable D2LITE_PROGRESS, set to one of the four words, decides otherwise.
    """
    chosen = os.environ.get("D2LITE_PROGRESS")
    if chosen:
        check_choice(chosen, OUTPUTS, "D2LITE_PROGRESS")
        return "log" if chosen == "terminal" and sys.stderr is None else chosen
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return "notebook" if getattr(kernel, "_allow_stdin", True) else "static"
    try:
        return "terminal" if sys.stderr.isatty() else "log"
    except (AttributeError, ValueError):  # no stream, one of another kind, or a closed one
        return "log"


class ProgressBar(Callback):
    """Show how far a run is and its latest figures; where nobody watches, only the last line, as plain text.

    Args:
        output: one of `OUTPUTS`; None finds out.
        clock: function that gives seconds; a test gives its own.
        interval: seconds between two looks at the loss, which costs time on an accelerator.
    """

    def __init__(self, output=None, clock=time.monotonic, interval=0.2):
        self.output, self.clock = _check_output(output), clock
        self.interval = check_number(interval, "interval", 0)
        self.bar = None

    def on_train_start(self, run):
        self.found = self.output or find_output()
        self.bar, self.shown_at = None, self.clock()

    def on_step_end(self, run):
        if self.found in ("static", "log"):
            return
        if self.bar is None:
            self.bar = self._make_bar(run)
        self.bar.update()
        now = self.clock()
        if now - self.shown_at >= self.interval:
            self.shown_at = now
            self.bar.set_postfix_str(f"loss {run.losses[-1].item():.4g}", refresh=False)

    def on_epoch_end(self, run):
        if self.bar is not None:
            self.bar.set_description_str(f"epoch {run.epoch}/{run.num_epochs}", refresh=False)
            self.bar.set_postfix_str(summary(run.history[-1]))

    def on_train_end(self, run):
        if self.bar is not None:
            self.bar.close()
            self.bar = None
        elif len(run.history):
            seconds = sum(run.history["seconds"])
            print(f"epoch {run.epoch}/{run.num_epochs}: {summary(run.history[-1])} ({seconds:.1f} s)")

    def _make_bar(self, run):
        if self.found == "notebook":
            from tqdm.auto import tqdm
        else:
            from tqdm import tqdm
        steps = run.num_steps
        total = None if steps is None else steps * run.num_epochs
        done = 0 if steps is None else steps * run.epoch + run.step - 1
        hidden = sys.stderr is None and self.found != "notebook"
        return tqdm(
            disable=hidden,
            total=total,
            initial=done,
            desc=f"epoch {run.epoch + 1}/{run.num_epochs}",
            unit="step",
        )


def _check_output(output):
    if output is not None:
        check_choice(output, OUTPUTS, "output")
    return output


def summary(row):
    """Return a history's row as a short text, without its epoch and seconds."""
    shown = ((name, value) for name, value in row.items() if name not in ("epoch", "seconds"))
    return ", ".join(f"{name.replace('_', ' ')} {as_text(value)}" for name, value in shown)


class LivePlot(Callback):
    """Draw the learning curves while they grow: in a notebook, at most once per interval of wall-clock time.

    The figure is made once and its lines are given new data. A notebook executed without a reader gets it
    once, at the end; a terminal not at all.

    Args:
        interval: seconds between two drawings.
        output: one of `OUTPUTS`; None finds out.
        clock: function that gives seconds; a test gives its own.
        display: function that shows a figure and returns an object whose ``update(figure)`` shows it anew;
            None uses IPython's.
    """

    def __init__(self, interval=0.5, output=None, clock=time.monotonic, display=None):
        self.interval, self.output = check_number(interval, "interval", 0), _check_output(output)
        self.clock, self.display = clock, display or _display
        self.figure = None

    def on_train_start(self, run):
        self.found = self.output or find_output()
        self.figure, self.handle, self.lines, self.drawn_at = None, None, {}, -math.inf

    def on_step_end(self, run):
        self._draw_if_due(run)

    def on_epoch_end(self, run):
        self._draw_if_due(run)

    def on_train_end(self, run):
        if self.found in ("notebook", "static") and len(run.history):
            self.draw(run)

    def _draw_if_due(self, run):
        if self.found == "notebook" and self.clock() - self.drawn_at >= self.interval:
            self.draw(run)
            self.drawn_at = (
                self.clock()
            )  # counted from the end, so that slow drawing cannot take all the time

    def draw(self, run):
        """Bring the lines up to date and show the figure."""
        if self.figure is None:
            self.figure, self.lines = _make_figure(run)
        for (panel, label), line in self.lines.items():
            line.set_data(*_series(run, panel, label))
        for ax in self.figure.axes:
            ax.relim()
            ax.autoscale_view()
        if self.handle is None:
            self.handle = self.display(self.figure)
        else:
            self.handle.update(self.figure)


def _display(figure):
    from IPython.display import display

    return display(figure, display_id=True)


def _make_figure(run):
    """Return a figure with one panel for the loss and each metric, and its lines by (panel, label)."""
    from matplotlib import pyplot as plt

    names = ["loss", *run.metrics]
    figure, axes = plt.subplots(1, len(names), figsize=(4.2 * len(names) + 0.6, 3.2), squeeze=False)
    plt.close(figure)  # shown by its handle only, not once more at the end of the cell
    labels = ["training"] if run.validation is None else ["training", "validation"]
    lines = {}
    for ax, name in zip(axes[0], names, strict=True):
        for label in labels:
            marker = None if (name, label) == ("loss", "training") else "o"
            (lines[name, label],) = ax.plot([], [], label=label, marker=marker, markersize=4)
        ax.set(xlabel="epoch", ylabel=name, xlim=(0, max(run.num_epochs, 1)))
        ax.legend()
    return figure, lines


def _series(run, panel, label):
    """Return (x, y) of a line, x in epochs: the loss step by step, thinned; all else epoch by epoch."""
    if panel == "loss" and label == "training" and run.num_steps:
        losses = run.history.step_losses + [loss.item() for loss in run.losses[: run.step]]
        block = max(1, len(losses) // MOST_POINTS)
        starts = range(0, len(losses), block)
        parts = [losses[start : start + block] for start in starts]
        x = [(start + len(part) / 2) / run.num_steps for start, part in zip(starts, parts, strict=True)]
        return x, [sum(part) / len(part) for part in parts]
    column = f"{'train' if label == 'training' else label}_{panel}"
    return run.history.epochs, run.history[column] if len(run.history) else []
