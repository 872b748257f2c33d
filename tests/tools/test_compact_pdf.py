"""tools/pdf/compact.py sets text in runs again: every letter stays where the browser put it."""

import io
import re
import sys
from pathlib import Path

import matplotlib
import pikepdf
import pytest
from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "pdf"))
import compact  # noqa: E402

TEXT = """<p style="font: 13px 'DejaVu Sans'">A different office: the fifth waffle, affixed. <b>Bold</b> and
<code>code = 1</code>; <i>AVAVA</i> Tooth, 词汇表, f<sub>i</sub> <svg width=60 height=20>
<circle cx=7 cy=7 r=6.123456 /></svg></p>"""


def letters(content, fonts):
    """Return (code, font, x, y) of every letter that a content stream shows, by the rules of PDF 1.7, 9.4."""
    found, font, size, line, at = [], None, 1.0, (0.0, 0.0), (0.0, 0.0)

    def show(codes):
        nonlocal at
        widths, other, digits = fonts[font]
        codes = codes.strip("<> Tj")
        for code in (codes[i : i + digits] for i in range(0, len(codes), digits)):
            found.append((code, font, *at))
            at = (at[0] + widths.get(int(code, 16), other) * size, at[1])

    token = r"\[.*?\] TJ|<[0-9A-F]+> Tj|/\S+ [-\d.]+ Tf|[-\d. ]+ T[dm]"
    for each in re.findall(token, content.decode("latin1")):
        numbers = [float(n) for n in re.findall(r"-?\d*\.?\d+", each)] if each[-2:] in ("Td", "Tm") else []
        if each.endswith("Tf"):
            font, size = each.split()[0], float(each.split()[1])
        elif each.endswith("Tm"):
            line = at = tuple(numbers[4:])
        elif each.endswith("Td"):
            line = at = (line[0] + numbers[0], line[1] + numbers[1])
        elif each.endswith("Tj"):
            show(each)
        else:
            for codes, gap in re.findall(r"(<[0-9A-F]+>)|(-?[\d.]+)", each[:-2]):
                if codes:
                    show(codes)
                else:
                    at = (at[0] - float(gap) / 1000 * size, at[1])
    return found


@pytest.mark.browser
def test_every_letter_stays_where_it_was(browser, tmp_path):
    page = browser.new_page()
    page.set_content(TEXT)
    page.pdf(path=tmp_path / "text.pdf")
    with pikepdf.open(tmp_path / "text.pdf") as book:
        (page,) = book.pages
        fonts = {name: compact.widths_of(font) for name, font in page.obj.Resources.Font.items()}
        before = page.obj.Contents.read_bytes()
        compact.compact(book)
        after = page.obj.Contents.read_bytes()
    first, then = letters(before, fonts), letters(after, fonts)
    assert len(first) > 60 and [each[:2] for each in first] == [each[:2] for each in then]
    for (_, _, *was), (_, _, *now) in zip(first, then, strict=True):
        assert was == pytest.approx(now, abs=0.05), "a letter moved by more than a twentieth of a pixel"
    assert after.count(b"TJ") < 0.8 * before.count(b"Tj"), "letters are not joined"
    assert len(after) < len(before)


def test_equal_streams_are_kept_once_and_points_to_a_tenth():
    book = pikepdf.new()
    for _ in range(2):
        page = book.add_blank_page()
        form = pikepdf.Stream(
            book, b"0.123 4 m\n10.06 -2 l\nf\n", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form
        )
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=book.make_indirect(form)))
        page.obj.Contents = book.make_indirect(pikepdf.Stream(book, b"/X Do"))
    compact.compact(book)
    one, two = (page.obj.Resources.XObject.X for page in book.pages)
    assert one.objgen == two.objgen
    assert one.read_bytes() == b"0.1 4 m\n10.1 -2 l\nf\n"


def test_a_shape_that_comes_again_is_drawn_once_in_the_colours_of_its_places():
    mark = b"0 8 m\n2 8 4 7 5 5 c\n7 4 8 2 8 0 c\n0 0 l\nh\nf\n"
    long = mark.replace(b"0 0 l", b"400000 0 l")
    book = pikepdf.new()
    for color in (b"1 0 0 rg\n", b"0 0 1 rg\n"):
        page = book.add_blank_page()
        content = b"q\n" + color + 2 * mark + b"Q\n" + 2 * long
        page.obj.Contents = book.make_indirect(pikepdf.Stream(book, content))
    compact.share_shapes(book)
    first, second = (page.obj.Contents.read_bytes() for page in book.pages)
    used = re.findall(rb"/\S+ Do\n", first)
    assert len(used) == 2 and first == b"q\n1 0 0 rg\n" + b"".join(used) + b"Q\n" + 2 * long
    assert second == first.replace(b"1 0 0 rg", b"0 0 1 rg")
    forms = [page.obj.Resources.XObject[used[0].split()[0].decode()] for page in book.pages]
    assert forms[0].objgen == forms[1].objgen and forms[0].read_bytes() == mark
    assert [float(edge) for edge in forms[0].BBox] == [-1, -1, 9, 9]


def cut_down(text, names, path="DejaVuSans.ttf"):
    """Return the bytes of a font with the letters of a text alone, each with the number it had, as Chromium cuts it."""
    options = subset.Options(retain_gids=True, glyph_names=names, layout_features=[], notdef_outline=True)
    font = TTFont(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / path)
    cutter = subset.Subsetter(options)
    cutter.populate(text=text)
    cutter.subset(font)
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def with_fonts(*files):
    """Return a PDF that holds fonts of one name, and their descriptors."""
    book = pikepdf.new()
    descriptors = [
        book.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.FontDescriptor,
                FontName=pikepdf.Name(f"/AAAAA{i}+Face"),
                FontFile2=book.make_stream(data),
            )
        )
        for i, data in enumerate(files)
    ]
    book.Root.Kept = pikepdf.Array(descriptors)
    return book, descriptors


def test_parts_of_one_font_become_one_font_with_all_letters():
    texts = ("abc é", "xyz ü a")  # é and ü are made of other letters; one part has names, the other none
    book, descriptors = with_fonts(cut_down(texts[0], True), cut_down(texts[1], False))
    compact.join_fonts(book)
    one, two = (each.FontFile2 for each in descriptors)
    assert one.objgen == two.objgen
    joined, whole = TTFont(io.BytesIO(one.read_bytes())), TTFont(io.BytesIO(cut_down("".join(texts), False)))
    for letter in set("".join(texts)):
        number = whole.getGlyphID(whole.getBestCmap()[ord(letter)])
        drawn, right = (
            font["glyf"][font.getGlyphOrder()[number]].getCoordinates(font["glyf"])[0]
            for font in (joined, whole)
        )
        assert list(drawn) == list(right), letter


def test_fonts_of_one_name_that_draw_a_letter_otherwise_stay_apart():
    book, descriptors = with_fonts(cut_down("ab", False), cut_down("bc", False, "DejaVuSans-Bold.ttf"))
    compact.join_fonts(book)
    one, two = (each.FontFile2 for each in descriptors)
    assert one.objgen != two.objgen
