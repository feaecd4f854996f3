"""Starts a console for a project, as its settings say."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.app.accounts.directory import no_accounts
from mainspring.app.accounts.keeping import Accounts, accounts_of
from mainspring.app.accounts.provider import Provider
from mainspring.app.api.memo import Memo
from mainspring.app.api.shared import Shared
from mainspring.app.listening import LOOPBACK, listening
from mainspring.app.web.guarding import Everybody, Opening, SignIn, checked_networks
from mainspring.app.web.rooms.signing_in.cookies import Cookies
from mainspring.app.web.rooms.signing_in.entrance import Entrance
from mainspring.app.web.rooms.signing_in.people import People
from mainspring.app.web.seals import Seals, secret_in, secret_of
from mainspring.app.web.server import Console
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.app import settings
    from mainspring.app.platform import Mainspring


@dataclass(frozen=True, slots=True)
class _Ways:
    """How people may come in: with nothing, with a password, with a provider."""

    anybody: bool = False
    password: bool = False
    provider: Provider | None = None


def console_of(opened: Mainspring, *, host: str | None = None, root: str | None = None) -> Console:
    """The console of a project.

    Args:
        opened: The project.
        host: The address that it will listen on; by default that of the settings.
        root: The prefix under which a proxy shows it; by default that of the settings.

    Raises:
        InputError: If somebody has to sign in, and nobody can; if everybody who reaches it could do everything.
        UnavailableError: If a library that signing in needs is not installed.
    """
    told = opened.settings.console
    accounts = accounts_of(opened)
    shared = Shared(platform=opened, trail=accounts.book, memo=Memo())
    prefix = (told.root_path if root is None else root).rstrip("/")
    listens = host or told.host
    local = listens in LOOPBACK and not prefix and not told.hosts
    seals = Seals(
        secret_of(opened.settings.path(told.secret_file)) if told.secret_file else secret_in(shared.home)
    )
    ways = _ways(told, accounts, local=local, at=listens)
    sign_in, opening = _doors(told, accounts, ways, seals, prefix)
    names = LOOPBACK if local else told.hosts
    return Console(
        shared, sign_in=sign_in, seals=seals, root=prefix, hosts=names, secure=told.secure, opening=opening
    )


def _ways(told: settings.Console, accounts: Accounts, *, local: bool, at: str) -> _Ways:
    if told.sign_in == "nobody" or (told.sign_in == "auto" and local):
        if not local and not told.hosts:
            raise InputError(
                f"everybody who reaches {at} could do everything, and pages of other sites could in their name",
                expected="people who sign in, or at least the names by which it may be addressed",
                where="[console] in mainspring.toml",
                fix='make the first admin: mainspring users add NAME --role admin, and set sign_in = "accounts"',
            )
        return _Ways(anybody=True)
    with_provider = told.sign_in == "oidc" or (told.sign_in == "auto" and bool(told.oidc.issuer))
    provider = Provider(told.oidc) if with_provider else None
    nobody = no_accounts(accounts.directory)
    if provider is None and nobody is not None:
        raise nobody
    return _Ways(password=told.sign_in != "oidc" and nobody is None, provider=provider)


def _doors(
    told: settings.Console, accounts: Accounts, ways: _Ways, seals: Seals, prefix: str
) -> tuple[SignIn, Opening | None]:
    if ways.anybody:
        return Everybody(_user(), direct=not told.hosts), None
    if ways.password:
        accounts.passwords.is_ready()
    proxies = checked_networks(told.proxies)
    cookies = Cookies(seals, prefix, told.secure)
    people = People(accounts, cookies, proxies)
    entrance = Entrance(
        accounts,
        people,
        cookies,
        seals,
        provider=ways.provider,
        with_password=ways.password,
        proxies=proxies,
        secure=told.secure,
        root=prefix,
    )
    return people, entrance


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # in a container nobody may be known


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
    told = opened.settings.console
    console = console_of(opened, host=host, root=root)
    door = told.port if port is None else port
    with listening(console.application(), host=host or told.host, port=door) as url, _preparing(console):
        yield url + (told.root_path if root is None else root).rstrip("/")


@contextmanager
def _preparing(console: Console) -> Iterator[None]:
    """Prepare a console in the background while the block begins, and end its live updates with it."""
    over = threading.Event()
    thread = threading.Thread(target=console.prepare, args=(over,), name="console-prepares")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        console.close()
