"""One style sheet and one script for every page, made of what the pages use.

The theme's style sheet is 397 kB, most of it rules for things that this book has none of (icon fonts, forms,
carousels), and its scripts load two megabytes of icons. Here the style sheets are joined and rules whose
classes appear on no page are dropped; the theme's scripts are replaced by the small ones in book/_static. What is
left is made small by esbuild.
"""

import hashlib
import json
import posixpath
import re
import shutil
from pathlib import Path

import tinycss2

from d2lite.widgets import _bundle

from . import fonts, questions
from .keep import keep

STYLES = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "mystnb.*.css",
    "sphinx-design.min.css",
    "katex/katex.min.css",
    "d2l-page.css",
    "d2lite.css",
)
SCRIPTS = ("d2l-page.js", "d2l-progress.js", "d2l-host.js")
# What the theme and Sphinx copy into every site and no page of ours asks for.
UNUSED = (
    "styles", "scripts", "vendor", "images", "locales", "*.map", "_sphinx_javascript_frameworks_compat.js",
    "doctools.js", "documentation_options.js", "language_data.js", "searchtools.js", "sphinx_highlight.js",
    "webpack-macros.html", "sbt-webpack-macros.html", "design-tabs.js", "d2l-search.js", "file.png", "minus.png",
    "plus.png", ".gitignore", *STYLES, *SCRIPTS,
)  # fmt: skip
URL = re.compile(r"url\(\s*[\"']?(?!data:|#)([^\"')]+)[\"']?\s*\)")
ICON_FONT = re.compile(r"font ?awesome", re.IGNORECASE)
USE = re.compile(r"var\(\s*(--[\w-]+)")
DEFINITION = re.compile(r"(?<=[;{\s])(--[\w-]+)\s*:[^;{}]*(?:;|(?=}))")
ICON_CLASS = re.compile(r"fa([srb]|-.+)?")


def words_of_page(html):
    """Return the classes and ids that a page uses."""
    values = re.findall(r'\b(?:class|id)="([^"]*)"', html)
    return {word for value in values for word in value.split() if not ICON_CLASS.fullmatch(word)}


def purge(css, words):
    """Return a style sheet without the rules that can match nothing.

    Args:
        css: text of the style sheet.
        words: set of all classes and ids in use.

    Returns:
        The style sheet without the selectors that ask for a class or id not in words, without the rules that
        have none left, without icon fonts and imports.
    """
    return _purge(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), words)


def _purge_once(css, words, cache, pages_use=frozenset()):
    """Purge and make small, or take the result of an earlier build with the same style and the same in use."""
    used = words.intersection(re.findall(r"[\w-]+", css))

    def make(path):
        path.mkdir()
        style = drop_unused_properties(purge(css, used), pages_use)
        (path / "book.css").write_text(_bundle.minified(style, "css"), "utf-8")

    key = " ".join(sorted(used) + sorted(pages_use)) + css
    return (keep(cache, key, make) / "book.css").read_text("utf-8")


def drop_unused_properties(css, kept=()):
    """Return a style sheet without the custom properties that nothing in it asks for, but for ours (--d2l-...).

    Args:
        css: text of a style sheet without comments.
        kept: names of properties that are asked for elsewhere, such as {"--pst-color-text"}.
    """
    while True:
        used = {*kept, *USE.findall(css)}
        less = DEFINITION.sub(
            lambda m, used=used: m[0] if m[1] in used or m[1].startswith("--d2l-") else "", css
        )
        if less == css:  # what only the dropped ones asked for goes with them
            return css
        css = less


def _purge(rules, words):
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [s for s in _split(tinycss2.serialize(rule.prelude)) if _can_match(s, words)]
            if selectors:
                kept.append(f"{','.join(selectors)}{{{_declarations(rule.content)}}}")
        elif rule.type == "at-rule" and rule.at_keyword in ("media", "supports", "layer") and rule.content:
            inner = _purge(
                tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), words
            )
            if inner:
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}")
        elif (
            rule.type == "at-rule"
            and rule.at_keyword not in ("import", "charset")
            and not _is_icon_font(rule)
        ):
            kept.append(re.sub(r"\s+", " ", rule.serialize()))
    return "\n".join(kept)


