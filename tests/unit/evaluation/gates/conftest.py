"""Evaluations written out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mainspring.core import Slice
from mainspring.evaluation import Evaluation, Interval, Measured

Made = Callable[..., Evaluation]


@pytest.fixture
def made() -> Made:
    """Makes an evaluation: figures by name; ``slices`` by sex; ``intervals`` by name."""

    def make(
        slices: Mapping[str, Mapping[str, float]] | None = None,
        intervals: Mapping[str, tuple[float, float]] | None = None,
        *,
        count: int = 1000,
        unreadable: str | None = None,
        **values: float,
    ) -> Evaluation:
        spreads = {name: Interval(*ends) for name, ends in (intervals or {}).items()}
        reasons = {name: "no positives" for name, value in values.items() if value != value}
        measured = {Slice(): Measured(count, values, spreads, reasons)}
        for sex, figures in (slices or {}).items():
            measured[Slice.of(sex=sex)] = Measured(int(figures.get("count", 50)), figures)
        return Evaluation(
            task="classification", label="y", split="eval", measured=measured, positive="1", unreadable=unreadable
        )

    return make
