"""`fit` and `evaluate` against a loop written by hand."""

import functools
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import d2lite
from d2lite.training import Callback, EarlyStopping, History, Schedule


def classes(num_samples=100, num_classes=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(num_samples, 4, generator=generator)
    return inputs, torch.randint(0, num_classes, (num_samples,), generator=generator)


def network(outputs=3, dropout=0.0, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, outputs)
    )


def same_weights(a, b):
    return all(
        torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    )


def loop_by_hand(model, inputs, targets, loss, num_epochs, batch_size, seed):
    """Train as `fit` says it does; return each epoch's mean loss."""
    order = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    means = []
    for _ in range(num_epochs):
        total = 0.0
        for index in torch.randperm(len(inputs), generator=order).split(batch_size):
            value = loss(model(inputs[index]), targets[index])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            total += value.item() * len(index)
        means.append(total / len(inputs))
    return means


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_fit_gives_the_weights_of_a_loop_by_hand(dropout):
    (inputs, targets), model, by_hand = classes(), network(dropout=dropout), network(dropout=dropout)
    history = d2lite.fit(model, (inputs, targets), num_epochs=3, batch_size=32, seed=7)
    means = loop_by_hand(by_hand, inputs, targets, functional.cross_entropy, 3, 32, seed=7)
    assert same_weights(model, by_hand)
    assert history["train_loss"] == pytest.approx(means, rel=1e-12)
    assert len(history.step_losses) == 3 * 4


@pytest.mark.parametrize("shape", [(100,), (100, 1)])
def test_one_output_means_binary_cross_entropy(shape):
    inputs, targets = classes(num_classes=2)
    model, by_hand = network(1), network(1)
    d2lite.fit(model, (inputs, targets.float().reshape(shape)), num_epochs=2, batch_size=50)
    loss = lambda logits, y: functional.binary_cross_entropy_with_logits(logits.squeeze(1), y)
    loop_by_hand(by_hand, inputs, targets.float(), loss, 2, 50, seed=0)
    assert same_weights(model, by_hand)
    integer_labels = network(1)
    d2lite.fit(integer_labels, (inputs, targets), num_epochs=2, batch_size=50)
    assert same_weights(integer_labels, by_hand)


def test_mse_does_not_broadcast_columns_against_rows():
    inputs, _ = classes()
    targets = inputs.sum(1)
    model, by_hand = network(1), network(1)
    d2lite.fit(model, (inputs, targets), loss="mse", num_epochs=2, batch_size=50)
    loss = lambda predictions, y: ((predictions[:, 0] - y) ** 2).mean()
    loop_by_hand(by_hand, inputs, targets, loss, 2, 50, seed=0)
    for x, y in zip(model.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(x, y)


def test_sequences_have_their_classes_last():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 6, 5, generator=generator)  # (B, T, K)
    targets = torch.randint(0, 5, (2, 6), generator=generator)
    measured = d2lite.evaluate(nn.Identity(), (logits, targets), metrics=["accuracy", "perplexity"])
    expected = functional.cross_entropy(logits.movedim(-1, 1), targets).item()
    assert measured["loss"] == pytest.approx(expected)
    assert measured["perplexity"] == pytest.approx(np.exp(expected), rel=1e-6)
    maps = torch.randn(2, 5, 3, 4, generator=generator)  # (B, K, H, W)
    labels = torch.randint(0, 5, (2, 3, 4), generator=generator)
    assert d2lite.evaluate(nn.Identity(), (maps, labels))["loss"] == pytest.approx(
        functional.cross_entropy(maps, labels).item()
    )


def test_a_loader_trains_like_its_tensors():
    inputs, targets = classes()
    model, by_hand = network(), network()
    d2lite.fit(model, DataLoader(TensorDataset(inputs, targets), batch_size=30), num_epochs=2)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3)
    for _ in range(2):
        for x, y in zip(inputs.split(30), targets.split(30), strict=True):
            optimizer.zero_grad()
            functional.cross_entropy(by_hand(x), y).backward()
            optimizer.step()
    assert same_weights(model, by_hand)


