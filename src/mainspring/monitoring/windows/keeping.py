"""What a reader of windows keeps, so that it goes on where it was, however it ended."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mainspring.core.durable import replace_file
from mainspring.core.errors import InputError, IntegrityError
from mainspring.monitoring.windows.outlines import Outline
from mainspring.serving.payloads.exclusive import claim
from mainspring.serving.payloads.position import Position

_FILE: Final = "reader.json"
_GIVEN: Final = "given.jsonl"
_PLAIN: Final = ("closed", "pending", "erasures", "missed", "generation")


@dataclass(slots=True)
class Kept:
    """What a reader knows.

    Attributes:
        log: How far the log was read.
        feedback: How far the feedback was read.
        outlines: Windows that may still change, by number.
        closed: Numbers of windows that may not, as first and last of stretches.
        pending: Feedback about requests that were not seen yet: hash of the id, segment and line.
        erasures: How much of the log's list of erasures was seen, in bytes.
        missed: Requests that came when their window was closed.
        generation: How often this was written.
    """

    log: Position = field(default_factory=Position)
    feedback: Position = field(default_factory=Position)
    outlines: dict[int, Outline] = field(default_factory=dict)
    closed: list[list[int]] = field(default_factory=list)
    pending: list[Sequence[Any]] = field(default_factory=list)
    erasures: int = 0
    missed: int = 0
    generation: int = 0


class Keeper:
    """The folder of a reader, which no other one may use at the same time.

    Args:
        home: The folder; made if it is missing.
        settings: What must be the same when it is used again.

    Raises:
        ConflictError: If another reader uses it.
        InputError: If it was used with other settings.
        IntegrityError: If what it holds was not written by a reader.
    """

    def __init__(self, home: Path, settings: Mapping[str, Any]) -> None:
        self._home, self._settings = home, dict(settings)
        self._lock = claim(home, "another reader of windows is at work", fix="stop it, or name another folder")
        try:
            self.kept = self._loaded()
        except BaseException:
            os.close(self._lock)
            raise

    def save(self) -> None:
        """Keep everything; safe on the disk at the end."""
        self.kept.generation += 1
        value = {
            "settings": self._settings,
            **{name: getattr(self.kept, name) for name in _PLAIN},
            "log": _plain(self.kept.log),
            "feedback": _plain(self.kept.feedback),
            "outlines": [one.as_dict() for one in self.kept.outlines.values()],
        }
        replace_file(self._home / _FILE, json.dumps(value, separators=(",", ":")).encode())
        (self._home / _GIVEN).unlink(missing_ok=True)

    def given(self, outline: Outline) -> None:
        """Keep that a window was given; safe on the disk at the end."""
        line = {"generation": self.kept.generation, "outline": outline.as_dict()}
        file = os.open(self._home / _GIVEN, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
        try:
            os.write(file, json.dumps(line, separators=(",", ":")).encode() + b"\n")
            os.fsync(file)
        finally:
            os.close(file)

    def close(self) -> None:
        """Let another reader in."""
        os.close(self._lock)

    def _loaded(self) -> Kept:
        path = self._home / _FILE
        try:
            value = json.loads(path.read_bytes())
        except FileNotFoundError:
            return Kept()
        except ValueError as error:
            raise IntegrityError(
                f"this is not what a reader of windows keeps: {error}", where=str(path), fix="name another folder"
            ) from None
        if value["settings"] != self._settings:
            raise InputError(
                f"these windows were read with {_told(value['settings'])}",
                expected=_told(self._settings),
                where=str(self._home),
                fix="name another folder for windows of another kind",
            )
        kept = Kept(
            log=_position(value["log"]),
            feedback=_position(value["feedback"]),
            outlines={one["number"]: Outline.from_dict(one) for one in value["outlines"]},
            **{name: value[name] for name in _PLAIN},
        )
        self._take_given(kept)
        return kept

    def _take_given(self, kept: Kept) -> None:
        """What was given since it was all written. A torn last line was not safe yet, and nobody was told so."""
        try:
            lines = (self._home / _GIVEN).read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return
        for line in lines:
            if line.endswith(b"\n") and (value := json.loads(line))["generation"] == kept.generation:
                outline = Outline.from_dict(value["outline"])
                kept.outlines[outline.number] = outline


def _plain(position: Position) -> dict[str, Any]:
    return {"before": position.before, "lines": dict(position.lines), "finished": list(position.finished)}


def _position(value: Mapping[str, Any]) -> Position:
    return Position(before=value["before"], lines=value["lines"], finished=tuple(value["finished"]))


def _told(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in settings.items())
