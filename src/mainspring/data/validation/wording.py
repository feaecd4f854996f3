"""Whether words are those of the domain, of the right length, and text at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Feature, Range
from mainspring.data.sketches import Frequencies
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.statistics.weights import WeightedWords
from mainspring.data.validation.anomalies import Anomaly, AnomalyType, Severity
from mainspring.data.validation.findings import SHOWN, SLACK, finding, floor, listed, plural


def check_words(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Words outside the domain, too short or too long ones, and bytes that are no text."""
    if feature.domain is not None:
        frequencies = _frequencies(found)
        if frequencies is not None and frequencies.total:
            weighted = found.weighted.words if found.weighted is not None else None
            yield from _domain(feature, feature.domain, frequencies, found.unique, weighted)
    if found.words is not None and found.words.num_invalid_utf8 and feature.type is not ColumnType.BYTES:
        wrong = found.words.num_invalid_utf8
        yield finding(
            AnomalyType.ENUM_TYPE_INVALID_UTF8,
            feature.name,
            found=f"{wrong:,} of {found.num_values:,} values are not valid UTF-8",
            expected="text in UTF-8",
            edit="severities: {ENUM_TYPE_INVALID_UTF8: WARNING}; or read the file with its true encoding",
            observed=wrong,
            limit=0,
        )
    if feature.length is not None:
        yield from _lengths(feature, feature.length, found)


def _frequencies(found: FeatureStatistics) -> Frequencies | None:
    if found.numbers is not None:
        points = found.numbers.quantiles
        counts: dict[str, int] = {}
        for value, count in zip(points.values, points.weights, strict=True):
            word = str(int(value)) if float(value).is_integer() else str(value)
            counts[word] = counts.get(word, 0) + round(count)
        return Frequencies(counts)
    return found.words.frequencies if found.words is not None else None


def _domain(
    feature: Feature,
    domain: Sequence[str],
    found: Frequencies,
    unique: int,
    weighted: WeightedWords | None,
) -> Iterator[Anomaly]:
    known = set(domain)
    outside = [(word, count) for word, count in found.counts.items() if word not in known]
    strange = sum(count for _, count in outside) + _unlisted(known, found, unique)
    if not strange:
        return
    total = found.total
    mass = (total - strange) / total
    if weighted is not None and weighted.total:
        mass = sum(weight for word, weight in weighted.weights.items() if word in known) / weighted.total
    enough = mass >= feature.min_domain_mass - SLACK
    words = ", ".join(repr(word) for word, _ in outside[:SHOWN])
    yield finding(
        AnomalyType.ENUM_TYPE_UNEXPECTED_STRING_VALUES,
        feature.name,
        severity=Severity.WARNING if enough else Severity.ERROR,
        found=f"{strange:,} of {total:,} values ({1 - mass:.2%}) "
        + ("is outside the domain: " if strange == 1 else "are outside the domain: ")
        + listed([f"{word!r} ({plural(count, 'row')})" for word, count in outside]),
        expected=f"at least {feature.min_domain_mass:.2%} of the values from the domain of {len(domain)} words",
        edit=f"domain: add {words}"
        + (" …" if len(outside) > SHOWN else "")
        + ("" if enough else f"; or min_domain_mass: {floor(mass)}"),
        observed=mass,
        limit=feature.min_domain_mass,
    )


def _unlisted(known: set[str], found: Frequencies, unique: int) -> int:
    """At least so many rows with a word that is not listed are outside the domain."""
    open_ = len(known - found.counts.keys())
    return found.rest if not open_ else min(found.rest, max(unique - len(found.counts) - open_, 0))


def _lengths(feature: Feature, length: Range, found: FeatureStatistics) -> Iterator[Anomaly]:
    if found.sizes is not None:
        least, largest, unit = found.sizes.min, found.sizes.max, "byte"
    elif found.words is not None:
        least, largest, unit = found.words.min_length, found.words.max_length, "character"
    else:
        lengths = [len(word) for word in (_frequencies(found) or Frequencies({})).counts]
        least, largest, unit = min(lengths, default=None), max(lengths, default=None), "character"
    if least is None or largest is None:
        yield finding(
            AnomalyType.STATS_NOT_AVAILABLE,
            feature.name,
            found=f"the lengths of {found.type} values are not known",
            expected="statistics with lengths",
            edit=f"leave out length of {feature.name!r}, or take the statistics again",
        )
        return
    for type_, word, key, value, limit in (
        (AnomalyType.STRING_TYPE_TOO_SHORT, "shortest", "min", least, length.min),
        (AnomalyType.STRING_TYPE_TOO_LONG, "longest", "max", largest, length.max),
    ):
        if limit is not None and (value < limit if key == "min" else value > limit):
            yield finding(
                type_,
                feature.name,
                found=f"the {word} value has {plural(value, unit)}",
                expected=f"at {'least' if key == 'min' else 'most'} {limit:,}",
                edit=f"length: {{{key}: {value}}}",
                observed=value,
                limit=limit,
            )
