"""Pictures made by the build: valid SVG, in both themes, of any state, small, and nothing fetched."""

import base64
import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from d2lite.widgets import BoundaryExplorer, PlaygroundExplorer, explorer_class, explorer_names
from d2lite.widgets._bundle import shared
from d2lite.widgets._preview import preview_svg, run_module

SVG = shared("svgcontext")
CSS = Path(__file__).resolve().parents[2] / "book" / "_static" / "d2lite.css"


@pytest.mark.parametrize("name", explorer_names())
class TestEveryExplorer:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_picture_is_small_valid_and_self_contained(self, name, theme):
        svg = preview_svg(explorer_class(name)(), theme=theme)
        root = ET.fromstring(svg)
        assert root.attrib["viewBox"] == "0 0 640 360"
        assert root.find("{*}title").text == explorer_class(name).title()
        assert len(svg) <= 40_000  # a fifth of it when compressed
        plain = re.sub(r"(data:image/png;base64,)[\w+/=]+", r"\1", svg)  # where any letters may meet
        assert not re.search(r"NaN|Infinity|undefined|<script|href=\"(?!data:image/png)", plain)
        assert sum(1 for _ in root.iter()) > 10

    def test_page_state_gives_the_same_picture(self, name):
        widget = explorer_class(name)()
        assert preview_svg(widget.get_state()) == preview_svg(widget)


def test_themes_differ_and_states_differ():
    pictures = {
        preview_svg(BoundaryExplorer(), theme="light"),
        preview_svg(BoundaryExplorer(), theme="dark"),
        preview_svg(BoundaryExplorer(features="quadratic")),
        preview_svg(BoundaryExplorer(points=[[0, 0, 1], [1, 1, 0]])),
    }
    assert len(pictures) == 4


def test_picture_of_a_diverged_run_has_no_broken_numbers():
    svg = preview_svg(BoundaryExplorer(features="quadratic", lr=10, l2=1, step_count=500))
    assert not re.search(r"NaN|Infinity|undefined", svg)


def test_pictures_of_one_page_do_not_share_clips():
    first, second = preview_svg(BoundaryExplorer()), preview_svg(BoundaryExplorer(seed=1))
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]+)\)", first)) == ids[0]


def test_unknown_theme_and_broken_drawing_are_named():
    with pytest.raises(ValueError, match="theme is 'sepia': expected"):
        preview_svg(BoundaryExplorer(), theme="sepia")
    with pytest.raises(RuntimeError, match=r"(?s)node ended with 1: .*the reason"):
        run_module('throw new Error("the reason");', {})


def images_of(svg):
    """Return the pictures in an SVG."""
    coded = re.findall(r"data:image/png;base64,([\w+/=]+)", svg)
    return [Image.open(io.BytesIO(base64.b64decode(each))) for each in coded]


def test_what_shines_through_stays_clear():
    """The map of units lies over their lines: without its alpha it was a black block."""
    images = images_of(preview_svg(PlaygroundExplorer()))
    assert images
    for image in images:
        paper = Image.new("RGBA", image.size, "white")
        flat = np.asarray(Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB"))
        assert (flat == 0).all(axis=-1).mean() < 0.1


@pytest.mark.parametrize("opaque", [True, False])
def test_recorded_pixels_are_the_picture_given(tmp_path, opaque):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 4), dtype=np.uint8)
    if opaque:
        pixels[..., 3] = 255
    script = """
    import * as svg from "./svg.mjs";
    import { readFileSync } from "node:fs";
    const pixels = Uint8ClampedArray.from(JSON.parse(readFileSync(0, "utf8")));
    process.stdout.write(svg.encodePng(pixels, 7, 5));
    """
    path = tmp_path / "p.png"
    path.write_bytes(base64.b64decode(run_module(script, {"svg": SVG}, pixels.reshape(-1).tolist())))
    assert np.array_equal(np.asarray(Image.open(path)), pixels[..., :3] if opaque else pixels)


def test_text_cannot_become_markup():
    script = """
    import * as svg from "./svg.mjs";
    const ctx = new svg.SvgContext(10, 10, '<b>"&');
    ctx.fillText("</text><script>", 0, 0);
    process.stdout.write(ctx.toSvg());
    """
    root = ET.fromstring(run_module(script, {"svg": SVG}))
    assert [child.text for child in root] == ['<b>"&', "</text><script>"]


def test_text_is_turned_about_its_place():
    script = """
    import * as svg from "./svg.mjs";
    const ctx = new svg.SvgContext(20, 20);
    ctx.save();
    ctx.translate(5, 6);
    ctx.rotate(Math.PI / 2);
    ctx.fillText("turned", 0, 0);
    ctx.restore();
    ctx.fillText("upright", 1, 2);
    process.stdout.write(ctx.toSvg());
    """
    _, turned, upright = ET.fromstring(run_module(script, {"svg": SVG}))
    assert (turned.get("transform"), turned.get("x"), turned.get("y")) == ("rotate(90 5 6)", "5", "6")
    assert upright.get("transform") is None


def test_contours_lie_on_the_level_and_close():
    script = """
    import * as layers from "./layers.mjs";
    import * as scales from "./scales.mjs";
    const x = scales.linearScale([-2, 2], [0, 200]);
    const y = scales.linearScale([-2, 2], [200, 0]);
    const grid = layers.makeGrid(x, y, 100, (a, b) => Math.hypot(a, b));
    const lines = layers.contourLines(grid, 1).map((line) => line.map(([px, py]) => [x.invert(px), y.invert(py)]));
    process.stdout.write(JSON.stringify(lines));
    """
    files = {name: shared(name) for name in ("layers", "scales")}
    import json

    (line,) = json.loads(run_module(script, files))
    radii = np.hypot(*np.array(line).T)
    assert np.abs(radii - 1).max() < 1e-3
    assert line[0] == line[-1]
    assert len(line) > 100


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_the_sites(theme):
    """Elsewhere than in the site (JupyterLab, pictures) explorers wear the site's own colours."""
    script = """
    import * as theme from "./theme.mjs";
    process.stdout.write(JSON.stringify(theme.THEMES));
    """
    import json

    ours = json.loads(run_module(script, {"theme": shared("theme")}))[theme]
    block = re.search(
        rf'html\[data-theme="{theme}"\][^{{]*{{(.*?)}}', CSS.read_text(encoding="utf-8"), re.DOTALL
    )[1]
    site = dict(re.findall(r"--d2l-([\w-]+): (#\w+);", block))
    assert {name: site[name] for name in ours} == ours


def test_names_of_axes_come_after_all_that_is_drawn():
    script = """
import { drawAxes, linearScale, writeNames } from "./scales.mjs";
const drawn = [];
const ctx = new Proxy({}, { get: (_, name) => (...args) => drawn.push(name === "fillText" ? args[0] : name), set: () => true });
const [x, y] = [linearScale([0, 1], [0, 9]), linearScale([0, 1], [9, 0])];
drawAxes(ctx, { x: 0, y: 0, width: 9, height: 9 }, x, y, { font: "sans" }, { xLabel: "steps", yLabel: "loss" });
drawn.push("the curve");
writeNames(ctx);
writeNames(ctx);
process.stdout.write(JSON.stringify(drawn.filter((what) => ["the curve", "steps", "loss"].includes(what))));
"""
    drawn = json.loads(run_module(script, {name: shared(name) for name in ("scales", "format")}, {}))
    assert drawn == ["the curve", "steps", "loss"]
