"""Since when, from the history of a figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mainspring.monitoring.alerts.findings import Finding
from mainspring.monitoring.alerts.onset import onset
from mainspring.monitoring.profiles import FigureHistory
from mainspring.monitoring.seen import Figure

NAN = float("nan")


def begun(folder: Path, values: Sequence[float], value: float, limit: float) -> tuple[float, float | None]:
    history = FigureHistory(folder / "history")
    for number, one in enumerate(values):
        history.append(float(number), {"quality/auc|sex=F": Figure(value=one)})
    finding = Finding(check="quality", code="LOW", subject="auc | sex=F", value=value, limit=limit)
    return onset(finding, history, float(len(values)))


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ([0.9] * 6, 6.0),
        ([0.9] * 6 + [0.84, 0.83], 6.0),  # nearer to the limit of 0.8 than to what is usual
        ([0.9] * 6 + [0.79, 0.86], 8.0),  # it was well again in between
        ([0.9] * 6 + [0.84, NAN, NAN], 6.0),  # what is not known is stepped over
        ([0.9] * 6 + [0.7, 0.84, 0.7], 6.0),
    ],
)
def test_it_is_walked_back_while_the_figure_was_past_its_limit_or_near_it(tmp_path, values, since):
    assert begun(tmp_path, values, 0.7, 0.8) == (since, 0.9)


def test_a_figure_that_must_not_grow_is_walked_back_the_other_way(tmp_path):
    assert begun(tmp_path, [0.1] * 6 + [0.35, 0.5], 0.6, 0.4) == (6.0, 0.1)


def test_with_little_history_only_what_was_past_the_limit_counts(tmp_path):
    assert begun(tmp_path, [0.9, 0.81, 0.7], 0.7, 0.8) == (2.0, None)


def test_without_history_or_figures_it_began_when_it_was_found():
    finding = Finding(check="multivariate", code="DRIFT")
    assert onset(finding, None, 7.0) == (7.0, None)
