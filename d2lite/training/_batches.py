"""Batches of samples for `fit` and `evaluate`, and what is checked before the first one is used."""

import contextlib
import itertools
import warnings
from collections.abc import Iterator

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence
from torch.utils.data import DataLoader, IterableDataset

from d2lite._utils.checks import check_count
from d2lite._utils.state import generators_in
from d2lite.training._targets import check_rows

RESIDENT_BYTES = 2**30  # tensors up to this size move to the device once; larger ones go batch by batch


class TensorBatches:
    """Batches of an (inputs, targets) pair, taken by index: no per-sample Python loop.

    Args:
        inputs: (N, ...) tensor.
        targets: (N, ...) tensor.
        batch_size: B; the last batch of an epoch may be smaller.
        device: where the batches are needed.
        generator: shuffles each epoch anew; None keeps the order.
    """

    def __init__(self, inputs, targets, batch_size, device, generator=None):
        if inputs.nbytes <= RESIDENT_BYTES:
            inputs, targets = inputs.to(device), targets.to(device)
        self.inputs, self.targets = inputs, targets
        self.batch_size, self.device, self.generator = batch_size, device, generator
        self.generators = [] if generator is None else [generator]
        self.counts = {}  # as of a sampler; this order is decided by the generator alone

    @property
    def num_steps(self):
        """Batches in an epoch."""
        return -(-len(self.inputs) // self.batch_size)

    @property
    def identity(self):
        """What tells these data from others, by name."""
        shape = list(self.inputs.shape)
        return {
            "samples": shape,
            "batch_size": self.batch_size,
            "set of inputs": self.inputs,
            "set of targets": self.targets,
        }

    def __iter__(self):
        if self.generator is None:
            pairs = zip(self.inputs.split(self.batch_size), self.targets.split(self.batch_size), strict=True)
            yield from (self._copied(*pair) for pair in pairs)
            return
        own = self.generator.device  # torch's default device may be another
        order = torch.randperm(len(self.inputs), generator=self.generator, device=own).to(self.inputs.device)
        for index in order.split(self.batch_size):
            yield move((self.inputs[index], self.targets[index]), self.device)

    def restart(self):
        """Make ready for a new run."""

    def second(self):
        """Return nothing: the second batch has the shape of the first, but for the number of samples."""
        return []

    def extremes(self):
        """Return inputs of two batches, with the least and the greatest whole number of all; none for floats."""
        if self.inputs.dtype not in (torch.int32, torch.int64) or self.inputs.numel() == 0:
            return []  # embeddings end at these two
        numbers = self.inputs.reshape(len(self.inputs), -1)
        ends, others = (numbers.amin(1).argmin(), numbers.amax(1).argmax()), range(self.batch_size - 1)
        return [self.inputs[[end.item(), *others[: len(numbers) - 1]]].to(self.device) for end in ends]

    def samples(self):
        """Return a first batch, and one of the last batch's size if that is another; no random state is touched."""
        rest = len(self.inputs) % self.batch_size if len(self.inputs) > self.batch_size else 0
        sizes = [self.batch_size, *([rest] if rest else [])]
        return [self._copied(self.inputs[:size], self.targets[:size]) for size in sizes]

    def _copied(self, inputs, targets):
        """Return a batch of its own, which a model may change: a slice would be the caller's very samples."""
        return move((inputs.clone(), targets.clone()), self.device)


class LoaderBatches:
    """Batches of a DataLoader, moved to the device."""

    def __init__(self, loader, device, name):
        self.loader, self.device, self.name = loader, device, name
        self.number, self.given = 0, None  # of the last batch: which one, and its targets before they moved
        sampling = [loader.generator, loader.sampler, loader.batch_sampler]
        own = generators_in(loader.dataset, loader.collate_fn)
        self.generators = list({id(found): found for found in [*generators_in(*sampling), *own]}.values())
        if own and loader.num_workers:
            warnings.warn(
                f"{name}, a DataLoader, has {loader.num_workers} workers and a dataset with a random generator of its "
                "own, of which each worker gets the same copy, every epoch anew: use torch.rand, numpy.random or "
                "random, which differ in each worker, or num_workers=0",
                RuntimeWarning,
                stacklevel=5,
            )
        if isinstance(loader.dataset, IterableDataset):
            return
        if any(isinstance(part, Iterator) for part in (loader.sampler, loader.batch_sampler)):
            raise TypeError(
                f"{name} has a sampler that can be read once: expected one that can be read anew every epoch, such as "
                "a list"
            )
        if _length(loader.dataset) == 0:
            raise ValueError(f"{name} has an empty dataset: expected at least one sample")
        if self.num_steps == 0:
            raise ValueError(
                f"{name} gives no batch: expected at least one; its batch_size is {loader.batch_size} and drop_last "
                f"is {loader.drop_last}, with {_length(loader.dataset)} samples"
            )

    @property
    def num_steps(self):
        """Batches in an epoch; None for a stream of unknown length."""
        return _length(self.loader)

    @property
    def identity(self):
        """What tells these data from others, by name."""
        loader = self.loader
        return {
            "batches": self.num_steps, "batch_size": loader.batch_size, "drop_last": loader.drop_last,
            "num_workers": loader.num_workers, "dataset": loader.dataset, "sampler": loader.sampler,
            "batch_sampler": loader.batch_sampler, "collate_fn": loader.collate_fn,
            "worker_init_fn": loader.worker_init_fn,
        }  # fmt: skip

    @property
    def counts(self):
        """Numbers and texts that the samplers hold, such as of epochs, {sampler: {name: value}}."""
        samplers = self._samplers().items()
        return {name: {k: v for k, v in held.items() if _is_plain(v)} for name, held in samplers}

    @counts.setter
    def counts(self, counts):
        for name, held in self._samplers().items():
            held.update(counts.get(name, {}))

    def _samplers(self):
        """Return what the samplers hold, also the one within a sampler of batches, {sampler: its attributes}."""
        batches = self.loader.batch_sampler
        samplers = {"sampler": self.loader.sampler, "batch_sampler": batches}
        samplers["batch_sampler's sampler"] = getattr(batches, "sampler", None)
        return {name: vars(sampler) for name, sampler in samplers.items() if hasattr(sampler, "__dict__")}

    @contextlib.contextmanager
    def _keep_samplers(self):
        """Leave samplers as they were: one may count its epochs, and give other samples in each."""
        kept = [(held, {**held}) for held in self._samplers().values()]
        try:
            yield
        finally:
            for held, before in kept:
                held.clear()
                held.update(before)

    def __iter__(self):
        for number, batch in enumerate(self.loader, 1):
            pair = self._pair(batch)
            self.number, self.given = number, batch[1]
            yield pair

    def restart(self):
        """Make ready for a new run: workers that persist would go on with the random state of the last one."""
        if self.loader.persistent_workers:
            self.loader._iterator = None

    def samples(self):
        """Return what `_samples` does, copied: the tensors may be the dataset's own, and a model may change them."""
        with self._keep_samplers():
            return [map_tensors(torch.clone, pair) for pair in self._samples()]

    def extremes(self):
        """Return nothing: all data would have to be read."""
        return []

    def second(self):
        """Return a list of the second batch, copied.

        It is empty if there is none, of a stream, of batches that the dataset gives, and where only workers can read.
        """
        is_stream = isinstance(self.loader.dataset, IterableDataset)
        if self.loader.batch_sampler is None or is_stream or self._has_own_way():
            return []
        with self._keep_samplers():
            second = [self._fetch([*rows]) for rows in itertools.islice(self.loader.batch_sampler, 1, 2)]
        return [map_tensors(torch.clone, pair) for pair in second]

    def _has_own_way(self):
        """Return whether samples may be there in workers alone, or where the loader itself is asked."""
        loader = self.loader
        return type(loader).__iter__ is not DataLoader.__iter__ or (
            loader.num_workers and loader.worker_init_fn
        )

    def _samples(self):
        """Return a first batch, and one of the last batch's size if that is another; none of a stream.

        Samplers and datasets may draw random numbers meanwhile; the caller keeps that state.
        """
        loader = self.loader
        if isinstance(loader.dataset, IterableDataset):
            return []  # cannot be read twice
        if self._has_own_way():
            return [self._pair(batch) for batch in itertools.islice(loader, 1)]
        if loader.batch_sampler is None:  # the dataset gives batches
            return [self._pair(loader.collate_fn(loader.dataset[next(iter(loader.sampler))]))]
        indices = list(next(iter(loader.batch_sampler)))
        size = 0 if loader.drop_last else loader.batch_size or 0
        rest = (_length(loader.sampler) or 0) % size if size else 0
        return [self._fetch(indices), *([self._fetch(indices[:rest])] if 0 < rest < len(indices) else [])]

    def _fetch(self, indices):
        """Return the batch of these samples, read as the loader reads it."""
        dataset = self.loader.dataset
        if callable(getattr(dataset, "__getitems__", None)):
            return self._pair(self.loader.collate_fn(dataset.__getitems__(indices)))
        return self._pair(self.loader.collate_fn([dataset[index] for index in indices]))

    def _pair(self, batch):
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            size = f" of {len(batch)}" if isinstance(batch, (tuple, list)) else ""
            raise ValueError(
                f"{self.name} gives a {type(batch).__name__}{size} as a batch: expected a pair (inputs, targets)"
            )
        check_rows(*batch, self.name)
        return move(tuple(batch), self.device)


def _is_plain(value):
    return type(value) in (bool, int, float, str) or isinstance(value, (np.number, np.bool_))


def _length(value):
    """Return the length of a loader, sampler or dataset; None if it has none."""
    try:
        return len(value)
    except (TypeError, NotImplementedError):
        return None


def map_tensors(function, value):
    """Return a tensor, or a tuple, list or dict of them, with the function applied to each; all else as it is."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, dict):
        return {key: map_tensors(function, part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        parts = [map_tensors(function, part) for part in value]
        if isinstance(value, PackedSequence):
            parts[1] = value.batch_sizes  # they stay on the CPU
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def move(value, device):
    """Return a tensor, or a tuple, list or dict of them, on the device, apart from whatever computed it.

    Features that a network made with gradients would else be walked back through at every step, and fail at the second.
    """
    # Only CUDA orders a copy that is not waited for before the work that needs it: on MPS it is read too early.
    waits = torch.device(device).type != "cuda"
    return map_tensors(lambda tensor: tensor.detach().to(device, non_blocking=not waits), value)


def batch_length(value):
    """Return B, the number of samples of a tensor or of a tuple, list or dict of them."""
    if isinstance(value, torch.Tensor):
        return len(value)
    return batch_length(next(iter(value.values())) if isinstance(value, dict) else value[0])


def join(parts):
    """Return the batches' tensors, or tuples, lists or dicts of them, as those of all samples."""
    first = parts[0]
    if isinstance(first, torch.Tensor):
        return torch.cat(parts)
    if isinstance(first, dict):
        return {key: join([part[key] for part in parts]) for key in first}
    joined = [join(list(column)) for column in zip(*parts, strict=True)]
    return type(first)(*joined) if hasattr(first, "_fields") else type(first)(joined)


def join_all(batches):
    """Return what `join` does for all batches of the data, or raise a ValueError if they differ in shape."""
    try:
        return join(batches)
    except torch.cuda.OutOfMemoryError:
        raise
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            "the batches differ in shape: expected all axes but the first to be equal, since metrics and a loss of "
            f"your own are taken from all samples at once; pad them ({str(error).splitlines()[0]})"
        ) from error


