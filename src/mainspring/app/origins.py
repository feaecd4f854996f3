"""Where something came from, as answers to the questions that people ask: which rows, which schema, which code,
which metrics, who signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from mainspring.app.stories import value_of
from mainspring.core.clock import iso
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Artifact, Direction, Execution, Kind, LinkKind
from mainspring.core.verdicts import Verdict
from mainspring.pipelines.approvals import Approval
from mainspring.pipelines.recording import EVIDENCE
from mainspring.store.ports import BlobStore, Lineage

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Everything above an artifact, sorted by what it answers.

    Attributes:
        subject: The artifact that was asked about.
        lineage: All of it, as nodes and links.
        sources: Outside files with their content digests.
        by_type: The artifacts by type, newest first.
        executions: The steps that took part, oldest first.
    """

    subject: Artifact
    lineage: Lineage
    sources: Sequence[Artifact]
    by_type: Mapping[str, Sequence[Artifact]]
    executions: Sequence[Execution]

    def newest(self, type_name: str) -> Artifact | None:
        """The newest artifact of a type, if there is any."""
        found = self.by_type.get(f"mainspring.{type_name}")
        return found[0] if found else None


def find_artifact(opened: Mainspring, reference: str) -> Artifact:
    """What a person means: ``taxi@production``, ``taxi:1.0.0``, ``artifact:12``, part of a digest, a run.

    Raises:
        NotFoundError: If nothing is meant.
    """
    record = opened.store.record
    head, _, tail = reference.partition(":")
    if head == "artifact" and tail.isdigit():
        return cast("Artifact", record.get(Kind.ARTIFACT, [int(tail)])[0])
    digest = reference.removeprefix("sha256:")
    if len(digest) >= 6 and all(letter in "0123456789abcdef" for letter in digest):
        found = record.find(
            Kind.ARTIFACT, "digest LIKE :digest", {"digest": f"sha256:{digest}%"}, descending=True, limit=1
        ).items
        if found:
            return cast("Artifact", found[0])
    try:
        return _version_artifact(opened, reference)
    except NotFoundError as error:
        run = _last_of_run(opened, reference)
        if run is not None:
            return run
        if "@" in reference or (":" in reference and head in opened.models.models()):
            raise
        raise NotFoundError(
            f"nothing in the record is called {reference!r}",
            expected="a model (taxi, taxi@production, taxi:1.0.0), artifact:ID, a digest, or a run",
            fix="see what there is: mainspring models, mainspring runs",
        ) from error


def _version_artifact(opened: Mainspring, reference: str) -> Artifact:
    version = opened.models.resolve(reference)
    found = opened.store.record.find(
        Kind.ARTIFACT,
        "type = 'mainspring.ModelVersion' AND properties.name = :name AND properties.version = :version",
        {"name": version.name, "version": str(version.version)},
        descending=True,
        limit=1,
    ).items
    if not found:
        raise NotFoundError(f"{reference} is registered, but no run of this record made it")
    return cast("Artifact", found[0])


def _last_of_run(opened: Mainspring, reference: str) -> Artifact | None:
    try:
        run = opened.pipelines.records.run(reference)
    except NotFoundError:
        return None
    steps = opened.pipelines.records.steps(str(run.name))
    for step in reversed(steps):
        outputs = opened.pipelines.records.outputs([step.original])[step.original]
        for artifacts in outputs.values():
            return artifacts[0]
    return None


def trace(opened: Mainspring, subject: Artifact) -> Origin:
    """Walk up from an artifact to everything that it came from."""
    lineage = opened.store.record.lineage(
        Kind.ARTIFACT, [cast("int", subject.id)], direction=Direction.UP, hops=None
    )
    artifacts = [node for node in lineage.nodes.values() if isinstance(node, Artifact)]
    executions = [node for node in lineage.nodes.values() if isinstance(node, Execution)]
    by_type: dict[str, list[Artifact]] = {}
    for artifact in sorted(artifacts, key=lambda one: cast("int", one.id), reverse=True):
        by_type.setdefault(artifact.type, []).append(artifact)
    produced = {link.target for link in lineage.links if link.kind is LinkKind.OUTPUT}
    sources = [
        artifact for artifact in artifacts if artifact.id not in produced and artifact.type != "mainspring.Code"
    ]
    return Origin(
        subject=subject,
        lineage=lineage,
        sources=sources,
        by_type=by_type,
        executions=sorted(executions, key=lambda one: cast("int", one.id)),
    )


