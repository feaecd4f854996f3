"""Looking through a log for when its requests came, without reading what they were about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mainspring.serving.payloads import parquet
from mainspring.serving.payloads.journal_reading import Form, Place, Wanted
from mainspring.serving.payloads.packing import Fetch


class Glance(msgspec.Struct, frozen=True, kw_only=True):
    """The little of a record that says which one it is.

    Attributes:
        id: Of the request.
        time: When it arrived, in seconds since the epoch.
        model: The model asked for.
        erased: The rows that were erased since, by number.
    """

    id: str
    time: float
    model: str
    erased: tuple[int, ...] = ()


_DECODER = msgspec.json.Decoder(Glance)


def _glance(line: bytes, fetch: Fetch) -> Glance:
    return _DECODER.decode(line)


def _compact(path: Path, wanted: Wanted, place: Place) -> Iterator[tuple[int, Glance]]:
    names = ("id", "time", "model", "erased")
    since, until, model = wanted.since, wanted.until, wanted.model
    for number, fields in parquet.read_fields(
        path, names, since=since, until=until, model=model, start=place.line
    ):
        place.line = number + 1
        yield number, Glance(**fields)


GLANCES: Form[Glance] = Form(_glance, _compact)
"""The form of a payload log of which only that is read."""
