"""Accounts in the record: made, changed, shared by processes; passwords, sessions, tokens."""

from __future__ import annotations

import multiprocessing
import threading

import pytest

from mainspring.app import platform
from mainspring.app.accounts import Origin, Role
from mainspring.app.accounts.account import checked_name
from mainspring.app.accounts.directory import EVENT, Directory
from mainspring.app.accounts.keeping import Accounts
from mainspring.app.accounts.passwords import Passwords, checked
from mainspring.app.accounts.sessions import Sessions
from mainspring.app.accounts.tokens import Tokens
from mainspring.core import plugins
from mainspring.core.errors import ConflictError, InputError, NotFoundError, StateError
from mainspring.core.records import Kind


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = 1_800_000_000.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def record(tmp_path):
    return plugins.load("stores", "sqlite")(f"sqlite:///{tmp_path}/record.db")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def directory(record, clock):
    return Directory(record, clock=clock)


def test_an_account_is_known_to_every_console_over_the_record(record, directory):
    directory.add("ada", Role.ADMIN, hashed="h", by="root")
    other = Directory(record)
    assert other.get("ADA").account.role is Role.ADMIN
    other.set_disabled("ada", False, by="x")
    directory.add("bob", Role.VIEWER)
    assert [one.name for one in other.all()] == ["ada", "bob"]


def test_the_same_name_is_not_added_twice_in_whatever_letters(directory):
    directory.add("ada", Role.ADMIN)
    for name in ("ada", "ADA", "\N{FULLWIDTH LATIN SMALL LETTER A}da"):
        with pytest.raises(ConflictError, match="already"):
            directory.add(name, Role.VIEWER)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "-a", "a/b", "a\nb", "x" * 65, "<b>", "unknown", "\u0430da", "a\u202eb", "a\0b"]
)
def test_names_that_could_be_taken_for_others_are_refused(name):
    with pytest.raises(InputError):
        checked_name(name)


@pytest.mark.parametrize("name", ["ada", "zoë@example.org", "Жанна", "李雷", "o.b-c_d+e", "7"])
def test_names_of_people_in_any_one_script_are_fine(name):
    assert checked_name(name) == name


def test_the_last_admin_stays_one(directory):
    directory.add("ada", Role.ADMIN)
    directory.add("bob", Role.EDITOR)
    for change in (
        lambda: directory.set_role("ada", Role.EDITOR, by="x"),
        lambda: directory.set_disabled("ada", True, by="x"),
        lambda: directory.remove("ada", by="x"),
    ):
        with pytest.raises(StateError, match="last admin"):
            change()
    directory.set_role("bob", Role.ADMIN, by="ada")
    directory.remove("ada", by="bob")
    assert [one.name for one in directory.all()] == ["bob"]


