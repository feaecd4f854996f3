"""What makes a value storable, and which properties it tells."""

from pathlib import Path
from typing import ClassVar, Self

from mainspring.core import Storable, Verdict
from mainspring.core.artifacts import properties_of


class Note:
    """The least that a user's own artifact has to do."""

    ARTIFACT_TYPE: ClassVar[str] = "test.Note"

    def __init__(self, text: str) -> None:
        self.text = text

    def save(self, folder: Path) -> None:
        (folder / "note.txt").write_text(self.text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls((folder / "note.txt").read_text(encoding="utf-8"))


class Counted(Note):
    def properties(self) -> dict[str, int]:
        return {"length": len(self.text)}


def test_a_plain_class_that_keeps_the_promise_is_storable(tmp_path: Path) -> None:
    note: Storable = Note("größer")
    assert isinstance(note, Storable)
    note.save(tmp_path)
    assert Note.load(tmp_path).text == "größer"


def test_a_value_without_save_is_not_storable() -> None:
    assert not isinstance({"accuracy": 0.9}, Storable)


def test_nouns_of_core_are_storable() -> None:
    assert isinstance(Verdict.of("gate", []), Storable)


def test_properties_are_what_the_value_tells_and_empty_otherwise() -> None:
    assert properties_of(Counted("abc")) == {"length": 3}
    assert properties_of(Note("abc")) == {}
    assert properties_of(None) == {}
