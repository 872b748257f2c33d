"""The house style: colours, marks and settings that read well on the light and the dark page."""

import sys

import torch

from d2lite._utils.checks import check_names
from d2lite._utils.tensors import as_tensor

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
    "image.interpolation": "none",  # an image's own pixels go into the file, not what a screen makes of them
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


def make_figure(rows, columns, **options):
    """Return the axes of a new figure, as plt.subplots gives them."""
    from matplotlib import pyplot as plt

    return plt.subplots(rows, columns, **options)[1]


def own_axes(ax):
    """Return the axes given, or those of a new figure for None; what is no axes raises a ValueError."""
    if ax is not None and not hasattr(ax, "get_xlim"):
        raise ValueError(
            f"ax is a {type(ax).__name__}: expected axes of matplotlib, one of those of plt.subplots"
        )
    return make_figure(1, 1) if ax is None else ax


def class_color(k):
    """Return the colour of class or curve k."""
    return CLASS_COLORS[k % len(CLASS_COLORS)]


def marker_of(k):
    """Return the marker of class or curve k: after one round of the colours each goes with another marker."""
    return MARKERS[(k + k // len(MARKERS)) % len(MARKERS)]


def to_array(values, name):
    """Return what holds numbers as an array that matplotlib draws: off the accelerator, without gradients or halves."""
    tensor = as_tensor(values, name).detach().cpu()
    return (tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor).numpy()


def check_texts(texts, count, what, things):
    """Return a list of texts, one for each of count things; other ones raise a ValueError."""
    texts = [str(text) for text in check_names(texts, what, f"a list of texts, one for each of the {things}")]
    if len(texts) != count:
        raise ValueError(f"{what} has {len(texts)} texts for {count} {things}: expected one for each")
    return texts
