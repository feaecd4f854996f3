"""A console over a project, without a socket: pages, forms and API as somebody of a role."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.requests import Request
from starlette.testclient import TestClient

from mainspring.app import platform
from mainspring.app.accounts import Caller, Entry, Role, Way
from mainspring.app.api.desk import Desk
from mainspring.app.api.memo import Memo
from mainspring.app.api.shared import Shared
from mainspring.app.web.seals import Seals
from mainspring.app.web.server import Console


@dataclass
class Written:
    """A trail in memory."""

    entries: list[Entry] = field(default_factory=list)

    def write(self, entry: Entry) -> None:
        self.entries.append(entry)


@dataclass
class Somebody:
    """Whoever the test says."""

    role: Role = Role.ADMIN

    def caller(self, request: Request) -> Caller:
        return Caller(name="ada", role=self.role, way=Way.SESSION, address="testclient", session="s1")

    def still(self, request: Request) -> bool:
        return True


@dataclass
class Used:
    """A console, and somebody who uses it.

    Attributes:
        client: Asks for pages: ``used.client.get("/runs")``.
        somebody: Their role can be set.
        trail: What was written into it.
        desk: For operations called as functions.
        opened: The project.
    """

    client: TestClient
    somebody: Somebody
    trail: Written
    opened: platform.Mainspring
    shared: Shared
    seals: Seals
    console: Console

    @property
    def desk(self) -> Desk:
        return Desk(self.shared, Caller(name="ada", role=self.somebody.role, way=Way.SESSION, session="s1"))

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == status, answer.text
        return answer.text

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = self.client.get(f"/api{path}", params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200, method: str = "POST") -> Any:
        headers = {"x-mainspring-seal": self.seals.seal("s1")}
        answer = self.client.request(method, f"/api{path}", json=body or {}, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def act(self, operation: str, then: str = "/", status: int = 200, **fields: Any) -> Any:
        """Send a form as the script of a page does."""
        given = {**fields, "-seal": self.seals.seal("s1"), "-then": then}
        answer = self.client.post(f"/act/{operation}", data=given, headers={"accept": "application/json"})
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def using(tmp_path: Path) -> Iterator[Callable[..., Used]]:
    """Opens a console over a project's folder; ``using(folder, role=Role.VIEWER)``."""
    with ExitStack() as stack:

        def use(folder: Path = tmp_path, *, role: Role = Role.ADMIN, root: str = "") -> Used:
            opened = stack.enter_context(platform.open(folder))
            trail, somebody, seals = Written(), Somebody(role), Seals(b"0" * 32)
            shared = Shared(platform=opened, trail=trail, memo=Memo())
            console = Console(shared, sign_in=somebody, seals=seals, root=root)
            client = TestClient(console.application(), base_url="http://testserver", follow_redirects=False)
            return Used(client, somebody, trail, opened, shared, seals, console)

        yield use


@pytest.fixture(scope="module")
def cheap_passwords() -> Iterator[None]:
    """Passwords are hashed with Argon2id with hardly any effort: those of tests are no secret."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mainspring.app.accounts.passwords._hasher", lambda: hasher)
        yield


def words_of(html: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
