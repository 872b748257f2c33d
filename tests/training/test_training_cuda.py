"""Training on a GPU: the same promises as on the CPU. Needs CUDA."""

import pytest
import torch
from torch import nn

import d2lite
from d2lite.training import Callback, Checkpoint

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def data():
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(200, 4, generator=generator)
    return inputs, (inputs[:, 0] > 0).long()


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.Linear(8, 2))


class Break(Callback):
    def on_step_end(self, run):
        if (run.epoch, run.step) == (1, 5):
            raise InterruptedError


def test_device_is_the_gpu_and_fit_moves_model_and_data_there():
    model = network()
    history = d2lite.fit(model, data(), data(), num_epochs=20, metrics="accuracy", device=d2lite.device())
    assert next(model.parameters()).device.type == "cuda"
    assert history["validation_accuracy"][-1] > history["validation_accuracy"][0]
    measured = d2lite.evaluate(model, data(), metrics="accuracy")
    assert measured["accuracy"] == pytest.approx(history["validation_accuracy"][-1])


def test_a_broken_run_resumes_with_the_same_weights(tmp_path):
    unbroken, resumed = network(), network()
    d2lite.fit(unbroken, data(), num_epochs=3, batch_size=20, device="cuda")
    callbacks = [Checkpoint(tmp_path / "run", every=2), Break()]
    with pytest.raises(InterruptedError):
        d2lite.fit(network(), data(), num_epochs=3, batch_size=20, device="cuda", callbacks=callbacks)
    callbacks = [Checkpoint(tmp_path / "run", every=2)]
    d2lite.fit(resumed, data(), num_epochs=3, batch_size=20, device="cuda", callbacks=callbacks)
    for a, b in zip(unbroken.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_nan_is_found_with_its_step():
    loss = lambda logits, targets: logits.mean() * torch.nan
    with pytest.raises(FloatingPointError, match="nan in epoch 1, step 1"):
        d2lite.fit(network(), data(), loss=loss, device="cuda")
