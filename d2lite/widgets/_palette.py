"""The items that readers place in scenes: test items of Fashion-MNIST, two of each class."""

from d2lite._utils.encoding import to_base64

PALETTE = (
    0, 60, 61, 31, 32, 112, 13, 113, 34, 4, 5, 45, 16, 126, 17, 67, 28, 108, 9, 89,
)  # fmt: skip


def item_columns(side, least, most):
    """Return the columns of a trait of placed items, for scenes of side x side pixels and items from least to most."""
    return [
        ("item", 0, len(PALETTE) - 1, "integer"),
        ("x", 0, side),
        ("y", 0, side),
        ("side", least, most, "integer"),
        ("tint", 0, 6, "integer"),
    ]


def palette_payload():
    """Return what `_math/compose.js` reads: base64 of (N, 28, 28) bytes and labels; and the classes' names."""
    from d2lite.datasets import fashion_mnist

    chosen = fashion_mnist()[1][list(PALETTE)]
    pixels = (255 * chosen.inputs).round().byte()
    return {
        "palette": {"pixels": to_base64(pixels), "labels": chosen.targets.tolist()},
        "names": list(chosen.class_names),
    }
