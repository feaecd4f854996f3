"""The accounts of a project, folded from what happened to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, cast

from mainspring.app.accounts.account import Account, Origin, checked_name, key_of
from mainspring.app.accounts.roles import Role
from mainspring.core.clock import Clock, now
from mainspring.core.errors import ConflictError, InputError, NotFoundError, StateError
from mainspring.core.records import Execution, ExecutionState, Kind, NodeType, PropertyType, Value
from mainspring.store.ports import MetadataStore

T = TypeVar("T")

EVENT: Final = "mainspring.AccountEvent"
"""The type of the executions that tell what happened to an account."""

_TYPE: Final = NodeType(
    kind=Kind.EXECUTION,
    name=EVENT,
    properties=dict.fromkeys(("user", "what", "by"), PropertyType.STRING),
    description="Something happened to an account.",
)
_ATTEMPTS: Final = 50
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An account, with what nobody is shown.

    Attributes:
        account: It.
        hash: Of its password; empty if it has none.
        subject: Who its owner is to the identity provider; empty for a local account.
        made: The number of the event that made it, which no other account has.
        version: The number of the event that ended the sessions from before.
    """

    account: Account
    hash: str = ""
    subject: str = ""
    made: int = 0
    version: int = 0


class Directory:
    """The accounts of a project. Safe for threads and for many processes.

    What happens to an account is an execution named by its place among all such events. The record has every name
    once, so whoever writes the fifth event has read four: of two who add the same name, or who each take the role
    of one of the last two admins away, the second is refused, reads again, and is told.

    Args:
        record: The record.
        clock: Gives the time.
    """

    def __init__(self, record: MetadataStore, *, clock: Clock = now) -> None:
        self._record, self._clock = record, clock
        self._guard = threading.RLock()
        self._held: dict[str, Held] = {}
        self._events: dict[str, list[Execution]] = {}
        self._number = 0
        self._latest = 0
        self._declared = False

    def all(self) -> Sequence[Account]:
        """Every account, by name."""
        with self._guard:
            self._read()
            return [one.account for _, one in sorted(self._held.items())]

    def find(self, name: str) -> Held | None:
        """The account of a name, as it is now."""
        with self._guard:
            self._read()
            return self._held.get(key_of(name))

    def get(self, name: str) -> Held:
        """The account of a name, as it is now.

        Raises:
            NotFoundError: If there is none.
        """
        found = self.find(name)
        if found is None:
            raise NotFoundError(f"there is no account {name[:80]!r}", fix="see who is there: mainspring users")
        return found

    def add(
        self,
        name: str,
        role: Role,
        *,
        hashed: str = "",
        subject: str = "",
        by: str = "",
    ) -> Account:
        """Make an account.

        Args:
            name: Its name.
            role: What its owner may do.
            hashed: Of the password.
            subject: Who its owner is to the identity provider, for an account that has no password.
            by: Who makes it.

        Raises:
            InputError: If the name cannot name one.
            ConflictError: If there is one of that name.
        """
        fitting = checked_name(name)

        def make() -> Held:
            known = self._held.get(key_of(fitting))
            if known is not None:
                raise ConflictError(
                    f"there is an account {known.account.name!r} already",
                    fix=f"change it: mainspring users role {known.account.name} {role}",
                )
            origin = Origin.PROVIDER if subject else Origin.LOCAL
            made = Account(name=fitting, role=role, origin=origin, since=self._clock())
            return Held(account=made, hash=hashed, subject=subject, made=self._number + 1)

        return self._change("added", make, by, ends=True).account

    def set_role(self, name: str, role: Role, *, by: str) -> Account:
        """Give an account another role; it is signed out everywhere.

        Raises:
            NotFoundError: If there is none of that name.
            StateError: If nobody would be an admin any more.
        """
        return self._changed(name, "role", by, role=role)

    def set_disabled(self, name: str, disabled: bool, *, by: str) -> Account:
        """Keep somebody from signing in, or let them again.

        Raises:
            NotFoundError: If there is none of that name.
            StateError: If nobody would be an admin any more.
        """
        return self._changed(name, "disabled" if disabled else "enabled", by, disabled=disabled)

    def set_hash(self, name: str, hashed: str, *, by: str, ends: bool = True) -> Account:
        """Give an account another password; it is signed out everywhere.

        Args:
            name: Whose.
            hashed: Of the new password.
            by: Who changes it.
            ends: Whether it is signed out: not where the same password is only hashed with more effort.

        Raises:
            NotFoundError: If there is none of that name.
            StateError: If the identity provider keeps its password.
        """

        def make() -> Held:
            known = self._known(name)
            if known.account.origin is not Origin.LOCAL:
                raise StateError(
                    f"{known.account.name} has no password here: an identity provider knows them",
                    fix="change it there",
                )
            return replace(known, hash=hashed)

        return self._change("password", make, by, ends=ends).account

    def sign_out(self, name: str, *, by: str) -> Account:
        """End every session of an account.

        Raises:
            NotFoundError: If there is none of that name.
        """
        return self._changed(name, "signed out", by)

    def remove(self, name: str, *, by: str) -> Account:
        """Remove an account. What its owner did stays in the record under their name.

        Raises:
            NotFoundError: If there is none of that name.
            StateError: If nobody would be an admin any more.
        """
        return self._change("removed", lambda: self._known(name), by, ends=True).account

    def _changed(self, name: str, what: str, by: str, **fields: Any) -> Account:
        def make() -> Held:
            known = self._known(name)
            return replace(known, account=replace(known.account, **fields))

        return self._change(what, make, by, ends=True).account

    def _known(self, name: str) -> Held:
        known = self._held.get(key_of(name))
        if known is None:
            raise NotFoundError(f"there is no account {name[:80]!r}", fix="see who is there: mainspring users")
        return known

    def _change(self, what: str, make: Callable[[], Held], by: str, *, ends: bool) -> Held:
        """Write an event, having seen all before it; whoever was slower sees the other's, and decides again."""
        with self._guard:
            for _ in range(_ATTEMPTS):
                self._read()
                made = make()
                changed = replace(made.account, changed=self._clock(), by=by)
                version = self._number + 1 if ends else made.version
                made = replace(made, account=changed, version=version)
                self._check_admins(made, removed=what == "removed")
                try:
                    self._write(what, made, by)
                except ConflictError:
                    continue
                self._read()
                return made
        raise ConflictError("the accounts could not be changed: others were quicker every time")

    def _write(self, what: str, made: Held, by: str) -> None:
        event = Execution(
            type=EVENT,
            name=f"accounts#{self._number + 1}",
            state=ExecutionState.COMPLETE,
            properties={"user": made.account.name, "what": what, "by": by},
            custom=_told(made) if what != "removed" else {},
        )
        # A password that is not valid any more is nobody's business: its hash goes with the event that ends it.
        old = self._events.get(key_of(made.account.name), [])
        bare = [replace(one, custom={**one.custom, "hash": ""}) for one in old if one.custom.get("hash")]
        self._record.publish([event, *bare])

    def _check_admins(self, made: Held, *, removed: bool) -> None:
        after = {**self._held, key_of(made.account.name): made}
        if removed:
            del after[key_of(made.account.name)]
        had = any(_leads(one) for one in self._held.values())
        if had and not any(_leads(one) for one in after.values()):
            raise StateError(
                f"{made.account.name} is the last admin",
                expected="somebody who can make users",
                fix="make another admin first: mainspring users add NAME --role admin",
            )

    def _read(self) -> None:
        if not self._declared:
            self._record.put_type(_TYPE)
            self._declared = True
        while True:
            where, values = "type = :type AND id > :id", _values(type=EVENT, id=self._latest)
            found = self._record.find(Kind.EXECUTION, where, values, limit=_PAGE).items
            for one in found:
                self._fold(cast("Execution", one))
            if len(found) < _PAGE:
                return

    def _fold(self, event: Execution) -> None:
        key = key_of(str(event.properties["user"]))
        self._number = int((event.name or "").rpartition("#")[2])
        self._latest = cast("int", event.id)
        if event.properties["what"] == "removed":
            self._held.pop(key, None)
        else:
            self._held[key] = _held(event.custom)
        known = [replace(one, custom={**one.custom, "hash": ""}) for one in self._events.get(key, [])]
        self._events[key] = [*known, event]


