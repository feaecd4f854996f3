"""The pages of users and tokens, and the commands beside them."""

from __future__ import annotations

import io
import json
import re

import pytest
from tests.unit.app.console.accounts_world import PASSWORD, Browser, people, write_settings
from tests.unit.app.console.conftest import words_of

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.cli.main import main

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def opened(tmp_path):
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        yield found


def test_an_admin_adds_changes_and_removes_people_on_the_page(opened):
    ada = Browser(opened)
    ada.sign_in("ada")
    html = ada.get("/users").text
    assert re.findall(r'<th scope="row">(\w+)', html) == ["ada", "bob", "carla", "eve"]
    assert (
        ada.act("users.add", user="zoë", role="editor", password="a long enough one").json()["told"]
        == "zoë can sign in"
    )
    Browser(opened).sign_in("zoë", "a long enough one")
    assert "1 session" in words_of(ada.get("/users").text)
    assert ada.act("users.set_role", user="zoë", role="approver").status_code == 200
    assert ada.act("users.remove", user="zoë").status_code == 200
    assert accounts_of(opened).directory.find("zoë") is None
    assert ada.act("users.remove", user="ada").json()["error"]["found"] == "ada is the last admin"
    assert ada.act("users.set_role", user="bob", role="king").status_code == 400
    assert ada.act("users.add", user="a b", role="viewer", password="a long enough one").status_code == 400


def test_whoever_is_no_admin_sees_their_own_page(opened):
    eve = Browser(opened)
    eve.sign_in("eve")
    assert eve.get("/users").headers["location"] == "/users/me"
    text = words_of(eve.get("/users/me").text)
    assert "look at everything" in text
    assert "this one" in text
    assert "Add a user" not in words_of(eve.get("/users/tokens").text)


def test_somebody_ends_another_session_of_theirs_and_nobody_elses(opened):
    one, other, ada = Browser(opened), Browser(opened), Browser(opened)
    for browser, name in ((one, "eve"), (other, "eve"), (ada, "ada")):
        browser.sign_in(name)
    me = one.ask("GET", "/me").json()
    (elsewhere,) = [each["id"] for each in me["sessions"] if each["id"] != me["session"]]
    admins = ada.ask("GET", "/me").json()["session"]
    assert one.act("users.end_session", session=admins).status_code == 404
    assert one.act("users.end_session", session=elsewhere).status_code == 200
    assert other.get("/jobs").status_code == 303
    assert one.get("/jobs").status_code == 200


def test_a_token_is_shown_once_to_who_made_it_with_and_without_a_script(opened):
    bob, ada = Browser(opened), Browser(opened)
    bob.sign_in("bob")
    ada.sign_in("ada")
    then = "/users/tokens?made={id}"
    answer = bob.act(
        "tokens.new", accept="text/html", label="nightly", role="approver", days="30", **{"-then": then}
    )
    assert answer.status_code == 303
    there = answer.headers["location"]
    assert "mst_" not in there
    assert "mst_" not in re.sub(r"mst_\w{10}_…", "", ada.get(there).text)
    shown = re.search(r"mst_[a-z0-9]{10}_[\w-]{43}", bob.get(there).text)[0]
    assert shown not in bob.get(there).text
    program = Browser(opened)
    assert program.ask("GET", "/me", authorization=f"Bearer {shown}").json()["name"] == "bob"
    assert shown not in str([one.entry for one in accounts_of(opened).book.all()])


def test_a_token_gives_no_more_than_its_maker_has_and_makes_none(opened):
    carla = Browser(opened)
    carla.sign_in("carla")
    refused = carla.act("tokens.new", label="x", role="approver", days="30")
    assert refused.status_code == 403
    assert "may not give the role approver" in refused.text
    assert carla.act("tokens.new", label="x", role="viewer", days="30", user="ada").status_code == 403
    assert carla.act("tokens.new", label="x", role="viewer", days="100000").status_code == 400
    assert carla.act("tokens.new", label=" ", role="viewer", days="1").status_code == 400
    made = carla.act("tokens.new", label="x", role="editor", days="1").json()["answer"]
    shown = {"authorization": f"Bearer {made['secret']}"}
    assert Browser(opened).ask("POST", "/tokens", {"label": "y"}, seal="", **shown).status_code == 403
    body = {"old": PASSWORD, "new": "a new long password"}
    assert Browser(opened).ask("POST", "/me/password", body, seal="", **shown).status_code == 403


