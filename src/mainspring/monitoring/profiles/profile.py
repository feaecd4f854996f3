"""What is kept of a window when its rows are gone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

from mainspring.core.clock import iso
from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Statistics, Table, TableStatistics
from mainspring.data.engine import FEW_ROWS, quote
from mainspring.data.profiling import Options, summarize_table
from mainspring.data.profiling.paths import escaped
from mainspring.data.sketches import Frequencies, Quantiles
from mainspring.monitoring.profiles.aligning import merged_statistics
from mainspring.monitoring.windows.slicing import MOST_VALUES, rules
from mainspring.monitoring.windows.window import FEEDBACK, REQUEST, TRUTH, Window

FORMAT: Final = 1
LABEL: Final = "output.label"
"""The column of answers that are classes."""

_MAGIC: Final = b"mainspring.WindowProfile "
_ROWS, _KNOWN = "rows", "feedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowProfile:
    r"""The statistics of a window, or of several: what is kept of it for years.

    Attributes:
        model: The model.
        since: Where the window begins, in seconds since the epoch; the first of several.
        until: Where it ends; the last of several.
        windows: How many windows these are.
        requests: Requests.
        errors: Those that failed.
        blocked: Those that an assertion of the model refused; they are errors, too.
        late: Rows that came after the window was given for the first time.
        asked: How many requests these stand for; more than ``requests`` where only a share was logged.
        failed: How many of those failed.
        revision: How often the window was given before with other rows or feedback.
        versions: Rows by the version that answered.
        latency: The distribution of the seconds that requests took.
        statistics: Of the rows: inputs and answers; with ``slices`` where they were asked for. As everywhere in
            statistics, the points in names of columns are escaped: ``output\.label``.
        feedback: Of what became known of them: ``feedback\.truth`` and the like.
        outcomes: Rows by truth and answer, where both are classes; see :meth:`confusion`.

    Example:
        >>> window = Window(since=0, until=60, table=Table.from_columns({"age": [20, 40]}), requests=1, errors=0,
        ...     complete=True)
        >>> minute = WindowProfile.of(window, model="census")
        >>> WindowProfile.merged([minute, minute]).statistics.feature("age").numbers.mean
        30.0
    """

    model: str
    since: float
    until: float
    windows: int = 1
    requests: int = 0
    errors: int = 0
    blocked: int = 0
    late: int = 0
    asked: float = 0.0
    failed: float = 0.0
    revision: int = 0
    versions: Mapping[str, int] = field(default_factory=dict)
    latency: Quantiles = field(default_factory=Quantiles)
    statistics: TableStatistics = field(default_factory=lambda: TableStatistics(0, {}))
    feedback: TableStatistics = field(default_factory=lambda: TableStatistics(0, {}))
    outcomes: Frequencies = field(default_factory=lambda: Frequencies({}))

    @classmethod
    def of(cls, window: Window, *, model: str, slices: Sequence[str] = (), most_values: int = MOST_VALUES) -> Self:
        """The profile of a window.

        Args:
            window: The window.
            model: The model.
            slices: Columns by whose values statistics are told apart, as
                :func:`mainspring.monitoring.windows.sliced` does; without those that it does not have.
            most_values: How many values of such a column have a slice of their own.
        """
        table = window.table
        known = [name for name in table.names if name.startswith(FEEDBACK)]
        shown = [name for name in table.names if not name.startswith((FEEDBACK, REQUEST))]
        cut = [rule for name in slices if name in shown for rule in rules(table, name, most_values)]
        return cls(
            model=model,
            since=window.since,
            until=window.until,
            requests=window.requests,
            errors=window.errors,
            blocked=window.blocked,
            late=window.late,
            asked=window.requests if window.asked is None else window.asked,
            failed=window.errors if window.failed is None else window.failed,
            revision=window.revision,
            versions=dict(window.versions),
            latency=window.latency,
            statistics=_described(table, shown, cut),
            feedback=_described(table, known),
            outcomes=_outcomes(table),
        )

    @property
    def rows(self) -> int:
        """Rows that were answered."""
        return self.statistics.num_examples

    @property
    def labelled(self) -> int:
        """Rows of which the truth is known."""
        truth = self.feedback.features.get(escaped(TRUTH))
        return 0 if truth is None else truth.num_non_missing

    @property
    def labels(self) -> Mapping[str, int]:
        """Rows by answer, the most frequent first; empty where answers are no classes."""
        return _counts(self.statistics, LABEL)

    @property
    def truths(self) -> Mapping[str, int]:
        """Rows by truth, the most frequent first; empty where truths are no classes."""
        return _counts(self.feedback, TRUTH)

    def confusion(self) -> dict[str, dict[str, int]]:
        """Rows by truth and then by answer; at most the thousand most frequent pairs."""
        found: dict[str, dict[str, int]] = {}
        for pair, rows in self.outcomes.counts.items():
            truth, answer = json.loads(pair)
            found.setdefault(truth, {})[answer] = rows
        return found

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """The profile of all windows together. A column that some do not have is missing in their rows.

        Raises:
            InputError: If there are none, or they are of different models.
        """
        if len({part.model for part in parts}) != 1:
            raise InputError(
                "profiles of several models" if parts else "no profiles to merge",
                expected="one or more profiles of one model",
            )
        if len(parts) == 1:
            return parts[0]
        versions: Counter[str] = Counter()
        for part in parts:
            versions.update(part.versions)
        return cls(
            model=parts[0].model,
            since=min(part.since for part in parts),
            until=max(part.until for part in parts),
            revision=max(part.revision for part in parts),
            versions=dict(sorted(versions.items(), key=lambda one: (-one[1], one[0]))),
            latency=Quantiles.merged([part.latency for part in parts]),
            statistics=merged_statistics([part.statistics for part in parts]),
            feedback=merged_statistics([part.feedback for part in parts]),
            outcomes=Frequencies.merged([part.outcomes for part in parts]),
            **{name: sum(getattr(part, name) for part in parts) for name in _SUMS},
        )

    def merge(self, other: Self) -> Self:
        """The profile of the windows of both.

        Raises:
            InputError: If they are of different models.
        """
        return self.merged([self, other])

    def to_bytes(self) -> bytes:
        """The same in little room: 200 features take about a megabyte, mostly for quantiles."""
        head = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _APART}
        head["latency"] = [self.latency.values, self.latency.weights, self.latency.exact]
        head["outcomes"] = [
            dict(self.outcomes.counts),
            self.outcomes.rest,
            self.outcomes.floor,
            self.outcomes.slack,
        ]
        told = json.dumps(head, separators=(",", ":")).encode()
        body = Statistics({_ROWS: self.statistics, _KNOWN: self.feedback}).to_bytes()
        return _MAGIC + b"%d %d\n" % (FORMAT, len(told)) + told + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what :meth:`to_bytes` wrote.

        Raises:
            InputError: If the bytes are something else, are damaged, or a newer version wrote them.
        """
        line, _, rest = data.partition(b"\n")
        if not line.startswith(_MAGIC):
            raise InputError(f"bytes that start with {data[:20]!r}", expected="a profile, as to_bytes gives it")
        version, size = (int(number) for number in line.removeprefix(_MAGIC).split())
        if version > FORMAT:
            raise InputError(
                f"a profile in format {version}",
                expected=f"format {FORMAT} or older",
                fix="read it with the version of mainspring that wrote it, or a newer one",
            )
        try:
            head: dict[str, Any] = json.loads(rest[:size])
        except ValueError as error:
            raise InputError(f"a damaged profile: {error}", expected="all bytes that to_bytes gave") from None
        values, weights, exact = head.pop("latency")
        found = Statistics.from_bytes(rest[size:])
        return cls(
            latency=Quantiles(tuple(values), tuple(weights), exact),
            outcomes=Frequencies(*head.pop("outcomes")),
            statistics=found.split(_ROWS),
            feedback=found.split(_KNOWN),
            **head,
        )

    def __str__(self) -> str:
        return f"{self.model}, {iso(self.since)} to {iso(self.until)}, {self.rows} rows"


