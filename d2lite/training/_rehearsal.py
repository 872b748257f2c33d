"""What is tried before training starts, so that an error comes while the weights are as they were."""

import contextlib
import copy
import math
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from d2lite._utils.state import keep_mode, keep_random_state
from d2lite._utils.tensors import gives_probabilities
from d2lite.training import _losses as losses
from d2lite.training._batches import batch_length, join, join_all, map_tensors
from d2lite.training._broadcasting import check_broadcasting
from d2lite.training._identity import attributes
from d2lite.training.metrics import accuracy, perplexity


def try_data(model, batches, loss, name, metrics=(), call_metrics=True):
    """Put a first batch through the model in evaluation mode, or raise one sentence that says what is wrong.

    A smaller last batch is tried, too, the least and the greatest whole number, where embeddings end, and where batches
    will be joined the second one. Random state, the model and the loss stay as they were. Nothing is tried of a stream,
    which cannot be read twice.
    """
    _learn_shapes(model, batches, name)
    model, loss = _spare(model), _spare(loss)
    with keep_random_state(batches.generators, batches.device), keep_mode(model), torch.no_grad():
        model.eval()
        for i, (inputs, targets) in enumerate(batches.samples()):
            _check_dtype(model, inputs, name)
            logits = _forward(model, inputs, name)
            chances = isinstance(logits, torch.Tensor)
            chances = chances and gives_probabilities(model, inputs, logits, losses.class_axis(logits))
            _check_output(loss, logits, targets, getattr(batches, "targets", targets), chances)
            _check_loss(loss, logits, targets, doubled=i == 0)
            _check_accuracy(metrics, loss, logits, targets, chances)
            _check_class_axis(metrics, loss, logits)
            for metric in metrics:
                check_broadcasting(f"metric {metric!r}", _spare(metrics[metric]), logits, targets)
            if call_metrics:
                _check_metrics(metrics, logits, targets)
                if name == "train" and i == 0:
                    _warn_of_sums(metrics, logits, targets)
            if name != "train" and i == 0 and (metrics or loss not in losses.NAMES.values()):
                for others, answers in batches.second():
                    join_all([logits, _forward(model, others, name)])
                    join_all([targets, answers])
        for inputs in batches.extremes():
            _forward(model, inputs, name)


def _learn_shapes(model, batches, name):
    """Let lazy layers learn their shapes from a first batch, before the optimizer is made.

    They draw their weights, as other layers do when they are made: so the random state moves on, or the next
    network's would be the same.
    """
    if any(map(is_lazy, [*model.parameters(), *model.buffers()])):
        with keep_random_state(batches.generators, batches.device):
            samples = batches.samples()
        with keep_mode(model), torch.no_grad():
            model.eval()
            for inputs, _ in samples[:1]:
                _check_dtype(model, inputs, name)
                _forward(model, inputs, name)


def _spare(value, copied=None):
    """Return a copy of a module or another object, which a call may change; what cannot be copied as it is.

    Args:
        value: module, function or other object.
        copied: what has been copied with it, as deepcopy keeps it.
    """
    try:
        return copy.deepcopy(value, copied)
    except Exception:  # not all can be copied
        return value


@contextlib.contextmanager
def tell_where(batches, epoch=None):
    """Say of a DataLoader's batch which one it is, if the model or the loss cannot take it."""
    try:
        yield
    except (RuntimeError, ValueError, IndexError) as error:
        number = getattr(batches, "number", None)  # tensors are looked at whole before the first step
        if number is None or type(error) not in (RuntimeError, ValueError, IndexError):
            raise
        place = f"batch {number}" if epoch is None else f"batch {number} of epoch {epoch + 1}"
        raise ValueError(f"{batches.name}, {place}: {_reason(error)}") from error


def check_later(batches, loss, logits):
    """Raise a ValueError if the targets of a DataLoader's batch are out of range: of the first, all were checked."""
    targets = getattr(batches, "given", None)  # not yet moved: an accelerator need not be waited for
    if isinstance(targets, torch.Tensor) and isinstance(logits, torch.Tensor):
        losses.check_targets(loss, logits, targets)


