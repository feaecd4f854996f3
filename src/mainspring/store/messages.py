"""The rules of the queue; every adapter asks here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mainspring.core.errors import InputError
from mainspring.store.properties import check_text

POISON: Final = "its lease ran out {attempts} times: the worker died without a word, or was too slow"
"""The error of a message whose last worker never came back."""

LONGEST_DELAY: Final = 3600.0
"""The longest time between attempts, unless another is asked for, in seconds."""


def check_message(topic: str, key: str | None, delay: float, max_attempts: int) -> None:
    """Refuse a message that could not be kept or would never be tried.

    Raises:
        InputError: Says which argument is wrong.
    """
    check_text(topic, "the topic", "message")
    check_text(key, "the key", f"message of topic {topic!r}")
    if not delay >= 0:
        raise InputError(f"a delay of {delay!r} seconds", expected="0 or more")
    if max_attempts < 1:
        raise InputError(f"max_attempts is {max_attempts!r}", expected="1 or more")


def check_claim(topics: Sequence[str], worker: str, seconds: float) -> None:
    """Refuse a claim that could not hold.

    Raises:
        InputError: Says which argument is wrong.
    """
    if isinstance(topics, str):
        raise InputError(f"topics is the text {topics!r}", expected="a list of topics")
    check_text(worker, "the worker", "claim")
    if not seconds > 0:
        raise InputError(f"a lease of {seconds!r} seconds", expected="a positive number")


def retry_delay(attempts: int, delay: float | None) -> float:
    """Seconds until the next attempt.

    Example:
        >>> [retry_delay(attempts, None) for attempts in (1, 2, 3, 4)]
        [1.0, 2.0, 4.0, 8.0]
    """
    return delay if delay is not None else min(2.0 ** (attempts - 1), LONGEST_DELAY)
