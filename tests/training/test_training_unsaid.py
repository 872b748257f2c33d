"""Wrong numbers without a word, and errors after work was done: what users of other libraries have reported."""

import math
import random
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler, TensorDataset

from d2lite.training import (
    Callback,
    Checkpoint,
    EarlyStopping,
    LivePlot,
    ProgressBar,
    Schedule,
    evaluate,
    fit,
    metrics,
)
from d2lite.training._history import as_text


@pytest.fixture
def data():
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(64, 8, generator=generator)
    return inputs, (inputs[:, 0] > 0).long() + (inputs[:, 1] > 0).long()


def make_model(outputs=3):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, outputs))


def new_generator(kind):
    if kind == "torch":
        return torch.Generator().manual_seed(0)
    return {"numpy": np.random.default_rng, "legacy": np.random.RandomState, "python": random.Random}[kind](0)


def draw(generator):
    if isinstance(generator, torch.Generator):
        return torch.rand((), generator=generator).item()
    return float(generator.random_sample() if hasattr(generator, "random_sample") else generator.random())


class Noisy(Dataset):
    """Adds noise from a generator of its own, held as an attribute or by a function."""

    def __init__(self, data, kind, held="attribute"):
        self.inputs, self.targets = data
        generator = new_generator(kind)
        self.noise = [generator] if held == "attribute" else (lambda: draw(generator))

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, index):
        noise = draw(self.noise[0]) if isinstance(self.noise, list) else self.noise()
        return self.inputs[index] + noise, self.targets[index]


@pytest.mark.parametrize("kind", ["torch", "numpy", "legacy", "python"])
@pytest.mark.parametrize("held", ["attribute", "function"])
def test_generators_that_the_data_hold_are_kept_too(data, kind, held):
    loader = DataLoader(Noisy(data, kind, held), batch_size=16)
    first, second = (fit(make_model(), loader, num_epochs=2)["train_loss"] for _ in range(2))
    assert first == second and first[0] != first[1]
    assert evaluate(make_model(), loader) == evaluate(make_model(), loader)


@pytest.mark.parametrize("kind", ["torch", "numpy", "legacy", "python"])
def test_a_resumed_run_goes_on_with_the_generators_of_its_data(data, kind, tmp_path):
    def run(num_epochs, *callbacks):
        loader = DataLoader(Noisy(data, kind), batch_size=16)
        return fit(make_model(), loader, loader, num_epochs=num_epochs, callbacks=callbacks)["train_loss"]

    run(2, Checkpoint(tmp_path / "run.pt"))
    assert run(4, Checkpoint(tmp_path / "run.pt")) == run(4)


class Shaking(Callback):
    """Moves the weights by a generator of its own."""

    def __init__(self, kind):
        self.kind, self.generator = kind, new_generator(kind)

    def on_step_end(self, run):
        for parameter in run.model.parameters():
            parameter.data += 0.1 * draw(self.generator)


@pytest.mark.parametrize("kind", ["torch", "numpy", "legacy", "python"])
@pytest.mark.parametrize("every", ["epoch", 2])
def test_a_resumed_run_goes_on_with_the_generators_of_callbacks_and_metrics(data, kind, every, tmp_path):
    class Killed(Callback):
        """Ends the run in its second epoch, and has a generator, too, but does not come again."""

        def __init__(self):
            self.generator = new_generator(kind)

        def on_step_end(self, run):
            draw(self.generator)
            if run.epoch == 1 and run.step == 3:
                raise KeyboardInterrupt

    def run(path, *callbacks):
        generator, callbacks = new_generator(kind), [Shaking(kind), Checkpoint(path, every=every), *callbacks]
        metrics = {"noise": lambda logits, targets: draw(generator)}
        history = fit(
            make_model(), data, data, num_epochs=3, batch_size=16, metrics=metrics, callbacks=callbacks
        )
        return [history[name] for name in history.names if name != "seconds"]

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "broken.pt", Killed())
    assert run(tmp_path / "broken.pt") == run(tmp_path / "whole.pt")


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
@pytest.mark.parametrize("kind", [np.random.Generator, np.random.RandomState])
def test_every_numpy_generator_can_be_in_a_checkpoint(data, kind, bits, tmp_path):
    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.noise = kind(bits(0))

        def forward(self, inputs):
            return inputs + self.noise.standard_normal()

    def run(num_epochs, *callbacks):
        model = nn.Sequential(Layer(), make_model())
        return fit(model, data, num_epochs=num_epochs, callbacks=callbacks)["train_loss"]

    run(1, Checkpoint(tmp_path / "run.pt"))
    assert run(3, Checkpoint(tmp_path / "run.pt")) == run(3)


