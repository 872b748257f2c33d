"""Arrays as text, which a page reads with `bytes.js`: their bytes, little-endian, in base64; or a letter a number."""

import base64

import numpy as np

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"  # of the steps -31 to 31


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


def to_letters(steps):
    """Return whole steps of 6 bits as text, a letter each: three quarters of the length of bytes in base64.

    Args:
        steps: tensor on any device, or array, of whole numbers from -31 to 31, as `quantize(weight, bits=6)` gives.

    Returns:
        str of ASCII characters, row by row.
    """
    steps = np.asarray(steps.detach().cpu() if hasattr(steps, "detach") else steps)
    return "".join(np.array(list(LETTERS))[steps.flatten().astype(int) + len(LETTERS) // 2])
