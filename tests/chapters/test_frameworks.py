"""Frameworks and graphs: the chapter's graph engine, its carrying of weights, and what Keras and ONNX Runtime say."""

import ast
import itertools

import pytest
import torch
from torch import nn

from d2lite.models import weights


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("09_beyond/frameworks")
    chapter.run("setup", "keras-import", "data", "build")
    chapter.run("fit", "fit-run", "torch-net", "engine-nodes", "engine-session")
    chapter.define("edit-keras", "fork", "compile", "compile-run", "onnx-code", "use-run")
    return chapter


def engine_network(lesson, sizes, generator):
    """Return a placeholder, variables and the output of a network in the engine, and what torch has for x."""
    x = lesson["placeholder"]("x")
    node, variables = x, []
    for inputs, outputs in itertools.pairwise(sizes):
        pair = [
            lesson["Variable"](torch.randn(*shape, generator=generator), "part")
            for shape in ((inputs, outputs), (outputs,))
        ]
        node = lesson["Node"](torch.relu, node @ pair[0] + pair[1], name="relu")
        variables += pair

    def reference(value, parts):
        for kernel, bias in zip(parts[::2], parts[1::2], strict=True):
            value = torch.relu(value @ kernel + bias)
        return value

    return x, variables, node, reference


def test_a_session_computes_what_torch_does(lesson):
    generator = torch.Generator().manual_seed(0)
    for sizes in ((3, 2), (4, 8, 3), (2, 5, 5, 1)):
        x, variables, node, reference = engine_network(lesson, sizes, generator)
        session = lesson["Session"]()
        for rows in (1, 7):
            inputs = torch.randn(rows, sizes[0], generator=generator)
            expected = reference(inputs, [part.initial for part in variables])
            torch.testing.assert_close(session.run(node, {x: inputs}), expected)
            assert session.ran == ["matmul", "add", "relu"] * (len(sizes) - 1)


def test_sessions_have_their_own_values_and_a_run_forgets_the_last(lesson):
    generator = torch.Generator().manual_seed(1)
    x, variables, node, reference = engine_network(lesson, (3, 2), generator)
    one, other = lesson["Session"](), lesson["Session"]()
    inputs = torch.ones(2, 3)
    before = one.run(node, {x: inputs})
    other.variables[variables[1]] = torch.tensor([5.0, 5.0])
    torch.testing.assert_close(
        other.run(node, {x: inputs}), reference(inputs, [variables[0].initial, torch.tensor([5.0, 5.0])])
    )
    assert torch.equal(one.run(node, {x: inputs}), before)
    assert not torch.equal(one.run(node, {x: 10 + inputs}), before)


def test_a_placeholder_that_is_needed_must_be_fed_and_another_need_not(lesson):
    a, b = lesson["placeholder"]("a"), lesson["placeholder"]("b")
    with pytest.raises(ValueError, match="b has no value: feed it"):
        lesson["Session"]().run(a + b, {a: torch.ones(1)})
    assert lesson["Session"]().run(a + a, {a: torch.ones(1)}) == 2


def test_the_engine_has_some_thirty_lines(lesson):
    source = lesson.sources["engine-nodes"] + "\n" + lesson.sources["engine-session"]
    assert 28 <= len([line for line in source.splitlines() if line.strip()]) <= 34
    assert {"Node", "placeholder", "Variable", "Session"} == {node.name for node in ast.parse(source).body}


def test_kernels_are_transposed_and_a_square_one_that_is_not_is_found(lesson):
    generator = torch.Generator().manual_seed(2)
    arrays = [torch.randn(*shape, generator=generator) for shape in ((4, 32), (32,), (32, 3), (3,))]
    inputs = torch.randn(5, 4, generator=generator)
    expected = torch.relu(inputs @ arrays[0] + arrays[1]) @ arrays[2] + arrays[3]
    torch.testing.assert_close(lesson["torch_net"](arrays)(inputs), expected)
    square, wrong = nn.Linear(4, 4), nn.Linear(4, 4)
    wrong.load_state_dict({"weight": square.weight.T.clone(), "bias": square.bias})
    assert lesson["same_outputs"](square, square, inputs) == "same"
    assert lesson["same_outputs"](square, wrong, inputs).startswith("5 rows: differs")


def test_a_frozen_batch_size_is_found(lesson):
    net = nn.Linear(4, 3)
    frozen = lambda x: net(x).expand(5, 3) if len(x) in (1, 5) else net(x) + 1
    assert lesson["same_outputs"](net, frozen, torch.randn(5, 4)) == "3 rows: differs by 1"
    nothing = lambda x: torch.full((len(x), 3), torch.nan)
    assert "differs by nan" in lesson["same_outputs"](net, nothing, torch.randn(5, 4))


def test_graphs_are_made_as_they_are_needed(lesson):
    x = torch.tensor([1.0, 2.0])
    assert lesson["graphs_of"](lesson["fork"], x, x) == [3, 1]
    assert lesson["graphs_of"](lesson["fork"], x, -x, x) == [3, 1, 1]
    assert len(lesson["graphs_of"](lesson["mended"], x, -x)) == 1
    assert torch.equal(lesson["mended"](x), lesson["fork"](x)) and torch.equal(
        lesson["mended"](-x), lesson["fork"](-x)
    )


def test_a_guard_on_the_mode_has_the_graph_drawn_again():
    net, made = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5)), []
    backend = lambda graph, inputs: made.append(graph) or graph.forward
    torch._dynamo.reset()
    compiled, x = torch.compile(net, backend=backend), torch.randn(5, 4)
    compiled(x), compiled(x)
    assert len(made) == 1
    net.eval()
    assert torch.equal(compiled(x), net(x))
    assert len(made) == 2


