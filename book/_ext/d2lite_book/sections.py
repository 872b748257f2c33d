"""Sections say how high they are likely to be: a browser lays out those far from the reader only when they come near.

d2lite.css asks for that (content-visibility). Until a section is laid out, the scroll bar goes by the height guessed
here: a sum over what the section holds, with weights fitted by least squares to the book's own pages, 1366 px wide.
"""

import re

TAG = re.compile(r"<section\b|</section>")
UNSEEN = re.compile(
    r'<span class="katex-mathml">.*?</span>|<img class="only-dark"[^>]*>|<noscript>.*?</noscript>'
    r"|<details(?![^>]*\bopen=)[^>]*>.*?</summary>.*?</details>",
    re.DOTALL,
)
CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
IMAGE = re.compile(r'<img\b[^>]*\bwidth="(\d+)"[^>]*\bheight="(\d+)"')
ROW = re.compile(r"<(?:tr|dt)\b")
COLUMN = 848  # px, to which wider images are scaled


def height(html):
    """Return the likely height, in px, of a section's HTML."""
    html = UNSEEN.sub(" ", html)
    code = CODE.findall(html)
    images = sum(int(h) * min(1, COLUMN / int(w)) for w, h in IMAGE.findall(html))
    text = " ".join(re.sub(r"<[^>]*>", "", CODE.sub("", html)).split())
    return round(
        0.62 * len(text)
        + 12.7 * sum(block.count("\n") for block in code)
        + 50 * len(code)
        + 1.15 * images
        + 330 * html.count('class="d2l-explorer-frame"')
        + 25 * len(ROW.findall(html))
    )


def add_heights(body):
    """Return a page's HTML with --d2l-height on each section that stands directly in the page's own."""
    parts, depth, start = [], 0, 0
    for tag in TAG.finditer(body):
        depth += 1 if tag[0] != "</section>" else -1
        if depth == 2 and tag[0] != "</section>":
            parts.append(body[start : tag.end()])
            start = tag.end()
        elif depth == 1 and tag[0] == "</section>":
            parts += [f' style="--d2l-height:{height(body[start : tag.start()])}px"', body[start : tag.end()]]
            start = tag.end()
    return "".join(parts) + body[start:]


def _page_context(app, pagename, templatename, context, doctree):
    context["body"] = add_heights(context.get("body") or "")


def connect(app):
    """Add the heights once explorers and images are in the page (priorities 550 and 600)."""
    app.connect("html-page-context", _page_context, priority=650)
