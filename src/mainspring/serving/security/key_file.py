"""The file with the API keys: YAML, or JSON if its name ends in ``.json``.

It holds no key, only what keys are recognised by::

    keys:
    - id: k3v9x2aq
      name: ann
      hash: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      scopes: [inference]
      models: ["taxi*"]
      expires: 2027-01-01T00:00:00Z
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from mainspring.core.clock import Clock, now
from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.serving.caller import Scope
from mainspring.serving.security import api_key
from mainspring.serving.security.api_key import ApiKey


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keys: tuple[ApiKey, ...] = ()


def read(path: Path) -> tuple[ApiKey, ...]:
    """The keys of a file.

    Raises:
        UnavailableError: If it cannot be read.
        InputError: If it is not of the right form; every problem is named, and nothing of a hash is shown.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnavailableError(
            f"the file of keys cannot be read: {error.strerror}", where=str(path), fix="mainspring keys new NAME"
        ) from error
    decode = msgspec.json.decode if path.suffix == ".json" else msgspec.yaml.decode
    try:
        content = decode(data, type=_Content) if data.strip() else _Content()
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"the file of keys has the wrong form: {error}", where=str(path)) from error
    problems = [f"key {key.id!r}: {found}" for key in content.keys if (found := api_key.problem(key))]
    problems += [
        f"there are {count} keys with the id {name!r}"
        for name, count in Counter(key.id for key in content.keys).items()
        if count > 1
    ]
    if problems:
        raise InputError("; ".join(problems), where=str(path))
    return content.keys


def new(
    path: Path,
    name: str,
    *,
    scopes: Sequence[Scope] = (Scope.INFERENCE,),
    models: Sequence[str] = ("*",),
    days: float | None = None,
    own: str | None = None,
    clock: Clock = now,
) -> tuple[ApiKey, str]:
    """Add a key to a file, which is made if it is missing.

    Args:
        path: The file.
        name: Who it belongs to.
        scopes: What its owner may do.
        models: Patterns of the models that they may do it to.
        days: After how many days it is not taken any more; never by default.
        own: The key, if somebody thought it up; by default one is made.

    Returns:
        What is kept of the key, and the key, which is not kept anywhere.

    Raises:
        InputError: If the file or what is said of the key is wrong.
    """
    if not name or not scopes or not models or (days is not None and days <= 0):
        raise InputError("a key needs a name, a scope, a pattern of models, and more than 0 days")
    if own is None:
        number, key, kept = api_key.make()
    else:
        key = own
        number, kept = api_key.keep(own)
    created = datetime.fromtimestamp(clock(), UTC).replace(microsecond=0)
    made = ApiKey(
        id=number,
        name=name,
        hash=kept,
        scopes=tuple(dict.fromkeys(scopes)),
        models=tuple(models),
        created=created,
        expires=None if days is None else created + timedelta(days=days),
    )
    with _locked(path):
        _write(path, (*(read(path) if path.exists() else ()), made))
    return made, key


def revoke(path: Path, which: str) -> tuple[ApiKey, ...]:
    """Take out the key of an id, or all keys of a name.

    Returns:
        Those that were taken out. Servers refuse them within two seconds.

    Raises:
        NotFoundError: If there is none.
    """
    with _locked(path):
        keys = read(path)
        gone = tuple(key for key in keys if key.id == which) or tuple(key for key in keys if key.name == which)
        if not gone:
            raise NotFoundError(
                f"there is no key with the id or name {which!r}", where=str(path), fix="mainspring keys list"
            )
        _write(path, tuple(key for key in keys if key not in gone))
    return gone


def _write(path: Path, keys: tuple[ApiKey, ...]) -> None:
    content = _Content(keys)
    data = msgspec.json.format(msgspec.json.encode(content)) if path.suffix == ".json" else None
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.yaml.encode(content) if data is None else data + b"\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)  # a server that reads it sees all of the old or all of the new
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two that write at once: the second waits. The folder is locked, because the file is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
