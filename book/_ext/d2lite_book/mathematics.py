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


class TieMarks(SphinxPostTransform):
    """Keep the comma or bracket after an inline formula on its line: browsers may break the line between them."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs):
        """Put each formula and the marks that follow it into one span."""
        for math in list(self.document.findall(nodes.math)):
            after = math.next_node(nodes.Text, descend=False, siblings=True)
            if after is None or math.parent.index(after) != math.parent.index(math) + 1:
                continue
            marks = re.match(r"[.,;:!?)\]’”]*", after)[0]
            if marks:
                tied = nodes.inline("", "", math.deepcopy(), nodes.Text(marks), classes=["d2l-tied"])
                math.parent.replace(after, nodes.Text(after[len(marks) :]))
                math.parent.replace(math, tied)


def visit_math(translator, node):
    """Write an inline formula; tied to what follows it, it may still break at its own relations."""
    written = _render_node(translator, node, False)
    if "d2l-tied" in node.parent.get("classes", ()):
        written = written.replace('</span><span class="base">', '</span><wbr><span class="base">')
    translator.body.append(f'<span class="math">{written}</span>')
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


def _stop(app, exception):
    if _server.cache_info().currsize:
        _server().communicate()  # closes its input, which ends it
        _server.cache_clear()


def connect(app):
    """Register the renderer named in _config.yml as html_math_renderer."""
    app.add_html_math_renderer("d2lite", (visit_math, None), (visit_displaymath, None))
    app.add_post_transform(TieMarks)
    app.connect("build-finished", _stop)
