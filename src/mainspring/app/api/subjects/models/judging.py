"""How good a version is, and against another one: evaluations as they were kept, and what a gate says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.shared import Shared
from mainspring.app.api.subjects.models.shelf import Shelf, shelf
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Artifact, Kind
from mainspring.core.verdicts import Verdict

if TYPE_CHECKING:
    from mainspring.evaluation.evaluation import Evaluation
    from mainspring.models.registry import ModelVersion

_MAIN: Final = ("accuracy", "auc", "log_loss", "rmse", "mae")
_VALUES: Final = {"mainspring.Verdict", "mainspring.Validation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a gate said.

    Attributes:
        gate: Its name.
        ok: Whether it said yes.
        reasons: One by one: ``ok``, ``message``, ``subject``, ``observed``, ``expected``.
        artifact: It in the record; ``None`` for one that was made just now.
    """

    gate: str
    ok: bool
    reasons: Sequence[Mapping[str, Any]]
    artifact: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two versions of a model side by side.

    Attributes:
        model: Name of the model.
        before: The first version.
        after: The second.
        parts: ``metrics``, ``data``, ``parameters``, ``environment``, ``size``, ``signature``, ``code`` and
            ``assertions``, each a list of what is different.
        schema: What changed in the schema of the data.
        code_diff: The code as a unified diff.
        verdict: What a gate says that the second must not be worse; ``None`` if there are no evaluations.
        same_rows: Whether both were judged on the same rows; ``None`` if that is not known.
    """

    model: str
    before: str
    after: str
    parts: Mapping[str, Sequence[Mapping[str, Any]]]
    schema: Sequence[str]
    code_diff: Sequence[str]
    verdict: Said | None
    same_rows: bool | None


@operation(
    "models.compare",
    "GET",
    "/models/{model:path}/compare",
    command="mainspring models compare {model} {before} {after}",
)
def compare(desk: Desk, model: str, *, before: str, after: str) -> Compared:
    """Two versions side by side, and whether the second is not worse in what matters most.

    Args:
        before: The version that the other is held against.
        after: The version that is judged.
    """
    its = shelf(desk.shared, model)
    first, second = its.version(before), its.version(after)
    key = ("models", "compared", first.digest, second.digest)
    return desk.shared.remembered(key, 0, lambda: _compared(desk.shared, its, first, second))


@operation("models.verdicts", "GET", "/models/{model:path}/versions/{version}/verdicts")
def verdicts(desk: Desk, model: str, version: str) -> Sequence[Said]:
    """What the gates of the run said that made a version, with every reason."""
    its = shelf(desk.shared, model)
    meant = its.version(version)
    key = ("models", "verdicts", meant.digest)
    return desk.shared.remembered(key, meant.digest, lambda: _verdicts(desk.shared, its, meant))


def evaluation_of(shared: Shared, its: Shelf, version: ModelVersion) -> Evaluation | None:
    """The evaluation that a version was registered with; ``None`` if there is none, or it is gone."""
    origin = its.origins.get(version.version)
    return value_of(shared, origin.evaluation) if origin else None


def baseline_of(shared: Shared, its: Shelf, version: ModelVersion) -> Evaluation | None:
    """The evaluation that a gate compared it with, on the same rows."""
    origin = its.origins.get(version.version)
    return value_of(shared, origin.baseline) if origin else None


def gate_of(shared: Shared, its: Shelf, version: ModelVersion) -> Verdict | None:
    """What the gate said that judged it."""
    origin = its.origins.get(version.version)
    found = value_of(shared, origin.verdict) if origin else None
    return found if isinstance(found, Verdict) else None


def value_of(shared: Shared, artifact: int | None) -> Any:
    """The value of an artifact, remembered; ``None`` if there is none, or its bytes are gone."""
    if artifact is None:
        return None
    return shared.remembered(("models", "value", artifact), 0, lambda: _value(shared, artifact))


def made_beside(shared: Shared, its: Shelf, version: ModelVersion, kind: str) -> Sequence[int]:
    """The artifacts of a type that the run of a version made."""
    origin = its.origins.get(version.version)
    if origin is None or not origin.run:
        return ()
    key = ("models", "beside", version.digest, kind)
    return shared.remembered(key, version.digest, lambda: _beside(shared, origin.run, kind))


def margins(before: Evaluation, after: Evaluation) -> dict[str, float]:
    """A margin of nothing for the main figures that both have; for all that have a direction, without those."""
    # Imported here: the metrics bring NumPy along, which a console that shows no model does without.
    from mainspring.evaluation import Better, better

    both = [one for one in after.overall if one in before.overall and math.isfinite(before.overall[one])]
    main: list[str] = [one for one in _MAIN if one in both]
    return dict.fromkeys(main or [one for one in both if better(one) is not Better.NEITHER], 0.0)


def judged(before: Evaluation, after: Evaluation) -> Verdict:
    """What a gate says that the second must not be worse than the first."""
    from mainspring.evaluation import compare as judge

    return judge(after, baseline=before, better_by=margins(before, after), incomparable="fail")


def _compared(shared: Shared, its: Shelf, first: ModelVersion, second: ModelVersion) -> Compared:
    found = shared.platform.models.compare(its.name, first.version, second.version)
    old, new = evaluation_of(shared, its, first), evaluation_of(shared, its, second)
    names = ("metrics", "data", "parameters", "environment", "size", "signature", "code", "assertions")
    return Compared(
        model=its.name,
        before=str(first.version),
        after=str(second.version),
        parts={name: [asdict(one) for one in getattr(found, name)] for name in names},
        schema=found.schema,
        code_diff=found.code_diff[:2000],
        verdict=_said(judged(old, new)) if old is not None and new is not None else None,
        same_rows=_same_rows(found.data),
    )


def _same_rows(data: Sequence[Any]) -> bool | None:
    judged_on = [one for one in data if one.name == "eval"]
    return judged_on[0].way == "same" if judged_on else None


def _verdicts(shared: Shared, its: Shelf, version: ModelVersion) -> Sequence[Said]:
    origin = its.origins.get(version.version)
    if origin is None or not origin.run:
        return ()
    # Imported here: runs are read only where a version was made by one.
    from mainspring.app.stories import tell

    try:
        story = tell(shared.platform.pipelines.records, shared.platform.store.blobs, origin.run)
    except NotFoundError:
        return ()
    found: dict[str, Said] = {}
    for step in story.steps:
        for artifacts in step.outputs.values():
            for one in artifacts:
                value = value_of(shared, one.id) if one.type in _VALUES else None
                verdict = getattr(value, "verdict", value)
                if isinstance(verdict, Verdict):
                    found.setdefault(str(one.digest), _said(verdict, one.id))
    return list(found.values())


def _said(verdict: Verdict, artifact: int | None = None) -> Said:
    reasons = sorted((asdict(one) for one in verdict.reasons), key=lambda one: bool(one["ok"]))
    return Said(gate=verdict.gate, ok=verdict.ok, reasons=reasons, artifact=artifact)


def _value(shared: Shared, artifact: int) -> Any:
    from mainspring.app.stories import value_of as read

    try:
        found = shared.platform.store.record.get(Kind.ARTIFACT, [artifact])[0]
    except NotFoundError:
        return None
    return read(cast("Artifact", found), shared.platform.store.blobs)


def _beside(shared: Shared, run: str, kind: str) -> Sequence[int]:
    from mainspring.app.stories import tell

    try:
        story = tell(shared.platform.pipelines.records, shared.platform.store.blobs, run)
    except NotFoundError:
        return ()
    return [cast("int", one.id) for one in story.artifacts(kind)]
