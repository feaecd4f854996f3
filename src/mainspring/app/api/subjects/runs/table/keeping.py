"""Keeps the table of runs: in memory for every page, on disk for the next start."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from mainspring.app.api.shared import Shared
from mainspring.app.api.subjects.runs.table.reading import rows_of, touched_since
from mainspring.app.api.subjects.runs.table.rows import Row
from mainspring.core.digests import digest_text
from mainspring.core.durable import replace_file
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Execution, Kind
from mainspring.store.ports import MetadataStore

_FORM: Final = 1
"""Of the file; another one is not read, and written anew."""

_OVERLAP: Final = 10.0
"""Seconds before the last change seen that are looked at again: a transaction may have been on its way."""

_TICK: Final = 1e-6
"""The finest step of the record's clock."""

_WORTH: Final = 200
"""So many rows that were read anew are worth a file."""


class _Kept(msgspec.Struct, kw_only=True):
    form: int
    seen: float
    rows: list[Row]


class RunTable:
    """All runs. Safe for threads.

    Args:
        store: The record.
        file: Where it is kept between two starts.
    """

    def __init__(self, store: MetadataStore, file: Path) -> None:
        self._store, self._file = store, file
        self._guard = threading.Lock()
        self._rows: dict[int, Row] = {}
        self._seen, self._since = 0.0, time.monotonic()
        self._unsaved = 0
        self._begun = False
        self._sorted: Sequence[Row] = ()
        self.version = 0
        """Another number after every change."""

    def rows(self) -> Sequence[Row]:
        """Every run as it is now, the newest first."""
        with self._guard:
            if not self._begun:
                self._load()
                self._begun = True
            self._catch_up()
            return self._sorted

    def _catch_up(self) -> None:
        touched = touched_since(self._store, self._from())
        changed = [run for run in touched if self._is_new(run)]
        gone = [run.id for run in changed if run.name is None and run.id in self._rows]
        rows = rows_of(self._store, [run for run in changed if run.name is not None])
        newest = max([self._seen, *(run.updated_at for run in touched)])
        if newest > self._seen:
            self._seen, self._since = newest, time.monotonic()
        fresh = [row for row in rows if self._rows.get(row.id) != row]
        if not fresh and not gone and self.version:
            return
        self._rows.update((row.id, row) for row in fresh)
        for one in gone:
            self._rows.pop(int(one or 0), None)
        self._sorted = sorted(self._rows.values(), key=lambda row: -row.id)
        self.version += 1
        self._unsaved += len(fresh) + len(gone)
        if self._unsaved >= _WORTH:
            self._save()

    def _from(self) -> float:
        """From when on to look. Transactions with earlier times may have been on their way, but not for long."""
        settled = time.monotonic() - self._since > _OVERLAP
        return self._seen + _TICK if settled and self._seen else max(0.0, self._seen - _OVERLAP)

    def _is_new(self, run: Execution) -> bool:
        """Whether there may be something to read: steps of a run that moves change without it."""
        known = self._rows.get(int(run.id or 0))
        return known is None or known.touched != run.updated_at or run.state.value in ("RUNNING", "WAITING")

    def _load(self) -> None:
        with suppress(OSError, msgspec.MsgspecError):
            kept = msgspec.msgpack.decode(self._file.read_bytes(), type=_Kept)
            if kept.form == _FORM:
                self._rows = {row.id: row for row in kept.rows}
                self._seen, self._since = kept.seen, time.monotonic()
        if self._rows and not self._is_same_record(max(self._rows)):
            self._rows, self._seen = {}, 0.0

    def _is_same_record(self, newest: int) -> bool:
        """Whether what was kept is of this record, and not of one that was there before."""
        try:
            found = self._store.get(Kind.EXECUTION, [newest])[0]
        except NotFoundError:
            return False
        return found.name in (self._rows[newest].name, None)

    def _save(self) -> None:
        self._unsaved = 0
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            kept = _Kept(form=_FORM, seen=self._seen, rows=list(self._rows.values()))
            replace_file(self._file, msgspec.msgpack.encode(kept))


def table_of(shared: Shared) -> RunTable:
    """The table of a console's project."""

    def make() -> RunTable:
        record = digest_text(shared.platform.settings.store.record).rpartition(":")[2][:12]
        return RunTable(shared.platform.store.record, shared.home / "cache" / f"runs-{record}.msgpack")

    return shared.remembered(("runs", "table"), 0, make)
