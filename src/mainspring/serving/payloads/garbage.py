"""Large values that no record refers to any more."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from mainspring.serving.payloads import parquet
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.segments import COMPACT, opened, segments

_REFERENCE = re.compile(rb'"blob":"[a-z0-9]+:([0-9a-f]{64})"')
_SETTLED_SECONDS = 3600.0


def collect(folder: Path, *, at_once: bool = False) -> int:
    """Remove the large values that no record of a log refers to; gives how many.

    Args:
        folder: The log.
        at_once: Also those that were stored just now. A record that is being written at this moment, and refers to
            one that was already there, may lose it.
    """
    blobs = Blobs(folder)
    before = time.time() - (0 if at_once else _SETTLED_SECONDS)
    stored = {name for name, changed in blobs.stored() if changed <= before}
    if not stored:
        return 0
    unused = stored - set(_references(folder))
    for name in unused:
        blobs.remove(name)
    return len(unused)


def _references(folder: Path) -> Iterator[str]:
    for segment in segments(folder):
        if segment.name.endswith(COMPACT):
            yield from parquet.references(segment)
            continue
        with opened(segment) as file:
            for line in file:
                for found in _REFERENCE.findall(line):
                    yield found.decode()
