"""One version of a model: what it is, where it came from, what is in its package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.models.listing import listed_version
from mainspring.app.api.subjects.models.nouns import ListedVersion, Standing
from mainspring.app.api.subjects.models.origins import Origin
from mainspring.app.api.subjects.models.packages import described, described_if_there, examples_of
from mainspring.app.api.subjects.models.shelf import shelf
from mainspring.app.api.subjects.models.standing import environments_of, standing

_NOTHING: Final = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a version was made of.

    Attributes:
        artifact: The version in the record, for its lineage; ``None`` if no run made it.
        run: The run that made it.
        trainer: The estimator.
        parameters: Its arguments.
        seed: Of its random choices.
        label: The column that it predicts.
        data: The rows it was trained and judged on: name, rows, digest, where from.
        environment: Interpreter and machine.
        code: What the lineage in its package says of the code.
        evaluation: The artifact of its evaluation.
        verdict: The artifact of what the gate said.
    """

    artifact: int | None
    run: str
    trainer: str
    parameters: Mapping[str, Any]
    seed: int | None
    label: str
    data: Sequence[Mapping[str, Any]]
    environment: Mapping[str, str]
    code: Mapping[str, Any]
    evaluation: int | None
    verdict: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVersion:
    """A version of a model.

    Attributes:
        version: It, as it is listed.
        provenance: What it was made of; ``None`` if its package is gone.
        environments: How it stands with respect to each environment.
        intervals: Metric to the ends of its interval.
        part: What moved its number: ``FIRST``, ``MAJOR``, ``MINOR`` or ``PIPELINE``.
        reasons: What moved it, one by one.
        earlier: The version before; empty for the first.
        later: The version after; empty for the latest.
    """

    version: ListedVersion
    provenance: Provenance | None
    environments: Sequence[Standing]
    intervals: Mapping[str, Sequence[float]]
    part: str
    reasons: Sequence[str]
    earlier: str
    later: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that a model reads or answers.

    Attributes:
        name: Its name.
        type: The type of its values.
        required: Whether every row must name it.
        missing: Whether a value may be missing.
        known: The categories known from training.
        shape: Of the tensor, -1 for the number of rows.
        low: The least value of training; ``None`` if it is not known.
        high: The largest.
    """

    name: str
    type: str
    required: bool
    missing: bool
    known: Sequence[str]
    shape: Sequence[int]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A package.

    Attributes:
        digest: Of all its content.
        runtime: What answers: ``onnx`` or ``python``.
        task: ``classification`` or ``regression``.
        classes: Names of the classes; empty for a regression.
        inputs: What it reads.
        outputs: What it answers.
        files: Path to bytes, the largest first.
        size: Bytes of all files.
        requirements: What it needs to be installed.
        parity: The proof that it answers as the trained model does, in words.
        assertions: What its answers are held to, in words.
        example: A real row.
    """

    digest: str
    runtime: str
    task: str
    classes: Sequence[str]
    inputs: Sequence[Column]
    outputs: Sequence[Column]
    files: Mapping[str, int]
    size: int
    requirements: Sequence[str]
    parity: str
    assertions: Sequence[str]
    example: Mapping[str, Any]


@operation(
    "models.version",
    "GET",
    "/models/{model:path}/versions/{version}",
    command="mainspring lineage {model}@{version}",
)
def shown(desk: Desk, model: str, version: str) -> ShownVersion:
    """A version: how good it is, where it came from, and how it stands with respect to each environment."""
    its = shelf(desk.shared, model)
    meant = its.version(version)
    place = list(its.versions).index(meant)
    package, _ = described_if_there(desk.shared, meant)
    explained = its.facts[meant.version].explanation
    intervals = (package.package.details.get("evaluation") or {}).get("intervals") or {} if package else {}
    return ShownVersion(
        version=listed_version(desk.shared, its, meant),
        provenance=_provenance(
            its.origins.get(meant.version, _NOTHING), package.package.details if package else None
        ),
        environments=[standing(desk, its, meant, one) for one in environments_of(desk.shared, its)],
        intervals={name: list(ends) for name, ends in intervals.items() if ends},
        part=explained.part if explained else "",
        reasons=[*explained.reasons, *explained.others] if explained else [],
        earlier=str(its.versions[place - 1].version) if place else "",
        later=str(its.versions[place + 1].version) if place + 1 < len(its.versions) else "",
    )


@operation("models.package", "GET", "/models/{model:path}/versions/{version}/package")
def packed(desk: Desk, model: str, version: str) -> Packed:
    """The package of a version: what it reads and answers, its files, and what it needs."""
    meant = shelf(desk.shared, model).version(version)
    found = described(desk.shared, meant)
    package, ranges = found.package, found.package.details.get("ranges") or {}
    return Packed(
        digest=meant.digest,
        runtime=package.runtime,
        task=package.signature.task,
        classes=package.signature.classes or (),
        inputs=[_column(one, *ranges.get(one.name, (None, None))) for one in package.signature.inputs],
        outputs=[_column(one) for one in package.signature.outputs],
        files=dict(sorted(found.files.items(), key=lambda pair: -pair[1])),
        size=found.size,
        requirements=package.requirements,
        parity=f"{package.parity}",
        assertions=[str(one) for one in package.assertions],
        example=next(iter(examples_of(desk.shared, meant)), {}),
    )


def _column(one: Any, low: float | None = None, high: float | None = None) -> Column:
    return Column(
        name=one.name,
        type=one.datatype,
        required=one.required,
        missing=one.nullable,
        known=one.domain or (),
        shape=one.shape,
        low=low,
        high=high,
    )


def _provenance(origin: Origin, details: Mapping[str, Any] | None) -> Provenance | None:
    if details is None:
        return None
    return Provenance(
        artifact=origin.artifact,
        run=origin.run,
        trainer=str(details.get("estimator") or ""),
        parameters=details.get("params") or {},
        seed=details.get("seed"),
        label=str(details.get("label") or ""),
        data=details.get("datasets") or [],
        environment=details.get("environment") or {},
        code=details.get("lineage") or {},
        evaluation=origin.evaluation,
        verdict=origin.verdict,
    )
