"""The alphabet of a character model, and a text's places in it."""

import torch


def check_text(value, name):
    """Raise a TypeError unless value is a str."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is a {type(value).__name__}: expected a str")


def check_alphabet(alphabet):
    """Raise a TypeError or a ValueError unless alphabet is a str of distinct characters, at least one."""
    check_text(alphabet, "alphabet")
    if not alphabet or len(set(alphabet)) != len(alphabet):
        raise ValueError(f"alphabet is {alphabet!r:.60}: expected distinct characters, at least one")


def encode(text, alphabet):
    """Return the places of a text's characters in an alphabet, (T,) int64; what is not in it is a ValueError."""
    check_text(text, "text")
    place = {c: i for i, c in enumerate(alphabet)}
    missing = sorted(set(text) - set(place))
    if missing:
        raise ValueError(f"text holds {missing[:5]}: expected characters of the alphabet; clean it first")
    return torch.tensor([place[c] for c in text], dtype=torch.long)