def _is_icon_font(rule):
    return rule.at_keyword == "font-face" and bool(ICON_FONT.search(tinycss2.serialize(rule.content)))


def _declarations(content):
    return re.sub(
        r"\s*\n\s*", " ", re.sub(r"/\*.*?\*/", "", tinycss2.serialize(content), flags=re.DOTALL)
    ).strip()


def _split(prelude):
    """Split a selector list at its top-level commas."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(prelude):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(prelude[start:position])
            start = position + 1
    return [re.sub(r"\s+", " ", part).strip() for part in [*parts, prelude[start:]]]


def _can_match(selector, words):
    """Tell whether all classes and ids that a selector asks for, outside brackets, are in use or set by our scripts."""
    bare = re.sub(r"\[[^\]]*\]", "", selector)
    while (shorter := re.sub(r"\([^()]*\)", "", bare)) != bare:
        bare = shorter
    names = (name.replace("\\", "") for name in re.findall(r"[.#]((?:\\.|[\w-])+)", bare))
    return all(name in words or name.startswith("d2l-") for name in names)


def _read_style(static, pattern):
    """Return a style sheet with addresses that hold in the site's _static folder; "" if there is none."""
    text = ""
    for path in sorted(static.glob(pattern)):
        folder = path.parent.relative_to(static).as_posix()
        text += URL.sub(
            lambda m, f=folder: f"url({posixpath.normpath(posixpath.join(f, m[1]))})", path.read_text("utf-8")
        )
    return text


def join_scripts(static, questions):
    """Return the pages' one script; the first of its files makes d2l, where the keys of each page's questions go."""
    first, *rest = ((static / name).read_text("utf-8") for name in SCRIPTS)
    return "\n".join([first, f"d2l.questions = {json.dumps(questions, separators=(',', ':'))};", *rest])


def _finish(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    files = [path for path in out.rglob("*.html") if static not in path.parents]
    pages = {path: path.read_text("utf-8") for path in files}
    script = _bundle.minified(join_scripts(static, questions.on_pages(app.env)), "js")
    where = _bundle.minified((static / "d2l-where.js").read_text("utf-8"), "js")
    words = set(re.findall(r"[\w-]+", script + where)).union(*map(words_of_page, pages.values()))
    style = "\n".join(_read_style(static, name) for name in STYLES)
    pages_use = {name for html in pages.values() for name in USE.findall(html)}
    style = _purge_once(style, words, out.parent / ".styles", pages_use)
    folder = fonts.cut_all(
        static / "katex" / "fonts", out.parent / ".fonts", fonts.characters(pages.values())
    )
    style = style.replace("katex/fonts/", f"katex/{folder}/")
    _remove_unused(static, folder)
    texts = {"book.css": style, "book.js": script, "d2l-where.js": where}
    versions = {name: _write_version(static / name, text) for name, text in texts.items()}
    for path, html in pages.items():
        if (new := _link(html, versions)) != html:
            path.write_text(new, encoding="utf-8")


def _remove_unused(static, fonts_folder):
    old = [path for path in (static / "katex").iterdir() if path.is_dir() and path.name != fonts_folder]
    for path in [*old, *(path for pattern in UNUSED for path in static.glob(pattern))]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _write_version(path, text):
    """Write a file and return a short hash of it."""
    path.write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _link(html, versions):
    """Name the current versions of the style sheet and the script in a page."""
    for name, version in versions.items():
        html = re.sub(rf'_static/{re.escape(name)}(\?v=\w+)?(?=")', f"_static/{name}?v={version}", html)
    return html


def _always_write_one(app, env, added, changed, removed):
    """Write the first page in every build: with no page to write, Sphinx would not copy an edited style sheet."""
    return [app.config.root_doc]


def connect(app):
    """Join and trim when everything else has been written."""
    app.connect("env-get-outdated", _always_write_one)
    app.connect("build-finished", _finish, priority=950)
