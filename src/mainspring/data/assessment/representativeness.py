"""Whether the data is like the people, or things, that a model will meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.assessment.nouns import Finding, FindingKind, Level
from mainspring.data.comparison import LEVEL, benjamini_hochberg, homogeneity, measure
from mainspring.data.profiling import summarize
from mainspring.data.schema import DriftLimits
from mainspring.data.tables import Table

Shares: TypeAlias = Mapping[str, Mapping[str, float]]
"""Column to value to its share in the population, such as ``{"sex": {"F": 0.51, "M": 0.49}}``."""

OFF: Final = 0.05
"""A value whose share is this far from the population's, or half of it, is worth a word."""
MOST_COPIED: Final = 10
"""A row is there so many times at most; more, and a few people stand for a whole group."""
_SHOWN: Final = 5


def check_representative(table: Table, reference: Table | Shares) -> Iterator[Finding]:
    """Columns whose values have other shares than in a reference: a sample of the population, or known shares.

    Raises:
        InputError: If a column of known shares does not exist, or shares do not add up to 1.
    """
    if isinstance(reference, Table):
        yield from _against_rows(table, reference)
    else:
        yield from _against_shares(table, reference)


def _against_rows(table: Table, reference: Table) -> Iterator[Finding]:
    common = [name for name in table.names if name in reference.names]
    ours, theirs = (summarize(one.select(common)).split("train") for one in (table, reference))
    limits = dict.fromkeys(common, DriftLimits(l_infinity=OFF, jensen_shannon=OFF))
    for one in measure(theirs, ours, between=("the reference", "the data"), limits=limits):
        if one.drifted:
            at = f", most at {one.distances.at!r}" if one.distances.at else ""
            yield _finding(one.path, f"it is {one.value:.3f} ({one.metric}) from the reference{at}", one.value)


def _against_shares(table: Table, shares: Shares) -> Iterator[Finding]:
    _check(table, shares)
    measured = []
    for name, wanted in shares.items():
        counts = _counts(table, name)
        total = sum(counts.values())
        rows = float(max(total, 1)) * 1e6
        # The population is known, not sampled: as if counted on a million times the rows.
        pairs = [(float(counts.get(value, 0)), share * rows) for value, share in wanted.items()]
        measured.append((name, wanted, counts, total, homogeneity(pairs)))
    for (name, wanted, counts, total, _), p_value in zip(
        measured, benjamini_hochberg([one[-1] for one in measured]), strict=True
    ):
        off = [
            (abs(counts.get(value, 0) / total - share) if total else share, value, share)
            for value, share in wanted.items()
        ]
        told = [one for one in sorted(off, reverse=True) if one[0] >= min(OFF, one[2] / 2)]
        if told and p_value <= LEVEL:
            parts = [
                f"{value!r} {counts.get(value, 0) / total:.1%} instead of {share:.1%}" for _, value, share in told
            ]
            yield _finding(name, ", ".join(parts[:_SHOWN]), told[0][0], _copying(name, counts, wanted))
        unknown = sorted(set(counts) - set(wanted))
        if unknown:
            yield _finding(
                name, "values that the reference does not know: " + ", ".join(map(repr, unknown[:_SHOWN])), None
            )


def _copying(name: str, counts: Mapping[str, int], wanted: Mapping[str, float]) -> tuple[Mapping[str, Any], ...]:
    """The step that copies rows until every value has its share; none if it takes too many, or there is none."""
    shares = {value: share for value, share in wanted.items() if share}
    if set(counts) != set(shares):
        return ()
    rows = max(counts[value] / share for value, share in shares.items())
    if any(rows * share > MOST_COPIED * counts[value] for value, share in shares.items()):
        return ()
    ratio = {value: max(round(rows * share), counts[value]) for value, share in shares.items()}
    return ({"step": "augment", "method": "copies", "label": name, "options": {"ratio": ratio}},)


def _finding(name: str, found: str, observed: float | None, steps: tuple[Mapping[str, Any], ...] = ()) -> Finding:
    return Finding(
        kind=FindingKind.NOT_REPRESENTATIVE,
        paths=(name,),
        level=Level.WARNING,
        found=found,
        why="a model is as good as promised only for those it was judged on",
        repair="gather rows of those who are too few; copy those that are there, if they are not too few for that",
        steps=steps,
        observed=observed,
        limit=OFF,
    )


def _counts(table: Table, name: str) -> dict[str, int]:
    quoted = engine.quote(name)
    found = engine.fetch(
        f"SELECT CAST({quoted} AS VARCHAR), count(*) FROM ({table.query()}) WHERE {quoted} IS NOT NULL GROUP BY 1"  # noqa: S608 - names are quoted
    )
    return {str(value): int(count) for value, count in found}


def _check(table: Table, shares: Shares) -> None:
    problems = [f"there is no column {name!r}" for name in shares if name not in table.names]
    problems += [
        f"the shares of {name!r} add up to {sum(wanted.values()):g}"
        for name, wanted in shares.items()
        if abs(sum(wanted.values()) - 1) > 1e-3 or min(wanted.values(), default=0) < 0
    ]
    if problems:
        raise InputError(
            "; ".join(problems), expected="columns of the table, with shares from 0 to 1 that add up to 1"
        )
