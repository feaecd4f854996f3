"""Manifests: what the folder blobs of every adapter are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from mainspring.core.digests import PREFIX, canonical_json
from mainspring.core.errors import InputError, IntegrityError
from mainspring.store.ports import BlobEntry

_DIGEST: Final = re.compile(re.escape(PREFIX) + "[0-9a-f]{64}")


def check_digest(digest: str) -> str:
    """The hexadecimal part of a digest.

    Raises:
        InputError: If it is not one.
    """
    if not _DIGEST.fullmatch(str(digest)):
        raise InputError(f"{digest!r:.90} is no digest", expected="sha256: and 64 hexadecimal digits")
    return digest[len(PREFIX) :]


def to_bytes(entries: Iterable[BlobEntry]) -> bytes:
    """The canonical form, whose digest is that of the folder."""
    listed = sorted([entry.path, entry.digest, entry.size] for entry in entries)
    return canonical_json(listed).encode()


def from_bytes(data: bytes) -> Sequence[BlobEntry]:
    """The inverse of :func:`to_bytes`.

    Raises:
        IntegrityError: If it is no manifest, or names a path that would lead out of the folder.
    """
    try:
        entries = [BlobEntry(str(path), str(digest), int(size)) for path, digest, size in json.loads(data)]
        for entry in entries:
            check_digest(entry.digest)
    except (ValueError, TypeError, InputError) as error:
        raise IntegrityError("a manifest cannot be read", where=f"{data[:40]!r}") from error
    for entry in entries:
        if not _is_inside(entry.path):
            raise IntegrityError(f"a manifest names the path {entry.path!r}", expected="paths within the folder")
    return entries


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a folder with their paths within it, in order.

    Raises:
        InputError: For what cannot be part of a blob: links to folders, sockets and the like, names that are no
            Unicode.
    """
    for path in sorted(folder.iterdir()):
        name = path.name
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"the file name {name!r} is not valid Unicode", where=str(folder)) from error
        if path.is_dir() and not path.is_symlink():
            for inner, file in files_of(path):
                yield f"{name}/{inner}", file
        elif path.is_file():
            yield name, path
        else:
            raise InputError(f"{path} is neither a file nor a folder", expected="files and folders")


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return "\\" not in path and "\x00" not in path and all(part not in ("", ".", "..") for part in parts)