def test_a_token_ends_no_session_and_takes_back_itself_alone(opened):
    tokens = accounts_of(opened).tokens
    mine, secret = tokens.make("carla", Role.VIEWER, label="mine", days=1)
    other, _ = tokens.make("carla", Role.VIEWER, label="other", days=1)
    carla = Browser(opened)
    carla.sign_in("carla")
    (session, *_) = carla.ask("GET", "/me").json()["sessions"]
    shown, program = {"authorization": f"Bearer {secret}"}, Browser(opened)
    for path in (f"/me/sessions/{session['id']}", f"/tokens/{other.id}"):
        assert program.ask("DELETE", path, {}, seal="", **shown).status_code == 403, path
    assert carla.get("/jobs").status_code == 200
    assert program.ask("DELETE", f"/tokens/{mine.id}", {}, seal="", **shown).status_code == 200
    assert program.ask("GET", "/me", **shown).status_code == 401


def test_tokens_are_taken_back_by_their_owner_and_by_admins_alone(opened):
    carla, eve, ada = Browser(opened), Browser(opened), Browser(opened)
    for browser, name in ((carla, "carla"), (eve, "eve"), (ada, "ada")):
        browser.sign_in(name)
    ids = [carla.act("tokens.new", label="x", role="viewer", days="1").json()["answer"]["id"] for _ in range(2)]
    assert eve.act("tokens.revoke", token=ids[0]).status_code == 403
    assert eve.ask("GET", "/tokens").json() == []
    assert eve.ask("GET", "/tokens?user=carla").status_code == 403
    assert len(ada.ask("GET", "/tokens").json()) == 2
    assert carla.act("tokens.revoke", token=ids[0]).status_code == 200
    assert ada.act("tokens.revoke", token=ids[1]).status_code == 200
    assert ada.act("tokens.revoke", token=ids[1]).status_code == 409


def test_on_the_machine_itself_the_pages_say_that_nobody_signs_in(using, tmp_path):
    html = words_of(using(tmp_path).page("/users"))
    assert "There is no account yet" in html
    assert "mainspring users add NAME --role admin" in html


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    write_settings(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".mainspring").mkdir()

    def run(*arguments, code=0, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main([*arguments, "--json"]) == code
        return json.loads(capsys.readouterr().out.strip().splitlines()[-1])

    return run


def test_the_same_is_done_in_a_terminal(command, tmp_path):
    added = command("users", "add", "ada", "--role", "admin", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert (added["name"], added["role"]) == ("ada", "admin")
    error = command("users", "add", "ada", "--password-stdin", code=1, stdin=f"{PASSWORD}\n")["error"]
    assert error["code"] == "CONFLICT"
    assert command("users", "disable", "ada", code=1)["error"]["found"] == "ada is the last admin"
    command("users", "add", "bob", "--role", "editor", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert command("users", "role", "bob", "approver")["role"] == "approver"
    assert command("users", "disable", "bob")["disabled"] is True
    assert command("users", "enable", "bob")["disabled"] is False
    command("users", "sign-out", "bob")
    command("users", "password", "bob", "--password-stdin", stdin="another long one\n")
    made = command("tokens", "new", "nightly", "--user", "bob", "--role", "viewer")
    assert made["secret"].startswith(f"mst_{made['id']}_")
    assert [one["id"] for one in command("tokens", "list")["tokens"]] == [made["id"]]
    assert command("tokens", "revoke", made["id"])["by"]
    command("users", "remove", "bob")
    assert [one["name"] for one in command("users")["users"]] == ["ada"]
    lines = command("audit", "list", "--limit", "100")["lines"]
    assert [one["operation"] for one in lines][:2] == ["users.remove", "tokens.revoke"]
    assert [one["outcome"] for one in command("audit", "list", "--outcome", "failed")["lines"]] == [
        "failed",
        "failed",
    ]
    assert PASSWORD not in str(lines)
    assert made["secret"] not in str(lines)
    assert command("audit", "export", "--out", "a.csv")["layout"] == "csv"
    told = command("audit", "verify")
    assert told["whole"]
    assert told["head"].startswith(f"{told['entries']}:")
    assert command("audit", "verify", "--head", told["head"])["whole"]
    assert not command("audit", "verify", "--head", f"1:{'0' * 64}", code=1)["whole"]


def test_without_a_terminal_nobody_is_asked_for_a_password(opened, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["users", "add", "zoe"]) == 1
    assert "--password-stdin" in capsys.readouterr().err


def test_people_read_the_same(opened, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    accounts_of(opened).directory.set_role("eve", Role.EDITOR, by="x")
    for arguments in (["users"], ["tokens"], ["audit"], ["audit", "verify"]):
        assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "carla" in told
    assert "There is no token yet" in told
    assert "Nothing was asked for yet" in told
    assert "0 entries" in told
