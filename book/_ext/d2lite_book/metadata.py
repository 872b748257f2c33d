"""What other programs read of a page, beyond sphinxext-opengraph: its card, the sitemap; and the page for 404."""

import html
from pathlib import Path

from .cards import HEIGHT, WIDTH, card


def part_of(app, pagename):
    """Return the caption of the part of the book that a page stands in, or ""."""
    for toctree in app.env.tocs[app.config.root_doc].findall(lambda node: node.tagname == "toctree"):
        if pagename in toctree.get("includefiles", ()):
            return toctree.get("caption") or ""
    return ""


def _page_context(app, pagename, templatename, context, doctree):
    if pagename in app.env.titles:
        title = app.env.titles[pagename].astext()
        picture = card(Path(app.outdir), pagename, title, part_of(app, pagename))
        image = {"": app.config.ogp_site_url + picture, ":width": WIDTH, ":height": HEIGHT, ":alt": title}
        context["meta"] = {
            **(context["meta"] or {}),
            **{f"og:image{key}": str(v) for key, v in image.items()},
        }


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


def connect(app):
    """Name the card before sphinxext-opengraph writes its tags; add the 404 page and the sitemap to the book."""
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _page_context, priority=400)
    app.connect("html-collect-pages", lambda app: [("404", {"title": "Page not found"}, "404.html")])
    app.connect("build-finished", _finish)
