"""Starts a console for a project, as its settings say."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mainspring.app.accounts.trail import Entry
from mainspring.app.api.memo import Memo
from mainspring.app.api.shared import Shared
from mainspring.app.listening import LOOPBACK, listening
from mainspring.app.web.guarding import Everybody
from mainspring.app.web.seals import Seals, secret_in
from mainspring.app.web.server import Console

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring


class _Nowhere:
    def write(self, entry: Entry) -> None:
        """Keep nothing."""


def console_of(opened: Mainspring, *, host: str | None = None, root: str | None = None) -> Console:
    """The console of a project.

    Args:
        opened: The project.
        host: The address that it will listen on; by default that of the settings.
        root: The prefix under which a proxy shows it; by default that of the settings.
    """
    settings = opened.settings.console
    shared = Shared(platform=opened, trail=_Nowhere(), memo=Memo())
    prefix = settings.root_path if root is None else root
    local = (host or settings.host) in LOOPBACK and not prefix
    return Console(
        shared,
        sign_in=Everybody(getpass.getuser()),
        seals=Seals(secret_in(shared.home)),
        root=prefix,
        hosts=LOOPBACK if local else (),
    )


@contextmanager
def console_at(
    opened: Mainspring, *, host: str | None = None, port: int | None = None, root: str | None = None
) -> Iterator[str]:
    """Serve the console of a project while the block runs.

    Args:
        opened: The project.
        host: The address to listen on.
        port: Its port; 0 for any that is free.
        root: The prefix under which a proxy shows it.

    Yields:
        Where it is, with the prefix.
    """
    settings = opened.settings.console
    console = console_of(opened, host=host, root=root)
    door = settings.port if port is None else port
    with listening(console.application(), host=host or settings.host, port=door) as url:
        yield url + (settings.root_path if root is None else root).rstrip("/")