def test_a_stream_without_length_trains():
    class Stream(IterableDataset):
        def __iter__(self):
            return zip(*classes(50), strict=True)

    model = network()
    history = d2lite.fit(
        model, DataLoader(Stream(), batch_size=10), num_epochs=2, callbacks=[d2lite.ProgressBar()]
    )
    assert len(history.step_losses) == 10
    assert not same_weights(model, network())


def test_fit_is_reproducible_and_leaves_random_state_and_mode_alone():
    data, models = classes(), [network(dropout=0.5), network(dropout=0.5)]
    histories = []
    for model in models:
        model[1].eval()  # a frozen layer among training ones
        before, modes = torch.get_rng_state(), [module.training for module in model.modules()]
        histories.append(d2lite.fit(model, data, data, num_epochs=2, metrics="accuracy"))
        assert torch.equal(torch.get_rng_state(), before)
        assert [module.training for module in model.modules()] == modes
        torch.rand(5)  # what was drawn before does not matter
    assert same_weights(*models)
    assert histories[0]["validation_accuracy"] == histories[1]["validation_accuracy"]
    other = network(dropout=0.5)
    other[1].eval()
    d2lite.fit(other, data, num_epochs=2, seed=1)
    assert not same_weights(other, models[0])


def test_evaluate_is_exact_with_uneven_batches():
    (inputs, targets), model = classes(), network(dropout=0.5)
    measured = d2lite.evaluate(model, (inputs, targets), metrics=["accuracy", "perplexity"], batch_size=33)
    logits = model.eval()(inputs)
    expected = functional.cross_entropy(logits, targets).item()
    assert measured["loss"] == pytest.approx(expected, rel=1e-6)
    assert measured["perplexity"] == pytest.approx(np.exp(expected), rel=1e-6)
    assert measured["accuracy"] == pytest.approx((logits.argmax(1) == targets).float().mean().item())
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=7)
    assert d2lite.evaluate(model, loader)["loss"] == pytest.approx(expected, rel=1e-6)


def test_train_metrics_are_means_over_the_epoch():
    inputs, targets = classes()
    frozen = lambda parameters: torch.optim.SGD(parameters, lr=0.0)
    model = nn.Linear(4, 3)
    history = d2lite.fit(
        model, (inputs, targets), (inputs, targets), optimizer=frozen, num_epochs=1, batch_size=33,
        metrics={"accuracy": d2lite.training.metrics.accuracy, "positive": lambda x, _: (x > 0).float().mean()},
    )  # fmt: skip
    for name in ("loss", "accuracy", "positive"):
        assert history[f"train_{name}"] == pytest.approx(history[f"validation_{name}"], rel=1e-5)


