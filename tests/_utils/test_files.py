"""Files appear whole or not at all, under every name and on every disk."""

import os

import pytest

from d2lite._utils.files import replacing


@pytest.mark.skipif(os.name == "nt", reason="there a whole path has 260 characters")
@pytest.mark.parametrize(
    "name", ["a" * 255, "\u6a21" * 85, "\U0001f600" * 63], ids=["one", "three", "four bytes"]
)
def test_a_name_may_be_as_long_as_the_disk_takes(name, tmp_path):
    path = tmp_path / name
    for content in (b"first", b"second"):
        with replacing(path) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == [name]


def test_a_disk_without_permissions_is_written(tmp_path, monkeypatch):
    def chmod(path, mode):
        raise PermissionError(1, "Operation not permitted", path)

    monkeypatch.setattr(os, "chmod", chmod)
    with replacing(tmp_path / "file") as file:
        file.write(b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_an_error_names_the_file_and_not_its_part(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError) as caught, replacing(folder) as file:
        file.write(b"to a folder")
    assert (caught.value.filename, caught.value.filename2) == (str(folder), None)
    assert [*tmp_path.iterdir()] == [folder]
