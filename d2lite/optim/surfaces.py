"""Surfaces to descend: functions of two weights with valleys, saddles, plateaus and many minima.

The explorers of the optimiser chapters use the same functions (widgets/_math/surfaces.js), with
derivatives written out; here autograd finds them.
"""

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from d2lite._utils.checks import check_choice, check_number
from d2lite._utils.tensors import as_tensor

RIPPLE = 0.4  # half the height of a ripple; they are 2 apart
_RIPPLE_MINIMA = (0.0, 1.9021022992005567, 3.7936606057941957)


@dataclass(frozen=True)
class Surface:
    """A function of two weights, with what is known about it.

    Attributes:
        name: its name, as given to make_surface.
        value: function from (..., 2) tensor of weights to (...) tensor of values.
        domain: ((x0, x1), (y0, y1)), the part worth looking at.
        minima: tuple of points (w1, w2), every local minimum in the domain.
        saddles: tuple of saddle points, where any are known.
        start: a good point to begin at.
        lr: a good learning rate for plain gradient descent from there.
        lowest: the value at the best minimum.
    """

    name: str
    value: Callable
    domain: tuple
    minima: tuple
    start: tuple
    lr: float
    saddles: tuple = ()
    lowest: float = 0.0

    def __call__(self, w):
        return self.value(_weights(w))

    def gradient(self, w):
        """Return the gradient at the weights w, (..., 2): a tensor of that shape, float64."""
        with _gradients():
            w = _weights(w).detach().clone().requires_grad_()
            return torch.autograd.grad(self.value(w).sum(), w)[0]

    def hessian(self, w):
        """Return the matrices of second derivatives at w, (..., 2): a (..., 2, 2) tensor, float64."""
        with _gradients():
            w = _weights(w).detach().clone().requires_grad_()
            gradient = torch.autograd.grad(self.value(w).sum(), w, create_graph=True)[0]
            rows = [torch.autograd.grad(gradient[..., i].sum(), w, retain_graph=True)[0] for i in (0, 1)]
        return torch.stack(rows, dim=-2)  # two of (..., 2) -> (..., 2, 2)


def names():
    """Return the names of all surfaces, a list of str."""
    return list(_SURFACES)


def make_surface(name, condition=10.0, angle=0.0):
    """Return a surface by its name.

    Args:
        name: "bowl", "saddle", "plateau", "ripples", "rosenbrock", "beale" or "himmelblau".
        condition: ratio of the bowl's curvatures, at least 1; the least is 1. Other surfaces ignore it.
        angle: degrees by which the bowl or the saddle is turned, the saddle with its start. Other surfaces ignore it.

    Returns:
        The Surface.

    Raises:
        ValueError: there is no such surface, the condition number is below 1, or the angle is no number.

    Source: Rosenbrock 1960; Beale 1958; Himmelblau 1972. Taught in chapters/04_optimizers/gradient_descent.
    """
    check_choice(name, list(_SURFACES), "surface")
    condition, angle = check_number(condition, "condition", 1), check_number(angle, "angle")
    if name == "bowl":
        return _bowl(condition, math.radians(angle))
    if name == "saddle":
        return _saddle(math.radians(angle))
    return Surface(name, *_SURFACES[name])


@contextlib.contextmanager
def _gradients():
    """Let autograd work, also where the caller steps under torch.no_grad() or torch.inference_mode()."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


def _weights(w):
    """Return (..., 2) weights in float64, on the CPU, for not every accelerator has that."""
    w = as_tensor(w, "w", dtype=torch.float64)
    if w.ndim == 0 or w.shape[-1] != 2:
        raise ValueError(f"w has shape {tuple(w.shape)}: expected (..., 2), two weights")
    return w.to("cpu", torch.float64)


def _bowl(condition, angle):
    c, s = math.cos(angle), math.sin(angle)

    def value(w):
        x, y = w.unbind(-1)
        return 0.5 * ((c * x + s * y) ** 2 + condition * (c * y - s * x) ** 2)

    lr = float(f"{1.8 / condition:.2g}")
    return Surface("bowl", value, _square(3), ((0.0, 0.0),), (-2.6, 1.2), lr)


def _saddle(angle):
    c, s = math.cos(angle), math.sin(angle)

    def value(w):
        x, y = w.unbind(-1)
        u, v = c * x + s * y, c * y - s * x
        return 0.5 * (u**2 - v**2) + 0.25 * v**4

    def place(u, v):
        return c * u - s * v, s * u + c * v

    minima, start = (place(0.0, 1.0), place(0.0, -1.0)), place(-1.6, 0.001)
    return Surface("saddle", value, _square(2), minima, start, 0.2, ((0.0, 0.0),), -0.25)


def _plateau(w):
    return -torch.expm1(-0.5 * w.square().sum(-1))


def _ripples(w):
    return (0.1 * w**2 + RIPPLE * (1 - torch.cos(math.pi * w))).sum(-1)


def _rosenbrock(w):
    x, y = w.unbind(-1)
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _beale(w):
    x, y = w.unbind(-1)
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _himmelblau(w):
    x, y = w.unbind(-1)
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def _square(side):
    return ((-side, side), (-side, side))


def _ripple_minima():
    coordinates = sorted({side * x for x in _RIPPLE_MINIMA for side in (-1.0, 1.0)})
    return tuple((x, y) for x in coordinates for y in coordinates)


# name: value, domain, minima, start, lr, saddles, lowest
_SURFACES = {
    "bowl": None,
    "saddle": None,
    "plateau": (_plateau, _square(4), ((0.0, 0.0),), (-2.7, 1.4), 1.0),
    "ripples": (_ripples, _square(4.5), _ripple_minima(), (-3.3, 2.6), 0.1),
    "rosenbrock": (_rosenbrock, ((-2, 2), (-1, 3)), ((1.0, 1.0),), (-1.2, 1.0), 0.0015),
    "beale": (_beale, _square(4.5), ((3.0, 0.5),), (1.0, 1.8), 0.005, ((0.0, 1.0),)),
    "himmelblau": (
        _himmelblau,
        _square(5),
        (
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.2831859912861696),
            (3.5844283403304917, -1.8481265269644036),
        ),
        (-0.4, -1.0),
        0.01,
        (
            (0.08667750455539634, 2.884254701174766),
            (3.385154183607021, 0.07385187983774928),
            (-3.0730257507643897, -0.08135304428796751),
            (-0.12796134673068005, -1.9537149802445766),
        ),
    ),
}
