"""The classifier two-sample test: can a model tell a batch from the reference, and by what?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.data import ColumnType, Table, engine
from mainspring.monitoring.detectors.blocks import from_plain, require
from mainspring.monitoring.detectors.blockwise import Kept
from mainspring.monitoring.detectors.matrices import groups, largest_first, matrix
from mainspring.monitoring.ports import DetectorState, Finding

MOST_ROWS = 5_000


@dataclass(slots=True, kw_only=True, eq=False)
class ClassifierTwoSample(Kept):
    """Trains a model to tell the batch from the reference, and measures it on rows that it has not seen.

    If nobody could tell them apart, the area under its ROC curve is about 0.5. The model is a gradient boosting:
    it takes words, missing values and points in time as they are, and sees changes of features together. On an
    alarm features are named by how much of the area is lost when their values are shuffled. Needs scikit-learn.

    References:
        D. Lopez-Paz, M. Oquab, "Revisiting classifier two-sample tests", International Conference on Learning
        Representations (2017), with the area instead of the accuracy, and the test of Mann and Whitney for it.

    Args:
        level: Significance of an alarm; 0.01.
        area: From which area on a difference matters; 0.5: any that is no chance. In thousands of rows 0.55 or
            more leaves out what is no chance and does not matter either.
        most: Rows that are taken of either side; 5,000.
        names: Of the columns of arrays, all different; tables have their own.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> def rows(count, words):
        ...     columns = {"age": random.normal(40, 10, count), "paid": random.choice(words, count).astype(object)}
        ...     return Table.from_columns(columns)
        >>> detector = ClassifierTwoSample().fit(rows(1000, ["card", "cash"]))
        >>> str(detector.update(rows(500, ["card", "cash"])).state)
        'STABLE'
        >>> found = detector.update(rows(500, ["card", "cash", "wire"]))
        >>> str(found.state), next(iter(found.features))
        ('DRIFT', 'paid')
    """

    level: float = 0.01
    area: float = 0.5
    most: int = MOST_ROWS
    names: list[str] = field(default_factory=list)

    reference: Table | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.level < 1, "level", self.level, "above 0 and below 1")
        require(0.5 <= self.area < 1, "area", self.area, "0.5 or more, and below 1")
        require(self.most >= 20, "most", self.most, "at least 20")
        require(len(set(self.names)) == len(self.names), "names", self.names, "names that are all different")

    def fit(self, reference: npt.ArrayLike | Table) -> Self:
        """Learn what is usual.

        Args:
            reference: A table, or ``[rows, features]`` with NaN where missing; 20 rows or more.

        Raises:
            InputError: If it is not that.
        """
        self.reference = self._table(reference, what="reference")
        return self

    def update(self, batch: npt.ArrayLike | Table) -> Finding:
        """Judge a batch; nothing is remembered of it. The distance is the area.

        Args:
            batch: As for :meth:`fit`; columns of a table that the reference has not are left aside.

        Raises:
            InputError: If there is no reference, or no column that both have.
        """
        from mainspring.data.comparison.classifier import chance_area, classifier_test  # needs scikit-learn

        if self.reference is None:
            raise InputError(
                "the detector has no reference yet", expected="a call of fit", fix="detector.fit(rows)"
            )
        rows = self._table(batch, what="batch")
        if not isinstance(batch, Table) and rows.names != self.reference.names:
            count = len(self.reference.names)
            raise InputError(f"the batch has {len(rows.names)} features", expected=f"{count}, as in the reference")
        found = classifier_test(self.reference, rows, most=self.most, level=self.level, area=self.area)
        threshold = max(self.area, chance_area(found.sizes, self.level))
        drifted = found.p_value <= self.level and found.auc >= self.area
        return Finding(
            state=DetectorState.DRIFT if drifted else DetectorState.STABLE,
            distance=found.auc,
            threshold=threshold,
            p_value=found.p_value,
            features=largest_first(found.columns),
        )

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values."""
        plain: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        if self.reference is not None:
            types = {name: str(self.reference.type_of(name)) for name in self.reference.names}
            plain["reference"] = {"types": types, "columns": self.reference.to_columns()}
        return plain | {"names": list(self.names)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            InputError: If a field is missing, or one is there that the detector does not have.
        """
        made = from_plain(cls, value)
        kept: Any = made.reference
        if kept is not None:
            made.reference = Table.from_columns(kept["columns"], kept["types"])
        return made

    def _table(self, rows: npt.ArrayLike | Table, *, what: str) -> Table:
        if isinstance(rows, Table):
            if rows.num_rows < 20:
                raise InputError(f"the {what} has {rows.num_rows} rows", expected="at least 20")
            return _plain(rows)
        given = matrix(rows, least=20, missing=True, what=what)
        names = groups(self.names, given.shape[1])
        return Table.from_columns({name: given[:, place] for name, [place] in names.items()})


def _plain(rows: Table) -> Table:
    """With times as seconds and infinities as very large numbers, which JSON can hold."""
    times, numbers = (ColumnType.DATE, ColumnType.TIMESTAMP), (ColumnType.FLOAT,)
    cells = []
    for name in rows.names:
        quoted = engine.quote(name)
        if rows.type_of(name) in times:
            cells.append(f"epoch({quoted}::TIMESTAMP) AS {quoted}")
        elif rows.type_of(name) in numbers:
            cells.append(f"CASE WHEN isinf({quoted}) THEN sign({quoted}) * 1e150 ELSE {quoted} END AS {quoted}")
        else:
            cells.append(quoted)
    return rows.sql(" ".join(["SELECT", ", ".join(cells), "FROM this"]))
