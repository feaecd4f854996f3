"""What the room of data shows: data sets, their versions, and what was said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A run that made or read a version.

    Attributes:
        run: The run's name.
        state: Its state.
        at: When it began, in seconds since the epoch.
        made: Whether its own step gave the version; else it was taken from the cache, or read.
    """

    run: str
    state: str
    at: float
    made: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The outcome of a validation.

    Attributes:
        artifact: Id of the validation.
        run: The latest run that has it.
        node: The step's name in the pipeline.
        at: When it was made.
        ok: Whether the data passed.
        errors: How many anomalies stop a run.
        warnings: How many do not.
        not_evaluated: How many checks could not be made.
        schema: Id of the schema that it was held against; ``None`` if the record does not know it.
    """

    artifact: int
    run: str
    node: str
    at: float
    ok: bool
    errors: int
    warnings: int
    not_evaluated: int
    schema: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One content of a data set: equal rows are one version, however many runs read them.

    Attributes:
        data: The data set.
        number: Counts from 1, the oldest first.
        artifact: Id of its rows in the record.
        digest: Digest of its rows.
        made: When it was made.
        rows: Rows by split; empty if the record does not know.
        columns: How many columns; ``None`` if nobody described it.
        spans: The stretches of time that are in it, in order; empty if it has none.
        labels: What they are called: dates where the source is by date.
        edition: Which edition of the span it is, if it was delivered again.
        source: Where the rows came from, from the project's folder.
        uses: The runs, the newest first.
        statistics: Ids of what describes it, the newest first.
        checks: Validations, the newest first.
        transforms: Ids of the transforms that were fitted on it.
        models: Ids of the models that were trained on it.
        deleted: Whether only its place in the lineage is left.
    """

    data: str
    number: int
    artifact: int
    digest: str
    made: float
    rows: Mapping[str, int]
    columns: int | None
    spans: tuple[int, ...]
    labels: tuple[str, ...]
    edition: int | None
    source: str
    uses: tuple[Use, ...]
    statistics: tuple[int, ...] = ()
    checks: tuple[Checked, ...] = ()
    transforms: tuple[int, ...] = ()
    models: tuple[int, ...] = ()
    deleted: bool = False

    @property
    def total(self) -> int:
        """Rows in all splits."""
        return sum(self.rows.values())

    @property
    def check(self) -> Checked | None:
        """The latest validation."""
        return self.checks[0] if self.checks else None

    @property
    def title(self) -> str:
        """What it is called: its number, with its span if it has one."""
        return f"version {self.number}" + (f", {self.span_text}" if self.labels else "")

    @property
    def span_text(self) -> str:
        """Its spans: the first and the last."""
        if not self.labels:
            return ""
        return self.labels[0] if len(self.labels) == 1 else f"{self.labels[0]} to {self.labels[-1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """What a step of a pipeline gives, run after run.

    Attributes:
        name: ``pipeline.step``.
        pipeline: The pipeline.
        node: The step's name in it.
        step: The step, such as ``ingest``.
        source: Where the newest rows came from.
        versions: The newest first.
    """

    name: str
    pipeline: str
    node: str
    step: str
    source: str
    versions: tuple[Version, ...] = field(default_factory=tuple)

    @property
    def latest(self) -> Version:
        """The newest version."""
        return self.versions[0]

    @property
    def spanned(self) -> bool:
        """Whether its versions are stretches of time."""
        return len({span for one in self.versions for span in one.spans}) > 1

    def in_time(self) -> Sequence[Version]:
        """Its versions in the order of their spans, and of their making where spans say nothing."""
        return sorted(self.versions, key=lambda one: (one.spans[-1] if one.spans else 0, one.number))
