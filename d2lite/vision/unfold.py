"""Windows: where a kernel stands on an image, and images cut into windows and put together again.

A layer that slides over an image, be it convolution or pooling, looks at one window for each of its outputs. The
windows as the columns of a matrix make a convolution one matrix product; adding columns back into an image is the
backward pass.
"""

import torch
import torch.nn.functional as F

from d2lite._utils.checks import check_count
from d2lite._utils.tensors import as_tensor, check_filling


def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """Return how many windows fit along one side of an image.

    Args:
        size: pixels of that side, at least 0.
        kernel_size: taps of the kernel along it, at least 1.
        stride: pixels from one window to the next, at least 1.
        padding: pixels added at each end, at least 0.
        dilation: pixels from one tap to the next, at least 1.

    Returns:
        int: floor((size + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1, at least 1.

    Raises:
        ValueError: a number is not whole or below its least value, or the window is longer than the padded side.

    Source: Dumoulin and Visin 2016, relationships 6 and 15. Taught in chapters/06_cnn/convolution.
    """
    least = {"size": 0, "kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1}
    values = zip(least.items(), (size, kernel_size, stride, padding, dilation), strict=True)
    size, kernel_size, stride, padding, dilation = (check_count(v, name, low) for (name, low), v in values)
    span = dilation * (kernel_size - 1) + 1  # pixels from a window's first tap to its last
    if span > size + 2 * padding:
        raise ValueError(
            f"the window is {span} pixels long: expected at most the padded side's {size + 2 * padding}; "
            "take a smaller kernel, less dilation or more padding"
        )
    return (size + 2 * padding - span) // stride + 1


def window_index(height, width, kernel_size, stride=1, dilation=1):
    """Return which pixels each window covers, as places in the flattened image.

    Args:
        height, width: pixels of the image, padding included.
        kernel_size: int or (rows, columns) of the kernel.
        stride, dilation: as for output_size, the same along both axes.

    Returns:
        (kH kW, L) int64 tensor, row by row: entry (t, l) is the pixel under tap t of window l, of L windows.

    Raises:
        ValueError: as output_size.

    Taught in chapters/06_cnn/convolution.
    """
    kH, kW = _pair(kernel_size)
    stride, dilation = check_count(stride, "stride"), check_count(dilation, "dilation")
    down, across = (
        dilation * torch.arange(k)[:, None] + stride * torch.arange(output_size(n, k, stride, 0, dilation))
        for n, k in ((height, kH), (width, kW))
    )  # (kH, rows) and (kW, columns)
    index = down[:, None, :, None] * width + across[None, :, None, :]  # (kH, kW, rows, columns)
    return index.flatten(0, 1).flatten(1)


def im2col(images, kernel_size, stride=1, padding=0, dilation=1, value=0.0):
    """Return every window of the images as a column.

    Args:
        images: (B, C, H, W) tensor.
        kernel_size: int or (rows, columns) of the kernel.
        stride, padding, dilation: as for output_size, the same along both axes.
        value: what the padding holds, a number that the images' dtype holds.

    Returns:
        (B, C kH kW, L) tensor, in the order of torch.nn.functional.unfold.

    Raises:
        ValueError: the images are not (B, C, H, W), the value does not fit, or as output_size.

    Source: Chellapilla, Puri and Simard 2006. Taught in chapters/06_cnn/convolution.
    """
    images, padding = as_tensor(images, "images"), check_count(padding, "padding", 0)
    if images.ndim != 4:
        raise ValueError(f"images has shape {tuple(images.shape)}: expected (B, C, H, W)")
    value = check_filling(value, "value", images.dtype)
    padded = F.pad(images, (padding,) * 4, value=value)
    index = window_index(*padded.shape[2:], kernel_size, stride, dilation)
    return padded.flatten(2)[:, :, index].flatten(1, 2)  # (B, C, kH kW, L) -> (B, C kH kW, L)


def col2im(columns, shape, kernel_size, stride=1, padding=0, dilation=1):
    """Return images in which every column is added back where im2col took it from: the transpose of im2col.

    Args:
        columns: (B, C kH kW, L) tensor.
        shape: (B, C, H, W) of the images.
        kernel_size, stride, padding, dilation: as for im2col.

    Returns:
        (B, C, H, W) tensor; where windows overlap, their sum. Whole numbers give int64.

    Raises:
        ValueError: the columns do not fit the shape, or as output_size.

    Taught in chapters/06_cnn/convolution.
    """
    columns, padding = as_tensor(columns, "columns"), check_count(padding, "padding", 0)
    if not hasattr(shape, "__len__") or len(shape) != 4:
        raise ValueError(f"shape is {shape}: expected (B, C, H, W)")
    B, C, H, W = (check_count(n, "shape", 0) for n in shape)
    height, width = H + 2 * padding, W + 2 * padding
    index = window_index(height, width, kernel_size, stride, dilation)
    expected = (B, C * len(index), index.shape[1])
    if tuple(columns.shape) != expected:
        raise ValueError(f"columns has shape {tuple(columns.shape)}: expected {expected}")
    if not columns.is_floating_point():
        columns = columns.long()  # sums of bytes are no bytes
    images = columns.new_zeros(B, C, height * width)
    images.index_add_(2, index.flatten(), columns.reshape(B, C, -1))  # (B, C, kH kW L) into (B, C, H W)
    return images.reshape(B, C, height, width)[:, :, padding : padding + H, padding : padding + W]


def _pair(kernel_size):
    pair = tuple(kernel_size) if isinstance(kernel_size, (tuple, list)) else (kernel_size, kernel_size)
    if len(pair) != 2:
        raise ValueError(f"kernel_size is {kernel_size!r}: expected a whole number or (rows, columns)")
    return tuple(check_count(k, "kernel_size") for k in pair)
