import struct
import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Table
from mainspring.data.profiling.images import Picture, format_of, measure_images, read_picture
from mainspring.data.statistics.images import ImageStatistics


def png(height: int, width: int, pixels: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = pixels or bytes(width * height)
    rows = zlib.compress(b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(height: int, width: int, *, before: int = 14) -> bytes:
    first = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    note = b"\xff\xfe" + struct.pack(">H", before + 2) + bytes(before)
    frame = b"\xff\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)
    return b"\xff\xd8" + first + note + frame + b"\xff\xda"


def gif(height: int, width: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def bmp(height: int, width: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<Iii", 40, width, height) + bytes(28)


def tiff(height: int, width: int, order: str = "<", kind: int = 3) -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    form = {3: "H", 4: "I"}[kind]

    def entry(tag: int, value: int) -> bytes:
        return struct.pack(order + "HHI", tag, kind, 1) + struct.pack(order + form, value).ljust(4, b"\0")

    entries = entry(256, width) + entry(257, height)
    return mark + struct.pack(order + "I", 8) + struct.pack(order + "H", 2) + entries + bytes(4)


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


def lossy(height: int, width: int) -> bytes:
    return webp(b"VP8 ", b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", width, height))


def lossless(height: int, width: int) -> bytes:
    return webp(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14))


def extended(height: int, width: int) -> bytes:
    return webp(b"VP8X", bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"))


MADE = {
    "png": png(3, 5),
    "jpeg": jpeg(3, 5),
    "gif": gif(3, 5),
    "bmp": bmp(3, 5),
    "tiff": tiff(3, 5),
    "webp": lossy(3, 5),
}


@pytest.mark.parametrize("name", MADE)
def test_format_height_and_width_are_read(name: str) -> None:
    assert read_picture(MADE[name]) == Picture(name, 3, 5)


@pytest.mark.parametrize(
    "data",
    [bmp(-3, 5), tiff(3, 5, ">"), tiff(3, 5, ">", 4), tiff(3, 5, "<", 4), lossless(3, 5), extended(3, 5)],
)
def test_the_variants_of_a_format(data: bytes) -> None:
    found = read_picture(data)
    assert found is not None
    assert (found.height, found.width) == (3, 5)


@pytest.mark.parametrize("name", MADE)
def test_a_cut_header_is_unreadable_and_no_error(name: str) -> None:
    for length in range(len(MADE[name])):
        found = read_picture(MADE[name][:length])
        assert found is None or found == Picture(name, 3, 5)


@given(st.binary(max_size=60), st.sampled_from([b"", *(data[:12] for data in MADE.values())]))
def test_any_bytes_are_an_image_or_not_and_no_error(data: bytes, mark: bytes) -> None:
    read_picture(mark + data)


def test_text_is_no_image() -> None:
    assert format_of(b"BMW is a car, not a bitmap") is None
    assert format_of(b"") is None


def table(values: list[bytes | None]) -> Table:
    return Table.from_columns({"picture": values}, {"picture": ColumnType.BYTES})


def test_a_column_of_bytes() -> None:
    values = [png(10, 20), jpeg(30, 40, before=9000), None, gif(10, 10), b"GIF89a", b"no image", png(10, 30)]
    found = measure_images(table(values), "picture")
    assert found.num_values == 6
    assert found.num_unreadable == 2
    assert found.formats == {"gif": 1, "jpeg": 1, "png": 2}
    assert found.supported_fraction == pytest.approx(4 / 6)
    assert (found.min_height, found.max_height, found.min_width, found.max_width) == (10, 30, 10, 40)
    sizes = [len(value) for value in values if value is not None]
    assert (found.total_bytes, found.min_bytes, found.max_bytes) == (sum(sizes), min(sizes), max(sizes))
    assert found.height_histogram().counts == (3, 0, 0, 0, 0, 0, 0, 0, 0, 1)
    assert sum(found.width_histogram().counts) == 4
    assert sum(found.size_histogram().counts) == 6


def test_a_column_of_paths(tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(png(7, 9))
    (tmp_path / "b.jpg").write_bytes(jpeg(5, 6, before=60_000))
    (tmp_path / "c.txt").write_text("words")
    paths = Table.from_columns({"path": ["a.png", "b.jpg", "c.txt", "gone.png", None]})
    found = measure_images(paths, "path", folder=tmp_path)
    assert found.formats == {"jpeg": 1, "png": 1}
    assert (found.num_values, found.num_unreadable) == (4, 2)


def test_numbers_are_no_images() -> None:
    with pytest.raises(InputError, match="INT"):
        measure_images(Table.from_columns({"n": [1, 2]}), "n")


def test_parts_merge_to_the_whole_and_go_through_json() -> None:
    values = [png(height, 2 * height) for height in range(1, 30)] + [b"none", None, gif(3, 4)] * 3
    whole = measure_images(table(values), "picture")
    parts = [measure_images(table(values[start : start + 7]), "picture") for start in range(0, len(values), 7)]
    assert ImageStatistics.merged(parts) == whole
    assert parts[0].merge(parts[1]).merge(parts[2]) == parts[2].merge(parts[1].merge(parts[0]))
    assert msgspec.json.decode(msgspec.json.encode(whole), type=ImageStatistics) == whole


def test_real_digits(digits: np.ndarray) -> None:
    found = measure_images(table([png(28, 28, digit.tobytes()) for digit in digits]), "picture")
    assert (found.num_values, found.num_unreadable, found.formats) == (1000, 0, {"png": 1000})
    assert (found.heights.values, found.widths.weights) == ((28,), (1000,))
    assert found.min_bytes is not None
    assert 90 < found.min_bytes < found.avg_bytes < 600
