"""Print the built site as one book: python tools/make_pdf.py [OUTPUT.pdf]

Cover, contents with page numbers, the chapters in the order of _toc.yml with their explorers as they open and the
address where each is alive, then the solutions, the glossary and the bibliography. A link to a place in the book leads
to its page, any other to the site. Chrome or Chromium prints; nothing is fetched. What only acts on a screen is left
out.
"""

import argparse
import base64
import html
import importlib.util
import io
import posixpath
import re
import string
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pikepdf
import yaml
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from d2lite._utils.files import make_writable, replacing, user_path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
PARTS = ROOT / "tools" / "pdf"
FRONT = ("book/notation",)  # of the front and back matter, what paper needs, too
BACK = ("book/glossary", "book/bibliography")
MOST_BYTES = 15_000_000
TIMEOUT = 120_000  # ms
WIDTH = 590  # CSS pixels between the margins of tools/pdf/page.css


@dataclass
class Printed:
    """One printed page of the site: its name, title, PDF, and where its ids and sections are."""

    name: str
    title: str
    pdf: pikepdf.Pdf
    first: int = 1  # its first page's number
    places: dict = field(default_factory=dict)  # id -> (page of this PDF, left, top)
    sections: list = field(default_factory=list)  # (id, title)
    solutions: int = 0


def paper_faces():
    """Return the typeface's rules in fixed weights: of a variable font a PDF holds drawings, not letters."""
    rules = []
    for name, style, weights, shown in (
        ("literata", "normal", {"wght": 400}, "400"),
        ("literata", "normal", {"wght": 600}, "500 700"),
        ("literata-italic", "italic", {}, "400"),
    ):
        font, buffer = TTFont(ROOT / "book" / "_static" / "fonts" / f"{name}.woff2"), io.BytesIO()
        if weights:
            instancer.instantiateVariableFont(font, weights, inplace=True)
        for record in font["name"].names:
            if record.nameID in (4, 6):  # two weights are two fonts
                record.string = f"{record.toUnicode()}-{shown[:3]}"
        font.flavor = "woff2"
        font.save(buffer)
        data = base64.b64encode(buffer.getvalue()).decode()
        rules.append(
            f'@font-face {{ font-family: "Literata Paper"; font-style: {style}; font-weight: {shown};'
            f" src: url(data:font/woff2;base64,{data}); }}"
        )
    return "".join(rules)


