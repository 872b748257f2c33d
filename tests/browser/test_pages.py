"""Every page of the built site, visited once from a server and once from a disk for all that is asked of a page."""

import functools
import gzip
import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError

from .conftest import lay_out_all, settle

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
TOC = (ROOT / "_toc.yml").read_text(encoding="utf-8")
PAGES = [yaml.safe_load(TOC)["root"], *re.findall(r"file: (\S+)", TOC), "404"]
HOME = "https://d2lite.github.io/d2lite/"
COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".xml")  # what a web server compresses
READ = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  }
}"""
OPEN_FOLDS = (
    "(kind) => { for (const fold of document.querySelectorAll(`details.${kind}`)) fold.open = true; }"
)
SIDEWAYS = """() => [...document.querySelectorAll(".cell pre")].filter((pre) => pre.scrollWidth > pre.clientWidth)
    .map((pre) => pre.textContent.split("\\n").reduce((a, b) => (a.length < b.length ? b : a)))"""
# Of axe's rules, those that look at colours take most of the time, and are asked in both modes. Outside explorers the
# contrast of a text depends on its own style and on the first background behind it alone: the first text of each
# kind stands for all of it; make test-all looks at all.
CONTRAST = ["color-contrast", "link-in-text-block"]
COLOURS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": CONTRAST}}
OTHERS = {"resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in CONTRAST}}
ALL = bool(os.environ.get("D2LITE_TEST_ALL"))
KINDS = {} if ALL else {"include": [["[data-kind]"], [".d2l-explorer-frame"]]}
# Two thirds of the elements of a page may lie in its formulas, and KaTeX has made all of them alike: one stays whole
# while axe looks, of the others their text; make test-all leaves them as they are.
LEAVE_ONE_FORMULA = """() => {
  const others = [...document.querySelectorAll(".katex")].slice(1);
  window.formulas = others.map((formula) => [formula, [...formula.childNodes]]);
  for (const [formula] of formulas) formula.replaceChildren(formula.textContent);
}"""
PUT_FORMULAS_BACK = "() => { for (const [formula, parts] of formulas) formula.replaceChildren(...parts); }"
MARK_KINDS = """() => {
  const seen = new Set(), styles = new Map();
  const style = (element) => styles.get(element) || styles.set(element, look(element)).get(element);
  function look(element) {  // what is behind a text, and how much of it shines through
    const css = getComputedStyle(element), over = element.parentElement ? style(element.parentElement) : {};
    const clear = css.backgroundColor === "rgba(0, 0, 0, 0)" && css.backgroundImage === "none";
    const behind = clear ? over.behind : [css.backgroundColor, css.backgroundImage, over.behind].join();
    return { css, behind, opacity: css.opacity * (over.opacity ?? 1) };
  }
  const text = (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim();
  for (const element of document.body.querySelectorAll("*")) {
    delete element.dataset.kind;
    if (![...element.childNodes].some(text) || !element.checkVisibility()) continue;
    const { css, behind, opacity } = style(element), link = element.closest("a");
    const around = link && [style(link.parentElement).css.color, css.textDecorationLine];
    const kind = [css.color, css.fontSize, css.fontWeight, css.textShadow, behind, opacity, around].join("|");
    if (!seen.has(kind)) element.dataset.kind = seen.size;
    seen.add(kind);
  }
}"""
WIDE = "pre, div.math, .cell_output > .output, .pst-scrollable-table-container"
REACHED = f"""() => [...document.querySelectorAll("{WIDE}")].filter((element) => element.checkVisibility())
    .every((element) => element.scrollWidth <= element.clientWidth + 1 || element.tabIndex === 0)"""
THEME = "(theme) => document.documentElement.dataset.theme === theme"
CAPTIONS = """() => [...document.querySelectorAll("figcaption")]
    .filter((line) => getComputedStyle(line).display === "none")
    .map((line) => `no caption is seen: ${line.textContent.trim()}`)"""
HEAD = """() => {
  const all = [...document.querySelectorAll("meta[name], meta[property]")];
  const meta = all.map((tag) => [tag.getAttribute("name") || tag.getAttribute("property"), tag.content]);
  const canonical = document.querySelector("link[rel=canonical]")?.getAttribute("href");
  return { ...Object.fromEntries(meta), canonical, icons: document.querySelectorAll("link[rel=icon]").length };
}"""
LINKS = "() => [...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_alive_quiet_light_whole_and_fits(open_page, site, name, scheme):
    """What is wrong is collected, so that one visit tells all of it; complaints of the page come at its end."""
    page, wrong = open_page(f"{name}.html", scheme, color_scheme="light"), []
    if scheme == "http":
        wrong += heavy(page, site)
        wrong += headless(page, site, name)
        wrong += broken_links(page, site, name)
    wake_explorers(page)
    page.evaluate(READ)
    page.wait_for_function(REACHED)  # which the page sees to where the reader is
    lay_out_all(page)  # a section that waits would clip what is too wide
    if scheme == "http":  # from a disk it is the same page
        wrong += inaccessible(page)
        wrong += too_wide(page)
    assert wrong == []


@pytest.mark.parametrize("style", ["color: #bbb", "opacity: 0.4", "background: #555"])
def test_one_pale_text_among_others_of_its_kind_is_found(open_page, style):
    page = open_page("book/using.html", color_scheme="light")
    page.evaluate("(s) => { document.querySelectorAll('main section > p')[3].style.cssText = s; }", style)
    assert any("color-contrast" in line for line in inaccessible(page))


def test_every_page_of_the_site_is_one_of_these(site):
    found = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    assert {name for name in found if not name.startswith("_")} == {
        *PAGES,
        "index",
    }  # index leads to the root
    titles = {re.search("<title>(.*?)</title>", html(site, name), re.DOTALL)[1] for name in PAGES}
    assert len(titles) == len(PAGES)


def heavy(page, site):
    """Return what is wrong with the weight of a page as it opens."""
    page.wait_for_load_state("networkidle")
    urls = page.watch.requests
    paths = [site / url.removeprefix(page.watch.home).lstrip("/").split("?")[0] for url in set(urls)]
    size = sum(
        len(gzip.compress(path.read_bytes())) if path.suffix in COMPRESSED else path.stat().st_size
        for path in paths
    )
    return [f"{len(urls)} requests"] * (len(urls) > 25) + [f"{size} bytes"] * (size > 400_000)


def headless(page, site, name):
    """Return what is wrong with what other programs look for in a page's head."""
    if name == "404":
        return []
    head, address = page.evaluate(HEAD), f"{HOME}{name}.html"
    card = site / head.get("og:image", "").removeprefix(HOME)
    holds = {
        "canonical": head["canonical"] == head.get("og:url") == address,
        "description": 20 < len(head.get("description", "")) <= 300,
        "card": card.is_file() and 2000 < card.stat().st_size <= 120_000,
        "icon": head["icons"] == 1,
        "sitemap": address in (site / "sitemap.xml").read_text(encoding="utf-8"),
    }
    return [f"{key}: {head}" for key, right in holds.items() if not right]


@functools.cache
def html(site, name):
    """Return the text of a page."""
    return (site / f"{name}.html").read_text(encoding="utf-8")


@functools.cache
def ids(path):
    """Return the ids of a page, and those of its explorers' states that a link may set."""
    return set(re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8")))


def broken_links(page, site, name):
    """Return the links within the site that lead nowhere."""
    broken, here = [], site / f"{name}.html"
    for link in page.evaluate(LINKS):
        if re.match(r"[a-z]+:|//", link) or name == "404":  # another site; links from any depth
            continue
        path, _, fragment = link.partition("#")
        target = (here.parent / unquote(path)).resolve() if path else here
        fragment = unquote(fragment.split("?")[0])
        if not target.is_file() or (target.suffix == ".html" and fragment and fragment not in ids(target)):
            broken.append(f"link to {link}")
    return broken


def wake_explorers(page):
    """Scroll to each explorer of a page until it is alive; those of folded sections and solutions, too."""
    page.evaluate(OPEN_FOLDS, "deeper-fold")
    page.evaluate(OPEN_FOLDS, "hide:has(.d2l-explorer-frame)")
    for frame in page.locator(".d2l-explorer-frame").all():
        frame.scroll_into_view_if_needed()
        page.wait_for_selector(f"#{frame.get_attribute('id')}[data-live=true]")


def inaccessible(page):
    """Return what axe finds in either colour mode, and captions that are not seen there."""
    found = []
    if not ALL:
        page.evaluate(LEAVE_ONE_FORMULA)
    for theme, rules, where in (("light", OTHERS, {}), ("light", COLOURS, KINDS), ("dark", COLOURS, KINDS)):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(THEME, arg=theme)
        settle(page)
        found += [f"{theme}: {line}" for line in page.evaluate(CAPTIONS)]
        if rules is COLOURS:
            page.evaluate(MARK_KINDS)
        for violation in Axe().run(page, context=where or None, options=rules).response["violations"]:
            found.append(f"{theme} {violation['id']}: {[node['html'][:200] for node in violation['nodes']]}")
    page.emulate_media(color_scheme="light")
    if not ALL:
        page.evaluate(PUT_FORMULAS_BACK)
    return found


def too_wide(page):
    """Return the windows that a page does not fit, and the longest lines of cells that scroll sideways."""
    found = []
    for width in (768, 360, 1280):  # at last a small laptop, which shows 92 characters of code
        page.set_viewport_size({"width": width, "height": 800})
        settle(page)
        if not holds(page, "document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"{page.evaluate('document.documentElement.scrollWidth')} px wide at {width}")
    page.evaluate(OPEN_FOLDS, "hide")
    settle(page)
    if not holds(page, f"({SIDEWAYS})().length === 0"):
        found += [f"scrolls sideways: {line}" for line in page.evaluate(SIDEWAYS)]
    return found


def holds(page, condition):
    """Tell whether a condition holds, at once or after what the page still has to do."""
    try:
        page.wait_for_function(condition, timeout=30_000)
    except TimeoutError:
        return False
    return True
