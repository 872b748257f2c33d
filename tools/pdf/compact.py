"""Make a PDF that Chromium printed small: it places most letters one by one, and every page brings its own copies.

Text is set in runs again, wherever a letter stands where the one before it ends (PDF 1.7, section 9.4.3: TJ); points of
drawings are kept to a tenth of their unit, at most a tenth of a point; equal shapes and equal streams once; photos as
JPEG.
"""

import io
import re
from collections import Counter

import pikepdf
from fontTools.ttLib import TTFont

PHOTO = 4_000  # bytes from which a picture is kept as JPEG
FORM = 16_000  # the largest coordinate of a form: some viewers show none of a larger one, such as a root's long bar
_BLOCK = re.compile(rb"BT\n(.*?)ET", re.S)
_GLYPHS = re.compile(rb"(?:(-?[\d.]+) (-?[\d.]+) Td )?<([0-9A-Fa-f]+)> Tj")
_FONT = re.compile(rb"(/\S+) (-?[\d.]+) Tf")
_PATH = re.compile(rb"^[-\d. ]+ (?:m|l|c|v|y|re)$", re.M)
_NUMBER = re.compile(rb"-?\d*\.\d+")
_SHAPE = re.compile(rb"^(?:[-\d. ]+ [mlc]\n|h\n){5,}f\*?\n", re.M)  # filled, of at least five lines


def widths_of(font):
    """Return (dict of a glyph's code to its advance in ems, the advance of all others, hexadecimal digits a code)."""
    if font.Subtype != "/Type0":
        scale = float(font.FontMatrix[0]) if font.Subtype == "/Type3" else 0.001
        first = int(font.get("/FirstChar", 0))
        return {first + i: float(width) * scale for i, width in enumerate(font.get("/Widths", []))}, 0.0, 2
    child, widths = font.DescendantFonts[0], {}
    entries = list(child.get("/W", []))
    while entries:
        first, second = int(entries.pop(0)), entries.pop(0)
        if isinstance(second, pikepdf.Array):
            widths.update({first + i: float(width) / 1000 for i, width in enumerate(second)})
        else:
            width = float(entries.pop(0)) / 1000
            widths.update({code: width for code in range(first, int(second) + 1)})
    return widths, float(child.get("/DW", 1000)) / 1000, 4


def set_in_runs(content, fonts):
    """Return a content stream in which letters that follow each other are shown by one operator.

    Args:
        content: bytes of the stream.
        fonts: dict of a font's name in the page, such as "/F4", to what `widths_of` gives.
    """
    return _BLOCK.sub(lambda block: b"BT\n" + _compact(block[1], fonts) + b"ET", content)


def _compact(block, fonts):
    font, size, lines, parts = None, 1.0, [], None
    pen = off = (
        0.0  # from the start of the line to the current point; what was not worth an adjustment so far
    )
    moved = 0.0  # how far the start of the line would have come by the letters that now stand in a run

    def close():
        nonlocal parts
        if parts:
            lines.append(parts[0] + b"[" + b"".join(parts[1:]) + b"] TJ")
        parts = None

    for line in block.splitlines():
        shown = _GLYPHS.fullmatch(line)
        if shown is None:
            close()
            if line.endswith(b" Tm"):
                pen = off = moved = 0.0
            if found := _FONT.fullmatch(line):
                font, size = fonts.get(found[1].decode()), float(found[2])
            lines.append(line)
            continue
        x, y, codes = shown.groups()
        step = float(x or 0)
        exact = (step - pen) / size * 1000 + off if x else off  # in thousandths of an em: what TJ subtracts
        gap = round(exact) if abs(exact) > 2 else 0
        if parts and (not x or (font and float(y) == 0 and abs(gap) < 1000)):
            parts[-1:] = (
                [parts[-1][:-1] + codes + b">"] if not gap else [parts[-1], b"%d<%s>" % (-gap, codes)]
            )
            off = exact - gap
            moved, pen = moved + step, pen if not x else 0.0
        else:
            close()
            parts = [b"%s %s Td " % (_short(moved + step, 4), y) if x else b"", b"<%s>" % codes]
            if x:
                pen = off = moved = 0.0
        pen += _advance(font, codes) * size
    close()
    return b"\n".join(lines) + b"\n"


def _advance(font, codes):
    """Return how far some glyphs go, in ems."""
    widths, other, digits = font or ({}, 0.0, 4)
    each = (int(codes[i : i + digits], 16) for i in range(0, len(codes), digits))
    return sum(widths.get(code, other) for code in each)


def _short(number, digits=4):
    text = b"%.*f" % (digits, number)
    return (text.rstrip(b"0").rstrip(b".") if b"." in text else text) or b"0"


def shorten_paths(content, digits=1):
    """Return a content stream whose drawn points have at most so many decimals."""
    return _PATH.sub(lambda line: _NUMBER.sub(lambda n: _short(float(n[0]), digits), line[0]), content)


def compact_text(book):
    """Rewrite the content of all pages of a PDF: text in runs, points to a hundredth."""
    known = {}
    for page in book.pages:
        fonts = {}
        for name, font in page.obj.Resources.get("/Font", {}).items():
            if font.objgen not in known:
                known[font.objgen] = widths_of(font)
            fonts[name] = known[font.objgen]
        page.contents_coalesce()
        content = shorten_paths(page.obj.Contents.read_bytes())
        page.obj.Contents.write(set_in_runs(content, fonts))


