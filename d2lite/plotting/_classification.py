"""Points of several classes, where a classifier tells them apart, and what it confuses."""

import numpy as np
import torch

from d2lite._utils.checks import check_count, check_names, check_number
from d2lite._utils.state import keep_mode
from d2lite._utils.tensors import are_distributions, as_tensor, as_whole_numbers, gives_probabilities
from d2lite.plotting._style import INK, check_texts, class_color, make_figure, marker_of, own_axes, to_array


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
        ValueError: the data are none that `points` draws, there are none, or the predictions are none of the above.
    """
    inputs, _, class_names = _check_points(data, class_names)
    if len(inputs) == 0:
        raise ValueError("inputs has shape (0, 2): expected at least one sample")
    margin, resolution = check_number(margin, "margin", 0), check_count(resolution, "resolution", 2)
    x1, x2, grid = _grid(torch.from_numpy(inputs).float(), margin, resolution)
    scores = _predict(predict, grid)
    ax = own_axes(ax)
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

    Raises:
        ValueError: the inputs are not (N, 2) or finite, the classes are no whole numbers from 0 up, or lack a name.
    """
    inputs, targets, names = _check_points(data, class_names)
    ax = own_axes(ax)
    for k in np.unique(targets).tolist():
        look = {
            "color": class_color(k),
            "marker": marker_of(k),
            "edgecolor": "white",
            "linewidth": 0.5,
            "s": 22,
        }
        ax.scatter(*inputs[targets == k].T, label=names[k] if names else f"class {k}", **look)
    feature_names = getattr(data, "feature_names", None) or ("$x_1$", "$x_2$")
    ax.set(xlabel=feature_names[0], ylabel=feature_names[1])
    if len(targets):
        ax.legend()
    return ax


def _check_points(data, class_names):
    """Return (N, 2) inputs and (N,) classes as arrays, and the list of the classes' names, empty for none."""
    try:
        inputs, targets = data
    except (TypeError, ValueError):
        raise ValueError(
            f"data is a {type(data).__name__}: expected a pair, inputs (N, 2) and class indices (N,), such as the "
            "tensors of a TensorDataset"
        ) from None
    inputs, targets = to_array(inputs, "inputs"), as_whole_numbers(targets, "targets").cpu().numpy()
    if inputs.ndim != 2 or inputs.shape[1] != 2 or not np.isfinite(inputs).all():
        raise ValueError(f"inputs has shape {inputs.shape}: expected (N, 2), two finite features to draw")
    if targets.shape != inputs.shape[:1]:
        raise ValueError(f"targets has shape {targets.shape}: expected ({len(inputs)},), one class a sample")
    names = getattr(data, "class_names", ()) if class_names is None else class_names
    names = [str(name) for name in check_names(names, "class_names")]
    low, high = (targets.min(), targets.max()) if len(targets) else (0, -1)
    if low < 0 or (names and high >= len(names)):
        wanted = f"0 to {len(names) - 1}, those with a name" if names else "0 or more"
        raise ValueError(f"targets is from {low} to {high}: expected {wanted}")
    return inputs, targets, names


def confusion_matrix(matrix, class_names=None, ax=None):
    """Draw a confusion matrix: rows are the true classes, shades the fraction of the row, numbers the counts.

    Args:
        matrix: (K, K) counts, as d2lite.training.metrics.confusion gives.
        class_names: K names; None uses the indices.
        ax: axes to draw on; None makes a figure.

    Returns:
        The axes.

    Raises:
        ValueError: the matrix is not square or holds what is no count, or the names are not K.
    """
    matrix = to_array(matrix, "matrix").astype(float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) == 0:
        raise ValueError(f"matrix has shape {matrix.shape}: expected (K, K)")
    if not (np.isfinite(matrix) & (matrix >= 0)).all():
        raise ValueError("matrix holds NaN, infinity or a negative number: expected counts, 0 or more")
    names = range(len(matrix)) if class_names is None else class_names
    names = check_texts(names, len(matrix), "class_names", "classes")
    if ax is None:
        side = 1.6 + 0.45 * len(matrix)
        ax = make_figure(1, 1, figsize=(side + 0.6, side))
    ax = own_axes(ax)
    totals = matrix.sum(1, keepdims=True)
    fractions = matrix / np.where(totals > 0, totals, 1)  # (K, K), rows sum to 1
    ax.imshow(fractions, cmap="Blues", vmin=0, vmax=1)
    ax.grid(False)
    for (i, j), count in np.ndenumerate(matrix):
        color = "white" if fractions[i, j] > 0.5 else "#22272e"
        ax.text(j, i, f"{round(count, 3):.10g}", ha="center", va="center", color=color, fontsize="small")
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
    # a side without extent has room by its place, that float32 can divide
    flat = high - low <= 1e-6 * high.abs()
    room = torch.where(flat, max(margin, 0.05) * high.abs().clamp(min=1), margin * (high - low))
    sides = [torch.linspace(low[i] - room[i], high[i] + room[i], resolution) for i in (0, 1)]
    x1, x2 = torch.meshgrid(*sides, indexing="xy")  # (R, R) each
    return x1.numpy(), x2.numpy(), torch.stack([x1.flatten(), x2.flatten()], 1)  # (R * R, 2)


def _predict(predict, grid):
    """Return (M,) probabilities of class 1 or (M, K) scores, as an array."""
    if isinstance(predict, torch.nn.Module):
        scores = _predict_by_module(predict, grid)
    else:
        scores = as_tensor(predict(grid), "result of predict")
    scores = scores.detach().cpu().double()
    if scores.ndim not in (1, 2) or len(scores) != len(grid) or scores.numel() == 0:
        raise ValueError(
            f"result of predict has shape {tuple(scores.shape)}: expected (M,) or (M, K) for M = {len(grid)} points"
        )
    if scores.isnan().any():
        raise ValueError("result of predict holds NaN: expected numbers")
    if scores.ndim == 2 and scores.shape[1] == 2:
        scores = scores[:, 1] if are_distributions(scores) else scores
    scores = scores.squeeze(1) if scores.ndim == 2 and scores.shape[1] == 1 else scores
    if scores.ndim == 1 and not bool(((scores >= 0) & (scores <= 1)).all()):
        raise ValueError(
            f"result of predict is from {scores.min():g} to {scores.max():g}: expected probabilities, from 0 to 1; "
            "put torch.sigmoid around logits"
        )
    return scores.numpy()


def _predict_by_module(model, grid):
    """Return what `_predict` does, of a module that gives logits, as a tensor that nothing has checked yet."""
    grid = grid.to(next(model.parameters(), grid))
    with keep_mode(model), torch.no_grad():
        model.eval()
        logits = model(grid)
        if not torch.is_tensor(logits):
            raise ValueError(f"result of predict is a {type(logits).__name__}: expected a tensor of logits")
        if gives_probabilities(model, grid[:2], logits):  # a squeeze() leaves two rows alone
            raise ValueError(
                "predict ends in a sigmoid or softmax: expected a module that gives logits, or a function that gives "
                "probabilities, such as lambda x: model(x)"
            )
    return logits.sigmoid() if logits.shape[1:] in ((), (1,)) else logits.softmax(-1)
