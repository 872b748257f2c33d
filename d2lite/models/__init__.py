"""The networks that more than one chapter uses, and what trains and reads them."""

from d2lite.models import character_rnn
from d2lite.models._eight_bits import detector_payload, eight_bit_detector, layers_of, round_weight
from d2lite.models._grid_detector import GridDetector, detect, detector_loss, detector_targets
from d2lite.models._recorded import recorded_detector

__all__ = [
    "GridDetector",
    "character_rnn",
    "detect",
    "detector_loss",
    "detector_payload",
    "detector_targets",
    "eight_bit_detector",
    "layers_of",
    "recorded_detector",
    "round_weight",
]