def answers(origin: Origin, blobs: BlobStore) -> dict[str, Any]:
    """The answers as plain values: subject, data, schema, code, model, metrics, gates, signed, steps."""
    return {
        "subject": _described(origin.subject),
        "data": [*map(_described, origin.sources), *map(_described, _all(origin, "Examples"))],
        "schema": [_described(one) for one in _all(origin, "Schema")[:1]],
        "code": [file for one in _all(origin, "Code") for file in _files(one, blobs)],
        "model": [_described(one) for one in _all(origin, "Model")[:1]],
        "metrics": _metrics(origin, blobs),
        "gates": [verdict.as_dict() for verdict in _verdicts(origin, blobs)],
        "signed": [_signature(one, blobs) for one in _all(origin, "Approval")],
        "steps": [
            {
                "step": one.properties.get("node"),
                "run": one.properties.get("run"),
                "at": iso(one.created_at),
                "seconds": one.properties.get("seconds"),
                "parameters": one.custom.get("parameters"),
            }
            for one in origin.executions
        ],
    }


def reasons(opened: Mainspring, origin: Origin) -> list[dict[str, Any]]:
    """Why the runs were started that took part, if not by a person, with the verdicts that called for them."""
    names = dict.fromkeys(str(one.properties["run"]) for one in origin.executions if "run" in one.properties)
    found = []
    for name in names:
        run = opened.pipelines.records.run(name)
        if not run.custom.get("because"):
            continue
        links = opened.store.record.links(Kind.EXECUTION, [cast("int", run.id)])
        called = [link.source for link in links if link.kind is LinkKind.INPUT and link.name == EVIDENCE]
        evidence = [cast("Artifact", one) for one in opened.store.record.get(Kind.ARTIFACT, called)]
        found.append(
            {"run": name, "reason": str(run.custom["because"]), "evidence": [_described(one) for one in evidence]}
        )
    return found


def promotions(opened: Mainspring, subject: Artifact) -> list[dict[str, Any]]:
    """Who signed for, or rejected, the promotion of a registered version; nothing for anything else."""
    if subject.type != "mainspring.ModelVersion":
        return []
    name, version = str(subject.properties.get("name")), str(subject.properties.get("version"))
    return [
        {
            "ok": one.verb == "sign",
            "by": one.by,
            "role": one.role,
            "environment": one.environment,
            "at": iso(one.at),
            "reason": one.comment,
            "evidence": list(one.evidence),
        }
        for one in opened.models.decisions(name)
        if one.verb in ("sign", "reject") and str(one.version) == version
    ]


def _all(origin: Origin, type_name: str) -> Sequence[Artifact]:
    return origin.by_type.get(f"mainspring.{type_name}", ())


def _described(artifact: Artifact) -> dict[str, Any]:
    told = {key: value for key, value in artifact.properties.items() if not isinstance(value, (list, dict))}
    return {
        **told,
        "artifact": artifact.id,
        "type": artifact.type,
        "digest": artifact.digest,
        "uri": artifact.uri,
        "created": iso(artifact.created_at),
    }


def _files(code: Artifact, blobs: BlobStore) -> list[dict[str, Any]]:
    try:
        entries = blobs.entries(str(code.digest))
    except NotFoundError:  # the bytes are gone; what the record knows is told all the same
        return []
    return [{"file": entry.path, "digest": entry.digest, "artifact": code.id} for entry in entries]


def _metrics(origin: Origin, blobs: BlobStore) -> dict[str, Any]:
    artifact = origin.newest("Evaluation")
    evaluation = value_of(artifact, blobs) if artifact is not None else None
    if evaluation is None:
        return {}
    return {
        "overall": dict(evaluation.overall),
        "slices": {str(one): dict(metrics) for one, metrics in evaluation.slices.items()},
    }


def _verdicts(origin: Origin, blobs: BlobStore) -> list[Verdict]:
    found = []
    for name in ("Validation", "Verdict"):
        for artifact in reversed(_all(origin, name)):
            value = value_of(artifact, blobs)
            verdict = getattr(value, "verdict", value)
            if isinstance(verdict, Verdict):
                found.append(verdict)
    return found


def _signature(artifact: Artifact, blobs: BlobStore) -> dict[str, Any]:
    value = value_of(artifact, blobs)
    return dict(value.properties()) if isinstance(value, Approval) else _described(artifact)
