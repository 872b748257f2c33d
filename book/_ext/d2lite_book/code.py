"""Code in colour, with elements only where there is a colour.

Pygments wraps each name and each bracket in an element of its own, though both have the colour of the text around
them: a third of a chapter's elements, which every browser has to lay out.
"""

from pygments.formatters import HtmlFormatter
from pygments.token import Name, Punctuation, Text, Whitespace
from sphinx.highlighting import PygmentsBridge

PLAIN = {Name, Punctuation, Whitespace}


class PlainNamesFormatter(HtmlFormatter):
    """Writes code as HTML; names, punctuation and spaces as bare text."""

    def format_unencoded(self, tokensource, outfile):
        """Write the tokens, pairs of a type and a text, to a text file."""
        super().format_unencoded(
            ((Text if kind in PLAIN else kind, text) for kind, text in tokensource), outfile
        )


def connect(app):
    """Use it for every page."""
    PygmentsBridge.html_formatter = PlainNamesFormatter
