"""``python -m mainspring.serving.payloads.keeper``: what a log needs besides its writers.

One process beside the servers of a log, at low priority. It takes the log to its sinks, each in a thread of its
own; finishes what killed servers left behind; and, now and then, has closed segments made compact. A sink that
does not answer costs no request anything. The options come as JSON on standard input; when that closes, because
the parent was killed, or on SIGTERM, it sends what can be sent, and ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.payloads.options import PayloadOptions
from mainspring.serving.payloads.recovery import recover
from mainspring.serving.payloads.ring import locked
from mainspring.serving.payloads.sinks.shipping import Shipper
from mainspring.serving.payloads.spools import ring_files

_LOOK_SECONDS = 2.0
_COMPACT_SECONDS = 60.0
_LAST_SECONDS = 10.0
_LET_GO_SECONDS = 1.0
_NICENESS = 10
_LOCK = ".keeper"


class Keeper:
    """Looks after a log, until it is told to stop.

    Args:
        options: Of the log.

    Raises:
        InputError: If there is no folder, or two sinks have one name.
        UnavailableError: If the client of a broker is not installed.
    """

    def __init__(self, options: PayloadOptions) -> None:
        names = [sink.name for sink in options.sinks]
        if not options.folder or len(set(names)) < len(names):
            raise InputError(
                "these options have no folder, or two sinks with one name", expected="payloads.folder"
            )
        self._options, self._folder = options, Path(options.folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._shippers = [Shipper(self._folder, sink) for sink in options.sinks]
        self._compacting: subprocess.Popen[bytes] | None = None
        self.stop = threading.Event()

    def run(self) -> bool:
        """Look after the log. Where another keeper does, wait until it is gone.

        Returns:
            Whether it was told to stop; false if something happened that nobody foresaw.
        """
        with self._alone() as mine:
            return self._run() if mine else True

    def _run(self) -> bool:
        ending = threading.Event()
        threads = [
            threading.Thread(target=shipper.run, args=(ending,), name="sink", daemon=True)
            for shipper in self._shippers
        ]
        for thread in threads:
            thread.start()
        since = _COMPACT_SECONDS
        while not self.stop.wait(_LOOK_SECONDS) and all(thread.is_alive() for thread in threads):
            since += _LOOK_SECONDS
            with contextlib.suppress(OSError):
                recover(self._folder)
            if (self._options.compact or self._options.keep_days) and since >= _COMPACT_SECONDS:
                since = 0.0
                self._compact()
        self._recover_at_last()
        ending.set()  # only now: what was just recovered is sent, too
        for thread in threads:
            thread.join(_LAST_SECONDS)
        if self._compacting is not None:
            self._compacting.terminate()
            self._compacting.wait()
        return self.stop.is_set()

    def _recover_at_last(self) -> None:
        """Finish what our parent left, if it was killed: it may be a moment before it lets go of its files."""
        until = time.monotonic() + _LET_GO_SECONDS
        recover(self._folder)
        while any(ring_files(self._folder)) and time.monotonic() < until:
            time.sleep(_LET_GO_SECONDS / 10)
            recover(self._folder)

    def _compact(self) -> None:
        """In a process of its own: what it needs of memory it gives back."""
        if self._compacting is not None and self._compacting.poll() is None:
            return
        command = [sys.executable, "-m", "mainspring.serving.payloads.compact", str(self._folder)]
        if self._options.keep_days is not None:
            command += ["--keep-days", str(self._options.keep_days)]
        self._compacting = subprocess.Popen(  # noqa: S603  our own module, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether we are the only keeper, which may take a while; false if we are told to stop before."""
        file = os.open(self._folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            mine = locked(file)
            while not mine and not self.stop.wait(_LOOK_SECONDS):
                mine = locked(file)
            yield mine
        finally:
            os.close(file)


def main() -> int:
    """Look after the log whose options come on standard input; gives the exit status."""
    try:
        keeper = Keeper(msgspec.json.decode(sys.stdin.buffer.readline(), type=PayloadOptions))
    except (MainspringError, msgspec.DecodeError) as error:
        print(f"keeper of the log: {error}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: keeper.stop.set())
    threading.Thread(target=_until_stdin_closes, args=(keeper.stop,), daemon=True).start()
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    return 0 if keeper.run() else 1


def _until_stdin_closes(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
