"""The dropout explorer: a trained network with units dropped at random, and what many masks come to."""

import functools
import json
from pathlib import Path

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Payload, Real

NAMES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")


@functools.cache
def _networks():
    path = Path(__file__).parent.parent.parent / "data" / "recordings" / "dropout_networks.json"
    return json.loads(path.read_text(encoding="utf-8"))


class DropoutExplorer(Explorer):
    """A small trained network with hidden units dropped: each mask is another network; watch their average settle.

    The two networks were trained by tools/record/dropout_networks.py on 1,000 images of clothes, one with dropout and
    one without; the images shown are ten of the test set.

    Example:
        >>> DropoutExplorer(network="with", rate=0.3, mask_count=200)

    Taught in chapters/04_regularization/dropout_and_early_stopping.
    """

    image = Choice(4, tuple(range(10)), names=NAMES)
    network = Choice("without", ("without", "with"), names=("no dropout", "dropout"), label="trained with")
    rate = Real(0.5, min=0, max=0.9, step=0.05, label="dropout rate p")
    scale = Flag(True, label="divide by 1 − p", help="Makes up for what is missing: inverted dropout.")
    seed = Integer(1, min=0, max=999, stepper=True)
    mask_count = Integer(30, min=0, max=400, label="masks")
    speed = Choice(16, (4, 16, 64), unit="/s", label="masks a second")
    data = Payload()

    def __init__(self, **values):
        super().__init__(**values)
        content = _networks()
        self.data = {name: content[name] for name in ("networks", "images", "targets")}
