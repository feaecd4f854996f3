"""What the operations on runs answer with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from mainspring.app.api.subjects.runs.table.rows import Row, Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An artifact that a step used or made.

    Attributes:
        name: The argument or the output.
        id: Of the artifact.
        type: What it is, without the platform's prefix.
        digest: Of its content.
        where: Where it lies, if outside.
        facts: What the record says of it, the short ones.
        gone: Whether its bytes are not kept any more.
    """

    name: str
    id: int
    type: str
    digest: str
    where: str
    facts: Mapping[str, Scalar]
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """A step of a run.

    Attributes:
        step: Its name in the pipeline; ``name[3]`` for an item of a fan-out.
        state: Its state in capitals; ``PENDING`` if it has not begun.
        kind: ``step``, ``gate`` or ``approval``.
        cached: Whether what it gives was taken from an earlier execution.
        seconds: How long it took; ``None`` if it did not run.
        started: When it began; ``None`` if it has not.
        why: Why it ran, or what it was taken from.
        error: Why it failed or was left out.
        note: What it said of itself.
        execution: Its id in the record.
        outputs: What it made.
    """

    step: str
    state: str
    kind: str = "step"
    cached: bool = False
    seconds: float | None = None
    started: float | None = None
    why: str = ""
    error: str = ""
    note: str = ""
    execution: int | None = None
    outputs: Sequence[Thing] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a run.

    Attributes:
        name: Its name, nested ones by their path.
        value: Its value in this run.
        before: Its value in the run before; the same if it did not change.
        changed: Whether it did.
        given: Whether it was given for this run, and not taken from the pipeline.
    """

    name: str
    value: Scalar
    before: Scalar
    changed: bool
    given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a gate said.

    Attributes:
        step: The step; empty if it is not known.
        gate: The gate.
        ok: Yes or no.
        reasons: Everything it looked at, what speaks against first.
    """

    step: str
    gate: str
    ok: bool
    reasons: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a run waits for a person to answer, or what one answered.

    Attributes:
        step: The step that asks.
        question: What is to be decided.
        evidence: What the decision rests on.
        answer: ``yes``, ``no``, or empty while it waits.
        by: Who answered.
        reason: Why.
        at: When, RFC 3339.
        since: When it was asked.
    """

    step: str
    question: str
    evidence: Sequence[Thing] = ()
    answer: str = ""
    by: str = ""
    reason: str = ""
    at: str = ""
    since: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in a line.

    Attributes:
        run: Its name.
        pipeline: Its pipeline.
        state: Its state, in capitals.
        started: When it began, in seconds since the epoch.
        ended: When it ended; ``None`` while it has not.
        seconds: How long it took.
        cause: What started it: ``person``, ``console``, ``schedule``, ``data`` or ``verdict``.
        because: The same in words.
        commit: The commit of the code.
        model: The model that it registered a version of.
        version: That version.
    """

    run: str
    pipeline: str
    state: str
    started: float
    ended: float | None
    seconds: float | None
    cause: str
    because: str
    commit: str
    model: str
    version: str


def line_of(row: Row) -> dict[str, Any]:
    """What a :class:`RunLine` has of a run, by name."""
    return {one.name: getattr(row, "name" if one.name == "run" else one.name) for one in fields(RunLine)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunShown(RunLine):
    """A run with all that is known of it, besides its line.

    Attributes:
        command: The command line that began it.
        entry: The file with its pipeline.
        held: Which gate holds it.
        cancel: Who asked it to stop, and why; empty if nobody did.
        steps: Its steps, in the order of the pipeline.
        edges: Which step gives to which: ``(from, to, output)``.
        parameters: Of the pipeline.
        metrics: Figures of its results.
        verdicts: What its gates said.
        questions: What people are asked, and what they answered.
        previous: The run of this pipeline before.
        evidence: The verdicts that it was started because of.
        resumable: Whether it can be taken up again.
        cancellable: Whether it can be stopped.
        signed: Whether all that it waited for is answered, and it only has to go on.
    """

    command: str
    entry: str
    held: str
    cancel: Mapping[str, str]
    steps: Sequence[StepLine]
    edges: Sequence[tuple[str, str, str]]
    parameters: Sequence[Parameter]
    metrics: Mapping[str, float]
    verdicts: Sequence[Said]
    questions: Sequence[Question]
    previous: str
    evidence: Sequence[Thing]
    resumable: bool
    cancellable: bool
    signed: bool

    @property
    def failed(self) -> Sequence[StepLine]:
        """The steps that failed."""
        return [one for one in self.steps if one.state == "FAILED"]
