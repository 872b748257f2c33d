"""The LeNet chapter's own functions against the package and torch; the recorded network against a run made now."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import d2lite
from d2lite import datasets
from d2lite._utils.encoding import from_base64
from d2lite.models import lenet
from d2lite.models.quantization import quantize

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, its trainings left out."""
    chapter = read_chapter("06_cnn/lenet")
    chapter.run("setup", "lenet", "count", "data", "train-net", "shuffle", "recipe")
    chapter.define("shift", "occlusion-code")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("lenet")


def test_shuffle_is_one_permutation_for_all(chapter):
    data = chapter["train"][:50]
    shuffled = chapter["shuffle"](data)
    order = torch.randperm(784, generator=torch.Generator().manual_seed(0))
    assert sorted(order.tolist()) == list(range(784))
    assert (order != torch.arange(784)).sum() > 700
    for i in (0, 49):
        for k in (0, 17, 783):
            assert shuffled.inputs[i].flatten()[k] == data.inputs[i].flatten()[order[k]]
    assert shuffled.targets is data.targets
    assert not torch.equal(chapter["shuffle"](data, seed=1).inputs, shuffled.inputs)


def test_count_agrees_with_hooks(chapter):
    """Multiplications counted by running: a network of ones on ones sums as many products as it multiplies."""
    model = chapter["make_lenet"]()
    rows = chapter["count"](model, torch.zeros(1, 1, 28, 28))
    assert sum(row[1] for row in rows) == sum(p.numel() for p in model.parameters()) == 61_706
    layer = nn.Conv2d(6, 16, 5, bias=False)
    nn.init.ones_(layer.weight)
    assert layer(torch.ones(1, 6, 14, 14)).sum().item() == rows[1][2]
    mlp = chapter["make_mlp"](0)
    assert abs(sum(p.numel() for p in mlp.parameters()) / 61_706 - 1) < 0.01


def test_quantized_weights_are_within_half_a_step():
    generator = torch.Generator().manual_seed(0)
    for shape in [(6, 1, 5, 5), (120, 400), (10, 84)]:
        size = torch.rand(shape[0], *[1] * (len(shape) - 1), generator=generator)
        weight = torch.randn(shape, generator=generator) * size
        scale = weight.abs().amax(tuple(range(1, weight.ndim)), keepdim=True) / 127
        codes, scales = (part.numpy() for part in quantize(weight))
        np.testing.assert_allclose(scale.flatten().numpy(), scales, rtol=1e-6)
        assert (np.abs(weight.numpy() - codes * scale.numpy()) <= 0.501 * scale.numpy()).all()


def test_a_channel_of_zeros_survives():
    codes, scales = quantize(torch.zeros(3, 2, 2))
    assert (codes == 0).all()
    assert scales.isfinite().all()


def test_push(chapter):
    data = datasets.fashion_mnist()[1][:5]
    moved = chapter["push"](data, 3).inputs
    assert torch.equal(moved[..., 3:], data.inputs[..., :-3])
    assert (moved[..., :3] == 0).all()
    assert torch.equal(chapter["push"](data, 0).inputs, data.inputs)


@pytest.mark.parametrize(("channels", "side", "num_classes"), [(1, 28, 10), (3, 32, 100), (2, 29, 3)])
def test_lenet_for_other_images(chapter, channels, side, num_classes):
    net = chapter["lenet_for"](channels, side, num_classes)
    assert net(torch.zeros(2, channels, side, side)).shape == (2, num_classes)


def test_occlusion_map_covers_one_place_at_a_time(chapter):
    chapter["mean_pixel"], chapter["std"] = torch.tensor(0.3), torch.tensor(0.4)
    model = chapter["make_lenet"]()
    image = datasets.fashion_mnist()[1].inputs[[7]]
    drops = chapter["occlusion_map"](model, image, side=5)
    covered = image.clone()
    covered[0, 0, 8:13, 0:4] = 0  # row 10, column 1
    with torch.no_grad():
        before, after = (model((x - 0.3) / 0.4).softmax(1)[0] for x in (image, covered))
    assert drops[10, 1].item() == pytest.approx((before.max() - after[before.argmax()]).item(), abs=1e-6)


def test_the_chapter_starts_as_the_recorder_does(chapter, recorder):
    ours = chapter["make_lenet"](0)
    torch.manual_seed(0)
    for a, b in zip(ours.parameters(), recorder.make_lenet().parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_chapters_loop_is_the_packages(chapter):
    """With all samples in a step the order does not matter: four steps by hand and by d2lite.fit."""
    data = chapter["train"][:100]
    ours = chapter["make_mlp"](0)
    theirs = copy.deepcopy(ours)
    losses = chapter["train_net"](ours, data, num_epochs=4, lr=1e-3, batch_size=100)
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=1e-3)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=4, cycle_momentum=False)
    schedule = d2lite.training.Schedule(cycle, every="step")
    history = d2lite.fit(
        theirs, data, optimizer=optimizer, num_epochs=4, batch_size=100, callbacks=[schedule]
    )
    assert losses == pytest.approx(list(history["train_loss"]), rel=1e-4)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


