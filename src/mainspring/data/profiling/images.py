"""Reading the format and size of images from their first bytes, and measuring columns of them.

Nothing is decoded: the mark at the front names the format, and the header holds height and width. PNG (ISO/IEC
15948), JPEG (ITU-T T.81), GIF89a, BMP, WebP (RFC 9649) and TIFF 6.0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.profiling.paths import path_of
from mainspring.data.sketches import Quantiles
from mainspring.data.statistics.images import ImageStatistics
from mainspring.data.statistics.numbers import least, most
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

_BATCH: Final = 64
_HEAD: Final = 1 << 12
# Every JPEG segment that tells height and width: all frame headers but the tables of Huffman and arithmetic codes.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class Picture:
    """What the header of an image tells.

    Attributes:
        format: ``bmp``, ``gif``, ``jpeg``, ``png``, ``tiff`` or ``webp``.
        height: In pixels.
        width: In pixels.
    """

    format: str
    height: int
    width: int


def format_of(data: bytes) -> str | None:
    """The format that the first bytes of an image are the mark of; ``None`` if there is no such format.

    Example:
        >>> format_of(b"GIF89a...")
        'gif'
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    # Two letters are a weak mark; the offset of the pixels after it never is 0.
    if data[:2] == b"BM" and len(data) >= 14 and data[6:10] == b"\0\0\0\0":
        return "bmp"
    marks = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
    marks |= {b"II*\0": "tiff", b"MM\0*": "tiff"}
    return next((name for mark, name in marks.items() if data.startswith(mark)), None)


def read_picture(data: bytes) -> Picture | None:
    """Format, height and width of an image, from its bytes; ``None`` if they cannot be read.

    Example:
        >>> read_picture(b"GIF89a" + bytes([3, 0, 2, 0]))
        Picture(format='gif', height=2, width=3)
    """
    found = format_of(data)
    readers = {"png": _png, "jpeg": _jpeg, "gif": _gif, "bmp": _bmp, "webp": _webp, "tiff": _tiff}
    if found is None:
        return None
    try:
        height, width = readers[found](data)
    except (struct.error, IndexError, ValueError):
        return None
    return Picture(found, height, width) if height > 0 and width > 0 else None


def measure_images(table: Table, name: str, *, folder: Path | None = None) -> ImageStatistics:
    """The formats and sizes of the images of a feature.

    Args:
        name: A feature of bytes, or of text that holds paths of files: a column, a list, a field of a structure.
        folder: Where relative paths start; the working folder if not given.

    Raises:
        InputError: If the column holds neither bytes nor text.
    """
    path = path_of(table, name)
    if path.type not in {ColumnType.BYTES, ColumnType.STRING}:
        raise InputError(f"{name!r} is {path.type}", expected="images as BYTES, or paths of files as STRING")
    rows = f"SELECT v FROM ({path.unnested(table.query(), path.depth)}) WHERE v IS NOT NULL"  # noqa: S608 - our own query
    values = _bytes(rows) if path.type is ColumnType.BYTES else _files(rows, folder or Path())
    formats: dict[str, int] = {}
    sizes: list[int] = []
    heights: list[int] = []
    widths: list[int] = []
    for size, picture in values:
        sizes.append(size)
        if picture is not None:
            formats[picture.format] = formats.get(picture.format, 0) + 1
            heights.append(picture.height)
            widths.append(picture.width)
    return ImageStatistics(
        num_values=len(sizes),
        num_unreadable=len(sizes) - len(heights),
        formats=dict(sorted(formats.items())),
        total_bytes=sum(sizes),
        min_bytes=least(sizes),
        max_bytes=most(sizes),
        sizes=_distribution(sizes),
        heights=_distribution(heights),
        widths=_distribution(widths),
        min_height=least(heights),
        max_height=most(heights),
        min_width=least(widths),
        max_width=most(widths),
    )


def _distribution(lengths: list[int]) -> Quantiles:
    import numpy as np

    ordered: np.ndarray = np.sort(np.asarray(lengths, dtype=np.int64))
    return Quantiles.of_sorted(ordered)


