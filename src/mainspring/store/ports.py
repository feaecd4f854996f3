"""What a store promises: a record of nodes and links, a durable queue, and content-addressed blobs.

Three small ports, implemented by the adapters (SQLite, PostgreSQL, MariaDB/MySQL, memory; local folder), and
checked by one conformance suite, :mod:`mainspring.testing.conformance`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Generic, Protocol, TypeVar

from mainspring.core.records import (
    Direction,
    Execution,
    ExecutionState,
    Kind,
    Link,
    LinkKind,
    Node,
    NodeType,
    Value,
)

N_co = TypeVar("N_co", bound=Node, covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[N_co]):
    """Some results, and the token that asks for the next ones (``None`` at the end)."""

    items: Sequence[N_co]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A link to be written, by its ends themselves: nodes with an id, or new ones in the same publication.

    The order of the ends is that of :class:`mainspring.core.records.Link`.
    """

    kind: LinkKind
    source: Node
    target: Node
    name: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Lineage:
    """A part of the record: nodes and the links among them.

    Attributes:
        nodes: Artifacts and executions, by ``(kind, id)``, in the order in which the walk met them.
        links: INPUT and OUTPUT links whose two ends are among the nodes.
    """

    nodes: Mapping[tuple[Kind, int], Node] = field(default_factory=dict)
    links: Sequence[Link] = ()


