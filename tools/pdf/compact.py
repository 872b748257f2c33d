"""Make a PDF that Chromium printed small: it places every letter by itself, and every page brings its own copies.

Text is set in runs again, wherever a letter stands where the one before it ends (PDF 1.7, section 9.4.3: TJ); points of
drawings are kept to a hundredth of their unit; streams that are equal are kept once; photos are kept as JPEG.
"""

import io
import re

import pikepdf

PHOTO = 8_000  # bytes from which a picture is kept as JPEG
_BLOCK = re.compile(rb"BT\n(.*?)ET", re.S)
_GLYPH = re.compile(rb"(?:(-?[\d.]+) (-?[\d.]+) Td )?<([0-9A-Fa-f]+)> Tj")
_FONT = re.compile(rb"(/\S+) (-?[\d.]+) Tf")
_PATH = re.compile(rb"^[-\d. ]+ (?:m|l|c|v|y|re)$", re.M)
_LONG = re.compile(rb"-?\d*\.\d{3,}")


def widths_of(font):
    """Return the advances of a font's glyphs, in ems: (dict of code to advance, that of all others)."""
    if font.Subtype == "/Type3":
        scale, first = float(font.FontMatrix[0]), int(font.FirstChar)
        return {first + i: float(w) * scale for i, w in enumerate(font.Widths)}, 0.0
    if font.Subtype != "/Type0":
        first = int(font.get("/FirstChar", 0))
        return {first + i: float(w) / 1000 for i, w in enumerate(font.get("/Widths", []))}, 0.0
    child, widths = font.DescendantFonts[0], {}
    entries = list(child.get("/W", []))
    while entries:
        first, second = int(entries.pop(0)), entries.pop(0)
        if isinstance(second, pikepdf.Array):
            widths.update({first + i: float(w) / 1000 for i, w in enumerate(second)})
        else:
            width = float(entries.pop(0)) / 1000
            widths.update({code: width for code in range(first, int(second) + 1)})
    return widths, float(child.get("/DW", 1000)) / 1000


def set_in_runs(content, fonts):
    """Return a content stream in which letters that follow each other are shown by one operator.

    Args:
        content: bytes of the stream.
        fonts: dict of a font's name in the page, such as "/F4", to what `widths_of` gives.
    """
    return _BLOCK.sub(lambda block: b"BT\n" + _compact(block[1], fonts) + b"ET", content)


def _compact(block, fonts):
    font, size, lines, run, moved = None, 1.0, [], None, 0.0

    def close():
        nonlocal run
        if run is not None:
            lines.append(b"%s[%s] TJ" % (run["move"], b"".join(run["parts"])))
            run = None

    for line in block.splitlines():
        glyph = _GLYPH.fullmatch(line)
        if glyph is None:
            close()
            moved = 0.0
            if found := _FONT.fullmatch(line):
                font, size = fonts.get(found[1].decode()), float(found[2])
            lines.append(line)
            continue
        x, y, code = float(glyph[1] or 0), float(glyph[2] or 0), glyph[3]
        if run is not None and font and y == 0 and glyph[1]:
            off = (x - run["advance"]) / size * 1000 + run["off"]  # in thousandths of an em: what TJ subtracts
            gap = round(off) if abs(off) > 2 else 0
            if abs(gap) < 1000:
                run["off"] = off - gap
                joined = run["parts"][-1][:-1] + code + b">" if gap == 0 else b"%d<%s>" % (-gap, code)
                run["parts"][-1:] = [joined] if gap == 0 else [run["parts"][-1], joined]
                moved += x
                run["advance"] = _advance(font, code, size)
                continue
        close()
        move = b"" if glyph[1] is None else b"%s %s Td " % (_short(moved + x), glyph[2])
        moved = 0.0
        run = {"move": move, "parts": [b"<%s>" % code], "off": 0.0, "advance": _advance(font, code, size)}
    close()
    return b"\n".join(lines) + b"\n"


def _advance(font, code, size):
    widths, other = font or ({}, 0.0)
    return widths.get(int(code, 16), other) * size


def _short(number, digits=4):
    text = b"%.*f" % (digits, number)
    return (text.rstrip(b"0").rstrip(b".") if b"." in text else text) or b"0"


def shorten_paths(content, digits=2):
    """Return a content stream whose drawn points have at most so many decimals."""
    return _PATH.sub(lambda line: _LONG.sub(lambda n: _short(float(n[0]), digits), line[0]), content)


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


def compact_drawings(book):
    """Shorten the points of all forms, and of letters kept as drawings, whose em is a thousand units or more."""
    for each in book.objects:
        if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == "/Form":
            each.write(shorten_paths(each.read_bytes()))
        elif isinstance(each, pikepdf.Dictionary) and each.get("/Subtype") == "/Type3":
            for letter in each.CharProcs.values():
                letter.write(shorten_paths(letter.read_bytes(), 0))


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
        if len(raw) < PHOTO or pikepdf.PdfImage(image).mode not in ("RGB", "L"):
            continue
        pikepdf.PdfImage(image).as_pil_image().save(buffer, "JPEG", quality=78)
        if len(buffer.getvalue()) < len(raw):
            image.write(buffer.getvalue(), filter=pikepdf.Name.DCTDecode)


def compact(book):
    """Make a `pikepdf.Pdf` small, in place; what it looks like stays the same."""
    compact_text(book)
    compact_drawings(book)
    shrink_photos(book)
    share_equal_streams(book)
