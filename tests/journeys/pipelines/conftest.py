"""Projects whose steps tell what they do, and processes to watch."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STEPS = '''
import os, time
from pathlib import Path
from typing import Any
from mainspring import File, Retry, RunStatus, approval, at_exit, each, pipeline, step, unless, when

def trace(word: str) -> None:
    """One line per thing that really happened; whole lines, whoever writes."""
    with open("trace.txt", "a") as file:
        file.write(f"{word} {os.getpid()}\\n")

def wait_for(name: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not Path(name).exists():
        assert time.monotonic() < end, f"nobody wrote {name}"
        time.sleep(0.02)

@step
def load(data: File) -> list[int]:
    trace("load")
    return [int(word) for word in data.path.read_text().split()]

@step
def total(numbers: list[int], plus: int = 0) -> int:
    trace("total")
    return sum(numbers) + plus

@step
def double(number: int) -> int:
    trace("double")
    return 2 * number
'''

SUMS = '''
@pipeline
def sums(data: File = File("in.txt"), plus: int = 0):
    """Three in a row."""
    double(total(load(data), plus))
'''

LONG = """
@step(cache=False)
def first() -> int:
    trace("first")
    return 1

@step(isolation="process")
def middle(number: int) -> Path:
    trace("middle")
    made = Path("half.bin")
    with made.open("wb") as file:
        file.write(b"half")
        file.flush()
        Path("begun").write_text(str(os.getpid()))
        wait_for("go")
        file.write(b"whole")
    return made

@step
def last(made: Path) -> int:
    trace("last")
    return made.stat().st_size

@step(cache=False)
def goodbye(status: RunStatus) -> None:
    trace("goodbye-" + status.state)

@pipeline
def long():
    last(middle(first()))
    at_exit(goodbye)
"""


def wait_until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


Command = Callable[..., tuple[int, str, str]]


class PipelineProject:
    """A project in a folder, its command line, and what its steps leave behind."""

    def __init__(self, folder: Any, command: Command) -> None:
        self._folder = folder
        self._command = command
        self.root: Path = folder.root

    def __getattr__(self, name: str) -> Any:
        return getattr(self._folder, name)

    def pipeline(self, text: str) -> None:
        """Write the pipeline, below the usual steps."""
        self._folder.write("pipeline.py", STEPS + text)

    def ask(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Like ``json``, with warnings taken as errors."""
        ended, out, err = self._command(self.root, *arguments, "--json")
        assert ended == code, f"{arguments} ended with {ended}\n{out}\n{err}"
        return last_object(out)

    def traced(self) -> list[str]:
        """What really happened since the last time; forgotten afterwards."""
        file = self.root / "trace.txt"
        words = [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []
        file.unlink(missing_ok=True)
        return words

    def scratch(self) -> list[Path]:
        """What is left of scratch folders."""
        folder = self.root / ".mainspring/scratch"
        return list(folder.iterdir()) if folder.exists() else []

    def python(self, program: str) -> str:
        """Run some Python in the project."""
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=self.root, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command, and wait until its run is in the middle of :data:`LONG`."""
        (self.root / "begun").unlink(missing_ok=True)
        process: subprocess.Popen[str] = self._folder.start(*arguments)
        wait_until(lambda: (self.root / "begun").exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        return process

    def let_go(self) -> None:
        """Let the step in the middle go on."""
        (self.root / "go").touch()


def states(answer: dict[str, Any]) -> dict[str, str]:
    """How each step ended."""
    return {one["name"]: one["state"] for one in answer["steps"]}


def last_object(out: str) -> dict[str, Any]:
    """The object with which an output for machines ends."""
    found = json.loads(out.strip().splitlines()[-1])
    assert isinstance(found, dict)
    return found


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> set[int]:
    """The processes below one."""
    found: set[int] = set()
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found |= {child} | descendants(child)
    return found


class Watch:
    """Functions for tests, which cannot import them from here."""

    states = staticmethod(states)
    last_object = staticmethod(last_object)
    alive = staticmethod(alive)
    descendants = staticmethod(descendants)
    wait_until = staticmethod(wait_until)


@pytest.fixture
def watch() -> type[Watch]:
    """Functions to watch runs and processes with."""
    return Watch


@pytest.fixture
def project(folder: Any, command: Command, monkeypatch: pytest.MonkeyPatch) -> PipelineProject:
    """A project with three steps; every process of it takes warnings as errors."""
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    made = PipelineProject(folder, command)
    made.write("mainspring.toml", '[project]\nname = "sums"\n')
    made.pipeline(SUMS)
    made.write("in.txt", "1 2 3\n")
    return made


@pytest.fixture
def long(project: PipelineProject) -> PipelineProject:
    """A project with a step that waits until it is let go."""
    project.pipeline(LONG)
    return project


@pytest.fixture
def command(forked: Command) -> Command:
    """Runs a command in a folder, with warnings taken as errors; gives the exit status and what was printed."""
    return functools.partial(forked, strict=True)
