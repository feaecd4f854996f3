"""``mainspring keys``: keys are made, shown once, listed and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mainspring.app.cli.main import cli, main
from mainspring.serving.caller import Scope
from mainspring.serving.security.gatekeeper import Gatekeeper
from mainspring.serving.security.options import SecurityOptions


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAINSPRING_KEYS", raising=False)
    return tmp_path


def test_a_key_is_shown_once_and_opens_the_gate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "new", "ann", "--model", "taxi*", "--days", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["scopes"], told["models"]) == ("ann", ["inference"], ["taxi*"])
    gate = Gatekeeper(SecurityOptions(keys="keys.yaml"))
    headers = {b"x-api-key": told["key"].encode()}
    assert gate.admit(Scope.INFERENCE, headers, "203.0.113.9").name == "ann"
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert told["id"] in listed
    assert told["key"] not in listed
    assert main(["keys", "list", "--json"]) == 0
    [entry] = json.loads(capsys.readouterr().out)["keys"]
    assert set(entry) == {"id", "name", "scopes", "models", "created", "expires"}


def test_a_key_is_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ann", "ann", "ben"):
        assert main(["keys", "new", name, "--scope", "management", "--file", "k.json"]) == 0
    capsys.readouterr()
    assert main(["keys", "revoke", "ann", "--file", "k.json", "--json"]) == 0
    assert [key["name"] for key in json.loads(capsys.readouterr().out)["revoked"]] == ["ann", "ann"]
    assert main(["keys", "revoke", "ann", "--file", "k.json"]) == 1
    assert "there is no key with the id or name 'ann'" in capsys.readouterr().err


def test_a_key_may_be_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    own = "correct-horse-battery"
    done = CliRunner().invoke(cli, ["keys", "new", "ann", "--prompt"], input=f"{own}\n{own}\n")
    assert done.exit_code == 0, done.output
    assert own not in done.output
    gate = Gatekeeper(SecurityOptions(keys="keys.yaml"))
    assert gate.admit(Scope.INFERENCE, {b"x-api-key": own.encode()}, None).name == "ann"


def test_mistakes_are_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["keys", "list"]) == 1
    assert "mainspring keys new NAME" in capsys.readouterr().err
    assert main(["keys", "new", "ann", "--scope", "everything"]) == 2
    assert main(["keys", "new", "ann", "--days", "0"]) == 2
    monkeypatch.setenv("MAINSPRING_KEYS", "elsewhere.yaml")
    assert main(["keys", "new", "ann"]) == 0
    assert Path("elsewhere.yaml").is_file()
    assert main(["keys", "revoke", "ann"]) == 0
    capsys.readouterr()
    assert main(["keys", "list"]) == 0
    assert "There is no key yet" in capsys.readouterr().out
