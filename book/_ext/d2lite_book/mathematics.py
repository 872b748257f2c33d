"""Mathematics rendered while the book is built: no script in the page, MathML for screen readers."""

from docutils import nodes
from sphinx.util import logging
from sphinxcontrib import katex

LOGGER = logging.getLogger(__name__)


def _render(visit, translator, node):
    """Render one formula; a formula that KaTeX cannot read becomes a warning with its place, not red text."""
    start = len(translator.body)
    try:
        visit(translator, node)
    except katex.KaTeXError as error:
        LOGGER.warning("formula %r: %s", node.astext(), error, location=node)
        translator.body[start:] = [f"<code>{translator.encode(node.astext())}</code>"]
        raise nodes.SkipNode from None


def visit_math(translator, node):
    """Write an inline formula."""
    _render(katex.html_visit_math, translator, node)


def visit_displaymath(translator, node):
    """Write a displayed formula."""
    _render(katex.html_visit_displaymath, translator, node)


def connect(app):
    """Register the renderer named in _config.yml as html_math_renderer."""
    katex.KATEX_DEFAULT_OPTIONS.update(throwOnError=True, strict="ignore")
    app.add_html_math_renderer("d2lite", (visit_math, None), (visit_displaymath, None))
