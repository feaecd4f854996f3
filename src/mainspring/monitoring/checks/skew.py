"""Skew between training and serving: every finding with a reason and a code of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.correction import Spending
from mainspring.monitoring.seen import Figure, Judged, Seen
from mainspring.monitoring.skew import (
    Material,
    Relation,
    answers_as_inputs,
    answers_as_truth,
    changes_since,
    check_schema,
    find_stale,
    relate,
    same_answers,
)
from mainspring.monitoring.skew.codes import MISSING, RANGE, RELATION, UNAVAILABLE, WORDS
from mainspring.serving.outliers.domain import domain_of

_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True)
class SkewCheck:
    """Holds a window against training, the schema for serving, and the window before; finds what is broken.

    =========================  ===================================================================================
    code                       finding
    =========================  ===================================================================================
    ``FEATURE_UNAVAILABLE``    a column that the model asks for is gone, or never has a value
    ``MISSING_VALUES``         more rows without a value than the schema allows, or than in training
    ``DENSE_TO_SPARSE``        missing values, zeros, or one default take the place of values
    ``DEFAULT_FILLED``         a value stands where it was missing
    ``UNIT_CHANGED``           numbers are multiplied by the factor of a unit, or moved by an offset
    ``STALE_FEATURE``          one value for all, the values of the window before, a clock that stopped
    ``LAGGING_FEATURE``        a clock that is further behind than it was
    ``TYPE_CHANGED``           words for numbers, lists for values
    ``NEW_VALUES``             words that training or the schema do not know
    ``OUT_OF_RANGE``           numbers beyond the schema's range, NaN, infinities
    ``CONSTANT_PREDICTION``    one answer takes the place of many
    ``RELATION_CHANGED``       an input hangs together with the prediction otherwise than in the reference
    ``FEEDBACK_LOOP``          an answer comes back as an input
    ``TRUTH_IS_THE_ANSWER``    an answer comes back as truth
    ``WRITTEN_OTHERWISE``      the same words in other letters
    ``ROUNDED``                digits after the point are gone
    ``COLUMNS_SWAPPED``        two columns have changed places
    ``COLUMN_RENAMED``         a column came under another name
    ``SCHEMA_VIOLATED``        anything else that the schema does not allow
    =========================  ===================================================================================

    Single rows cannot be compared with training; where the same rows are known from both sides,
    :func:`mainspring.data.joined_skew` does that.

    Args:
        exclude: Inputs to leave out.
        least_rows: With fewer rows only columns that are gone are told of.
        false_alarms: How often relations may alarm by chance, in words; other findings are too large for chance.
        sure: How much of a difference a familiar change must explain, from 0 to 1.
        previous: Whether to compare with the window before, too.
        relation: How far the correlation of an input with the prediction may move.
        keys: Inputs whose values name an entity, such as a customer, to follow answers to its next request.
        lag: How many requests of the entity lie between an answer and the input that it may come back as.
        copied: The least share of rows in which an input is an earlier answer, beyond chance.
        steered: The least partial correlation of an input with an earlier answer.
    """

    name: ClassVar[str] = "skew"
    on_truth: ClassVar[bool] = False

    exclude: tuple[str, ...] = ()
    least_rows: int = 100
    false_alarms: str = "1 per 30d"
    sure: float = 0.5
    previous: bool = True
    relation: float = 0.2
    keys: tuple[str, ...] = ()
    lag: int = 1
    copied: float = 0.2
    steered: float = 0.5

    def __post_init__(self) -> None:
        """Check the options."""
        Spending.of(self.false_alarms, {})
        if self.lag < 1 or self.least_rows < 1:
            raise InputError(
                f"a lag of {self.lag}, and at least {self.least_rows} rows", expected="1 or more of each"
            )
        shares = {"sure": self.sure, "relation": self.relation, "copied": self.copied, "steered": self.steered}
        wrong = [f"{name}: {value}" for name, value in shares.items() if not 0 <= value <= 1]
        if wrong:
            raise InputError(", ".join(wrong), expected="numbers from 0 to 1")

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window."""
        material, rows = Material.of(seen, self.exclude), seen.window.table.num_rows
        if rows < self.least_rows:
            message = f"{rows} rows are too few to look for skew, {self.least_rows} are needed"
            reasons = [
                Reason(ok=True, code="TOO_FEW_ROWS", message=message, observed=float(rows)),
                *_gone(material),
            ]
            return Judged(verdict=Verdict.of(self.name, reasons), memory=memory)
        spending = Spending.of(self.false_alarms, memory)
        related = relate(material)
        length = seen.window.until - seen.window.since
        level = spending.level(length)
        still, kept = find_stale(material, memory, since=seen.window.since, length=length)
        moved = [one for one in related if one.adjusted_p < level and one.moved >= self.relation]
        spending.spend(min((one.adjusted_p for one in moved), default=1.0))
        found = [
            *check_schema(material),
            *changes_since(material.trained, material.served, since="training", sure=self.sure),
            *self._since_the_window_before(material),
            *still,
            *same_answers(material),
            *(_related(one, self.relation) for one in moved),
            *answers_as_inputs(material, keys=self.keys, lag=self.lag, copied=self.copied, steered=self.steered),
            *answers_as_truth(material),
            *_not_looked_at(material),
        ]
        reasons = _once(found)
        return Judged(
            verdict=Verdict.of(
                self.name, reasons, {"rows": rows, "reference_rows": material.trained.num_examples}
            ),
            figures={**_presence(material), **_relations(related)},
            memory={**kept, **spending.as_dict()},
            rows=_examples(material, reasons),
        )

    def _since_the_window_before(self, material: Material) -> Iterable[Reason]:
        if not self.previous:
            return ()
        if material.previous is None:
            message = "there is no window before to compare with"
            return [Reason(ok=True, code="NO_PREVIOUS", message=message)]
        if material.previous.num_examples < self.least_rows:
            return ()
        return changes_since(material.previous, material.served, since="the window before", sure=self.sure)


