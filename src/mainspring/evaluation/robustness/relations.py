"""Metamorphic tests: how answers must stay, rise or fall where rows are changed in a known way, labels or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Reason, Verdict
from mainspring.evaluation.explanation.asking import Asked, Columns
from mainspring.evaluation.ports import Predictor

if TYPE_CHECKING:
    from mainspring.data import Table

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Expectation = Literal["same", "same_answer", "rises", "falls"]
Holds = Callable[[Floats, Floats], Bools]
"""From the figures before and after, both ``[n]``: for which rows the relation holds."""

_EXPECTATIONS = ("same", "same_answer", "rises", "falls")
EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A law between a row and a changed copy of it.

    Attributes:
        name: What it is called in verdicts.
        change: From raw columns (as :meth:`Table.column` gives them) to those that are different; the others stay.
        expect: ``"same"``: the figure moves by no more than the tolerance; ``"same_answer"``: the class stays;
            ``"rises"``, ``"falls"``: the figure does not move the other way by more than the tolerance; or a
            function of the figures before and after.
        tolerance: How far a figure may move against the law.
        where: Which rows it is about; all without it.

    Raises:
        InputError: If the expectation is none of these.

    Example:
        >>> older = Relation(name="older is no riskier", change=lambda c: {"age": c["age"] + 1}, expect="falls")
    """

    name: str
    change: Callable[[Columns], Mapping[str, npt.NDArray[Any]]]
    expect: Expectation | Holds = "same"
    tolerance: float = 1e-9
    where: Callable[[Columns], Bools] | None = None

    def __post_init__(self) -> None:
        if not callable(self.expect) and self.expect not in _EXPECTATIONS:
            raise InputError(
                f"{self.name!r} expects {self.expect!r}",
                expected="a function, or one of " + ", ".join(_EXPECTATIONS),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How a relation did.

    Attributes:
        name: Of the relation.
        rows: Rows that it was about.
        broken: Rows that broke it.
        examples: The worst of them: index of the row, figure before and after.
    """

    name: str
    rows: int
    broken: int
    examples: tuple[tuple[int, float, float], ...] = field(default=())

    @property
    def share(self) -> float:
        """The share of rows that broke it; 0 without rows."""
        return self.broken / self.rows if self.rows else 0.0


def check_relations(
    predictor: Predictor, table: Table, relations: Sequence[Relation], *, output: str | None = None
) -> tuple[Kept, ...]:
    """Change rows, ask again, and count where the law is broken.

    Args:
        predictor: The model.
        table: Rows, labelled or not.
        relations: The laws.
        output: The class whose probability is looked at; the positive one of two without it.

    Raises:
        InputError: If a change gives a column that does not exist, or one of another length.
    """
    asked = Asked.of(predictor, table, output=output)
    columns = asked.columns(table)
    before, chosen = asked.answers(columns)
    found = []
    for one in relations:
        kept = np.ones(table.num_rows, dtype=np.bool_) if one.where is None else one.where(columns)
        changed = dict(one.change(columns))
        wrong = [name for name, values in changed.items() if name not in columns or len(values) != table.num_rows]
        if wrong:
            raise InputError(
                f"{one.name!r} changes {', '.join(map(repr, wrong))}, which does not fit",
                expected=f"columns of the table, each with {table.num_rows} values",
            )
        after, answers = asked.answers({**columns, **changed})
        holds = _holds(one, before, after, chosen == answers)
        broken = np.flatnonzero(kept & ~holds)
        worst = broken[np.argsort(-np.abs(after - before)[broken], kind="stable")][:EXAMPLES]
        found.append(
            Kept(
                name=one.name,
                rows=int(kept.sum()),
                broken=len(broken),
                examples=tuple((int(row), float(before[row]), float(after[row])) for row in worst),
            )
        )
    return tuple(found)


def judge_relations(
    kept: Sequence[Kept], *, at_most: float | Mapping[str, float] = 0.0, gate: str = "relations"
) -> Verdict:
    """Whether laws hold for enough rows: at most so large a share may break each.

    A law that is about no row fails: it was not tested.
    """
    reasons = []
    for one in kept:
        bound = at_most.get(one.name, 0.0) if isinstance(at_most, Mapping) else at_most
        ok = one.rows > 0 and one.share <= bound
        if not one.rows:
            message = f"{one.name}: it is about none of the rows"
        else:
            message = f"{one.name}: {one.broken} of {one.rows} rows break it"
            if one.examples:
                row, before, after = one.examples[0]
                message += f", such as row {row}: {before:.4g}, then {after:.4g}"
        code = "RELATION_HOLDS" if ok else "RELATION_BROKEN" if one.rows else "NOT_TESTED"
        reasons.append(
            Reason(ok=ok, code=code, message=message, subject=one.name, observed=one.share, expected=bound)
        )
    if not reasons:
        reasons = [Reason(ok=False, code="NO_RELATIONS", message="there is no relation, so nothing was tested")]
    return Verdict.of(gate, reasons)


def _holds(one: Relation, before: Floats, after: Floats, same: Bools) -> Bools:
    if callable(one.expect):
        return np.asarray(one.expect(before, after), dtype=np.bool_)
    laws: dict[str, Bools] = {
        "same": np.abs(after - before) <= one.tolerance,
        "same_answer": same,
        "rises": after >= before - one.tolerance,
        "falls": after <= before + one.tolerance,
    }
    return laws[one.expect]
