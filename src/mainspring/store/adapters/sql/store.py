"""The store of a relational database: the record and the queue behind one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.core.records import (
    Context,
    Direction,
    Execution,
    ExecutionState,
    Kind,
    Link,
    Node,
    NodeType,
    Value,
)
from mainspring.store.adapters.sql import lineage, links, reading, schema, states
from mainspring.store.adapters.sql.database import Connection, Database, Dialect, MissingError, TakenError
from mainspring.store.adapters.sql.queue import SqlQueue
from mainspring.store.adapters.sql.types import Types
from mainspring.store.adapters.sql.writing import Publication
from mainspring.store.paging import Question
from mainspring.store.ports import Edge, Lineage, Page
from mainspring.store.shapes import check_walk, taken


class SqlStore(SqlQueue):
    """The :class:`mainspring.store.ports.MetadataStore` and ``Queue`` of a relational database.

    Opening it brings the schema up to date. It may be used by many threads, survives a fork, and can be pickled:
    what is sent is the URL.
    """

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(Database(dialect))
        self._dialect = dialect
        self._types = Types(self._database)
        try:
            schema.prepare(self._database)
        except BaseException:
            self._database.close()
            raise

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._dialect,)

    def put_type(self, node_type: NodeType) -> NodeType:
        """Declare a type, or add properties to it."""
        return self._types.put(node_type)

    def types(self, kind: Kind | None = None) -> Sequence[NodeType]:
        """All declared types, with inherited properties filled in."""
        return self._types.all(kind)

    def publish(self, nodes: Sequence[Node] = (), edges: Sequence[Edge] = ()) -> Sequence[Node]:
        """Write nodes and links in one transaction."""
        publication: Publication | None = None

        def work(connection: Connection) -> list[Node]:
            nonlocal publication
            publication = Publication(connection, self._dialect, self._types)
            return publication.write(nodes, edges)

        def appeared() -> bool:
            """Whether another process made a context that this one was about to make."""
            node = publication.at_work if publication else None
            return isinstance(node, Context) and node.id is None and self._exists(node)

        try:
            return self._database.write(work, again=appeared)
        except TakenError as error:
            raise taken(publication.at_work if publication else None, str(error)) from error
        except MissingError as error:
            raise self._database.read(lambda connection: links.missing_ends(connection, edges)) from error

    def get(self, kind: Kind, ids: Sequence[int]) -> Sequence[Node]:
        """Nodes by id, in the order asked for."""
        return self._database.read(
            lambda connection: reading.read_nodes(connection, self._dialect, self._types, kind, ids)
        )

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
        """Nodes that satisfy a filter, in pages."""
        question = Question(
            kind=kind,
            where=where,
            parameters=parameters or {},
            order_by=order_by,
            descending=descending,
            limit=limit,
        )
        return self._database.read(
            lambda connection: reading.find(connection, self._dialect, self._types, question, page),
            snapshot=self._dialect.looks_first,
        )

    def links(self, kind: Kind, ids: Sequence[int]) -> Sequence[Link]:
        """Every link that starts or ends in one of the nodes."""
        if not ids:
            return []
        return self._database.read(
            lambda connection: links.links_of(connection, self._dialect, kind, list(ids)), snapshot=True
        )

    def lineage(
        self,
        kind: Kind,
        ids: Sequence[int],
        *,
        direction: Direction = Direction.UP,
        hops: int | None = None,
    ) -> Lineage:
        """What these artifacts or executions came from, led to, or both."""
        check_walk(kind, hops)
        return self._database.read(
            lambda connection: lineage.lineage(
                connection, self._dialect, self._types, kind, list(ids), direction, hops
            ),
            snapshot=True,
        )

    def transition(
        self,
        execution_id: int,
        state: ExecutionState,
        *,
        properties: Mapping[str, Value] | None = None,
        custom: Mapping[str, Value] | None = None,
    ) -> Execution:
        """Change the state of an execution, and merge properties into it."""
        return self._database.write(
            lambda connection: states.transition(
                connection, self._dialect, self._types, execution_id, state, properties or {}, custom or {}
            )
        )

    def lease(self, execution_id: int, worker: str, seconds: float) -> Execution:
        """Take or renew the lease of an execution."""
        return self._database.write(
            lambda connection: states.lease(connection, self._dialect, self._types, execution_id, worker, seconds)
        )

    def reap(self) -> Sequence[Execution]:
        """Mark every RUNNING execution whose lease has run out as LOST."""
        ids = self._database.read(lambda connection: states.expired(connection, self._dialect))
        if not ids:
            return []
        return self._database.write(lambda connection: states.reap(connection, self._dialect, self._types, ids))

    def delete(self, kind: Kind, ids: Sequence[int]) -> None:
        """Leave tombstones of artifacts and executions; remove contexts."""
        self._database.write(lambda connection: states.delete(connection, self._dialect, self._types, kind, ids))

    def close(self) -> None:
        """Give connections back."""
        self._database.close()

    def _exists(self, node: Context) -> bool:
        found = self._database.read(
            lambda connection: connection.execute(
                "SELECT 1 FROM context n JOIN node_type t ON t.id = n.type_id"
                " WHERE t.kind = 'context' AND t.name = ? AND t.version = ? AND n.name = ?",
                (node.type, node.type_version, node.name),
            ).fetchone()
        )
        return found is not None