def test_of_two_who_take_each_others_role_away_at_once_one_is_refused(record):
    Directory(record).add("ada", Role.ADMIN)
    Directory(record).add("bob", Role.ADMIN)
    both, outcomes = threading.Barrier(2), []

    def demote(name):
        mine = Directory(record)
        mine.all()
        both.wait()
        try:
            mine.set_role(name, Role.VIEWER, by="x")
            outcomes.append("done")
        except StateError:
            outcomes.append("refused")

    threads = [threading.Thread(target=demote, args=(name,)) for name in ("ada", "bob")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert sorted(one.role for one in Directory(record).all()) == ["admin", "viewer"]


def _add_in_a_process(url, start, results):
    mine = Directory(plugins.load("stores", "sqlite")(url))
    mine.all()
    start.wait()
    try:
        mine.add("grace", Role.EDITOR, hashed="x")
        results.put("added")
    except ConflictError:
        results.put("refused")


def test_two_processes_that_add_the_same_name_add_it_once(tmp_path):
    url = f"sqlite:///{tmp_path}/record.db"
    Directory(plugins.load("stores", "sqlite")(url)).add("ada", Role.ADMIN)
    context = multiprocessing.get_context("fork")
    start, results = context.Event(), context.Queue()
    several = [context.Process(target=_add_in_a_process, args=(url, start, results)) for _ in range(3)]
    for one in several:
        one.start()
    start.set()
    found = sorted(results.get(timeout=20) for _ in several)
    for one in several:
        one.join()
    assert found == ["added", "refused", "refused"]


def test_an_old_hash_is_nowhere_once_the_password_is_another_one(record, directory):
    directory.add("ada", Role.ADMIN, hashed="first-hash")
    directory.set_hash("ada", "second-hash", by="ada")
    kept = [str(one.custom) for one in record.find(Kind.EXECUTION, "type = :t", {"t": EVENT}).items]
    assert not any("first-hash" in one for one in kept)
    assert Directory(record).get("ada").hash == "second-hash"
    directory.add("bob", Role.VIEWER, hashed="third-hash")
    directory.remove("bob", by="ada")
    kept = [str(one.custom) for one in record.find(Kind.EXECUTION, "type = :t", {"t": EVENT}).items]
    assert not any("third-hash" in one for one in kept)


def test_an_account_of_a_provider_has_no_password_here(directory):
    made = directory.add("ada", Role.ADMIN, subject="https://login#1")
    assert made.origin is Origin.PROVIDER
    with pytest.raises(StateError, match="identity provider"):
        directory.set_hash("ada", "x", by="x")


def test_who_is_not_there_is_said_to_be_missing(directory):
    with pytest.raises(NotFoundError, match="no account 'nobody'"):
        directory.set_role("nobody", Role.ADMIN, by="x")


def test_passwords_are_kept_as_argon2id_and_compared():
    passwords = Passwords()
    kept = passwords.hash("größe der hügel")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.fits(kept, "gro\u0308ße der hu\u0308gel")  # the same letters, composed otherwise
    assert not passwords.fits(kept, "grosse der hügel")
    assert not passwords.fits("", "nobody has this password, and nobody is asked for it")
    assert not passwords.fits("no hash at all", "x")
    assert not passwords.is_old(kept)


@pytest.mark.parametrize(
    "password", ["short", "x" * 257, "aaaaaaaaaaaa", "password-2026", "ada-lovelace-1", "1234567890ab"]
)
def test_passwords_that_are_guessed_first_are_refused(password):
    with pytest.raises(InputError):
        checked(password, "lovelace")


@pytest.fixture
def signed(record, directory, clock):
    directory.add("ada", Role.ADMIN)
    directory.add("bob", Role.EDITOR)
    sessions = Sessions(record, directory, idle=3600, longest=86400, clock=clock)
    return sessions, sessions.open(directory.get("bob"), address="10.0.0.1", agent="test")


def test_a_session_ends_when_nobody_uses_it_and_at_the_latest_after_a_day(signed, directory, clock):
    sessions, secret = signed
    counted = 0
    while sessions.find(secret) is not None:
        clock.moment += 3000
        counted += 1
    assert counted == 29  # 28 times 3000 s are less than a day
    secret = sessions.open(directory.get("bob"))
    clock.moment += 3600
    assert sessions.find(secret) is None


def test_a_page_that_is_merely_open_keeps_no_session(signed, clock):
    sessions, secret = signed
    for _ in range(2):
        clock.moment += 1750
        assert sessions.find(secret, seen=False) is not None
    clock.moment += 150
    assert sessions.find(secret, seen=False) is None


@pytest.mark.parametrize("what", ["role", "password", "disabled", "signed out", "removed"])
def test_a_session_ends_with_what_happens_to_its_account(signed, directory, what):
    sessions, secret = signed
    assert sessions.find(secret)[0].user == "bob"
    match what:
        case "role":
            directory.set_role("bob", Role.VIEWER, by="ada")
        case "password":
            directory.set_hash("bob", "new", by="ada")
        case "disabled":
            directory.set_disabled("bob", True, by="ada")
        case "signed out":
            directory.sign_out("bob", by="ada")
        case "removed":
            directory.remove("bob", by="ada")
            directory.add("bob", Role.ADMIN)
    assert sessions.find(secret) is None
    assert sessions.of("bob") == []


def test_a_session_that_was_signed_out_does_not_come_back(signed, clock):
    sessions, secret = signed
    found, _ = sessions.find(secret)
    sessions.end(found.id)
    clock.moment += 120  # when it would be written down that it was seen
    assert sessions.find(secret) is None


def test_the_record_does_not_have_what_proves_a_session_or_a_token(signed, record, directory, clock):
    _, secret = signed
    tokens = Tokens(record, directory, clock=clock)
    token, shown = tokens.make("bob", Role.EDITOR, label="x", days=1)
    kept = str([record.find(kind, limit=1000).items for kind in Kind])
    assert secret not in kept
    assert shown not in kept
    assert token.id in kept


def test_old_sessions_are_swept(signed, directory, record, clock):
    sessions, _ = signed
    clock.moment += 3 * 86400
    sessions.open(directory.get("ada"))
    where, values = "type = :t", {"t": "mainspring.Session"}
    assert len(record.find(Kind.CONTEXT, where, values).items) == 1


@pytest.fixture
def tokens(record, directory, clock):
    directory.add("ada", Role.ADMIN)
    directory.add("bob", Role.EDITOR)
    return Tokens(record, directory, clock=clock)


def test_a_token_counts_until_it_ends_or_is_taken_back(tokens, clock):
    token, secret = tokens.make("bob", Role.EDITOR, label="nightly", days=2)
    assert tokens.find(secret)[0].id == token.id
    assert tokens.get(token.id).used == clock.moment
    clock.moment += 2 * 86400
    assert tokens.find(secret) == "the token has ended"
    _, other = tokens.make("bob", Role.VIEWER, label="other", days=None)
    tokens.revoke(tokens.find(other)[0].id, by="ada")
    assert tokens.find(other) == "the token was taken back"


@pytest.mark.parametrize("shown", ["", "mst_", "mst_aaaaaaaaaa_" + "x" * 43, "x" * 500, "mst_é", "Bearer x"])
def test_what_is_no_token_does_not_count(tokens, shown):
    assert tokens.find(shown) == "there is no such token"


def test_a_token_of_somebody_else_with_another_secret_does_not_count(tokens):
    token, secret = tokens.make("bob", Role.VIEWER, label="x", days=1)
    assert (
        tokens.find(f"mst_{token.id}_{secret[15:-1]}{'a' if secret[-1] != 'a' else 'b'}")
        == "there is no such token"
    )


def test_a_token_may_no_more_than_its_owner(tokens, directory):
    with pytest.raises(InputError, match="cannot have the role approver"):
        tokens.make("bob", Role.APPROVER, label="x", days=1)
    _, secret = tokens.make("bob", Role.EDITOR, label="x", days=1)
    directory.set_disabled("bob", True, by="ada")
    assert tokens.find(secret) == "the token's owner has no account any more"


def test_a_new_account_of_an_old_name_does_not_have_the_old_tokens(tokens, directory):
    _, secret = tokens.make("bob", Role.EDITOR, label="x", days=1)
    directory.remove("bob", by="ada")
    directory.add("bob", Role.ADMIN)
    assert tokens.find(secret) == "the token's owner has no account any more"


def test_without_the_library_the_command_that_installs_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("mainspring.app.accounts.passwords.find_spec", lambda name: None)
    with platform.open(tmp_path) as opened, pytest.raises(Exception, match=r"mainspring\[accounts\]"):
        _ = Accounts(opened.store.record, opened.settings).passwords
