"""Saving a schema file: at once, never over what somebody else saved, and with what it was before kept."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data.files import digest_of, schema_file
from mainspring.core.clock import now
from mainspring.core.durable import kept_in, replace_file
from mainspring.core.errors import ConflictError, NotFoundError
from mainspring.data.schema import Schema

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

_SAVING: Final = threading.Lock()
_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A text that a schema file had before it was saved from here.

    Attributes:
        digest: What it is found by.
        at: When it was replaced.
        by: Who replaced it.
        reason: Why.
    """

    digest: str
    at: float
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A schema file that was saved.

    Attributes:
        file: Its path from the project's folder.
        digest: What it is now.
        previous: What it was before.
    """

    file: str
    digest: str
    previous: str


@operation(
    "data.save_schema",
    "PUT",
    "/data/schemas/{file:path}",
    command="mainspring data schema update {file} DATA",
    done="{file} is saved. The next run holds its data against it.",
    secrets=("text",),
)
def save_schema(desk: Desk, file: str, *, text: str, seen: str, reason: str = "") -> Saved:
    """Save the text of a schema file; what it was before is kept.

    Args:
        text: The whole new text.
        seen: The digest of the file when the editing began.
        reason: Why, for whoever reads what was kept.

    Raises:
        InputError: If the text is no schema: every problem, with its line.
        ConflictError: If the file was changed meanwhile.
    """
    plain = text.replace("\r\n", "\n")
    plain = plain if plain.endswith("\n") else plain + "\n"
    found = schema_file(desk.shared, file)
    Schema.from_text(plain, where=file)
    target = desk.platform.settings.root / found.path
    with _SAVING, kept_in(target.parent, "the schema"):
        raw = target.read_bytes()
        current = hashlib.sha256(raw).hexdigest()
        if current != seen:
            raise ConflictError(
                f"{file} was changed since you began to edit it",
                where=file,
                expected="the file as it was when the page was opened",
                fix="keep a copy of your text, open the page again, and put your changes into what is there now",
            )
        _keep(desk, found.path, raw, reason)
        replace_file(target, plain.encode())
    return Saved(file=file, digest=digest_of(plain), previous=current)


@operation("data.kept_schema", "GET", "/data/kept-schemas/{digest}")
def kept_schema(desk: Desk, digest: str, *, file: str) -> str:
    """What a schema file was before it was saved from here, by its digest.

    Args:
        digest: The digest of what it was.
    """
    for one in kept_texts(desk.shared, file):
        if one.digest == digest:
            return (_folder(desk.shared, file) / f"{digest}.yaml").read_text(encoding="utf-8")
    raise NotFoundError(f"no text of {file} is kept under {digest[:12]}", fix="see the list below the schema")


def kept_texts(shared: Shared, file: str) -> Sequence[Kept]:
    """What a schema file was before, the newest first."""
    listed = _folder(shared, file) / "kept.jsonl"
    if not listed.is_file():
        return []
    lines = listed.read_bytes().splitlines()[-_MOST:]
    found = [msgspec.json.decode(line, type=_Line) for line in lines if line.strip()]
    return [Kept(digest=one.digest, at=one.at, by=one.by, reason=one.reason) for one in reversed(found)]


class _Line(msgspec.Struct, kw_only=True):
    digest: str
    at: float
    by: str
    reason: str = ""


def _keep(desk: Desk, file: str, raw: bytes, reason: str) -> None:
    folder = _folder(desk.shared, file)
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(raw).hexdigest()
    replace_file(folder / f"{digest}.yaml", raw)
    line = msgspec.json.encode(_Line(digest=digest, at=now(), by=desk.caller.name, reason=reason))
    with (folder / "kept.jsonl").open("ab") as listed:
        listed.write(line + b"\n")


def _folder(shared: Shared, file: str) -> Path:
    return shared.home / "schemas" / hashlib.sha256(file.encode()).hexdigest()[:16]
