"""A table of a network's layers: shapes, parameters, multiply-adds and receptive fields, found without computing."""

import copy
import itertools
from typing import NamedTuple

import torch
from torch import fx, nn

from d2lite._utils.checks import check_count
from d2lite.models._kept_bytes import ShapesOnly

_POOLS = (nn.MaxPool2d, nn.AvgPool2d)
_ADAPTIVE = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
# Layers with parameters whose work is known: that of normalization is not counted.
_NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_KNOWN = (nn.Conv2d, nn.Linear, nn.PReLU, *_NORMS)
_JOINS = {"iadd": "add", "concat": "cat", "concatenate": "cat"}
_HEADS = ("layer", "kind", "output shape", "parameters", "multiply-adds", "field")


class Layer(NamedTuple):
    """A row of the table: `shape` without the batch, `receptive_field` in rows of the input, None where unknown."""

    name: str
    kind: str
    shape: tuple
    parameters: int
    multiply_adds: int
    receptive_field: int | None

    @property
    def values(self):
        """How many numbers one example has here: the product of the shape."""
        return torch.Size(self.shape).numel()


class LayerTable(tuple):
    """The layers in the order in which they are computed, with totals; prints as a table."""

    __slots__ = ()

    @property
    def parameters(self):
        """All parameters of the layers that are computed."""
        return sum(row.parameters for row in self)

    @property
    def multiply_adds(self):
        """All multiplications with an addition, for one example."""
        return sum(row.multiply_adds for row in self)

    def __str__(self):
        lines = [_HEADS, *(_texts(row) for row in self)]
        lines.append(("total", "", "", f"{self.parameters:,}", f"{self.multiply_adds:,}", ""))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        sides = "<<<>>>"
        return "\n".join(
            "  ".join(
                f"{text:{side}{width}}" for text, side, width in zip(line, sides, widths, strict=True)
            ).rstrip()
            for line in lines
        )


def layer_table(model, input_shape, depth=None):
    """Return the table of a network's layers.

    The network is followed with tensors that have a shape and no numbers, so the largest takes a moment and no memory.
    Layers that keep the shape and have no parameters (ReLU, dropout) have no row; where paths meet there is one, "add"
    or "cat". A multiply-add is one multiplication with its addition, in convolutions and linear layers; biases,
    normalization and pooling are not counted, which is how most tables in the literature count. A receptive field is as
    wide as the formula says, also where it reaches over the edge of the image; where paths meet it covers all of them.

    Args:
        model: torch module whose forward torch.fx can trace: no branches that depend on values. It is not changed.
        input_shape: (C, H, W) of one example, or (D,).
        depth: None for a row per layer; n to gather those whose names share their first n parts into one row, with the
            last one's shape and field.

    Returns:
        LayerTable of Layer rows; `.parameters` and `.multiply_adds` are the totals.

    Raises:
        TypeError: the model is no module.
        ValueError: the model cannot be traced, a layer does not fit its input, one that has parameters is of a kind
            whose multiply-adds are not known here, or a parameter is used by itself, in no layer.

    Source: receptive fields after Araujo, Norris and Sim 2019. Taught in chapters/06_cnn/alexnet_and_vgg.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model is {model!r:.60}: expected a torch.nn.Module")
    if any(isinstance(p, nn.parameter.UninitializedParameter) for p in model.parameters()):
        raise ValueError("model has lazy layers: expected known shapes; put one batch through it first")
    if not hasattr(input_shape, "__len__") or not len(input_shape):
        raise ValueError(f"input_shape is {input_shape}: expected (C, H, W) of one example, or (D,)")
    input_shape = [check_count(side, "input_shape") for side in input_shape]
    depth = None if depth is None else check_count(depth, "depth")
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), None)
    twin = _without_numbers(model).eval()
    if not [*twin.children()]:  # a layer alone would be looked into, not counted
        twin = nn.Sequential(twin)
    example = torch.zeros(1, *input_shape, dtype=dtype, device="meta")
    try:
        with ShapesOnly():
            twin(example)  # its own checks of shapes are not followed
            follower = _Follower(fx.symbolic_trace(twin))
            follower.run(example)
    except Exception as error:
        said = str(error).partition("\n")[0]
        raise ValueError(
            f"model fails on inputs of shape {tuple(input_shape)} ({said}): expected layers that fit, and a forward "
            "that torch.fx can trace"
        ) from error
    rows = follower.rows
    return LayerTable(rows if depth is None else _gather(rows, depth))


def _without_numbers(model):
    """Return a copy of a module, without hooks, whose parameters, buffers and other tensors have shapes alone."""
    twins = {id(p): nn.Parameter(p.detach().to("meta"), requires_grad=False) for p in model.parameters()}
    twins |= {id(b): b.to("meta") for b in model.buffers()}
    plain = (value for module in model.modules() for value in vars(module).values() if torch.is_tensor(value))
    twins |= {id(value): value.detach().to("meta") for value in plain}  # such as the weight of a pruned layer
    twin = copy.deepcopy(model, twins)
    for module in twin.modules():  # what hooks note down is to be the model's, and of numbers
        module._forward_hooks.clear()
        module._forward_pre_hooks.clear()
    return twin


def _texts(row):
    field = "" if row.receptive_field is None else str(row.receptive_field)
    shape = " x ".join(map(str, row.shape))
    return row.name, row.kind, shape, f"{row.parameters:,}", f"{row.multiply_adds:,}", field


def _gather(rows, depth):
    for name, group in itertools.groupby(rows, lambda row: ".".join(row.name.split(".")[:depth])):
        group = list(group)
        kind = group[0].kind if len(group) == 1 else f"{len(group)} layers"
        sums = sum(row.parameters for row in group), sum(row.multiply_adds for row in group)
        yield Layer(name, kind, group[-1].shape, *sums, group[-1].receptive_field)


class _Field(NamedTuple):
    """Rows of the input that the first unit sees, from `start` to `end`; the next unit's lie `jump` further."""

    start: int
    end: int
    jump: int

    def through(self, kernel, stride, padding):
        start = self.start - padding * self.jump
        return _Field(start, self.end - padding * self.jump + (kernel - 1) * self.jump, self.jump * stride)

    def all_of(self, rows):
        """What all units of a map see together."""
        return _Field(self.start, self.end + (rows - 1) * self.jump, self.jump * rows)


