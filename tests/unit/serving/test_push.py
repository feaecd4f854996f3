import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mainspring.core.errors import InputError, NotFoundError, StateError
from mainspring.serving.push import Deployment, Pushed, push


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "inner").mkdir(parents=True)
    (folder / "signature.json").write_text("{}")
    (folder / "inner" / "model.onnx").write_bytes(b"model")
    return folder


def test_a_push_copies_the_package_and_serves_it(tmp_path: Path, package: Path) -> None:
    pushed = push(package, tmp_path / "serving", name="taxi", version="1.0.0", by="ann", reason="first")
    assert pushed == Pushed(name="taxi", version="1.0.0", sequence=1, destination="taxi/1")
    deployment = Deployment(tmp_path / "serving", "taxi")
    assert deployment.current == 1
    assert deployment.current_package == tmp_path / "serving" / "taxi" / "1"
    assert (deployment.current_package / "inner" / "model.onnx").read_bytes() == b"model"
    [change] = deployment.history()
    assert (change.action, change.sequence, change.replaced, change.by, change.reason) == (
        "push",
        1,
        None,
        "ann",
        "first",
    )


def test_numbers_grow_and_are_never_used_again(tmp_path: Path, package: Path) -> None:
    clock = lambda: 1_000.0  # noqa: E731  all in the same second
    deployment = Deployment(tmp_path, "taxi", clock=clock)
    assert [deployment.push(package, version="1").sequence for _ in range(12)] == list(range(1, 13))
    for left in sorted((tmp_path / "taxi" / "12").rglob("*"), reverse=True):
        left.unlink() if left.is_file() else left.rmdir()
    (tmp_path / "taxi" / "12").rmdir()
    assert deployment.push(package, version="1").sequence == 13
    assert deployment.sequences() == [*range(1, 12), 13]


def test_rollback_goes_back_and_does_not_return_to_what_was_left_behind(tmp_path: Path, package: Path) -> None:
    deployment = Deployment(tmp_path, "taxi")
    for number in (1, 2, 3):
        deployment.push(package, version=f"{number}.0.0")
    change = deployment.rollback(by="ann", reason="worse on cash")
    assert (change.sequence, change.version, change.replaced, change.by) == (2, "2.0.0", 3, "ann")
    assert deployment.current == 2
    assert deployment.rollback().sequence == 1
    with pytest.raises(StateError, match="nothing to roll 'taxi' back to"):
        deployment.rollback()
    assert deployment.current == 1
    assert deployment.push(package, version="4.0.0").sequence == 4
    assert deployment.rollback().sequence == 1
    assert [c.action for c in deployment.history()] == [
        "push",
        "push",
        "push",
        "rollback",
        "rollback",
        "push",
        "rollback",
    ]


class Saved:
    """Something that can be saved like a package."""

    def save(self, folder: Path) -> None:
        (folder / "signature.json").write_text("{}")


def test_any_version_can_be_served_whatever_lies_here(tmp_path: Path, package: Path) -> None:
    deployment = Deployment(tmp_path, "taxi")
    for number in (1, 2, 3):
        deployment.push(package, version=f"{number}.0.0")
    served = []
    for version in ("1.0.0", "1.0.0", "3.0.0", "0.9.0"):
        deployment.serve(version, Saved(), by="ann", reason="because")
        served.append(deployment.current)
    assert served == [1, 1, 3, 4]
    assert [(c.action, c.sequence, c.version) for c in deployment.history()][3:] == [
        ("rollback", 1, "1.0.0"),
        ("push", 3, "3.0.0"),
        ("push", 4, "0.9.0"),
    ]


def test_rollback_before_any_push_says_so(tmp_path: Path) -> None:
    with pytest.raises(StateError):
        Deployment(tmp_path, "taxi").rollback()
    assert Deployment(tmp_path, "taxi").current is None
    with pytest.raises(NotFoundError, match="nothing was pushed"):
        _ = Deployment(tmp_path, "taxi").current_package


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b"])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        Deployment(tmp_path, name)


def test_a_missing_package_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no package folder"):
        push(tmp_path / "none", tmp_path / "serving", name="taxi", version="1")
    assert not (tmp_path / "serving").exists()


