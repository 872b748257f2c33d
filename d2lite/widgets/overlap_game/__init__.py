"""The overlap game: ten pairs of boxes, whose intersection over union is guessed one after another."""

import functools
import math

from d2lite._utils.rng import Rng
from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Integer, Numbers, Payload, Real

SIDE = 96  # of the pictures, in pixels
SHOWN = (2, 28, 36, 48)  # test scenes of three items each, none of them small
SMALLEST = 18  # px, the least side of an item that is shown
LEAST = 6  # px, the least side of an answer
COUNT = 10  # pairs of a game
LOW, WIDE = 0.05, 0.09  # the first of ten equal intervals of IoU; each has one pair of a game
TRIES = 2000


def load_items():
    """Return test scenes as pictures, and the items of them that are large enough: rows of picture and box."""
    from d2lite.datasets import scenes
    from d2lite.widgets._pictures import pack_picture

    shown = scenes(0, max(SHOWN) + 1)[1][list(SHOWN)]
    items = [
        [k, *map(round, box.tolist())]
        for k, boxes in enumerate(shown.boxes)
        for box in boxes
        if (box[2:] - box[:2]).min() >= SMALLEST
    ]
    return {"pictures": [pack_picture(pixels) for pixels in shown.pixels], "items": items}


_load_once = functools.cache(load_items)


def _wrong_with(data):
    """Return what is wrong with other data, or None."""
    for i, row in enumerate(data["items"]):
        if len(row) != 5 or row[0] not in range(len(data["pictures"])):
            return f"the item {i}, {row}: expected one of {len(data['pictures'])} pictures, and four edges"
        for low, high in (row[1::2], row[2::2]):
            if not 0 <= low <= high - SMALLEST <= SIDE - SMALLEST:
                return f"the item {i}, {row}: expected sides of at least {SMALLEST} px, within {SIDE} px"
    return None


def overlap(a, b):
    """Return the IoU of two boxes, lists of left, top, right, bottom."""
    width, height = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
    shared = max(0, width) * max(0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return shared / (sum(areas) - shared)


def moved(box, u):
    """Return a box moved and stretched by five random numbers in [0, 1), in whole pixels inside the picture."""
    reach = 0.05 + 0.75 * u[0]
    sides = []
    for k in (0, 1):
        size = box[k + 2] - box[k]
        middle = (box[k] + box[k + 2]) / 2 + (2 * u[1 + k] - 1) * reach * size
        half = (1 + 0.8 * (2 * u[3 + k] - 1) * reach) * size / 2
        sides.append([min(SIDE, max(0, math.floor(edge + 0.5))) for edge in (middle - half, middle + half)])
    return [sides[0][0], sides[1][0], sides[0][1], sides[1][1]]


def draw_pairs(items, seed):
    """Return ten rows of picture, true box and answer; one IoU in each tenth of 0.05 to 0.95. Twin of model.js."""
    rng = Rng(seed)
    order, tenths = rng.permutation(len(items)), rng.permutation(COUNT)
    pairs = []
    for k, tenth in enumerate(tenths):
        picture, *truth = items[order[k % len(order)]]
        low = LOW + WIDE * tenth
        for _ in range(TRIES):
            answer = moved(truth, rng.uniform(5).tolist())
            large = min(answer[2] - answer[0], answer[3] - answer[1]) >= LEAST
            if large and low <= overlap(truth, answer) < low + WIDE:
                break
        pairs.append({"picture": picture, "truth": truth, "answer": answer})
    return pairs


class OverlapGameExplorer(Explorer):
    """Ten pairs of boxes: guess how much they overlap, see the truth, and how far off simple rules are.

    The blue boxes are items of four test scenes of `d2lite.datasets.scenes`; the answers are drawn from the seed,
    one in each tenth of the IoUs from 0.05 to 0.95.

    Example:
        >>> OverlapGameExplorer(seed=7)

    Taught in chapters/08_detection/boxes.
    """

    guess = Real(0.5, min=0, max=1, step=0.01, label="your guess")
    seed = Integer(64, min=0, max=9999, stepper=True, label="ten pairs, number")
    pair = Integer(1, min=1, max=COUNT, label="pair", help="The pair that is shown.")
    guesses = Numbers([], min=0, max=1, max_length=COUNT, label="guesses")
    score = Numbers(min=0, max=1, max_length=3, output=True)
    data = Payload(loader=_load_once, check=_wrong_with)

    @staticmethod
    def pairs(seed):
        """Return the true boxes and the answers of a seed's ten pairs: two lists of [left, top, right, bottom]."""
        seed = OverlapGameExplorer.params()["seed"].validate(None, seed)
        drawn = draw_pairs(_load_once()["items"], seed)
        return [pair["truth"] for pair in drawn], [pair["answer"] for pair in drawn]