def rehearse(run):
    """Take a training step with copies of the model, the loss and the optimizer, and with a small last batch too.

    Returns:
        these three; None if they cannot be copied, or no step can be taken with a stream.
    """
    try:
        model, optimizer, loss = _copies(run)
    except Exception:  # not all that trains can be copied; then the first step tells
        return None
    run.train_mode(model)
    with keep_random_state(run.batches.generators, run.device):
        samples = run.batches.samples()
        for inputs, targets in samples:
            size = batch_length(targets)
            try:
                logits = model(inputs)
            except (RuntimeError, ValueError) as error:
                if size > 1 and isinstance(error, ValueError):
                    raise
                if size > 1:
                    raise _cannot_take("train", inputs, error) from error
                raise ValueError(
                    f"train has a batch of one sample, which the model cannot learn from ({_reason(error)}): "
                    "expected at least two; choose another batch_size, or drop_last=True in a DataLoader"
                ) from error
            value = loss(logits, targets)
            if not value.requires_grad:
                raise ValueError(
                    "the loss has no gradient: expected one that depends on the model's trainable parameters, "
                    "without detach(), item() or torch.no_grad()"
                )
            _check_metrics(run.metrics, map_tensors(torch.Tensor.detach, logits), targets)
            _step(optimizer, value)
            _check_weights(run.model, model, optimizer)
    _warn_of_untrained(model, loss, optimizer)
    return (model, loss, optimizer) if samples else None


def _copies(run):
    """Return copies of the model, the optimizer and the loss that belong together."""
    copied = {}
    model, optimizer = copy.deepcopy((run.model, run.optimizer), copied)
    # Torch copies no attribute of an optimizer of one's own.
    own = {name: value for name, value in attributes(run.optimizer).items() if name not in vars(optimizer)}
    vars(optimizer).update(copy.deepcopy(own, copied))
    return model, optimizer, _spare(run.loss, copied)


def _check_weights(before, after, optimizer):
    """Raise a FloatingPointError if the first step makes finite weights NaN, as Adam's does in half precision."""
    if not all(parameter.isfinite().all() for parameter in before.parameters()):
        return  # they may come from a checkpoint yet
    pairs = zip(before.parameters(), after.parameters(), strict=True)
    spoilt = next((old for old, new in pairs if not new.isfinite().all()), None)
    if spoilt is not None:
        hint = (
            "; keep the weights in float32 and compute under torch.autocast, or take bfloat16"
            if spoilt.dtype == torch.float16
            else "; take a lower learning rate, or look for a gradient at a point that has none"
        )
        raise FloatingPointError(
            f"the first step of {type(optimizer).__name__} makes {spoilt.dtype} weights NaN or infinite: expected "
            f"numbers{hint}"
        )


def _warn_of_untrained(model, loss, optimizer):
    """Warn of a loss whose own parameters got gradients in the step and are not the optimizer's."""
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    held |= {id(parameter) for parameter in model.parameters()}  # left out by choice
    own = loss.parameters() if isinstance(loss, nn.Module) else []
    untrained = sum(parameter.grad is not None and id(parameter) not in held for parameter in own)
    if untrained:
        warnings.warn(
            f"{untrained} parameters of the loss get gradients, and the optimizer lacks them: expected an optimizer of "
            "[*model.parameters(), *loss.parameters()], or they will not be trained; loss.requires_grad_(False) if "
            "they are to stay as they are",
            RuntimeWarning,
            stacklevel=5,
        )


def _step(optimizer, loss):
    optimizer.zero_grad()
    try:
        loss.backward()
    except RuntimeError as error:
        raise ValueError(
            f"the loss gives no gradient ({_reason(error)}): expected one that autograd can follow; some of "
            "torch's want targets of the logits' dtype, targets.to(torch.float32)"
        ) from error
    try:
        optimizer.step()
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(
            f"optimizer {type(optimizer).__name__} cannot train this model: {_reason(error)}; expected one whose "
            "step() needs no closure and takes these gradients"
        ) from error


