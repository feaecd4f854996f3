"""Model extraction: how good a copy somebody can train from nothing but answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from mainspring.core import InputError, Reason, Verdict
from mainspring.core.records import Value
from mainspring.evaluation.explanation.asking import Asked, taken
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.fairness.mitigation.pricing import Fit
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.robustness.attacks.target import Raw
from mainspring.evaluation.stored import StoredWithoutTime

if TYPE_CHECKING:
    from mainspring.data import Table

QUERIES = (50, 200, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy of a model.

    Attributes:
        queries: Rows that the model was asked about to make it.
        fidelity: The share of other rows that both answer alike.
        interval: 95 % interval of it.
    """

    queries: int
    fidelity: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction(StoredWithoutTime):
    """How well a model can be copied by asking.

    Attributes:
        found: A copy for each number of queries, the fewest first.
        baseline: Fidelity of always giving the model's commonest answer: what a copy has for nothing.
        rows: Rows that copies were held against.
        made_up: Whether queries were made up, with each column drawn apart from the others.
        spent: What the model was asked; no part of equality.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Extraction"
    FILE: ClassVar[str] = "extraction.json"

    found: tuple[Copied, ...]
    baseline: float
    rows: int
    made_up: bool
    spent: Spent = field(default=NOTHING, compare=False)

    def judge(
        self, *, fidelity_at_most: float, within: float = math.inf, gate: str = "model extraction"
    ) -> Verdict:
        """Whether so many queries do not give a copy that good: refused where the lower end is above the bound."""
        reasons = [
            _reason(one, not one.interval.low > fidelity_at_most, fidelity_at_most)
            for one in self.found
            if one.queries <= within
        ]
        if not reasons:
            message = f"no copy was made with {within:g} queries or fewer, so nothing was judged"
            reasons = [Reason(ok=False, code="NOT_TESTED", message=message)]
        return Verdict.of(gate, reasons, {"rows": self.rows, "baseline": self.baseline})

    def __str__(self) -> str:
        lines = [f"copies answer like the model on (the commonest answer alone: {self.baseline:.1%})"]
        for one in self.found:
            low, high = one.interval
            lines.append(f"  {one.queries} queries: {one.fidelity:.1%} ({low:.1%} to {high:.1%})")
        return "\n".join(lines)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        best = max((one.fidelity for one in self.found), default=math.nan)
        return {"fidelity": best, "baseline": self.baseline, "rows": self.rows}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "found": [{**asdict(one), "interval": list(one.interval)} for one in self.found],
            "baseline": self.baseline,
            "rows": self.rows,
            "made_up": self.made_up,
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        found = tuple(Copied(**{**one, "interval": Interval(*one["interval"])}) for one in value["found"])
        return cls(**{**value, "found": found, "spent": Spent(**value["spent"])})


def extract_model(
    predictor: Predictor,
    table: Table,
    held_out: Table,
    *,
    label: str,
    fit: Fit,
    queries: Sequence[int] = QUERIES,
    made_up: bool = False,
    seed: int = 0,
) -> Extraction:
    """Ask a classifier about rows, learn from its answers, and see how like it the copy is.

    Args:
        predictor: The model.
        table: What an attacker has to ask about; labels are not looked at.
        held_out: Rows that copies are held against.
        label: The column that ``fit`` learns to predict; the model's answers take its place.
        fit: The attacker's learner, such as :func:`mainspring.models.training.fairness.learner` gives.
        queries: How many rows are asked about, in turn.
        made_up: Ask about rows whose columns are drawn each for itself from those of the table: an attacker who
            knows what values there are, but has no rows.
        seed: Of the draw.

    Raises:
        InputError: If the model is no classifier, there are no rows, or fewer than the most queries.

    Reference: F. Tramèr and others, *Stealing machine learning models via prediction APIs*, USENIX Security 2016.
    """
    wanted = sorted(set(queries))
    if not wanted or wanted[0] < 1 or wanted[-1] > table.num_rows or not held_out.num_rows:
        raise InputError(
            f"{wanted} queries of {table.num_rows} rows, held against {held_out.num_rows}",
            expected="numbers of rows that the table has, and rows to hold copies against",
        )
    asked = Asked.of(predictor, table.drop([label]) if label in table.names else table)
    if asked.classes is None:
        raise InputError("the model predicts values", expected="a classifier")
    random = np.random.default_rng(seed)
    columns = _drawn(asked.columns(table), wanted[-1], made_up, random)
    answers = asked.labels(columns)
    truth = predictor.predict(held_out).labels
    found = []
    for count in wanted:
        places = np.arange(count)
        learnt = _copy(asked, taken(columns, places), answers[:count], label, fit, held_out)
        same = int((learnt == truth).sum())
        interval = wilson(same, len(truth))
        found.append(Copied(queries=count, fidelity=same / len(truth), interval=interval))
    _, counts = np.unique(truth.astype(str), return_counts=True)
    return Extraction(
        found=tuple(found),
        baseline=float(counts.max() / len(truth)),
        rows=len(truth),
        made_up=made_up,
        spent=asked.spent,
    )


def _drawn(columns: Raw, count: int, made_up: bool, random: np.random.Generator) -> Raw:
    size = len(next(iter(columns.values())))
    if made_up:
        return {name: values[random.integers(0, size, count)] for name, values in columns.items()}
    return taken(columns, random.permutation(size)[:count])


def _copy(asked: Asked, columns: Raw, answers: Any, label: str, fit: Fit, held_out: Table) -> Any:
    """What the copy answers; where the model gave one answer only, the copy does the same."""
    from mainspring.data.replacing import with_columns

    if len(set(answers.tolist())) == 1:
        return np.full(held_out.num_rows, answers[0], dtype=object)
    return fit(with_columns(asked.table(columns), {label: answers}), None).predict(held_out).labels


def _reason(one: Copied, ok: bool, bound: float) -> Reason:
    low, high = one.interval
    relation = "is not surely above" if ok else "is above"
    return Reason(
        ok=ok,
        code="NOT_COPIED" if ok else "COPIED",
        message=f"{one.queries} queries give a copy with fidelity {one.fidelity:.3f} ({low:.3f} to {high:.3f}), "
        f"which {relation} {bound:g}",
        subject=f"fidelity {one.queries}",
        observed=one.fidelity,
        expected=bound,
    )
