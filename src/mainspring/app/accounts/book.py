"""The audit trail in the record: a chain in which every entry holds the digest of the one before."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from mainspring.app.accounts.lines import entry_of, line_of, linked
from mainspring.app.accounts.trail import Entry
from mainspring.core.errors import ConflictError
from mainspring.core.records import Execution, ExecutionState, Kind, NodeType, PropertyType, Value
from mainspring.store.ports import MetadataStore

ENTRY: Final = "mainspring.AuditEntry"
"""The type of the executions that are entries."""

_INDEXED: Final = ("who", "operation", "subject", "outcome", "way", "address", "about")
_TYPE: Final = NodeType(
    kind=Kind.EXECUTION,
    name=ENTRY,
    properties=dict.fromkeys(_INDEXED, PropertyType.STRING),
    description="Something was asked for: an entry of the audit trail.",
)
_ATTEMPTS: Final = 200
_PAGE: Final = 2000
_WORDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the trail: what its last entry is.

    Attributes:
        number: How many entries there are.
        digest: The digest of the last one; empty if there is none.
    """

    number: int = 0
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An entry as the record has it.

    Attributes:
        number: Its place, from 1.
        entry: It.
        digest: Its own digest.
        before: The digest of the entry before; empty for the first.
        id: The number of its execution in the record.
    """

    number: int
    entry: Entry
    digest: str
    before: str
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A place where the trail is not what was written.

    Attributes:
        number: Of the entry.
        found: What is wrong with it.
        id: The number of the execution in the record that shows it; 0 if none does.
    """

    number: int
    found: str
    id: int = 0


class Book:
    """A :class:`mainspring.app.accounts.trail.Trail` in the record.

    Entries are executions named by their place, and the record has every name once: of two processes that both
    write the fifth entry one is refused, and writes the sixth. So the chain has no forks, whoever writes.

    Args:
        record: The record.
    """

    def __init__(self, record: MetadataStore) -> None:
        self._record = record
        self._guard = threading.Lock()
        self._last: Head | None = None
        self._declared = False

    def write(self, entry: Entry) -> None:
        """Add an entry; durable on return.

        Raises:
            UnavailableError: If the record does not answer.
            ConflictError: If others were quicker two hundred times.
        """
        with self._guard:
            self._declare()
            for attempt in range(_ATTEMPTS):
                last = self._last or self.head()
                made = _node(last, entry)
                try:
                    self._record.publish([made])
                except ConflictError:
                    self._last = None
                    time.sleep(secrets.randbelow(2 * min(attempt + 1, 20) + 1) / 1000)  # so that they take turns
                    continue
                self._last = Head(last.number + 1, str(made.custom["digest"]))
                return
        raise ConflictError("the audit trail could not be written: others were quicker every time")

    def head(self) -> Head:
        """The end of the trail."""
        self._declare()
        found = self._record.find(Kind.EXECUTION, "type = :type", {"type": ENTRY}, descending=True, limit=1).items
        if not found:
            return Head()
        last = cast("Execution", found[0])
        return Head(
            _number(last), _digest(last)
        )  # also of one that was spoilt: the trail goes on, and breaks() tells

    def find(
        self, where: str = "", values: Mapping[str, Value] | None = None, *, limit: int, descending: bool = True
    ) -> Sequence[Written]:
        """Entries that satisfy a filter of the record, the newest first.

        Args:
            where: Over ``properties.who``, ``operation``, ``subject``, ``outcome``, ``way``, ``address``,
                ``about``, ``custom.words`` (what is in the entry, in small letters), ``created_at`` and ``id``.
            values: Of its names.
            limit: The most entries.
            descending: Whether the newest come first.
        """
        self._declare()
        both = "type = :type" + (f" AND {where}" if where else "")
        found = self._record.find(
            Kind.EXECUTION, both, {"type": ENTRY, **(values or {})}, descending=descending, limit=limit
        )
        read = (_read_or_none(cast("Execution", one)) for one in found.items)
        return [one for one in read if one is not None]  # breaks() tells of those that cannot be read

    def all(self) -> Iterator[Written]:
        """Every entry, the oldest first."""
        yield from filter(None, map(_read_or_none, self._nodes()))

    def breaks(self, head: Head | None = None) -> Iterator[Break]:
        """Where the trail is not what was written; nothing if it is whole.

        Args:
            head: An end of the trail that was noted down elsewhere: that entry has to be there as it was, so that
                a trail that was written anew from some place on, or cut off, is found.
        """
        before, expected, noted = "", 1, False
        for node in self._nodes():
            found = _read_or_none(node)
            if found is None:
                why = f"execution {node.id} in its place cannot be read"
                yield Break(number=expected, found=why, id=node.id or 0)
                expected += 1
                before = _digest(node)
                continue
            told = []
            if found.number != expected:
                yield Break(number=expected, found=_missing(expected, found.number), id=node.id or 0)
            elif found.before != before:
                told.append("it does not follow the entry before it")
            if linked(found.before, str(node.custom["line"])) != found.digest:
                told.append("it was changed after it was written")
            elif {name: node.properties.get(name) for name in _INDEXED} != _indexed(found.entry):
                told.append("what it is found by was changed after it was written")
            if head is not None and found.number == head.number:
                noted = True
                told += [] if found.digest == head.digest else ["it is not the entry that was noted down"]
            yield from (Break(number=found.number, found=one, id=node.id or 0) for one in told)
            before, expected = found.digest, found.number + 1
        if head is not None and head.number and not noted:
            yield Break(number=head.number, found="the entry that was noted down is not there any more")

    def _nodes(self) -> Iterator[Execution]:
        self._declare()
        page: str | None = None
        while True:
            found = self._record.find(Kind.EXECUTION, "type = :type", {"type": ENTRY}, limit=_PAGE, page=page)
            yield from (cast("Execution", one) for one in found.items)
            page = found.next
            if page is None:
                return

    def _declare(self) -> None:
        if not self._declared:
            self._record.put_type(_TYPE)
            self._declared = True


