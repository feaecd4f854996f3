"""Artifacts in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from mainspring.app.api.subjects.runs.nouns import Thing
from mainspring.app.api.subjects.runs.table.rows import Scalar
from mainspring.core.records import Artifact, ArtifactState

_MOST: Final = 6
_LONGEST: Final = 80
_GONE: Final = (ArtifactState.DELETED, ArtifactState.MARKED_FOR_DELETION, ArtifactState.ABANDONED)


def thing(name: str, artifact: Artifact) -> Thing:
    """An artifact under the name of an argument or an output."""
    return Thing(
        name=name,
        id=cast("int", artifact.id),
        type=artifact.type.removeprefix("mainspring."),
        digest=artifact.digest or "",
        where="" if (artifact.uri or "").startswith("blob:") else artifact.uri or "",
        facts=_facts(artifact),
        gone=artifact.state in _GONE,
    )


def things(named: Mapping[str, Sequence[Artifact]]) -> Sequence[Thing]:
    """Artifacts by the name of their argument or output."""
    return [
        thing(name if len(artifacts) == 1 else f"{name}[{place}]", artifact)
        for name, artifacts in named.items()
        for place, artifact in enumerate(artifacts)
    ]


def _facts(artifact: Artifact) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for name, value in artifact.properties.items():
        short = isinstance(value, (bool, int, float)) or (isinstance(value, str) and 0 < len(value) <= _LONGEST)
        if short and len(found) < _MOST and name != "digest":
            found[name] = cast("Scalar", value)
    return found
