"""What is odd about a label: missing, contradictory, given away by a column, of very unequal classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from mainspring.data import engine
from mainspring.data.assessment.association import error_reduction, ranking_area, spearman
from mainspring.data.assessment.coding import Coded
from mainspring.data.assessment.nouns import Finding, FindingKind, Level, leaving_out
from mainspring.data.celltypes import ColumnType
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

GIVES_AWAY: Final = 0.95
"""From this area under the curve (or rank correlation, or share of errors avoided) on a column is the answer."""
FEW_GIVEAWAYS: Final = 2
"""A leak stands out. Where more columns are as good, the label is simply easy to tell."""
UNEQUAL_CLASSES: Final = 0.1
RARE_CLASS: Final = 0.01
MOST_CLASSES: Final = 30
_SHOWN: Final = 3


def check_missing_labels(table: Table, label: str) -> Iterator[Finding]:
    """Rows without a label."""
    missing = table.where(f"{engine.quote(label)} IS NULL").num_rows
    if missing:
        yield Finding(
            kind=FindingKind.MISSING_LABELS,
            paths=(label,),
            level=Level.WARNING,
            found=f"{missing:,} of {table.num_rows:,} rows have no label",
            why="they cannot be learnt from; if it is not chance which rows have none, the rest mislead",
            repair="take only rows with a label, or label them",
            steps=({"step": "ingest", "where": f"{engine.quote(label)} IS NOT NULL"},),
            observed=missing / table.num_rows,
        )


def check_conflicts(table: Table, label: str) -> Iterator[Finding]:
    """Equal inputs with different labels: the ceiling of every model."""
    inputs = [column.name for column in table.columns if column.name != label]
    if not inputs or not table.num_rows:
        return
    row = f"hash({', '.join(f'this.{engine.quote(name)}' for name in inputs)})"
    answer = f"this.{engine.quote(label)}"
    counted = (
        f"SELECT {row} AS h, count(*) AS n FROM ({table.query()}) AS this "  # noqa: S608 - names are quoted
        f"WHERE {answer} IS NOT NULL GROUP BY h, {answer}"
    )
    grouped = f"SELECT sum(n) AS n, max(n) AS most, count(*) AS labels FROM ({counted}) GROUP BY h"  # noqa: S608 - our own query
    total, rows, kinds, best = engine.fetch(
        "SELECT sum(n), sum(n) FILTER (labels > 1), count(*) FILTER (labels > 1), sum(most) "  # noqa: S608 - our own query
        f"FROM ({grouped})"
    )[0]
    if kinds:
        ceiling = int(best) / int(total)
        yield Finding(
            kind=FindingKind.CONFLICTING_LABELS,
            paths=(label,),
            level=Level.WARNING if int(rows) / int(total) >= 0.01 else Level.NOTE,
            found=f"{int(rows):,} rows have the inputs of others and another label ({int(kinds):,} such inputs); "
            f"no model can get more than {math.floor(ceiling * 10_000) / 100:.2f}% of all rows right",
            why="either the labels are wrong, or what tells these rows apart is not among the columns",
            repair="have the rows labelled again, or add the column that tells them apart",
            observed=int(rows) / int(total),
        )


def check_leakage(coded: Mapping[str, Coded], label: str) -> Iterator[Finding]:
    """Columns that alone give the label away, by their values or by being missing."""
    target = coded.get(label)
    if target is None or target.constant:
        return
    strong = [
        (one.name, score, how)
        for one in coded.values()
        if one.name != label and not one.constant
        for score, how in [_giveaway(one, target)]
        if score >= GIVES_AWAY
    ]
    easy = len(strong) > FEW_GIVEAWAYS
    for name, score, how in strong:
        yield Finding(
            kind=FindingKind.LABEL_LEAKAGE,
            paths=(name, label),
            level=Level.NOTE if easy else Level.PROBLEM,
            found=f"{name!r} alone tells {label!r} ({how} {score:.3f})"
            + (f"; {len(strong)} columns do: the label may simply be easy" if easy else ""),
            why="what knows the answer is often filled in after it, and is not there when it is asked for",
            repair="leave the column out if it is not known at prediction time",
            steps=leaving_out(name),
            observed=score,
            limit=GIVES_AWAY,
        )


def _giveaway(one: Coded, label: Coded) -> tuple[float, str]:
    import numpy as np

    scores = [(0.0, "")]
    if label.values is not None and len(label.texts) > MOST_CLASSES:
        if one.values is not None:
            scores.append((abs(spearman(one.values, label.values)), "rank correlation"))
        return max(scores)
    known = ~label.missing
    classes = label.codes[known]
    scores.append((error_reduction(one.codes[known], classes), "share of errors avoided"))
    scores.append(
        (error_reduction(one.missing[known].astype(np.int64), classes), "missing or not, errors avoided")
    )
    if one.values is not None:
        areas = [ranking_area(one.values[known], classes == each) for each in np.unique(classes)]
        # Of many classes, only all of them together are the label.
        two_sided = [max(area, 1 - area) for area in areas]
        scores.append((min(two_sided) if len(areas) > 1 else 0.0, "area under the ROC curve"))
    return max(scores)


def check_classes(table: Table, label: str) -> Iterator[Finding]:
    """Classes that are very rare beside others."""
    counts = class_counts(table, label)
    if len(counts) < 2:
        return
    (most, largest), (rare, smallest) = counts[0], counts[-1]
    share = smallest / sum(count for _, count in counts)
    if smallest / largest >= UNEQUAL_CLASSES:
        return
    yield Finding(
        kind=FindingKind.CLASS_IMBALANCE,
        paths=(label,),
        level=Level.WARNING if share >= RARE_CLASS else Level.PROBLEM,
        found=f"{rare!r} has {smallest:,} rows ({share:.2%}), {most!r} {largest:,}",
        why=f"always saying {most!r} is right in {largest / sum(count for _, count in counts):.1%} of the rows",
        repair="judge by recall per class and area under the precision-recall curve; weigh classes, or oversample "
        "the rare one in the training split only; split stratified",
        steps=(
            {"step": "train", "class_weights": "balanced"},
            {"step": "augment", "method": "copies", "label": label},
        ),
        observed=smallest / largest,
        limit=UNEQUAL_CLASSES,
        examples=tuple(f"{name!r} {count:,}" for name, count in counts[-_SHOWN:]),
    )


def class_counts(table: Table, label: str) -> list[tuple[str, int]]:
    """The classes of a label with their rows, the largest first; empty if it is a number to be predicted."""
    if table.type_of(label) in {ColumnType.FLOAT, ColumnType.DATE, ColumnType.TIMESTAMP}:
        return []
    name = engine.quote(label)
    found = engine.fetch(
        f"SELECT CAST({name} AS VARCHAR) AS v, count(*) AS n FROM ({table.query()}) "  # noqa: S608 - names are quoted
        f"WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, v LIMIT {MOST_CLASSES + 1}"
    )
    return [(str(value), int(count)) for value, count in found] if len(found) <= MOST_CLASSES else []


def positive_of(counts: list[tuple[str, int]], coded: Coded) -> np.ndarray:
    """Per row, whether it is of the class that comes last in the order of the words (``yes``, ``true``, ``1``)."""
    last = max(name for name, _ in counts)
    place = list(coded.texts).index(last) if last in coded.texts else -1
    found: np.ndarray = coded.codes == place
    return found
