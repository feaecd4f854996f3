"""Whether points in time are written as the schema says."""

from __future__ import annotations

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


def _unreadable(words: list[str], form: str) -> list[str]:
    # The engine reads the rows too: so one row and all rows are judged alike.
    query = "SELECT v FROM (SELECT unnest($words) AS v) WHERE TRY_STRPTIME(v, $form) IS NULL"
    return [str(row[0]) for row in engine.fetch(query, {"words": words, "form": form})] if words else []
