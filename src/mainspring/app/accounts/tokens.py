"""API tokens: for programs, in the name of somebody who has an account."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from mainspring.app.accounts.directory import Directory, Held
from mainspring.app.accounts.roles import Role
from mainspring.core.clock import Clock, now
from mainspring.core.errors import InputError, NotFoundError, StateError
from mainspring.core.records import Context, Kind, NodeType, PropertyType
from mainspring.store.ports import MetadataStore

TYPE: Final = "mainspring.ApiToken"
"""The type of the contexts that are tokens."""

LONGEST_DAYS: Final = 3650
UNKNOWN: Final = "there is no such token"
"""Why something that nobody ever made does not count."""
_TYPE: Final = NodeType(
    kind=Kind.CONTEXT,
    name=TYPE,
    properties={"user": PropertyType.STRING},
    description="Something that a program shows instead of a password.",
)
_SHAPE: Final = re.compile(r"mst_([a-z0-9]{10})_([A-Za-z0-9_-]{43})")
_COARSE: Final = 3600.0
_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of a token; not the token.

    Attributes:
        id: Its id, which it begins with.
        label: What it is for.
        user: Whose it is.
        role: What it may do at most; it never may more than its owner.
        made: When it was made, in seconds since the epoch.
        until: When it ends; ``None`` for never.
        used: When it was last used, to the hour; ``None`` for never.
        revoked: When it was taken back; ``None`` if it was not.
        by: Who took it back.
    """

    id: str
    label: str
    user: str
    role: Role
    made: float
    until: float | None
    used: float | None = None
    revoked: float | None = None
    by: str = ""


class Tokens:
    """Makes, knows and takes back tokens. Safe for threads and for many processes.

    A token has 256 random bits, so a plain SHA-256 of it is kept: nobody guesses what it is the hash of.

    Args:
        record: The record.
        directory: The accounts.
        clock: Gives the time.
    """

    def __init__(self, record: MetadataStore, directory: Directory, *, clock: Clock = now) -> None:
        self._record, self._directory, self._clock = record, directory, clock
        self._declared = False

    def make(self, user: str, role: Role, *, label: str, days: float | None) -> tuple[Token, str]:
        """Make a token; gives what is known of it, and itself, which is kept nowhere.

        Raises:
            NotFoundError: If there is no such account.
            InputError: If it may not have that role, or would never end within ten years.
            StateError: If the account is disabled.
        """
        self._declare()
        held = self._directory.get(user)
        if held.account.disabled:
            raise StateError(f"{held.account.name} is disabled", fix="mainspring users enable NAME")
        if not held.account.role.covers(role):
            raise InputError(
                f"a token of {held.account.name} cannot have the role {role}",
                expected=f"at most their own, {held.account.role}",
            )
        if days is not None and not 0 < days <= LONGEST_DAYS:
            raise InputError(f"{days} days", expected=f"more than 0, and at most {LONGEST_DAYS}")
        if not label.strip() or len(label) > 100:
            raise InputError("a token needs a few words on what it is for", expected="1 to 100 characters")
        name, moment = _name(), self._clock()
        secret = f"mst_{name}_{secrets.token_urlsafe(32)}"
        told = {
            "label": label.strip(),
            "role": role.value,
            "made": moment,
            "until": None if days is None else moment + days * 86400,
            "account": held.made,
            "hash": _hash(secret),
        }
        fresh = Context(type=TYPE, name=name, properties={"user": held.account.name}, custom=told)
        return _token(cast("Context", self._record.publish([fresh])[0])), secret

    def find(self, secret: str) -> tuple[Token, Held] | str:
        """Who shows a token, and which; or why it does not count."""
        self._declare()
        shape = _SHAPE.fullmatch(secret)
        context = self._context(shape[1]) if shape else None
        told: Any = context.custom if context is not None else {"hash": ""}
        right = hmac.compare_digest(str(told["hash"]).encode(), _hash(secret).encode())
        if context is None or not right:
            return UNKNOWN
        held, moment = self._directory.find(str(context.properties["user"])), self._clock()
        problem = _problem(told, held, moment)
        if problem or held is None:
            return problem
        if moment - (told.get("used") or 0) > _COARSE:
            self._record.publish([Context(type=TYPE, name=context.name, custom={"used": moment})])
        return _token(context), held

    def get(self, token: str) -> Token:
        """What is known of a token, by its id.

        Raises:
            NotFoundError: If there is none.
        """
        self._declare()
        found = self._context(token)
        if found is None:
            raise NotFoundError(f"there is no token {token[:80]!r}", fix="see them: mainspring tokens list")
        return _token(found)

    def revoke(self, token: str, *, by: str) -> Token:
        """Take a token back; it does not count from now on.

        Raises:
            NotFoundError: If there is none of that id.
            StateError: If it was taken back already.
        """
        known = self.get(token)
        if known.revoked is not None:
            raise StateError(f"token {token} was taken back already")
        gone = Context(type=TYPE, name=token, custom={"revoked": self._clock(), "by": by})
        return _token(cast("Context", self._record.publish([gone])[0]))

    def all(self, user: str | None = None) -> Sequence[Token]:
        """What is known of all tokens, or of somebody's, the newest first."""
        self._declare()
        where = "type = :type" + ("" if user is None else " AND properties.user = :user")
        values = {"type": TYPE, **({} if user is None else {"user": user})}
        found: list[Token] = []
        page: str | None = None
        while True:
            part = self._record.find(Kind.CONTEXT, where, values, descending=True, limit=_PAGE, page=page)
            found += [_token(cast("Context", one)) for one in part.items]
            page = part.next
            if page is None:
                return found

    def _context(self, name: str) -> Context | None:
        where, values = "type = :type AND name = :name", {"type": TYPE, "name": name}
        items = self._record.find(Kind.CONTEXT, where, values, limit=1).items
        return cast("Context", items[0]) if items else None

    def _declare(self) -> None:
        if not self._declared:
            self._record.put_type(_TYPE)
            self._declared = True


def _problem(told: Any, held: Held | None, moment: float) -> str:
    if told.get("revoked"):
        return "the token was taken back"
    if told["until"] is not None and moment >= told["until"]:
        return "the token has ended"
    if held is None or held.account.disabled or held.made != told["account"]:
        return "the token's owner has no account any more"
    return ""


def _name() -> str:
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(10))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _token(context: Context) -> Token:
    told: Any = context.custom
    return Token(
        id=context.name,
        label=told["label"],
        user=str(context.properties["user"]),
        role=Role(told["role"]),
        made=told["made"],
        until=told["until"],
        used=told.get("used"),
        revoked=told.get("revoked"),
        by=told.get("by", ""),
    )
