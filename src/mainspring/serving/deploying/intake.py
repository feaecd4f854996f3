"""Takes in what is wanted: what a source says, and what aliases mean by now."""

from __future__ import annotations

import logging
import time

from mainspring.core.errors import ConflictError, MainspringError, NotFoundError
from mainspring.serving.deploying.archive import Event, Seen
from mainspring.serving.deploying.deployments import Deployments, moved
from mainspring.serving.deploying.problems import DeclarationError, Problem
from mainspring.serving.deploying.revision import Pins, Revision
from mainspring.serving.deploying.sources import Snapshot, Source

_LOG = logging.getLogger(__name__)

AGAIN_SECONDS = 15.0
"""So long after they were refused, files are looked at again."""


class Intake:
    """Accepts or refuses, and keeps why. For one thread.

    Args:
        deployments: Where accepted files are kept.
        source: Where files come from; without, they come from ``mainspring deploy`` alone.

    Attributes:
        trouble: What keeps it from looking, such as a source that does not answer.
    """

    def __init__(self, deployments: Deployments, source: Source | None = None) -> None:
        self._deployments, self._source = deployments, source
        self._archive = deployments.archive
        self._refused_move = ""
        self._snapshot: Snapshot | None = None
        self._again = 0.0
        self.trouble = ""

    @property
    def name(self) -> str:
        """The source; empty for none."""
        return "" if self._source is None else self._source.name

    @property
    def refused(self) -> str:
        """Why what the source says is not followed; empty if it is."""
        seen = self._archive.seen
        return seen.problems if self.name and seen.source == self.name else ""

    def commit(self, revision: Revision) -> str:
        """The newest commit that says what a revision does."""
        seen = self._archive.seen
        newer = seen.source == self.name != "" and not seen.problems and not revision.held
        return seen.commit if newer else revision.commit

    def look(self) -> Revision | None:
        """Look at the source and at aliases; gives what is wanted then."""
        before, self.trouble = self.trouble, ""
        try:
            if self._source is not None:
                self._look_at(self._source)
            revision = self._archive.current
            if revision is not None and not revision.held:
                self._look_at_aliases(revision)
        except ConflictError:
            return self._archive.current  # somebody deployed meanwhile; the next look sees both
        except MainspringError as error:
            self.trouble = str(error)
            if self.trouble != before:
                _LOG.warning("deployments cannot be looked at: %s", error)
        return self._archive.current

    def _look_at(self, source: Source) -> None:
        """Take what a source says: once, unless it was refused for what may have changed elsewhere by now."""
        snapshot, seen = source.look(), self._archive.seen
        if snapshot is None:
            snapshot = self._snapshot  # it was not taken yet, or refused
        known = snapshot is not None and seen.source == source.name and seen.digest == snapshot.digest
        if snapshot is None or (known and not self._is_due(seen)):
            self._snapshot = snapshot if known and seen.problems else None
            return
        self._snapshot, self._again = snapshot, time.monotonic() + AGAIN_SECONDS
        problems = ""
        try:
            self._take(source, snapshot)
        except DeclarationError as error:
            problems = str(error)
            if not known or problems != seen.problems:
                what = f"commit {snapshot.commit[:12]} is refused" if snapshot.commit else "the files are refused"
                _LOG.error("%s, and nothing changes: %s", what, error)
                self._refuse(error, by=snapshot.by, cause="source", commit=snapshot.commit, digest=snapshot.digest)
        found = Seen(
            source=source.name,
            digest=snapshot.digest,
            commit=snapshot.commit,
            problems=problems,
            after=self._archive.number,
        )
        if found != seen:
            self._archive.seen = found
        if not problems:
            self._snapshot = None

    def _is_due(self, seen: Seen) -> bool:
        """Whether what was refused is looked at again: a model may be registered, or blessed, by now."""
        if not seen.problems or time.monotonic() < self._again:
            return False
        current = self._archive.current  # what somebody went back to since then stays
        return current is None or not current.held or current.number <= seen.after

    def _take(self, source: Source, snapshot: Snapshot) -> None:
        if not snapshot.files:
            # A folder that was not mounted looks like this; nobody should lose all models by it.
            raise DeclarationError(
                [
                    Problem(
                        found="there is no deployment file",
                        where=source.name,
                        expected="one at least",
                        fix="to serve nothing, leave a file with models: {}",
                    )
                ]
            )
        revision = self._deployments.accept(
            self._deployments.check(snapshot.files),
            by=snapshot.by,
            cause="source",
            reason=snapshot.reason,
            source=source.name,
            commit=snapshot.commit,
        )
        if revision is not None:
            _LOG.info("revision %d is wanted: %s", revision.number, "; ".join(revision.changes[:5]))

    def _look_at_aliases(self, revision: Revision) -> None:
        """Want what references mean now, if an alias moved."""
        resolver = self._deployments.resolver
        resolver.forget()
        held: dict[str, Pins] = {}
        anything = False
        for name, pins in revision.pins.items():
            for pin in (pin for several in pins.values() for pin in several if pin.registered):
                try:
                    anything |= resolver.found(pin.reference).digest != pin.digest
                except NotFoundError as error:
                    self.trouble = f"{name} stays as it is: {error}"
                    held[name] = pins  # the others follow theirs
        if not anything:
            self._refused_move = ""
            return
        checked = self._deployments.check(list(revision.files.values()), held=held)
        what = moved(revision, checked)
        try:
            self._deployments.accept(
                checked, by="registry", cause="alias", reason=what, source=revision.source, commit=revision.commit
            )
        except DeclarationError as error:
            self.trouble = f"an alias moved, and is not followed: {error}"
            if what != self._refused_move:
                self._refused_move = what
                _LOG.error(self.trouble)
                self._refuse(error, by="registry", cause="alias", commit=revision.commit)

    def _refuse(self, error: DeclarationError, *, by: str, cause: str, commit: str, digest: str = "") -> None:
        self._archive.note(
            Event(
                at=self._archive.clock(),
                what="refused",
                by=by,
                cause=cause,
                source=self.name,
                commit=commit,
                digest=digest,
                message=str(error),
            )
        )
