import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.serving.payloads import spools
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.recovery import recover
from mainspring.serving.payloads.ring import Ring, Target
from mainspring.serving.payloads.spools import new_ring, places, remove, ring_files


@settings(deadline=None)
@given(st.lists(st.one_of(st.binary(min_size=1, max_size=40), st.integers(1, 80)), max_size=60))
def test_what_goes_in_comes_out_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[bytes | int]
) -> None:
    """Bytes are put, numbers are released; a queue of bytes says the same."""
    with Ring.create(tmp_path_factory.mktemp("ring") / "a.ring", 100) as ring:
        model = b""
        for step in steps:
            if isinstance(step, bytes):
                assert ring.put(step) is (len(model) + len(step) <= 100)
                model += step if len(model) + len(step) <= 100 else b""
            else:
                size = min(step, len(model))
                ring.release(size)
                model = model[size:]
            assert ring.peek(ring.tail, 1_000) == model
            assert ring.head - ring.tail == len(model)
        ring.release(len(model))
        assert bytes(ring._data) == bytes(100)  # nothing stays behind


def test_another_process_sees_it_and_takes_it_over_only_from_the_dead(tmp_path: Path) -> None:
    path = tmp_path / "a.ring"
    code = """
import os, signal, sys
from pathlib import Path
from mainspring.serving.payloads.ring import Ring
ring = Ring.create(Path(sys.argv[1]), 1000)
ring.put(b"one")
ring.point("segment")
ring.put(b"two")
print("put", flush=True)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        assert process.stdout.readline() == "put\n"
        assert Ring.open(path, lock=True) is None
        seen = Ring.open(path, lock=False)
        assert seen is not None
        with seen:
            assert seen.peek(0, 100) == b"onetwo"
        process.stdin.write("\n")
        process.stdin.flush()
        process.wait()
    left = Ring.open(path, lock=True)
    assert left is not None
    with left:
        assert (left.peek(3, 100), left.target) == (b"two", Target("segment", 0))
    assert Ring.open(tmp_path / "none.ring", lock=False) is None


def test_a_ring_lies_in_memory_and_leaves_nothing(tmp_path: Path) -> None:
    ring = new_ring(tmp_path, 1_000)
    assert list(ring_files(tmp_path)) == [ring.path]
    assert ring.path.stat().st_mode & 0o077 == 0
    folder = ring.path.parent
    remove(ring)
    assert list(ring_files(tmp_path)) == []
    assert not folder.exists()


def test_without_room_in_memory_it_lies_beside_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "MEMORY", tmp_path / "none")
    assert places(tmp_path) == [tmp_path / ".spool"]
    full = tmp_path / "full"
    full.write_bytes(b"no folder")
    monkeypatch.setattr(spools, "MEMORY", tmp_path)
    monkeypatch.setattr(spools, "places", lambda _: [full / "x" / "y", tmp_path / ".spool"])
    ring = new_ring(tmp_path, 1_000)
    assert ring.path.parent == tmp_path / ".spool"
    ring.close()


def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"mainspring-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(spools, "MEMORY", tmp_path)
    ring = new_ring(tmp_path / "log", 1_000) if (tmp_path / "log").mkdir() is None else None
    assert ring is not None
    assert ring.path.parent == tmp_path / "log" / ".spool"
    ring.close()


def test_a_ring_that_was_never_finished_is_cleared_away(tmp_path: Path) -> None:
    place = places(tmp_path)[0]
    spools.make(place)
    torso = place / "1-000001.ring"
    torso.write_bytes(bytes(100))
    recover(tmp_path)
    assert torso.exists()
    old = time.time() - 100
    os.utime(torso, (old, old))
    recover(tmp_path)
    assert not place.exists()


def test_what_is_left_of_a_log_that_is_gone_is_swept_away(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    dead, left = new_ring(gone, 1_000), new_ring(tmp_path, 1_000)
    left.put(b"line\n")
    paths = [dead.path, left.path]
    dead.close()
    left.close()
    gone.rmdir()
    remove(new_ring(tmp_path / "other", 1_000))
    assert [path.exists() for path in paths] == [False, True]
    recover(tmp_path)
    assert not left.path.exists()


def test_large_values_wait_in_memory_within_a_budget_and_are_stored_once(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path, budget=10)
    first = blobs.put(b"12345")
    assert first is not None
    assert blobs.put(b"12345") == first
    assert blobs.put(b"1234567890") is None
    assert blobs.read(first) == b"12345"
    assert not (tmp_path / "blobs").exists()
    blobs.settle()
    assert [name for name, _ in blobs.stored()] == [first.partition(":")[2]]
    assert blobs.put(b"1234567890") is not None
    Blobs(tmp_path).settle()  # as after a kill
    assert len(list(blobs.stored())) == 2
    places(tmp_path)[0].rmdir()
