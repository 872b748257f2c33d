"""What a forward pass leaves in memory: against sums by hand and against what autograd says that it saves."""

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from d2lite.models import kept_bytes, published


def saved_bytes(model, x):
    """Sum the memory of what autograd saves, but for parameters."""
    own = {tensor.untyped_storage()._cdata for tensor in [*model.parameters(), *model.buffers(), x]}
    saved = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            saved[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(x)
    saved[output.untyped_storage()._cdata] = output.untyped_storage()
    return sum(storage.nbytes() for storage in saved.values())


def test_by_hand():
    """A ReLU keeps its output, 4 x 6 x 6 floats; the convolution's own input is not counted, its output is not kept."""
    with torch.device("meta"):
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
    assert kept_bytes(net, (3, 8, 8)) == 4 * (4 * 36 + 10)
    assert kept_bytes(net, (3, 8, 8), batch_size=5) == 5 * 4 * (4 * 36 + 10)


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "densenet121"])
def test_it_is_what_autograd_saves(name):
    with torch.device("meta"):
        net, x = getattr(published, name)(10), torch.empty(1, 3, 64, 64)
    assert kept_bytes(net, (3, 64, 64)) == pytest.approx(saved_bytes(net, x), rel=0.003)


def test_numbers_do_not_change_it():
    """Real tensors save as much as those without numbers."""
    with torch.device("meta"):
        empty = published.DenseLayer(16, 4)
    net, x = published.DenseLayer(16, 4), torch.randn(2, 16, 7, 7)
    assert kept_bytes(empty, (16, 7, 7), 2) == saved_bytes(net, x)


def test_what_is_recomputed_is_not_kept():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x):
            return checkpoint(lambda x: self.second(self.first(x).sigmoid()), x, use_reentrant=False)

    with torch.device("meta"):
        net = Twice()
    assert kept_bytes(net, (8,), 10) == 4 * 80


def test_a_densenet_that_recomputes_learns_the_same_and_keeps_a_fifth():
    with torch.device("meta"):
        kept = [
            kept_bytes(published.densenet121(recompute=recompute), (3, 224, 224))
            for recompute in (False, True)
        ]
    assert 4 < kept[0] / kept[1] < 5
    torch.manual_seed(0)
    plain, light = published.densenet121(3), published.densenet121(3, recompute=True)
    light.load_state_dict(plain.state_dict())
    x = torch.randn(4, 3, 64, 64)
    for net in (plain, light):
        net(x).square().sum().backward()
    grads = [net.features.denseblock3.denselayer9.conv1.weight.grad for net in (plain, light)]
    assert torch.allclose(*grads, rtol=1e-3, atol=1e-5)


def test_a_model_with_numbers_is_refused():
    with pytest.raises(ValueError, match="model is on cpu: expected the meta device"):
        kept_bytes(nn.Linear(2, 2), (2,))


@pytest.mark.parametrize(("dtype", "size"), [(torch.float16, 2), (torch.bfloat16, 2), (torch.float64, 8)])
def test_weights_of_another_dtype_keep_numbers_of_their_size(dtype, size):
    with torch.device("meta"):
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10)).to(dtype)
    assert kept_bytes(net, (3, 8, 8)) == size * (4 * 36 + 10)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"model": nn.Linear}, TypeError, "model is <class .*: expected a torch.nn.Module"),
        ({"input_shape": 4}, ValueError, r"input_shape is 4: expected \(C, H, W\)"),
        ({"input_shape": (4.5,)}, ValueError, "input_shape is 4.5: expected a whole number"),
        ({"batch_size": 0}, ValueError, "batch_size is 0: expected a whole number, 1 or more"),
        ({"batch_size": 2.5}, ValueError, "batch_size is 2.5: expected a whole number, 1 or more"),
        (
            {"input_shape": (5,)},
            ValueError,
            r"model fails on inputs of shape \(1, 5\) .*: expected layers that fit",
        ),
    ],
)
def test_what_does_not_fit_is_said(options, error, said):
    with pytest.raises(error, match=said):
        kept_bytes(**{"model": nn.Linear(4, 2, device="meta"), "input_shape": (4,)} | options)


def test_the_input_is_not_counted_as_a_view_of_it_either():
    with torch.device("meta"):
        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    assert kept_bytes(net, (1, 28, 28), batch_size=3) == 3 * 4 * 10


def test_where_nothing_is_kept_for_a_backward_pass_it_is_counted_as_elsewhere():
    with torch.device("meta"):
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            assert kept_bytes(net, (3, 8, 8)) == 4 * (4 * 36 + 10)
