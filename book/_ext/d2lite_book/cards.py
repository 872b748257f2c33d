"""Social cards: the picture that a link to a page shows elsewhere: its title, its finding and its first picture."""

import functools
import hashlib
import io
import textwrap
from pathlib import Path

import matplotlib
import resvg_py
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN, GAP = 1200, 630, 64, 48
MOST_BYTES = 120_000
PAPER, INK, MUTED, ACCENT, LINE = "#fcfbf8", "#22272e", "#5a616b", "#0f6a6e", "#dedad0"
STATIC = Path(__file__).resolve().parents[2] / "_static"
SANS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # of pictures, as no system's fonts are the same


@functools.lru_cache(maxsize=32)
def _font(size):
    """Return the book's typeface; Pillow reads no woff2, so it is unpacked in memory first."""
    unpacked = io.BytesIO()
    font = TTFont(STATIC / "fonts" / "literata.woff2")
    font.flavor = None
    font.save(unpacked)
    unpacked.seek(0)
    return ImageFont.truetype(unpacked, size)


def rasterise(svg, width, height):
    """Return an SVG as an image, as large as fits.

    Args:
        svg: its text.
        width, height: what it must fit, in pixels.
    """
    fonts = [str(SANS / name) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf")]
    families = dict.fromkeys(
        ("font_family", "sans_serif_family", "serif_family", "monospace_family"), "DejaVu Sans"
    )
    options = {"dpi": 96, "skip_system_fonts": True, "font_files": fonts, **families}
    png = resvg_py.svg_to_bytes(svg_string=svg, width=2 * width, **options)
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    image.thumbnail((width, height), Image.Resampling.LANCZOS)  # smaller, as it was drawn twice as large
    return image


def _wrap(text, font, width):
    """Break a text into lines that are at most so many pixels wide."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _fit(text, sizes, width, height):
    """Return a text's (lines, font, line height) in the largest size in which it fits; in the last one cut short."""
    for size in sizes:
        font, step = _font(size), round(1.32 * size)
        lines = _wrap(text, font, width)
        if len(lines) * step <= height:
            return lines, font, step
    kept = lines[: height // step]
    return (
        [*kept[:-1], textwrap.shorten(kept[-1], max(4, len(kept[-1]) - 2), placeholder="") + " …"],
        font,
        step,
    )


def _write(pen, text, top, sizes, width, height, fill):
    """Write a text from a height on; return the height at which it ends."""
    lines, font, step = _fit(text, sizes, width, height)
    for number, line in enumerate(lines):
        pen.text((MARGIN, top + number * step), line, font=font, fill=fill)
    return top + len(lines) * step


def draw(title, part, finding="", svg=None):
    """Return the card of a page as an image.

    Args:
        title: the page's title.
        part: caption of the part of the book it belongs to, or "".
        finding: what the page shows, in one sentence, or "".
        svg: text of the page's picture; without one the card has the book's mark.

    Returns:
        An RGB image, 1200 by 630 pixels.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 14, HEIGHT), fill=ACCENT)
    left = 520 if svg else 700
    space = (WIDTH - left - MARGIN - GAP - 40, HEIGHT - 2 * MARGIN)
    picture = rasterise(svg, *space) if svg else rasterise((STATIC / "logo.svg").read_text("utf-8"), 300, 300)
    x = WIDTH - 40 - (space[0] + picture.width) // 2
    y = (HEIGHT - picture.height) // 2
    image.paste(picture, (x, y), picture)
    if svg:
        frame = (x - 10, y - 10, x + picture.width + 9, y + picture.height + 9)
        pen.rounded_rectangle(frame, 10, outline=LINE, width=2)
    pen.text((MARGIN, MARGIN - 22), part, font=_font(28), fill=MUTED)
    sizes = (54, 48, 42, 36) if finding else (80, 68, 58, 48)
    top = MARGIN + 36 if finding else HEIGHT // 2 - 150
    end = _write(pen, title, top, sizes, left, 150 if finding else 320, INK)
    if finding:
        _write(pen, finding, end + 22, (36, 33, 30, 27, 24), left, HEIGHT - MARGIN - 50 - end, ACCENT)
    pen.text((MARGIN, HEIGHT - 34), "d2lite", font=_font(30), fill=MUTED, anchor="ls")
    return image


def compressed(image):
    """Return an image as PNG in as many colours as its weight allows."""
    for colours in (256, 128, 64, 32, 16):
        file = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(file, "png", optimize=True)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def card(out, pagename, title, part, finding="", svg=None):
    """Write the card of a page unless it is there already.

    Args:
        out: the site's folder.
        pagename: the page's name.
        title, part, finding, svg: as for draw.

    Returns:
        The card's address relative to the site.
    """
    content = "/".join((title, part, finding, svg or "")).encode() + Path(__file__).read_bytes()
    name = f"_static/cards/{pagename.replace('/', '-')}-{hashlib.sha256(content).hexdigest()[:8]}.png"
    if not (path := out / name).exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(f"{pagename.replace('/', '-')}-{'[0-9a-f]' * 8}.png"):
            old.unlink()
        path.write_bytes(compressed(draw(title, part, finding, svg)))
    return name