def test_workers_that_would_all_draw_the_same_are_told_of(data):
    with pytest.warns(RuntimeWarning, match="2 workers and a dataset with a random generator of its own"):
        fit(make_model(), DataLoader(Noisy(data, "numpy"), batch_size=16, num_workers=2), num_epochs=1)


class Unsized(Sampler):
    def __init__(self):
        self.generator = np.random.default_rng(0)  # the name that torch gives to its own

    def __iter__(self):
        return iter(self.generator.permutation(64).tolist())


def test_a_sampler_needs_no_length_and_may_use_numpy(data):
    loader = DataLoader(TensorDataset(*data), batch_size=16, sampler=Unsized())
    histories = [fit(make_model(), loader, num_epochs=2)["train_loss"] for _ in range(2)]
    assert histories[0] == histories[1]


def test_a_dataset_needs_no_length_where_a_sampler_has_one(data):
    class Endless(Dataset):
        def __getitem__(self, index):
            return data[0][index], data[1][index]

    assert len(fit(make_model(), DataLoader(Endless(), batch_size=16, sampler=range(64)), num_epochs=1)) == 1


def test_a_stream_that_can_be_read_once_is_said_to_be_one(data):
    class Once(IterableDataset):
        def __init__(self):
            self.pairs = iter(list(zip(*data, strict=True)))

        def __iter__(self):
            return self.pairs

    with pytest.raises(ValueError, match="no batch in epoch 2: expected a stream that can be read anew"):
        fit(make_model(), DataLoader(Once(), batch_size=16), num_epochs=3)


