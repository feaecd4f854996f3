"""A row of the table of runs, and how it is made of what the record has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import msgspec

from mainspring.core.records import Artifact, Execution
from mainspring.pipelines.records import StepRecord

Scalar: TypeAlias = "str | int | float | bool | None"

_LONGEST: Final = 200
"""Letters of a parameter's value that the table keeps."""

_DEEPEST: Final = 3

EVALUATION: Final = "mainspring.Evaluation"
VERSION: Final = "mainspring.ModelVersion"
PLUMBING: Final = frozenset(
    f"mainspring.{name}"
    for name in (
        *("Examples", "Statistics", "Schema", "Transform", "Model", "Package", "Code", "File", "Array", "Bytes"),
        *("Pushed", "Verdict", "Validation", "Approval", "Predictions", "Reference", "Explainer", "Attributions"),
    )
)
"""Artifacts whose figures describe them, and are no result of a run."""

_NO_METRICS: Final = frozenset({"slices", "cutoff", "unreadable"})


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A run, as the table shows it.

    Attributes:
        id: Of its execution; later runs have higher ones.
        name: Its name.
        pipeline: Its pipeline.
        state: Its state, in capitals.
        started: When, in seconds since the epoch.
        ended: When it ended; ``None`` while it has not.
        seconds: How long it took; ``None`` while it has not ended.
        cause: What started it: ``person``, ``console``, ``schedule``, ``data`` or ``verdict``.
        because: The same in words; empty for somebody at a terminal.
        commit: The commit of the code; empty if it is not known.
        model: The model that it registered a version of; empty for none.
        version: That version.
        parameters: Of the pipeline, nested ones by their path (``params.depth``).
        metrics: Figures of evaluations, of other results, and what steps logged.
        touched: When the record changed it last.
    """

    id: int
    name: str
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
    parameters: dict[str, Scalar]
    metrics: dict[str, float]
    touched: float

    @property
    def is_open(self) -> bool:
        """Whether it may still change."""
        return self.state != "COMPLETE"


def row_of(run: Execution, steps: Sequence[StepRecord], made: Mapping[int, Sequence[Artifact]]) -> Row:
    """The row of a run.

    Args:
        run: It.
        steps: Its steps; those that repeat others stand for them, with what they logged.
        made: What executions made, by the id of the execution that made it.
    """
    custom = run.custom
    registered = _registered(steps, made)
    because = str(custom.get("because") or "")
    return Row(
        id=cast("int", run.id),
        name=str(run.name),
        pipeline=str(run.properties.get("pipeline") or ""),
        state=run.state.value,
        started=run.created_at,
        ended=_number(custom.get("ended_at")) if run.state.value not in ("RUNNING", "NEW") else None,
        seconds=_number(custom.get("seconds")) if run.state.value not in ("RUNNING", "NEW") else None,
        cause=cause_of(because),
        because=because,
        commit=str(custom.get("commit") or ""),
        model=str(registered.properties.get("name")) if registered else "",
        version=str(registered.properties.get("version")) if registered else "",
        parameters=flat(cast("Mapping[str, Any]", custom.get("parameters") or {})),
        metrics=_metrics(_in_order(run, steps), made),
        touched=run.updated_at,
    )


def cause_of(because: str) -> str:
    """What started a run, in one word, from the reason that the record has.

    Example:
        >>> cause_of(""), cause_of("nightly was due at 2026-11-22T03:00:00.000Z"), cause_of("ada, in the console")
        ('person', 'schedule', 'console')
    """
    if not because:
        return "person"
    if because.endswith("in the console"):
        return "console"
    if " was due at " in because or because.startswith("backfill"):
        return "schedule"
    return "data" if " has new content" in because else "verdict"


def flat(values: Mapping[str, Any], *, depth: int = _DEEPEST) -> dict[str, Scalar]:
    """Nested values by their path; what is no single value as JSON.

    Example:
        >>> flat({"rate": 0.1, "params": {"depth": 3}, "columns": ["a", "b"]})
        {'rate': 0.1, 'params.depth': 3, 'columns': '["a","b"]'}
    """
    found: dict[str, Scalar] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and value and depth > 1:
            inner = flat(value, depth=depth - 1)
            found.update((f"{name}.{key}", one) for key, one in inner.items())
        elif isinstance(value, (int, float, bool)) or value is None:
            found[name] = value
        else:
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            found[name] = text[:_LONGEST]
    return found


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _in_order(run: Execution, steps: Sequence[StepRecord]) -> Sequence[StepRecord]:
    """In the order of the pipeline: of two that give the same metric, the first has its bare name."""
    places = {str(name): at for at, name in enumerate(cast("Sequence[str]", run.custom.get("nodes") or ()))}
    return sorted(steps, key=lambda one: places.get(one.node.partition("[")[0], len(places)))


def _metrics(steps: Iterable[StepRecord], made: Mapping[int, Sequence[Artifact]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for step in steps:
        if not step.good:
            continue
        bare = step.node == step.execution.properties.get("step")
        logged = cast("Mapping[str, float | None]", step.metrics)  # the record keeps nothing for what is no number
        for name, value in [*_measured(step, made), *logged.items()]:
            if value is None:
                continue
            key = name if bare and name not in found else f"{step.node}.{name}"
            found[key] = float(value)
    return found


def _measured(step: StepRecord, made: Mapping[int, Sequence[Artifact]]) -> Iterable[tuple[str, float]]:
    for artifact in made.get(step.original, ()):
        if artifact.type in PLUMBING or artifact.type == VERSION:
            continue
        for name, value in artifact.properties.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                continue
            if artifact.type == EVALUATION and name in _NO_METRICS:
                continue
            yield (step.node if name == "value" else name), float(value)


def _registered(steps: Iterable[StepRecord], made: Mapping[int, Sequence[Artifact]]) -> Artifact | None:
    for step in steps:
        for artifact in made.get(step.original, ()) if step.good else ():
            if artifact.type == VERSION:
                return artifact
    return None
