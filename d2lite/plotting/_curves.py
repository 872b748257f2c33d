"""Learning curves."""

import numpy as np

from d2lite.plotting._style import MARKERS, make_figure, own_axes


def curves(history, axes=None, *, ylabel=None):
    """Draw a run's learning curves, or several curves for comparison.

    Args:
        history: History of a run: one panel for the loss and one for each metric, training against
            validation; or dict from label to list of numbers, one per epoch: one panel.
        axes: axes to draw on, one for each panel; None makes a figure.
        ylabel: what the numbers of a dict are.

    Returns:
        The axes: one for a dict, otherwise a list.

    Raises:
        ValueError: there is nothing to draw, or not one axes for each panel.
    """
    if isinstance(history, dict):
        if not history:
            raise ValueError("there are no curves to draw: expected a dict from label to list of numbers")
        ax = own_axes(axes)
        _panel(ax, {label: list(values) for label, values in history.items()}, ylabel)
        return ax
    figures = panels(history)
    if not figures:
        raise ValueError("the history is empty: train at least one epoch")
    if axes is None:
        axes = make_figure(1, len(figures), figsize=(4.2 * len(figures) + 0.6, 3.2))
    axes = list(np.ravel(axes))
    if len(axes) != len(figures):
        raise ValueError(f"{len(axes)} axes for {len(figures)} panels ({', '.join(figures)})")
    for ax, (figure, lines) in zip(axes, figures.items(), strict=True):
        _panel(ax, lines, figure)
    return axes


def panels(history):
    """Return {figure: {"training" or "validation": column}}, such as {"loss": {"training": [...]}}."""
    found = {}
    for name in history.names:
        part, _, figure = name.partition("_")
        if part in ("train", "validation") and figure:
            label = "training" if part == "train" else part
            found.setdefault(figure, {})[label] = history[name]
    return found


def _panel(ax, lines, ylabel):
    for i, (label, values) in enumerate(lines.items()):
        marker = MARKERS[i % len(MARKERS)] if len(values) <= 30 else None
        ax.plot(range(1, len(values) + 1), values, label=label, marker=marker, markersize=4)
    ax.set(xlabel="epoch", ylabel=ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()