_SUMS: Final = ("windows", "requests", "errors", "blocked", "late", "asked", "failed")
_APART: Final = {"statistics", "feedback"}


def _counts(table: TableStatistics, name: str) -> Mapping[str, int]:
    """Rows by word, of a column of words."""
    feature = table.features.get(escaped(name))
    return {} if feature is None or feature.words is None else feature.words.frequencies.counts


def _described(table: Table, names: Sequence[str], slices: Sequence[Any] = ()) -> TableStatistics:
    if not names:
        return TableStatistics(table.num_rows, {})
    return summarize_table(table.select(names), options=Options(slices=tuple(slices)))


def _outcomes(table: Table) -> Frequencies:
    """How often each truth was answered by each class."""
    if not {TRUTH, LABEL} <= set(table.names):
        return Frequencies({})
    if table.num_rows <= FEW_ROWS and all(table.type_of(name) is ColumnType.STRING for name in (TRUTH, LABEL)):
        told = zip(table.column(TRUTH).tolist(), table.column(LABEL).tolist(), strict=True)
        few = Counter(pair for pair in told if None not in pair)
        return Frequencies.of_counts({json.dumps(pair): rows for pair, rows in few.items()})
    truth, label = (f"CAST({quote(name)} AS VARCHAR)" for name in (TRUTH, LABEL))
    both = " ".join(("SELECT", truth, "AS t,", label, "AS a, count(*) AS n FROM this WHERE t IS NOT NULL"))
    counted = table.sql(both + " AND a IS NOT NULL GROUP BY 1, 2").to_columns()
    pairs = zip(counted["t"], counted["a"], counted["n"], strict=True)
    return Frequencies.of_counts({json.dumps([truth, answer]): rows for truth, answer, rows in pairs})
