"""Commands that do in a terminal what the console does, to be copied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from mainspring.app.api.operation import Operation
from mainspring.app.api.subject import Hit

_MOST: Final = 6
_SHORTEST: Final = 3


def commands(operations: Sequence[Operation], text: str) -> Sequence[Hit]:
    """Commands with all words of a text in them, or in what they do.

    Args:
        operations: What has commands.
        text: What was looked for; ``mainspring`` before it counts for nothing.
    """
    words = [word for word in text.lower().split() if word != "mainspring"]
    if not words or max(map(len, words)) < _SHORTEST:
        return []
    found: dict[str, Hit] = {}
    for one in operations:
        command = shown(one.command)
        if command and command not in found and all(word in f"{command} {one.summary}".lower() for word in words):
            about = one.summary.rstrip(".")
            found[command] = Hit(kind="command", name=command, path=f"/search?text={words[0]}", detail=about)
    return list(found.values())[:_MOST]


def shown(command: str) -> str:
    """A command with its arguments as people write them in help.

    Example:
        >>> shown("mainspring cancel {run}")
        'mainspring cancel RUN'
    """
    return re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), command)