def share_shapes(book):
    """Draw a shape that pages fill at least three times, such as a letter in a figure or a mark, once, as a form."""
    contents = [page.obj.Contents.read_bytes() for page in book.pages]
    counts = Counter(shape for content in contents for shape in _SHAPE.findall(content))
    forms = {}
    for page, content in zip(book.pages, contents, strict=True):
        used = {}

        def use(shape, used=used):
            if counts[shape[0]] < 3 or _extent(shape[0]) > FORM:
                return shape[0]
            if shape[0] not in forms:
                forms[shape[0]] = f"/Shape{len(forms)}", _form_of(book, shape[0])
            name, form = forms[shape[0]]
            used[name] = form
            return name.encode() + b" Do\n"

        page.obj.Contents.write(_SHAPE.sub(use, content))
        if used:
            page.obj.Resources = pikepdf.Dictionary(page.obj.Resources)  # pages may share theirs
            old = page.obj.Resources.get("/XObject", {})
            page.obj.Resources.XObject = pikepdf.Dictionary({**dict(old.items()), **used})


def _points(shape):
    numbers = [float(n) for n in re.findall(rb"-?\d*\.?\d+", shape)]
    return numbers[::2], numbers[1::2]


def _extent(shape):
    return max(abs(number) for numbers in _points(shape) for number in numbers)


def _form_of(book, shape):
    """Return a form that fills a shape in the colour of the page that uses it."""
    xs, ys = _points(shape)
    box = [min(xs) - 1, min(ys) - 1, max(xs) + 1, max(ys) + 1]
    return book.make_stream(shape, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=box)


def compact_drawings(book):
    """Shorten the points of all forms, and of letters kept as drawings, whose em is a thousand units or more."""
    for each in book.objects:
        if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == "/Form":
            each.write(shorten_paths(each.read_bytes()))
        elif isinstance(each, pikepdf.Dictionary) and each.get("/Subtype") == "/Type3":
            for letter in each.CharProcs.values():
                letter.write(shorten_paths(letter.read_bytes(), 0))


def join_fonts(book):
    """Let equal fonts, of which each page brought the letters it needs, be one font with all of them.

    Chromium leaves a letter its number when it cuts a font down, so that the tables can be laid over each other.
    """
    families = {}
    for each in book.objects:
        if (
            isinstance(each, pikepdf.Dictionary)
            and each.get("/Type") == "/FontDescriptor"
            and "/FontFile2" in each
        ):
            families.setdefault(str(each.FontName).partition("+")[2], []).append(each)
    for descriptors in families.values():
        fonts = [_numbered(each.FontFile2.read_bytes()) for each in descriptors]
        if any("glyf" not in font for font in fonts):
            continue
        whole = max(fonts, key=lambda font: font["maxp"].numGlyphs)
        glyphs, advances = whole["glyf"], whole["hmtx"]
        for font in fonts:
            for name in font.getGlyphOrder():
                if glyphs[name].numberOfContours == 0 != font["glyf"][name].numberOfContours:
                    glyphs[name], advances[name] = font["glyf"][name], font["hmtx"][name]
        buffer = io.BytesIO()
        whole.save(buffer)
        if not _contains(buffer.getvalue(), fonts):
            continue  # of the same name, and not the same font
        stream = book.make_stream(buffer.getvalue(), Length1=len(buffer.getvalue()))
        for each in descriptors:
            each.FontFile2 = stream


def _numbered(data):
    """Return a font whose letters are named by their numbers: some bring names, and letters made of others use them."""
    font = TTFont(io.BytesIO(data))
    font.setGlyphOrder([f"glyph{number}" for number in range(font["maxp"].numGlyphs)])
    return font


def _contains(data, fonts):
    """Tell whether every letter of some fonts is in another, drawn alike."""
    whole = _numbered(data)["glyf"]
    letters = ((name, font["glyf"][name]) for font in fonts for name in font.getGlyphOrder())
    return all(glyph == whole[name] for name, glyph in letters if glyph.numberOfContours)


def share_equal_streams(book):
    """Let everything that refers to one of several equal streams refer to the first of them."""
    seen, first = {}, {}
    for each in book.objects:
        if isinstance(each, pikepdf.Stream):
            key = (each.read_raw_bytes(), str(sorted((k, repr(v)) for k, v in each.items())))
            first[each.objgen] = seen.setdefault(key, each)

    def mend(holder, keys):
        for key in keys:
            value = holder[key]
            if isinstance(value, pikepdf.Stream) and (same := first.get(value.objgen)) is not None:
                if same.objgen != value.objgen:
                    holder[key] = same
            elif isinstance(value, pikepdf.Dictionary) and not value.is_indirect:
                mend(value, list(value.keys()))
            elif isinstance(value, pikepdf.Array) and not value.is_indirect:
                mend(value, range(len(value)))

    for each in book.objects:
        if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            mend(each, list(each.keys()))
        elif isinstance(each, pikepdf.Array):
            mend(each, range(len(each)))


def shrink_photos(book):
    """Keep the large pictures of a PDF as JPEG: they are photos, for drawings are lines."""
    for image in book.objects:
        if not isinstance(image, pikepdf.Stream) or image.get("/Subtype") != "/Image":
            continue
        raw, buffer = image.read_raw_bytes(), io.BytesIO()
        mode = pikepdf.PdfImage(image).mode
        if len(raw) < PHOTO or mode not in ("RGB", "L"):
            continue
        picture = pikepdf.PdfImage(image).as_pil_image().convert(mode)  # opacity has a stream of its own
        picture.save(buffer, "JPEG", quality=72)
        if len(buffer.getvalue()) < len(raw):
            image.write(buffer.getvalue(), filter=pikepdf.Name.DCTDecode)


def compact(book):
    """Make a `pikepdf.Pdf` small, in place; what it looks like stays the same."""
    compact_text(book)
    share_shapes(book)
    compact_drawings(book)
    shrink_photos(book)
    join_fonts(book)
    share_equal_streams(book)
