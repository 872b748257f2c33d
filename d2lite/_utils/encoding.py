"""Arrays as text: their bytes, little-endian, in base64, which a page reads with `bytes.js`."""

import base64

import numpy as np


def to_base64(array):
    """Return the bytes of a tensor or an array, little-endian and row by row, in base64.

    Args:
        array: tensor on any device, or array, of numbers.

    Returns:
        str of ASCII characters.
    """
    array = np.ascontiguousarray(array.detach().cpu() if hasattr(array, "detach") else array)
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode("ascii")


def from_base64(text, dtype, shape=(-1,)):
    """Return the array that `to_base64` made the text of.

    Args:
        text: str.
        dtype: NumPy's type of the numbers, such as "int8".
        shape: the array's; flat by default.

    Returns:
        array of its own, in the byte order of this machine.
    """
    dtype = np.dtype(dtype)
    flat = np.frombuffer(base64.b64decode(text), dtype.newbyteorder("<"))
    return flat.astype(dtype).reshape(shape)
