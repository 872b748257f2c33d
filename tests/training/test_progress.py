"""The progress bar and the live plot: counted with a clock of the test's own, and run in real kernels."""

import io
import os
import sys

import nbclient
import nbformat
import pytest
import torch
from torch import nn

import d2lite
from d2lite.training import Run, progress


class Clock:
    """Seconds that pass only when told."""

    now = 0.0

    def __call__(self):
        return self.now


class Display:
    """Stands for IPython's display: counts what is shown."""

    def __init__(self, clock=None, cost=0.0):
        self.shown, self.updates, self.clock, self.cost = [], 0, clock, cost

    def __call__(self, figure):
        self.shown.append(figure)
        return self

    def update(self, figure):
        assert figure is self.shown[0]
        self.updates += 1
        if self.clock:
            self.clock.now += self.cost


def make_run(num_epochs=2, validation=True, metrics="accuracy"):
    data = torch.zeros(40, 2), torch.zeros(40).long()
    torch.manual_seed(0)
    model = nn.Linear(2, 2)
    return Run(model, data, data if validation else None, None, None, num_epochs, 10, metrics, None, 0)


def play(run, callback, clock, seconds_per_step):
    """Make the events of a run whose steps take some time, without training."""
    callback.on_train_start(run)
    for _ in range(run.num_epochs):
        for inputs, targets in run.remaining_batches():
            logits = run.model(inputs)
            run.record(run.loss(logits, targets), logits, targets)
            clock.now += seconds_per_step
            callback.on_step_end(run)
        run.finish_epoch()
        callback.on_epoch_end(run)
    callback.on_train_end(run)


@pytest.mark.parametrize(("seconds_per_step", "updates"), [(0.01, 1), (0.25, 20), (1.0, 40)])
def test_live_plot_draws_no_more_often_than_its_interval(seconds_per_step, updates):
    clock, display = Clock(), Display()
    plot = progress.LivePlot(interval=0.5, output="notebook", clock=clock, display=display)
    play(make_run(num_epochs=10), plot, clock, seconds_per_step)
    assert len(display.shown) == 1
    assert display.updates == updates


def test_live_plot_that_draws_slowly_leaves_time_for_training():
    clock = Clock()
    display = Display(clock, cost=2.0)
    plot = progress.LivePlot(interval=0.5, output="notebook", clock=clock, display=display)
    play(make_run(num_epochs=10), plot, clock, 0.1)
    assert display.updates <= 40 * 0.1 / 0.5 + 1


def test_live_plot_moves_its_lines_and_makes_no_new_ones():
    run, clock, display = make_run(num_epochs=3), Clock(), Display()
    play(run, progress.LivePlot(interval=0, output="notebook", clock=clock, display=display), clock, 1)
    loss, accuracy = display.shown[0].axes
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    assert loss.lines[0].get_ydata() == pytest.approx(run.history.step_losses)
    assert list(loss.lines[0].get_xdata())[:2] == pytest.approx([0.125, 0.375])
    assert list(loss.lines[1].get_ydata()) == run.history["validation_loss"]
    assert list(accuracy.lines[0].get_ydata()) == run.history["train_accuracy"]
    low, high = loss.get_ylim()
    assert low <= min(run.history.step_losses)
    assert max(run.history.step_losses) <= high


def test_live_plot_thins_long_runs():
    run, clock, display = make_run(num_epochs=300, validation=False, metrics=None), Clock(), Display()
    play(run, progress.LivePlot(output="static", clock=clock, display=display), clock, 0)
    (line,) = display.shown[0].axes[0].lines
    assert 200 <= len(line.get_ydata()) < 400
    assert line.get_ydata()[0] == pytest.approx(sum(run.history.step_losses[:6]) / 6)


@pytest.mark.parametrize(("output", "draws"), [("static", 1), ("terminal", 0), ("log", 0)])
def test_live_plot_outside_a_watched_notebook(output, draws):
    clock, display = Clock(), Display()
    play(make_run(), progress.LivePlot(output=output, clock=clock, display=display), clock, 10)
    assert (len(display.shown), display.updates) == (draws, 0)


def test_progress_bar_in_a_terminal_counts_steps_and_shows_figures(capsys):
    clock = Clock()
    play(make_run(), progress.ProgressBar(output="terminal", clock=clock), clock, 1)
    captured = capsys.readouterr()
    assert "8/8" in captured.err
    assert "epoch 2/2" in captured.err
    assert "validation accuracy" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("output", ["static", "log"])
def test_progress_bar_where_nobody_watches_is_one_line(output, capsys):
    clock = Clock()
    play(make_run(), progress.ProgressBar(output=output, clock=clock), clock, 1)
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.startswith("epoch 2/2: train loss 0.")
    assert captured.out.count("\n") == 1


def test_progress_bar_looks_at_the_loss_only_now_and_then(monkeypatch, capsys):
    clock, looks = Clock(), []
    bar = progress.ProgressBar(output="terminal", clock=clock, interval=0.25)
    run = make_run(num_epochs=1)
    run.step, run.losses = 1, [torch.tensor(0.5)]
    monkeypatch.setattr(torch.Tensor, "item", lambda tensor: looks.append(1) or 0.5)
    bar.on_train_start(run)
    for _ in range(100):
        clock.now += 0.0625
        bar.on_step_end(run)
    bar.on_train_end(run)
    assert len(looks) == 25


