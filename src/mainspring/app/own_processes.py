"""Processes that run Mainspring's own modules: lists of arguments that no shell sees."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

COMMAND: Final = "mainspring.app.cli.main"
"""The module that does what ``mainspring`` does in a terminal."""


def start(
    module: str,
    arguments: Sequence[str] = (),
    *,
    folder: Path,
    takes: int | IO[bytes] | None = None,
    out: int | IO[bytes] | None = None,
    errors: int | IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    apart: bool = False,
    sign: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start one of Mainspring's own modules with the Python that runs here.

    Args:
        module: Its name, as after ``python -m``.
        arguments: What it is given, one by one.
        folder: Where it works.
        takes: What it reads on standard input; by default what this process reads.
        out: Where what it prints goes; by default where this process prints.
        errors: The same for standard error.
        environment: Variables for it, besides those of this process.
        apart: Whether it has a session of its own: neither Ctrl-C nor a terminal that closes reaches it.
        sign: A file by which :func:`alive` tells, in whatever process, that it still runs.
    """
    with ExitStack() as stack:
        held = [] if sign is None else [stack.enter_context(sign.open("wb")).fileno()]
        for one in held:
            fcntl.flock(one, fcntl.LOCK_EX)
        return subprocess.Popen(  # noqa: S603 - a module of ours, and a list that no shell sees
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            stdin=takes,
            stdout=out,
            stderr=errors,
            env={**os.environ, **(environment or {})},
            start_new_session=apart,
            pass_fds=held,
        )


def alive(sign: Path) -> bool:
    """Whether the process that was started with a sign still runs, or one that it started and left behind.

    A number alone would not tell: after a restart of the machine it is somebody else's.
    """
    try:
        with sign.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