class MetadataStore(Protocol):
    """The record.

    Promises:
        - Safe for use by many threads and many processes at once.
        - Every call is one transaction: it happens as a whole or not at all, and is durable on return.
        - Times are given by the store's clock, in seconds since the epoch.
        - Errors: ``InputError`` for a wrong argument (undeclared property, wrong property type, bad filter),
          ``NotFoundError`` for an unknown id or type, ``ConflictError`` for a broken uniqueness or a lost race,
          ``StateError`` for an illegal transition, ``UnavailableError`` when the database does not answer.
        - Properties are JSON: whole numbers of 64 bits, texts without NUL characters; a number that is not finite
          is kept as ``None``. Names, external ids and digests have 1 to 255 characters, addresses up to 2048.
    """

    def put_type(self, node_type: NodeType) -> NodeType:
        """Declare a type, or add properties to it; the same type again changes nothing.

        Raises:
            ConflictError: If a declared property would change its type or vanish.
            NotFoundError: If the base type is unknown.
        """
        ...

    def types(self, kind: Kind | None = None) -> Sequence[NodeType]:
        """All declared types, with inherited properties filled in."""
        ...

    def publish(self, nodes: Sequence[Node] = (), edges: Sequence[Edge] = ()) -> Sequence[Node]:
        """Write nodes and links in one transaction; returns the nodes as stored, in the order given.

        A node without an id is new, and may be in any state; a new NEW or RUNNING execution may bring its lease
        (``worker`` and ``lease_until``), which saves a call of ``lease``. A new context whose type and name exist
        is taken to be that one, and its properties are merged into it. A node with an id is updated: its name,
        uri, digest, external_id and properties are replaced, its lease is not, and its state must be the stored
        one or reachable from it. An edge may end in a node that is in ``nodes`` (the same object) or in one that
        has an id. An edge that exists already is left alone.

        Raises:
            InputError: For an undeclared property in ``properties``, or one with another type; if an update would
                change the type of a node.
            NotFoundError: For a type that is not declared, or an id that does not exist.
            StateError: If a state cannot be reached, or the node is a tombstone.
            ConflictError: If ``external_id``, or ``(type, name)`` of an artifact or execution, is taken; if a
                PARENT edge would close a cycle.
        """
        ...

    def get(self, kind: Kind, ids: Sequence[int]) -> Sequence[Node]:
        """Nodes by id, in the order asked for.

        Raises:
            NotFoundError: If one does not exist.
        """
        ...

    def find(
        self,
        kind: Kind,
        where: str = "",
        parameters: Mapping[str, Value] | None = None,
        *,
        order_by: str = "id",
        descending: bool = False,
        limit: int = 100,
        page: str | None = None,
    ) -> Page[Node]:
        """Nodes that satisfy a filter (see :mod:`mainspring.store.query`), in pages without a cap.

        Args:
            where: ``"state = 'LIVE' AND properties.accuracy > :least AND contexts.c.name = 'taxi'"``.
            parameters: Values for ``:names`` in the filter.
            order_by: ``id``, ``created_at``, ``updated_at`` or ``name``.
            limit: The most items in this page, at least 1.
            page: The ``next`` of the page before, with all other arguments the same.

        Raises:
            InputError: For a filter that cannot be read: the message points at the place.
        """
        ...

    def links(self, kind: Kind, ids: Sequence[int]) -> Sequence[Link]:
        """Every link that starts or ends in one of the nodes."""
        ...

    def lineage(
        self,
        kind: Kind,
        ids: Sequence[int],
        *,
        direction: Direction = Direction.UP,
        hops: int | None = None,
    ) -> Lineage:
        """What these artifacts or executions came from, led to, or both, in one query.

        A walk does not turn round: BOTH is what they came from and what they led to, not what else came from that.

        Args:
            hops: How many artifact-execution-artifact hops to walk; ``None`` walks to the end, ``0`` gives only
                the starting nodes. There is no hidden cap. A walk with a bound ends in artifacts: from an
                execution, the first hop leads to its artifacts.

        Raises:
            NotFoundError: If one of the starting nodes does not exist.
        """
        ...

    def transition(
        self,
        execution_id: int,
        state: ExecutionState,
        *,
        properties: Mapping[str, Value] | None = None,
        custom: Mapping[str, Value] | None = None,
    ) -> Execution:
        """Change the state of an execution, and merge properties into it. A state that is final drops the lease,
        and so does WAITING.

        Raises:
            StateError: If ``EXECUTION_TRANSITIONS`` does not allow it. The state it is in already is not allowed
                either: of two workers that want to start an execution, one is refused.
        """
        ...

    def lease(self, execution_id: int, worker: str, seconds: float) -> Execution:
        """Take or renew the lease of a RUNNING (or NEW, or WAITING) execution.

        Raises:
            ConflictError: If another worker holds a lease that has not run out.
            StateError: If the execution is in a final state.
        """
        ...

    def reap(self) -> Sequence[Execution]:
        """Mark every RUNNING execution whose lease has run out as LOST, and return them."""
        ...

    def delete(self, kind: Kind, ids: Sequence[int]) -> None:
        """Delete nodes. Artifacts and executions stay as tombstones without name, address and properties, so
        that the shape of the lineage is kept: artifacts in state DELETED, executions in the state they had, with
        ``custom = {"deleted": True}``. Contexts go with their links.

        Raises:
            StateError: For an execution that is not in a final state.
        """
        ...

    def close(self) -> None:
        """Give connections back. The store cannot be used afterwards."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A row of the queue.

    Attributes:
        topic: What it is about, such as ``"run"`` or ``"retrain"``.
        body: A JSON object.
        attempts: How often it was claimed.
        lease: The secret that proves the claim; changes with every claim.
    """

    id: int
    topic: str
    body: Mapping[str, Value]
    attempts: int = 0
    max_attempts: int = 5
    available_at: float = 0.0
    created_at: float = 0.0
    lease: str | None = None
    error: str | None = None