def _leads(one: Held) -> bool:
    return one.account.role is Role.ADMIN and not one.account.disabled


def _values(**values: Value) -> Mapping[str, Value]:
    return values


def _told(made: Held) -> dict[str, Any]:
    account = made.account
    return {
        "name": account.name,
        "role": account.role.value,
        "origin": account.origin.value,
        "disabled": account.disabled,
        "since": account.since,
        "changed": account.changed,
        "by": account.by,
        "hash": made.hash,
        "subject": made.subject,
        "made": made.made,
        "version": made.version,
    }


def _held(told: Any) -> Held:
    account = Account(
        name=told["name"],
        role=Role(told["role"]),
        origin=Origin(told["origin"]),
        disabled=told["disabled"],
        since=told["since"],
        changed=told["changed"],
        by=told["by"],
    )
    return Held(
        account=account, hash=told["hash"], subject=told["subject"], made=told["made"], version=told["version"]
    )


def no_accounts(directory: Directory) -> InputError | None:
    """What to say where somebody has to sign in, and nobody can; ``None`` if somebody can."""
    if any(not one.disabled for one in directory.all()):
        return None
    return InputError(
        "nobody can sign in: there is no account",
        expected="at least one, of an admin",
        fix="make the first one: mainspring users add NAME --role admin",
    )
