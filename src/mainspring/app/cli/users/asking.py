"""Operations of the console, asked in a terminal: with the same checks, and an entry in the same trail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mainspring.app import platform
from mainspring.app.accounts import Caller, Role, Way
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.api.desk import Desk
from mainspring.app.api.memo import Memo
from mainspring.app.api.operation import of
from mainspring.app.api.performing import perform
from mainspring.app.api.shared import Shared
from mainspring.app.cli.words import who


@contextmanager
def opened_desk() -> Iterator[Desk]:
    """A desk of the project that is here. Whoever has the project's files may do everything with it."""
    with platform.existing() as opened:
        shared = Shared(platform=opened, trail=accounts_of(opened).book, memo=Memo())
        yield Desk(shared, Caller(name=who(), role=Role.ADMIN, way=Way.LOCAL))


def ask(desk: Desk, function: Callable[..., Any], **given: Any) -> Any:
    """What an operation gives."""
    return perform(desk, of(function), given)
