"""The suite of :class:`mainspring.data.profiling.generators.Generator`."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from mainspring.data.profiling.generators import Generator, measure_custom
from mainspring.data.tables import Table


class GeneratorSuite:
    """All promises of a generator of statistics. Floats may differ by 1e-9 of their size."""

    @pytest.fixture
    def generator(self) -> Generator:
        """The generator: to be given by the test class."""
        raise NotImplementedError("override the fixture `generator`")

    @pytest.fixture
    def table(self) -> Table:
        """Rows that the generator has something to say about: at least four; to be given by the test class."""
        raise NotImplementedError("override the fixture `table`")

    def test_it_has_a_name(self, generator: Generator) -> None:
        assert isinstance(generator.name, str)
        assert generator.name

    def test_it_finds_something_and_the_same_each_time(self, generator: Generator, table: Table) -> None:
        found = self._measured(generator, table)
        assert found
        assert self._measured(generator, table) == found

    def test_it_tells_only_of_features_it_was_asked_about(self, generator: Generator, table: Table) -> None:
        assert measure_custom(table, [generator], []) == {}

    def test_parts_merge_to_the_whole(self, generator: Generator, table: Table) -> None:
        rows = table.num_rows
        whole = self._measured(generator, table)
        for cuts in ((0, 1, rows), (0, rows // 2, rows), (0, 1, rows // 2, rows), (0, 0, rows)):
            parts = [
                self._measured(generator, table.rows(start, stop)) for start, stop in itertools.pairwise(cuts)
            ]
            self._check(functools.reduce(functools.partial(self._merged, generator), parts), whole)

    def test_the_order_of_parts_does_not_matter(self, generator: Generator, table: Table) -> None:
        third = table.num_rows // 3
        one, two, three = (
            self._measured(generator, table.rows(start, stop))
            for start, stop in ((0, third), (third, 2 * third), (2 * third, table.num_rows))
        )
        merged = functools.partial(self._merged, generator)
        self._check(merged(merged(three, one), two), merged(one, merged(two, three)))

    def test_a_table_without_rows_is_no_error(self, generator: Generator, table: Table) -> None:
        whole = self._measured(generator, table)
        self._check(self._merged(generator, whole, self._measured(generator, table.rows(0, 0))), whole)

    def _measured(self, generator: Generator, table: Table) -> dict[str, Any]:
        # The figures come back as they would from a file.
        found = measure_custom(table, [generator], table.names)
        return {name: figures[generator.name] for name, figures in found.items()}

    def _merged(self, generator: Generator, one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
        both = {name: generator.merge(one[name], other[name]) for name in one if name in other}
        return {**one, **other, **both}

    def _check(self, found: Any, expected: Any) -> None:
        if isinstance(expected, Mapping):
            assert found.keys() == expected.keys()
            for name, value in expected.items():
                self._check(found[name], value)
        elif isinstance(expected, list):
            assert len(found) == len(expected)
            for one, other in zip(found, expected, strict=True):
                self._check(one, other)
        else:
            assert found == (pytest.approx(expected, rel=1e-9) if isinstance(expected, float) else expected)
