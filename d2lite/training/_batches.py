"""Batches of samples for `fit` and `evaluate`, and what is checked before the first one is used."""

import torch
from torch.utils.data import DataLoader

from d2lite._utils.state import get_random_state, keep_mode, set_random_state

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

    @property
    def num_steps(self):
        """Batches in an epoch."""
        return -(-len(self.inputs) // self.batch_size)

    @property
    def fingerprint(self):
        """What tells these data from others: sizes, as plain values."""
        return {"samples": list(self.inputs.shape), "batch_size": self.batch_size}

    def __iter__(self):
        if self.generator is None:
            pairs = zip(self.inputs.split(self.batch_size), self.targets.split(self.batch_size), strict=True)
            yield from (move(pair, self.device) for pair in pairs)
            return
        order = torch.randperm(len(self.inputs), generator=self.generator).to(self.inputs.device)
        for index in order.split(self.batch_size):
            yield move((self.inputs[index], self.targets[index]), self.device)

    @property
    def generators(self):
        """The random generators that decide the order of the samples."""
        return [self.generator] if self.generator is not None else []

    def sample(self):
        """Return a small batch, without touching any random state."""
        return move((self.inputs[:2], self.targets[:2]), self.device)


class LoaderBatches:
    """Batches of a DataLoader, moved to the device."""

    def __init__(self, loader, device):
        self.loader, self.device = loader, device

    @property
    def num_steps(self):
        """Batches in an epoch; None for a stream of unknown length."""
        try:
            return len(self.loader)
        except TypeError:
            return None

    @property
    def fingerprint(self):
        """What tells these data from others: sizes, as plain values."""
        return {"batches": self.num_steps, "batch_size": self.loader.batch_size}

    def __iter__(self):
        for batch in self.loader:
            yield self._pair(batch)

    @property
    def generators(self):
        """The random generators that decide the order of the samples."""
        samplers = [self.loader, self.loader.sampler, getattr(self.loader.batch_sampler, "sampler", None)]
        found = [getattr(owner, "generator", None) for owner in samplers]
        return list({id(generator): generator for generator in found if generator is not None}.values())

    def sample(self):
        """Return a batch of one sample; None for a stream, which cannot be read twice."""
        if (
            isinstance(self.loader.dataset, torch.utils.data.IterableDataset)
            or self.loader.batch_size is None
        ):
            return None
        if len(self.loader.dataset) == 0:
            raise ValueError("the DataLoader's dataset is empty: expected at least one sample")
        return self._pair(self.loader.collate_fn([self.loader.dataset[0]]))

    def _pair(self, batch):
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise ValueError(
                f"the DataLoader gives a {type(batch).__name__}: each batch must be a pair (inputs, targets)"
            )
        return move(tuple(batch), self.device)


def move(value, device):
    """Return a tensor, or a tuple or list of them, on the device."""
    if isinstance(value, torch.Tensor):
        return value.to(device, non_blocking=True)
    if isinstance(value, (tuple, list)):
        return type(value)(move(part, device) for part in value)
    return value


def batch_length(value):
    """Return B, the number of samples of a tensor or of a tuple or list of them."""
    return len(value) if isinstance(value, torch.Tensor) else batch_length(value[0])


def batches_of(data, batch_size, device, generator=None, name="train"):
    """Return the batches of a pair of tensors or of a DataLoader.

    Raises:
        TypeError, ValueError: the data are of another kind, empty, or of unequal length.
    """
    if isinstance(data, DataLoader):
        return LoaderBatches(data, device)
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size is {batch_size!r}: expected a whole number, at least 1")
    inputs, targets = check_pair(data, name)
    return TensorBatches(inputs, targets, batch_size, device, generator)


def check_pair(data, name):
    """Return the pair (inputs, targets) of N samples each, or raise one sentence that says what is wrong."""
    try:
        inputs, targets = data
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{name} is a {type(data).__name__}: expected a pair of tensors (inputs, targets) or a DataLoader"
        ) from error
    for part, value in (("inputs", inputs), ("targets", targets)):
        if not isinstance(value, torch.Tensor):
            raise TypeError(
                f"{name} {part} are a {type(value).__name__}: expected a tensor; use torch.as_tensor"
            )
        if value.ndim == 0:
            raise ValueError(f"{name} {part} are a single number: expected one row for each sample")
    if len(inputs) != len(targets):
        raise ValueError(
            f"{name} has {len(inputs)} inputs but {len(targets)} targets: expected one target per input"
        )
    if len(inputs) == 0:
        raise ValueError(f"{name} is empty: expected at least one sample")
    for part, value in (("inputs", inputs), ("targets", targets)):
        if not _is_finite(value):
            raise ValueError(
                f"{name} {part} hold NaN or infinite values: remove or replace these samples first"
            )
    return inputs, targets


def _is_finite(values):
    """True if no value is NaN or infinite; a sum shows that without a copy, unless it overflows."""
    return not values.is_floating_point() or bool(values.sum().isfinite()) or bool(values.isfinite().all())


def try_model(model, batches, name="train"):
    """Return (logits, targets) of a small batch, in evaluation mode, or raise one clear sentence.

    Random state and the model stay as they were; (None, None) if the data cannot be looked at twice.
    """
    random_state = get_random_state()
    try:
        sample = batches.sample()
        if sample is None:
            return None, None
        inputs, targets = sample
        with keep_mode(model), torch.no_grad():
            model.eval()
            _check_dtype(model, inputs, name)
            return model(inputs), targets
    except RuntimeError as error:
        shape = tuple(inputs.shape) if isinstance(inputs, torch.Tensor) else type(inputs).__name__
        reason = str(error).splitlines()[0]
        raise ValueError(f"the model cannot take {name} inputs of shape {shape}: {reason}") from error
    finally:
        set_random_state(random_state)


def _check_dtype(model, inputs, name):
    weights = next((p for p in model.parameters() if p.is_floating_point()), None)
    if not isinstance(inputs, torch.Tensor) or not inputs.is_floating_point() or weights is None:
        return
    if inputs.dtype != weights.dtype:
        raise ValueError(
            f"{name} inputs are {inputs.dtype} but the model's weights are {weights.dtype}: "
            f"use inputs.to({weights.dtype})"
        )
