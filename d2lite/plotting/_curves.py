"""Learning curves."""

import numpy as np

from d2lite.plotting._style import PALETTE, make_figure, marker_of, own_axes, to_array

_DASHES = ("-", "--", ":", "-.")


def curves(history, axes=None, *, ylabel=None):
    """Draw a run's learning curves, or several curves for comparison.

    Args:
        history: History of a run: one panel for the loss and one for each metric, training against
            validation; or dict from label to list of numbers, one per epoch: one panel. NaN leaves a gap.
        axes: axes to draw on, one for each panel; None makes a figure.
        ylabel: what the numbers of a dict are.

    Returns:
        The axes: one for a dict, otherwise a list.

    Raises:
        ValueError: it is neither a History nor a dict, there is nothing to draw, or not one axes for each panel.
    """
    if isinstance(history, dict):
        if not history:
            raise ValueError("history is an empty dict: expected one from label to list of numbers")
        lines = {label: to_array(values, f"history[{label!r}]") for label, values in history.items()}
        for label, values in lines.items():
            if values.ndim != 1:
                raise ValueError(f"history[{label!r}] has shape {values.shape}: expected (epochs,)")
        ax = own_axes(_one(axes))
        _panel(ax, lines, ylabel)
        return ax
    if not hasattr(history, "names"):
        raise ValueError(
            f"history is a {type(history).__name__}: expected the History of a run, or a dict from label to numbers"
        )
    figures = panels(history)
    if not figures:
        raise ValueError("history is empty: expected at least one epoch")
    if axes is None:
        axes = make_figure(1, len(figures), figsize=(4.2 * len(figures) + 0.6, 3.2))
    axes = list(np.ravel(axes))
    if len(axes) != len(figures):
        raise ValueError(
            f"axes has {len(axes)} for {len(figures)} panels: expected one for each of {', '.join(figures)}"
        )
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
    from matplotlib.ticker import MaxNLocator

    for i, (label, values) in enumerate(lines.items()):
        marker = marker_of(i) if len(values) <= 30 else None
        dashes = _DASHES[i // len(PALETTE) % len(_DASHES)]  # a second round of the colours looks otherwise
        ax.plot(range(1, len(values) + 1), values, dashes, label=str(label), marker=marker, markersize=4)
    ax.set(xlabel="epoch", ylabel=ylabel)
    if isinstance(ax.xaxis.get_major_locator(), MaxNLocator):
        ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()


def _one(axes):
    """Return the axes of a list or array of one, or what came; several raise a ValueError."""
    if np.size(axes) != 1:
        raise ValueError(f"axes has {np.size(axes)} for one panel: expected one")
    return axes if axes is None else np.ravel(axes)[0]
