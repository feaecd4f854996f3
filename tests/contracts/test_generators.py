"""Generators of statistics keep their promises."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from mainspring.data import Table
from mainspring.data.profiling.generators import Generator, RecognitionGenerator
from mainspring.testing.conformance import GeneratorSuite


class TestRecognition(GeneratorSuite):
    @pytest.fixture
    def generator(self) -> Generator:
        return RecognitionGenerator()

    @pytest.fixture
    def table(self) -> Table:
        days = [f"2024-01-{day:02}" for day in range(1, 20)]
        return Table.from_columns({"day": days, "x": [0.5] * 19, "n": [1_700_000_000 + day for day in range(19)]})


class Total:
    name = "total"

    def measure(self, table: Table, features: Sequence[str]) -> Mapping[str, Any]:
        return {name: {"sum": float(sum(table.to_columns()[name]))} for name in features}

    def merge(self, one: Any, other: Any) -> Any:
        return {"sum": one["sum"] + other["sum"]}


class TestOnesOwn(GeneratorSuite):
    @pytest.fixture
    def generator(self) -> Generator:
        return Total()

    @pytest.fixture
    def table(self) -> Table:
        return Table.from_columns({"x": [0.1, 0.2, 0.3, 1e9, 5.0]})


def test_a_generator_that_does_not_merge_is_found_out() -> None:
    class Mean(Total):
        def measure(self, table: Table, features: Sequence[str]) -> Mapping[str, Any]:
            return {name: sum(table.to_columns()[name]) / max(table.num_rows, 1) for name in features}

        def merge(self, one: Any, other: Any) -> Any:
            return (one + other) / 2

    with pytest.raises(AssertionError):
        GeneratorSuite().test_parts_merge_to_the_whole(Mean(), Table.from_columns({"x": [1.0, 2.0, 3.0, 10.0]}))
