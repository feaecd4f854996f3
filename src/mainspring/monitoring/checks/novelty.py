"""Novelty: rows that look like nothing the model was tested on, and groups of them that may be a new class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
from scipy.special import pdtrc

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.reference import TRUTH
from mainspring.monitoring.checks.items import event_order
from mainspring.monitoring.checks.scaled import Scale, scale_of, scaled_rows
from mainspring.monitoring.novelty import MINAS, OLINDDA, ECSMiner, NovelCluster, NoveltyDetector
from mainspring.monitoring.novelty.spheres import distances
from mainspring.monitoring.seen import Figure, Judged, Seen

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METHODS: Final[Mapping[str, type[OLINDDA | MINAS | ECSMiner]]] = {
    "olindda": OLINDDA,
    "minas": MINAS,
    "ecsminer": ECSMiner,
}
_MOST_ROWS: Final = 20_000
_MOST_CELLS: Final = 200_000
_SHOWN: Final = 5
_NAMED: Final = 3
_LEVEL: Final = 0.0001


@dataclass(frozen=True, kw_only=True)
class NoveltyCheck:
    """Tells rows that look like the classes of the reference from others, and finds new groups among the others.

    It learns from two thirds of the reference's rows, numbers scaled to their mean and deviation there, and the
    class of each row. The last third says how many rows look like nothing although nothing is new. A window is an
    alarm if clearly more do so, or if unknown rows lie so close together, where there were so few in the
    reference, that it is no chance. Words are not looked at; a number that is missing counts as the mean.

    Args:
        method: ``minas``, ``olindda`` or ``ecsminer``; see :mod:`mainspring.monitoring.novelty`.
        settings: Of the method, such as ``{radius: 1.5}``.
        columns: Numbers to look at; all inputs that are numbers where none are named.
        exclude: Columns to leave out, such as one that counts time.
        rise: How much larger than in the reference the share of unknown rows may be, beyond chance.
        least_rows: With fewer rows, in the window or in the reference, nothing is said.

    Raises:
        InputError: With the options that make no sense.
    """

    name: ClassVar[str] = "novelty"
    keeps_rows: ClassVar[bool] = True
    on_truth: ClassVar[bool] = False

    method: str = "minas"
    settings: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rise: float = 0.05
    least_rows: int = 100

    def __post_init__(self) -> None:
        """Check the options."""
        if self.method not in METHODS:
            raise InputError(
                f"method is {self.method!r}", expected="one of " + ", ".join(METHODS), where=self.name
            )
        if not 0 <= self.rise < 1:
            raise InputError(f"rise is {self.rise}", expected="from 0 to below 1", where=self.name)
        if self.least_rows < 1:
            raise InputError(f"least_rows is {self.least_rows}", expected="1 or more", where=self.name)
        settings = METHODS[self.method].settings()
        wrong = [one for one in self.settings if one not in settings]
        if wrong:
            found = f"{self.method} has no setting {', '.join(map(repr, wrong))}"
            raise InputError(found, expected="some of " + ", ".join(settings), where=self.name)
        self._made(2)

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window; see :class:`mainspring.monitoring.ports.Check`."""
        rows, table = seen.reference.rows, seen.window.table
        if rows is None or rows.num_rows < 3 * self.least_rows:
            return self._silent("NO_REFERENCE", "the reference has too few rows to learn what is known", memory)
        if table.num_rows < self.least_rows:
            message = f"{table.num_rows} rows are too few, {self.least_rows} are needed"
            return self._silent("TOO_FEW_ROWS", message, memory)
        scale = scale_of(rows, table, self.columns, self.exclude)
        if not scale.names:
            return self._silent("NO_NUMBERS", "no input is a number in the reference and in the window", memory)
        known = scaled_rows(rows, scale)
        detector, usual = self._detector(seen.version, scale, known, rows, memory)
        order, _ = event_order(table, seen.window.since)
        order = order[np.unique(np.linspace(0, order.size - 1, min(order.size, _MOST_ROWS)).astype(np.int64))]
        answer = detector.update(scaled_rows(table, scale)[order])
        clusters = [one for one in answer.found if _is_new(one, known, detector)]
        share, reasons = self._unknown(answer.codes, usual)
        reasons += [_told(one, known, scale) for one in clusters]
        examples = [number - answer.first for one in clusters for number in one.rows if number >= answer.first]
        places = examples or ([] if reasons[0].ok else np.flatnonzero(answer.codes < 0)[:_SHOWN].tolist())
        figures = {
            "unknown": share,
            "novel": Figure(value=float(answer.novel.mean())),
            "clusters": Figure(value=float(len({one.number for one in clusters}))),
        }
        return Judged(
            verdict=Verdict.of(self.name, reasons, {"rows": table.num_rows, "looked_at": order.size}),
            figures=figures,
            memory={
                "version": seen.version,
                "columns": list(scale.names),
                "usual": list(usual),
                "detector": detector.as_dict(),
            },
            rows=[int(order[one]) for one in places[:_SHOWN]],
        )

    def _made(self, features: int) -> NoveltyDetector:
        """The method; what waits takes no more room the more features there are."""
        settings = {"memory": max(200, min(2_000, _MOST_CELLS // features)), **self.settings}
        try:
            made: NoveltyDetector = METHODS[self.method](**settings)
        except TypeError as error:
            raise InputError(f"the settings of {self.method} do not fit: {error}", where=self.name) from error
        return made

    def _detector(
        self, version: str, scale: Scale, known: Floats, rows: Table, memory: Mapping[str, Any]
    ) -> tuple[NoveltyDetector, tuple[int, int]]:
        """The detector, and how many of how many rows were unknown where nothing was new."""
        if memory and memory["version"] == version and memory["columns"] == list(scale.names):
            strange, seen = memory["usual"]
            return METHODS[self.method].from_dict(memory["detector"]), (strange, seen)
        order = np.random.default_rng(0).permutation(len(known))[:_MOST_ROWS]
        learned, tried = order[len(order) // 3 :], order[: len(order) // 3]
        detector = self._made(known.shape[1]).fit(known[learned], _classes(rows)[learned])
        strange = int((detector.update(known[tried]).codes < 0).sum())
        return detector, (strange, len(tried))

    def _unknown(self, codes: Ints, usual: tuple[int, int]) -> tuple[Figure, list[Reason]]:
        """The share of rows that look like no known class, and what to say of it."""
        strange = int((codes < 0).sum())
        share, before = strange / codes.size, usual[0] / usual[1]
        low, high = wilson(strange, codes.size)
        most = wilson(*usual)[1] + self.rise
        ok = low <= most
        message = (
            f"{share:.1%} of {codes.size} rows look like no known class, {before:.1%} did in the reference "
            f"(limit {most:.1%})"
        )
        reason = Reason(
            ok=ok,
            code="KNOWN" if ok else "UNKNOWN_ROWS",
            message=message,
            subject="unknown",
            observed=share,
            expected=most,
        )
        return Figure(value=share, low=low, high=high, most=most), [reason]

    def _silent(self, code: str, message: str, memory: Mapping[str, Value]) -> Judged:
        return Judged(verdict=Verdict.of(self.name, [Reason(ok=True, code=code, message=message)]), memory=memory)


def _classes(rows: Table) -> npt.NDArray[Any]:
    """The class of each row: the truth, else the answer; one for all where these are no classes."""
    if "output.label" not in rows.names:
        return np.full(rows.num_rows, "known")
    said = rows.column("output.label").astype(str)
    if TRUTH not in rows.names:
        return said
    truth = rows.column(TRUTH)
    there = np.array([one is not None and one == one for one in truth.tolist()], dtype=bool)
    return np.where(there, truth.astype(str), said)


def _is_new(cluster: NovelCluster, known: Floats, detector: NoveltyDetector) -> bool:
    """Whether so many rows at that place are no chance, after what the reference has there.

    The rows of the cluster came among a stretch of rows; so many are expected there as the reference has within
    twice the cluster's spread, and one more. The test is that of Poisson.
    """
    within = int((distances(known, np.array([cluster.centre]))[:, 0] <= 2 * cluster.spread).sum())
    stretch = max(cluster.rows) - min(cluster.rows) + 1
    expected = stretch * (within + 1) / (len(known) + 1)
    return float(pdtrc(cluster.size - 1, expected)) < _LEVEL


def _told(cluster: NovelCluster, known: Floats, scale: Scale) -> Reason:
    centre = np.array(cluster.centre)
    off = np.abs(centre - known[distances(known, centre[None])[:, 0].argmin()])
    natural = centre * scale.spread + scale.middle
    named = ", ".join(f"{scale.names[place]} about {natural[place]:.4g}" for place in np.argsort(-off)[:_NAMED])
    return Reason(
        ok=False,
        code="NOVEL_CLUSTER",
        message=f"{cluster.size} rows lie close together where none were (novelty {cluster.number}): {named}",
        subject=f"novel {cluster.number}",
        observed=float(cluster.size),
    )
