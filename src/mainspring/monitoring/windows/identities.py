"""Which window a request is in, by its id: hashes of ids in sorted files, so that they need no memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.durable import replace_file
from mainspring.monitoring.windows.outlines import Outline

Hashes: TypeAlias = npt.NDArray[np.uint64]

_MOST_RUNS: Final = 8
_BYTES: Final = 8


def hashed(ids: Iterable[str]) -> Hashes:
    """Hashes of ids, 64 bits each (BLAKE2b): of a million requests two are alike once in 40 million times."""
    digest = hashlib.blake2b
    return np.frombuffer(b"".join(digest(name.encode(), digest_size=_BYTES).digest() for name in ids), np.uint64)


class Identities:
    """The ids of the requests of windows, in a folder. What an outline names is never changed, only replaced.

    Args:
        folder: Where the files go; made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._last = max((int(path.name) for path in folder.iterdir() if path.name.isdigit()), default=0)

    def add(self, outline: Outline, ids: Hashes) -> None:
        """Remember that these requests are in a window."""
        runs = list(outline.runs)
        if len(runs) >= _MOST_RUNS:
            ids = np.concatenate([ids, *(self._run(number) for number in runs)])
            runs = []
        self._last += 1
        replace_file(self._folder / str(self._last), np.sort(ids).tobytes())
        outline.runs = [*runs, self._last]

    def find(self, outlines: Iterable[Outline], ids: Hashes) -> Iterator[tuple[Outline, npt.NDArray[np.int64]]]:
        """The windows that have some of these requests, each with the places of those in ``ids``."""
        for outline in outlines:
            there = np.zeros(len(ids), dtype=bool)
            for number in outline.runs:
                known = self._run(number)
                places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
                there |= known[places] == ids
            if there.any():
                yield outline, np.flatnonzero(there)

    def tidy(self, outlines: Iterable[Outline]) -> None:
        """Remove the files that no outline names, once the outlines are kept."""
        used = {str(number) for outline in outlines for number in outline.runs}
        for path in self._folder.iterdir():
            if path.name not in used:
                path.unlink()

    def _run(self, number: int) -> Hashes:
        return np.memmap(self._folder / str(number), dtype=np.uint64, mode="r")
