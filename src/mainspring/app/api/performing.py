"""Doing what was asked for: whether they may, with what, and what the trail says of it."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.accounts import Entry, ForbiddenError, Outcome, Way
from mainspring.app.api.binding import bound
from mainspring.core.clock import now
from mainspring.core.errors import MainspringError, UnavailableError

if TYPE_CHECKING:
    from mainspring.app.api.desk import Desk
    from mainspring.app.api.operation import Operation

_DISK: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE, errno.ENFILE}
)
_NAMED: Final = 5


def perform(desk: Desk, asked: Operation, given: Mapping[str, Any]) -> Any:
    """Do what was asked for.

    Args:
        desk: Whose.
        asked: What.
        given: The arguments, as JSON or as texts of a form.

    Raises:
        ForbiddenError: If the caller may not.
        InputError: If an argument is missing, unknown, or not of its type.
        MainspringError: What the operation itself raises.
    """
    caller = desk.caller
    try:
        if not caller.may(asked.role):
            raise _refused(desk, asked)
        with disk_told():
            answer = asked.function(desk, **bound(asked, given))
    except ForbiddenError as error:
        _tell(desk, asked, given, Outcome.REFUSED, error.found)
        raise
    except MainspringError as error:
        _tell(desk, asked, given, Outcome.FAILED, str(error))
        raise
    except BaseException as error:
        _tell(desk, asked, given, Outcome.FAILED, type(error).__name__)
        raise
    _tell(desk, asked, given, Outcome.DONE, "")
    return answer


@contextmanager
def disk_told() -> Iterator[None]:
    """A disk that is full, may not be written or does not answer is told as such: nobody can mend it in a program.

    Raises:
        UnavailableError: Instead of the error of the operating system.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise UnavailableError(
            f"the disk gave: {error.strerror}",
            where=str(error.filename or ""),
            fix="make room, or let the console write there, and try again",
        ) from error


def _tell(desk: Desk, asked: Operation, given: Mapping[str, Any], outcome: Outcome, why: str) -> None:
    if not asked.audited and outcome is not Outcome.REFUSED:
        return
    caller = desk.caller
    desk.shared.trail.write(
        Entry(
            at=now(),
            who=caller.name,
            way=caller.way,
            address=caller.address,
            operation=asked.name,
            given={name: value for name, value in given.items() if name not in asked.secrets},
            outcome=outcome,
            why=why,
        )
    )


def _refused(desk: Desk, asked: Operation) -> ForbiddenError:
    """That a caller may not, and who may."""
    caller = desk.caller
    what = re.split(r"[:;.](?:\s|$)", asked.summary)[0]
    what = what[:1].lower() + what[1:]
    able = desk.who_may(asked.role)
    if caller.way is Way.TOKEN and caller.name in able:
        found = f"this token of {caller.name} is that of {_article(caller.role)}, and may not: {what}"
        fix = f"make one that may: mainspring tokens new 'WHAT FOR' --user {caller.name} --role {asked.role}"
    else:
        found = f"{caller.name} is {_article(caller.role)}, and may not: {what}"
        others = f"ask {', '.join(able[:_NAMED])} to do it" if able else "ask somebody who has that role to do it"
        fix = f"{others}, or an admin for that role"
    return ForbiddenError(found, expected=_article(asked.role), fix=fix)


def _article(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"
