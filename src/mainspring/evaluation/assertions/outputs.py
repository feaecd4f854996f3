"""Holding what a model puts out to assertions: single rows in microseconds, batches a column at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.assertions.assertion import Assertion
from mainspring.evaluation.assertions.conditions import ANSWER, SCORE, Columns
from mainspring.evaluation.assertions.enforcing import violations
from mainspring.evaluation.assertions.rows import Row, on_row

Outputs: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""``label`` and ``probabilities``, or ``prediction``: row for row, as a runtime gives them."""

FEW: Final = 16
"""Up to so many rows are asked one by one, which is quicker than numpy is."""

_Violated: TypeAlias = tuple[Assertion, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """Outputs after assertions had their say.

    Attributes:
        outputs: What is answered: an overridden class has the probability 1; a blocked row has the label ``None``
            and NaN for every number.
        own: What the model itself said; the very same object where nothing was changed.
        violated: The assertions that each row violates, in their order.
        blocked: Row without an answer to why, for whoever asked.
    """

    outputs: Outputs
    own: Outputs
    violated: Sequence[_Violated]
    blocked: Mapping[int, str]

    @property
    def changed(self) -> bool:
        """Whether any answer is not the model's."""
        return self.outputs is not self.own

    @property
    def counts(self) -> dict[Assertion, int]:
        """Violated assertion to the number of its rows."""
        found: dict[Assertion, int] = {}
        for violated in self.violated:
            for one in violated:
                found[one] = found.get(one, 0) + 1
        return found


class Enforcer:
    """The assertions of one model, ready to be enforced again and again. Safe for threads.

    Args:
        assertions: In their order; may be none. They fit the model (``check_assertions``).
        classes: The model's classes, in the order of the probabilities; ``None`` for a regression.

    Example:
        >>> rule = Assertion(name="minors", when="age < 18 and answer == 'yes'", action="override", answer="no")
        >>> outputs = {"label": np.array(["yes"], dtype=object), "probabilities": np.array([[0.1, 0.9]])}
        >>> found = Enforcer([rule], ("no", "yes")).enforce({"age": np.array([17.0])}, outputs)
        >>> found.outputs["label"].tolist(), found.outputs["probabilities"].tolist()
        (['no'], [[1.0, 0.0]])
    """

    def __init__(self, assertions: Sequence[Assertion], classes: Sequence[str] | None) -> None:
        self.assertions = tuple(assertions)
        self._tests = [(one, on_row(one.condition)) for one in self.assertions]
        read = dict.fromkeys(name for one in self.assertions for name in one.condition.names)
        self._columns = [name for name in read if name not in (ANSWER, SCORE)]
        self._scored = SCORE in read
        self._places = None if classes is None else {name: place for place, name in enumerate(classes)}

    def enforce(self, columns: Columns, outputs: Outputs) -> Answered:
        """Hold the outputs of rows to the assertions; see :func:`mainspring.evaluation.assertions.enforce`.

        Args:
            columns: The raw columns of the rows, in the form of ``Table.column``.
            outputs: What the model says of them.
        """
        rows = len(outputs["prediction" if self._places is None else "label"])
        if not self._tests:
            return Answered(outputs, outputs, [()] * rows, {})
        violated = self._each(columns, outputs, rows) if rows <= FEW else self._all(columns, outputs, rows)
        if not any(violated):
            return Answered(outputs, outputs, violated, {})
        return self._answered(outputs, violated)

    def _each(self, columns: Columns, outputs: Outputs, rows: int) -> list[_Violated]:
        found: list[_Violated] = []
        for place in range(rows):
            row = self._row(columns, outputs, place)
            found.append(tuple([one for one, test in self._tests if test(row)]))
        return found

    def _row(self, columns: Columns, outputs: Outputs, place: int) -> Row:
        row = {name: columns[name].item(place) for name in self._columns}
        if self._places is None:
            row[ANSWER] = row[SCORE] = outputs["prediction"].item(place)
            return row
        answer = row[ANSWER] = outputs["label"].item(place)
        if self._scored:
            row[SCORE] = outputs["probabilities"].item(place, self._places[answer])
        return row

    def _all(self, columns: Columns, outputs: Outputs, rows: int) -> list[_Violated]:
        told = {name: columns[name] for name in self._columns}
        if self._places is None:
            told[ANSWER] = told[SCORE] = outputs["prediction"]
        else:
            told[ANSWER] = outputs["label"]
            if self._scored:
                chosen = [self._places[answer] for answer in outputs["label"].tolist()]
                told[SCORE] = outputs["probabilities"][np.arange(rows), chosen]
        found: list[_Violated] = [()] * rows
        met = violations(self.assertions, told)
        for one in self.assertions:
            for place in np.flatnonzero(met[one.name]).tolist():
                found[place] += (one,)
        return found

    def _answered(self, own: Outputs, violated: Sequence[_Violated]) -> Answered:
        blocked: dict[int, str] = {}
        overridden: dict[int, str | float] = {}
        for place, met in enumerate(violated):
            for one in met:
                if one.answer is not None:
                    overridden[place] = one.answer
            reasons = [one for one in met if one.action == "block"]
            if reasons:
                blocked[place] = "; ".join(map(_reason, reasons))
                overridden.pop(place, None)
        outputs = self._changed(own, overridden, blocked) if overridden or blocked else own
        return Answered(outputs, own, violated, blocked)

    def _changed(self, own: Outputs, overridden: Mapping[int, str | float], blocked: Mapping[int, str]) -> Outputs:
        lost = [*blocked]
        if self._places is None:
            values = own["prediction"].astype(np.float64)
            for place, answer in overridden.items():
                values[place] = float(answer)
            if lost:
                values[lost] = np.nan
            return {**own, "prediction": values}
        labels, scores = own["label"].astype(object), own["probabilities"].astype(np.float64)
        for place, answer in overridden.items():
            labels[place] = str(answer)
            scores[place] = 0.0
            scores[place, self._places[str(answer)]] = 1.0
        if lost:
            labels[lost] = None
            scores[lost] = np.nan
        return {**own, "label": labels, "probabilities": scores}


def _reason(one: Assertion) -> str:
    return f"{one.name}: {one.message}" if one.message else one.name
