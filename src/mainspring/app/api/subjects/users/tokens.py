"""Tokens of programs: made, listed, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from mainspring.app.accounts import ForbiddenError, Role, Way
from mainspring.app.accounts.account import key_of
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.accounts.tokens import Token
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A token that was just made.

    Attributes:
        id: Its id.
        token: What is known of it.
        secret: Itself, to be shown in ``Authorization: Bearer``. It is told this once.
    """

    id: str
    token: Token
    secret: str


class Reveal:
    """A secret that can be taken once."""

    def __init__(self, secret: str = "") -> None:
        self._secret = [secret] if secret else []

    def take(self) -> str:
        """The secret; empty if it was taken before."""
        return self._secret.pop() if self._secret else ""


@operation("tokens.list", "GET", "/tokens", command="mainspring tokens list")
def listed(desk: Desk, *, user: str | None = None) -> Sequence[Token]:
    """What is known of tokens: one's own, or, for admins, everybody's. Never the tokens themselves.

    ``user`` asks for those of one account.

    Args:
        user: Only of this account.
    """
    caller = desk.caller
    if not caller.may(Role.ADMIN):
        if user is not None and key_of(user) != key_of(caller.name):
            raise ForbiddenError(f"{caller.name} may not see the tokens of others", expected="an admin")
        user = caller.name
    return accounts_of(desk.platform).tokens.all(user)


@operation(
    "tokens.new",
    "POST",
    "/tokens",
    role=Role.VIEWER,
    command="mainspring tokens new '{label}' --user {user} --role {role} --days {days}",
)
def new(
    desk: Desk,
    label: Annotated[str, Meta(description="What it is for.")],
    *,
    role: Role = Role.VIEWER,
    days: Annotated[float | None, Meta(description="After how many days it ends; null for never.")] = 90,
    user: Annotated[str | None, Meta(description="Whose it is; only an admin makes some for others.")] = None,
) -> Made:
    """Make a token. It is told once, and may at most what its maker and its owner may."""
    caller, owner = desk.caller, user or desk.caller.name
    if caller.way is Way.TOKEN:
        raise ForbiddenError("a token makes no tokens", fix="sign in, or make it on the machine itself")
    if key_of(owner) != key_of(caller.name) and not caller.may(Role.ADMIN):
        raise ForbiddenError(f"{caller.name} may not make tokens for others", expected="an admin")
    if not caller.may(role):
        raise ForbiddenError(f"{caller.name} may not give the role {role}", expected=f"at most {caller.role}")
    token, secret = accounts_of(desk.platform).tokens.make(owner, role, label=label, days=days)
    desk.shared.remembered(("token", token.id, caller.name), "made", lambda: Reveal(secret))
    return Made(id=token.id, token=token, secret=secret)


@operation(
    "tokens.revoke",
    "DELETE",
    "/tokens/{token}",
    role=Role.VIEWER,
    command="mainspring tokens revoke {token}",
    done="The token does not count any more",
)
def revoke(desk: Desk, token: str) -> Token:
    """Take back a token: one's own, or, for admins, anybody's. A token takes back itself alone.

    Args:
        token: The id of the token; it is in the list.
    """
    tokens, caller = accounts_of(desk.platform).tokens, desk.caller
    known = tokens.get(token)
    if key_of(known.user) != key_of(caller.name) and not caller.may(Role.ADMIN):
        raise ForbiddenError(f"{caller.name} may not take back the tokens of others", expected="an admin")
    if caller.way is Way.TOKEN and caller.session != f"token:{token}" and not caller.may(Role.ADMIN):
        raise ForbiddenError("a token takes back no other token", expected="its own id, or a token of an admin")
    return tokens.revoke(token, by=caller.name)


def just_made(desk: Desk, token: str) -> str:
    """A token that the caller made a moment ago, once; empty afterwards, and for everybody else."""
    found: Reveal = desk.shared.remembered(("token", token, desk.caller.name), "made", Reveal)
    return found.take()
