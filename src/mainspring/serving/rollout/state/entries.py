"""What a journal of rewards consists of."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, TypeAlias

import msgspec

_NOTHING: Mapping[str, float] = {}


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is", tag="told"):
    """A reward for what an arm answered.

    Of several with the same ``id``, ``key`` and ``row``, the one that became known last counts, and of those with
    one ``time`` and ``received`` the one that was told last.

    Attributes:
        id: Of the request.
        arm: The name of the arm that answered.
        reward: How good the answer was: any finite number.
        key: The key of feedback that it came as.
        row: The row of the request; ``None`` for all of them.
        context: The features of the row, as :func:`mainspring.serving.rollout.context.features` gives them, where
            the policy looks at them.
        time: When it became known, in seconds since the epoch.
        received: When the server was told.
        unit: Whom it came from, where those who answer often shall not count more: of rewards of one unit for one
            arm the mean counts, as one value. Empty for a value of its own.
    """

    id: str
    arm: str
    reward: float
    key: str = "reward"
    row: int | None = None
    context: Mapping[str, float] = _NOTHING
    time: float = 0.0
    received: float = 0.0
    unit: str = ""

    @property
    def digest(self) -> bytes:
        """What it is about, in 16 bytes."""
        row = "" if self.row is None else str(self.row)
        return blake2b(f"{row}\0{self.key}\0{self.id}".encode("utf-8", "replace"), digest_size=16).digest()


class Sums(msgspec.Struct, frozen=True, tag_field="is", tag="sums"):
    """Takes the place of everything before: the sums that it came to, or that were brought from elsewhere."""

    known: Mapping[str, Any]


class Kept(msgspec.Struct, frozen=True, tag_field="is", tag="kept"):
    """A reward that lies in the sums already, unless it was reset: remembered, so that it is not counted again."""

    told: Told
    counted: bool = True


class Unit(msgspec.Struct, frozen=True, tag_field="is", tag="unit"):
    """The rewards of one unit for one arm, whose mean lies in the sums already."""

    arm: str
    unit: str
    count: int
    total: float


class Reset(msgspec.Struct, frozen=True, tag_field="is", tag="reset"):
    """Nothing is known of an arm any more, or, if it is empty, of any."""

    arm: str = ""


class Renamed(msgspec.Struct, frozen=True, tag_field="is", tag="renamed"):
    """What is known of an arm is known of it by another name."""

    old: str
    new: str


Entry: TypeAlias = Told | Sums | Kept | Unit | Reset | Renamed


def as_line(entry: Entry) -> bytes:
    """An entry as a line: its checksum in hexadecimal digits, and JSON."""
    body = _ENCODE(entry)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def read_line(line: bytes) -> Entry | None:
    """The entry of a line, without its end; ``None`` if it is none, or not what was written."""
    try:
        if line[8:9] != b" " or int(line[:8], 16) != zlib.crc32(line[9:]):
            return None
        return _DECODER.decode(line[9:])
    except (ValueError, msgspec.DecodeError):
        return None


_ENCODE = msgspec.json.Encoder().encode
_DECODER: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)
