"""What was decided about the rollouts of a model, and why: a line each, for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from mainspring.core.verdicts import Verdict

FILE = "history.jsonl"

Kind: TypeAlias = Literal["began", "advanced", "promoted", "rolled_back", "held", "resumed", "shared", "concluded"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to a rollout.

    Attributes:
        number: Of the change. One that was written twice, because a process was killed in between, counts once.
        time: When, in seconds since the epoch.
        model: The model.
        kind: What happened.
        verdict: Why, with every figure, as :meth:`mainspring.core.verdicts.Verdict.as_dict` gives it.
        versions: The version of each arm at that moment.
        arm: The arm that was promoted or rolled back, or whose share was set.
        step: The step of a canary, from 0.
        share: How many of a hundred requests its candidate gets, where that was set by hand.
        by: Who decided; empty for the server itself.
        plan: The declaration that it was about.
    """

    number: int
    time: float
    model: str
    kind: Kind
    verdict: Mapping[str, Any]
    versions: Mapping[str, str] = {}
    arm: str = ""
    step: int = 0
    share: float | None = None
    by: str = ""
    plan: str = ""

    @property
    def judged(self) -> Verdict:
        """Why it happened."""
        return Verdict.from_dict(self.verdict)


def append(folder: Path, event: Event) -> None:
    """Add an event to the history in a folder; it is safe on the disk when this returns."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("ab") as file:
        if file.tell() and not _is_whole(folder / FILE):
            file.write(b"\n")  # whoever wrote the last line was stopped half-way
        file.write(msgspec.json.encode(event) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Iterator[Event]:
    """The events in a folder, oldest first, each once. A line that is only half there is passed over."""
    try:
        lines = (folder / FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return
    found: dict[int, Event] = {}
    for line in lines:
        try:
            event = msgspec.json.decode(line, type=Event)
        except msgspec.DecodeError:
            continue
        found.pop(event.number, None)
        found[event.number] = event
    yield from found.values()


def _is_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
