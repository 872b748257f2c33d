"""tools/pdf/compact.py sets text in runs again: every letter stays where the browser put it."""

import re
import sys
from pathlib import Path

import pikepdf
import pytest

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