def load(path):
    """Import a script of this repository."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def chapters_of(toc):
    """Return (part's caption, names of its chapters) for the numbered parts of a table of contents."""
    parts = [part for part in toc["parts"] if part.get("numbered")]
    return [(part["caption"], [chapter["file"] for chapter in part["chapters"]]) for part in parts]


def wanted_places(site, names):
    """Return, for each of the named pages, the ids that the others link to."""
    wanted = {name: set() for name in names}
    for name in names:
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        for target in re.findall(r'<a [^>]*href="([^"#:]*#[^"?]+)"', text):
            path, anchor = urldefrag(target)
            page = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            page = page.removesuffix(".html")
            if page in wanted:
                wanted[page].add(unquote(anchor))
    return wanted


def read_places(pdf):
    """Return the named destinations of a PDF that Chromium printed, as a dict of name to (page, left, top)."""
    pages = {page.objgen: i for i, page in enumerate(pdf.pages)}
    names = pdf.Root.get("/Dests", pikepdf.Dictionary())
    found = {unquote(str(name)[1:]): value for name, value in names.items()}
    return {
        name: (pages[target[0].objgen], float(target[2]), float(target[3])) for name, target in found.items()
    }


class Printer:
    """Prints pages of a site, one after the other, with page numbers that go on."""

    def __init__(self, browser, site, base, wanted, folder):
        self.browser, self.site, self.base, self.wanted, self.folder = browser, site, base, wanted, folder
        self.css = paper_faces() + (PARTS / "page.css").read_text(encoding="utf-8")
        self.prepare = (PARTS / "prepare.js").read_text(encoding="utf-8")
        self.next = 1
        self.count = 0

    def print(self, name, part="page"):
        """Print one page of the site, or its solutions, and return it as `Printed`."""
        page = self.browser.new_page(viewport={"width": WIDTH, "height": 1200})
        page.set_default_timeout(TIMEOUT)
        page.emulate_media(media="print")  # from the start: explorers draw for the width of the paper
        try:
            page.goto((self.site / f"{name}.html").as_uri())
            here = {"base": self.base, "here": f"{name}.html", "css": self.css, "part": part}
            wanted = [] if part == "solutions" else self.wanted[name]
            sections = page.evaluate(
                "[...document.querySelectorAll('.bd-article > section > section')].map((s) => s.id)"
            )
            about = page.evaluate(self.prepare, {**here, "wanted": sorted({*wanted, *sections} - {""})})
            if about["width"] > WIDTH + 1:  # Chromium would print the whole page smaller
                raise RuntimeError(
                    f"{name} is {about['width']} pixels wide on paper: expected at most {WIDTH}"
                )
            pdf = self._save(page, about["title"])
        finally:
            page.close()
        printed = Printed(
            name, about["title"], pdf, self.next, read_places(pdf), about["sections"], about["solutions"]
        )
        self.next += len(pdf.pages)
        return printed

    def print_html(self, text):
        """Print a page that is no page of the site, its pages numbered i, ii, ..."""
        page = self.browser.new_page(viewport={"width": WIDTH, "height": 1200})
        page.emulate_media(media="print")
        page.goto((self.site / f"{next(iter(self.wanted))}.html").as_uri())  # for its styles
        page.evaluate(
            """([css, text]) => {
              document.documentElement.dataset.theme = "light";
              document.body.className = "d2l-pdf-front";
              document.body.innerHTML = text;
              const style = document.createElement("style");
              style.textContent = css;
              document.head.append(style);
              return Promise.all([...document.images].map((image) => image.decode()));
            }""",
            [
                self.css + "@page { @bottom-center { content: counter(page, lower-roman); } }"
                "@page :first { margin: 24mm 27mm; @bottom-center { content: none; } }",
                text,
            ],
        )
        pdf = self._save(page, "", 1)
        page.close()
        return pdf

    def _save(self, page, title, first=None):
        first = first or self.next
        words = title.replace("\\", "").replace('"', "'")
        page.add_style_tag(
            content=f"html {{ counter-reset: page {first - 1}; }}"
            f'@page {{ @top-left {{ content: "{words}"; font: 8.5pt "Literata Paper", serif; color: #444; }} }}'
            "@page :first { @top-left { content: none; } }"
        )
        self.count += 1
        path = self.folder / f"{self.count}.pdf"
        page.pdf(path=path, prefer_css_page_size=True, print_background=True)
        return pikepdf.open(path)


def front_matter(parts, base, picture, extra):
    """Return the HTML of cover, colophon and contents.

    Args:
        parts: list of (caption, list of `Printed`).
        base: address of the site.
        picture: address of the cover's picture.
        extra: what the colophon says of this printing.
    """
    rows = []
    for caption, pages in parts:
        rows.append(f'<li class="d2l-part">{html.escape(caption)}</li>')
        rows += [
            f'<li><a href="{base}{p.name}.html{"#solutions" if caption == "Solutions" else ""}">'
            f"<span>{html.escape(p.title)}</span><i></i><span>{p.first}</span></a></li>"
            for p in pages
        ]
    address = base.removeprefix("https://").rstrip("/")
    words = {"picture": picture, "extra": html.escape(extra), "address": address, "rows": "".join(rows)}
    return string.Template((PARTS / "front.html").read_text(encoding="utf-8")).substitute(words)


class Book:
    """The printed pages joined into one PDF.

    Args:
        front: PDF of cover and contents.
        parts: list of (caption, list of `Printed`), in order.
        base: address of the site; a link to one of its pages that is in the book becomes one within the book.
    """

    def __init__(self, front, parts, base):
        self.base, self.num_front = base, len(front.pages)
        self.pdf = pikepdf.new()
        self.pdf.add_pages_from(front)
        self.starts, self.pages_of = (
            [],
            {},
        )  # (index of its first page, Printed); address within the site -> that
        for caption, pages in parts:
            for each in pages:
                self.starts.append((len(self.pdf.pages), each))
                address = f"{each.name}.html" + ("#solutions" if caption == "Solutions" else "")
                self.pages_of[address] = self.starts[-1]
                self.pdf.add_pages_from(each.pdf)
        self._link()
        self._outline(parts)
        self._number()

    def place(self, start, each, anchor=""):
        """Return the destination of an id of a printed page, or its top."""
        number, left, top = each.places.get(anchor, (0, 0, 842))
        return pikepdf.Array([self.pdf.pages[start + number].obj, pikepdf.Name.XYZ, left, top, 0])

    def target(self, link, own):
        """Return where a link leads within the book, or None; own is the (start, `Printed`) that it stands in."""
        if own and "/Dest" in link and not isinstance(link.Dest, pikepdf.Array):
            return self.place(*own, unquote(str(link.Dest).lstrip("/")))
        path, anchor = urldefrag(str(link.get("/A", {}).get("/URI", "")).removeprefix(self.base))
        if anchor.startswith("d2l-"):
            return None  # an explorer: only the site has it alive
        found = self.pages_of.get(f"{path}#{anchor}") or self.pages_of.get(path)
        return self.place(*found, unquote(anchor)) if found else None

    def _link(self):
        owners = [None] * self.num_front
        for start, each in self.starts:
            owners += [(start, each)] * len(each.pdf.pages)
        for page, own in zip(self.pdf.pages, owners, strict=True):
            for link in page.get("/Annots", []):
                if (target := self.target(link, own)) is not None:
                    if "/A" in link:
                        del link.A
                    link.Dest = target

    def _outline(self, parts):
        starts = iter(self.starts)
        with self.pdf.open_outline() as tree:
            for caption, pages in parts:
                chapters = [self._chapter(*next(starts)) for _ in pages]
                part = pikepdf.OutlineItem(caption, destination=chapters[0].destination)
                part.children += chapters
                tree.root.append(part)

    def _chapter(self, start, each):
        item = pikepdf.OutlineItem(each.title, destination=self.place(start, each))
        item.children += [
            pikepdf.OutlineItem(title, destination=self.place(start, each, anchor))
            for anchor, title in each.sections
            if anchor in each.places and title
        ]
        item.is_closed = True
        return item

    def _number(self):
        styles = [
            (0, pikepdf.Dictionary(S=pikepdf.Name.r)),
            (self.num_front, pikepdf.Dictionary(S=pikepdf.Name.D)),
        ]
        self.pdf.Root.PageLabels = pikepdf.Dictionary(
            Nums=pikepdf.Array([x for pair in styles for x in pair])
        )
        self.pdf.Root.PageMode = pikepdf.Name.UseOutlines
        self.pdf.Root.Lang = pikepdf.String("en")


def version():
    """Return what this printing is of: the commit and its day, where git knows them."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%cd, %h", "--date=format:%d %B %Y"]
    done = subprocess.run(command, capture_output=True, text=True)
    return (
        f"Printed from the state of {done.stdout.strip()}"
        if done.returncode == 0
        else "Printed from the sources"
    )


def make_pdf(browser, output, site=SITE, toc=None, most=MOST_BYTES):
    """Print a built site into one file.

    Args:
        browser: playwright's Chromium.
        output: path of the PDF.
        site: folder of the built site.
        toc: content of _toc.yml; None: this repository's.
        most: bytes that the file may have.

    Returns:
        Its number of pages.

    Raises:
        OSError: there is no built site, or the output cannot be written; nothing has been printed then.
        RuntimeError: an explorer did not start, a page is too wide for paper, or the file is larger than `most`.
    """
    output, site = Path(output), Path(site)
    if not (site / "index.html").exists():
        raise FileNotFoundError(f"{site} has no index.html: expected a built site; make it with make site")
    if not output.parent.is_dir():
        raise FileNotFoundError(f"{output} has no folder {output.parent}: expected one that exists")
    if output.is_dir():
        raise IsADirectoryError(f"{output} is a folder: expected the name of a file in it")
    make_writable(output.parent, "the folder of the output")
    toc = toc or yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    base = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]
    front, back = ([name for name in names if (site / f"{name}.html").exists()] for names in (FRONT, BACK))
    chapters = chapters_of(toc)
    names = [*front, *(name for _, part in chapters for name in part), *back]
    with tempfile.TemporaryDirectory() as folder:
        printer = Printer(browser, site, base, wanted_places(site, names), Path(folder))
        parts = print_parts(printer, front, chapters, back)
        picture = cover_picture(site, parts)
        front_pdf = printer.print_html(front_matter(parts, base, picture, version()))
        book = Book(front_pdf, parts, base).pdf
        load(PARTS / "compact.py").compact(book)
        with replacing(output) as file:
            book.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True)
    size = output.stat().st_size
    if size > most:
        raise RuntimeError(f"{output} has {size:,} bytes: expected at most {most:,}")
    return len(book.pages)


def print_parts(printer, front, chapters, back):
    """Print all pages in the book's order; return a list of (caption, list of `Printed`)."""
    parts = [("Before you start", [printer.print(name) for name in front])]
    for caption, part in chapters:
        parts.append((caption, []))
        for name in part:
            parts[-1][1].append(printer.print(name, "chapter"))
            print(f"{parts[-1][1][-1].title}: {len(parts[-1][1][-1].pdf.pages)} pages", flush=True)
    solved = [p.name for _, part in parts for p in part if p.solutions]
    parts.append(("Solutions", [printer.print(name, "solutions") for name in solved]))
    parts.append(("Reference", [printer.print(name) for name in back]))
    return [(caption, pages) for caption, pages in parts if pages]


def cover_picture(site, parts):
    """Return the address of the first drawn picture of the last chapter, which stands for the book on its cover."""
    for _, pages in reversed([part for part in parts if part[0] not in ("Solutions", "Reference")]):
        for page in pages:
            text = (site / f"{page.name}.html").read_text(encoding="utf-8")
            found = re.search(r'class="only-light\s*"[^>]*src="([^"]+\.svg)"', text)
            if found:
                return (site / page.name).parent.joinpath(found[1]).resolve().as_uri()
    return "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def main():
    """Print the book and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", nargs="?", type=user_path, default=ROOT / "_build" / "d2lite.pdf")
    parser.add_argument("--site", type=user_path, default=SITE)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    finder = load(ROOT / "tests" / "conftest.py")
    if (chrome := finder.find_browser()) is None:
        sys.exit("no Chrome or Chromium found: install one, or set D2LITE_BROWSER to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chrome, args=finder.QUIET)
        try:
            pages = make_pdf(browser, options.output, options.site)
        except (OSError, RuntimeError) as error:
            sys.exit(str(error))
    print(f"{options.output}: {pages} pages, {options.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