def test_progress_bar_goes_on_where_a_resumed_run_does(capsys):
    clock, run = Clock(), make_run(num_epochs=2)
    bar = progress.ProgressBar(output="terminal", clock=clock)
    run.epoch, run.step = 1, 2  # two steps of the second epoch, the last one just taken
    run.losses = [torch.tensor(0.5)] * 2
    bar.on_train_start(run)
    bar.on_step_end(run)
    assert bar.bar.n == 6
    bar.on_train_end(run)


def test_the_output_is_found_or_told(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert progress.find_output() == "terminal"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert progress.find_output() == "log"
    monkeypatch.setenv("D2LITE_PROGRESS", "static")
    assert progress.find_output() == "static"
    monkeypatch.setenv("D2LITE_PROGRESS", "loud")
    with pytest.raises(
        ValueError, match="D2LITE_PROGRESS is 'loud': expected one of 'notebook', 'static', 'terminal', 'log'"
    ):
        progress.find_output()


class Foreign:
    """A stream that only writes, such as loggers put in place of the standard ones."""

    def write(self, text):
        pass


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [None, Foreign(), closed()], ids=["none", "foreign", "closed"])
def test_without_a_stream_that_is_a_terminal_nothing_fails(monkeypatch, stream):
    data = torch.zeros(8, 2), torch.zeros(8).long()
    monkeypatch.setattr(sys, "stderr", stream)
    assert progress.find_output() == "log"
    if stream is None:
        monkeypatch.setattr(sys, "stdout", None)
        for output in (None, "terminal", "log", "static"):
            callbacks = [
                progress.ProgressBar(output, interval=0),
                progress.LivePlot(output=output, display=Display()),
            ]
            assert len(d2lite.fit(nn.Linear(2, 2), data, num_epochs=1, callbacks=callbacks)) == 1


def test_outputs_and_intervals_are_checked_at_once():
    for callback in (progress.ProgressBar, progress.LivePlot):
        with pytest.raises(
            ValueError, match="output is 'terminals': expected one of .*; did you mean 'terminal'"
        ):
            callback(output="terminals")
        for interval in (-1, float("nan"), True):
            with pytest.raises(
                ValueError, match=f"interval is {interval}: expected a finite number, 0 or more"
            ):
                callback(interval=interval)


CELL = """
import torch, d2lite
torch.set_num_threads(1)
data = torch.randn(64, 4), torch.zeros(64).long()
callbacks = [d2lite.ProgressBar(), d2lite.LivePlot()]
history = d2lite.fit(torch.nn.Linear(4, 2), data, data, num_epochs=2, callbacks=callbacks)
"""


def execute(allow_stdin):
    """Run CELL in a real kernel, as a reader's front end (which can answer questions) or without a reader."""
    cells = [nbformat.v4.new_code_cell(CELL)]
    client = nbclient.NotebookClient(
        nbformat.v4.new_notebook(cells=cells), kernel_name="python3", timeout=120
    )
    with client.setup_kernel():
        client.kc.allow_stdin = allow_stdin
        client.execute_cell(client.nb.cells[0], 0)
    return client.nb.cells[0].outputs


def test_a_notebook_executed_without_a_reader_keeps_one_line_and_one_figure():
    outputs = execute(allow_stdin=False)
    assert [output.output_type for output in outputs] == ["stream", "display_data"]
    assert outputs[0].name == "stdout"
    assert outputs[0].text.startswith("epoch 2/2: train loss")
    assert "application/vnd.jupyter.widget-view+json" not in outputs[1].data
    assert "image/png" in outputs[1].data or "image/svg+xml" in outputs[1].data


def test_a_notebook_with_a_reader_gets_a_widget_and_a_figure():
    outputs = execute(allow_stdin=True)
    assert [output.output_type for output in outputs] == ["display_data", "display_data"]
    assert "application/vnd.jupyter.widget-view+json" in outputs[0].data


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_real_terminal_gets_a_bar():
    import fcntl
    import pty
    import struct
    import subprocess
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 160, 0, 0))
    process = subprocess.Popen([sys.executable, "-c", CELL], stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 4096):
            text += chunk
    except OSError:  # Linux's way to say that the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    assert "2/2" in text.decode()
    assert "validation loss" in text.decode()
    assert "Figure" not in text.decode()


def test_bar_and_plot_work_together_in_fit(capsys):
    data = torch.randn(64, 4), torch.zeros(64).long()
    callbacks = [
        progress.ProgressBar(output="terminal"),
        progress.LivePlot(output="static", display=Display()),
    ]
    for _ in range(2):  # a callback can serve again
        history = d2lite.fit(nn.Linear(4, 2), data, num_epochs=2, callbacks=callbacks)
        assert len(history) == 2
        assert callbacks[0].bar is None