def test_optimizer_given_as_object_or_as_function():
    data, a, b = classes(), network(), network()
    d2lite.fit(a, data, optimizer=torch.optim.SGD(a.parameters(), lr=0.1, momentum=0.9), num_epochs=2)
    d2lite.fit(b, data, optimizer=functools.partial(torch.optim.SGD, lr=0.1, momentum=0.9), num_epochs=2)
    assert same_weights(a, b)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(train=(torch.zeros(3, 4), torch.zeros(2).long())), "3 inputs but 2 targets"),
        (dict(train=(torch.zeros(0, 4), torch.zeros(0).long())), "train is empty"),
        (dict(train=(np.zeros((3, 4)), np.zeros(3))), "inputs of type ndarray: expected a tensor"),
        (dict(train=7), "train is a int: expected a pair"),
        (dict(train=(torch.zeros(3, 4), torch.tensor([0, 1, 3]))), "from 0 to 2, as the model has 3 outputs"),
        (dict(train=(torch.zeros(3, 4), torch.tensor([0, 1, -1]))), "run from -1 to 1"),
        (dict(train=(torch.zeros(3, 4), torch.tensor([0.0, 1, 2]))), "expected class indices as integers"),
        (dict(train=(torch.zeros(3, 5), torch.zeros(3).long())), r"cannot take train inputs of shape \(3, 5"),
        (dict(train=(torch.zeros(3, 4).double(), torch.zeros(3).long())), "float64 but the model's weights"),
        (dict(train=(torch.full((3, 4), torch.nan), torch.zeros(3).long())), "NaN or infinite"),
        (dict(train=(torch.zeros(3, 4), torch.zeros(3, 2).long())), "for logits of shape .*: expected"),
        (dict(validation=(torch.zeros(0, 4), torch.zeros(0).long())), "validation is empty"),
        (dict(validation=(torch.zeros(1, 4), torch.tensor([5]))), "run from 5 to 5"),
        (dict(loss="hinge"), "loss is 'hinge': expected"),
        (dict(loss=7), "loss is a int"),
        (dict(loss=lambda logits, targets: (logits - 1) ** 2), r"the loss has shape \(64, 3\)"),
        (dict(metrics="f1"), "metrics has 'f1': expected"),
        (dict(optimizer="adam"), "expected a torch optimizer"),
        (dict(optimizer=torch.optim.SGD(nn.Linear(2, 2).parameters())), "no parameter of this model"),
        (dict(num_epochs=-1), "num_epochs is -1"),
        (dict(num_epochs=1.5), "num_epochs is 1.5"),
        (dict(batch_size=0), "batch_size is 0"),
        (dict(train=DataLoader(TensorDataset(torch.zeros(0, 4), torch.zeros(0)))), "empty"),
        (dict(train=DataLoader(TensorDataset(torch.zeros(3, 4)))), "expected a pair"),
        (dict(model=nn.ReLU()), "no parameter to train"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said_in_one_sentence_before_training(arguments, message):
    model, steps = network(), []

    class Count(Callback):
        def on_step_end(self, run):
            steps.append(run.step)

    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        d2lite.fit(**dict(model=model, train=classes(), callbacks=[Count()], num_epochs=1) | arguments)
    assert "\n" not in str(caught.value)
    assert not steps
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_regression_targets_without_a_loss_are_noticed():
    with pytest.raises(ValueError, match="loss='mse'"):
        d2lite.fit(nn.Linear(4, 1), (torch.zeros(3, 4), torch.tensor([1.0, 7.5, -2.0])))


def test_a_nan_stops_with_epoch_step_and_causes_and_spares_the_weights():
    inputs, targets = classes(40)
    model = network()

    class Poison(Callback):
        def on_step_end(self, run):
            if (run.epoch, run.step) == (1, 2):
                run.loss = lambda logits, targets: logits.mean() * torch.nan

    with pytest.raises(
        FloatingPointError, match=r"nan in epoch 2, step 3: .*learning rate.*0\.001"
    ) as caught:
        d2lite.fit(model, (inputs, targets), batch_size=10, num_epochs=5, callbacks=[Poison()])
    assert "\n" not in str(caught.value)
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())


def test_a_learning_rate_that_is_far_too_high_is_told_as_such():
    data = (torch.randn(64, 4) * 100, torch.randn(64))
    with pytest.raises(FloatingPointError, match="learning rate that is too high"):
        d2lite.fit(
            nn.Linear(4, 1),
            data,
            loss="mse",
            optimizer=functools.partial(torch.optim.SGD, lr=10.0),
            num_epochs=60,
        )


def test_history_reads_by_column_and_by_row():
    history = d2lite.fit(network(), classes(), classes(seed=1), metrics="accuracy", num_epochs=3)
    assert history.names == [
        "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds",
    ]  # fmt: skip
    assert len(history) == 3
    assert history.epochs == [1, 2, 3]
    assert [row["train_loss"] for row in history] == history["train_loss"]
    assert history[-1]["epoch"] == 3
    assert "train_loss" in history
    assert "test_loss" not in history
    with pytest.raises(KeyError, match="no column 'test_loss'; it has epoch, train_loss"):
        history["test_loss"]


def test_history_table_is_aligned_text_and_html():
    history = History([{"epoch": 1, "train_loss": 0.5}, {"epoch": 10, "train_loss": 0.25, "a<b": None}])
    table = history.to_table()
    lines = repr(table).splitlines()
    assert lines[0].split() == ["epoch", "train_loss", "a<b"]
    assert lines[2].split() == ["10", "0.25"]
    assert len({len(line) for line in lines}) == 1
    assert re.findall(r"<td>(.*?)</td>", table._repr_html_()) == ["1", "0.5", "", "10", "0.25", ""]
    assert "a&lt;b" in table._repr_html_()
    assert table[0] == {"epoch": 1, "train_loss": 0.5}
    table[0]["train_loss"] = "0.5 at first"  # a table to print is one's own
    assert history["train_loss"] == [0.5, 0.25]
    assert "0 epochs" in repr(History())


