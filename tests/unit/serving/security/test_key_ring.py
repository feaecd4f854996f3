"""Recognising keys while their file changes."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from mainspring.core.errors import UnavailableError
from mainspring.serving.caller import Scope
from mainspring.serving.problems import BusyError
from mainspring.serving.security import key_file, key_ring
from mainspring.serving.security.key_ring import KeyRing


class Time:
    """A clock that is set by hand, for both of the ring's clocks."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(key_ring, "time", SimpleNamespace(monotonic=clock))
    return clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.yaml"


@pytest.fixture
def later(time: Time, path: Path) -> Callable[[], None]:
    """Lets the ring look at its file again, which differs even if it was written within a tick of the disk's."""

    def pass_time() -> None:
        time.at += key_ring.LOOK_EVERY + 0.1
        if path.exists():
            os.utime(path, (time.at, time.at))

    return pass_time


def test_a_key_is_its_owners(path: Path, time: Time) -> None:
    _, key = key_file.new(path, "ann", scopes=[Scope.INFERENCE], models=["taxi"])
    caller = KeyRing(path, clock=time).find(key.encode())
    assert caller is not None
    assert (caller.name, caller.scopes, caller.models) == ("ann", {Scope.INFERENCE}, ("taxi",))


def test_wrong_keys_are_nobodys(path: Path, time: Time) -> None:
    _, key = key_file.new(path, "ann")
    ring = KeyRing(path, clock=time)
    for wrong in (b"", b"x", key.encode()[:-1], key.encode() + b"x", b"\xff" * 300):
        assert ring.find(wrong) is None


def test_a_key_expires(path: Path, time: Time) -> None:
    _, key = key_file.new(path, "ann", days=1, clock=time)
    ring = KeyRing(path, clock=time)
    time.at += 86_399
    assert ring.find(key.encode()) is not None
    time.at += 1
    assert ring.find(key.encode()) is None


def test_keys_are_rotated_without_a_gap(path: Path, time: Time, later: Callable[[], None]) -> None:
    old, first = key_file.new(path, "ann")
    ring = KeyRing(path, clock=time)
    _, second = key_file.new(path, "ann")
    assert ring.find(second.encode()) is None  # the file is looked at once a second
    later()
    assert {ring.find(key.encode()).name for key in (first, second)} == {"ann"}  # type: ignore[union-attr]
    key_file.revoke(path, old.id)
    later()
    assert ring.find(first.encode()) is None
    assert ring.find(second.encode()) is not None


def test_a_broken_file_changes_nothing_and_is_complained_of_once(
    path: Path, time: Time, later: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    _, key = key_file.new(path, "ann")
    ring = KeyRing(path, clock=time)
    path.write_text("keys: [")
    later()
    assert ring.find(key.encode()) is not None
    time.at += 2
    assert ring.find(key.encode()) is not None
    assert [record.getMessage().count("still count") for record in caplog.records] == [1]


def test_without_its_file_no_key_counts(path: Path, time: Time, later: Callable[[], None]) -> None:
    _, key = key_file.new(path, "ann")
    text = path.read_text()
    ring = KeyRing(path, clock=time)
    path.unlink()
    later()
    assert ring.find(key.encode()) is None
    path.write_text(text)
    later()
    assert ring.find(key.encode()) is not None


def test_a_ring_needs_its_file_at_the_start(path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be read"):
        KeyRing(path)


def test_slow_hashes_are_computed_once_and_guesses_are_few(
    path: Path, time: Time, later: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file.new(path, "ann", own="correct-horse-battery")
    ring = KeyRing(path, clock=time)
    computed: list[bytes] = []
    fits = key_ring.ApiKey.fits
    monkeypatch.setattr(key_ring.ApiKey, "fits", lambda self, key: computed.append(key) or fits(self, key))
    for _ in range(3):
        assert ring.find(b"correct-horse-battery") is not None
        assert ring.find(b"wrong-wrong-wrong-wrong") is None
    assert computed == [b"correct-horse-battery", b"wrong-wrong-wrong-wrong"]
    for guess in range(3):
        assert ring.find(b"guess-%d" % guess) is None
    with pytest.raises(BusyError, match="too many unknown keys"):
        ring.find(b"one more")
    assert len(computed) == 5
    assert ring.find(b"correct-horse-battery") is not None
    time.at += 0.5
    assert ring.find(b"another") is None
    key_file.revoke(path, "ann")
    later()
    assert ring.find(b"correct-horse-battery") is None
