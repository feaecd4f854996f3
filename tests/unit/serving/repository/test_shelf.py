"""The loaded versions of models, side by side."""

from typing import Any

import pytest

from mainspring.serving.predictor import Predictor
from mainspring.serving.repository.index import Index
from mainspring.serving.repository.shelf import Shelves
from mainspring.serving.repository.sources import PackageAt
from mainspring.serving.repository.states import State
from mainspring.serving.served import Served


@pytest.fixture
def served(rule: Any) -> dict[str, Served]:
    names = ("1.9.0", "1.10.0", "1.2.0")
    return {version: Served(Predictor(rule.package(), name="taxi", version=version)) for version in names}


def test_versions_are_taken_away_with_their_labels_and_the_shelf_with_the_last(served: dict[str, Served]) -> None:
    shelves = Shelves()
    shelves.fill("taxi", served, {"stable": "1.9.0", "new": "1.10.0"})
    assert [one.version for one in shelves.served()] == ["1.2.0", "1.9.0", "1.10.0"]
    assert shelves["taxi"].newest.version == "1.10.0"
    assert shelves.take("taxi", "1.10.0") is served["1.10.0"]
    assert shelves["taxi"].newest.version == "1.9.0"
    assert shelves["taxi"].labels == {"stable": "1.9.0"}
    shelves.take("taxi", "1.9.0")
    shelves.take("taxi", "1.2.0")
    assert not shelves


def test_an_index_tells_what_lies_there_what_is_loaded_and_what_moves(
    served: dict[str, Served], tmp_path: Any
) -> None:
    index, lying = Index(), [PackageAt(tmp_path, "taxi", version) for version in ("1.10.0", "1.9.0", "2.0.0")]

    def told() -> list[tuple[str, State]]:
        return [(one.version, one.state) for one in index.states(lying, [served["1.9.0"]])]

    assert told() == [("1.9.0", State.READY), ("1.10.0", State.UNAVAILABLE), ("2.0.0", State.UNAVAILABLE)]
    index.note_loading(lying[0])
    index.note_leaving(served["1.10.0"])  # another of its kind is coming: that counts
    index.note_gone(served["1.10.0"])
    index.note_leaving(served["1.2.0"])
    assert (index.is_loading("taxi"), index.is_loading("taxi", "1.9.0")) == (True, False)
    assert told() == [
        ("1.2.0", State.UNLOADING),
        ("1.9.0", State.READY),
        ("1.10.0", State.LOADING),
        ("2.0.0", State.UNAVAILABLE),
    ]
    index.note_gone(served["1.2.0"])
    index.note_loaded("taxi", "1.10.0")
    assert told()[0] == ("1.9.0", State.READY)
    assert not index.is_loading("taxi")
