"""Making a version again: what it would take, and starting it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mainspring.app.api.desk import Desk
from mainspring.app.api.jobs import Job
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.models.shelf import shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What making a version again would take.

    Attributes:
        steps: What is done again.
        data: The artifacts that it starts from.
        changed: What is not as it was, as sentences.
        gone: What is gone, so that it cannot be made again.
    """

    steps: Sequence[str]
    data: Sequence[int]
    changed: Sequence[str]
    gone: Sequence[str]


@operation(
    "models.reproducible",
    "GET",
    "/models/{model:path}/versions/{version}/reproduction",
    command="mainspring reproduce {model}@{version} --dry-run",
)
def reproducible(desk: Desk, model: str, version: str) -> Planned:
    """What would be done to train a version again, and what is not as it was."""
    # Imported here: making again brings pipelines and models along.
    from mainspring.app.reproducing import plan

    found = plan(desk.platform, shelf(desk.shared, model).version(version))
    return Planned(
        steps=[one.name for one in found.steps],
        data=[one.id for one in found.data if one.id is not None],
        changed=list(found.changed),
        gone=list(found.gone),
    )


@operation(
    "models.reproduce",
    "POST",
    "/models/{model:path}/versions/{version}/reproduce",
    command="mainspring reproduce {model}@{version}",
    done="{title} has begun",
)
def reproduce(desk: Desk, model: str, version: str, *, strict: bool = False) -> Job:
    """Train a version again from its recorded lineage, and hold the two packages against each other.

    Args:
        strict: Refuse, where something is not as it was.
    """
    meant = shelf(desk.shared, model).version(version).version
    return desk.jobs.start(
        ["reproduce", f"{model}@{meant}", "--by", desk.caller.name, *(["--strict"] if strict else [])],
        title=f"Making {model} {meant} again",
        by=desk.caller.name,
        path=f"/models/{model}/versions/{meant}?tab=history",
    )
