"""What other programs read of a page, beyond sphinxext-opengraph: its card, the sitemap; and the page for 404."""

import html
import posixpath
import re
from pathlib import Path

from docutils import nodes

from .cards import HEIGHT, WIDTH, card

PICTURE = re.compile(r'<img\b[^>]*\bclass="only-light\b[^>]*\bsrc="([^"]+-light\.svg)"')


def part_of(app, pagename):
    """Return the caption of the part of the book that a page stands in, or ""."""
    for toctree in app.env.tocs[app.config.root_doc].findall(lambda node: node.tagname == "toctree"):
        if pagename in toctree.get("includefiles", ()):
            return toctree.get("caption") or ""
    return ""


def finding_of(doctree):
    """Return what a page shows, in one sentence: the block quote right under its title; None where there is none."""
    section = doctree.next_node(nodes.section) if doctree else None
    if section is None or len(section) < 2 or not isinstance(section[1], nodes.block_quote):
        return None
    return section[1]


def _finding_text(doctree):
    quote = finding_of(doctree)
    return " ".join(quote.astext().split()) if quote is not None else ""


def _tag(kind, name, content):
    return f'<meta {kind}="{name}" content="{html.escape(str(content))}" />\n'


def _describe(app, pagename, templatename, context, doctree):
    """Let the finding, where there is one, describe the page, before sphinxext-opengraph takes its first words."""
    if finding := _finding_text(doctree):
        context["meta"] = {**(context["meta"] or {}), "og:description": html.escape(finding)}
        context["metatags"] += _tag("name", "description", finding)


def _name_card(app, pagename, templatename, context, doctree):
    """Draw the card once the pictures of the page are there."""
    if pagename not in app.env.titles:
        return
    out, title, finding = Path(app.outdir), app.env.titles[pagename].astext(), _finding_text(doctree)
    found = PICTURE.search(context.get("body") or "")
    picture = posixpath.normpath(posixpath.join(posixpath.dirname(pagename), found[1])) if found else ""
    svg = (out / picture).read_text("utf-8") if picture else None
    address = app.config.ogp_site_url + card(out, pagename, title, part_of(app, pagename), finding, svg)
    alt = f"{title}: {finding}" if finding else title
    for name, value in (("", address), (":width", WIDTH), (":height", HEIGHT), (":alt", alt)):
        context["metatags"] += _tag("property", f"og:image{name}", value)


def sitemap(addresses):
    """Return the text of sitemap.xml for a list of absolute addresses."""
    lines = "".join(f"  <url><loc>{html.escape(address)}</loc></url>\n" for address in addresses)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n'
    )


def _finish(app, exception):
    """Write the sitemap of all pages; sphinx-sitemap lists only those that this build has written."""
    if exception is None and app.builder.format == "html":
        base, out = app.config.html_baseurl, Path(app.outdir)
        pages = [base + app.builder.get_target_uri(name) for name in sorted(app.env.found_docs)]
        (out / "sitemap.xml").write_text(sitemap(pages), encoding="utf-8")
        (out / "robots.txt").write_text(
            f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf-8"
        )
        (out / ".nojekyll").touch()


def _configure(app, config):
    config.ogp_site_url = config.html_baseurl
    config.ogp_social_cards = {"enable": False}  # ours are in cards.py


def connect(app):
    """Add to what sphinxext-opengraph writes; add the 404 page and the sitemap to the book."""
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _describe, priority=400)
    app.connect("html-page-context", _name_card, priority=700)
    app.connect("html-collect-pages", lambda app: [("404", {"title": "Page not found"}, "404.html")])
    app.connect("build-finished", _finish)
