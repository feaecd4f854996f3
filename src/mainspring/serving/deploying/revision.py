"""What was accepted: deployment files, the versions that they meant, who brought them, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

Cause: TypeAlias = Literal["deploy", "source", "alias", "rollback"]
"""Why there is a new revision: somebody deployed, the source changed, an alias moved, or somebody rolled back."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment file as it was given.

    Attributes:
        name: The file, as it is told to people.
        text: Its content.
        folder: What paths in it are relative to.
        wrong: Why it has no content that could be read; empty if it has.
    """

    name: str
    text: str
    folder: str = ""
    wrong: str = ""


class Pinned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A version that a model of a file means.

    Attributes:
        version: It.
        digest: Of what is served.
        label: Its label in the file; empty if it has none.
        reference: What the file says: a reference to the registry, or a path.
        registered: Whether it is in the registry, where the reference may mean another version later.
    """

    version: str
    digest: str
    label: str = ""
    reference: str = ""
    registered: bool = False


Pins: TypeAlias = Mapping[str, tuple[Pinned, ...]]
"""The versions of a deployment, by model."""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A state that was asked for, and accepted.

    Attributes:
        number: Growing by one.
        at: Seconds since the epoch.
        by: Who.
        cause: Why.
        reason: Why, in words.
        source: Where the files come from.
        commit: Their commit, if they come from git.
        files: By deployment.
        pins: What their references meant, by deployment.
        held: Whether the versions stay as they are though aliases move: after a rollback.
        changes: What is different from the revision before, in lines.
        verdict: What was checked.
    """

    number: int
    at: float
    by: str
    cause: Cause
    reason: str = ""
    source: str = ""
    commit: str = ""
    files: Mapping[str, File] = {}
    pins: Mapping[str, Pins] = {}
    held: bool = False
    changes: tuple[str, ...] = ()
    verdict: Mapping[str, Any] = {}

    @property
    def digest(self) -> str:
        """Of what is asked for, whoever asks and whenever."""
        return digest_of(self.files, self.pins)


def digest_of(files: Mapping[str, File], pins: Mapping[str, Pins] | None = None) -> str:
    """The digest of files, and of the versions that they mean."""
    told = {"files": {name: one.text or one.wrong for name, one in files.items()}, "pins": pins or {}}
    return "sha256:" + hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()