class _Follower(fx.Interpreter):
    """Runs a traced network and notes a row for each layer."""

    def __init__(self, traced):
        super().__init__(traced)
        self.rows, self.fields, self.counted = [], {}, set()

    def run_node(self, node):
        output = super().run_node(node)
        if node.op == "get_attr" and isinstance(output, nn.Parameter):
            raise ValueError(f"{node.target} is a parameter in no layer: expected Conv2d, Linear or the like")
        module = self.fetch_attr(node.target) if node.op == "call_module" else None
        if module is not None and [*module.parameters()] and not isinstance(module, _KNOWN):
            kind = type(module).__name__
            raise ValueError(
                f"{node.target} is {kind}: expected Conv2d, Linear or a normalization for parameters"
            )
        sources = [
            (self.env[n], self.fields[n]) for n in node.all_input_nodes if n in self.env and n in self.fields
        ]
        if node.op == "placeholder":
            self.fields[node] = _Field(0, 1, 1)
        elif isinstance(output, torch.Tensor) and node.op != "get_attr":  # a constant is no path
            self.fields[node] = _field(module, sources, output)
            if module is not None and sources:
                self._note(node.target, module, sources[0][0], output, self.fields[node])
            elif len(sources) > 1:  # where paths meet
                name = str(getattr(node.target, "__name__", node.target)).strip("_")
                owner = list(node.meta.get("nn_module_stack") or [""])[-1]
                name = _JOINS.get(name, name)
                self.rows.append(_row(f"{owner}.{name}".strip("."), name, output, self.fields[node]))
        return output

    def _note(self, name, module, source, output, field):
        weights = list(module.parameters())
        own = [p for p in weights if id(p) not in self.counted]
        self.counted |= {id(p) for p in own}
        if not weights and source.shape == output.shape and not isinstance(module, (*_POOLS, *_ADAPTIVE)):
            return
        sizes = sum(p.numel() for p in own), _multiply_adds(module, output)
        self.rows.append(_row(name, type(module).__name__, output, field, *sizes))


def _row(name, kind, output, field, parameters=0, multiply_adds=0):
    return Layer(
        name, kind, tuple(output.shape[1:]), parameters, multiply_adds, field and field.end - field.start
    )


def _multiply_adds(module, output):
    """Each output number of a convolution or a linear layer is a sum of as many products as its unit has weights."""
    if isinstance(module, nn.Conv2d):
        return output.numel() * module.weight[0].numel()
    return output.numel() * module.in_features if isinstance(module, nn.Linear) else 0


def _field(module, sources, output):
    fields = [field for _, field in sources]
    if not fields or None in fields:
        return None
    start, end = min(field.start for field in fields), max(field.end for field in fields)
    field = _Field(start, end, min(field.jump for field in fields))  # of the finest: others are repeated
    before = sources[0][0]
    if isinstance(module, (nn.Conv2d, *_POOLS)):
        return field.through(*_window(module))
    if before.ndim == 4 and output.ndim == 3:
        return None  # its units may see a pixel each, as in a row of patches, or a column
    if before.ndim == 4 and (output.ndim < 4 or output.shape[2] == 1):
        return field.all_of(before.shape[2])
    if before.ndim == output.ndim == 4 and before.shape[2] != output.shape[2]:
        whole = isinstance(module, _ADAPTIVE) and before.shape[2] % output.shape[2] == 0
        step = before.shape[2] // output.shape[2]
        return field.through(step, step, 0) if whole else None
    return field


def _window(module):
    """Return the kernel's reach, stride and padding along the rows."""
    stride = module.kernel_size if module.stride is None else module.stride
    kernel, stride, dilation = (
        x if isinstance(x, int) else x[0]
        for x in (module.kernel_size, stride, getattr(module, "dilation", 1))
    )
    reach = dilation * (kernel - 1) + 1
    padding = {"same": (reach - 1) // 2, "valid": 0}.get(module.padding, module.padding)
    return reach, stride, padding if isinstance(padding, int) else padding[0]
