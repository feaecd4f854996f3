"""What the watch writes into the record: a verdict of every window, beside the package that answered it.

=================================  ====================================================================
execution ``mainspring.Watch``     a window was judged: named ``census~1795312800.0~0``, so that
                                   judging it twice writes it once; the packages of the versions that
                                   answered are its inputs, the verdict of all checks its output
=================================  ====================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from mainspring.core.errors import ConflictError
from mainspring.core.records import (
    Artifact,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    NodeType,
    PropertyType,
    Value,
)
from mainspring.core.verdicts import Verdict
from mainspring.store.keeping import kept
from mainspring.store.ports import BlobStore, Edge, MetadataStore

WATCH: Final = "mainspring.Watch"

_PAGE: Final = 2_000

_TYPE = NodeType(
    kind=Kind.EXECUTION,
    name=WATCH,
    properties={
        "model": PropertyType.STRING,
        "version": PropertyType.STRING,
        "since": PropertyType.DOUBLE,
        "until": PropertyType.DOUBLE,
        "rows": PropertyType.INT,
        "revision": PropertyType.INT,
        "ok": PropertyType.BOOLEAN,
    },
    description="A window of the prediction log was judged.",
)


class WatchLedger:
    """Writes the verdicts of windows, and reads them back.

    Args:
        record: The record.
        blobs: Where verdicts are kept.
    """

    def __init__(self, record: MetadataStore, blobs: BlobStore) -> None:
        self._record, self._blobs = record, blobs

    def write(
        self, told: Mapping[str, Value], verdict: Verdict, *, revision: int = 0, packages: Sequence[str] = ()
    ) -> str:
        """Write the verdict of a window; writing it twice does no harm.

        Args:
            told: ``model``, ``version``, ``since``, ``until`` and ``rows``.
            verdict: Of all checks.
            revision: How often the window was judged before.
            packages: Digests of the packages that answered; those that the record does not know are left out.

        Returns:
            The digest of the verdict, by which it is found in the record.
        """
        self._record.put_type(_TYPE)
        name = f"{told['model']}~{told['since']}~{revision}"
        known = self._event(name)
        if known is not None and known.properties.get("until") != told.get("until"):
            name += f"~{told['until']}"  # windows were of another length then
            known = self._event(name)
        if known is not None:
            return self._verdict_of(known)
        made = kept(self._record, self._blobs, verdict)
        properties = {**told, "revision": revision, "ok": verdict.ok}
        event = Execution(type=WATCH, name=name, state=ExecutionState.COMPLETE, properties=properties)
        inputs = [Edge(LinkKind.INPUT, one, event, "package") for one in self._known(packages)]
        try:
            self._record.publish([event, made], [*inputs, Edge(LinkKind.OUTPUT, event, made, "verdict")])
        except ConflictError:
            known = self._event(name)
            if known is None:
                raise
            return self._verdict_of(known)  # somebody was quicker
        return str(made.digest)

    def verdicts(
        self, model: str, *, since: float | None = None, until: float | None = None, limit: int = 100
    ) -> list[tuple[Execution, Verdict]]:
        """The newest verdicts of a model, oldest first.

        Args:
            model: The model.
            since: Only of windows that begin at this time or later.
            until: Only of windows that begin before this time.
            limit: At most so many.
        """
        if not any(one.name == WATCH for one in self._record.types(Kind.EXECUTION)):
            return []
        where, given = _of(model, since, until)
        found = self._record.find(Kind.EXECUTION, where, given, descending=True, limit=limit)
        events = [cast("Execution", one) for one in reversed(found.items)]
        return [(event, self.verdict(event)) for event in events]

    def verdict(self, event: Execution) -> Verdict:
        """What was said when a window was judged."""
        return self._blob(self._verdict_of(event))

    def windows(self, model: str, *, since: float | None = None, until: float | None = None) -> list[Execution]:
        """The windows of a model that were judged, by when they begin, each as it was judged last.

        What was said of them is not read: a year of hourly windows is there in a moment.

        Args:
            model: The model.
            since: Only windows that begin at this time or later.
            until: Only windows that begin before this time.
        """
        newest: dict[float, Execution] = {}
        for event in self.judgements(model, since=since, until=until):
            newest[float(cast("float", event.properties["since"]))] = event
        return [newest[begin] for begin in sorted(newest)]

    def judgements(
        self, model: str, *, after: int = 0, since: float | None = None, until: float | None = None
    ) -> Iterator[Execution]:
        """Every time that a window of a model was judged, in that order.

        Args:
            model: The model.
            after: Only what was written after the execution with this number.
            since: Only of windows that begin at this time or later.
            until: Only of windows that begin before this time.
        """
        if not any(one.name == WATCH for one in self._record.types(Kind.EXECUTION)):
            return
        where, given = _of(model, since, until)
        where, given = f"{where} AND id > :after", {**given, "after": after}
        page: str | None = None
        while True:
            found = self._record.find(Kind.EXECUTION, where, given, limit=_PAGE, page=page)
            yield from (cast("Execution", one) for one in found.items)
            page = found.next
            if page is None:
                return

    def _event(self, name: str) -> Execution | None:
        where = "type = :type AND name = :name"
        found = self._record.find(Kind.EXECUTION, where, {"type": WATCH, "name": name}, limit=1).items
        return cast("Execution", found[0]) if found else None

    def _verdict_of(self, event: Execution) -> str:
        links = self._record.links(Kind.EXECUTION, [cast("int", event.id)])
        (target,) = [link.target for link in links if link.kind is LinkKind.OUTPUT]
        return str(cast("Artifact", self._record.get(Kind.ARTIFACT, [target])[0]).digest)

    def _blob(self, digest: str) -> Verdict:
        return Verdict.load(self._blobs.local(digest))

    def _known(self, digests: Sequence[str]) -> list[Artifact]:
        found = []
        for digest in dict.fromkeys(digests):
            page = self._record.find(Kind.ARTIFACT, "digest = :digest", {"digest": digest}, limit=1)
            found += [cast("Artifact", one) for one in page.items]
        return found


def _of(model: str, since: float | None, until: float | None) -> tuple[str, dict[str, Value]]:
    """A filter for the windows of a model, and its parameters."""
    where, given = "type = :type AND properties.model = :model", dict[str, Value]({"type": WATCH, "model": model})
    for name, bound, sign in (("since", since, ">="), ("until", until, "<")):
        if bound is not None:
            where += f" AND properties.since {sign} :{name}"
            given[name] = bound
    return where, given
