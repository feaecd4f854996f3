"""What is settled before any test is read: one thread for each process, and compiled modules that are kept.

There are more test processes than cores, and threads that wait for one spin. Said before any library with threads
of its own is imported; the processes that tests start are given it too.

Tests start some hundred Python processes. Where the environment tells Python to write no bytecode, each of them
would compile every module it imports, and pytest every test module, in each run anew.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A property that is not said to need more is tried on 50 examples, in whatever time the machine takes for them. In
# continuous integration they are the same every time: what is found by chance is found where somebody can look.
hypothesis.settings.register_profile(
    "mainspring", max_examples=50, deadline=None, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("mainspring")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for a server, or for another process."""
    return 1 + len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))


@pytest.fixture(scope="session")
def forked() -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Runs a command of Mainspring, or a program, in a process of its own that has nothing left to import.

    For those who want the answer; a test of how a process starts, or is stopped, starts a real one. Gives the exit
    status, what was printed, and what was printed as errors.
    """
    process: subprocess.Popen[str] | None = None

    def run(
        folder: Path,
        *arguments: str,
        script: Path | None = None,
        strict: bool = False,
        seconds: int = 240,
        environment: dict[str, str] | None = None,
    ) -> tuple[int, str, str]:
        nonlocal process
        if process is None:
            process = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("forks.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        request = {
            "folder": str(folder),
            "arguments": arguments,
            "script": None if script is None else str(script),
            "strict": strict,
            "seconds": seconds,
            "environment": {**os.environ, **(environment or {})},
        }
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        code, out, err = json.loads(process.stdout.readline())
        return int(code), str(out), str(err)

    yield run
    if process is not None:
        process.communicate(timeout=30)
        assert process.returncode == 0
