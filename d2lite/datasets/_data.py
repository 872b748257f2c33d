"""`Data`: inputs and targets that travel together, with their names, source and licence."""

import dataclasses
import difflib
import math
import numbers

import numpy as np
import torch


def check_choice(value, choices, what):
    """Raise a ValueError that lists the choices, and the nearest of them, unless value is one of them."""
    if value in choices:
        return
    near = difflib.get_close_matches(str(value), choices, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ValueError(f"unknown {what} {value!r}: {hint}choose one of {', '.join(map(repr, choices))}")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Data:
    """A data set in memory: ``inputs, targets = data`` unpacks it, ``data[:100]`` is a smaller one.

    Args:
        inputs: (N, ...) tensor or array; kept as float32.
        targets: (N,) tensor or array; integers are class indices (kept as int64), floats are values to
            predict (kept as float32).
        name: what the set is called.
        class_names: one name a class, in the order of the class indices; empty for regression.
        feature_names: one name a column of a table; empty for images.
        source: where the data come from.
        licence: the terms under which they may be used.

    Raises:
        ValueError: inputs and targets differ in length, or targets are not one number a sample.

    Taught in chapters/01_foundations/data.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    name: str = "data"
    class_names: tuple = ()
    feature_names: tuple = ()
    source: str = ""
    licence: str = ""

    def __post_init__(self):
        inputs = torch.as_tensor(self.inputs).to(torch.float32)
        targets = torch.as_tensor(self.targets)
        targets = targets.to(torch.float32 if targets.is_floating_point() else torch.int64)
        if inputs.ndim == 0 or targets.ndim != 1:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)} and targets {tuple(targets.shape)}, expected (N, ...) "
                "and (N,): give one target a sample, for classes the class index"
            )
        if len(inputs) != len(targets):
            raise ValueError(
                f"got {len(inputs)} inputs and {len(targets)} targets, expected as many of one as of the other: "
                "select the same rows of both"
            )
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "targets", targets)
        object.__setattr__(self, "class_names", tuple(self.class_names))
        object.__setattr__(self, "feature_names", tuple(self.feature_names))

    def __len__(self):
        return len(self.targets)

    def __iter__(self):
        return iter((self.inputs, self.targets))

    def __getitem__(self, index):
        """Return the chosen samples as Data; an integer gives one sample and keeps the batch axis."""
        if isinstance(index, numbers.Integral):
            index = [int(index)]
        elif isinstance(index, np.ndarray):
            index = torch.from_numpy(index)
        return dataclasses.replace(self, inputs=self.inputs[index], targets=self.targets[index])

    def __getitems__(self, indices):
        # The hook torch's DataLoader asks for a whole batch at once; its collate function stacks the pairs.
        return list(zip(self.inputs[indices], self.targets[indices], strict=True))

    def __repr__(self):
        shape = " x ".join(map(str, self.inputs.shape[1:])) or "scalar"
        kind = f"{len(self.class_names)} classes" if self.class_names else str(self.targets.dtype)
        return f"Data({self.name}: {len(self)} samples of {shape}, {kind})"

    def split(self, fractions=(0.6, 0.2, 0.2), seed=0):
        """Return disjoint random parts, each with the classes in the proportions of the whole.

        Args:
            fractions: positive numbers, at most 1 in sum; what they leave over is in no part.
            seed: the same seed gives the same parts; torch's global random state is not touched.

        Returns:
            list of Data, one a fraction, in random order. Each class gives each part its share to within one
            sample; so does the whole set where targets are values to predict.

        Raises:
            ValueError: a fraction is not positive, they sum to more than 1, or a part would be empty.

        Taught in chapters/01_foundations/data.
        """
        fractions = _check_fractions(fractions)
        generator = torch.Generator().manual_seed(seed)
        if self.targets.is_floating_point():
            groups = [torch.arange(len(self))]
        else:
            groups = [torch.nonzero(self.targets == label).squeeze(1) for label in self.targets.unique()]
        ends = [0.0, *np.cumsum(fractions)]
        parts = [[] for _ in fractions]
        for group in groups:
            group = group[torch.randperm(len(group), generator=generator)]
            cuts = [math.floor(end * len(group) + 0.5 + 1e-9) for end in ends]
            for part, start, stop in zip(parts, cuts[:-1], cuts[1:], strict=True):
                part.append(group[start:stop])
        for fraction, part in zip(fractions, parts, strict=True):
            if not sum(map(len, part)):
                raise ValueError(
                    f"fraction {fraction:g} of {len(self)} samples is an empty part, expected at least one sample: "
                    "use a larger fraction or more data"
                )
        parts = [torch.cat(part) for part in parts]
        return [self[part[torch.randperm(len(part), generator=generator)]] for part in parts]

    def standardize(self, like=None):
        """Return the data with inputs shifted and scaled to mean 0 and standard deviation 1.

        The statistics are of each column of a table (N, D), or of each channel of images (N, C, H, W). Give
        the training set as `like` for validation and test data, so that nothing of them leaks into training.

        Args:
            like: Data whose mean and standard deviation (over N, not N - 1) are used; None is the data itself.

        Returns:
            Data. A column that is constant in `like` is shifted but not scaled.

        Raises:
            ValueError: inputs are neither (N, D) nor (N, C, H, W), or the two sets differ in columns or channels.

        Taught in chapters/01_foundations/data.
        """
        like = self if like is None else like
        for data in (self, like):
            if data.inputs.ndim not in (2, 4):
                raise ValueError(
                    f"inputs of {data.name} have shape {tuple(data.inputs.shape)}, expected (N, D) or "
                    "(N, C, H, W): reshape them first"
                )
        if (
            self.inputs.ndim != like.inputs.ndim
            or self.inputs.shape[1] != like.inputs.shape[1]
            or not len(like)
        ):
            raise ValueError(
                f"inputs of shape {tuple(self.inputs.shape)} cannot be scaled like inputs of shape "
                f"{tuple(like.inputs.shape)}: give a `like` with samples and with the same columns or channels"
            )
        axes = [axis for axis in range(like.inputs.ndim) if axis != 1]
        reference = like.inputs.double()
        mean = reference.mean(axes, keepdim=True)
        std = reference.std(axes, correction=0, keepdim=True)
        rounding = torch.finfo(torch.float32).eps * mean.abs()
        std = torch.where(std <= rounding, 1.0, std)
        return dataclasses.replace(self, inputs=(self.inputs - mean) / std)


def _check_fractions(fractions):
    fractions = [float(fraction) for fraction in fractions]
    if not fractions or not all(0 < fraction <= 1 for fraction in fractions):
        raise ValueError(
            f"fractions are {fractions}, expected numbers above 0 and at most 1: e.g. (0.6, 0.2, 0.2)"
        )
    if sum(fractions) > 1 + 1e-9:
        raise ValueError(
            f"fractions {fractions} sum to {sum(fractions):g}, expected at most 1: make them smaller, "
            "e.g. (0.6, 0.2, 0.2)"
        )
    return fractions
