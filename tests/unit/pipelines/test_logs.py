"""What steps print and log goes into their own files, while they share a process."""

import logging
import sys
import threading
from pathlib import Path

import pytest

from mainspring.pipelines.logs import into, routing


def test_threads_write_each_into_its_own_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        with into(tmp_path / f"{number}.log"):
            for line in range(50):
                barrier.wait()
                print(f"{number} {line}")
                print(f"{number} error {line}", file=sys.stderr)
                logging.getLogger(f"steps.{number}").warning("%d logged %d", number, line)

    with routing():
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        print("meanwhile")
        for thread in threads:
            thread.join()
    for number in range(4):
        lines = (tmp_path / f"{number}.log").read_text().splitlines()
        assert len(lines) == 150
        assert [line for line in lines if "logged" in line][7].endswith(
            f"WARNING steps.{number}: {number} logged 7"
        )
        assert [line for line in lines if "logged" not in line] == [
            text for line in range(50) for text in (f"{number} {line}", f"{number} error {line}")
        ]
    shown = capsys.readouterr()
    assert shown.out == "meanwhile\n"
    assert shown.err == ""


def test_lines_are_on_disk_while_the_step_runs(tmp_path: Path) -> None:
    with routing(), into(tmp_path / "a.log"):
        print("one")
        assert (tmp_path / "a.log").read_text() == "one\n"
        print("two", end="", flush=True)
        assert (tmp_path / "a.log").read_text() == "one\ntwo"


def test_a_silent_step_leaves_no_file(tmp_path: Path) -> None:
    with routing(), into(tmp_path / "deep/a.log"):
        sys.stdout.flush()
    assert list(tmp_path.iterdir()) == []


def test_a_second_try_goes_on_in_the_same_file(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with routing(), into(tmp_path / "a.log"):
            print(word)
    assert (tmp_path / "a.log").read_text() == "first\nsecond\n"


def test_what_cannot_be_written_does_not_break_the_step(tmp_path: Path) -> None:
    with routing(), into(tmp_path / "a.log"):
        print("half \ud800 character")
    assert (tmp_path / "a.log").read_text() == "half ? character\n"


def test_the_streams_are_as_before(tmp_path: Path) -> None:
    before = (sys.stdout, sys.stderr, list(logging.getLogger().handlers), logging.getLogger().level)
    with routing():
        with routing():
            assert sys.stdout is not before[0]
        with into(tmp_path / "a.log"):
            print("still routed")
    assert (sys.stdout, sys.stderr, list(logging.getLogger().handlers), logging.getLogger().level) == before
    assert (tmp_path / "a.log").read_text() == "still routed\n"


def test_the_streams_answer_like_streams(tmp_path: Path) -> None:
    with routing(), into(tmp_path / "a.log"):
        assert not sys.stdout.isatty()
        assert sys.stdout.fileno() not in (0, 1, 2)
        assert sys.stdout.encoding
        assert sys.stdout.writable()
        sys.stdout.buffer.write(b"bytes\n")
    assert (tmp_path / "a.log").read_text() == "bytes\n"


def test_without_a_setting_steps_tell_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", logging.WARNING)
    with routing(), into(tmp_path / "a.log"):
        logging.getLogger("x").info("told")
    assert (tmp_path / "a.log").read_text().endswith("INFO x: told\n")
    root.setLevel(logging.ERROR)
    with routing(), into(tmp_path / "b.log"):
        logging.getLogger("x").warning("not told: this was set by somebody")
    assert not (tmp_path / "b.log").exists()
