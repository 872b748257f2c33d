"""A photo of the reader's own in 28 x 28: what is made of it, against NumPy, and how it gets into the LeNet explorer."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from d2lite._utils.encoding import from_base64
from d2lite.models import lenet
from d2lite.widgets import LenetExplorer
from d2lite.widgets._preview import run_module

pytestmark = pytest.mark.browser
SCRIPT = """import { readFileSync } from "node:fs";
import { shrinkPhoto } from "./photo.mjs";
const { rgba, width, height } = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(shrinkPhoto(Uint8ClampedArray.from(rgba), width, height)));
"""
PAGE = lenet.pretrained_payload()
IMAGES = from_base64(PAGE["images"], "uint8", (-1, 28, 28))


def shrink(image):
    """Return the page's (28, 28) levels of an (H, W, 4) image, and whether it was turned into its negative."""
    request = {"rgba": image.ravel().tolist(), "width": image.shape[1], "height": image.shape[0]}
    modules = {"photo": LenetExplorer._folder.parent / "_math" / "photo.js"}
    found = json.loads(run_module(SCRIPT, modules, request))
    return np.array(found["pixels"]).reshape(28, 28), found["inverted"]


def opaque(gray):
    return np.stack([gray, gray, gray, np.full_like(gray, 255)], -1).astype(np.uint8)


def photo_of(index, size=8, margin=40, negative=True):
    """An image of the data set, large, with a margin: as on white paper."""
    gray = np.pad(np.kron(IMAGES[index], np.ones((size, size))), margin)
    return opaque(255 - gray if negative else gray)


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return {"name": "shoe.png", "mimeType": "image/png", "buffer": file.getvalue()}


def trimmed(index):
    """What is left of an image when empty rows and columns are taken away, in the middle of a square of its longer side."""
    image = IMAGES[index].astype(float)
    kept = image > 0.15 * image.max()
    (top, *_, bottom), (left, *_, right) = (np.flatnonzero(kept.any(axis)) for axis in (1, 0))
    part = image[top : bottom + 1, left : right + 1]
    spare = max(part.shape) - np.array(part.shape)
    part = np.pad(part, [(n // 2, n - n // 2) for n in spare])
    return part * 255 / image.max()


@pytest.mark.parametrize("negative", [True, False])
@pytest.mark.parametrize("index", [4, 5, 7, 10, 12, 17])  # 28 pixels long, their middle between two pixels
def test_a_data_sets_image_comes_back(index, negative):
    levels, inverted = shrink(photo_of(index, negative=negative))
    assert inverted == negative
    assert np.abs(levels - trimmed(index)).max() <= 1


def test_a_plain_photo_and_what_is_see_through_are_no_fault():
    assert shrink(opaque(np.full((5, 9), 130.0)))[0].max() == 0
    nothing = np.zeros((6, 6, 4), np.uint8)
    nothing[2:4, 2:4] = (0, 0, 0, 255)
    levels, inverted = shrink(nothing)
    assert inverted, "what is see-through is white paper"
    assert levels.min() == 255, "the black square fills the picture"
    assert shrink(opaque(np.zeros((1, 1))))[0].shape == (28, 28)


def test_trimming_ignores_a_speck():
    gray = np.zeros((200, 200))
    gray[60:140, 80:120] = 255
    clean, _ = shrink(opaque(gray))
    gray[3, 3] = 255
    assert np.array_equal(shrink(opaque(gray))[0], clean)
    assert (clean[:, 14] == 255).all()
    assert clean[:, 2].max() == 0


@pytest.fixture
def host(make_host):
    return make_host(height=1400).open("lenet").show("lenet")


def says(host):
    return host.page.locator(".d2l-verdict").inner_text()


def test_a_file_is_taken_by_keyboard_and_the_network_answers(host):
    field = host.page.locator(".d2l-own input[type=file]")
    field.evaluate(
        "(field) => field.addEventListener('click', (e) => (e.preventDefault(), (window.asked = true)))"
    )
    host.page.get_by_role("button", name="A photo of your own").focus()
    host.page.keyboard.press("Enter")
    host.page.wait_for_function("window.asked")
    field.set_input_files([png(photo_of(0))])
    host.wait("get('pixels').length === 784")
    host.settle()
    assert host.get("image") == -1
    assert says(host).startswith("Your picture. The network says ")
    assert np.array_equal(np.reshape(host.get("pixels"), (28, 28)), shrink(photo_of(0))[0])


def test_a_file_is_taken_when_it_is_dropped(host):
    host.page.evaluate(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "shoe.png", { type: "image/png" }));
            const send = (type) => document.querySelector(".d2l-body canvas")
                .dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
            window.kept = [send("dragover"), send("drop")];
        }""",
        list(png(photo_of(3))["buffer"]),
    )
    assert host.page.evaluate("window.kept") == [False, False], "the browser would open the file"
    host.wait("get('pixels').length === 784")
    assert np.array_equal(np.reshape(host.get("pixels"), (28, 28)), shrink(photo_of(3))[0])


def test_what_is_no_picture_is_refused_in_a_sentence(host):
    before = host.get("image")
    wrong = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"}
    host.page.locator("input[type=file]").set_input_files([wrong])
    host.page.get_by_text("notes.png is no picture that this browser can read").wait_for()
    assert host.get("image") == before
    assert host.get("pixels") == []
