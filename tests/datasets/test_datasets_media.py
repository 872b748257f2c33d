"""Tables, texts, series and photographs: what ships is what SOURCES.md says, read as other readers read it."""

import csv
import datetime
import hashlib
import lzma
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import d2lite
from d2lite import Sweep
from d2lite.datasets import photo, records, series, text, word_vectors

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(d2lite.__file__).parent / "data"
SOURCES = (DATA / "SOURCES.md").read_text("utf-8")
PHOTOS = {path.stem: path for path in (DATA / "photos").iterdir()}


def test_every_shipped_file_is_listed_with_its_checksum():
    listed = dict(re.findall(r"^\| (\S+\.\w+) \|.*\| ([0-9a-f]{64}) \|$", SOURCES, re.M))
    files = [
        path
        for path in (*DATA.iterdir(), *PHOTOS.values())
        if path.suffix in {".png", ".jpg", ".xz", ".csv", ".npz"}
    ]
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == listed


@pytest.mark.parametrize(
    ("name", "length", "distinct", "start"),
    [
        ("austen", 4_022_266, 81, "CHAPTER 1\n\nThe family of Dashwood"),
        ("shakespeare", 1_271_243, 80, "HAMLET, PRINCE OF DENMARK\n"),
    ],
)
def test_texts(name, length, distinct, start):
    got = text(name)
    assert (len(got), len(set(got))) == (length, distinct)
    assert got.startswith(start)
    assert "\r" not in got
    assert got == lzma.decompress((DATA / f"{name}.txt.xz").read_bytes()).decode("utf-8")


def test_word_vectors_are_a_row_a_word_the_most_frequent_first():
    words, vectors = word_vectors()
    assert (len(words), len(set(words))) == (20_000, 20_000)
    assert words[:4] == ["the", "of", "to", "and"]
    assert (vectors.shape, vectors.dtype) == ((20_000, 50), torch.float32)
    published = torch.tensor(
        [0.418, 0.24968, -0.41242, 0.1217, 0.34527]
    )  # glove.6B.50d's row of "the" begins so
    assert (vectors[0, :5] - published).abs().max() < 0.02
    vectors.zero_()
    words.clear()
    assert len(word_vectors()[0]) == 20_000
    assert word_vectors()[1].abs().min(1).values.max() < word_vectors()[1].abs().max()


def test_births_are_those_of_the_file_and_no_day_is_missing():
    births = series("births")
    with (DATA / "us_births_daily.csv").open() as file:
        rows = [
            (datetime.date.fromisoformat(row["date"]), int(row["births"])) for row in csv.DictReader(file)
        ]
    assert births.dates.tolist() == [date for date, _ in rows]
    assert births.values.tolist() == [count for _, count in rows]
    assert set(np.diff(births.dates).astype(int)) == {1}
    assert len(births) == 7305
    assert births.values.dtype == torch.float32
    sundays = [count for date, count in rows if date.weekday() == 6]
    assert np.mean(sundays) < 0.9 * float(births.values.mean())  # doctors rest too


def test_a_series_is_cut_by_slices():
    year = series("births")[:365]
    assert (str(year.dates[0]), str(year.dates[-1]), len(year)) == ("1969-01-01", "1969-12-31", 365)
    assert "365 values, 1969-01-01 to 1969-12-31" in repr(year)
    with pytest.raises(TypeError, match="index is 3: expected a slice"):
        year[3]
    with pytest.raises(ValueError, match="step of the slice is -1: expected 1 or more"):
        year[::-1]


def test_series_are_not_shared():
    series("births").values.zero_()
    assert float(series("births").values.sum()) > 0


@pytest.mark.parametrize("name", sorted(PHOTOS))
def test_photos_are_the_pixels_of_their_files(name):
    image = photo(name)
    pixels = np.asarray(Image.open(PHOTOS[name]))
    assert image.shape == ((1, *pixels.shape) if pixels.ndim == 2 else (3, *pixels.shape[:2]))
    assert image.dtype == torch.float32
    expected = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)
    assert np.array_equal((image * 255).round().numpy().astype(np.uint8), expected)
    gray = photo(name, gray=True)
    assert gray.shape == (1, *image.shape[1:])
    luma = np.asarray(Image.open(PHOTOS[name]).convert("L"), dtype=np.float32)
    assert np.abs(gray[0].numpy() * 255 - luma).max() <= 1  # Pillow rounds to whole numbers


@pytest.mark.parametrize("load", [text, series, photo])
def test_unknown_names_are_refused(load):
    with pytest.raises(ValueError, match="expected one of '"):
        load("nothing")


def test_penguins_are_those_of_the_file_with_their_gaps():
    rows = records("penguins")
    lines = (DATA / "penguins.csv").read_text("utf-8").splitlines()
    assert [list(row) for row in rows] == [lines[0].split(",")] * 344
    assert [list(row.values()) for row in rows] == list(csv.reader(lines))[1:]
    assert all(isinstance(value, str) for row in rows for value in row.values())
    gaps = {"Sex": 11, "Body Mass (g)": 2, "Delta 15 N (o/oo)": 14, "Comments": 290}
    assert {name: sum(row[name] == "NA" for row in rows) for name in gaps} == gaps
    with pytest.raises(ValueError, match="iris"):
        records("iris")


def test_surnames_are_of_one_language_each_and_split_once():
    rows = records("surnames")
    assert len({row["surname"] for row in rows}) == len(rows) == 4796
    assert {row["split"] for row in rows} == {"train", "test"}
    of = {
        name: [row["split"] for row in rows if row["language"] == name]
        for name in {r["language"] for r in rows}
    }
    assert len(of) == 12
    assert all(
        396 <= len(splits) <= 400 and 0.15 < splits.count("test") / len(splits) < 0.27
        for splits in of.values()
    )


def test_first_names_are_all_different():
    rows = records("first_names")
    assert len({row["name"] for row in rows}) == len(rows) == 4832
    assert {row["gender"] for row in rows} == {"female", "male"}
    assert all(row["name"] == row["name"].capitalize() for row in rows)


def test_two_penguins_of_each_nest_share_its_fate():
    rows = records("penguins")
    for one, other in zip(rows[::2], rows[1::2], strict=True):
        assert one["Individual ID"][:-1] == other["Individual ID"][:-1]
        assert one["Clutch Completion"] == other["Clutch Completion"] and one["Date Egg"] == other["Date Egg"]


def test_every_recording_and_every_trained_network_has_its_row():
    rows = re.findall(r"^\| (\w+) \| `(\w+\.py)[^`]*` \| (?:(\d+)\b)?", SOURCES, re.M)
    recordings = {name: int(runs) for name, _, runs in rows if runs}
    assert recordings == {
        path.name.removesuffix(".json.gz"): len(Sweep.recorded(path.name.removesuffix(".json.gz")).runs)
        for path in (DATA / "recordings").glob("*.json.gz")
    }
    assert {name for name, _, runs in rows if not runs} == {
        path.stem for path in (DATA / "weights").glob("*.npz")
    }
    assert {script for _, script, _ in rows} <= {
        path.name for path in (ROOT / "tools" / "record").glob("*.py")
    }


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_what_ships_is_float32_whatever_dtype_is_the_default(dtype):
    loads = (lambda: series("births").values, lambda: photo("chelsea", gray=True), lambda: word_vectors()[1])
    plain = [load() for load in loads]
    torch.set_default_dtype(dtype)
    try:
        assert all(torch.equal(load(), right) for load, right in zip(loads, plain, strict=True))
        assert all(load().dtype == torch.float32 for load in loads)
    finally:
        torch.set_default_dtype(torch.float32)