def test_a_last_batch_of_one_is_tried_with_the_validation_data_too(data):
    class Squeezing(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(8, 1)

        def forward(self, inputs):
            return self.layer(inputs).squeeze()

    model, targets = Squeezing(), data[1].clamp(max=1)
    before = model.layer.weight.clone()
    loader = DataLoader(TensorDataset(data[0][:33], targets[:33]), batch_size=16)
    with pytest.raises(ValueError, match="single number for a batch of 1"):
        fit(model, (data[0], targets), loader, num_epochs=2)
    assert torch.equal(model.layer.weight, before)


@pytest.mark.parametrize("last", [[], [nn.Softmax(1)]])
def test_negative_log_likelihood_wants_logarithms(data, last):
    with pytest.raises(ValueError, match="NLLLoss takes logarithms of probabilities"):
        fit(nn.Sequential(make_model(), *last), data, loss=nn.NLLLoss())
    right = fit(nn.Sequential(make_model(), nn.LogSoftmax(1)), data, loss=nn.NLLLoss(), num_epochs=1)
    assert right["train_loss"] == pytest.approx(fit(make_model(), data, num_epochs=1)["train_loss"])


@pytest.mark.parametrize("loss", [nn.BCEWithLogitsLoss(), functional.binary_cross_entropy_with_logits])
def test_binary_cross_entropy_wants_0_and_1(data, loss):
    targets = data[1].clamp(max=1).float()[:, None] * 2 - 1
    with pytest.raises(ValueError, match="targets run from -1 to 1: expected 0 to 1"):
        fit(make_model(1), (data[0], targets), loss=loss)


def test_several_labels_a_sample_are_no_classes_for_torchs_cross_entropy_either(data):
    with pytest.raises(ValueError, match="do not sum to 1"):
        fit(make_model(), (data[0], torch.ones(64, 3)), loss=nn.CrossEntropyLoss())


def test_accuracy_does_not_take_a_probability_for_a_logit(data):
    model = nn.Sequential(make_model(1), nn.Sigmoid())
    pair = data[0], data[1].clamp(max=1).float()[:, None]
    with pytest.raises(ValueError, match="'accuracy' takes one score a sample as a logit"):
        evaluate(model, pair, loss=nn.BCELoss(), metrics="accuracy")
    with pytest.raises(ValueError, match="'right' takes one score a sample as a logit"):
        fit(model, pair, loss=nn.BCELoss(), metrics={"right": metrics.accuracy})
    assert evaluate(model, pair, loss=nn.BCELoss()).keys() == {"loss"}


def test_an_optimizer_made_before_a_layer_was_replaced_is_refused(data):
    model = make_model()
    optimizer = torch.optim.Adam(model.parameters())
    model[2] = nn.Linear(16, 3)
    with pytest.raises(ValueError, match="holds 2 parameters that are not the model's, and lacks 2"):
        fit(model, data, optimizer=optimizer)
    half = torch.optim.Adam(model[2].parameters())  # some of the model's alone are a choice
    assert len(fit(model, data, optimizer=half, num_epochs=1)) == 1


class Scaled(nn.Module):
    """A loss that learns a scale, and counts its calls."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(3))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, logits, targets):
        self.calls += 1
        return functional.cross_entropy(logits * self.scale.exp(), targets)


def test_a_loss_with_a_state_is_tried_on_a_copy_and_is_in_the_checkpoint(data, tmp_path):
    def run(num_epochs, *callbacks):
        model, loss = make_model(), Scaled()
        optimizer = torch.optim.Adam([*model.parameters(), *loss.parameters()], lr=0.1)
        options = {"loss": loss, "optimizer": optimizer, "num_epochs": num_epochs, "callbacks": callbacks}
        history = fit(model, data, **options)["train_loss"]
        return history, loss.scale.tolist(), loss.calls.item()

    assert run(2, Checkpoint(tmp_path / "run.pt"))[2] == 2
    assert run(4, Checkpoint(tmp_path / "run.pt")) == run(4)


class Taught(nn.Module):
    """A loss with a teacher, asked with or without gradients of its own."""

    def __init__(self, frozen, graded=True):
        super().__init__()
        self.teacher, self.graded = nn.Linear(3, 3).requires_grad_(not frozen), graded

    def forward(self, logits, targets):
        with torch.set_grad_enabled(self.graded):
            wanted = self.teacher(logits if self.graded else logits.detach())
        return functional.cross_entropy(logits, targets) + (logits - wanted).square().mean()


def test_a_loss_whose_own_parameters_are_not_trained_is_told(data):
    options = {"num_epochs": 1, "batch_size": 60}  # and a small last batch: said once
    for loss, count in ((Scaled(), 1), (Taught(frozen=False), 2)):
        before = [parameter.detach().clone() for parameter in loss.parameters()]
        with pytest.warns(RuntimeWarning, match=f"{count} parameters of the loss get gradients") as told:
            fit(make_model(), data, loss=loss, **options)
        assert len(told) == 1
        assert told[0].filename == __file__
        assert all(map(torch.equal, before, loss.parameters()))


def test_a_loss_whose_parameters_are_trained_or_stay_on_purpose_is_not_told(data):
    model, loss = make_model(), Scaled()
    optimizer = torch.optim.Adam([*model.parameters(), *loss.parameters()], lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(model, data, loss=loss, optimizer=optimizer, num_epochs=1)
        for loss in (Taught(frozen=True), Taught(frozen=False, graded=False)):
            fit(make_model(), data, loss=loss, num_epochs=1)


class Masked(nn.Module):
    def forward(self, logits, targets):
        return functional.cross_entropy(logits, targets)


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(), functional.cross_entropy, partial(functional.cross_entropy, ignore_index=-100), Masked(),
        lambda logits, targets: functional.nll_loss(logits.log_softmax(1), targets),
    ],
)  # fmt: skip
def test_a_batch_whose_targets_are_all_ignored_is_among_the_causes(data, loss):
    targets = data[1].clone()
    targets[-16:] = -100
    loader = DataLoader(TensorDataset(data[0], targets), batch_size=16)
    with pytest.raises(
        FloatingPointError, match=r"became nan .*, a batch of which the loss ignores every target"
    ):
        fit(make_model(), loader, loss=loss, num_epochs=1)
    ignored = data[0][:8], torch.full((8,), -100)
    with pytest.warns(
        RuntimeWarning, match="validation loss is nan .* a batch of which the loss ignores every"
    ):
        fit(make_model(), data, ignored, loss=loss, num_epochs=1)


def test_losses_that_ignore_nothing_do_not_name_it(data):
    targets = torch.cat([data[1][:-1].float(), torch.tensor([math.nan])])[:, None]
    for loss in ("mse", nn.MSELoss(), functional.mse_loss):
        loader = DataLoader(TensorDataset(data[0], targets), 16)
        with pytest.raises(FloatingPointError, match="samples, or a logarithm"):
            fit(make_model(1), loader, loss=loss, num_epochs=1)


def test_a_step_that_spoils_the_weights_is_told_though_its_loss_is_finite(data):
    spoils = []

    class BeforeTheLastStep(Callback):
        def on_step_end(self, run):
            if run.step == run.num_steps - 1:
                spoils.append(run.step)

    def loss(predictions, targets):
        without_slope = (predictions * 0).square().sum().sqrt() if spoils else 0
        return (predictions - targets).square().mean() + without_slope

    pair = data[0], data[1].float()[:, None]
    with pytest.raises(FloatingPointError, match="weights became NaN or infinite at the end of epoch 1"):
        fit(make_model(1), pair, loss=loss, num_epochs=1, batch_size=16, callbacks=[BeforeTheLastStep()])
    model = make_model(1)
    with pytest.raises(
        FloatingPointError, match="first step of Adam makes torch.float32 weights NaN or infinite"
    ):
        fit(model, pair, loss=loss, num_epochs=1)
    assert all(parameter.isfinite().all() for parameter in model.parameters())


@pytest.mark.parametrize("every", ["epoch", "step"])
@pytest.mark.parametrize("name", ["OneCycleLR", "CosineAnnealingLR"])
def test_a_schedule_for_steps_is_not_called_after_epochs_nor_the_reverse(data, every, name):
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    epochs, steps = 10, 40

    def schedule(calls):
        if name == "OneCycleLR":
            return torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=calls)
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, calls)

    wrong, right = (steps, epochs) if every == "epoch" else (epochs, steps)
    options = {"optimizer": optimizer, "num_epochs": epochs, "batch_size": 16}
    with pytest.raises(ValueError, match=f"every is '{every}', with a scheduler for {wrong} calls"):
        fit(model, data, callbacks=[Schedule(schedule(wrong), every)], **options)
    assert len(fit(model, data, callbacks=[Schedule(schedule(right), every)], **options)) == epochs


def test_a_checkpoint_that_cannot_be_written_is_told_before_the_first_step(data, tmp_path):
    model = make_model()
    before = model[0].weight.clone()
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="path is '.*file': expected a folder that can be written"):
        fit(model, data, callbacks=[Checkpoint(tmp_path / "file" / "run.pt")])
    with pytest.raises(ValueError, match="a folder: expected a file in it"):
        fit(model, data, callbacks=[Checkpoint(tmp_path)])
    assert torch.equal(model[0].weight, before)


class Noting(Callback):
    def on_epoch_end(self, run):
        run.history[-1].update({"note": "good", "rates": [0.1, 0.2], "lr": np.float32(0.25), "none": None})


@pytest.mark.parametrize("output", ["log", "terminal"])
def test_a_column_of_ones_own_may_hold_anything(data, output, capsys):
    fit(make_model(), data, num_epochs=1, callbacks=[Noting(), ProgressBar(output)])
    said = capsys.readouterr()
    assert "note good, rates [0.1, 0.2], lr 0.25" in said.out + said.err


def test_numbers_of_a_table_have_four_digits_whatever_they_come_from():
    assert [as_text(value) for value in (1 / 3, np.float32(1 / 3), np.float64(1 / 3))] == ["0.3333"] * 3
    assert [as_text(value) for value in (12345, np.int64(12345), "a", None)] == ["12345", "12345", "a", ""]


def test_a_metric_that_fails_is_named_by_evaluate_too(data):
    with pytest.raises(ValueError, match="metric 'ratio' cannot take the model's output: division by zero"):
        evaluate(make_model(), data, metrics={"ratio": lambda logits, targets: 1 / 0})


def test_batch_size_is_checked_where_a_loader_trains_and_pairs_validate(data):
    loader = DataLoader(TensorDataset(*data), batch_size=16)
    with pytest.raises(ValueError, match="batch_size is '64': expected a whole number"):
        fit(make_model(), loader, data, batch_size="64")


@pytest.mark.parametrize("make", [LivePlot, ProgressBar])
def test_an_interval_is_a_number(make):
    with pytest.raises(ValueError, match="interval is '1': expected a finite number"):
        make(interval="1")


def test_a_mode_against_what_is_known_of_the_figure_is_refused(data):
    def right(logits, targets):
        return metrics.accuracy(logits, targets)

    right.mode = "max"
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)  # mode="min"
    with pytest.raises(ValueError, match="mode is 'min': expected 'max' for 'validation_accuracy'"):
        EarlyStopping(monitor="validation_accuracy", mode="min")
    for callback in (
        EarlyStopping(monitor="validation_right", mode="min"),
        Schedule(plateau, monitor="validation_right"),
    ):
        with pytest.raises(ValueError, match="mode is 'min': expected 'max' for 'validation_right'"):
            fit(model, data, data, optimizer=optimizer, metrics=[right], callbacks=[callback])


def test_a_metric_that_grows_with_the_batch_is_told_of(data):
    with pytest.warns(RuntimeWarning, match="metric 'hits' of a batch taken twice is .*: expected a mean"):
        fit(make_model(), data, metrics={"hits": lambda x, y: (x.argmax(1) == y).sum()}, num_epochs=1)


class Thaw(Callback):
    def __init__(self, add):
        self.add = add

    def on_epoch_end(self, run):
        if run.epoch == 1:
            run.model[0].requires_grad_(True)
            if self.add:
                run.optimizer.add_param_group({"params": list(run.model[0].parameters())})


@pytest.mark.parametrize("add", [False, True])
def test_layers_that_thaw_without_the_optimizer_are_told_of(data, add):
    model = make_model()
    model[0].requires_grad_(False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(model, data, num_epochs=4, callbacks=[Thaw(add)])
    assert [str(warning.message)[:40] for warning in caught] == (
        [] if add else ["2 parameters of the model require gradie"]
    )


def test_a_loader_of_arrays_is_refused_in_one_sentence(data):
    def stack(pairs):
        return tuple(np.stack(part) for part in zip(*pairs, strict=True))

    def inputs_alone(pairs):
        inputs, targets = stack(pairs)
        return inputs, torch.from_numpy(targets)

    with pytest.raises(ValueError, match="the model cannot take train inputs of shape ndarray"):
        fit(make_model(), DataLoader(TensorDataset(*data), batch_size=16, collate_fn=inputs_alone))
    with pytest.raises(TypeError, match="train has a ndarray among its targets: expected tensors"):
        fit(make_model(), DataLoader(TensorDataset(*data), batch_size=16, collate_fn=stack))


def test_groups_that_a_callback_adds_are_named_when_a_run_is_resumed(data, tmp_path):
    def run(num_epochs):
        model = make_model()
        model[0].requires_grad_(False)
        return fit(
            model, data, num_epochs=num_epochs, callbacks=[Thaw(True), Checkpoint(tmp_path / "run.pt")]
        )

    run(2)
    with pytest.raises(
        ValueError, match="other parameters in the optimizer: expected the groups that a callback has"
    ):
        run(4)


class Exported(nn.Linear):
    """What `torch.export.export(...).module()` gives, which takes long."""

    def eval(self):
        raise NotImplementedError("Calling eval() is not supported yet.")


def test_an_exported_graph_is_told_before_it_is_measured(data):
    """Chapter 9 exports a network, and compares the outputs: its mode is that of the export."""
    model = Exported(8, 3)
    for use in (evaluate, fit):
        with pytest.raises(
            ValueError, match=r"exported graph, which stays in the mode .*: expected a network"
        ):
            use(model, data)
    assert model.training
