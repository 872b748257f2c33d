"""KaTeX's fonts, cut down to the characters that the book uses: 96 kB of a usual chapter's become 34 kB."""

import html
import logging
import re
import shutil

from fontTools import subset

from .keep import keep

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of every glyph


def characters(pages):
    """Return the characters, but for Chinese ones, that stand in some pages' text (their HTML), as a sorted string.

    Characters for private use stay: KaTeX's stroke through an equals sign, which makes it "not equal", is one of them.
    """
    text = (html.unescape(re.sub(r"<[^>]*>", "", page)) for page in pages)
    chinese = re.compile("[\u2e80-\udfff\uf900-\uffef]")
    return "".join(sorted(letter for letter in set().union(*text) if not chinese.match(letter)))


def cut(source, target, text):
    """Write a font with only the glyphs that a text needs.

    Args:
        source: path of a woff2 file.
        target: path of the woff2 file to write.
        text: the characters to keep.
    """
    options = subset.Options(flavor="woff2", hinting=False, layout_features=["*"])
    font = subset.load_font(source, options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=text)
    cutter.subset(font)
    subset.save_font(font, target, options)


def cut_all(folder, cache, text):
    """Cut every font of a folder, or take the result of an earlier build with the same characters.

    Args:
        folder: folder of woff2 files; it is replaced by one beside it.
        cache: folder that keeps results between builds.
        text: the characters to keep.

    Returns:
        Name of the new folder: it changes with the characters, so that no browser keeps an old font.
    """
    fonts = sorted(folder.glob("*.woff2"))

    def cut_fonts(path):
        path.mkdir()
        for font in fonts:
            cut(font, path / font.name, text)

    kept = keep(cache, text.encode() + b"".join(font.read_bytes() for font in fonts), cut_fonts)
    shutil.copytree(kept, folder.with_name(kept.name), dirs_exist_ok=True)
    shutil.rmtree(folder)
    return kept.name