PUSHER = """
import sys, pathlib
from mainspring.serving.push import push
package, destination = map(pathlib.Path, sys.argv[1:])
for _ in range(10):
    print(push(package, destination, name="taxi", version="1").sequence, flush=True)
"""


def test_concurrent_pushers_get_different_growing_numbers_and_no_reader_sees_half(
    tmp_path: Path, package: Path
) -> None:
    (package / "large.bin").write_bytes(os.urandom(200_000))
    destination = tmp_path / "serving"
    done = threading.Event()
    seen: list[int] = []

    def watch() -> None:
        deployment = Deployment(destination, "taxi")
        while not done.is_set():
            for sequence in deployment.sequences():
                assert (deployment.package(sequence) / "large.bin").stat().st_size == 200_000
            current = deployment.current
            if current is not None:
                assert deployment.package(current).is_dir()
                seen.append(current)

    command = [sys.executable, "-c", PUSHER, str(package), str(destination)]
    with ThreadPoolExecutor() as pool:
        watcher = pool.submit(watch)
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        outputs = [[int(line) for line in process.communicate()[0].split()] for process in processes]
        done.set()
        watcher.result()
    assert [process.returncode for process in processes] == [0] * 4
    for numbers in outputs:
        assert numbers == sorted(numbers)
    assert sorted(number for numbers in outputs for number in numbers) == list(range(1, 41))
    assert Deployment(destination, "taxi").current == 40
    assert seen == sorted(seen)
    history = Deployment(destination, "taxi").history()
    assert [change.sequence for change in history] == list(range(1, 41))
    assert [change.replaced for change in history] == [None, *range(1, 40)]


def test_a_pusher_killed_at_any_moment_leaves_no_half_package(tmp_path: Path, package: Path) -> None:
    (package / "large.bin").write_bytes(os.urandom(3_000_000))
    command = [
        sys.executable,
        "-c",
        PUSHER.replace("range(10)", "range(10_000)"),
        str(package),
        str(tmp_path / "s"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        for _ in range(5):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
    deployment = Deployment(tmp_path / "s", "taxi")
    for sequence in deployment.sequences():
        assert (deployment.package(sequence) / "large.bin").stat().st_size == 3_000_000
    highest = max(deployment.sequences())
    assert deployment.push(package, version="2").sequence > highest
    assert deployment.current_package.is_dir()


def test_what_a_killed_pusher_left_is_swept_after_a_day(tmp_path: Path, package: Path) -> None:
    left = tmp_path / "taxi" / ".incoming-old"
    young = tmp_path / "taxi" / ".incoming-young"
    left.mkdir(parents=True)
    young.mkdir()
    os.utime(left, (0, 0))
    Deployment(tmp_path, "taxi").push(package, version="1")
    assert not left.exists()
    assert young.exists()


def test_a_crash_between_history_and_pointer_neither_reuses_the_number_nor_rolls_forward(
    tmp_path: Path, package: Path
) -> None:
    deployment = Deployment(tmp_path, "taxi")
    for version in ("1", "2", "3"):
        deployment.push(package, version=version)
    (tmp_path / "taxi" / "CURRENT").write_text("2\n")
    assert deployment.rollback().sequence == 1
    assert deployment.push(package, version="4").sequence == 4


def test_pushed_is_an_artifact(tmp_path: Path) -> None:
    pushed = Pushed(name="taxi", version="1.2.3", sequence=7, destination="taxi/7")
    pushed.save(tmp_path)
    assert Pushed.load(tmp_path) == pushed
    assert pushed.properties()["sequence"] == 7
    assert json.loads((tmp_path / "pushed.json").read_text())["destination"] == "taxi/7"


def test_a_version_pushed_twice_is_one_step_back(tmp_path: Path, package: Path) -> None:
    deployment = Deployment(tmp_path, "taxi")
    for version in ("1.0.0", "2.0.0", "2.0.0"):
        deployment.push(package, version=version)
    assert deployment.rollback().version == "1.0.0"
    with pytest.raises(StateError):
        deployment.rollback()