class TestRecordedNetwork:
    parameters, record = lenet.pretrained()

    def test_provenance_is_whole(self):
        assert {"command", "versions", "seed", "seconds", "date", "data"} <= self.record["provenance"].keys()
        assert len(self.record["history"]) == 15

    def test_its_accuracy_is_the_one_it_states(self, recorder):
        test = recorder.load_data()[0][2]
        stated = self.record["test_accuracy"]
        now = recorder.accuracy(self.parameters, test)
        assert now == pytest.approx(stated["quantized"], abs=0.0015)  # a photo or two may stand on the edge
        assert stated["quantized"] >= 0.87
        assert abs(stated["float"] - stated["quantized"]) < 0.005

    def test_its_images_are_the_test_sets(self):
        page, test = lenet.pretrained_payload(), datasets.fashion_mnist()[1][:20]
        pixels = from_base64(page["images"], "uint8", (20, 1, 28, 28))
        assert np.array_equal(pixels, (255 * test.inputs).round().numpy())
        assert page["labels"] == test.targets.tolist()

    def test_its_first_epochs_happen_again(self, recorder):
        (train, validation, _), mean, std = recorder.load_data()
        assert (self.record["mean"], self.record["std"]) == pytest.approx((mean, std), abs=1e-6)
        _, history = recorder.train_lenet(train, validation, stop_after=2)
        for now, then in zip(history.rows, self.record["history"], strict=False):
            assert now["train_loss"] == pytest.approx(then["train_loss"], abs=0.05)
            assert now["validation_accuracy"] == pytest.approx(then["validation_accuracy"], abs=0.04)


def samples(n=4):
    return datasets.fashion_mnist()[1][:n]


class FunctionalLenet(nn.Module):
    """LeNet written in another way, with tanh and average pooling, and dropout that only training sees."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.dense = nn.ModuleList([nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)])
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = nn.functional.avg_pool2d(torch.tanh(self.first(x)), 2)
        x = nn.functional.avg_pool2d(torch.tanh(self.second(x)), 2).flatten(1)
        x = torch.tanh(self.dense[1](torch.tanh(self.dense[0](self.dropout(x)))))
        return self.dense[2](x)


class TestFromModel:
    def test_any_module_that_computes_lenet_is_taken(self, chapter):
        torch.manual_seed(3)
        explorer = d2lite.widgets.LenetExplorer.from_model(
            FunctionalLenet().train(), samples(), mean=0.3, std=0.4, key="k"
        )
        data = explorer.data
        assert (data["activation"], data["pooling"]) == ("tanh", "average")
        assert data["classes"][5] == "Sandal"
        assert explorer.key == "k"
        assert len(str(data)) < 150_000
        model = chapter["make_lenet"]()
        data = d2lite.widgets.LenetExplorer.from_model(model, samples()).data
        assert (data["activation"], data["pooling"]) == ("relu", "max")
        whole = lenet.compute(lenet.unpack(data), "relu", "max", samples().inputs.double())
        assert torch.allclose(whole.float(), model(samples().inputs), atol=0.02)

    def test_its_python_runs_in_a_clean_kernel(self):
        explorer = d2lite.widgets.LenetExplorer.from_model(FunctionalLenet(), samples(), image=2)
        scope = {}
        exec(explorer.to_python().replace("\n\nd2lite", "\n\nagain = d2lite"), scope)
        assert scope["again"].state() == explorer.state() == {"image": 2}
        assert scope["again"].data == d2lite.widgets.LenetExplorer().data, "the pretrained network"

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda m: m.append(nn.Softmax(1)), "computes something else"),
            (lambda m: m.__setitem__(11, nn.Linear(84, 5)), "expected those of LeNet"),
            (lambda m: m.__setitem__(0, nn.Conv2d(1, 6, 5, padding=2, bias=False)), "with biases"),
            (lambda m: m.__setitem__(1, nn.GELU()), "relu, tanh or sigmoid"),
            (lambda m: m.__delitem__(3), "expected those of LeNet"),
        ],
    )
    def test_other_networks_are_refused(self, chapter, change, message):
        model = chapter["make_lenet"]()
        change(model)
        with pytest.raises(ValueError, match=message):
            d2lite.widgets.LenetExplorer.from_model(model, samples())

    @pytest.mark.parametrize(
        ("given", "options", "message"),
        [
            (
                dataclasses.replace(samples(), inputs=samples().inputs * 255),
                {},
                r"images from 0 to 2\d\d: expected values in",
            ),
            ((torch.zeros(2, 3, 28, 28), torch.zeros(2).long()), {}, r"\(N, 1, 28, 28\)"),
            ((torch.zeros(25, 28, 28), torch.zeros(25).long()), {}, "N from 1 to 24"),
            ((torch.zeros(1, 28, 28), torch.tensor([10])), {}, "numbers from 0 to 9"),
            ((torch.full((1, 28, 28), float("nan")), torch.tensor([1])), {}, r"in \[0, 1\]"),
            (samples(), {"class_names": ["a"]}, "expected ten names"),
            (samples(), {"std": 0.0}, "std is 0.0: expected a finite number, above 0"),
        ],
    )
    def test_other_samples_are_refused(self, chapter, given, options, message):
        with pytest.raises(ValueError, match=message):
            d2lite.widgets.LenetExplorer.from_model(chapter["make_lenet"](), given, **options)
