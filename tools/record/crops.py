"""Write the small crops of three photographs that the convolution explorer shows: python tools/record/crops.py

Each is a square of a photograph of d2lite.datasets.photo, averaged down to 24 x 24 pixels, one byte a value, channel by
channel, in base64. It takes a second; nothing is random.
"""

import base64
from pathlib import Path

import torch.nn.functional as F

from d2lite import datasets

TARGET = Path(__file__).resolve().parents[2] / "d2lite/widgets/convolution/crops.js"
SIDE = 24
CROPS = {
    "camera": (20, 60, 120),
    "coins": (20, 10, 120),
    "coffee": (40, 100, 150),
}  # top, left, side in pixels
TEXT = """// Crops of photographs, made by tools/record/crops.py: bytes in base64, channel by channel, row by row.
import {{ bytesOf }} from "../_math/bytes.js";

export const CROP_SIDE = {side};
const CROPS = {{
{rows}
}};

/** A crop's bytes by its name. */
export function cropOf(name) {{
  return bytesOf(CROPS[name]);
}}
"""


def crop_bytes(name):
    """Return the (C, 24, 24) uint8 tensor of a crop."""
    top, left, side = CROPS[name]
    square = datasets.photo(name)[None, :, top : top + side, left : left + side]  # (1, C, side, side)
    return (255 * F.adaptive_avg_pool2d(square, SIDE)[0]).round().byte()


def main():
    """Write crops.js."""
    rows = [f'  {name}: "{base64.b64encode(crop_bytes(name).numpy().tobytes()).decode()}",' for name in CROPS]
    TARGET.write_text(TEXT.format(side=SIDE, rows="\n".join(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
