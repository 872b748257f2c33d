"""Figures in the house style, readable on the light and the dark page alike."""

import math
import sys

import numpy as np
import torch

# Six colours that differ by at least 16 (CIE76) for normal, protan, deutan and tritan sight (by the matrices
# of Machado and others, 2009), each at least 3:1 against the light and the dark page. Blue, orange and green
# follow Okabe and Ito (2008).
PALETTE = ("#2f6fb3", "#d9731a", "#009e73", "#c46a9c", "#94612f", "#9556e0")
CLASS_COLORS = PALETTE  # class 0 blue and class 1 orange, as in the explorers
MARKERS = ("o", "^", "s", "D", "v", "P")  # a second sign beside the colour
INK = "#767b85"  # text and lines: 4.1:1 against both pages, the most that one colour can have

STYLE = {
    "figure.figsize": (6.0, 3.6),
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": "medium",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": INK,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.8,
    "font.size": 11,
    "svg.fonttype": "path",  # the same letters on every machine
    "svg.hashsalt": "d2lite",  # the same file on every build
}


def use_style():
    """Make the house style the default of this process, and SVG the format of a notebook's figures.

    Nothing changes before this is called. ``matplotlib.rcdefaults()`` takes it back.
    """
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update(STYLE | {"axes.prop_cycle": cycler(color=PALETTE)})
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", facecolor="none", metadata={"Date": None})


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
    ax = _axes(ax)
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
    ax = _axes(ax)
    for k in sorted(targets.unique().long().tolist()):
        chosen = inputs[targets == k]
        label = names[k] if names else f"class {k}"
        marker = MARKERS[k % len(MARKERS)]
        ax.scatter(
            *chosen.T, s=22, color=_color(k), marker=marker, edgecolor="white", linewidth=0.5, label=label
        )
    feature_names = getattr(data, "feature_names", None) or ("$x_1$", "$x_2$")
    ax.set(xlabel=feature_names[0], ylabel=feature_names[1])
    ax.legend()
    return ax


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
        ax = _axes(axes)
        _panel(ax, {label: list(values) for label, values in history.items()}, ylabel)
        return ax
    figures = panels(history)
    if not figures:
        raise ValueError("the history is empty: train at least one epoch")
    if axes is None:
        axes = _figure(1, len(figures), figsize=(4.2 * len(figures) + 0.6, 3.2))
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


def image_grid(images, titles=None, *, columns=8, size=1.1, cmap=None):
    """Draw images in rows, dark where a grey value is low.

    Args:
        images: (N, H, W), (N, 1, H, W) or (N, 3, H, W) array or tensor, values in [0, 1].
        titles: N texts, one above each image.
        columns: images in a row.
        size: width of an image in inches.
        cmap: matplotlib colour map for images of one channel; None is grey.

    Returns:
        (rows, columns) array of axes.

    Raises:
        ValueError: the shape or the range is another, or the titles are not N.
    """
    images = torch.as_tensor(images).detach().cpu().float()
    if images.ndim == 4 and images.shape[1] in (1, 3):
        images = images.permute(0, 2, 3, 1).squeeze(-1)  # (N, H, W) or (N, H, W, 3)
    elif images.ndim != 3:
        raise ValueError(
            f"images have shape {tuple(images.shape)}: expected (N, H, W), (N, 1, H, W) or (N, 3, H, W)"
        )
    if len(images) == 0 or not (images.min() >= 0 and images.max() <= 1):
        raise ValueError("expected at least one image, with values in [0, 1]: divide bytes by 255")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(titles)} titles for {len(images)} images: expected one for each")
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    height = size * images.shape[1] / images.shape[2] + (0.25 if titles is not None else 0)
    axes = np.reshape(_figure(rows, columns, figsize=(size * columns, height * rows)), (rows, columns))
    for i, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if i < len(images):
            ax.imshow(images[i].numpy(), cmap=cmap or "gray", vmin=0, vmax=1, interpolation="nearest")
            if titles is not None:
                ax.set_title(str(titles[i]), fontsize="small")
    return axes


