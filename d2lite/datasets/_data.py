"""`Data`: inputs and targets that travel together, with their names, source and licence."""

import dataclasses
import itertools
import math
import numbers

import numpy as np
import torch


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
                f"inputs have shape {tuple(inputs.shape)} and targets {tuple(targets.shape)}, expected "
                "(N, ...) and (N,): give one target a sample, for classes the class index"
            )
        if len(inputs) != len(targets):
            raise ValueError(
                f"got {len(inputs)} inputs and {len(targets)} targets, expected one target a sample: "
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
        shape = " x ".join(map(str, self.inputs.shape[1:])) or "one number"
        kind = (
            f"{len(self.class_names)} classes"
            if self.class_names
            else "targets " + str(self.targets.dtype)[6:]
        )
        return f"Data({self.name}: {len(self)} samples of {shape}, {kind})"

    def split(self, fractions=(0.6, 0.2, 0.2), seed=0):
        """Return disjoint random parts, each with the classes in the proportions of the whole.

        Args:
            fractions: positive numbers, at most 1 in sum; what they leave over is in no part.
            seed: the same seed gives the same parts; torch's global random state is not touched.

        Returns:
            list of Data, one a fraction, in random order. Each class gives each part its share to within one
            sample (the whole set does, where targets are values to predict).

        Raises:
            ValueError: a fraction is not positive, they sum to more than 1, or a part would be empty.

        Taught in chapters/01_foundations/data.
        """
        fractions = _check_fractions(fractions)
        generator = torch.Generator().manual_seed(seed)
        parts = [[] for _ in fractions]
        ends = [0.0, *itertools.accumulate(fractions)]
        groups = self._groups()
        for k, group in enumerate(groups):
            group = _shuffle(group, generator)
            # Each class rounds at another threshold, so that the errors cancel in the sum over the classes.
            cuts = [math.floor(end * len(group) + (k + 0.5) / len(groups)) for end in ends]
            for part, start, stop in zip(parts, cuts[:-1], cuts[1:], strict=True):
                part.append(group[start:stop])
        if not all(sum(map(len, part)) for part in parts):
            raise ValueError(
                f"fractions {fractions} of {len(self)} samples leave a part empty, expected at least one "
                "sample in each: use larger fractions or more data"
            )
        return [self[_shuffle(torch.cat(part), generator)] for part in parts]

    def _groups(self):
        """Return index tensors: one a class, or one of all samples where targets are values to predict."""
        if self.targets.is_floating_point():
            return [torch.arange(len(self))]
        return [torch.nonzero(self.targets == label).squeeze(1) for label in self.targets.unique()]

    def standardize(self, like=None):
        """Return the data with inputs shifted and scaled to mean 0 and standard deviation 1.

        The statistics are of each column of a table (N, D), or of each channel of images (N, C, H, W). Give
        the training set as `like` for validation and test data, so that nothing of them leaks into training.

        Args:
            like: Data whose mean and standard deviation (over N, not N - 1) are used; None: the data itself.

        Returns:
            Data. A column that is constant in `like` is shifted but not scaled.

        Raises:
            ValueError: inputs are neither (N, D) nor (N, C, H, W), the sets differ in columns or channels, or
                `like` is empty.

        Taught in chapters/01_foundations/data.
        """
        mean, std = _mean_and_std((self if like is None else like).inputs)
        if self.inputs.ndim != mean.ndim or self.inputs.shape[1] != mean.shape[1]:
            raise ValueError(
                f"inputs of shape {tuple(self.inputs.shape)} cannot be scaled like inputs of shape "
                f"{tuple(like.inputs.shape)}: give a `like` with the same columns or channels"
            )
        inputs = ((self.inputs.cpu() - mean) / std).float()  # not every device has float64
        return dataclasses.replace(self, inputs=inputs.to(self.inputs.device))


def _shuffle(indices, generator):
    return indices[torch.randperm(len(indices), generator=generator)]


def _check_fractions(fractions):
    fractions = [float(fraction) for fraction in fractions]
    if not fractions or not all(0 < fraction <= 1 for fraction in fractions):
        raise ValueError(
            f"fractions are {fractions}, expected numbers above 0 and at most 1: give e.g. (0.6, 0.2, 0.2)"
        )
    if sum(fractions) > 1 + 1e-9:
        raise ValueError(
            f"fractions {fractions} sum to {sum(fractions):g}, expected at most 1: make them smaller, "
            "e.g. (0.6, 0.2, 0.2)"
        )
    return fractions


def _mean_and_std(inputs):
    """Return float64 statistics of each column or channel, shaped to broadcast; 1 for a deviation of 0."""
    if inputs.ndim not in (2, 4) or not len(inputs):
        raise ValueError(
            f"inputs have shape {tuple(inputs.shape)}, expected (N, D) or (N, C, H, W) with N of 1 or more: "
            "reshape them first"
        )
    axes = [0] if inputs.ndim == 2 else [0, 2, 3]
    values = inputs.cpu().double()
    mean = values.mean(axes, keepdim=True)
    std = values.std(axes, correction=0, keepdim=True)
    rounding = torch.finfo(torch.float32).eps * mean.abs()
    return mean, torch.where(std <= rounding, 1.0, std)