class Script(Callback):
    """Put chosen validation losses in the history."""

    def __init__(self, values):
        self.values, self.weights = values, []

    def on_epoch_end(self, run):
        run.history.rows[-1]["validation_loss"] = self.values[run.epoch - 1]
        self.weights.append({name: value.clone() for name, value in run.model.state_dict().items()})


@pytest.mark.parametrize(
    ("values", "min_delta", "epochs", "best"),
    [
        ([5, 4, 3, 3, 3, 0], 0.0, 5, 3),  # a tie is no improvement
        ([5, 4, 3.95, 3.91, 0], 0.1, 4, 2),  # nor is a small step
        ([5, 6, 4, 5, 3, 2], 0.0, 6, 6),  # patience starts anew
    ],
)
def test_early_stopping_waits_and_restores_the_best_weights(values, min_delta, epochs, best):
    script, stopping, model = Script(values), EarlyStopping(patience=2, min_delta=min_delta), network()
    history = d2lite.fit(model, classes(), num_epochs=len(values), callbacks=[script, stopping])
    assert len(history) == epochs
    assert (stopping.best_epoch, stopping.best) == (best, values[best - 1])
    assert all(
        torch.equal(value, script.weights[best - 1][name]) for name, value in model.state_dict().items()
    )


def test_early_stopping_can_keep_the_last_weights_and_watch_a_rising_figure():
    script = Script([5, 6, 7, 8])
    model = network()
    d2lite.fit(
        model, classes(), num_epochs=4, callbacks=[script, EarlyStopping(patience=1, restore_best=False)]
    )
    assert all(torch.equal(value, script.weights[1][name]) for name, value in model.state_dict().items())
    assert EarlyStopping(monitor="validation_accuracy").mode == "max"


def test_early_stopping_names_a_missing_figure():
    with pytest.raises(
        ValueError, match=r"'validation_loss', but the history has only .* give fit validation data"
    ):
        d2lite.fit(network(), classes(), callbacks=[EarlyStopping()])
    with pytest.raises(ValueError, match="patience is 0"):
        EarlyStopping(patience=0)


def test_schedule_moves_the_learning_rate():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    schedule = Schedule(torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1))
    d2lite.fit(model, classes(), optimizer=optimizer, num_epochs=4, callbacks=[schedule])
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.01)
    per_step = Schedule(torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1), every="step")
    d2lite.fit(model, classes(), optimizer=optimizer, num_epochs=2, batch_size=50, callbacks=[per_step])
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.0001)
    with pytest.raises(ValueError, match="another optimizer"):
        d2lite.fit(network(), classes(), callbacks=[schedule])


def test_callbacks_hear_every_event_in_order_and_the_end_even_after_an_interrupt():
    events = []

    class Listen(Callback):
        def on_train_start(self, run):
            events.append("start")

        def on_step_end(self, run):
            events.append((run.epoch, run.step))
            if run.epoch == 1:
                raise KeyboardInterrupt

        def on_epoch_end(self, run):
            events.append(f"epoch {run.epoch}")

        def on_train_end(self, run):
            events.append("end")

    model = network().eval()
    with pytest.raises(KeyboardInterrupt):
        d2lite.fit(model, classes(), batch_size=50, callbacks=[Listen()])
    assert events == ["start", (0, 1), (0, 2), "epoch 1", (1, 1), "end"]
    assert not model.training


def test_seed_repeats_all_three_generators():
    draws = []
    for _ in range(2):
        d2lite.seed(3)
        draws.append((torch.rand(2).tolist(), np.random.rand(), __import__("random").random()))  # noqa: NPY002
    assert draws[0] == draws[1]
    with pytest.raises(ValueError, match="seed is -1"):
        d2lite.seed(-1)


def test_device_can_hold_a_tensor():
    assert torch.zeros(1, device=d2lite.device()).device.type == d2lite.device().type
    assert d2lite.device().type == ("cuda" if torch.cuda.is_available() else d2lite.device().type)
