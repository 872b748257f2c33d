"""The family explorer: the networks of the part, narrow and recorded, and the block behind each."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Payload

TEST_PHOTOS = 2000
INCEPTION_RATE = 0.016  # of its best validation accuracy; its second best was recorded, too
NETWORKS = {
    "lenet": "LeNet",
    "lenet_wide": "LeNet, wide",
    "alexnet": "AlexNet, no dropout",
    "vgg": "VGG",
    "vgg_averaged": "VGG, averaged",
    "vgg_norm": "VGG, averaged, batch norm",
    "inception": "Inception",
    "resnet": "ResNet",
    "resnet_plain": "ResNet, no batch norm",
    "densenet": "DenseNet",
}
NORMED = ("VGG, averaged, batch norm", "ResNet", "DenseNet")
MEASURES = ("parameters", "multiply_adds", "seconds", "accuracy")
NAMES = ("parameters", "multiply-adds", "seconds", "accuracy")


def load_family():
    """Return of each network its costs and the test accuracy of each recorded seed, in the part's order.

    AlexNet's costs were taken with dropout, which changes neither its parameters nor its multiply-adds.
    """
    from d2lite import Sweep

    costs = Sweep.recorded("family_costs")
    seeds = {}
    for run in [*Sweep.recorded("blocks_seeds"), *Sweep.recorded("family_seeds")]:
        seeds.setdefault(run.point["net"], []).append(run)
    seeds["AlexNet, no dropout"] = [*Sweep.recorded("undropped_seeds")]
    seeds["Inception"] = Sweep.recorded("inception_seeds").select(net="paths, reduced", lr=INCEPTION_RATE)
    networks = []
    for key, name in NETWORKS.items():
        counted = costs.select(net=name.removesuffix(", no dropout"))
        found = {
            "key": key,
            "name": name,
            "normed": name in NORMED,
            "parameters": int(counted[0]["parameters"]),
            "multiply_adds": int(counted[0]["multiply_adds"]),
            "seconds": round(sorted(run["seconds"] for run in counted)[len(counted) // 2], 6),
            "accuracies": [round(float(run["test_parts"].mean()), 6) for run in seeds[name]],
        }
        networks.append(found)
    return {"photos": TEST_PHOTOS, "networks": networks}


class FamilyExplorer(Explorer):
    """Narrow networks, recorded under one protocol, and the block of each; or a dense block, its numbers chosen.

    The networks learn from 5,000 photos of Fashion-MNIST, each at the learning rate of its best validation accuracy;
    the accuracies are of three other seeds on 2,000 test photos. AlexNet learns without dropout, but was timed with it.

    Example:
        >>> FamilyExplorer(across="parameters", network="resnet")

    Taught in chapters/06_cnn/densenet.
    """

    view = Choice("networks", ("networks", "block"), names=("networks", "a dense block"), label="show")
    across = Choice("seconds", MEASURES, names=NAMES, label="across")
    up = Choice("accuracy", MEASURES, names=NAMES, label="up")
    network = Choice("densenet", tuple(NETWORKS), names=tuple(NETWORKS.values()), label="network")
    growth = Integer(32, min=1, max=64, label="growth rate k", help="Maps that each layer adds.")
    layers = Integer(6, min=1, max=32, label="layers")
    channels = Integer(64, min=1, max=256, label="maps at the start")
    bottleneck = Flag(
        True, label="bottleneck", help="A 1 × 1 convolution to 4k maps before each 3 × 3 convolution."
    )
    maps = Integer(0, min=0, max=10_000, output=True)
    weights = Integer(0, min=0, max=1_000_000_000, output=True)
    data = Payload(loader=load_family)