def batches_of(data, batch_size, device, generator=None, name="train"):
    """Return the batches of a pair of tensors or of a DataLoader.

    Raises:
        TypeError, ValueError: the data are of another kind, empty, or of unequal length.
    """
    if isinstance(data, DataLoader):
        return LoaderBatches(data, device, name)
    inputs, targets = check_pair(data, name)
    return TensorBatches(inputs, targets, check_count(batch_size, "batch_size"), device, generator)


def check_pair(data, name):
    """Return the pair (inputs, targets) of N samples each, or raise one sentence that says what is wrong."""
    try:
        if hasattr(data, "shape") or isinstance(data, (str, dict)):  # iterates, but not over two parts
            raise TypeError
        inputs, targets = data
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{name} is a {type(data).__name__}: expected a pair of tensors (inputs, targets) or a DataLoader"
        ) from error
    for part, value in (("inputs", inputs), ("targets", targets)):
        if not isinstance(value, torch.Tensor):
            raise TypeError(
                f"{name} has {part} of type {type(value).__name__}: expected a tensor; use torch.as_tensor, or "
                "for texts a DataLoader of (text, target) pairs"
            )
        if value.ndim == 0:
            raise ValueError(f"{name} has a single number as {part}: expected one row for each sample")
        if value.layout != torch.strided or value.is_nested:
            layout = "nested" if value.is_nested else str(value.layout).removeprefix("torch.")
            raise ValueError(
                f"{name} has {part} in the layout {layout}: expected a dense tensor; use to_dense()"
            )
    if len(inputs) != len(targets):
        raise ValueError(
            f"{name} has {len(inputs)} inputs but {len(targets)} targets: expected one target per input"
        )
    if len(inputs) == 0:
        raise ValueError(f"{name} is empty: expected at least one sample")
    for part, value in (("inputs", inputs), ("targets", targets)):
        if not _is_finite(value):
            raise ValueError(
                f"{name} has NaN or infinite values in its {part}: expected numbers; remove or replace these samples"
            )
    return inputs, targets


def _is_finite(values):
    """True if no value is NaN or infinite; a sum shows that without a copy, unless it overflows."""
    return not values.is_floating_point() or bool(values.sum().isfinite()) or bool(values.isfinite().all())
