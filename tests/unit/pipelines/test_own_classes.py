"""What a user's own step gives is read by steps that only say what it must be able to do."""

import dataclasses
from types import ModuleType
from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.pipelines.codecs import remember, storable_in
from mainspring.pipelines.loading import resolve
from mainspring.pipelines.ports import FunctionRef

STEPS = """
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

from mainspring.pipelines import pipeline, step


class Constant:
    ARTIFACT_TYPE: ClassVar[str] = "tests.Constant"

    def __init__(self, number: float) -> None:
        self.number = number

    def save(self, folder: Path) -> None:
        (folder / "number").write_text(str(self.number))

    @classmethod
    def load(cls, folder: Path) -> "Constant":
        return cls(float((folder / "number").read_text()))

    def predict(self, x: float) -> float:
        return self.number * x


class Pair(NamedTuple):
    first: Constant | None
    second: int


@step
def learn(number: float) -> Pair:
    return Pair(Constant(number), 1)


@pipeline
def line(number: float = 2.0):
    import ms_readers

    first = learn(number).first
    ms_readers.here(first)
    ms_readers.there(first)
"""

READERS = """
from typing import Protocol

from mainspring.pipelines import step


class Predicts(Protocol):
    def predict(self, x: float) -> float: ...


@step
def here(model: Predicts) -> float:
    return model.predict(10.0)


@step(isolation="process")
def there(model: Predicts) -> float:
    return model.predict(100.0)
"""


@pytest.fixture
def steps(edition: Any) -> ModuleType:
    found: ModuleType = edition(STEPS, ms_readers=READERS)
    return found


def test_a_reader_need_not_know_the_class_in_this_process_or_another(place: Any, steps: ModuleType) -> None:
    result = place.run(steps.line.build())
    assert {name: node.state.value for name, node in result.nodes.items()} == dict.fromkeys(
        ("learn", "here", "there"), "COMPLETE"
    ), result
    assert (place.value(result, "here"), place.value(result, "there")) == (20.0, 200.0)


def test_the_classes_in_an_annotation() -> None:
    @dataclasses.dataclass
    class Own:
        ARTIFACT_TYPE = "tests.Own"

        @classmethod
        def load(cls, folder: Any) -> "Own":
            return cls()

    assert storable_in(Own) == storable_in(Own | None) == storable_in(list[Own]) == {"tests.Own": Own}
    assert storable_in(Any) == storable_in(int | None) == storable_in(None) == {}
    remember(dict)  # nothing to remember


def test_a_function_that_is_not_in_its_module_is_said_to_be_lost() -> None:
    with pytest.raises(InputError, match="gone cannot be found from another process"):
        resolve(FunctionRef(module="json", name="gone"))
