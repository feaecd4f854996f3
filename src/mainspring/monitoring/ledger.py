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

from mainspring.core.records import Execution, Kind, NodeType, PropertyType, Value
from mainspring.core.verdicts import Verdict
from mainspring.store.ports import BlobStore, MetadataStore
from mainspring.store.verdicts import VerdictEvents

WATCH: Final = "mainspring.Watch"

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
        self._events = VerdictEvents(record, blobs, _TYPE)

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
        name = f"{told['model']}~{told['since']}~{revision}"
        known = self._events.find(name)
        if known is not None and known.properties.get("until") != told.get("until"):
            name += f"~{told['until']}"  # windows were of another length then
        properties = {**told, "revision": revision, "ok": verdict.ok}
        event, _ = self._events.write(name, properties, verdict, evidence=packages, role="package")
        return self._events.digest(event)

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
        found = list(self._events.events(*_of(model, since, until), newest=limit))
        return [(event, self.verdict(event)) for event in reversed(found)]

    def verdict(self, event: Execution) -> Verdict:
        """What was said when a window was judged."""
        return self._events.verdict(event)

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
        where, given = _of(model, since, until)
        return self._events.events(f"{where} AND id > :after", {**given, "after": after})


def _of(model: str, since: float | None, until: float | None) -> tuple[str, dict[str, Value]]:
    """A filter for the windows of a model, and its parameters."""
    where, given = "properties.model = :model", dict[str, Value]({"model": model})
    for name, bound, sign in (("since", since, ">="), ("until", until, "<")):
        if bound is not None:
            where += f" AND properties.since {sign} :{name}"
            given[name] = bound
    return where, given
