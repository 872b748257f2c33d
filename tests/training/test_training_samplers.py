"""Samplers that count epochs: the trial is none of them, and a resumed run goes on with what they have counted."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Sampler, TensorDataset

from d2lite.training import Callback, Checkpoint, evaluate, fit

GENERATOR = torch.Generator().manual_seed(0)
DATA = torch.randn(40, 5, generator=GENERATOR), torch.randint(3, (40,), generator=GENERATOR)


class Widening(Sampler):
    """Ten samples more in each epoch, the easy ones first."""

    epoch = 0

    def __len__(self):
        return 10 * (self.epoch + 1)

    def __iter__(self):
        self.epoch += 1
        return iter(range(10 * self.epoch))


class WideningNumPy(Widening):
    epoch = np.int64(0)


class WideningBatches(Widening):
    def __iter__(self):
        return iter([[*rows] for rows in torch.arange(40)[[*super().__iter__()]].view(-1, 5).tolist()])


class Framed(BatchSampler):
    """Shows the sampler within, which nobody else may set."""

    def __init__(self):
        self._within, self.batch_size, self.drop_last = Widening(), 5, False

    @property
    def sampler(self):
        return self._within


class Own(DataLoader):
    """Makes its batches in its own way."""

    def __iter__(self):
        yield from super().__iter__()


LOADERS = {
    "sampler": lambda: DataLoader(TensorDataset(*DATA), 5, sampler=Widening()),
    "numpy": lambda: DataLoader(TensorDataset(*DATA), 5, sampler=WideningNumPy()),
    "batches": lambda: DataLoader(TensorDataset(*DATA), batch_sampler=WideningBatches()),
    "within": lambda: DataLoader(TensorDataset(*DATA), batch_sampler=BatchSampler(Widening(), 5, False)),
    "framed": lambda: DataLoader(TensorDataset(*DATA), batch_sampler=Framed()),
    "own": lambda: Own(TensorDataset(*DATA), 5, sampler=Widening()),
}


class Break(Callback):
    def __init__(self, unit, last):
        self.unit, self.last = unit, last

    def on_step_end(self, run):
        if (self.unit, run.step) == ("step", self.last):
            raise KeyboardInterrupt

    def on_epoch_end(self, run):
        if (self.unit, run.epoch) == ("epoch", self.last):
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", LOADERS)
def test_the_trial_is_no_epoch_of_a_sampler_that_counts_them(name):
    """Training began with twenty samples."""
    train, validation, data = (LOADERS[name]() for _ in range(3))
    history = fit(nn.Linear(5, 3), train, validation, num_epochs=2, metrics="accuracy")
    assert len(history.step_losses) == 2 + 4
    evaluate(nn.Linear(5, 3), data)
    for loader, epochs in ((train, 2), (validation, 2), (data, 1)):
        samplers = [loader.sampler, loader.batch_sampler, getattr(loader.batch_sampler, "sampler", None)]
        assert {sampler.epoch for sampler in samplers if hasattr(sampler, "epoch")} == {epochs}


@pytest.mark.parametrize("place", [("epoch", 2), ("step", 5)])
@pytest.mark.parametrize("name", LOADERS)
def test_a_sampler_goes_on_with_the_epochs_it_has_counted(name, place, tmp_path):
    def run(*callbacks):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.5), nn.Linear(8, 3))
        history = fit(model, LOADERS[name](), num_epochs=4, callbacks=callbacks)
        return history["train_loss"], len(history.step_losses)

    whole = run()
    with pytest.raises(KeyboardInterrupt):
        run(Checkpoint(tmp_path / "run", every=1), Break(*place))
    assert run(Checkpoint(tmp_path / "run", every=1)) == whole
    assert whole[1] == 2 + 4 + 6 + 8
