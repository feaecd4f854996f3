"""A project with people of every role, a console that asks them to sign in, and browsers that they use."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.testclient import TestClient
from tests.unit.app.console.tiny_packages import tiny_package

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.web.starting import console_of
from mainspring.models.signature import Field, Signature

PASSWORD = "a row of small green hills"
PEOPLE = {"ada": Role.ADMIN, "bob": Role.APPROVER, "carla": Role.EDITOR, "eve": Role.VIEWER}


def write_settings(folder: Path, text: str = 'sign_in = "accounts"') -> Path:
    """A project that has nothing but settings of the console."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mainspring.toml").write_text(f'[project]\nname = "hills"\n[console]\n{text}\n', encoding="utf-8")
    return folder


def people(opened: platform.Mainspring) -> None:
    """An account of each role; all have the same password, which is hashed once."""
    accounts = accounts_of(opened)
    hashed = accounts.passwords.hash(PASSWORD)
    for name, role in PEOPLE.items():
        accounts.directory.add(name, role, hashed=hashed, by="test")


def model(opened: platform.Mainspring, number: int = 0) -> None:
    """A version of the model ``loans``, of a package that costs nothing to make."""
    signature = Signature.of((Field("fare", "FP64"),), classes=("no", "yes"))
    opened.models.register(tiny_package(number, signature, label="late"), name="loans")


class Browser:
    """A browser: it keeps cookies, and takes seals from the pages that it sees."""

    def __init__(self, opened: platform.Mainspring, *, base: str = "http://localhost", root: str | None = None):
        self.application = console_of(opened, root=root).application()
        self.root = root or ""
        self.client = TestClient(self.application, base_url=base, follow_redirects=False)

    def get(self, path, **headers):
        return self.client.get(self.root + path, headers={"accept": "text/html", **headers})

    def seal(self, path="/jobs"):
        """The seal of a page."""
        return re.search(r'name="mainspring-seal" content="([^"]*)"', self.get(path).text)[1]

    def arrive(self):
        """The seal of the form for signing in."""
        return re.search(r'name="-seal" value="([^"]+)"', self.get("/sign-in").text)[1]

    def sign_in(self, name, password=PASSWORD, then="/jobs", status=303, seal=None):
        fields = {
            "-seal": self.arrive() if seal is None else seal,
            "name": name,
            "password": password,
            "then": then,
        }
        answer = self.client.post(f"{self.root}/sign-in", data=fields)
        assert answer.status_code == status, answer.text
        return answer

    def sign_out(self):
        return self.client.post(f"{self.root}/sign-out", data={"-seal": self.seal()})

    def ask(self, method, path, body=None, *, seal=None, **headers):
        """Ask the API as a page's script does; with a seal of this session, if none is given."""
        if seal is None and method != "GET":
            seal = self.seal()
        return self.client.request(
            method,
            f"{self.root}/api{path}",
            json=body if method != "GET" else None,
            headers={**({"x-mainspring-seal": seal} if seal else {}), **headers},
        )

    def act(self, operation, *, seal=None, accept="application/json", **fields):
        """Send a form."""
        given = {"-seal": self.seal() if seal is None else seal, **fields}
        return self.client.post(f"{self.root}/act/{operation}", data=given, headers={"accept": accept})
