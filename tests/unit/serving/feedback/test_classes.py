"""Feedback goes to the classes that a request was at, also late, by row, and by id alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.serving.components.model import ComponentModel
from mainspring.serving.components.opening import open_component
from mainspring.serving.components.options import Component
from mainspring.serving.decision import Decision
from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.classes import ClassTeller
from mainspring.serving.feedback.record import Feedback

CODE = """
class Learner:
    def __init__(self, fails=False):
        self.fails, self.told = fails, []

    def predict(self, X):
        return self.told

    def route(self, X):
        return 0

    def send_feedback(self, features, names, reward, truth, routing=None):
        if self.fails:
            raise ValueError("no")
        rows = None if features is None else features.tolist()
        self.told.append([rows, list(names or []), reward, truth, routing])


class Deaf:
    def predict(self, X):
        return X
"""


@pytest.fixture
def models(tmp_path: Path) -> dict[tuple[str, str], ComponentModel]:
    (tmp_path / "learner.py").write_text(CODE)
    made = {
        "router": ("Learner", {}),
        "left": ("Learner", {}),
        "bad": ("Learner", {"fails": True}),
        "deaf": ("Deaf", {}),
    }
    return {
        (name, "2"): open_component(
            Component(entry=f"{tmp_path}/learner.py:{entry}", arguments=arguments, inline=True),
            name=name,
            version="2",
        )
        for name, (entry, arguments) in made.items()
    }


def told(model: ComponentModel) -> list[Any]:
    found: list[Any] = model.node.call("predict", [0]).value
    return found


ANSWERED = Answered(
    "graph",
    "1",
    np.array(["a", "b"], dtype=object),
    (Decision("graph/inner/choose", "left", 0.5, "class", 0),),
    {"x": np.array([1.0, 2.0]), "y": [3, 4]},
    (
        ("inner/choose", "router", "2"),
        ("bad", "bad", "2"),
        ("left", "left", "2"),
        ("d", "deaf", "2"),
        ("e", "gone", "1"),
    ),
)


def one(key: str, value: Any, row: int | None = None) -> Feedback:
    return Feedback(id="7", key=key, value=value, row=row, time=1.0)


def test_every_class_on_the_way_is_told_with_the_branch_that_it_chose(
    models: dict[tuple[str, str], ComponentModel],
) -> None:
    teller = ClassTeller(lambda name, version: models.get((name, version)), lambda: models.values())
    assert teller.wanted
    assert teller.tell([one("reward", 0.25), one("truth", "b")], ANSWERED) == 2
    rows = [[1.0, 3.0], [2.0, 4.0]]
    assert told(models["router", "2"]) == [[rows, ["x", "y"], 0.25, "b", 0]]
    assert told(models["left", "2"]) == [[rows, ["x", "y"], 0.25, "b", None]]


def test_rows_are_told_one_by_one(models: dict[tuple[str, str], ComponentModel]) -> None:
    teller = ClassTeller(lambda name, version: models.get((name, version)))
    assert not teller.wanted
    teller.tell([one("reward", 1, 1), one("reward", 0.5, 0), one("truth", "a", 0)], ANSWERED)
    assert told(models["left", "2"]) == [
        [[[1.0, 3.0]], ["x", "y"], 0.5, "a", None],
        [[[2.0, 4.0]], ["x", "y"], 1.0, None, None],
    ]


def test_a_class_that_is_served_by_itself_is_told(models: dict[tuple[str, str], ComponentModel]) -> None:
    teller = ClassTeller(lambda name, version: models.get((name, version)))
    answered = Answered("left", "2", (), (Decision("left", "2", 0.9, "canary", 1),), {"x": [1, 2]})
    assert teller.tell([one("reward", -1.5)], answered) == 1
    assert told(models["left", "2"]) == [[[1, 2], ["x"], -1.5, None, None]]
    assert teller.wants(answered)
    assert not teller.wants(Answered("deaf", "2", ()))
    assert teller.tell([one("reward", 1)], Answered("deaf", "2", ())) == 0
    assert teller.tell([one("reward", 1)], Answered("router", "2", ())) == 1
    assert told(models["router", "2"]) == [[None, [], 1.0, None, None]]
