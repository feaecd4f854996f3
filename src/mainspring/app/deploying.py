"""Deployments of a project: its registry, its record and its settings behind the ports of serving."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mainspring.app import platform
from mainspring.core.errors import MainspringError
from mainspring.core.records import (
    Artifact,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    NodeType,
    PropertyType,
)
from mainspring.core.verdicts import Verdict
from mainspring.serving.deploying.asked import Started
from mainspring.serving.deploying.deployments import Deployments
from mainspring.serving.deploying.git import PREFIX, git_source
from mainspring.serving.deploying.ports import Found, Server
from mainspring.serving.deploying.reading import Declared
from mainspring.serving.deploying.reconciler import Reconciler
from mainspring.serving.deploying.revision import Revision
from mainspring.serving.deploying.sources import FolderSource, Source
from mainspring.serving.deploying.stock import link
from mainspring.store.keeping import kept
from mainspring.store.ports import Edge

_LOG = logging.getLogger(__name__)

DEPLOYMENT: Final = "mainspring.Deployment"
"""The type of the executions in the record that tell of accepted deployments."""

_TEXTS = ("by", "cause", "reason", "source", "commit", "digest", "changes")
_TYPE: Final = NodeType(
    kind=Kind.EXECUTION,
    name=DEPLOYMENT,
    properties={
        "number": PropertyType.INT,
        "ok": PropertyType.BOOLEAN,
        **dict.fromkeys(_TEXTS, PropertyType.STRING),
    },
    description="Deployment files were accepted.",
)


class RegisteredModels:
    """A :class:`mainspring.serving.deploying.ports.Models` of a project's registry.

    Args:
        opened: The project.
    """

    def __init__(self, opened: platform.Mainspring) -> None:
        self._opened = opened

    def resolve(self, reference: str) -> Found:
        """The version that a reference means now.

        Raises:
            NotFoundError: If it means nothing.
        """
        found = self._opened.models.resolve(reference)
        return Found(name=found.name, version=str(found.version), digest=found.digest)

    def blessed(self, found: Found) -> bool | None:
        """What was said of a version last; ``None`` if nothing was."""
        said = self._opened.models.blessings(self._opened.models.resolve(f"{found.name}:{found.version}"))
        return said[-1].ok if said else None

    def fetch(self, found: Found, folder: Path) -> None:
        """Write the package of a version into a folder that is not there yet.

        Raises:
            NotFoundError: If its bytes are gone.
        """
        link(self._opened.store.blobs.local(found.digest), folder)


class RecordedDeployments:
    """A :class:`mainspring.serving.deploying.ports.Recorder` that writes into a project's record.

    An accepted revision is an execution of the type ``mainspring.Deployment``: the packages that it serves are its
    inputs, and the verdict of its check is its output.

    Args:
        opened: The project.
    """

    def __init__(self, opened: platform.Mainspring) -> None:
        self._opened = opened

    def record(self, number: int, told: Mapping[str, str], verdict: Verdict) -> None:
        """Write that a revision was accepted; a record that cannot be written keeps nothing from being served."""
        try:
            self._record(number, told, verdict)
        except MainspringError as error:
            _LOG.warning("revision %d is not in the record: %s", number, error)

    def _record(self, number: int, told: Mapping[str, str], verdict: Verdict) -> None:
        record, blobs = self._opened.store.record, self._opened.store.blobs
        record.put_type(_TYPE)
        artifact = kept(record, blobs, verdict)
        happened = Execution(
            type=DEPLOYMENT,
            state=ExecutionState.COMPLETE,
            properties={"number": number, "ok": verdict.ok, **{name: told.get(name, "") for name in _TEXTS}},
        )
        digests = dict.fromkeys(str(one.observed) for one in verdict.reasons if one.code == "REFERENCE_FOUND")
        edges = [Edge(LinkKind.OUTPUT, happened, artifact, "verdict")]
        edges += [
            Edge(LinkKind.INPUT, one, happened, "package", place)
            for place, one in enumerate(self._packages(digests))
        ]
        record.publish([happened, artifact], edges)

    def _packages(self, digests: Iterable[str]) -> Iterator[Artifact]:
        for digest in digests:
            values = {"type": "mainspring.Package", "digest": digest}
            where = "type = :type AND digest = :digest"
            found = self._opened.store.record.find(Kind.ARTIFACT, where, values, descending=True, limit=1).items
            yield from (one for one in found if isinstance(one, Artifact))


def deployments_of(opened: platform.Mainspring) -> Deployments:
    """The deployments of a project."""
    return Deployments(
        opened.settings.path(opened.settings.serving.desired),
        RegisteredModels(opened),
        recorder=RecordedDeployments(opened),
    )


def source_of(text: str, home: Path) -> Source | None:
    """The source that a text means: a folder, or ``git+LOCATION[#BRANCH[:FOLDER]]``; none for an empty text.

    Args:
        text: It.
        home: Where copies of repositories are kept.
    """
    if not text:
        return None
    return git_source(text, home) if text.startswith(PREFIX) else FolderSource(Path(text).resolve())


def copies(deployments: Deployments) -> Path:
    """Where copies of repositories are kept."""
    return deployments.archive.folder / "git"


def reconciler(
    opened: Callable[[], platform.Mainspring],
    source: str,
    url: Callable[[], str],
    seconds: float,
    started: Started | None = None,
) -> Callable[[Server], Reconciler]:
    """Makes a reconciler in the thread that it runs in: what it opens is its own.

    Args:
        opened: Opens the project.
        source: Where files come from; see :func:`source_of`.
        url: Where the server answers.
        seconds: How often it looks.
        started: What the server was started with.
    """

    def make(server: Server) -> Reconciler:
        deployments = deployments_of(opened())
        found = source_of(source, copies(deployments))
        return Reconciler(deployments, server, url=url(), source=found, seconds=seconds, started=started)

    return make


def readable(deployments: Deployments, revision: Revision) -> Iterator[Declared]:
    """The files of a revision that can be read here; one that cannot keeps the others from nothing."""
    for file in revision.files.values():
        try:
            yield deployments.read(file)
        except MainspringError as error:
            _LOG.warning("%s cannot be read here: %s", file.name, error)


@contextmanager
def opened_deployments() -> Iterator[Deployments]:
    """The deployments of the project that is here."""
    with platform.existing() as opened:
        yield deployments_of(opened)
