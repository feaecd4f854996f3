"""Ctrl-C and SIGTERM: the first one stops a run in good order, the next one at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_USUAL: dict[signal.Signals, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


@contextmanager
def stopping(stop: Callable[[str], None]) -> Iterator[None]:
    """While inside, the first signal calls ``stop`` with a word for it, and the second raises KeyboardInterrupt.

    Signals that the program handles itself are left to it, and so are all of them outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [one for one, usual in _USUAL.items() if signal.getsignal(one) == usual]
    seen: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            raise KeyboardInterrupt
        stop(_WORDS[signal.Signals(number)])

    for one in taken:
        signal.signal(one, handle)
    try:
        yield
    finally:
        for one in taken:
            signal.signal(one, _USUAL[one])
