"""All inputs together: can the rows that are asked be told from the reference, though no column alone moved?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar, Final, Literal

import numpy as np

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import ColumnType, Table, engine
from mainspring.data.comparison.encoding import Encoded, encode
from mainspring.data.comparison.mmd import named_points
from mainspring.monitoring.correction import Spending
from mainspring.monitoring.detectors.blocks import Floats
from mainspring.monitoring.detectors.classifier_two_sample import ClassifierTwoSample
from mainspring.monitoring.detectors.hdddm import HDDDM
from mainspring.monitoring.detectors.lsdd import LSDD
from mainspring.monitoring.detectors.mmd import MMD
from mainspring.monitoring.detectors.pca_reconstruction import PCAReconstruction
from mainspring.monitoring.ports import DetectorState, Finding
from mainspring.monitoring.seen import Figure, Judged, Seen
from mainspring.monitoring.windows.window import LOGGED

Method = Literal["classifier", "reconstruction", "mmd", "lsdd", "hdddm"]
METHODS: Final[Mapping[str, str]] = {
    "classifier": "area under the curve of telling them apart",
    "reconstruction": "mean reconstruction error",
    "mmd": "squared mean discrepancy",
    "lsdd": "squared difference of the densities",
    "hdddm": "mean Hellinger distance",
}
"""What each method measures."""
LIMITS: Final[Mapping[str, float]] = {"classifier": 0.55}
"""From which distance on a difference matters, where nothing else is said; 0 for the other methods."""

MOST_CELLS: Final = 200_000
LEAST_ROWS: Final = 1_000
"""Values of either side that the classifier takes at most, but for so many rows in any case."""
MOST_PERMUTATIONS: Final = 1_999
SUBJECT: Final = "all inputs"
_NAMED: Final = 5
_SHARE: Final = 0.3
"""Features that are named at most, and how much of the share of the first one they must have."""
_SHOWN: Final = 5
_FIRST_MISSING: Final = 3.0
"""In deviations, for reconstruction: a missing value in a column that had none in the reference."""
_TYPES: Final = {
    ColumnType.INT: "BIGINT",
    ColumnType.FLOAT: "DOUBLE",
    ColumnType.BOOL: "BOOLEAN",
    ColumnType.STRING: "VARCHAR",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP",
}


@dataclass(frozen=True, kw_only=True)
class MultivariateCheck:
    """Holds the inputs of a window against the rows of the reference, all columns together.

    Sees what no column shows alone: columns that no longer go together, swapped ones, many small shifts. The
    window has drifted if its distance is past ``limit`` *and* more than chance. Numbers, words, points in time and
    missing values count; a column that lost all its values counts as one of missing values. Needs the rows of the
    reference, and takes at most ``sample`` of them and of the window, always the same ones of the same rows.

    Args:
        method: ``classifier`` (:class:`ClassifierTwoSample`), ``reconstruction`` (:class:`PCAReconstruction`: a
            hundred times as fast, sees only what goes together otherwise), ``mmd`` (:class:`MMD`), ``lsdd``
            (:class:`LSDD`) or ``hdddm`` (:class:`HDDDM`: column by column, many small shifts).
        features: The columns; all inputs if none are given.
        exclude: Columns to leave out, such as one that counts time.
        limit: From which distance on a difference matters, in the measure of the method; see :data:`LIMITS`.
        sample: Rows of either side at most. The classifier takes at most 200,000 values, and 1,000 rows at least,
            so that 200 columns take no longer than 40.
        least_rows: With fewer rows nothing is said.
        false_alarms: So many in a period on average while nothing changes (``1 per 30d``), or a share of all
            alarms (``5%``). Methods that permute rows (``mmd``, ``lsdd``, ``hdddm``) have one in 2,000 windows at
            least.
        seed: Of what is drawn.
    """

    name: ClassVar[str] = "multivariate"
    on_truth: ClassVar[bool] = False

    method: Method = "classifier"
    features: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    limit: float | None = None
    sample: int = 5_000
    least_rows: int = 200
    false_alarms: str = "1 per 30d"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the options."""
        if self.method not in METHODS:
            raise InputError(f"method is {self.method!r}", expected=", ".join(METHODS))
        least = 0.5 if self.method == "classifier" else 0.0
        if not least <= self._limit:
            raise InputError(f"limit is {self.limit}", expected=f"at least {least}")
        if self.sample < 100 or self.least_rows < 20:
            found = f"sample is {self.sample}, least_rows is {self.least_rows}"
            raise InputError(found, expected="a sample of at least 100, and at least 20 rows")
        Spending.of(self.false_alarms, {})

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window."""
        spending = Spending.of(self.false_alarms, memory)
        names, aside = self._columns(seen)
        hindrance = self._hindrance(seen, names)
        if hindrance is not None or seen.reference.rows is None:
            reasons = [hindrance] if hindrance else []
            return Judged(verdict=Verdict.of(self.name, [*reasons, *aside]), memory=spending.as_dict())
        level = spending.level(seen.window.until - seen.window.since)
        rows = _typed(seen.window.table.select(names), seen.reference.rows)
        finding, least, worst = self._found(seen.reference.rows.select(names), rows, level)
        drifted = finding.state is DetectorState.DRIFT and finding.distance >= self._limit
        spending.spend(1.0 if finding.p_value is None or not drifted else finding.p_value)
        most = None if finding.threshold is None else max(finding.threshold, self._limit)
        sizes = (min(table.num_rows, self._most(len(names))) for table in (seen.reference.rows, rows))
        details = {
            "method": self.method,
            "level": level,
            **dict(zip(("reference_rows", "rows"), sizes, strict=True)),
        }
        return Judged(
            verdict=Verdict.of(self.name, [*self._reasons(finding, most, drifted), *aside], details),
            figures={self.method: Figure(value=finding.distance, least=least, most=most)},
            memory=spending.as_dict(),
            rows=tuple(worst) if drifted else (),
        )

    @property
    def _limit(self) -> float:
        return LIMITS.get(self.method, 0.0) if self.limit is None else self.limit

    def _most(self, columns: int) -> int:
        """Rows of either side that are compared."""
        if self.method != "classifier":
            return self.sample
        return min(self.sample, max(LEAST_ROWS, MOST_CELLS // columns))

    def _columns(self, seen: Seen) -> tuple[list[str], list[Reason]]:
        """The columns to compare, and why others are not."""
        if seen.reference.rows is None:
            return [], []
        trained, rows = seen.reference.rows, seen.window.table
        known = [name for name in trained.names if not name.startswith(LOGGED) and name not in self.exclude]
        wanted = [name for name in known if not self.features or name in self.features]
        names = [name for name in wanted if name in rows.names and _fits(rows, trained, name)]
        asked = [name for name in rows.names if not name.startswith(LOGGED) and name not in self.exclude]
        return names, [
            *(
                _aside("NOT_IN_REFERENCE", name, "is not in the reference")
                for name in self.features
                if name not in known
            ),
            *(_aside("NOT_SERVED", name, "is not asked for") for name in wanted if name not in rows.names),
            *(
                _aside("OTHER_TYPE", name, f"holds {rows.type_of(name)}, in the reference {trained.type_of(name)}")
                for name in wanted
                if name in rows.names and name not in names
            ),
            *(
                _aside("NEW_COLUMN", name, "is not in the reference")
                for name in asked
                if name not in trained.names and not self.features
            ),
        ]

    def _hindrance(self, seen: Seen, names: Sequence[str]) -> Reason | None:
        """Why nothing can be said."""
        if seen.reference.rows is None:
            message = (
                "the reference of the model has no rows: package the model with them to compare columns together"
            )
            return Reason(ok=True, code="NO_REFERENCE_ROWS", message=message, subject=SUBJECT)
        few = min(seen.window.table.num_rows, seen.reference.rows.num_rows)
        if few < self.least_rows:
            message = f"{few} rows are too few to compare columns together, {self.least_rows} are needed"
            return Reason(ok=True, code="TOO_FEW_ROWS", message=message, subject=SUBJECT, observed=few)
        least = 2 if self.method == "reconstruction" else 1
        if len(names) < least:
            message = f"{len(names)} columns are too few to compare, {least} are needed"
            return Reason(ok=True, code="TOO_FEW_COLUMNS", message=message, subject=SUBJECT, observed=len(names))
        return None

    def _found(self, reference: Table, rows: Table, level: float) -> tuple[Finding, float | None, list[int]]:
        """What the method finds, below which distance it alarms too, and the rows that show it best."""
        if self.method == "classifier":
            classifier = ClassifierTwoSample(level=level, area=self._limit, most=self._most(len(rows.names)))
            return classifier.fit(reference).update(rows), None, []
        encoded = encode(reference, rows, columns=rows.names, most=self.sample)
        if self.method == "reconstruction":
            return self._reconstructed(encoded, level, whole=rows.num_rows <= self.sample)
        level = max(level, 1.0 / (1 + MOST_PERMUTATIONS))
        permutations = max(199, min(math.ceil(1.0 / level), 1 + MOST_PERMUTATIONS) - 1)
        if self.method == "hdddm":
            names = list(encoded.names)
            hdddm = HDDDM(level=level, permutations=permutations, names=names, seed=self.seed)
            return hdddm.fit(encoded.one).update(encoded.other), None, []
        one, other, axes = named_points(encoded)
        kind = MMD if self.method == "mmd" else LSDD
        detector = kind(level=level, permutations=permutations, scaled=False, names=list(axes), seed=self.seed)
        return detector.fit(one).update(other), None, []

    def _reconstructed(self, encoded: Encoded, level: float, *, whole: bool) -> tuple[Finding, float, list[int]]:
        one, other, names = _frequencies(encoded)
        deviations = NormalDist().inv_cdf(1.0 - level / 2.0)
        detector = PCAReconstruction(deviations=deviations, names=names, seed=self.seed).fit(one)
        finding = detector.update(other)
        wide = (finding.threshold or detector.mean) - detector.mean
        # Rows are known by their places only where none were left out.
        worst = np.argsort(-detector.distances(other), kind="stable")[:_SHOWN] if whole else ()
        return finding, detector.mean - wide, [int(place) for place in worst]

    def _reasons(self, finding: Finding, most: float | None, drifted: bool) -> Iterator[Reason]:
        """One about all inputs, and one for each feature that has much to do with it."""
        told = list(finding.features.items()) if drifted else []
        told = [(name, share) for name, share in told[:_NAMED] if share > 0 and share >= _SHARE * told[0][1]]
        by = f", mostly by {', '.join(name for name, _ in told)}" if told else ""
        state = "the inputs together have drifted" if drifted else "the inputs together are as in the reference"
        limit = "" if most is None else f" (limit {most:.4g}"
        chance = "" if finding.p_value is None else f", p {finding.p_value:.2g}"
        yield Reason(
            ok=not drifted,
            code="DRIFT" if drifted else "NO_DRIFT",
            message=f"{state}: {METHODS[self.method]} {finding.distance:.4g}{limit}{chance}){by}",
            subject=SUBJECT,
            observed=finding.distance,
            expected=most,
        )
        for name, share in told:
            message = (
                f"column {name!r} has to do with the drift of the inputs together: {share:.4g} of the distance"
            )
            yield Reason(ok=False, code="DRIFTED_TOGETHER", message=message, subject=name, observed=share)


def _aside(code: str, name: str, what: str) -> Reason:
    return Reason(ok=True, code=code, message=f"column {name!r} {what}: it is not compared", subject=name)


def _fits(rows: Table, trained: Table, name: str) -> bool:
    """Whether the column can be compared: numbers with numbers, or one without any value with everything."""
    numbers = {ColumnType.INT, ColumnType.FLOAT}
    kinds = {rows.type_of(name), trained.type_of(name)}
    if len(kinds) == 1 or kinds == numbers:
        return True
    empty = rows.where(f"{engine.quote(name)} IS NOT NULL").num_rows == 0
    return empty and trained.type_of(name) in _TYPES


def _typed(rows: Table, trained: Table) -> Table:
    """Columns without any value get the type that they had in training."""
    cells = [
        engine.quote(name)
        if rows.type_of(name) == trained.type_of(name) or trained.type_of(name) not in _TYPES
        else f"CAST({engine.quote(name)} AS {_TYPES[trained.type_of(name)]}) AS {engine.quote(name)}"
        for name in rows.names
    ]
    return rows.sql(" ".join(["SELECT", ", ".join(cells), "FROM this"]))


def _frequencies(encoded: Encoded) -> tuple[Floats, Floats, list[str]]:
    """Words as how frequent they are in the reference, and an axis more for each column with missing values.

    Numbers are brought near the range of the reference: one that is far out would decide alone.
    """
    one, other = encoded.one.copy(), encoded.other.copy()
    holes: list[np.ndarray] = []
    names = list(encoded.names)
    for place, words in enumerate(encoded.words):
        missing = [np.isnan(side[:, place]) for side in (one, other)]
        if words:
            codes = [
                np.where(gone, 0, side[:, place]).astype(np.int64)
                for gone, side in zip(missing, (one, other), strict=True)
            ]
            count = int(max(code.max() for code in codes)) + 1
            shares = np.bincount(codes[0][~missing[0]], minlength=count) / max(int((~missing[0]).sum()), 1)
            for side, code, gone in zip((one, other), codes, missing, strict=True):
                side[:, place] = np.where(gone, np.nan, shares[code])
        elif not missing[0].all():
            low, high = np.nanquantile(one[:, place], [0.001, 0.999])
            for side in (one, other):
                side[:, place] = np.clip(side[:, place], low - (high - low), high + (high - low))
        if any(gone.any() for gone in missing):
            holes.append(np.concatenate(missing) * (1.0 if missing[0].any() else _FIRST_MISSING))
            names.append(encoded.names[place])
    if holes:
        extra = np.stack(holes, axis=1)
        one, other = np.hstack([one, extra[: len(one)]]), np.hstack([other, extra[len(one) :]])
    return one, other, names
