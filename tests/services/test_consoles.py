"""Two consoles at once over one record on a server: sessions, seals, accounts, and one trail without forks."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.unit.app.console.accounts_world import Browser, people

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.app.accounts.keeping import accounts_of
from mainspring.core.errors import UnavailableError
from mainspring.testing.databases import fresh_database

pytestmark = pytest.mark.service

SERVERS = {
    "postgresql": os.environ.get("MAINSPRING_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test"),
    "mariadb": os.environ.get("MAINSPRING_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/test"),
}
SETTINGS = """
[project]
name = "hills"
[store]
record = "{url}"
[console]
sign_in = "accounts"
secret_file = "{secret}"
"""


@pytest.fixture(params=sorted(SERVERS))
def both(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[platform.Mainspring, platform.Mainspring]]:
    """The same project opened by two machines, with a folder each and one secret."""
    pytest.importorskip("argon2")
    try:
        with fresh_database(SERVERS[request.param]) as url, ExitStack() as stack:
            opened = []
            for name in ("one", "other"):
                folder = tmp_path / name
                folder.mkdir()
                text = SETTINGS.format(url=url, secret=tmp_path / "secret")
                (folder / "mainspring.toml").write_text(text, encoding="utf-8")
                opened.append(stack.enter_context(platform.open(folder)))
            people(opened[0])
            yield opened[0], opened[1]
    except UnavailableError as error:
        pytest.skip(str(error))


def test_they_know_each_others_sessions_and_write_one_trail(
    both: tuple[platform.Mainspring, platform.Mainspring],
) -> None:
    one, other = both
    here, there = Browser(one), Browser(other)
    here.sign_in("ada")
    there.client.cookies = here.client.cookies
    assert there.ask("GET", "/me").json()["name"] == "ada"
    seal = here.seal()
    assert there.ask("PUT", "/users/eve/role", {"role": "editor"}, seal=seal).status_code == 200
    assert accounts_of(one).directory.get("eve").account.role is Role.EDITOR

    def ask(browser: Browser, who: int) -> None:
        for number in range(10):
            browser.ask("POST", f"/runs/none-{who}-{number}/cancel", {"reason": "x"}, seal=seal)

    asking = [threading.Thread(target=ask, args=((here, there)[who % 2], who)) for who in range(6)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    for opened in both:
        book = accounts_of(opened).book
        assert list(book.breaks()) == []
        assert sum(1 for entry in book.all() if entry.entry.operation == "runs.cancel") == 60
        assert book.head().number == 62

    accounts_of(other).directory.sign_out("ada", by="bob")
    assert [browser.ask("GET", "/me").status_code for browser in (here, there)] == [401, 401]
