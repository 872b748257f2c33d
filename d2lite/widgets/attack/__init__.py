"""The attack explorer: the smallest change of a photo that makes a trained network name it wrongly."""

from d2lite._utils.encoding import to_base64, to_letters
from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Payload

SIDE, IMAGES, LARGEST = 28, 10, 48
BITS = 6  # of a weight in the page, so that one letter holds it
NETWORKS = {"plain": "lenet", "defended": "lenet_defended"}  # under which names their weights ship
CLASSES = (
    "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


def page_parameters(name):
    """Return the parameters of a network as the page has them, weights in 6 bits, as `lenet.compute` takes them.

    Args:
        name: "plain", the LeNet that ships, or "defended", the one that was trained on attacked photos.

    Returns:
        dict of layer to (weight, bias), float64 tensors.
    """
    from d2lite.models.quantization import dequantize

    return {
        layer: (dequantize(steps, scale), bias) for layer, steps, scale, bias in _rounded(NETWORKS[name])[0]
    }


def _rounded(file):
    """Return (layer, steps, scales, bias) of each layer in a file of weights, and its record."""
    from d2lite.models import lenet, weights
    from d2lite.models.quantization import quantize

    tensors, record = weights.load(file)
    parameters = lenet.from_tensors(tensors)
    return [(layer, *quantize(weight, BITS), bias) for layer, (weight, bias) in parameters.items()], record


def attack_payload():
    """Return what the page needs: both networks, ten test images, their classes."""
    from d2lite.models import lenet, weights

    tensors, _ = weights.load("lenet")
    images = lenet.pack_images(tensors["images"][:IMAGES], tensors["labels"][:IMAGES], CLASSES)
    return {"networks": {name: _pack(*_rounded(file)) for name, file in NETWORKS.items()}, **images}


def _pack(parameters, record):
    layers = [
        {
            "name": name,
            "letters": to_letters(steps),
            "scales": to_base64(scale),
            "biases": to_base64(bias.float()),
        }
        for name, steps, scale, bias in parameters
    ]
    return {"layers": layers, **{key: record[key] for key in ("activation", "pooling", "mean", "std")}}


class AttackExplorer(Explorer):
    """A small change of a photo, found by the network's own gradient, and what the network then says.

    Every number is computed in the page, from the picture and the weights, rounded to 63 steps. One network was
    trained on photos: the LeNet that ships. The other was trained on attacked ones, at 16 gray levels.

    Example:
        >>> AttackExplorer(image=3, epsilon=12, method="pgd")

    Taught in chapters/06_cnn/seeing_inside.
    """

    epsilon = Integer(8, min=0, max=LARGEST, label="budget ε", unit="/255")
    method = Choice("fgsm", ("fgsm", "pgd", "noise"), names=("one step", "many", "noise"), label="change")
    network = Choice("plain", ("plain", "defended"), names=("photos", "attacks"), label="trained on")
    goal = Choice(-1, (-1, *range(10)), names=("any other class", *CLASSES), label="attack towards")
    step_count = Integer(10, min=0, max=40, label="steps", help="Each of a quarter of the budget.")
    speed = Choice(2, (1, 2, 8), unit="/s", label="steps a second")
    seed = Integer(0, min=0, max=99, stepper=True, label="seed of the noise")
    tool = Choice("look", ("look", "draw", "erase"), names=("Look", "Draw", "Erase"), label="pointer")
    brush = Integer(3, min=1, max=8, unit="px")
    image = Integer(2, min=-1, max=IMAGES - 1, label="image", help="Its index; -1 is an empty picture.")
    pixels = Numbers(
        min=0, max=255, max_length=SIDE**2, label="drawing", help="The picture, row by row; none: the image."
    )
    probabilities = Numbers(min=0, max=1, max_length=10, output=True)
    fooled_at = Integer(-1, min=-1, max=LARGEST, output=True)
    data = Payload(loader=attack_payload)
