"""Whoever asks for something."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import ClassVar

from mainspring.app.accounts.roles import Role
from mainspring.core.errors import MainspringError


class Way(StrEnum):
    """How somebody came in."""

    LOCAL = auto()
    """On the machine itself, where nobody has to sign in."""
    SESSION = auto()
    """With a browser, signed in."""
    TOKEN = auto()
    """With an API token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever asks for something.

    Attributes:
        name: Their name, as the record has it.
        role: What they may do.
        way: How they came in.
        address: The network address that the request came from; empty if there is none.
        session: What forms of this caller are signed for; another one's forms are refused.
    """

    name: str
    role: Role
    way: Way
    address: str = ""
    session: str = ""

    def may(self, needed: Role) -> bool:
        """Whether they may do what needs a role."""
        return self.role.covers(needed)


class ForbiddenError(MainspringError):
    """Somebody is known, and may not do what they asked for."""

    code: ClassVar[str] = "FORBIDDEN"


class OldFormError(ForbiddenError):
    """A form was not made for this session, or too long ago."""

    code: ClassVar[str] = "OLD_FORM"


class UnauthenticatedError(MainspringError):
    """Nobody is signed in, or what they showed is not valid, not valid any more, or was taken back."""

    code: ClassVar[str] = "UNAUTHENTICATED"
