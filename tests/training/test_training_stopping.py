"""Early stopping and schedules where figures are NaN, infinite, or of an unknown direction."""

import math
import warnings

import numpy as np
import pytest
import torch
from torch import nn

import d2lite
from d2lite.training import Callback, Checkpoint, EarlyStopping, Schedule
from d2lite.training.metrics import mode_of

SCHEDULERS = torch.optim.lr_scheduler
NAN, INF = math.nan, math.inf


def classes(num_samples=20):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(num_samples, 4, generator=generator)
    return inputs, torch.randint(0, 3, (num_samples,), generator=generator)


def network():
    torch.manual_seed(0)
    return nn.Linear(4, 3)


class Script(Callback):
    """Puts chosen figures into the history and keeps each epoch's weights."""

    def __init__(self, values, column="validation_loss"):
        self.values, self.column, self.weights = values, column, []

    def on_epoch_end(self, run):
        run.history.rows[-1][self.column] = self.values[run.epoch - 1]
        self.weights.append(run.model.weight.detach().clone())


def run(values, column="validation_loss", **options):
    """Return (epochs, stopping, index of the epoch whose weights the model ends with)."""
    script, stopping, model = Script(values, column), EarlyStopping(monitor=column, **options), network()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        history = d2lite.fit(model, classes(), num_epochs=len(values), callbacks=[script, stopping])
    ends = [i for i, weight in enumerate(script.weights, 1) if torch.equal(weight, model.weight)]
    return len(history), stopping, ends


@pytest.mark.parametrize(
    ("values", "epochs", "best"),
    [
        ([NAN, 5, 4, 6, 7, 0], 5, 3),
        ([NAN, NAN, 5, 4], 2, 0),  # two epochs without improvement on nothing
        ([5, NAN, NAN, 1], 3, 1),
        ([INF, 5, 6, 7], 4, 2),
        ([5, -INF, 4, 3], 4, 4),
        ([INF, NAN, 1], 2, 0),
        ([np.float32(5), np.float64(4), np.float64(4)], 3, 2),
    ],
)
def test_what_is_not_finite_is_no_improvement(values, epochs, best):
    length, stopping, ends = run(values, patience=2)
    assert (length, stopping.best_epoch) == (epochs, best)
    assert stopping.best == (values[best - 1] if best else None)
    assert ends == [best or epochs]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_min_delta_counts_in_both_directions_and_a_tie_is_no_improvement(mode):
    sign = 1 if mode == "min" else -1
    values = [5 * sign, 4 * sign, 3.95 * sign, 3.91 * sign, 0]
    length, stopping, ends = run(values, "validation_f1", mode=mode, patience=2, min_delta=0.1)
    assert (length, stopping.best_epoch, ends) == (4, 2, [2])


def test_the_best_weights_come_back_also_when_all_epochs_were_trained():
    length, stopping, ends = run([5, 3, 4], patience=3)
    assert (length, ends) == (3, [2])
    assert run([5, 3, 4], patience=3, restore_best=False)[2] == [3]


def test_a_stopping_is_ready_for_another_run():
    stopping, model = EarlyStopping(patience=1), network()
    for values in ([3, 4], [9, 8, 9]):
        d2lite.fit(model, classes(), num_epochs=len(values), callbacks=[Script(values), stopping])
        assert stopping.best == min(values)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("validation_loss", "min"), ("train_loss", "min"), ("loss", "min"), ("validation_perplexity", "min"),
        ("validation_accuracy", "max"), ("train_accuracy", "max"),
        ("validation_f1", None), ("validation_gloss", None), ("validation_error", None), ("mirror", None),
    ],
)  # fmt: skip
def test_the_direction_of_a_figure_is_known_or_asked_for(name, mode):
    assert mode_of(name) == mode
    assert EarlyStopping(monitor=name).mode == mode
    if mode is None:
        with pytest.raises(ValueError, match=f"mode is None: expected 'min' or 'max'.*'{name}'"):
            run([1, 2, 3], name)
    for given, best in (("min", 1), ("max", 3)):
        if mode in (None, given):
            assert run([1, 2, 3], name, mode=given, patience=1)[1].best == best
        else:
            with pytest.raises(ValueError, match=f"mode is '{given}': expected '{mode}' for '{name}'"):
                run([1, 2, 3], name, mode=given, patience=1)
    with pytest.raises(ValueError, match="mode is 'down': expected one of None, 'min', 'max'"):
        EarlyStopping(mode="down")


def test_a_metric_carries_its_direction():
    def f1(logits, targets):
        return (logits.argmax(1) == targets).float().mean()

    f1.mode = "max"
    stopping = EarlyStopping(monitor="validation_f1")
    history = d2lite.fit(network(), classes(), classes(), metrics=f1, num_epochs=3, callbacks=[stopping])
    assert stopping.best == max(history["validation_f1"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(patience=1.5), "patience is 1.5: expected a whole number"),
        (dict(patience=True), "patience is True"),
        (dict(min_delta=-1), "min_delta is -1"),
        (dict(min_delta=NAN), "min_delta is nan"),
        (dict(min_delta=INF), "min_delta is inf"),
    ],
)
def test_settings_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**options)


