"""Whether points in time are written as the schema says."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Feature
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import finding, listed, plural


def check_times(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Texts that are not written in the format. Beyond 1,000 different ones, the most frequent are looked at."""
    if feature.time is None or feature.time.format is None or found.words is None:
        return
    if found.type is not ColumnType.STRING:
        return
    problem = format_problem(feature.time.format)
    if problem:
        yield finding(
            AnomalyType.INVALID_DOMAIN_SPECIFICATION,
            feature.name,
            found=f"the time format {feature.time.format!r} cannot be read: {problem}",
            expected="a format as strptime takes it",
            edit="leave out time",
        )
        return
    frequencies = found.words.frequencies
    strange = _unreadable(list(frequencies.counts), feature.time.format)
    if strange:
        wrong = sum(frequencies.counts[word] for word in strange)
        yield finding(
            AnomalyType.TIME_TYPE_UNEXPECTED_FORMAT,
            feature.name,
            found=f"{wrong:,} of {frequencies.total:,} values are written in another way: "
            + listed([f"{word!r} ({plural(frequencies.counts[word], 'row')})" for word in strange]),
            expected=f"times written as {feature.time.format}",
            edit="leave out time",
            observed=wrong,
            limit=0,
        )


@functools.cache
def format_problem(form: str) -> str:
    """Why a format cannot be used; empty if it can.

    Example:
        >>> format_problem("%d/%m/%Y"), format_problem("%Y %Q")
        ('', 'Unrecognized format for strftime/strptime: %Q')
    """
    try:
        engine.fetch("SELECT TRY_STRPTIME('', $form)", {"form": form})
    except engine.error() as error:
        return str(error).strip().splitlines()[0].rsplit(f"{form}: ", 1)[-1]
    return ""


def _unreadable(words: list[str], form: str) -> list[str]:
    # The engine reads the rows too: so one row and all rows are judged alike.
    query = "SELECT v FROM (SELECT unnest($words) AS v) WHERE TRY_STRPTIME(v, $form) IS NULL"
    return [str(row[0]) for row in engine.fetch(query, {"words": words, "form": form})] if words else []
