"""The end of a server's process, also if a model never comes to one."""

from __future__ import annotations

import os
import sys
import threading
import time

_SECONDS = 1.0
_NAMES = ("predict", "load")


def ended(seconds: float = _SECONDS) -> int:
    """The exit status of a server that has stopped: 0. Does not return if a thread of it goes on.

    Python waits for every thread when a process ends: a model that hangs would keep it forever. Everything that
    has to be written is written by now.

    Args:
        seconds: The longest wait for such threads.
    """
    until = time.monotonic() + seconds
    threads = [one for one in threading.enumerate() if one.name.startswith(_NAMES)]
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    lost = [one.name for one in threads if one.is_alive()]
    if lost:
        print(f"the server ends though a model goes on: {', '.join(lost)}", file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    return 0
