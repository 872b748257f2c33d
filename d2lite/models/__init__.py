"""The networks that more than one chapter uses, their trained weights, and what trains and reads them."""

from d2lite._utils.lazy import renamed
from d2lite.models import (
    character_rnn,
    character_transformer,
    lenet,
    published,
    quantization,
    unet,
    weights,
)
from d2lite.models._detector_weights import (
    detector_payload,
    layers_of,
    pretrained_detector,
    quantized_detector,
    save_detector,
)
from d2lite.models._grid_detector import GridDetector, detect, detector_loss, detector_targets
from d2lite.models._kept_bytes import kept_bytes
from d2lite.models._layer_table import Layer, LayerTable, layer_table
from d2lite.models._pyramid_detector import PyramidDetector, pyramid_detect
from d2lite.models._pyramid_loss import dynamic_owners, pad_truths, pyramid_loss, static_owners
from d2lite.models._pyramid_weights import (
    pretrained_modern_detector,
    pyramid_payload,
    save_modern_detector,
)
from d2lite.models.character_transformer import CharacterTransformer

__all__ = [
    "CharacterTransformer",
    "GridDetector",
    "Layer",
    "LayerTable",
    "PyramidDetector",
    "character_rnn",
    "character_transformer",
    "detect",
    "detector_loss",
    "detector_payload",
    "detector_targets",
    "dynamic_owners",
    "kept_bytes",
    "layer_table",
    "layers_of",
    "lenet",
    "pad_truths",
    "pretrained_detector",
    "pretrained_modern_detector",
    "published",
    "pyramid_detect",
    "pyramid_loss",
    "pyramid_payload",
    "quantization",
    "quantized_detector",
    "save_detector",
    "save_modern_detector",
    "static_owners",
    "unet",
    "weights",
]

__getattr__ = renamed(
    __name__,
    {
        "eight_bit_detector": "quantized_detector",
        "recorded_detector": "pretrained_detector",
        "round_weight": "quantization.quantize",
    },
)
