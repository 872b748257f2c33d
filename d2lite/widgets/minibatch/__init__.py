"""The mini-batch explorer: the noise of a batch's gradient, on a bowl and in a recorded network, and what it costs."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Payload, Real

MAX_STEPS = 160


def batch_payload():
    """Return what is drawn, from the recordings of tools/record/batch_sizes.py.

    Returns:
        dict: ``sizes``, the batch sizes; ``steps``, after which losses were measured, and the next one; for each size
        its ``rates`` (learning rate), ``seconds`` (of a step) and ``losses`` (mean over the seeds, from the first on);
        ``noise``, along one run: ``steps``, ``losses``, ``squares``, ``traces``, and ``spreads`` of ``sizes``.
    """
    from d2lite import Sweep

    return {
        **_race(Sweep.recorded("batch_sizes_seeds")),
        "noise": _noise(Sweep.recorded("batch_sizes_noise")),
    }


def _race(sweep):
    steps, tuned = (
        sweep.provenance["steps"],
        sweep.provenance["tuned"],
    )  # tuned: best rate for the target by size
    sizes = sorted(map(int, tuned))
    chosen = [list(sweep.select(batch_size=size, lr=tuned[str(size)])) for size in sizes]
    shortest = [min(len(run["loss"]) for run in runs) for runs in chosen]
    losses = [
        [round(sum(run["loss"][k] for run in runs) / len(runs), 4) for k in range(count)]
        for runs, count in zip(chosen, shortest, strict=True)
    ]
    seconds = [sorted(run["step_seconds"] for run in runs)[len(runs) // 2] for runs in chosen]
    rates = [tuned[str(size)] for size in sizes]
    return {
        "sizes": sizes,
        "steps": steps[: max(shortest) + 1],
        "rates": rates,
        "seconds": seconds,
        "losses": losses,
    }


def _noise(sweep):
    run, sizes = sweep[0], sweep.provenance["spreads"]
    short = lambda name: [float(f"{value:.4g}") for value in run[name]]
    named = {"losses": "loss", "squares": "square", "traces": "trace"}
    curves = {key: short(name) for key, name in named.items()}
    spreads = [short(f"spread_{size}") for size in sizes]
    return {"steps": sweep.provenance["moments"], **curves, "sizes": sizes, "spreads": spreads}


class MinibatchExplorer(Explorer):
    """How noisy the gradient of a batch is, and what a larger batch saves.

    Three views. "bowl": a surface that is the mean of 1,024 bowls, one for each sample, and the path of stochastic
    gradient descent on it. "network": the gradient's noise at ten moments of a recorded run. "race": the recorded
    runs of all batch sizes, compared at equal numbers of steps, of images, or of seconds.

    Example:
        >>> MinibatchExplorer(view="bowl", batch_size=4, lr=0.2, step_count=100)

    Taught in chapters/04_optimizers/stochastic_gradient_descent.
    """

    view = Choice("bowl", ("bowl", "network", "race"), label="show")
    batch_size = Choice(
        8,
        tuple(2**k for k in range(14)),
        help="How many samples one step uses. The bowl has 1,024: larger batches are all of them.",
    )
    lr = Real(0.1, min=0.005, max=0.45, log=True, label="learning rate η")
    cost = Choice("steps", ("steps", "images", "seconds"), label="count")
    replacement = Flag(
        False,
        label="draw with replacement",
        help="With: a sample may come twice. Without: a pass takes each once, in a new order.",
    )
    seed = Integer(1, min=0, max=999, stepper=True)
    step_count = Integer(40, min=0, max=MAX_STEPS, label="step")
    speed = Choice(16, (4, 16, 64), unit="/s", label="steps a second")
    position = Numbers(min=-1e300, max=1e300, max_length=2, output=True)
    recording = Payload(loader=batch_payload)