def _node(last: Head, entry: Entry) -> Execution:
    line = line_of(entry)
    kept = entry_of(line)
    words = " ".join([kept.who, kept.operation, kept.why, kept.address, *_texts(kept.given)]).lower()
    custom: dict[str, Value] = {
        "line": line,
        "before": last.digest,
        "digest": linked(last.digest, line),
        "words": words[:_WORDS],
    }
    return Execution(
        type=ENTRY,
        name=f"audit#{last.number + 1}",
        state=ExecutionState.COMPLETE,
        properties=_indexed(kept),
        custom=custom,
    )


def _indexed(entry: Entry) -> dict[str, Value]:
    about = entry.given.get("account", "")
    subject = entry.operation.partition(".")[0]
    outcome, way = entry.outcome.value, entry.way.value
    texts = (entry.who, entry.operation, subject, outcome, way, entry.address, str(about))
    return {name: text[:128] for name, text in zip(_INDEXED, texts, strict=True)}


def _read(node: Execution) -> Written:
    return Written(
        number=_number(node),
        entry=entry_of(str(node.custom["line"])),
        digest=str(node.custom["digest"]),
        before=str(node.custom["before"]),
        id=cast("int", node.id),
    )


def _number(node: Execution) -> int:
    return int((node.name or "").rpartition("#")[2])


def _digest(node: Execution) -> str:
    return str(node.custom.get("digest", ""))


def _read_or_none(node: Execution) -> Written | None:
    try:
        return _read(node)
    except (KeyError, ValueError, TypeError):
        return None


def _missing(expected: int, found: int) -> str:
    if found < expected:
        return f"the entry after it says that it is number {found}"
    return "it is missing" if found == expected + 1 else f"the entries up to {found - 1} are missing"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
    elif value is not None:
        yield str(value)