def _reason(error):
    """Return the first line of what an error says; one that tells of full memory is raised as it is."""
    if isinstance(error, torch.cuda.OutOfMemoryError):  # the same call would do on a larger machine
        raise error
    return (str(error) or type(error).__name__).splitlines()[0]


def _check_dtype(model, inputs, name):
    weights = next((p for p in model.parameters() if p.is_floating_point()), None)
    if not isinstance(inputs, torch.Tensor) or not inputs.is_floating_point() or weights is None:
        return
    if inputs.dtype != weights.dtype:
        raise ValueError(
            f"{name} inputs are {inputs.dtype} but the model's weights are {weights.dtype}: "
            f"use inputs.to({weights.dtype})"
        )


def _forward(model, inputs, name):
    try:
        return model(inputs)
    except (RuntimeError, IndexError, TypeError) as error:
        raise _cannot_take(name, inputs, error) from error


def _cannot_take(name, inputs, error):
    shape = tuple(inputs.shape) if isinstance(inputs, torch.Tensor) else type(inputs).__name__
    numbers = ""
    whole = isinstance(inputs, torch.Tensor) and inputs.dtype in (torch.int32, torch.int64)
    if whole and inputs.numel() and inputs.device.type == "cpu":  # a GPU that failed answers no more
        numbers = f", from {inputs.min()} to {inputs.max()}"
    return ValueError(
        f"the model cannot take {name} inputs of shape {shape}{numbers}: {_reason(error)}; expected the shape, the "
        "type and the numbers that its first layer takes, whatever the number of samples"
    )


def _check_output(loss, logits, targets, all_targets, chances):
    """Raise a ValueError if a loss known here cannot belong to what the model gives; chances: probabilities."""
    named = loss in losses.NAMES.values()
    if isinstance(logits, torch.Tensor) and logits.ndim == 0:
        raise ValueError(
            f"the model gives a single number for a batch of {batch_length(targets)}: expected one row a sample; "
            "squeeze(-1) in place of squeeze() keeps a batch of one"
        )
    if not isinstance(logits, torch.Tensor):
        lengths = []
        map_tensors(lambda part: lengths.append(part.shape[:1]), logits)
        if named or not lengths or any(length != (batch_length(targets),) for length in lengths):
            raise ValueError(
                f"the model gives a {type(logits).__name__}: expected one tensor of logits; return that alone, or "
                "pass a loss of your own and give each part one row a sample"
            )
        return
    if losses.takes_logits(loss) and chances:
        raise ValueError(
            "the model ends in a sigmoid or softmax: expected logits, as the loss applies it itself; leave it out"
        )
    losses.check_log_probabilities(loss, logits)
    if isinstance(all_targets, torch.Tensor):
        losses.check_targets(loss, logits, all_targets)


def _check_accuracy(metrics, loss, logits, targets, chances):
    """Raise a ValueError if accuracy would take a probability of class 1 for a logit, and so count every one."""
    name = next((name for name in metrics if metrics[name] is accuracy), None)
    if name is None or not isinstance(logits, torch.Tensor) or not losses.one_score(logits, targets):
        return
    if losses.takes_probabilities(loss) or chances:
        raise ValueError(
            f"metric {name!r} takes one score a sample as a logit, class 1 above 0, and gets probabilities: "
            "expected no sigmoid at its end, and BCEWithLogitsLoss for BCELoss; or give a metric of your own"
        )


def _check_class_axis(metrics, loss, logits):
    """Raise a ValueError if a loss of torch's and a metric of ours take different axes of (B, T, T) for the classes."""
    name = next((name for name in metrics if metrics[name] in (accuracy, perplexity)), None)
    if name is None or not losses.has_classes_second(loss) or not isinstance(logits, torch.Tensor):
        return
    if logits.ndim == 3 and logits.shape[1] == logits.shape[2]:
        raise ValueError(
            f"the model gives logits of shape {tuple(logits.shape)}, of which the loss takes the second axis for the "
            f"classes and metric {name!r} the last: expected one axis for both; leave loss out for classes on the "
            "last, or give a metric of your own"
        )