def test_a_missing_column_is_found_before_training_or_after_the_first_epoch():
    with pytest.raises(
        ValueError, match="'validation_loss', but the history has only epoch, train_loss, seconds"
    ):
        d2lite.fit(network(), classes(), callbacks=[EarlyStopping()])
    script = Script([1, 2], column="other")  # it may yet add the column
    with pytest.raises(ValueError, match="the history has only epoch, train_loss, seconds, other"):
        d2lite.fit(network(), classes(), num_epochs=2, callbacks=[script, EarlyStopping()])
    assert len(script.weights) == 1


def test_a_validation_loss_that_is_not_finite_is_told_with_its_epoch():
    huge = torch.full((20, 4), 1e38), torch.zeros(20).long()
    with pytest.warns(RuntimeWarning, match="the validation loss is (nan|inf) in epoch 1"):
        history = d2lite.fit(network(), classes(), huge, num_epochs=1, metrics="accuracy")
    assert not math.isfinite(history["validation_loss"][0])
    assert math.isnan(history["validation_accuracy"][0]) or 0 <= history["validation_accuracy"][0] <= 1
    with pytest.warns(RuntimeWarning, match="score is nan in epoch 1: no improvement"):
        d2lite.fit(
            network(), classes(), num_epochs=1,
            callbacks=[Script([NAN], "score"), EarlyStopping(monitor="score", mode="max")],
        )  # fmt: skip


def test_a_plateau_halves_the_rate():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    plateau = SCHEDULERS.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    schedule = Schedule(plateau, monitor="validation_loss")
    values = [3, 4, 5, 2]
    d2lite.fit(
        model, classes(), classes(), optimizer=optimizer, num_epochs=4, callbacks=[Script(values), schedule]
    )
    assert optimizer.param_groups[0]["lr"] == 0.25


class Sometimes(Script):
    """Measures in some epochs only: the others' rows lack the column."""

    def on_epoch_end(self, run):
        if self.values[run.epoch - 1] is None:
            self.weights.append(run.model.weight.detach().clone())
        else:
            super().on_epoch_end(run)


@pytest.mark.parametrize("kind", [Script, Sometimes])  # None in the column, or no column
def test_epochs_without_the_figure_decide_nothing(kind):
    script = kind([5, None, 4, None, 6, None, None, 7, 1], "bleu")
    stopping, model = EarlyStopping(4, "bleu", mode="min"), network()
    history = d2lite.fit(model, classes(), num_epochs=9, callbacks=[script, stopping])
    assert (len(history), stopping.best_epoch) == (8, 3)
    assert torch.equal(model.weight, script.weights[2])


@pytest.mark.parametrize("kind", [Script, Sometimes])
def test_a_plateau_waits_for_its_figure(kind):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    plateau = SCHEDULERS.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    callbacks = [kind([3, None, 4, None, None], "bleu"), Schedule(plateau, monitor="bleu")]
    d2lite.fit(model, classes(), optimizer=optimizer, num_epochs=5, callbacks=callbacks)
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_weights_that_an_earlier_run_spoilt_are_told_of_and_a_checkpoint_mends_them(tmp_path):
    inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    data, model = (inputs, inputs[:, :2]), nn.Linear(4, 2)
    model.weight.data[0, 1] = math.inf
    said = (
        "the model's weight holds NaN or infinity .*: expected numbers; make the model and its optimizer anew"
    )
    with pytest.raises(ValueError, match=said):
        d2lite.fit(model, data, loss="mse")
    model = nn.Linear(4, 2)
    for num_epochs in (2, 3):
        callbacks = [Checkpoint(tmp_path / "run.pt")]
        assert (
            len(d2lite.fit(model, data, loss="mse", num_epochs=num_epochs, callbacks=callbacks)) == num_epochs
        )
        assert model.bias.isfinite().all()
        model.bias.data[1] = math.nan
    assert len(d2lite.fit(model, data, loss="mse", num_epochs=0)) == 0
    with pytest.raises(ValueError, match="the model's bias holds NaN"):
        d2lite.fit(model, data, loss="mse")
    model.bias.requires_grad_(False)  # what does not train is not looked at
    with pytest.raises(FloatingPointError, match="the loss became nan"):
        d2lite.fit(model, data, loss="mse")


def test_weights_that_are_no_numbers_are_not_saved_within_an_epoch(tmp_path):
    class Spoil(Callback):
        """Does to the weights what an infinite gradient does, in the third step of the second epoch."""

        def on_step_end(self, run):
            if (run.epoch, run.step) == (1, 3) and self.spoils:
                run.model.bias.data[0] = math.nan

    inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    options = {"loss": "mse", "num_epochs": 2, "batch_size": 16}
    spoil = Spoil()
    callbacks = [Checkpoint(tmp_path / "run.pt", every=1), spoil]
    for spoil.spoils in (True, True, False):
        model = nn.Linear(4, 2)
        if spoil.spoils:
            with pytest.raises(
                FloatingPointError, match="the weights became NaN or infinite in step 3 of epoch 2"
            ):
                d2lite.fit(model, (inputs, inputs[:, :2]), callbacks=callbacks, **options)
            assert torch.load(tmp_path / "run.pt")["step"] == 2
    assert len(d2lite.fit(model, (inputs, inputs[:, :2]), callbacks=callbacks, **options)) == 2