def _bytes(values: str) -> Iterator[tuple[int, Picture | None]]:
    rows = f"(SELECT v, row_number() OVER () AS row FROM ({values}))"  # noqa: S608 - our own query
    further: list[int] = []
    with engine.cursor() as found:
        found.execute(f"SELECT row, octet_length(v), v[1:{_HEAD}] FROM {rows}")  # noqa: S608 - our own query
        while batch := found.fetchmany(_BATCH):
            for row, size, head in batch:
                picture = read_picture(head)
                if picture is None and size > _HEAD and format_of(head):
                    further.append(row)
                else:
                    yield size, picture
        # Few headers lie behind the first bytes: only of these are all bytes fetched.
        if further:
            found.execute(f"SELECT v FROM {rows} WHERE row IN (SELECT unnest($rows))", {"rows": further})  # noqa: S608 - our own query
            while batch := found.fetchmany(_BATCH):
                yield from ((len(data), read_picture(data)) for (data,) in batch)


def _files(values: str, folder: Path) -> Iterator[tuple[int, Picture | None]]:
    with engine.cursor() as found:
        found.execute(values)
        while batch := found.fetchmany(1000):
            for (path,) in batch:
                yield _file(folder / path)


def _file(path: Path) -> tuple[int, Picture | None]:
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            start = file.read(_HEAD)
            return size, read_picture(start) or (read_picture(start + file.read()) if size > _HEAD else None)
    except (OSError, ValueError):
        return 0, None


def _png(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        raise ValueError("the first chunk is not the header")
    width, height = struct.unpack(">II", data[16:24])
    return height, width


def _gif(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", data[6:10])
    return height, width


def _bmp(data: bytes) -> tuple[int, int]:
    if struct.unpack("<I", data[14:18])[0] == 12:
        width, height = struct.unpack("<HH", data[18:22])
    else:
        # A negative height means that the rows go from top to bottom.
        width, height = struct.unpack("<ii", data[18:26])
    return abs(height), width


def _jpeg(data: bytes) -> tuple[int, int]:
    place = 2
    while True:
        while data[place] != 0xFF:
            place += 1
        while data[place] == 0xFF:
            place += 1
        marker = data[place]
        place += 1
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[place + 3 : place + 7])
            return height, width
        if marker in {0xD9, 0xDA}:
            raise ValueError("pixels come before the header of the frame")
        if marker not in _ALONE:
            place += struct.unpack(">H", data[place : place + 2])[0]


def _webp(data: bytes) -> tuple[int, int]:
    match data[12:16]:
        case b"VP8 ":
            if data[23:26] != b"\x9d\x01\x2a":
                raise ValueError("the frame does not start with its mark")
            width, height = struct.unpack("<HH", data[26:30])
            return height & 0x3FFF, width & 0x3FFF
        case b"VP8L":
            bits = struct.unpack("<I", data[21:25])[0]
            return ((bits >> 14) & 0x3FFF) + 1, (bits & 0x3FFF) + 1
        case b"VP8X":
            if len(data) < 30:
                raise ValueError("the header ends early")
            return int.from_bytes(data[27:30], "little") + 1, int.from_bytes(data[24:27], "little") + 1
        case _:
            raise ValueError("no such chunk")


def _tiff(data: bytes) -> tuple[int, int]:
    order = "<" if data[:2] == b"II" else ">"
    start = struct.unpack(order + "I", data[4:8])[0]
    count = struct.unpack(order + "H", data[start : start + 2])[0]
    found = {}
    for place in range(count):
        entry = data[start + 2 + 12 * place : start + 14 + 12 * place]
        tag, kind = struct.unpack(order + "HH", entry[:4])
        if tag in {256, 257}:
            form = order + {1: "B", 3: "H", 4: "I"}.get(kind, "H")
            found[tag] = struct.unpack(form, entry[8 : 8 + struct.calcsize(form)])[0]
    if len(found) < 2:
        raise ValueError("height or width is not told")
    return found[257], found[256]
