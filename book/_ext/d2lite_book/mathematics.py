"""Mathematics rendered while the book is built: no script in the page, MathML for screen readers.

KaTeX runs in one node process for the whole build. (The extension that comes with it, sphinxcontrib-katex, talks to
node through a socket that it sometimes opens too early, and shows a formula it cannot read in red instead of failing.)
"""

import functools
import json
import re
import subprocess
from pathlib import Path

import sphinxcontrib.katex
from docutils import nodes
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

CLASS = "d2l-together"
_PARTS = '</span><span class="base">'
LOGGER = logging.getLogger(__name__)
KATEX = Path(sphinxcontrib.katex.__file__).with_name("katex.min.js")
SERVER = """
// Not by require: a package.json above the environment may call every .js file an ES module, and KaTeX's is none.
const package_ = { exports: {} };
new Function("module", "exports", require("node:fs").readFileSync(process.argv[1], "utf8"))(package_, package_.exports);
const katex = package_.exports;
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  let answer;
  try {
    answer = { html: katex.renderToString(...JSON.parse(line)) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\\n");
});
"""


@functools.cache
def _server():
    command = ["node", "-e", SERVER, str(KATEX)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")


@functools.lru_cache(maxsize=4096)
def render(latex, display=False):
    """Return the HTML of a formula.

    Args:
        latex: the formula.
        display: True for a formula on its own line.

    Raises:
        ValueError: KaTeX cannot read it; the message says where.
    """
    server = _server()
    options = {"displayMode": display, "throwOnError": True, "strict": "ignore"}
    # no space after the comma of a tuple of one, (N,); \, is one
    latex = re.sub(r"(?<!\\),\)", "{,})", latex)
    server.stdin.write(json.dumps([latex, options]) + "\n")
    server.stdin.flush()
    answer = json.loads(server.stdout.readline())
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["html"]


def _render_node(translator, node, display):
    try:
        return render(node.astext(), display)
    except ValueError as error:
        LOGGER.warning("formula %r: %s", node.astext(), error, location=node)
        return f"<code>{translator.encode(node.astext())}</code>"


def visit_math(translator, node):
    """Write an inline formula, which may be broken between its parts."""
    formula = _render_node(translator, node, False).replace(_PARTS, _PARTS.replace("><", "><wbr><"))
    translator.body.append(f'<span class="math">{formula}</span>')
    raise nodes.SkipNode


def visit_displaymath(translator, node):
    """Write a displayed formula, with its number if it has one."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append(f"{_render_node(translator, node, True)}</div>\n")
    raise nodes.SkipNode


class KeepTogether(SphinxPostTransform):
    """Put a formula and the mark after or the bracket before it into one: a line may end behind any formula, and the
    next one would begin with a comma.
    """

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs):
        """Look at the text on either side of each inline formula."""
        for node in list(self.document.findall(nodes.math)):
            parent, place = node.parent, node.parent.index(node)
            before, after = _text(parent, place - 1), _text(parent, place + 1)
            opening = re.search(r"[(\[“‘]?$", before)[0]
            closing = re.match(r"[.,;:!?)\]”’]*", after)[0]
            if not opening and not closing:
                continue
            kept = nodes.inline(
                "", nodes.Text(opening), node.deepcopy(), nodes.Text(closing), classes=[CLASS]
            )
            if closing:
                parent[place + 1] = nodes.Text(after[len(closing) :])
            parent[place] = kept
            if opening:
                parent[place - 1] = nodes.Text(before[:-1])


class HoldSizes(SphinxPostTransform):
    """Let no line break within 3 × 3 or 0.7 ± 0.3."""

    default_priority = 890
    formats = ("html",)

    def run(self, **kwargs):
        """Put spaces that do not break around a × or ± between two numbers."""
        for text in list(self.document.findall(nodes.Text)):
            held = re.sub(r"(?<=\d) ([×±]) (?=\d)", "\u00a0\\1\u00a0", text)
            as_written = isinstance(text.parent, nodes.literal | nodes.literal_block | nodes.math | nodes.raw)
            if held != text and not as_written:
                text.parent.replace(text, nodes.Text(held))


def _text(parent, place):
    """Return the plain text that a node has at a place, empty if something else or nothing is there."""
    return str(parent[place]) if 0 <= place < len(parent) and isinstance(parent[place], nodes.Text) else ""


def _stop(app, exception):
    if _server.cache_info().currsize:
        _server().communicate()  # closes its input, which ends it
        _server.cache_clear()


def connect(app):
    """Register the renderer named in _config.yml as html_math_renderer."""
    app.add_html_math_renderer("d2lite", (visit_math, None), (visit_displaymath, None))
    app.add_post_transform(HoldSizes)
    app.add_post_transform(KeepTogether)
    app.connect("build-finished", _stop)
