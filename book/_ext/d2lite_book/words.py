"""Words that act: plain Markdown links that set an explorer of the same page.

[hold the forget gate shut](#d2l-gates?forget_gate=closed) names an explorer by its key and sets its traits.
What the link asks for is read by the very code that reads it in the page; what that cannot take fails the build.
"""

import html
import json
import re

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

from d2lite.widgets._bundle import shared
from d2lite.widgets._preview import run_module

CLASS = "d2l-acts"
LINK = re.compile(rf'<a class="({CLASS}[^"]*|[^"]* {CLASS}[^"]*)" href="(#(d2l-[^"?]+)\?[^"]*)">')
READ = """
import { parseHash, tellValues } from "./state.mjs";
import { readFileSync } from "node:fs";
const read = ({ hash, id, spec }) => {
  const found = parseHash(hash, id, spec);
  return found ? { ...found, told: tellValues(found.values, spec) } : { notes: ["It cannot be read."] };
};
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(read)));
"""


class KeepWords(SphinxTransform):
    """Keep links to explorers' states from MyST, which would look for a heading of that name."""

    default_priority = 870  # before myst_parser's ResolveAnchorIds

    def apply(self, **kwargs):
        """Make them plain links with a class of their own."""
        for node in self.document.findall(nodes.reference):
            if node.get("id_link") and re.match(r"#d2l-[^?]+\?", node["refuri"]):
                del node["id_link"]
                node["internal"] = True
                node["classes"].append(CLASS)


def describe(body, specs, page):
    """Say of each link what it sets, for its title and for screen readers.

    Args:
        body: HTML of the page.
        specs: dict of the page's explorers, id -> description of its traits.
        page: name of the page, for errors.

    Returns:
        The HTML with the links as buttons that have a title.

    Raises:
        ExtensionError: there is no such explorer, or it cannot take what a link sets.
    """
    hashes = {html.unescape(link[2]): html.unescape(link[3]) for link in LINK.finditer(body)}
    for address, anchor in hashes.items():
        if anchor not in specs:
            there = ", ".join(f"#{name}" for name in specs) or "none"
            raise ExtensionError(
                f"{page}: a link is to {address}: expected an explorer of this page ({there})"
            )
    asked = [{"hash": address, "id": anchor, "spec": specs[anchor]} for address, anchor in hashes.items()]
    answers = json.loads(run_module(READ, {"state": shared("state")}, asked)) if asked else []
    told = {address: _tell(page, address, answer) for address, answer in zip(hashes, answers, strict=True)}
    places = {anchor: body.find(f'id="{anchor}"') for anchor in specs}

    def write(match):
        address = html.unescape(match[2])
        where = "below" if places[hashes[address]] > match.start() else "above"
        title = html.escape(f"sets {told[address]} in the explorer {where}")
        return f'<a class="{match[1]}" href="{match[2]}" role="button" aria-pressed="false" title="{title}">'

    return LINK.sub(write, body)


def _tell(page, address, answer):
    """Return what a link sets, in words; raise where it cannot be taken as it is."""
    if answer["notes"]:
        raise ExtensionError(f"{page}: a link is to {address}: {' '.join(answer['notes'])}")
    if answer["hide"] or not answer["values"]:
        raise ExtensionError(f"{page}: a link is to {address}: expected traits to set, and nothing else")
    return answer["told"]


def connect(app):
    """Register the transform; explorers.py calls describe, once it knows the page's explorers."""
    app.add_transform(KeepWords)