def _gone(material: Material) -> Iterator[Reason]:
    if not material.rows.num_rows:
        return
    for name in material.inputs:
        if name not in material.served.features:
            message = f"column {name!r} is gone: no request has it"
            yield Reason(ok=False, code=UNAVAILABLE, message=message, subject=name, observed=1.0, expected=0.0)


def _not_looked_at(material: Material) -> Iterator[Reason]:
    if material.answered is None:
        message = (
            "the package keeps no rows: whether inputs hang together with predictions as they did is not known"
        )
        yield Reason(ok=True, code="NO_REFERENCE_ROWS", message=message)


def _related(one: Relation, limit: float) -> Reason:
    message = (
        f"column {one.column!r} hangs together with {one.score!r} otherwise than in the reference: Spearman "
        f"{one.before:.2f} became {one.after:.2f} (adjusted p {one.adjusted_p:.2g})"
    )
    return Reason(ok=False, code=RELATION, message=message, subject=one.column, observed=one.moved, expected=limit)


def _once(reasons: Iterable[Reason]) -> list[Reason]:
    """One reason of each code and subject: of several the first that is not ok."""
    found: dict[tuple[str, str | None], Reason] = {}
    for one in reasons:
        key = (one.code, one.subject)
        if key not in found or (found[key].ok and not one.ok):
            found[key] = one
    return list(found.values())


def _presence(material: Material) -> dict[str, Figure]:
    """The share of rows without a value, by input."""
    rows = material.served.num_examples
    served = material.served.features
    return {
        f"missing.{name}": Figure(value=1.0 - served[name].presence if name in served else 1.0)
        for name in material.inputs
        if rows
    }


def _relations(related: Sequence[Relation]) -> dict[str, Figure]:
    """The correlation of every input with the prediction; with several classes the one that moved most."""
    found: dict[str, Relation] = {}
    for one in related:
        if one.column not in found or one.moved > found[one.column].moved:
            found[one.column] = one
    return {f"relation.{name}": Figure(value=one.after, low=one.low, high=one.high) for name, one in found.items()}


def _examples(material: Material, reasons: Iterable[Reason]) -> list[int]:
    """Rows with values that are missing, out of range or unknown, those with most of them first."""
    wanted = {
        one.subject
        for one in reasons
        if not one.ok and one.code in (MISSING, RANGE, WORDS, UNAVAILABLE) and one.subject in material.rows.names
    }
    if not wanted:
        return []
    names = [name for name in material.inputs if name in wanted]
    known = [name for name in names if _alike(material, name)]
    columns = {name: material.rows.column(name) for name in names}
    odd = np.zeros(material.rows.num_rows)
    for name in names:
        missing = [value is None or value != value for value in columns[name].tolist()]
        odd += np.array(missing, dtype=np.float64)
    domain = domain_of(material.trained, material.schema, known)
    if domain.columns:
        odd += domain.scores(columns)
    order = np.argsort(-odd, kind="stable")[:_SHOWN]
    return [int(place) for place in order if odd[place] > 0]


def _alike(material: Material, name: str) -> bool:
    """Whether a column is of words on both sides, or of numbers."""
    words = material.trained.features[name].words is not None
    kind = material.trained.features[name].type
    return (material.rows.column(name).dtype == object) == (words and kind != "BOOL")
