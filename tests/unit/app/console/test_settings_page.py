"""The pages of settings: what is in force, where from, what is hidden; health as the command tells it."""

from __future__ import annotations

import json

import pytest
from tests.unit.app.console.accounts_world import write_settings
from tests.unit.app.console.conftest import words_of

from mainspring.app import health, settings_file
from mainspring.app.cli.main import main
from mainspring.core.errors import InputError


def test_every_value_says_where_it_comes_from(using, tmp_path, monkeypatch):
    monkeypatch.setenv("MAINSPRING_CONSOLE_PORT", "9123")
    monkeypatch.setenv("MAINSPRING_CONSOLE_HOSTS", "a.example, b.example")
    used = using(write_settings(tmp_path, 'server = "http://127.0.0.1:1"\nport = 1'))
    found = {f"{one['section']}.{one['name']}": one for one in used.get("/settings")["settings"]}
    assert (found["console.port"]["value"], found["console.port"]["origin"]) == (9123, "environment")
    assert found["console.hosts"]["value"] == ["a.example", "b.example"]
    assert (found["console.server"]["value"], found["console.server"]["origin"]) == ("http://127.0.0.1:1", "file")
    assert (found["run.home"]["value"], found["run.home"]["origin"]) == (".mainspring", "default")
    assert found["console.oidc.secret"]["variable"] == "MAINSPRING_CONSOLE_OIDC_SECRET"
    assert "http://127.0.0.1:1" in words_of(used.page("/settings"))


def test_secrets_are_nowhere(using, tmp_path, monkeypatch):
    monkeypatch.setenv("MAINSPRING_CONSOLE_OIDC_SECRET", "hunter2-hunter2")
    used = using(write_settings(tmp_path, 'server = "https://me:hunter3@host/x?token=hunter4"'))
    told = json.dumps(used.get("/settings")) + used.page("/settings") + used.page("/settings/health")
    assert "hunter" not in told
    assert "https://…@host/x?token=…" in told


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:p@ss@host/db", "postgresql://…@host/db"),
        ("mysql://me@host/db?ssl_key=a&Password=b&c=d", "mysql://…@host/db?ssl_key=…&Password=…&c=d"),
        ("sqlite:///.mainspring/record.db", "sqlite:///.mainspring/record.db"),
        (".mainspring", ".mainspring"),
    ],
)
def test_addresses_are_shown_without_what_is_secret_in_them(url, shown):
    assert health.bare(url) == shown


def test_the_page_and_the_command_look_at_the_same(using, tmp_path, monkeypatch, capsys):
    used = using(write_settings(tmp_path, ""))
    (tmp_path / "pipeline.py").write_text("x = 1 +", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--json"]) == 1
    told = {one["name"]: one["ok"] for one in json.loads(capsys.readouterr().out)["checks"]}
    page = {one["name"]: one["ok"] for one in used.get("/health")["checks"]}
    assert page == {name: ok for name, ok in told.items() if name != "workers"}
    assert page["pipeline"] is False
    assert "Something is not as it should be" in words_of(used.page("/settings/health"))


def test_what_is_installed_is_listed(using, tmp_path):
    assert "starlette" in words_of(using(tmp_path).page("/settings/installed"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('sign_in = "maybe"', "sign_in = 'maybe': expected one of auto, accounts, oidc, nobody"),
        ('hosts = "a"', "hosts = 'a': expected a list of texts"),
        ("hosts = [1]", "expected a list of texts"),
        ('secure = "yes"', "secure = 'yes': expected bool"),
        ("idle_minutes = 0", "idle_minutes = 0: expected 1 or more"),
        ("port = 99999", "expected 0 to 65535"),
        ('root_path = "console"', "expected a path such as '/console'"),
        ('[console.oidc]\nissuer_url = "x"', "did you mean 'issuer'?"),
        ('[console.oidc]\nrole = "king"', "there is no role 'king'"),
        ('[console.oidc]\nroles = {a = "king"}', "there is no role 'king'"),
        ('oidc = "x"', "oidc = 'x': expected Oidc"),
    ],
)
def test_slips_in_the_file_are_named(tmp_path, text, problem):
    with pytest.raises(InputError) as error:
        settings_file.load(write_settings(tmp_path, text), {})
    assert problem in str(error.value)


def test_variables_set_what_is_no_text(tmp_path):
    environ = {"MAINSPRING_CONSOLE_SECURE": "yes", "MAINSPRING_CONSOLE_PROXIES": "10.0.0.0/8"}
    found = settings_file.load(write_settings(tmp_path, ""), environ).console
    assert found.secure is True
    assert list(found.proxies) == ["10.0.0.0/8"]
    with pytest.raises(InputError, match="expected bool"):
        settings_file.load(tmp_path, {"MAINSPRING_CONSOLE_SECURE": "perhaps"})
