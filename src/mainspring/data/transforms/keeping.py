"""Summaries of parts of the data, kept in a folder so that a part need not be read twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mainspring.data import engine
from mainspring.data.transforms.ops import Op
from mainspring.data.transforms.ops.forms import to_json

if TYPE_CHECKING:
    from mainspring.data.tables import Table

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Shelf:
    """Keeps summaries by the rows that they are of, what was asked, and the ops that made the values.

    Attributes:
        folder: Where they lie; ``None`` keeps nothing.
    """

    folder: Path | None = None
    _digests: dict[int, str] = field(default_factory=dict)

    def get(self, table: Table, summary: type[Any], of: tuple[str, ...], ops: Sequence[Op]) -> Any | None:
        """What was kept, or ``None``."""
        import msgspec

        if self.folder is None:
            return None
        path = self._path(table, summary, of, ops)
        try:
            return msgspec.json.decode(path.read_bytes(), type=summary)
        except (FileNotFoundError, msgspec.MsgspecError):  # of another edition, or damaged: found out again
            return None

    def put(self, table: Table, summary: type[Any], of: tuple[str, ...], ops: Sequence[Op], found: Any) -> None:
        """Keep a summary."""
        import msgspec

        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(table, summary, of, ops)
        made = path.with_suffix(".tmp")
        made.write_bytes(msgspec.json.encode(found))
        made.replace(path)

    def _path(self, table: Table, summary: type[Any], of: tuple[str, ...], ops: Sequence[Op]) -> Path:
        if id(table) not in self._digests:
            self._digests[id(table)] = _mark(table)
        what = [_VERSION, self._digests[id(table)], summary.__name__, of, [to_json(op) for op in ops]]
        name = hashlib.sha256(json.dumps(what).encode()).hexdigest()
        return (self.folder or Path()) / f"{name}.json"


def _mark(table: Table) -> str:
    """Names, types and rows in their order by two 64-bit sums of the engine's hashes: quicker than a digest.

    Another edition of the engine may hash in another way: then all is found out again.
    """
    cells = engine.as_list(table.names)
    hashed = f"SELECT hash(row_number() OVER (), {cells}) AS h FROM ({table.query()})"  # noqa: S608 - names are quoted
    figures = engine.fetch(f"SELECT count(*), sum(h)::VARCHAR, bit_xor(h)::VARCHAR FROM ({hashed})")[0]  # noqa: S608
    version = engine.fetch("SELECT version()")[0][0]
    return repr((version, [(column.name, column.type.value) for column in table.columns], figures))