def test_an_if_on_data_is_not_exported(lesson):
    class Fork(nn.Module):
        def forward(self, x):
            return lesson["fork"](x)

    with pytest.raises(Exception, match="data-dependent"):
        torch.export.export(Fork(), (torch.tensor([1.0, 2.0]),))


def test_the_recorded_network_is_right_and_says_what_made_it():
    tensors, record = weights.load("keras_iris")
    assert sum(tensors[f"end.{i}"].numel() for i in range(4)) == 259
    assert (tensors["keras"] - tensors["onnx"]).abs().max() < 1e-5
    assert set(record["provenance"]["versions"]) == {"keras", "onnx", "onnxruntime", "torch", "numpy"}
    assert len(record["losses"]) == 20


def test_the_whole_chapter_runs(read_chapter):
    """Also where Keras and ONNX are installed, whose numbers are then live."""
    chapter = read_chapter("09_beyond/frameworks")
    chapter.run(*(cell for cell in chapter.code if cell != "colab"))
    assert chapter["worst"] < 1e-5


@pytest.mark.extra
def test_keras_gives_what_was_recorded(lesson, optional, tmp_path):
    keras = optional("keras", "keras")
    tensors, record = weights.load("keras_iris")
    assert keras.backend.backend() == "torch"
    keras.utils.set_random_seed(0)
    model = lesson["functional"]()
    for i, part in enumerate(model.get_weights()):
        torch.testing.assert_close(torch.tensor(part), tensors[f"start.{i}"])
    assert lesson["fit_keras"](model) == pytest.approx(record["losses"], abs=1e-4)
    found = torch.tensor(model.predict(lesson["test"].inputs.numpy(), verbose=0))
    torch.testing.assert_close(found, tensors["keras"], rtol=0, atol=1e-3)
    model.save(tmp_path / "old.h5")  # "that still works"
    old = torch.tensor(
        keras.models.load_model(tmp_path / "old.h5").predict(lesson["test"].inputs.numpy(), verbose=0)
    )
    torch.testing.assert_close(old, found)
    edited = lesson["edit_keras"](model)
    counts = {
        "weights": edited.count_params(),
        "trained": sum(part.numpy().size for part in edited.trainable_weights),
    }
    assert counts == record["edited"]


@pytest.mark.extra
def test_keras_builds_one_network_in_two_ways(lesson, optional):
    optional("keras", "keras")
    one, other = lesson["functional"](), lesson["sequential"]()
    other.set_weights(one.get_weights())
    inputs = lesson["test"].inputs.numpy()
    found = [torch.tensor(model.predict(inputs, verbose=0)) for model in (one, other)]
    torch.testing.assert_close(*found)
    net = lesson["torch_net"]([torch.tensor(part) for part in one.get_weights()])
    torch.testing.assert_close(net(lesson["test"].inputs).softmax(1).detach(), found[0], rtol=0, atol=1e-5)


@pytest.mark.extra
def test_defaults_of_keras_are_those_of_the_text(lesson, optional):
    keras = optional("keras", "keras")
    norm = keras.layers.BatchNormalization()
    assert (norm.epsilon, norm.momentum) == (0.001, 0.99)
    assert (nn.BatchNorm1d(1).eps, nn.BatchNorm1d(1).momentum) == (1e-5, 0.1)
    assert keras.optimizers.Adam().epsilon == 1e-7
    assert type(keras.layers.Dense(2).kernel_initializer).__name__ == "GlorotUniform"
    assert keras.backend.image_data_format() == "channels_last"
    assert keras.utils.to_categorical([2], num_classes=3).tolist() == [[0, 0, 1]]
    with pytest.raises(ValueError, match="shape"):
        keras.Input(shape=(4))


@pytest.mark.extra
def test_onnx_runtime_gives_what_torch_gives(lesson, optional, tmp_path):
    for package in ("onnx", "onnxscript", "onnxruntime"):
        lesson[package] = optional(package, "onnx")
    tensors, record = weights.load("keras_iris")
    net = nn.Sequential(lesson["torch_net"]([tensors[f"end.{i}"] for i in range(4)]), nn.Softmax(1)).eval()
    inputs = lesson["test"].inputs
    found, operations = lesson["run_onnx"](net, inputs, str(tmp_path / "iris.onnx"))
    torch.testing.assert_close(found, net(inputs).detach(), rtol=0, atol=1e-5)
    torch.testing.assert_close(found, tensors["onnx"], rtol=0, atol=1e-5)
    assert operations == record["operations"]
    session = lesson["onnxruntime"].InferenceSession(str(tmp_path / "iris.onnx"))
    (few,) = session.run(None, {"measurements": inputs[:3].numpy()})  # another batch size
    torch.testing.assert_close(torch.from_numpy(few), net(inputs[:3]).detach(), rtol=0, atol=1e-5)


@pytest.mark.extra
def test_the_recorder_makes_the_same_file(read_recorder, optional):
    optional("keras", "keras")
    optional("onnxruntime", "onnx")
    again, record = read_recorder("keras_iris").record_network()
    tensors, recorded = weights.load("keras_iris")
    assert list(again) == list(tensors)
    for name, part in tensors.items():
        torch.testing.assert_close(torch.as_tensor(again[name]), part, rtol=0, atol=1e-3)
    assert record["losses"] == pytest.approx(recorded["losses"], abs=1e-4)
    assert (record["edited"], record["operations"]) == (recorded["edited"], recorded["operations"])