def boxes(image, boxes, ax=None, *, labels=None, colors=None, dashed=False):
    """Draw boxes on an image; return the axes.

    Args:
        image: (3, H, W) or (1, H, W) tensor with values in [0, 1]; None draws the boxes alone.
        boxes: (N, 4) tensor, xyxy in pixels.
        ax: axes to draw on; None makes a figure.
        labels: N texts, each written over its box.
        colors: one colour for all, or N of them.
        dashed: whether the lines are dashed, to tell a second set of boxes from the first.

    Returns:
        The axes.

    Raises:
        ValueError: the boxes are not (N, 4), or the labels are not N.
    """
    from matplotlib.patches import Rectangle

    boxes = torch.as_tensor(boxes).detach().cpu()
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes have shape {tuple(boxes.shape)}: expected (N, 4), xyxy in pixels")
    if labels is not None and len(labels) != len(boxes):
        raise ValueError(f"{len(labels)} labels for {len(boxes)} boxes: expected one for each")
    ax = _axes(ax)
    if image is not None:
        ax.imshow(image.permute(1, 2, 0).numpy(), extent=(0, image.shape[2], image.shape[1], 0), cmap="gray")
        ax.set_axis_off()
    colors = [colors or PALETTE[1]] * len(boxes) if colors is None or isinstance(colors, str) else colors
    for i, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        style = {"edgecolor": colors[i], "linewidth": 2, "linestyle": "--" if dashed else "-"}
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, **style))
        if labels is not None:
            backing = {"facecolor": colors[i], "edgecolor": "none", "pad": 1}
            ax.text(x1, y1, labels[i], color="white", fontsize=7, verticalalignment="bottom", bbox=backing)
    return ax


def confusion_matrix(matrix, class_names=None, ax=None):
    """Draw a confusion matrix: rows are the true classes, shades the fraction of the row, numbers the counts.

    Args:
        matrix: (K, K) counts, as d2lite.metrics.confusion gives.
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
        ax = _figure(1, 1, figsize=(side + 0.6, side))
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


def _figure(rows, columns, **options):
    from matplotlib import pyplot as plt

    return plt.subplots(rows, columns, **options)[1]


def _axes(ax):
    return _figure(1, 1) if ax is None else ax


def _color(k):
    return CLASS_COLORS[k % len(CLASS_COLORS)]


def _shades(scores):
    """Return an (M, 4) colour for (M,) probabilities or (M, K) scores, fainter the less certain."""
    from matplotlib.colors import to_rgb

    winners = (scores > 0.5).astype(int) if scores.ndim == 1 else scores.argmax(1)
    opacity = 0.08 + 0.6 * abs(scores - 0.5) if scores.ndim == 1 else np.full(len(scores), 0.25)
    colors = np.array([to_rgb(_color(k)) for k in range(winners.max() + 1)])
    return np.column_stack([colors[winners], opacity])  # (M, 3) and (M,) -> (M, 4)


def _panel(ax, lines, ylabel):
    for i, (label, values) in enumerate(lines.items()):
        marker = MARKERS[i % len(MARKERS)] if len(values) <= 30 else None
        ax.plot(range(1, len(values) + 1), values, label=label, marker=marker, markersize=4)
    ax.set(xlabel="epoch", ylabel=ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()


def _grid(inputs, margin, resolution):
    low, high = inputs.min(0).values, inputs.max(0).values
    room = margin * (high - low).clamp(min=1e-6)
    sides = [torch.linspace(low[i] - room[i], high[i] + room[i], resolution) for i in (0, 1)]
    x1, x2 = torch.meshgrid(*sides, indexing="xy")  # (R, R) each
    return x1.numpy(), x2.numpy(), torch.stack([x1.flatten(), x2.flatten()], 1)  # (R * R, 2)


def _predict(predict, grid):
    """Return (M,) probabilities of class 1 or (M, K) scores, as an array."""
    if isinstance(predict, torch.nn.Module):
        from d2lite.training._batches import keep_mode

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
