"""Word vectors that ship with the package: what others learned from six thousand million words."""

import functools
from importlib import resources

import numpy as np
import torch


def word_vectors():
    """Return 20,000 frequent English words and their GloVe vectors.

    They were learned by Pennington, Socher and Manning from Wikipedia of 2014 and newswire (Gigaword 5), in lower case.
    Here are the most frequent words made of letters, with hyphens or apostrophes inside, the most frequent first. Each
    vector is kept in 8 bits: of a word's ten nearest neighbours, 9.9 on average are those of the original.

    Returns:
        (words, vectors): list of 20,000 strings, and (20000, 50) float32 tensor, a row a word.

    Source: Pennington, Socher and Manning, 2014, glove.6B.50d; Public Domain Dedication and License 1.0. Taught in
    chapters/07_rnn/word_embeddings.
    """
    words, vectors = _read()
    return list(words), vectors.clone()


@functools.cache
def _read():
    with (
        resources.files("d2lite").joinpath("data", "glove_50d.npz").open("rb") as file,
        np.load(file) as stored,
    ):
        words = bytes(stored["words"]).decode("ascii").split("\n")
        vectors = torch.from_numpy(stored["codes"]).float() * torch.from_numpy(stored["scales"])[:, None]
    return tuple(words), vectors
