from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table
from mainspring.data.profiling.generators import (
    Generator,
    RecognitionGenerator,
    generators_of,
    measure_custom,
    register,
)
from mainspring.data.statistics import custom
from mainspring.data.statistics.custom import merged_custom
from mainspring.data.statistics.recognition import Kind, formats_of


class Longest:
    name = "longest"

    def measure(self, table: Table, features: Sequence[str]) -> Mapping[str, Any]:
        return {name: max(map(len, table.to_columns()[name])) for name in features if name == "note"}

    def merge(self, one: Any, other: Any) -> Any:
        return max(one, other)


class Says:
    def __init__(self, figure: Any, feature: str = "note", name: str = "says") -> None:
        self.name = name
        self._found = {feature: figure}

    def measure(self, table: Table, features: Sequence[str]) -> Mapping[str, Any]:
        return self._found

    def merge(self, one: Any, other: Any) -> Any:
        return one


TABLE = Table.from_columns({"note": ["a", "bcd"], "n": [1, 2]})


def test_a_generator_measures_and_merges() -> None:
    (generator,) = generators_of([Longest()])
    assert isinstance(generator, Generator)
    assert measure_custom(TABLE, [generator], ["note", "n"]) == {"note": {"longest": 3}}
    assert merged_custom([{"longest": 3}, {}, {"longest": 5}]) == {"longest": 5}


def test_figures_are_as_they_will_be_read_from_a_file() -> None:
    found = measure_custom(TABLE, [Says({"a": (1, 2.5), "b": [None, True, "x"]})], ["note"])
    assert found["note"]["says"] == {"a": [1, 2.5], "b": [None, True, "x"]}


@pytest.mark.parametrize("figure", [float("nan"), [float("inf")], object(), {1: 2}, {"a": {"b": float("nan")}}])
def test_other_figures_are_refused(figure: Any) -> None:
    with pytest.raises(InputError, match="'says' found"):
        measure_custom(TABLE, [Says(figure)], ["note"])


def test_what_is_no_generator_is_refused() -> None:
    with pytest.raises(InputError, match="no generator"):
        generators_of([object()])  # type: ignore[list-item]
    with pytest.raises(InputError, match="no generator"):
        register(Says(1, name=""))
    with pytest.raises(InputError, match="name says"):
        generators_of([Says(1), Says(2)])
    with pytest.raises(InputError, match="tells of gone"):
        measure_custom(TABLE, [Says(1, "gone")], ["note"])
    with pytest.raises(NotFoundError, match="recognition"):
        generators_of(["nobody's"])


def test_figures_of_unknown_making_cannot_be_merged() -> None:
    assert merged_custom([{"stranger": 1}]) == {"stranger": 1}
    with pytest.raises(InputError, match="'stranger' cannot be merged"):
        merged_custom([{"stranger": 1}, {"stranger": 2}])


def test_recognition_comes_in_through_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    (generator,) = generators_of(["recognition"])
    assert isinstance(generator, RecognitionGenerator)
    table = Table.from_columns({"mail": [f"{i}@x.org" for i in range(8)], "x": [0.5] * 8})
    one = measure_custom(table, [generator], ["mail", "x"])
    assert list(one) == ["mail"]
    # What a plugin offers is found again in a process that did not measure.
    monkeypatch.setattr(custom, "_KNOWN", {})
    merged = merged_custom([one["mail"], one["mail"]])
    found = formats_of(merged["recognition"])
    assert (found.num_values, found.recognition().kind) == (16, Kind.EMAIL)
    assert found.distinct is not None
    assert found.distinct.estimate() == 8
