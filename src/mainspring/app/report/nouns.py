"""What the page says, as plain values: no store, no file and no template in sight.

Pictures are SVG text that was escaped when it was drawn; every other text is escaped by the templates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mainspring.core.verdicts import Reason
from mainspring.data.validation import Anomaly, NotEvaluated
from mainspring.evaluation.viewing.material import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A name and a value; ``more`` is a second line in a quieter voice."""

    name: str
    value: str
    more: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The first thing that is read.

    Attributes:
        sentence: What the run is and how it ended.
        state: The run's state in lower case: it gives the colour.
        sign: The state's round sign.
        next: The commands that take the run further, if it is not at its end.
    """

    run: str
    pipeline: str
    sentence: str
    state: str
    sign: str
    facts: Sequence[Fact]
    next: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What one gate said; ``lost`` says why nothing is known of it."""

    name: str
    ok: bool
    failures: Sequence[Reason] = ()
    passes: Sequence[Reason] = ()
    lost: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A person's answer, or a question that waits for one."""

    question: str
    answer: str
    by: str = ""
    at: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """A line of the timings."""

    anchor: str
    name: str
    state: str
    sign: str
    seconds: float
    duration: str
    share: str
    why: str
    error: str = ""
    parameters: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """The steps of the run; a ``narrow`` picture fits beside the lines."""

    picture: str
    narrow: bool
    rows: Sequence[StepRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good a model is on one split, by the step that judged it."""

    name: str
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That the package answers as the trained model does."""

    ok: bool
    sentence: str
    facts: Sequence[Fact]
    kinds: Sequence[tuple[str, str]]
    reason: str
    requirements: Sequence[str]
    inputs: int
    card: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A short remark on a column: ``kind`` is ``error``, ``warning``, ``label`` or ``quiet``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRow:
    """A column of the data: ``values`` are lines of names with figures; sort keys are figures as text."""

    name: str
    type: str
    flags: Sequence[Flag]
    missing: str
    missing_sort: str
    unique: str
    unique_sort: str
    values: Sequence[Sequence[tuple[str, str]]]
    picture: str
    drift: str
    drift_sort: str
    drifted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """A measured distance between two sets of rows."""

    column: str
    between: str
    metric: str
    value: str
    value_sort: str
    limit: str
    p_value: str
    p_sort: str
    drifted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The data."""

    summary: str
    splits: Sequence[Fact]
    columns: Sequence[ColumnRow]
    overlay: str
    has_drift: bool
    anomalies: Sequence[Anomaly]
    drifts: Sequence[DriftRow]
    schema: str
    not_evaluated: Sequence[NotEvaluated] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """Something that the run started from, with its digest."""

    name: str
    kind: str
    digest: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFile:
    """A file of the project as it was when the run used it; ``text`` is empty for a large or binary one."""

    path: str
    digest: str
    detail: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where it came from."""

    subject: str
    picture: str
    sources: Sequence[SourceRow]
    code: Sequence[CodeFile]
    environment: Sequence[Fact]
    parameters: Sequence[Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole page; what a run does not have is ``None`` or empty, and ``gone`` says what was there once."""

    headline: Headline
    gates: Sequence[Gate]
    signatures: Sequence[Signature]
    motion: Motion
    qualities: Sequence[Quality]
    proof: Proof | None
    material: Material | None
    provenance: Provenance
    gone: Sequence[str]
    version: str
