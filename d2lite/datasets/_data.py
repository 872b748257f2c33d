"""`Data`: inputs and targets that travel together, with their names, source and licence."""

import dataclasses
import itertools
import math
import numbers

import torch

from d2lite._utils.checks import check_names, check_number, check_seed, plain_number
from d2lite._utils.tensors import as_tensor, as_whole_numbers


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Data:
    """A data set in memory: ``inputs, targets = data`` unpacks it, ``data[:100]`` is a smaller one.

    ``data[3]`` is one sample, (input, target), as torch's data sets give it: a DataLoader, ConcatDataset or Subset
    takes Data as they are. Sample by sample: ``for x, y in zip(*data)``.

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
        ValueError: inputs and targets differ in length, targets are not one number a sample, a number is too large for
            float32, or the names are not those of all classes or columns, such as classes of targets that are floats.

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
        inputs = _to_single(as_tensor(self.inputs, "inputs"), "inputs")
        targets = as_tensor(self.targets, "targets")
        targets = _to_single(targets, "targets") if targets.is_floating_point() else targets.to(torch.int64)
        if inputs.ndim == 0 or targets.ndim != 1:
            raise ValueError(
                f"inputs has shape {tuple(inputs.shape)} and targets {tuple(targets.shape)}: expected "
                "(N, ...) and (N,), one target a sample; for classes give the class index"
            )
        if len(inputs) != len(targets):
            raise ValueError(
                f"inputs has {len(inputs)} samples and targets {len(targets)}: expected one target a sample"
            )
        for name in ("class_names", "feature_names"):
            object.__setattr__(self, name, tuple(check_names(getattr(self, name), name)))
        self._check_names(inputs, targets)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "targets", targets)

    def _check_names(self, inputs, targets):
        count = len(self.class_names)
        if count and len(targets) and targets.is_floating_point():
            raise ValueError(
                f"targets holds floats, and class_names has {count}: expected class indices; use targets.astype(int), "
                "or leave class_names out"
            )
        if count and len(targets):
            low, high = int(targets.min()), int(targets.max())
            if low < 0 or high >= count:
                raise ValueError(
                    f"targets is from {low} to {high}: expected 0 to {count - 1}, as class_names has {count}"
                )
        columns = len(self.feature_names)
        if columns and (inputs.ndim != 2 or inputs.shape[1] != columns):
            raise ValueError(
                f"feature_names has {columns} names: expected one for each column of inputs, {tuple(inputs.shape)}"
            )

    def __len__(self):
        return len(self.targets)

    def __iter__(self):
        return iter((self.inputs, self.targets))

    def __getitem__(self, index):
        """Return one sample, (input, target), for a whole number, and else the chosen samples as Data.

        Args:
            index: whole number, slice, list or array of whole numbers, or a mask: a boolean for each sample.

        Raises:
            IndexError: there is no such sample, or it is another kind of index.
        """
        rows = row_index(index, len(self))
        inputs, targets = self.inputs[rows], self.targets[rows]
        if _is_whole(index):
            return inputs[0], targets[0]
        return dataclasses.replace(self, inputs=inputs, targets=targets)

    def __getitems__(self, indices):
        # The hook torch's DataLoader asks for a whole batch at once; its collate function stacks the pairs.
        rows = row_index(indices, len(self))
        return list(zip(self.inputs[rows], self.targets[rows], strict=True))

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
        generator = torch.Generator().manual_seed(check_seed(seed))
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
                f"fractions is {fractions}, of {len(self)} samples: expected at least one sample in each part"
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
                `like` is no Data, is empty, or holds NaN or infinity.

        Taught in chapters/01_foundations/data.
        """
        like = self if like is None else like
        if not isinstance(like, Data):
            raise ValueError(f"like is a {type(like).__name__}: expected Data, the training set")
        mean, std = _mean_and_std(like.inputs)
        if self.inputs.ndim != mean.ndim or self.inputs.shape[1] != mean.shape[1]:
            raise ValueError(
                f"like has inputs of shape {tuple(like.inputs.shape)}: expected the columns or channels of the inputs, "
                f"{tuple(self.inputs.shape)}"
            )
        scaled = ((self.inputs.cpu() - mean) / std).to(torch.float32)  # not every accelerator has float64
        return dataclasses.replace(self, inputs=scaled.to(self.inputs.device))


