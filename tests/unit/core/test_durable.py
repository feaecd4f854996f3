"""Files that are there as a whole or as they were."""

from pathlib import Path

import pytest

from mainspring.core.durable import replace_file


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    replace_file(tmp_path / "book.json", b"one")
    replace_file(tmp_path / "book.json", b"two")
    assert (tmp_path / "book.json").read_bytes() == b"two"
    assert [one.name for one in tmp_path.iterdir()] == ["book.json"]


def test_what_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "book.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "book.json", b"one")
    assert [one.name for one in tmp_path.iterdir()] == ["book.json"]
