"""Signing in and out: the form, guesses, cookies, and who may start a console for others."""

from __future__ import annotations

import threading

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient
from tests.unit.app.console.accounts_world import PASSWORD, Browser, people, write_settings
from tests.unit.app.console.conftest import words_of

from mainspring.app import platform
from mainspring.app.accounts import Outcome, Role
from mainspring.app.accounts.attempts import Attempts, TooManyError
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.web.rooms.signing_in.cookies import SESSION
from mainspring.app.web.rooms.signing_in.entrance import inside
from mainspring.app.web.starting import console_of
from mainspring.app.web.visit import TOLD
from mainspring.core.errors import InputError

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with platform.open(write_settings(tmp_path_factory.mktemp("signing"))) as found:
        people(found)
        yield found


def trail(opened):
    return [
        (one.entry.who, one.entry.operation, one.entry.outcome, one.entry.why)
        for one in accounts_of(opened).book.all()
    ]


def test_whoever_is_not_signed_in_is_led_to_the_form_and_back(opened):
    browser = Browser(opened)
    answer = browser.get("/audit?who=ada&text=a%20b")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?then=/audit%3Fwho%3Dada%26text%3Da%2520b"
    html = browser.get(answer.headers["location"]).text
    assert 'name="then" value="/audit?who=ada&amp;text=a%20b"' in html
    assert "<script" not in html
    assert browser.sign_in("bob", then="/audit?who=ada").headers["location"] == "/audit?who=ada"
    assert "bob" in words_of(browser.get("/jobs").text)
    assert browser.get("/sign-in?then=/jobs").headers["location"] == "/jobs"


def test_programs_are_told_that_nobody_is_signed_in(opened):
    answer = Browser(opened).ask("GET", "/jobs")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "path", ["/", "/runs", "/audit", "/users", "/rest", "/settings", "/api/openapi.json", "/api/events"]
)
def test_nothing_is_shown_to_whoever_is_not_signed_in(opened, path):
    answer = Browser(opened).get(path)
    assert answer.status_code in (303, 401)
    assert "hills" not in answer.text


def test_the_cookie_is_for_no_script_and_no_other_site(opened):
    browser = Browser(opened)
    (cookie,) = [one for one in browser.sign_in("bob").headers.get_list("set-cookie") if one.startswith(SESSION)]
    flags = {one.strip().lower() for one in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=604800"} <= flags
    assert "secure" not in flags


def test_over_tls_the_cookie_and_the_headers_say_so(tmp_path):
    settings = 'sign_in = "accounts"\nsecure = true\nroot_path = "/console"\nhosts = ["ml.example.org"]'
    with platform.open(write_settings(tmp_path, settings)) as found:
        people(found)
        browser = Browser(found, base="https://ml.example.org", root="/console")
        answer = browser.sign_in("bob", then="/jobs")
        assert answer.headers["location"] == "/console/jobs"
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(SESSION)]
        assert "Secure" in cookie
        assert "Path=/console" in cookie
        assert browser.get("/jobs").status_code == 200
        told = browser.act("users.change_password", accept="text/html", old=PASSWORD, new=PASSWORD + "!")
        (cookie,) = [one for one in told.headers.get_list("set-cookie") if one.startswith(TOLD)]
        assert "Secure" in cookie
        assert "Path=/console" in cookie
        answer = browser.sign_in("bob", PASSWORD + "!")
        (kept,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(SESSION)]
        shown = {"cookie": kept.partition(";")[0], "host": "ml.example.org"}
        behind = TestClient(browser.application, base_url="http://10.0.0.1")  # as a proxy asks the console
        assert "https://ml.example.org/console/api/me" in behind.get("/rest", headers=shown).text
        wrong = Browser(found, base="https://evil.example", root="/console").get("/sign-in")
        assert wrong.status_code == 403


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("bob", "a wrong password", "a wrong password"),
        ("nobody-here", PASSWORD, "no such account"),
        ("' OR 1=1 --", PASSWORD, "no such account"),
        ("b\u043eb", PASSWORD, "no such account"),
    ],
)
def test_who_does_not_know_both_is_told_nothing_and_the_trail_all(opened, name, password, why):
    answer = Browser(opened).sign_in(name, password, status=401)
    assert "do not go together" in words_of(answer.text)
    who, operation, outcome, told = trail(opened)[-1]
    assert (operation, outcome, told) == ("users.sign_in", Outcome.REFUSED, why)
    assert who in ("bob", "unknown")
    assert "nobody-here" not in str([one.entry.given for one in accounts_of(opened).book.all()])


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"password": ""}, {"name": "x" * 300}, {"password": "x" * 9_000}]
)
def test_what_is_no_name_or_password_is_not_even_looked_at(opened, fields):
    before = len(trail(opened))
    Browser(opened).sign_in(**{"name": "bob", "password": PASSWORD, **fields}, status=401)
    assert len(trail(opened)) == before


