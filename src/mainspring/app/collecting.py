"""Garbage collection: what no recent run, no registered model and no lineage of one needs any more."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from mainspring.core.clock import now
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Artifact, ArtifactState, Direction, ExecutionState, Kind
from mainspring.pipelines.recording import RUN

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What was, or would be, removed.

    Attributes:
        artifacts: Ids that became tombstones: their bytes go, their place in the lineage stays.
        blobs: Digests of bytes that nothing refers to.
        scratch: Left-over folders of runs that ended, and checkpoints that no step went on from.
        dry_run: Whether this is only a plan.
    """

    artifacts: Sequence[int]
    blobs: Sequence[str]
    scratch: Sequence[str]
    dry_run: bool


def collect(opened: Mainspring, *, keep_runs: int, keep_days: float, dry_run: bool = False) -> Collected:
    """Remove what is not needed.

    Kept are: everything of the newest runs of each pipeline, everything younger than the days given, every
    registered model version that is not archived with all that it came from, what is kept beside versions, and
    the evidence of promotions.

    Args:
        opened: The platform.
        keep_runs: How many runs of each pipeline are kept.
        keep_days: Nothing younger than this many days goes.
        dry_run: Only say what would go.
    """
    kept = _kept(opened, keep_runs, now() - keep_days * _DAY)
    everything = _live(opened)
    going = [cast("int", one.id) for one in everything if one.id not in kept]
    staying = {str(one.digest) for one in everything if one.id in kept and one.digest}
    if going and not dry_run:
        for start in range(0, len(going), 500):
            opened.store.record.delete(Kind.ARTIFACT, going[start : start + 500])
    blobs = opened.store.blobs.collect(staying, older_than=keep_days * _DAY, dry_run=dry_run)
    scratch = [*_scratch(opened, dry_run=dry_run), *_checkpoints(opened, keep_days, dry_run=dry_run)]
    return Collected(artifacts=going, blobs=blobs, scratch=scratch, dry_run=dry_run)


def _live(opened: Mainspring) -> list[Artifact]:
    return _all(opened, "state = LIVE")


def _kept(opened: Mainspring, keep_runs: int, since: float) -> set[int]:
    record = opened.store.record
    kept = {cast("int", one.id) for one in _live(opened) if one.created_at >= since}
    for context in record.find(Kind.CONTEXT, "type = 'mainspring.Pipeline'", limit=1000).items:
        for run in opened.pipelines.records.runs(pipeline=str(context.name), limit=keep_runs):
            kept |= _of_run(opened, str(run.name))
    versions = [one for one in _versions(opened) if not _archived(opened, one)]
    if versions:
        above = record.lineage(Kind.ARTIFACT, [cast("int", one.id) for one in versions], direction=Direction.UP)
        kept |= {number for kind, number in above.nodes if kind is Kind.ARTIFACT}
    users = {"d": "Decision", "m": "AliasMove", "c": "Companion"}
    where = " OR ".join(f"consumers.{one}.type = 'mainspring.{kind}'" for one, kind in users.items())
    return kept | {cast("int", one.id) for one in _all(opened, where)}


def _versions(opened: Mainspring) -> list[Artifact]:
    return _all(opened, "type = 'mainspring.ModelVersion' AND state = LIVE")


def _archived(opened: Mainspring, version: Artifact) -> bool:
    """Whether a version is archived, and not served from this project all the same."""
    name, number = str(version.properties.get("name")), str(version.properties.get("version"))
    away = {str(one) for one in opened.models.archived(name)}
    return number in away and number != served_version(opened, name)


def served_version(opened: Mainspring, name: str) -> str | None:
    """The version of a model that is served from this project's folder."""
    from mainspring.serving.push import Deployment

    folder = opened.settings.path(opened.settings.serving.deployments)
    if not (folder / name).is_dir():
        return None
    deployment = Deployment(folder, name)
    return next((one.version for one in deployment.history() if one.sequence == deployment.current), None)


def _all(opened: Mainspring, where: str) -> list[Artifact]:
    found: list[Artifact] = []
    page: str | None = None
    while True:
        some = opened.store.record.find(Kind.ARTIFACT, where, limit=1000, page=page)
        found += cast("Sequence[Artifact]", some.items)
        page = some.next
        if page is None:
            return found


def _of_run(opened: Mainspring, run: str) -> set[int]:
    found = opened.store.record.find(
        Kind.ARTIFACT,
        "contexts.run.type = :type AND contexts.run.name = :name",
        {"type": RUN, "name": run},
        limit=10000,
    ).items
    ids = [cast("int", one.id) for one in found]
    if not ids:
        return set()
    above = opened.store.record.lineage(Kind.ARTIFACT, ids, direction=Direction.UP, hops=1)
    return {*ids, *(number for kind, number in above.nodes if kind is Kind.ARTIFACT)}


def _scratch(opened: Mainspring, *, dry_run: bool) -> list[str]:
    gone = []
    for folder in sorted((opened.settings.path(opened.settings.run.home) / "scratch").glob("*")):
        try:
            running = opened.pipelines.records.run(folder.name.rpartition("-")[0]).state is ExecutionState.RUNNING
        except NotFoundError:
            running = False
        if not running:
            gone.append(folder.name)
            if not dry_run:
                shutil.rmtree(folder, ignore_errors=True)
    return gone


def _checkpoints(opened: Mainspring, keep_days: float, *, dry_run: bool) -> list[str]:
    """Those that nothing was written to for that time, or for a day: a step may be at work on younger ones."""
    gone = []
    oldest = time.time() - max(keep_days, 1.0) * _DAY
    for folder in sorted((opened.settings.path(opened.settings.run.home) / "checkpoints").glob("*")):
        written = [one.lstat().st_mtime for one in (folder, *folder.rglob("*"))]
        if max(written) < oldest:
            gone.append(f"checkpoints/{folder.name}")
            if not dry_run:
                shutil.rmtree(folder, ignore_errors=True)
    return gone


def verify(opened: Mainspring) -> list[str]:
    """Read every live artifact's bytes; gives a line for each that is missing or damaged."""
    from mainspring.core.errors import MainspringError

    problems = []
    for artifact in _live(opened):
        if artifact.state is not ArtifactState.LIVE or not artifact.digest:
            continue
        try:
            for entry in opened.store.blobs.entries(artifact.digest):
                with opened.store.blobs.open(artifact.digest, entry.path) as file:
                    file.read(1)
        except MainspringError as error:
            problems.append(f"artifact:{artifact.id} {artifact.type}: {error.found}")
    return problems