def _check_loss(loss, logits, targets, doubled=True):
    """Raise one sentence if the loss is no single number, broadcasts, or grows where a batch is doubled."""
    if loss in losses.NAMES.values():
        loss(logits, targets)
        return
    value = _call_loss(loss, logits, targets)
    if not isinstance(value, torch.Tensor):
        raise TypeError(f"the loss is a {type(value).__name__}: expected a tensor of one number")
    if value.ndim:
        raise ValueError(f"the loss has shape {tuple(value.shape)}: expected one number, such as the mean")
    check_broadcasting("the loss", loss, logits, targets)
    twice = _call_loss(loss, join([logits, logits]), join([targets, targets])) if doubled else value
    if value.isfinite() and value.abs() > 1e-12 and torch.isclose(twice, 2 * value, rtol=1e-4, atol=0):
        raise ValueError(
            f"the loss of a batch taken twice is {twice.item():g}, not {value.item():g}: expected a mean over the "
            "samples; use reduction='mean', or divide by len(targets)"
        )


def _call_loss(loss, logits, targets):
    before = _versions(logits, targets)
    try:
        with warnings.catch_warnings():
            # torch's word on what check_broadcasting tells
            warnings.filterwarnings("ignore", "Using a target size")
            value = loss(logits, targets)
    except (RuntimeError, ValueError, IndexError) as error:
        shapes = [
            tuple(x.shape) if isinstance(x, torch.Tensor) else type(x).__name__ for x in (logits, targets)
        ]
        raise ValueError(
            f"the loss cannot take logits of shape {shapes[0]} and targets of shape {shapes[1]}: {_reason(error)}"
        ) from error
    _check_unchanged("the loss", before, logits, targets)
    return value


def _check_metrics(metrics, logits, targets):
    """Raise one sentence if a metric fails, gives no number, or changes its arguments."""
    for name in metrics:
        call_metric(name, _spare(metrics[name]), logits, targets)


def _warn_of_sums(metrics, logits, targets):
    """Warn of a metric that grows with the batch, whose mean over the batches of an epoch means nothing."""
    for name in metrics:
        metric = _spare(metrics[name])
        value = float(call_metric(name, metric, logits, targets))
        twice = float(call_metric(name, metric, join([logits, logits]), join([targets, targets])))
        if math.isfinite(value) and abs(value) > 1e-12 and math.isclose(twice, 2 * value, rel_tol=1e-4):
            warnings.warn(
                f"metric {name!r} of a batch taken twice is {twice:g}, not {value:g}: expected a mean over the "
                "samples, since the training figure is a mean over the batches",
                RuntimeWarning,
                stacklevel=5,
            )


def call_metric(name, metric, logits, targets):
    """Return what a metric gives as one number, or raise one sentence that names it."""
    before = _versions(logits, targets)
    try:
        value = metric(logits, targets)
    except Exception as error:
        raise ValueError(f"metric {name!r} cannot take the model's output: {_reason(error)}") from error
    _check_unchanged(f"metric {name!r}", before, logits, targets)
    return as_number(value, name)


def _check_unchanged(name, before, logits, targets):
    """Raise a ValueError if a tensor was changed in place: what is called next would get other numbers."""
    if _versions(logits, targets) != before:
        raise ValueError(f"{name} changes its arguments in place: expected it to leave them as they are")


def _versions(*values):
    """Return how often each tensor was changed in place; one made under inference_mode does not say."""
    found = []
    map_tensors(lambda tensor: found.append(tensor.is_inference() or tensor._version), values)
    return found


def as_number(value, name):
    """Return what a metric gave as one number: a 0-d tensor stays on its device, all else becomes a float."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return value.detach().reshape(())
    if isinstance(value, (int, float, np.generic)) or (isinstance(value, np.ndarray) and value.size == 1):
        return float(value.item() if isinstance(value, np.ndarray) else value)
    shape = getattr(value, "shape", None)
    got = type(value).__name__ if shape is None else f"{type(value).__name__} of shape {tuple(shape)}"
    raise TypeError(f"metric {name!r} gives a {got}: expected one number")
