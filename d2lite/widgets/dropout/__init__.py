"""The dropout explorer: a trained network with units dropped at random, and what many masks come to."""

from d2lite._utils.encoding import to_base64
from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Payload, Real

WEIGHTS = ("w1", "b1", "w2", "b2")  # of a network
NAMES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")


def pretrained_payload():
    """Return what is drawn, as tools/record/dropout_networks.py recorded it: networks, images, targets, names."""
    from d2lite.models import weights

    tensors, _ = weights.load("dropout_networks")
    packed = {
        name: _pack(part, tensors[f"{name}.scale"])
        for name, part in tensors.items()
        if f"{name}.scale" in tensors
    }
    networks = {network: {w: packed[f"{network}.{w}"] for w in WEIGHTS} for network in ("without", "with")}
    targets = tensors["targets"].tolist()
    return {"networks": networks, "images": packed["images"], "targets": targets, "names": list(NAMES)}


def _pack(steps, scale):
    return {"shape": list(steps.shape), "step": scale.item(), "data": to_base64(steps)}


class DropoutExplorer(Explorer):
    """A small trained network with hidden units dropped: each mask is another network; watch their average settle.

    The two networks were trained by tools/record/dropout_networks.py on 1,000 images of clothes, one with dropout and
    one without; the images shown are ten of the test set.

    Example:
        >>> DropoutExplorer(network="with", rate=0.3, mask_count=200)

    Taught in chapters/05_regularization/dropout_and_early_stopping.
    """

    image = Choice(4, tuple(range(10)), names=NAMES)
    network = Choice("without", ("without", "with"), names=("no dropout", "dropout"), label="trained with")
    rate = Real(0.5, min=0, max=0.9, step=0.05, label="dropout rate p")
    scale = Flag(True, label="divide by 1 − p", help="Makes up for what is missing: inverted dropout.")
    seed = Integer(1, min=0, max=999, stepper=True)
    mask_count = Integer(30, min=0, max=400, label="masks")
    speed = Choice(16, (4, 16, 64), unit="/s", label="masks a second")
    data = Payload(loader=pretrained_payload)
