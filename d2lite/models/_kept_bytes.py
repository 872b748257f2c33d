"""How much a network's forward pass leaves in memory for the backward pass, found without computing."""

import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from d2lite._utils.checks import check_count


class ShapesOnly(TorchDispatchMode):
    """Answers a batch norm of tensors without numbers at once, where torch would take dozens of small operations."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.native_batch_norm.default and args[0].device.type == "meta":
            x, wide = args[0], torch.promote_types(args[0].dtype, torch.float32)
            mean, scale = (x.new_empty(x.shape[1], dtype=wide) for _ in range(2))
            return torch.empty_like(x), mean, scale
        return function(*args, **(kwargs or {}))


class _Watch(ShapesOnly):
    """Notes the memory of every tensor that an operation makes."""

    def __init__(self):
        super().__init__()
        self.made = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = super().__torch_dispatch__(function, types, args, kwargs)
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self.made[storage._cdata] = StorageWeakRef(storage), storage.nbytes()
        return result


def kept_bytes(model, input_shape, batch_size=1):
    """Return the bytes that are in memory between the forward and the backward pass, made by the forward pass.

    The network gets tensors that have a shape and no numbers, so the largest takes a moment and no memory; they are of
    its parameters' dtype. Parameters, their gradients, the optimizer's numbers and the input are not counted, nor what
    an operation needs while it runs.

    Args:
        model: torch module whose parameters are on the meta device: made under ``with torch.device("meta")``. It is
            used as it is, in training or in evaluation mode, and not changed.
        input_shape: (C, H, W) of one example, or (D,).
        batch_size: examples at once.

    Returns:
        int, bytes.

    Raises:
        TypeError: the model is no module.
        ValueError: a parameter of the model is not on the meta device, or a shape or number does not fit.

    Taught in chapters/06_cnn/densenet.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model is {model!r:.60}: expected a torch.nn.Module")
    if not hasattr(input_shape, "__len__") or not len(input_shape):
        raise ValueError(f"input_shape is {input_shape}: expected (C, H, W) of one example, or (D,)")
    shape = [
        check_count(batch_size, "batch_size"),
        *(check_count(side, "input_shape") for side in input_shape),
    ]
    own = [*model.parameters(), *model.buffers()]
    if wrong := [tensor.device for tensor in own if tensor.device.type != "meta"]:
        raise ValueError(
            f"model is on {wrong[0]}: expected the meta device; make it under torch.device('meta')"
        )
    dtype = next((tensor.dtype for tensor in own if tensor.is_floating_point()), None)
    with _Watch() as watch, torch.inference_mode(False), torch.enable_grad():
        x = torch.empty(shape, dtype=dtype, device="meta")
        try:
            output = model(x)
        except Exception as error:  # whatever its layers raise
            said = str(error).partition("\n")[0]
            raise ValueError(
                f"model fails on inputs of shape {tuple(shape)} ({said}): expected layers that fit"
            ) from error
    owned = {tensor.untyped_storage()._cdata for tensor in [*own, x]}
    made = {
        key: size for key, (alive, size) in watch.made.items() if not alive.expired() and key not in owned
    }
    del output
    return sum(made.values())
