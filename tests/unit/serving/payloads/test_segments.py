import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.serving.payloads.recovery import recover
from mainspring.serving.payloads.segments import OPEN, SegmentWriter, lines, opened, segments


def _all(folder: Path) -> list[bytes]:
    return [line for segment in segments(folder) for line in _lines(segment)]


def _lines(segment: Path) -> list[bytes]:
    with opened(segment) as file:
        return list(lines(file))


def test_a_segment_is_open_until_it_is_closed(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, max_bytes=1_000, max_seconds=60)
    assert segments(tmp_path) == []
    writer.append(b"a\n")
    assert [path.suffix for path in segments(tmp_path)] == [".open"]
    assert _all(tmp_path) == [b"a\n"]
    writer.close()
    writer.close()
    assert [path.suffix for path in segments(tmp_path)] == [".jsonl"]
    assert _all(tmp_path) == [b"a\n"]


def test_a_full_segment_is_closed_and_the_next_sorts_after_it(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, max_bytes=4, max_seconds=60)
    for line in (b"aa\n", b"bb\n", b"cc\n"):
        if writer.full:
            writer.close()
        writer.append(line)
    assert [path.suffix for path in segments(tmp_path)] == [".jsonl", ".open"]
    assert _all(tmp_path) == [b"aa\n", b"bb\n", b"cc\n"]
    writer.close()


def test_an_old_segment_is_full(tmp_path: Path) -> None:
    time = [1_000.0]
    writer = SegmentWriter(tmp_path, max_bytes=1_000, max_seconds=60, clock=lambda: time[0])
    assert writer.due_in() == float("inf")
    writer.append(b"a\n")
    time[0] += 59
    assert writer.due_in() == pytest.approx(1)
    assert not writer.full
    time[0] += 1
    assert writer.full
    writer.close()
    assert [path.suffix for path in segments(tmp_path)] == [".jsonl"]
    assert not writer.full


@settings(deadline=None)
@given(
    whole=st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b" ") + b"\n"), max_size=5),
    torn=st.binary(max_size=20),
)
def test_recovery_keeps_whole_lines_and_drops_a_torn_one(
    tmp_path_factory: pytest.TempPathFactory, whole: list[bytes], torn: bytes
) -> None:
    folder = tmp_path_factory.mktemp("log")
    torn = torn.replace(b"\n", b" ")
    left = folder / f"20260101T000000.000000Z-1-000001{OPEN}"
    left.write_bytes(b"".join(whole) + torn)
    recovered = recover(folder)
    assert _all(folder) == whole
    assert [path.exists() for path in recovered] == ([True] if whole else [])
    assert not left.exists()


def test_the_end_of_the_last_line_is_found_across_blocks(tmp_path: Path) -> None:
    left = tmp_path / f"20260101T000000.000000Z-1-000001{OPEN}"
    left.write_bytes(b"first\n" + b"x" * 200_000)
    recover(tmp_path)
    assert _all(tmp_path) == [b"first\n"]


def test_the_segment_of_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, max_bytes=1_000, max_seconds=60)
    writer.append(b"a\n")
    code = """
import sys
from pathlib import Path
from mainspring.serving.payloads.recovery import recover
print(recover(Path(sys.argv[1])))
"""
    seen = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"
    writer.append(b"b\n")
    writer.close()
    assert _all(tmp_path) == [b"a\n", b"b\n"]


def test_a_write_that_fails_half_way_leaves_no_torn_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = SegmentWriter(tmp_path, max_bytes=1_000, max_seconds=60)
    writer.append(b"good\n")
    real = os.write
    answers = iter([lambda file, data: real(file, data[:3]), lambda file, data: _disk_full()])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: next(answers)(file, data))
        with pytest.raises(OSError, match="disk"):
            writer.append(b"torn line\n")
    writer.append(b"again\n")
    writer.close()
    assert _all(tmp_path) == [b"good\n", b"again\n"]


def test_a_segment_closed_between_listing_and_reading_is_still_read(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, max_bytes=1_000, max_seconds=60)
    writer.append(b"a\n")
    [listed] = segments(tmp_path)
    writer.close()
    assert _lines(listed) == [b"a\n"]


def test_the_lock_goes_with_the_segment(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, max_bytes=1_000, max_seconds=60)
    writer.append(b"a\n")
    [path] = segments(tmp_path)
    with path.open("rb") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    writer.close()


def _disk_full() -> int:
    raise OSError(28, "the disk is full")
