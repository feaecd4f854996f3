"""Accounts: who there is, made, changed, removed; admins only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from mainspring.app.accounts import Account, Role
from mainspring.app.accounts.account import checked_name
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.accounts.passwords import checked
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation

Name = Annotated[str, Meta(description="The name of an account.", max_length=256)]
Password = Annotated[str, Meta(description="At least ten characters; a few words make a good one.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account, and whether its owner is here.

    Attributes:
        name: Its name.
        role: What its owner may do.
        origin: ``local`` with a password, ``provider`` for one of an identity provider.
        disabled: Whether its owner may not sign in.
        since: When it was made, in seconds since the epoch.
        changed: When it was last changed.
        by: Who changed it last.
        sessions: How many sessions of it count now.
        seen: When its owner last asked for something in one of them; ``None`` if there is none.
    """

    name: str
    role: Role
    origin: str
    disabled: bool
    since: float
    changed: float
    by: str
    sessions: int = 0
    seen: float | None = None


@operation("users.list", "GET", "/users", role=Role.ADMIN, command="mainspring users list")
def listed(desk: Desk) -> Sequence[User]:
    """Every account, with its role and whether its owner is signed in."""
    accounts = accounts_of(desk.platform)
    open_now = accounts.sessions.counting()
    return [
        _user(
            one,
            sessions=len(open_now.get(one.name, ())),
            seen=max((each.seen for each in open_now.get(one.name, ())), default=None),
        )
        for one in accounts.directory.all()
    ]


@operation(
    "users.add",
    "POST",
    "/users",
    role=Role.ADMIN,
    command="mainspring users add {user} --role {role}",
    done="{user} can sign in",
    secrets=("password",),
)
def add(desk: Desk, user: Name, password: Password, *, role: Role = Role.VIEWER) -> User:
    """Make an account with a password."""
    accounts = accounts_of(desk.platform)
    name = checked_name(user)
    made = accounts.passwords.hash(checked(password, name))
    return _user(accounts.directory.add(name, role, hashed=made, by=desk.caller.name))


@operation(
    "users.set_role",
    "PUT",
    "/users/{user}/role",
    role=Role.ADMIN,
    command="mainspring users role {user} {role}",
    done="{user} has the role {role}, and signs in again",
)
def set_role(desk: Desk, user: Name, role: Role) -> User:
    """Give an account another role. Its owner signs in again, so that nothing goes on with the old one."""
    return _user(accounts_of(desk.platform).directory.set_role(user, role, by=desk.caller.name))


@operation(
    "users.set_password",
    "PUT",
    "/users/{user}/password",
    role=Role.ADMIN,
    command="mainspring users password {user}",
    done="{user} has another password, and is signed out everywhere",
    secrets=("password",),
)
def set_password(desk: Desk, user: Name, password: Password) -> User:
    """Give an account another password; it is signed out everywhere."""
    accounts = accounts_of(desk.platform)
    known = accounts.directory.get(user).account
    made = accounts.passwords.hash(checked(password, known.name))
    return _user(accounts.directory.set_hash(known.name, made, by=desk.caller.name))


@operation(
    "users.disable",
    "POST",
    "/users/{user}/disable",
    role=Role.ADMIN,
    command="mainspring users disable {user}",
    done="{user} cannot sign in any more",
)
def disable(desk: Desk, user: Name) -> User:
    """Keep somebody from signing in: sessions and tokens count no longer, and come back with ``users.enable``."""
    return _user(accounts_of(desk.platform).directory.set_disabled(user, True, by=desk.caller.name))


@operation(
    "users.enable",
    "POST",
    "/users/{user}/enable",
    role=Role.ADMIN,
    command="mainspring users enable {user}",
    done="{user} can sign in again",
)
def enable(desk: Desk, user: Name) -> User:
    """Let somebody sign in again."""
    return _user(accounts_of(desk.platform).directory.set_disabled(user, False, by=desk.caller.name))


@operation(
    "users.sign_out_everywhere",
    "POST",
    "/users/{user}/sign-out",
    role=Role.ADMIN,
    command="mainspring users sign-out {user}",
    done="{user} is signed out everywhere",
)
def sign_out(desk: Desk, user: Name) -> User:
    """End every session of somebody. Their tokens go on; take those back one by one, or disable the account."""
    return _user(accounts_of(desk.platform).directory.sign_out(user, by=desk.caller.name))


@operation(
    "users.remove",
    "DELETE",
    "/users/{user}",
    role=Role.ADMIN,
    command="mainspring users remove {user}",
    done="{user} has no account any more",
)
def remove(desk: Desk, user: Name) -> User:
    """Remove an account, with its sessions and tokens. What its owner did stays in the record under their name."""
    return _user(accounts_of(desk.platform).directory.remove(user, by=desk.caller.name))


def _user(account: Account, *, sessions: int = 0, seen: float | None = None) -> User:
    return User(
        name=account.name,
        role=account.role,
        origin=account.origin.value,
        disabled=account.disabled,
        since=account.since,
        changed=account.changed,
        by=account.by,
        sessions=sessions,
        seen=seen,
    )