def _to_single(values, name):
    """Return numbers as float32; a finite one that float32 cannot hold raises a ValueError."""
    single = values.to(torch.float32)
    if values.dtype == torch.float64 and (lost := values[values.isfinite() & ~single.isfinite()]).numel():
        raise ValueError(f"{name} holds {lost[0].item():g}: expected numbers that float32 holds, to 3.4e38")
    return single


def row_index(index, count):
    """Return an index of rows that torch takes, a slice or a tensor, or raise an IndexError; a number gives one row."""
    if isinstance(index, slice):
        backward = index.step is not None and index.step < 0
        return torch.arange(count)[list(range(count)[index])] if backward else index
    rows = _as_index([int(index)] if _is_whole(index) else index)
    if rows.dtype == torch.bool and rows.shape != (count,):
        raise IndexError(
            f"index has shape {tuple(rows.shape)}: expected a boolean for each of the {count} samples"
        )
    if rows.dtype != torch.bool:
        outside = rows[(rows < -count) | (rows >= count)]
        if len(outside):
            wanted = (
                f"a whole number from {-count} to {count - 1}" if count else "none, as there is no sample"
            )
            raise IndexError(f"index is {int(outside[0])}: expected {wanted}")
    return rows


def _as_index(index):
    """Return a list or an array of whole numbers or of booleans as an int64 or bool tensor with one axis."""
    try:
        if isinstance(index, tuple):  # in torch each of its parts is for an axis of its own
            raise ValueError
        rows = as_tensor(index, "index")
        rows = (
            rows if rows.dtype == torch.bool else as_whole_numbers(rows, "index")
        )  # to torch bytes are a mask
    except ValueError:
        rows = None
    if rows is None or rows.ndim != 1:
        raise IndexError(
            f"index is {index!r:.60}: expected a whole number, a slice, a list of these or a mask"
        )
    return rows


def _is_whole(index):
    return isinstance(plain_number(index), numbers.Integral)


def _shuffle(indices, generator):
    return indices[torch.randperm(len(indices), generator=generator)]


def _check_fractions(fractions):
    if plain_number(fractions) is not None or not hasattr(fractions, "__len__") or not len(fractions):
        raise ValueError(f"fractions is {fractions!r}: expected a number for each part, such as (0.8, 0.2)")
    fractions = [check_number(f, f"fractions[{i}]", 0, 1, open_low=True) for i, f in enumerate(fractions)]
    if sum(fractions) > 1 + 1e-6:  # 0.6 and 0.4 of float32 are a little more than 1
        raise ValueError(f"fractions is {fractions}, in sum {sum(fractions):g}: expected at most 1 in sum")
    return fractions


def _mean_and_std(inputs):
    """Return float64 statistics of each column or channel, shaped to broadcast; 1 for a deviation of 0."""
    if inputs.ndim not in (2, 4) or not len(inputs):
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}: expected (N, D) or (N, C, H, W) with N of 1 or more"
        )
    axes = [0] if inputs.ndim == 2 else [0, 2, 3]
    values = inputs.cpu().double()
    if not values.isfinite().all():
        raise ValueError("inputs holds NaN or infinity: expected finite numbers, of which there is a mean")
    mean = values.mean(axes, keepdim=True)
    std = values.std(axes, correction=0, keepdim=True)
    rounding = torch.finfo(torch.float32).eps * mean.abs()
    return mean, torch.where(std <= rounding, 1.0, std)
