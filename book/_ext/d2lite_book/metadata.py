"""What other programs read of a page: description, social card, address, sitemap; and the page for 404."""

import html
import re
from pathlib import Path

from docutils import nodes

from .cards import card

DESCRIPTION_LENGTH = 160


def describe(doctree):
    """Return a page's description: its first paragraph, cut at a word.

    Args:
        doctree: the page's document, or None.

    Returns:
        At most 160 characters; "" if the page has no paragraph.
    """
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = re.sub(r"\s+", " ", paragraph.astext()).strip()
        if len(text) > 20:
            if len(text) <= DESCRIPTION_LENGTH:
                return text
            return text[: DESCRIPTION_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return ""


def tags(title, description, address, image):
    """Return the <meta> elements of a page.

    Args:
        title: the page's title.
        description: its description, or "".
        address: its canonical address.
        image: address of its social card.
    """
    named = {"description": description, "twitter:card": "summary_large_image"}
    properties = {
        "og:title": title,
        "og:description": description,
        "og:type": "article",
        "og:url": address,
        "og:site_name": "d2lite",
        "og:image": image,
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": title,
    }
    lines = [f'<meta name="{key}" content="{html.escape(value)}">' for key, value in named.items() if value]
    lines += [
        f'<meta property="{key}" content="{html.escape(value)}">'
        for key, value in properties.items()
        if value
    ]
    return "\n".join(lines) + "\n"


def _page_context(app, pagename, templatename, context, doctree):
    if pagename not in app.env.titles:
        return
    base = app.config.html_baseurl.rstrip("/") + "/"
    title = app.env.titles[pagename].astext()
    name = card(Path(app.outdir), pagename, title, _part(app, pagename))
    found = re.search(
        r'name="description"[^>]*content="([^"]*)"|content="([^"]*)"[^>]*name="description"',
        context["metatags"],
    )
    description = "" if found else describe(doctree)
    context["metatags"] += "\n" + tags(
        title, description, base + app.builder.get_target_uri(pagename), base + name
    )


def _part(app, pagename):
    """Return the caption of the part of the book that a page stands in, or ""."""
    for toctree in app.env.tocs[app.config.root_doc].findall(lambda node: node.tagname == "toctree"):
        if pagename in toctree.get("includefiles", ()):
            return toctree.get("caption") or ""
    return ""


def sitemap(addresses):
    """Return the text of sitemap.xml for a list of absolute addresses."""
    lines = "".join(f"  <url><loc>{html.escape(address)}</loc></url>\n" for address in addresses)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n'
    )


def _finish(app, exception):
    if exception is None and app.builder.format == "html":
        base = app.config.html_baseurl.rstrip("/") + "/"
        pages = [base + app.builder.get_target_uri(name) for name in sorted(app.env.found_docs)]
        out = Path(app.outdir)
        (out / "sitemap.xml").write_text(sitemap(pages), encoding="utf-8")
        (out / "robots.txt").write_text(
            f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf-8"
        )
        (out / ".nojekyll").touch()


def connect(app):
    """Add the tags to every page, the 404 page and the sitemap to the book."""
    app.connect("html-page-context", _page_context, priority=700)
    app.connect("html-collect-pages", lambda app: [("404", {"title": "Page not found"}, "404.html")])
    app.connect("build-finished", _finish)
