"""A question's texts: plain, with `code` in backticks and *emphasis*; the twin of pieces() in model.js."""

import html
import re

_MARK = re.compile(r"`([^`]+)`|(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])")
_TAGS = ("code", "em")


def pieces(text):
    """Return a text as a list of (kind, text); kind is "text", "code" or "em"."""
    found, start = [], 0
    for match in _MARK.finditer(text):
        found.append(("text", text[start : match.start()]))
        found.append((_TAGS[match.lastindex - 1], match[match.lastindex]))
        start = match.end()
    return [(kind, piece) for kind, piece in [*found, ("text", text[start:])] if piece]


def markup(text):
    """Return a text as HTML."""
    return "".join(
        html.escape(piece) if kind == "text" else f"<{kind}>{html.escape(piece)}</{kind}>"
        for kind, piece in pieces(text)
    )
