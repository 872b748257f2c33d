"""Networks that are not as they were made, pruned or with other layers: told, and not saved or shown otherwise."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

from d2lite import models
from d2lite.models import character_rnn, character_transformer, lenet, unet

SAID = "from which a weight is computed: expected the weight itself; first call torch.nn.utils.prune.remove"


def transformer():
    return models.CharacterTransformer("abc", width=8, num_layers=1, num_heads=2, context=8)


NETWORKS = {  # a maker, a layer of it, and what asks for its weights
    "lenet": (
        models.published.lenet5,
        lambda net: net[0],
        lambda net, path: lenet.recognise(net, torch.rand(2, 1, 28, 28)),
    ),
    "unet": (unet.UNet, lambda net: net.down[0][0], lambda net, path: unet.to_tensors(net)),
    "transformer": (
        transformer,
        lambda net: net.blocks[0].up,
        lambda net, path: character_transformer.save(path, net),
    ),
    "characters": (
        lambda: character_rnn.CharacterRNN("abc", 4),
        lambda net: net.readout,
        lambda net, path: character_rnn.pack_model(net, "abc"),
    ),
    "detector": (
        lambda: models.GridDetector([[20.0, 20.0]], 2),
        lambda net: net.body[0][0],
        lambda net, path: models.quantized_detector(net),
    ),
    "saved detector": (
        lambda: models.GridDetector([[20.0, 20.0]], 2),
        lambda net: net.body[0][0],
        lambda net, path: models.save_detector(path, net, {}),
    ),
    "modern detector": (
        models.PyramidDetector,
        lambda net: net.fine[0][0],
        lambda net, path: models.save_modern_detector(path, net, {}),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_pruned_network_is_told_until_the_cut_is_made_permanent(name, tmp_path):
    """Some files could not be read again, some errors were about copies, some weights a step older than the network."""
    make, layer, ask = NETWORKS[name]
    net = make()
    prune.random_unstructured(layer(net), "weight", 0.5)
    with pytest.raises(ValueError, match=rf"weight_orig, {SAID}"):
        ask(net, tmp_path / "own.npz")
    assert not list(tmp_path.iterdir())
    prune.remove(layer(net), "weight")
    assert ask(net, tmp_path / "own.npz")


@pytest.mark.parametrize("name", ["detector", "transformer"])
def test_so_is_a_parametrized_one(name, tmp_path):
    """The 8-bit copy of the detector kept the layer's weight as it was, under batch norms that were set to 1."""
    make, layer, ask = NETWORKS[name]
    net = make()
    parametrizations.weight_norm(layer(net))
    with pytest.raises(ValueError, match=rf"parametrizations.weight.original0, {SAID}"):
        ask(net, tmp_path / "own.npz")
    parametrize.remove_parametrizations(layer(net), "weight")
    assert ask(net, tmp_path / "own.npz")


def test_so_is_one_whose_weights_torch_normed_in_its_older_way(tmp_path):
    """The weight that the layer holds is that of the last forward pass, before the last step of training."""
    net = transformer()
    with pytest.warns(FutureWarning, match="weight_norm"):
        nn.utils.weight_norm(net.readout)
    with pytest.raises(ValueError, match=rf"readout.weight_g, {SAID}"):
        character_transformer.save(tmp_path / "own.npz", net)
    nn.utils.remove_weight_norm(net.readout)
    assert character_transformer.save(tmp_path / "own.npz", net)


def test_a_pruned_network_that_was_saved_is_the_same(tmp_path):
    torch.manual_seed(0)
    net = models.GridDetector([[20.0, 20.0], [40.0, 30.0]], 3, widths=(4, 6, 8), num_blocks=2).eval()
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            prune.l1_unstructured(module, "weight", 0.5)
            prune.remove(module, "weight")
    again, record = models.pretrained_detector(models.save_detector(tmp_path / "own.npz", net, {"seed": 0}))
    assert record == {"seed": 0, "shape": {"num_classes": 3, "widths": [4, 6, 8], "num_blocks": 2}}
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(again(images), net(images), rtol=0, atol=0.01)  # float16
    steps = [models.quantization.quantize(layer.weight)[0] for layer in models.layers_of(again)]
    assert all((step == 0).double().mean() >= 0.5 for step in steps)


@pytest.mark.parametrize("name", ["unet", "detector", "saved detector", "modern detector"])
def test_a_network_with_other_layers_is_told(name, tmp_path):
    """A file has weights alone, and page and `load` computed with the layers that the network has by default."""
    make, layer, ask = NETWORKS[name]
    torch.manual_seed(0)
    net = make()
    parent = next(module for module in net.modules() if layer(net) in [*module.children()])
    parent[1].momentum = 0.01  # this changes nothing that is computed
    state = torch.random.get_rng_state()
    assert ask(net, tmp_path / "own.npz")
    assert torch.equal(state, torch.random.get_rng_state())
    (tmp_path / "own.npz").unlink(missing_ok=True)
    usual, parent[2] = parent[2], nn.SiLU()
    with pytest.raises(ValueError, match=r"has SiLU\(\) as \S+: expected (Leaky)?ReLU\(.*, as .* makes it"):
        ask(net, tmp_path / "own.npz")
    parent[2] = usual
    parent.append(nn.Dropout())
    with pytest.raises(ValueError, match=r"has Dropout\(p=0.5, inplace=False\) as \S+: expected None"):
        ask(net, tmp_path / "own.npz")
    assert not list(tmp_path.iterdir())