def test_a_disabled_account_is_told_the_same_and_the_trail_knows_why(tmp_path):
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        accounts_of(found).directory.set_disabled("eve", True, by="ada")
        assert "do not go together" in words_of(Browser(found).sign_in("eve", status=401).text)
        assert trail(found)[-1][3] == "the account is disabled"


def test_the_form_counts_only_in_the_browser_that_it_was_shown_in(opened):
    one, other = Browser(opened), Browser(opened)
    seal = one.arrive()
    other.arrive()
    assert other.sign_in("bob", seal=seal, status=403)
    assert Browser(opened).client.post("/sign-in", data={"name": "bob", "password": PASSWORD}).status_code == 403
    headers = {"origin": "http://evil.example"}
    fields = {"-seal": seal, "name": "bob", "password": PASSWORD}
    assert one.client.post("/sign-in", data=fields, headers=headers).status_code == 403
    assert one.sign_in("bob", seal=seal).status_code == 303


def test_a_session_is_never_the_one_that_somebody_brought(opened):
    eve = Browser(opened)
    eve.sign_in("eve")
    planted = eve.client.cookies[SESSION]
    victim = Browser(opened)
    seal = victim.arrive()
    victim.client.cookies.set(SESSION, planted)
    answer = victim.sign_in("bob", seal=seal)
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(SESSION)]
    assert planted not in cookie
    assert eve.get("/jobs").status_code == 303  # and the one that was brought has ended


def test_whoever_signs_out_stays_out_though_the_cookie_was_kept(opened):
    browser = Browser(opened)
    browser.sign_in("bob")
    kept = browser.client.cookies[SESSION]
    assert browser.client.post("/sign-out", data={"-seal": ""}).status_code == 403  # no seal: somebody else's page
    answer = browser.sign_out()
    assert answer.headers["location"] == "/sign-in"
    browser.client.cookies.set(SESSION, kept)
    assert browser.get("/jobs").status_code == 303
    assert trail(opened)[-1][:2] == ("bob", "users.sign_out")


@pytest.mark.parametrize("change", ["password", "role", "out", "disable"])
def test_what_happens_to_an_account_ends_its_sessions_at_once(tmp_path, change):
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        browser, admin = Browser(found), Browser(found)
        browser.sign_in("bob")
        admin.sign_in("ada")
        seal = browser.seal()
        match change:
            case "password":
                answer = admin.act("users.set_password", user="bob", password="another long password")
            case "role":
                answer = admin.act("users.set_role", user="bob", role="viewer")
            case "out":
                answer = admin.act("users.sign_out_everywhere", user="bob")
            case "disable":
                answer = admin.act("users.disable", user="bob")
        assert answer.status_code == 200
        assert browser.ask("POST", "/models/loans/rollback", {"reason": "x"}, seal=seal).status_code == 401
        assert browser.get("/jobs").status_code == 303


def test_forged_cookies_are_nobodys(opened):
    browser = Browser(opened)
    browser.sign_in("ada")
    right = browser.client.cookies[SESSION]
    held, _, signature = right.partition(".")
    other = held[:-1] + ("B" if held.endswith("A") else "A")
    arrival = Browser(opened)
    arrival.arrive()
    forged = [held, f"{held}.", f"{held}.{'0' * 64}", f"{other}.{signature}", "é.é", "x" * 9000, ".", "",
              arrival.client.cookies["mainspring_arrival"]]  # fmt: skip
    for one in forged:
        answer = Browser(opened).client.get("/api/jobs", headers={"cookie": f"{SESSION}={one}".encode()})
        assert answer.status_code == 401, one[:40]


