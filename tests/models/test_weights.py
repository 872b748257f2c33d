"""The trained weights that ship: their values, what pages get of them, and the file that holds them."""

import hashlib
import json
import re

import numpy as np
import pytest
import torch

from d2lite import models, widgets
from d2lite.models import character_rnn, lenet, weights

# Of the first recordings, each of which had a format of its own; recorded anew, they change.
PAYLOADS = {
    "CharacterModelExplorer": ("weights", "b99f36343401b9a2"),
    "DetectionBenchExplorer": ("data", "13e40d3b59a19268"),
    "DropoutExplorer": ("data", "a32a133a408f8d26"),
    "GatesExplorer": ("data", "649808445bdf7a61"),
    "LenetExplorer": ("data", "1a3a8f9736a66337"),
}


def digest(value):
    """The start of the SHA-256 of tensors, bit by bit, or of plain values."""
    if isinstance(value, list):
        data = b"".join(part.numpy().tobytes() for part in value)
    else:
        data = json.dumps(value, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()[:16]


@pytest.mark.parametrize("name", PAYLOADS)
def test_pages_get_the_recorded_values_to_the_bit(name):
    trait, expected = PAYLOADS[name]
    assert digest(getattr(getattr(widgets, name)(), trait)) == expected


def test_models_have_the_recorded_values_to_the_bit():
    detector, record = models.pretrained_detector()
    state = [value.float() for value in detector.state_dict().values()]
    assert (digest(state), digest(record)) == ("054d21fdd63fc1a5", "3a1f00130ad99a29")
    model, record = character_rnn.pretrained()
    assert digest(list(model.state_dict().values())) == "bc632380e9ff52ae"
    assert digest({name: record[name] for name in ("measured", "provenance")}) == "c9dc69b6a12b22f4"
    parameters, record = lenet.pretrained()
    assert digest([part for pair in parameters.values() for part in pair]) == "6ea721fe9655d712"
    assert digest({k: record[k] for k in ("history", "test_accuracy", "provenance")}) == "a9dba276af0e8c87"


def test_the_other_recordings_are_kept_to_the_bit():
    tensors, record = weights.load("detections")
    assert digest([tensors["weights"]]) == "99d6912cdbea24d3"
    assert record["first_losses"][0] == 4.603946208953857
    assert record["provenance"]["seconds"] == 167
    record = weights.load("dropout_networks")[1]
    assert digest({name: record[name] for name in ("provenance", "class_names")}) == "1281c45f262f74bd"


@pytest.mark.parametrize("name", weights.names())
def test_every_file_says_where_it_is_from(name):
    tensors, record = weights.load(name)
    assert record.get("provenance", record)["command"].startswith("python tools/record/")
    assert all(part.isfinite().all() for part in tensors.values())


LOADERS = {
    "detector": models.pretrained_detector,
    "modern detector": models.pretrained_modern_detector,
    "recurrent": character_rnn.pretrained,
    "unpacked": lambda: character_rnn.unpack(character_rnn.pretrained_payload()),
    "transformer": models.character_transformer.pretrained,
    "unet": models.unet.pretrained,
    "lenet": lenet.pretrained,
}


@pytest.mark.parametrize("name", LOADERS)
def test_loading_a_network_draws_no_random_number(name):
    """What is drawn after it, as the first weights of the reader's own network, is what would be drawn without it."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    LOADERS[name]()
    assert torch.equal(torch.rand(3), expected)


def test_what_is_saved_comes_back(tmp_path):
    tensors = {
        "a": torch.arange(6, dtype=torch.int8).view(2, 3),
        "b.scale": torch.tensor(0.1, dtype=torch.float64),
    }
    path = weights.save(tmp_path / "own.npz", tensors | {"c": np.float32([1, 2])}, {"seed": 0, "ü": [1.5]})
    again, record = weights.load(str(path))
    assert record == {"seed": 0, "ü": [1.5]}
    assert list(again) == ["a", "b.scale", "c"]
    for name, part in tensors.items():
        assert again[name].dtype == part.dtype
        assert torch.equal(again[name], part)
    first = path.read_bytes()
    weights.save(path, tensors | {"c": np.float32([1, 2])}, {"seed": 0, "ü": [1.5]})
    assert path.read_bytes() == first, "the same weights make the same file"


@pytest.mark.parametrize(
    ("tensors", "record", "message"),
    [
        ({"record": torch.zeros(1)}, {}, "tensors has the name 'record'"),
        ({"file": torch.zeros(1)}, {}, "tensors has the name 'file'"),
        ({"allow_pickle": torch.zeros(1)}, {}, "tensors has the name 'allow_pickle'"),  # was left out
        ({0: torch.zeros(1)}, {}, "tensors has the name 0: expected texts"),
        ({}, {"loss": float("nan")}, "expected numbers and plain JSON values"),
        ({}, {"loss": torch.zeros(1)}, "expected numbers and plain JSON values"),
        ({"a": torch.zeros(1, dtype=torch.bfloat16)}, {}, "expected numbers and plain JSON values"),
        ({"a": torch.zeros(1, device="meta")}, {}, "expected numbers and plain JSON values"),
        # these were written, and could not be read again
        ({"a": ["x", "y"]}, {}, "can't convert np.ndarray of type numpy.str_.*: expected numbers"),
        ({"a": np.array([None])}, {}, "can't convert np.ndarray of type numpy.object_.*: expected numbers"),
        ({"a": np.zeros(1, ">f4")}, {}, "byte order.*: expected numbers"),
    ],
)
def test_what_no_file_can_hold_is_refused_before_one_is_written(tmp_path, tensors, record, message):
    with pytest.raises(ValueError, match=message):
        weights.save(tmp_path / "own.npz", tensors, record)
    assert not list(tmp_path.iterdir())


def test_unknown_names_and_other_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="name is 'lanet': expected one of .*did you mean 'lenet'"):
        weights.load("lanet")
    for name in (None, 3, ["lenet"]):
        with pytest.raises(TypeError, match="name is .*: expected a name, or the path of a file"):
            weights.load(name)
    for name in ("runs/lenet", "../lenet", "lenet.pt", tmp_path / "lenet", ""):  # were files in the package
        with pytest.raises(ValueError, match="name is .*: expected a name, or the path of a file"):
            weights.load(name)
        with pytest.raises(ValueError, match="name is .*: expected a name, or the path of a file"):
            weights.save(name, {}, {})
    with pytest.raises(FileNotFoundError):
        weights.load(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz holds no weights"):
        weights.load(tmp_path / "other.npz")
    np.savez(tmp_path / "pickled.npz", record=np.array({"a": 1}, dtype=object))
    with pytest.raises(ValueError, match=r"pickled\.npz holds no weights"):
        weights.load(tmp_path / "pickled.npz")


@pytest.mark.parametrize(
    "save",
    [
        lambda path: models.character_transformer.save(path, models.CharacterTransformer("ab", 8, 1, 1, 4)),
        lambda path: models.save_detector(path, models.GridDetector([[8, 8]], 2), {}),
        lambda path: models.save_modern_detector(path, models.PyramidDetector(), {}),
    ],
)
def test_a_model_of_ones_own_is_never_written_into_the_package(tmp_path, monkeypatch, save):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)  # in which a bare name was written, over what ships
    for path in ("mine", "detector", "mine.pt"):
        with pytest.raises(ValueError, match=f"path is '{path}': expected a file that ends in .npz"):
            save(path)
    assert not list(tmp_path.iterdir())
    assert save(tmp_path / "MINE.NPZ").name == "MINE.NPZ"


def test_a_damaged_file_is_told_whatever_breaks_in_it(tmp_path):
    path = weights.save(tmp_path / "own.npz", {"a": torch.arange(3000.0)}, {"seed": 0})
    whole, said, random = path.read_bytes(), [], np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in random.integers(len(whole), size=2):
            damaged[place] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        try:
            weights.load(path)  # some bits are no part of the numbers, such as dates
        except ValueError as error:
            said.append(str(error))
    assert len(said) > 200
    assert all(re.search("own.npz holds no weights .*: expected a file", text, re.DOTALL) for text in said)


def test_old_names_work_and_warn():
    for old, new in (
        ("recorded_detector", models.pretrained_detector),
        ("eight_bit_detector", models.quantized_detector),
        ("round_weight", models.quantization.quantize),
    ):
        with pytest.warns(DeprecationWarning, match=f"d2lite.models.{old} is now d2lite.models"):
            assert getattr(models, old) is new
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        models.nothing
    with pytest.warns(DeprecationWarning, match="is now character_rnn.pretrained"):
        old = character_rnn.recorded()
    assert old["weights"] == character_rnn.pretrained_payload()
    assert {"measured", "provenance"} <= set(old)
