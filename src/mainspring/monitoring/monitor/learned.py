"""References of versions whose packages have none: what they answered first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np

from mainspring.core.verdicts import Reason
from mainspring.data import Table
from mainspring.data.profiling import rows_at, summarize_table
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.profiles import WindowProfile
from mainspring.monitoring.windows import Window
from mainspring.monitoring.windows.window import FEEDBACK, REQUEST

LEAST_ROWS: Final = 500
"""Of a window that may become the reference of a model whose package has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A reference that was learned, and what there is to say of it."""

    reference: Reference
    reason: Reason


class LearnedReferences:
    """Keeps the references that were learned, by version.

    Args:
        folder: The model's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "references"
        self._read: dict[str, Reference] = {}

    def read(self, version: str) -> Reference | None:
        """What a version answered first, under the names of columns; ``None`` if that is not known yet."""
        folder = self._of(version)
        if version not in self._read and folder.is_dir():
            self._read[version] = Reference.load(folder).by_column()
        return self._read.get(version)

    def held_against(self, window: Window, version: str, profile: WindowProfile) -> Learned:
        """What a window is held against, by what its version answered first.

        The first window in which a version answers 500 rows becomes its reference; until then, each is held
        against itself, which shows nothing.

        Args:
            window: The window.
            version: The version that answered most of its rows.
            profile: Of the window.
        """
        known = self.read(version)
        if known is not None:
            told = f"it is held against the {known.statistics.num_examples} rows that the version answered first"
            return Learned(reference=known, reason=_reason("LEARNED_REFERENCE", version, told))
        own = window.table
        made = Reference(statistics=profile.statistics, rows=own)
        if len(window.versions) > 1:
            own = rows_at(own, np.flatnonzero(own.column(f"{REQUEST}version") == version))
            made = _learned(own)
        if own.num_rows < LEAST_ROWS:
            made = made.by_column()
            told = f"{own.num_rows} rows are too few to learn one from, {LEAST_ROWS} are needed"
            return Learned(reference=made, reason=_reason("NOT_LEARNED", version, told))
        self._write(version, made)
        told = f"from now on windows are held against the {own.num_rows} rows of this one"
        return Learned(reference=self.read(version) or made, reason=_reason("LEARNED_REFERENCE", version, told))

    def forget(self, gone: Callable[[set[str]], set[str]]) -> None:
        """Let go of the rows of requests; what is left is described anew, and learned anew if nothing is.

        Args:
            gone: Of the ids of some requests, those that are not kept any more.
        """
        self._read.clear()
        for folder in [one for one in self._folder.glob("*") if one.is_dir() and one.suffix != ".new"]:
            known = Reference.load(folder)
            if known.rows is None or f"{REQUEST}id" not in known.rows.names:
                continue
            ids = known.rows.column(f"{REQUEST}id")
            lost = gone(set(ids.tolist()))
            if lost:
                kept = np.flatnonzero([name not in lost for name in ids.tolist()])
                if len(kept):
                    self._replace(folder, _learned(rows_at(known.rows, kept).sql("SELECT * FROM this")))
                else:
                    shutil.rmtree(folder)

    def _of(self, version: str) -> Path:
        return self._folder / (quote(version, safe=" +") or "unknown")

    def _write(self, version: str, made: Reference) -> None:
        self._replace(self._of(version), made)

    def _replace(self, folder: Path, made: Reference) -> None:
        written = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(written, ignore_errors=True)
        written.mkdir(parents=True)
        made.save(written)
        if folder.is_dir():
            shutil.rmtree(folder)
        written.replace(folder)


def _learned(rows: Table) -> Reference:
    """The reference that rows make."""
    described = [name for name in rows.names if not name.startswith((REQUEST, FEEDBACK))]
    return Reference(statistics=summarize_table(rows.select(described)), rows=rows)


def _reason(code: str, version: str, told: str) -> Reason:
    of = f"version {version}" if version else "the version"
    return Reason(ok=True, code=code, message=f"the package of {of} has no reference: {told}", subject="reference")
