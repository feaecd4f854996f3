"""The schema files of a project: found by what is in them, read as often as they change."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data.schema import Schema

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

_FEATURES: Final = re.compile(r"^features:", re.MULTILINE)
_COMMENT: Final = re.compile(r"^\s*#", re.MULTILINE)
_LARGEST: Final = 4_000_000
_MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFile:
    """A schema that people keep beside the code.

    Attributes:
        path: From the project's folder.
        digest: SHA-256 of its bytes: what it was when somebody began to edit it.
        changed: When it was changed last.
        text: What is in it.
        problem: Why it cannot be read; empty if it can.
        schema: What it says; ``None`` if it cannot be read.
    """

    path: str
    digest: str
    changed: float
    text: str = field(repr=False)
    problem: str = ""
    schema: Schema | None = None

    @property
    def features(self) -> int:
        """How many columns it knows."""
        return len(self.schema.features) if self.schema is not None else 0

    @property
    def comments(self) -> int:
        """Lines of comments below the head, which explains the keys and is written with every schema."""
        _, _, below = self.text.partition("\nfeatures:")
        return len(_COMMENT.findall(below))


def schemas_here(shared: Shared) -> Sequence[SchemaFile]:
    """The schema files of the project's folder and the folders in it, by path."""
    root = shared.platform.settings.root
    return [found for path in _candidates(root) if (found := _looked_at(shared, root, path)) is not None]


def schema_file(shared: Shared, file: str) -> SchemaFile:
    """A schema file by its path from the project's folder.

    Raises:
        NotFoundError: If it is not one of :func:`schemas_here`.
    """
    known = schemas_here(shared)
    for one in known:
        if one.path == file:
            return one
    raise NotFoundError(
        f"there is no schema file {file!r} in this project",
        expected="one of " + ", ".join(one.path for one in known) if known else None,
        fix='let the pipeline keep one: curated(steps.infer_schema(…), file="schema.yaml"), and run it',
    )


def digest_of(text: str) -> str:
    """What tells one text of a file from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def _candidates(root: Path) -> Iterator[Path]:
    found = itertools.chain(*(root.glob(f"{folder}*.{end}") for folder in ("", "*/") for end in ("yaml", "yml")))
    shown = (path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts))
    return itertools.islice(iter(sorted(shown)), _MOST)


def _looked_at(shared: Shared, root: Path, path: Path) -> SchemaFile | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    if not path.is_file() or stat.st_size > _LARGEST:
        return None
    stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return shared.remembered(("data.schema file", str(path)), stamp, lambda: _read(root, path, stat.st_mtime))


def _read(root: Path, path: Path, changed: float) -> SchemaFile | None:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    if not _FEATURES.search(text):
        return None
    name = path.relative_to(root).as_posix()
    schema, problem = None, ""
    try:
        schema = Schema.from_text(text, where=name)
    except InputError as error:
        problem = error.found
    return SchemaFile(
        path=name,
        digest=hashlib.sha256(raw).hexdigest(),
        changed=changed,
        text=text,
        problem=problem,
        schema=schema,
    )