class Queue(Protocol):
    """A durable queue with leases, retries and dead letters.

    Promises:
        - A message is claimed by one worker at a time; if its lease runs out, it can be claimed again.
        - At least once: a worker that dies after its work and before ``done`` sees it done twice.
        - Oldest available first. Safe for many processes.
    """

    def put(
        self,
        topic: str,
        body: Mapping[str, Value],
        *,
        key: str | None = None,
        delay: float = 0.0,
        max_attempts: int = 5,
    ) -> int | None:
        """Add a message; gives its id, or ``None`` if one of this topic with this key waits or runs already."""
        ...

    def claim(self, topics: Sequence[str], *, worker: str, seconds: float) -> Message | None:
        """Take the oldest available message of these topics, for that many seconds; ``None`` if there is none.

        One whose lease ran out for the ``max_attempts``-th time becomes a dead letter: it kills its workers.
        """
        ...

    def extend(self, message: Message, seconds: float) -> None:
        """Keep the lease.

        Raises:
            ConflictError: If it ran out and somebody else has the message.
        """
        ...

    def done(self, message: Message) -> None:
        """The work is done; the message goes.

        Raises:
            ConflictError: If the lease was lost.
        """
        ...

    def fail(self, message: Message, error: str, *, delay: float | None = None) -> None:
        """The work failed: try again after the delay (seconds; doubles from 1 to 3600 by default), or, after
        ``max_attempts``, keep it as a dead letter.

        Raises:
            ConflictError: If the lease was lost.
        """
        ...

    def dead(self, topic: str | None = None) -> Sequence[Message]:
        """The dead letters."""
        ...

    def revive(self, message_id: int) -> None:
        """Put a dead letter back into the queue, with its attempts at zero.

        Raises:
            NotFoundError: If there is no such dead letter.
            ConflictError: If a message with its key waits or runs.
        """
        ...

    def depth(self, topic: str | None = None) -> int:
        """How many messages wait or run."""
        ...


class Store(MetadataStore, Queue, Protocol):
    """A database that keeps both the record and the queue."""


@dataclass(frozen=True, slots=True)
class BlobEntry:
    """A file of a blob.

    Attributes:
        path: Relative, with ``/``; empty for a blob that is one file.
        digest: ``sha256:…`` of the bytes.
        size: In bytes.
    """

    path: str
    digest: str
    size: int


class BlobStore(Protocol):
    """Bytes by their digest: files, and folders as manifests of files.

    Promises:
        - The digest of a file is that of its bytes; the digest of a folder is that of its manifest, a canonical
          JSON list of ``[path, digest, size]`` sorted by path. Equal content has one copy.
        - Writes are atomic: a reader sees the whole blob or none, also after a crash at any moment.
        - Reads are verified: bytes that differ from their digest raise ``IntegrityError``, never reach the caller.
        - Safe for many threads and processes, collection included.
        - Empty folders within a folder are not kept; links to files are kept as those files.
    """

    def put_bytes(self, data: bytes) -> str:
        """Store bytes as a one-file blob; gives the digest."""
        ...

    def put(self, path: Path, *, move: bool = False) -> str:
        """Store a file or a folder; gives the digest.

        Raises:
            NotFoundError: If there is nothing at the path.
            InputError: For links to folders, sockets and the like within a folder.

        Args:
            move: The path lies on the same file system and is not needed any more: rename instead of copy.
        """
        ...

    def exists(self, digest: str) -> bool:
        """Whether the blob, with all its parts, is here."""
        ...

    def entries(self, digest: str) -> Sequence[BlobEntry]:
        """The files of a blob."""
        ...

    def open(self, digest: str, path: str = "") -> AbstractContextManager[BinaryIO]:
        """Read one file of a blob, verified before the first byte is given."""
        ...

    def fetch(self, digest: str, target: Path) -> Path:
        """Lay the blob out at ``target`` (which must not exist) as ordinary files that may be changed."""
        ...

    def local(self, digest: str) -> Path:
        """A read-only path on this machine with the blob's content, verified; kept as long as the blob.

        For a folder this is a folder of links into the store, made once. Never write to it.
        """
        ...

    def digests(self) -> Iterator[str]:
        """The digests of all blobs put (not of the parts of folders)."""
        ...

    def collect(self, keep: set[str], *, older_than: float = 86400.0, dry_run: bool = False) -> Sequence[str]:
        """Remove the blobs that are not to be kept and were put or last put again more than ``older_than`` seconds
        ago; gives their digests. Parts that a kept folder needs stay.
        """
        ...