def test_after_five_wrong_passwords_the_waits_grow_and_no_restart_shortens_them(tmp_path):
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        for _ in range(5):
            Browser(found).sign_in("bob", "not the password", status=401)
        answer = Browser(found).sign_in("bob", status=429)
        assert "too many wrong passwords" in words_of(answer.text)
        unknown = "nobody-of-that-name"
        for _ in range(5):
            Browser(found).sign_in(unknown, "not the password", status=401)
        assert Browser(found).sign_in(unknown, status=429)
        before = len(trail(found))
        Browser(found).sign_in("bob", status=429)
        assert len(trail(found)) == before
    with platform.open(tmp_path) as again:
        book = accounts_of(again).book
        last = max(one.entry.at for one in book.all())
        with pytest.raises(TooManyError):
            Attempts(book, clock=lambda: last - 2).check("bob", "")
        Attempts(book, clock=lambda: last - 2).check("eve", "")
        Attempts(book, clock=lambda: last + 400).check("bob", "")


def test_guesses_at_the_same_moment_are_looked_at_one_after_the_other(tmp_path):
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        console, codes = console_of(found).application(), []

        def guess():
            browser = Browser(found)
            browser.client = TestClient(console, base_url="http://localhost", follow_redirects=False)
            fields = {"-seal": browser.arrive(), "name": "bob", "password": "not the password"}
            codes.append(browser.client.post("/sign-in", data=fields).status_code)

        threads = [threading.Thread(target=guess) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert codes.count(401) == 5
        assert codes.count(429) == 3


def test_somebody_changes_their_own_password_and_signs_in_with_it(tmp_path):
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        browser = Browser(found)
        browser.sign_in("eve")
        wrong = browser.act("users.change_password", old="not it", new="a new long password")
        assert wrong.status_code == 403
        assert browser.act("users.change_password", old=PASSWORD, new="short").status_code == 400
        assert browser.act("users.change_password", old=PASSWORD, new="a new long password").status_code == 200
        assert browser.get("/jobs").status_code == 303
        Browser(found).sign_in("eve", status=401)
        Browser(found).sign_in("eve", "a new long password")
        assert "a new long password" not in str([one.entry for one in accounts_of(found).book.all()])


def test_what_was_typed_when_a_session_ended_is_shown_and_nothing_is_done(tmp_path):
    with platform.open(write_settings(tmp_path)) as opened:
        people(opened)
        carla = Browser(opened)
        carla.sign_in("carla")
        seal = carla.seal("/schedule")
        accounts_of(opened).directory.set_role("carla", Role.ADMIN, by="ada")  # which ends her sessions
        fields = {"-seal": seal, "user": "new", "password": PASSWORD, "role": ""}
        headers = {"accept": "text/html", "referer": "http://localhost/users?tab=x"}
        answer = carla.client.post("/act/users.add", data=fields, headers=headers)
        assert answer.status_code == 401
        assert "You are signed out" in answer.text
        assert '<textarea readonly rows="1">new</textarea>' in answer.text
        assert PASSWORD not in answer.text
        assert 'href="/sign-in?then=%2Fusers%3Ftab%3Dx"' in answer.text
        assert accounts_of(opened).directory.find("new") is None
        big = carla.client.post("/act/users.add", data={**fields, "user": "n" * 1_000_000}, headers=headers)
        assert "nnn" not in big.text
        told = carla.act("users.add", seal=seal, user="new", password=PASSWORD)
        assert (told.status_code, told.json()["error"]["code"]) == (401, "UNAUTHENTICATED")


def test_what_was_typed_on_a_page_of_the_session_before_is_shown_and_a_script_is_told(opened):
    eve, ada = Browser(opened), Browser(opened)
    eve.sign_in("eve")
    ada.sign_in("ada")
    headers = {"accept": "text/html"}
    fields = {"-seal": eve.seal(), "label": "nightly export"}
    answer = ada.client.post("/act/tokens.new", data=fields, headers=headers)
    assert answer.status_code == 403
    assert "Open the page again" in answer.text
    assert ">nightly export</textarea>" in answer.text
    told = ada.act("users.disable", seal=eve.seal(), user="bob")
    assert told.json()["error"]["code"] == "OLD_FORM"
    assert not accounts_of(opened).directory.get("bob").account.disabled


@pytest.mark.parametrize(
    "then",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/\r\nx: y",
     "javascript:alert(1)", "evil", "/sign-in?then=/x", "/sign-out", "/" + "x" * 3000, "/ü"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(opened, then):
    assert inside(then) == "/"
    assert Browser(opened).sign_in("bob", then=then).headers["location"] == "/"


def test_a_console_for_others_does_not_start_without_an_account(tmp_path):
    with platform.open(write_settings(tmp_path, "")) as found:
        with pytest.raises(InputError, match="nobody can sign in") as error:
            console_of(found, host="0.0.0.0")
        assert "mainspring users add NAME --role admin" in (error.value.fix or "")
        with pytest.raises(InputError, match="nobody can sign in"):
            console_of(found, root="/console")
        people(found)
        console_of(found, host="0.0.0.0")
        answer = Browser(found).get("/jobs")
        assert answer.status_code == 200  # on this machine itself nobody signs in
        assert Browser(found).get("/sign-in").headers["location"] == "/"
        assert Browser(found, base="http://evil.example").get("/jobs").status_code == 403


def test_nobody_signs_in_elsewhere_only_if_the_names_are_known(tmp_path):
    with (
        platform.open(write_settings(tmp_path, 'sign_in = "nobody"')) as found,
        pytest.raises(InputError, match="could do everything"),
    ):
        console_of(found, host="0.0.0.0")
    with platform.open(write_settings(tmp_path, 'sign_in = "nobody"\nhosts = ["ml"]')) as found:
        assert Browser(found, base="http://ml").get("/jobs").status_code == 200
        assert Browser(found, base="http://mlx").get("/jobs").status_code == 403


def test_a_proxy_that_is_no_address_is_named_at_the_start(tmp_path):
    settings = 'sign_in = "accounts"\nproxies = ["10.0.0.0/8", "testclient"]'
    with platform.open(write_settings(tmp_path, settings)) as found:
        people(found)
        with pytest.raises(InputError, match="testclient"):
            console_of(found)


@pytest.mark.parametrize(("headers", "status"), [({}, 200), ({"x-mainspring-quiet": "yes"}, 401)])
def test_a_page_that_is_merely_open_keeps_nobody_signed_in(tmp_path, monkeypatch, headers, status):
    with platform.open(write_settings(tmp_path, 'sign_in = "accounts"\nidle_minutes = 60')) as opened:
        people(opened)
        eve, moment = Browser(opened), accounts_of(opened).clock()
        eve.sign_in("eve")
        for _ in range(3):
            moment += 40 * 60
            monkeypatch.setattr(accounts_of(opened).sessions, "_clock", lambda now=moment: now)
            answer = eve.ask("GET", "/me", **headers)
        assert answer.status_code == status


def test_roles_are_read_anew_for_every_request(tmp_path):
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        browser = Browser(found)
        browser.sign_in("carla")
        me = browser.ask("GET", "/me").json()
        assert (me["name"], me["role"], me["way"]) == ("carla", "editor", "session")
        accounts_of(found).directory.set_role("carla", Role.ADMIN, by="ada")
        assert browser.ask("GET", "/me").status_code == 401


def test_a_large_form_of_nobody_is_not_read(opened):
    browser = Browser(opened)
    fields = {"-seal": browser.arrive(), "name": "bob", "password": "x" * 100_000}
    assert browser.client.post("/sign-in", data=fields).status_code == 400
    assert browser.client.post("/sign-in", content=iter([b"name=bob"])).status_code == 400


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
def test_where_nobody_signs_in_nobody_comes_through_a_proxy(tmp_path, header):
    with platform.open(write_settings(tmp_path, "")) as found:
        browser = Browser(found)
        assert browser.get("/jobs").status_code == 200
        assert browser.get("/jobs", **{header: "203.0.113.9"}).status_code == 403


def test_the_old_password_is_not_guessed_in_a_session_either(tmp_path):
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        browser = Browser(found)
        browser.sign_in("eve")
        seal = browser.seal()
        given = {"old": "not it at all", "new": "a new long password"}
        codes = [
            browser.act("users.change_password", seal=seal, **given).json()["error"]["code"] for _ in range(6)
        ]
        assert codes == ["FORBIDDEN"] * 5 + ["TOO_MANY"]


def test_who_has_no_account_is_told_so_after_as_much_work(tmp_path, monkeypatch):
    """The same hash is computed for a name that nobody has: counted, because clocks in tests tell nothing."""
    counted, verify = [], PasswordHasher.verify

    def counting(hasher, kept, given):
        counted.append(kept)
        return verify(hasher, kept, given)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        for name in ("bob", "nobody-of-that-name"):
            Browser(found).sign_in(name, "not the password", status=401)
    assert len(counted) == 2
