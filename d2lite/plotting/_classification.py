"""Points of several classes, where a classifier tells them apart, and what it confuses."""

import numpy as np
import torch

from d2lite._utils.state import keep_mode
from d2lite.plotting._style import INK, MARKERS, class_color, make_figure, own_axes


def decision_boundary(predict, data, ax=None, *, class_names=None, margin=0.15, resolution=200):
    """Draw the points of a 2-D data set and the regions in which a classifier chooses each class.

    For two classes the shade is the probability and the line is where it is one half.

    Args:
        predict: torch module that gives logits, or function from (M, 2) float tensor to (M,) or (M, 1)
            probabilities of class 1, or to (M, K) scores of which the largest wins.
        data: pair of inputs (N, 2) and class indices (N,).
        ax: axes to draw on; None makes a figure.
        class_names: names for the legend; None takes the data's, if it has any.
        margin: room around the points, as a fraction of their spread.
        resolution: grid points along each axis.

    Returns:
        The axes.

    Raises:
        ValueError: the inputs are not (N, 2), or the predictions are none of the above.
    """
    inputs, targets = data
    inputs, targets = torch.as_tensor(inputs), torch.as_tensor(targets)
    if inputs.ndim != 2 or inputs.shape[1] != 2 or len(inputs) == 0:
        raise ValueError(f"inputs have shape {tuple(inputs.shape)}: expected (N, 2), two features to draw")
    ax = own_axes(ax)
    x1, x2, grid = _grid(inputs, margin, resolution)
    scores = _predict(predict, grid)
    extent = (x1[0, 0], x1[0, -1], x2[0, 0], x2[-1, 0])
    shades = _shades(scores).reshape(*x1.shape, 4)
    ax.imshow(shades, extent=extent, origin="lower", aspect="auto", interpolation="none", zorder=0)
    if scores.ndim == 1 and scores.min() < 0.5 < scores.max():
        ax.contour(x1, x2, scores.reshape(x1.shape), levels=[0.5], colors=INK, linewidths=1.8)
    points(data, ax, class_names=class_names)
    ax.set(xlim=extent[:2], ylim=extent[2:])
    return ax


def points(data, ax=None, *, class_names=None):
    """Draw a 2-D data set, one colour and marker per class; return the axes.

    Args:
        data: pair of inputs (N, 2) and class indices (N,).
        ax: axes to draw on; None makes a figure.
        class_names: names for the legend; None takes the data's, if it has any.
    """
    inputs, targets = (torch.as_tensor(part).cpu() for part in data)
    names = class_names or getattr(data, "class_names", None)
    ax = own_axes(ax)
    for k in sorted(targets.unique().long().tolist()):
        chosen = inputs[targets == k]
        label = names[k] if names else f"class {k}"
        marker = MARKERS[k % len(MARKERS)]
        ax.scatter(
            *chosen.T,
            s=22,
            color=class_color(k),
            marker=marker,
            edgecolor="white",
            linewidth=0.5,
            label=label,
        )
    feature_names = getattr(data, "feature_names", None) or ("$x_1$", "$x_2$")
    ax.set(xlabel=feature_names[0], ylabel=feature_names[1])
    ax.legend()
    return ax


def confusion_matrix(matrix, class_names=None, ax=None):
    """Draw a confusion matrix: rows are the true classes, shades the fraction of the row, numbers the counts.

    Args:
        matrix: (K, K) counts, as d2lite.training.metrics.confusion gives.
        class_names: K names; None uses the indices.
        ax: axes to draw on; None makes a figure.

    Returns:
        The axes.

    Raises:
        ValueError: the matrix is not square, or the names are not K.
    """
    matrix = torch.as_tensor(matrix).cpu()
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"the matrix has shape {tuple(matrix.shape)}: expected (K, K)")
    names = [str(k) for k in range(len(matrix))] if class_names is None else list(class_names)
    if len(names) != len(matrix):
        raise ValueError(f"{len(names)} class names for {len(matrix)} classes: expected one for each")
    if ax is None:
        side = 1.6 + 0.45 * len(matrix)
        ax = make_figure(1, 1, figsize=(side + 0.6, side))
    fractions = matrix / matrix.sum(1, keepdim=True).clamp(min=1)  # (K, K), rows sum to 1
    ax.imshow(fractions.numpy(), cmap="Blues", vmin=0, vmax=1)
    ax.grid(False)
    for (i, j), count in np.ndenumerate(matrix.numpy()):
        color = "white" if fractions[i, j] > 0.5 else "#22272e"
        ax.text(j, i, f"{count:g}", ha="center", va="center", color=color, fontsize="small")
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="predicted class", ylabel="true class")
    return ax


def _shades(scores):
    """Return an (M, 4) colour for (M,) probabilities or (M, K) scores, fainter the less certain."""
    from matplotlib.colors import to_rgb

    winners = (scores > 0.5).astype(int) if scores.ndim == 1 else scores.argmax(1)
    opacity = 0.08 + 0.6 * abs(scores - 0.5) if scores.ndim == 1 else np.full(len(scores), 0.25)
    colors = np.array([to_rgb(class_color(k)) for k in range(winners.max() + 1)])
    return np.column_stack([colors[winners], opacity])  # (M, 3) and (M,) -> (M, 4)


def _grid(inputs, margin, resolution):
    low, high = inputs.min(0).values, inputs.max(0).values
    room = margin * (high - low).clamp(min=1e-6)
    sides = [torch.linspace(low[i] - room[i], high[i] + room[i], resolution) for i in (0, 1)]
    x1, x2 = torch.meshgrid(*sides, indexing="xy")  # (R, R) each
    return x1.numpy(), x2.numpy(), torch.stack([x1.flatten(), x2.flatten()], 1)  # (R * R, 2)


def _predict(predict, grid):
    """Return (M,) probabilities of class 1 or (M, K) scores, as an array."""
    if isinstance(predict, torch.nn.Module):
        weights = next(predict.parameters(), grid)
        with keep_mode(predict), torch.no_grad():
            predict.eval()
            scores = predict(grid.to(weights))
        scores = scores.sigmoid() if scores.ndim == 1 or scores.shape[1] == 1 else scores.softmax(1)
    else:
        scores = torch.as_tensor(predict(grid))
    scores = scores.detach().cpu()
    if len(scores) != len(grid) or scores.ndim > 2:
        raise ValueError(
            f"predict gave shape {tuple(scores.shape)} for {len(grid)} points: expected (M,) or (M, K)"
        )
    if scores.ndim == 2 and scores.shape[1] == 2:
        scores = scores[:, 1] if _are_probabilities(scores) else scores
    scores = scores.squeeze(1) if scores.ndim == 2 and scores.shape[1] == 1 else scores
    if scores.ndim == 1 and not bool(((scores >= 0) & (scores <= 1)).all()):
        raise ValueError(
            "predict gave numbers outside [0, 1]: expected probabilities; put torch.sigmoid around logits"
        )
    return scores.double().numpy()


def _are_probabilities(scores):
    return bool((scores >= 0).all()) and bool(((scores.sum(1) - 1).abs() < 1e-4).all())
