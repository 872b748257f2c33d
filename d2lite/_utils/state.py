"""State that is kept: random state as plain values that a checkpoint can hold, and a model's train or eval mode."""

import contextlib
import random

import numpy as np
import torch


def get_random_state(generators=(), device="cpu"):
    """Return the state of torch, NumPy, Python and the given torch generators.

    Args:
        generators: torch.Generator objects, in a fixed order.
        device: torch device; an accelerator's state is kept too.

    Returns:
        dict of tensors, numbers, strings and lists only, as ``torch.load(weights_only=True)`` accepts.
    """
    version, numbers, gauss = random.getstate()
    name, key, position, has_gauss, cached = np.random.get_state()  # noqa: NPY002
    state = {
        "torch": torch.get_rng_state(),
        "python": [version, torch.tensor(numbers), gauss],
        "numpy": [name, torch.tensor(key.astype(np.int64)), position, has_gauss, cached],
        "generators": [generator.get_state() for generator in generators],
    }
    if torch.device(device).type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    elif torch.device(device).type == "mps":
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_random_state(state, generators=(), device="cpu"):
    """Bring back what `get_random_state` returned, for the same generators and device."""
    torch.set_rng_state(state["torch"].cpu())
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers.tolist()), gauss))
    name, key, *rest = state["numpy"]
    np.random.set_state((name, key.cpu().numpy().astype(np.uint32), *rest))  # noqa: NPY002
    for generator, generator_state in zip(generators, state["generators"], strict=True):
        generator.set_state(generator_state.cpu())
    if "cuda" in state and torch.device(device).type == "cuda":
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)
    elif "mps" in state and torch.device(device).type == "mps":
        torch.mps.set_rng_state(state["mps"].cpu())


@contextlib.contextmanager
def keep_random_state(generators=(), device="cpu"):
    """Bring all random state back to what it was, whatever is drawn meanwhile."""
    state = get_random_state(generators, device)
    try:
        yield
    finally:
        set_random_state(state, generators, device)


@contextlib.contextmanager
def keep_mode(model):
    """Bring every module of the model back to the train or eval mode it had."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
