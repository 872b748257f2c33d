"""The processes that train one network together, each on its share of every batch."""

import atexit
import contextlib
import datetime
import os

import numpy as np
import torch
from torch import distributed
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from d2lite._utils.checks import check_choice, check_number
from d2lite.training._batches import batch_length, map_tensors


def join_processes(backend=None, minutes=10):
    """Let the processes that torchrun has started find each other, when it starts them again, too.

    ``init_process_group()`` alone may wait for ever after a restart: torchrun keeps the addresses of the processes
    that have died beside those of the new ones (github.com/pytorch/pytorch/issues/135712). Here each start has names
    of its own. The number of a start is known on one computer only: on several, set
    TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 where torchrun starts, and each start has a store of its own. A process that
    torchrun has not started is alone, and nothing is done. The group is left when the process ends.

    Args:
        backend: "gloo" for CPUs, "nccl" for NVIDIA's graphics cards; None for what fits this machine.
        minutes: how long one process waits for the others before it raises.

    Returns:
        this process's number, from 0; 0 alone.

    Raises:
        ValueError: the backend is another one, or the minutes are no number above 0 and at most 1e6.

    Taught in chapters/09_beyond/parallel_training.
    """
    check_choice(backend, (None, "gloo", "nccl"), "backend")
    timeout = datetime.timedelta(minutes=check_number(minutes, "minutes", 0, 1e6, open_low=True))
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return 0
    if backend is None:
        backend = "nccl" if torch.cuda.is_available() else "gloo"
    store, rank, size = next(rendezvous("env://", timeout=timeout))
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        store = distributed.PrefixStore(f"start {os.environ['TORCHELASTIC_RESTART_COUNT']}", store)
    distributed.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=timeout)
    atexit.register(_leave)
    return rank


def _leave():
    if distributed.is_initialized():
        distributed.destroy_process_group()


class Team:
    """The processes that hold one network in DistributedDataParallel; this process alone for any other network.

    Args:
        model: torch module.

    Attributes:
        model: the module itself, without the wrapper, whose weights have their own names.
        rank, size: this process's number, and how many there are; 0 and 1 alone.

    Source: Li et al., 2020, PyTorch Distributed. Taught in chapters/09_beyond/parallel_training.
    """

    def __init__(self, model):
        self.model, self.group, self.rank, self.size, self.weight = model, None, 0, 1, 1.0
        if isinstance(model, DistributedDataParallel):
            self.model, self.group = model.module, model.process_group
            self.rank, self.size = distributed.get_rank(self.group), distributed.get_world_size(self.group)

    def check_batches(self, batches):
        """Raise a ValueError if a batch leaves a process without a sample, or the loader has shared them out."""
        sampler = getattr(getattr(batches, "loader", None), "sampler", None)
        if isinstance(sampler, torch.utils.data.DistributedSampler):
            raise ValueError(
                "train has a DistributedSampler: expected the samples of all processes; fit gives each its share of "
                "every batch"
            )
        if hasattr(batches, "inputs"):  # of a loader, each batch says how large it is
            self._check_size(min(batches.batch_size, len(batches.inputs)))
            self._check_size(len(batches.inputs) % batches.batch_size or self.size)

    def _check_size(self, size):
        if size < self.size:
            raise ValueError(
                f"train has a batch of {size} for {self.size} processes: expected a sample for each; choose another "
                "batch_size, or drop_last=True in a DataLoader"
            )

    def share(self, batch):
        """Return this process's share of a batch (inputs, targets): every so many-th sample."""
        if self.size == 1:
            return batch
        size = batch_length(batch[1])
        self._check_size(size)
        inputs, targets = map_tensors(lambda tensor: tensor[self.rank :: self.size], batch)
        self.weight = batch_length(targets) * self.size / size  # 1 if all shares are equal
        return inputs, targets

    def weigh(self, loss):
        """Return a share's mean loss such that the mean of all processes' gradients is the whole batch's."""
        return loss if self.weight == 1 else loss * self.weight

    def mean(self, figures, size):
        """Return the means over the samples of all processes, and how many samples these are.

        Args:
            figures: dict of name to 0-d tensor or float, means over this process's samples.
            size: how many samples that are.
        """
        if self.size == 1:
            return figures, size
        device = next(self.model.parameters()).device
        values = [float(value) * size for value in figures.values()]
        sums = torch.tensor([*values, size], dtype=torch.float64, device=device)
        distributed.all_reduce(sums, group=self.group)
        means = (sums[:-1] / sums[-1]).float()
        return dict(zip(figures, means, strict=True)), int(sums[-1])

    @contextlib.contextmanager
    def own_randomness(self, *place):
        """Draw a module's random numbers, such as dropout's, differently in each process; after it, as if none were.

        Args:
            place: integers that tell this step from all others, so that a resumed run draws the same.
        """
        if self.size == 1:
            yield
            return
        device = next(self.model.parameters()).device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(int(np.random.SeedSequence([*place, self.rank]).generate_state(1)[0]))
            yield

    def agree(self):
        """Give all processes the first one's buffers, such as a batch norm's running means."""
        if self.size > 1:
            for buffer in self.model.buffers():
                distributed.broadcast(buffer, group=self.group, group_src=0)

    def check_place(self, place, path):
        """Raise a ValueError if another process resumes elsewhere: one file is seen by all, or by none."""
        if self.size == 1:
            return
        device = next(self.model.parameters()).device
        places = [torch.zeros(len(place), dtype=torch.long, device=device) for _ in range(self.size)]
        distributed.all_gather(places, torch.tensor(place, device=device), group=self.group)
        if any(other.tolist() != places[0].tolist() for other in places):
            raise ValueError(
                f"{path} is not the same for all processes: expected a folder that all of them see, on every machine"
            )
