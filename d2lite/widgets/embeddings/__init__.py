"""The embeddings explorer: words as vectors, their neighbours, sums of them, and a map on axes of your own."""

import functools

import numpy as np

from d2lite._utils.encoding import to_base64, to_letters
from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Flag, Integer, Payload, Real, Text

COUNT = 2400  # of the most frequent words, and those that the page names
EXTRA = (
    "queen princess uncle aunt nephew niece boy girl grandmother grandfather "
    "nurse engineer lawyer librarian carpenter programmer nanny secretary mechanic "
    "rome italy berlin madrid spain tokyo athens greece vienna austria lisbon portugal oslo norway warsaw poland "
    "cat dog horse cow lion tiger mouse rabbit frog elephant whale bird fish "
    "bread cheese butter apple banana coffee tea wine beer soup "
    "hot cold warm cool wet dry happy sad rich poor tiny huge slow faster fastest bigger biggest smaller smallest "
    "walked walking sang sing swim swam ate eaten drank drink cities houses children mice"
)


@functools.cache
def page_vectors():
    """Return the words of the page and their vectors as the page has them.

    The vectors of `d2lite.datasets.word_vectors` are brought to length 1 and rounded to 6 bits, with a scale for each
    of the 50 columns.

    Returns:
        (words, steps, scales): list of N strings, (N, 50) int8 array of -31 to 31, and (50,) float64 array. A word's
        vector is its steps times the scales, brought to length 1 again.
    """
    from d2lite.datasets import word_vectors
    from d2lite.models.quantization import quantize

    words, vectors = word_vectors()
    extra = set(EXTRA.split())
    rows = [row for row, word in enumerate(words) if len(word) > 1 or word in "ai"]
    rows = [row for place, row in enumerate(rows) if place < COUNT or words[row] in extra]
    kept = vectors.double().numpy()[rows]
    kept /= np.linalg.norm(kept, axis=1, keepdims=True)
    steps, scales = quantize(kept.T, bits=6)
    return [words[row] for row in rows], steps.T.numpy(), scales.double().numpy()


def load_vectors():
    """Return the words in one text, the steps column by column, a letter each, and the scales in base64."""
    words, steps, scales = page_vectors()
    return {
        "words": " ".join(words),
        "letters": to_letters(steps.T),
        "scales": to_base64(scales.astype(np.float32)),
    }


class EmbeddingsExplorer(Explorer):
    """A word less another plus a third: the nearest words, and a map on two axes that you name.

    Without the second and third word it shows the neighbours of the first. The vectors are GloVe's of some 2,500
    words, in 6 bits.

    Example:
        >>> EmbeddingsExplorer(word="paris", minus="france", plus="italy", across="he she", up="small large")

    Taught in chapters/07_rnn/word_embeddings.
    """

    word = Text("king", max_length=30, label="word")
    minus = Text("man", max_length=30, label="less")
    plus = Text("woman", max_length=30, label="plus")
    own = Flag(
        False,
        label="allow own words",
        help="Off: the words you typed are struck out of the list, as programs usually do.",
    )
    across = Text(
        "he she", max_length=60, label="axis across", help="Two words: from the left end to the right."
    )
    up = Text(
        "small large", max_length=60, label="axis up", help="Two words: from the lower end to the upper."
    )
    also = Text("", max_length=240, label="also on the map", help="Words of yours, with spaces between.")
    count = Integer(8, min=3, max=20, label="neighbours")
    answer = Text("", max_length=30, output=True)
    similarity = Real(0, min=-1, max=1, output=True)
    data = Payload(loader=load_vectors)
