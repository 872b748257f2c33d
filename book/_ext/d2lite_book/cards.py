"""Social cards: the picture that a link to a page shows elsewhere, in the book's own typeface and colours."""

import functools
import hashlib
import io
import textwrap
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN = 1200, 630, 90
PAPER, INK, MUTED, ACCENT, BLUE, ORANGE = "#fcfbf8", "#22272e", "#5a616b", "#0f6a6e", "#2f6fb3", "#ac5108"
FONT = Path(__file__).resolve().parents[2] / "_static" / "fonts" / "literata.woff2"
# Two classes of points and the line between them: the book's first explorer, in a few numbers.
DOTS = (
    (905, 150, 0), (985, 95, 0), (1040, 205, 0), (880, 250, 0), (960, 320, 0), (1110, 130, 0),
    (1125, 300, 1), (1050, 420, 1), (1140, 460, 1), (985, 500, 1), (1085, 550, 1), (900, 545, 1),
)  # fmt: skip
LINE = ((800, 495), (1200, 205))


@functools.lru_cache(maxsize=4)
def _font(size):
    """Return the book's typeface; Pillow reads no woff2, so it is unpacked in memory first."""
    unpacked = io.BytesIO()
    font = TTFont(FONT)
    font.flavor = None
    font.save(unpacked)
    unpacked.seek(0)
    return ImageFont.truetype(unpacked, size)


def draw(title, part):
    """Return the card of a page as an image.

    Args:
        title: the page's title.
        part: caption of the part of the book it belongs to, or "".

    Returns:
        A palette image, 1200 by 630 pixels.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 18, HEIGHT), fill=ACCENT)
    pen.line(LINE, fill=ACCENT, width=5)
    for x, y, label in DOTS:
        pen.ellipse((x - 15, y - 15, x + 15, y + 15), fill=(BLUE, ORANGE)[label])
    lines = textwrap.wrap(title, 18 if len(title) < 50 else 24)[:4]
    font = _font(82 if len(title) < 50 else 62)
    pen.multiline_text((MARGIN, HEIGHT / 2), "\n".join(lines), font=font, fill=INK, anchor="lm", spacing=18)
    pen.text((MARGIN, MARGIN), part, font=_font(34), fill=MUTED, anchor="ls")
    pen.text((MARGIN, HEIGHT - MARGIN + 20), "d2lite", font=_font(40), fill=ACCENT, anchor="ls")
    return image.quantize(32)


def card(out, pagename, title, part):
    """Write the card of a page unless it is there already.

    Args:
        out: the site's folder.
        pagename: the page's name.
        title, part: as for draw.

    Returns:
        The card's address relative to the site.
    """
    key = hashlib.sha256(f"{title}/{part}".encode() + Path(__file__).read_bytes()).hexdigest()[:8]
    name = f"_static/cards/{pagename.replace('/', '-')}-{key}.png"
    if not (out / name).exists():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        draw(title, part).save(out / name, optimize=True)
    return name
