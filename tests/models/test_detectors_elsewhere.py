"""The detectors where other networks may be, too: on the meta device, in a wrapper, in the table of layers."""

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from d2lite.models import (
    GridDetector,
    PyramidDetector,
    detector_loss,
    kept_bytes,
    layer_table,
    pad_truths,
    pyramid_loss,
    unet,
)

ANCHORS = [[16.0, 30.0], [30.0, 16.0]]
MAKERS = {
    "grid": lambda: GridDetector(ANCHORS),
    "grid, of a tensor": lambda: GridDetector(torch.tensor(ANCHORS)),
    "grid, of a tensor with numbers": lambda: GridDetector(torch.tensor(ANCHORS, device="cpu")),
    "no neck": lambda: PyramidDetector([ANCHORS], residual=False),
    "no anchors": PyramidDetector,
    "fpn": lambda: PyramidDetector(neck="fpn"),
    "pan": lambda: PyramidDetector([ANCHORS, ANCHORS], neck="pan", drop_rate=0.1),
}


def shapes(model):
    return {name: part.shape for name, part in model.state_dict().items()}


@pytest.mark.parametrize("name", MAKERS)
def test_made_without_memory_it_has_the_same_shapes(name):
    with torch.device("meta"):
        empty = MAKERS[name]()
        outputs = empty(torch.empty(2, 3, 32, 48))
    model = MAKERS[name]()
    assert {part.device.type for part in empty.state_dict().values()} == {"meta"}
    assert shapes(empty) == shapes(model)
    assert outputs.shape == model(torch.rand(2, 3, 32, 48)).shape
    assert kept_bytes(empty, (3, 32, 48), 2) > 4 * outputs.numel()


@pytest.mark.parametrize("name", MAKERS)
def test_the_table_of_a_detector_has_what_its_convolutions_do(name):
    model, done = MAKERS[name]().eval(), []
    convolutions = [part for part in model.modules() if isinstance(part, nn.Conv2d)]
    for part in convolutions:
        part.register_forward_hook(lambda part, _, made: done.append(made.numel() * part.weight[0].numel()))
    output = model(torch.rand(1, 3, 32, 48))
    table = layer_table(model, (3, 32, 48))
    assert [row.multiply_adds for row in table if row.kind == "Conv2d"] == done
    assert len(done) == len(convolutions)
    assert table.multiply_adds == sum(done)
    assert table.parameters == sum(part.numel() for part in model.parameters())
    if name.startswith("grid"):
        assert (table[-1].name, table[-1].values) == ("head", output.numel())


def test_the_table_of_a_detector_refuses_pictures_that_do_not_fit():
    for model, side, least in (
        (GridDetector(ANCHORS), 30, 8),
        (PyramidDetector(neck="fpn"), 24, 16),
        (unet.UNet(), 20, 8),
    ):
        with pytest.raises(ValueError, match=f"images has shape .*, {side}.: .* multiples of {least}"):
            layer_table(model, (3, side, side))


def test_a_unet_has_a_layer_whose_work_the_table_does_not_know():
    with pytest.raises(ValueError, match="is ConvTranspose2d: expected Conv2d, Linear"):
        layer_table(unet.UNet(), (3, 48, 48))


@pytest.mark.parametrize("wrap", [nn.DataParallel, AveragedModel, torch.compile])
def test_the_loss_takes_a_detector_in_a_wrapper(wrap):
    torch.manual_seed(0)
    images = torch.rand(2, 3, 32, 32)
    boxes, classes = [torch.tensor([[2.0, 3, 20, 30]]), torch.zeros(0, 4)], [torch.tensor([4]), []]
    grid, pyramid = GridDetector(ANCHORS), PyramidDetector()
    outputs = grid(images), pyramid(images)

    def losses(grid, pyramid):
        first = detector_loss(grid, outputs[0], boxes, classes)
        second = pyramid_loss(pyramid, outputs[1], (32, 32), *pad_truths(boxes, classes))
        return [part.item() for terms in (first, second) for part in terms.values()]

    assert losses(wrap(grid), wrap(pyramid)) == losses(grid, pyramid)


def test_the_loss_of_another_network_is_told():
    other, outputs = nn.DataParallel(nn.Linear(3, 2)), torch.zeros(1, 4, 4, 2, 15)
    with pytest.raises(TypeError, match=r"detector is a Linear: expected a d2lite.models.GridDetector"):
        detector_loss(other, outputs, [[]], [[]])
    with pytest.raises(TypeError, match=r"detector is a Linear: expected a d2lite.models.PyramidDetector"):
        pyramid_loss(other, outputs, (32, 32), *pad_truths([[]], [[]]))
