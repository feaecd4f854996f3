"""What everybody may do about themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mainspring.app.accounts import Entry, ForbiddenError, Origin, Outcome, Role, Way
from mainspring.app.accounts.attempts import SIGN_IN, told_of
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.accounts.passwords import checked
from mainspring.app.accounts.sessions import Session
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.users.people import Password
from mainspring.core.errors import NotFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Whoever asks.

    Attributes:
        name: Their name, as the record has it.
        role: What they may do.
        way: How they came in: ``local``, ``session`` or ``token``.
        password: Whether they have a password here that they can change.
        session: The id of this session; empty if there is none.
        sessions: Their sessions that count, the latest first.
    """

    name: str
    role: Role
    way: Way
    password: bool
    session: str
    sessions: Sequence[Session]


@operation("users.me", "GET", "/me")
def me(desk: Desk) -> Me:
    """Who asks: name, role, and the sessions that are open in their name."""
    accounts, caller = accounts_of(desk.platform), desk.caller
    held = accounts.directory.find(caller.name) if caller.way is not Way.LOCAL else None
    return Me(
        name=caller.name,
        role=caller.role,
        way=caller.way,
        password=held is not None and held.account.origin is Origin.LOCAL,
        session=caller.session if caller.way is Way.SESSION else "",
        sessions=accounts.sessions.of(caller.name) if held is not None else (),
    )


@operation(
    "users.change_password",
    "POST",
    "/me/password",
    role=Role.VIEWER,
    command="mainspring users password NAME",
    done="Your password is changed: sign in with it",
    secrets=("old", "new"),
)
def change_password(desk: Desk, old: str, new: Password) -> Me:
    """Change one's own password, from a session; every session of theirs ends, this one too.

    Args:
        old: The password until now.
    """
    accounts, caller = accounts_of(desk.platform), desk.caller
    if caller.way is not Way.SESSION:
        raise ForbiddenError("only whoever is signed in changes their own password", fix="sign in first")
    held = accounts.directory.get(caller.name)
    accounts.attempts.check(caller.name, "")
    if not accounts.passwords.fits(held.hash, old):
        accounts.book.write(
            Entry(
                at=accounts.clock(),
                who=caller.name,
                way=caller.way,
                address=caller.address,
                operation=SIGN_IN,
                given={"account": told_of(caller.name)},
                outcome=Outcome.REFUSED,
                why="a wrong old password",
            )
        )
        raise ForbiddenError("the old password is another one", fix="type it again")
    made = accounts.passwords.hash(checked(new, caller.name))
    accounts.directory.set_hash(caller.name, made, by=caller.name)
    return me(desk)


@operation(
    "users.end_session", "DELETE", "/me/sessions/{session}", role=Role.VIEWER, done="That session has ended"
)
def end_session(desk: Desk, session: str) -> Me:
    """End one of one's own sessions: of a browser that was left signed in elsewhere.

    Args:
        session: The id of the session, as `users.me` tells.
    """
    accounts, caller = accounts_of(desk.platform), desk.caller
    if caller.way is Way.TOKEN:
        raise ForbiddenError("a token ends no sessions", fix="sign in, or: mainspring users sign-out NAME")
    if session not in {one.id for one in accounts.sessions.of(caller.name)}:
        raise NotFoundError("there is no such session of yours")
    accounts.sessions.end(session)
    return me(desk)
