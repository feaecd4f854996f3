"""Figures of weights, text, images and generators in short lines, and of pairs of features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mainspring.data.viewing.wording import figure, percent, shortened

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics, TableStatistics

Lines = list[tuple[str, str]]
_PAIRS = 200


def theme_lines(feature: FeatureStatistics) -> Lines:
    """What was measured of one feature on request, as pairs of a word and a sentence."""
    found: Lines = []
    if feature.weighted is not None:
        found += _weighted(feature.weighted)
    if feature.text is not None:
        found += _text(feature.text)
    if feature.images is not None:
        found += _images(feature.images)
    return found + [line for name, value in feature.custom.items() for line in _custom(name, value)]


def association_lines(table: TableStatistics, name: str) -> Lines:
    """How closely a feature and the label go together, if that was measured."""
    crosses = table.crosses
    if crosses is None or name not in crosses.contingencies:
        return []
    found = crosses.association(name)
    lines = [
        ("mutual information", f"{figure(found.mutual_information)} nats"),
        ("adjusted", figure(round(found.adjusted_mutual_information, 4))),
        ("Cramér's V", figure(round(found.cramers_v, 4))),
        ("Theil's U", figure(round(found.theils_u, 4))),
    ]
    lifts = crosses.lift(name, number=3, least=5)
    told = [
        f"{shortened(str(one.label), 20)} with {shortened(str(one.value), 24)}: {figure(one.lift)} times"
        for one in lifts
    ]
    return lines + [("lift", "; ".join(told))] * bool(told)


def crosses_form(table: TableStatistics) -> dict[str, Any]:
    """Pairs of features as JSON: each with the label, and the closest correlations."""
    crosses = table.crosses
    if crosses is None:
        return {}
    found: dict[str, Any] = {}
    if crosses.contingencies:
        found["label"] = crosses.label
        found["associations"] = {
            name: {
                "mutual_information": one.mutual_information,
                "adjusted_mutual_information": one.adjusted_mutual_information,
                "cramers_v": one.cramers_v,
                "theils_u": one.theils_u,
            }
            for name, one in crosses.associations().items()
        }
    pairs = crosses.moments.strongest(_PAIRS) if crosses.moments is not None else ()
    return found | ({"correlations": [{"a": a, "b": b, "value": value} for a, b, value in pairs]} if pairs else {})


def _weighted(found: Any) -> Lines:
    lines = [("weighted by", found.by)] if found.by else []
    total = found.num_missing + found.num_non_missing
    lines.append(("weighted missing", percent(found.num_missing / total) if total else percent(0.0)))
    if found.numbers is not None and found.numbers.mean is not None:
        numbers = found.numbers
        lines.append(("weighted mean", f"{figure(numbers.mean)} ± {figure(numbers.std_dev)}"))
        lines.append(("weighted median", figure(numbers.median)))
    if found.words is not None and found.words.total:
        told = [
            f"{shortened(word, 30)} {percent(weight / found.words.total)}" for word, weight in found.words.top(3)
        ]
        lines.append(("weighted top values", ", ".join(told)))
    return lines


def _text(found: Any) -> Lines:
    lines = [
        (
            "tokens per text",
            f"{figure(found.min_tokens)} to {figure(found.max_tokens)}, {figure(found.avg_tokens)} on average",
        ),
        ("letters per token", span(found.min_token_length, found.max_token_length, found.avg_token_length)),
        ("different tokens", figure(found.unique)),
        ("most frequent", ", ".join(shortened(word, 20) for word, _ in found.tokens.top(10))),
    ]
    if found.coverage is not None:
        lines.append(("in the vocabulary", percent(found.coverage)))
    if found.scripts:
        lines.append(("scripts", _shares(found.scripts)))
    return lines


def _images(found: Any) -> Lines:
    lines = [("formats", _shares(found.formats))] if found.formats else []
    lines.append(("unreadable", figure(found.num_unreadable)))
    lines.append(
        ("bytes", f"{figure(found.min_bytes)} to {figure(found.max_bytes)}, {figure(found.avg_bytes)} on average")
    )
    if found.min_height is not None:
        lines.append(("height", f"{figure(found.min_height)} to {figure(found.max_height)} pixels"))
        lines.append(("width", f"{figure(found.min_width)} to {figure(found.max_width)} pixels"))
    return lines


def _custom(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, int | float | str):
        yield name, shortened(figure(value), 60)
    elif isinstance(value, Mapping):
        for key, one in list(value.items())[:12]:
            if isinstance(one, int | float | str):
                yield f"{name}: {key}", shortened(figure(one), 60)


def span(least: float | None, most: float | None, mean: float) -> str:
    """Both ends and the mean of a figure."""
    return f"{figure(least)} to {figure(most)}, {figure(mean)} on average"


def _shares(counts: Mapping[str, int]) -> str:
    total = sum(counts.values()) or 1
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
    return ", ".join(f"{shortened(name, 20)} {percent(count / total)}" for name, count in most)
