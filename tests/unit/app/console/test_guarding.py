"""Who may do what, by every door; and what is refused though somebody is signed in."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from tests.unit.app.console.accounts_world import Browser, model, people, write_settings

from mainspring.app import platform
from mainspring.app.accounts import Outcome, Role
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.api.subjects import SUBJECTS
from mainspring.app.web.guarding import address_of
from mainspring.app.web.seals import Seals
from mainspring.app.web.starting import console_of

PROMOTION = {"environment": "production", "comment": "the slices are fine"}
GUARDED = [
    one for subject in SUBJECTS for one in subject.operations.values() if one.role in (Role.APPROVER, Role.ADMIN)
]


pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with platform.open(write_settings(tmp_path_factory.mktemp("guarded"))) as found:
        people(found)
        for number in range(4):
            model(found, number)
        yield found


@pytest.fixture(scope="module")
def browsers(opened):
    """A browser of everybody who has an account."""
    found = {name: Browser(opened) for name in ("ada", "bob", "carla", "eve")}
    for name, browser in found.items():
        browser.sign_in(name)
    return found


@pytest.fixture(scope="module")
def secrets(opened):
    """A token of each, with the role of its owner."""
    tokens, directory = accounts_of(opened).tokens, accounts_of(opened).directory
    return {
        name: tokens.make(name, directory.get(name).account.role, label="test", days=1)[1]
        for name in ("ada", "bob", "carla", "eve")
    }


def last(opened, operation):
    entries = [one.entry for one in accounts_of(opened).book.all() if one.entry.operation == operation]
    return entries[-1]


@pytest.mark.parametrize("door", ["form", "api", "token"])
@pytest.mark.parametrize(("name", "number"), [("eve", 0), ("carla", 0)])
def test_who_is_no_approver_cannot_promote_and_the_trail_says_that_they_tried(
    opened, browsers, secrets, door, name, number
):
    version, before = f"1.0.{number}", opened.models.aliases("loans")
    match door:
        case "form":
            answer = browsers[name].act("models.promote", model="loans", version=version, **PROMOTION)
        case "api":
            answer = browsers[name].ask("POST", f"/models/loans/versions/{version}/promote", PROMOTION)
        case "token":
            shown = {"authorization": f"Bearer {secrets[name]}"}
            path = f"/models/loans/versions/{version}/promote"
            answer = Browser(opened).ask("POST", path, PROMOTION, seal="", **shown)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "FORBIDDEN"
    assert answer.json()["error"]["expected"] == "an approver"
    told = last(opened, "models.promote")
    assert (told.who, told.outcome, told.way.value) == (
        name,
        Outcome.REFUSED,
        "token" if door == "token" else "session",
    )
    assert told.given["version"] == version
    assert opened.models.aliases("loans") == before


@pytest.mark.parametrize(("door", "number"), [("form", 1), ("api", 2), ("token", 3)])
def test_an_approver_promotes_and_the_record_and_the_trail_have_their_name(
    opened, browsers, secrets, door, number
):
    version = f"1.0.{number}"
    path = f"/models/loans/versions/{version}/promote"
    match door:
        case "form":
            answer = browsers["bob"].act("models.promote", model="loans", version=version, by="ada", **PROMOTION)
            assert answer.status_code == 400  # a form does not say who somebody is
            answer = browsers["bob"].act("models.promote", model="loans", version=version, **PROMOTION)
        case "api":
            answer = browsers["bob"].ask("POST", path, PROMOTION)
        case "token":
            shown = {"authorization": f"Bearer {secrets['bob']}"}
            answer = Browser(opened).ask("POST", path, PROMOTION, seal="", **shown)
    assert answer.status_code == 200, answer.text
    move = opened.models.history("loans")[-1]
    assert (move.by, str(move.after)) == ("bob", version)
    assert (last(opened, "models.promote").who, last(opened, "models.promote").outcome) == ("bob", Outcome.DONE)
    lines = browsers["eve"].ask("GET", "/audit?limit=100&operation=models.promote").json()["lines"]
    assert {one["outcome"] for one in lines} >= {"done"}
    assert list(accounts_of(opened).book.breaks()) == []


@pytest.mark.parametrize("asked", GUARDED, ids=lambda one: one.name)
def test_a_viewer_may_none_of_what_needs_more_by_any_door(opened, browsers, secrets, asked):
    path = asked.path
    for name in ("model", "run", "alias", "name", "user", "version", "request", "token"):
        path = path.replace(f"{{{name}:path}}", "loans").replace(
            f"{{{name}}}", "1.0.0" if name == "version" else "x"
        )
    body = {"environment": "production"}
    shown = {"authorization": f"Bearer {secrets['eve']}"}
    answers = [
        browsers["eve"].ask(asked.method, path, body),
        Browser(opened).ask(asked.method, path, body, seal="", **shown),
        *([browsers["eve"].act(asked.name, model="loans")] if asked.changes else []),
    ]
    assert [one.status_code for one in answers] == [403] * len(answers), [one.text for one in answers]
    assert [one.status_code for one in (Browser(opened).ask(asked.method, path, body, seal="x"),)] == [401]


def test_who_may_not_is_told_who_may(opened, browsers):
    told = browsers["eve"].ask("POST", "/runs/none/cancel", {}).json()["error"]
    assert told["found"] == "eve is a viewer, and may not: stop a run"
    assert told["fix"] == "ask carla, bob, ada to do it, or an admin for that role"


def test_a_page_says_who_may_what_somebody_may_not(opened, browsers):
    page = browsers["eve"].get("/models/loans/versions/1.0.0?tab=promotion").text
    assert "This needs the role approver: ask bob, ada" in page
    assert (
        "This needs the role approver"
        not in browsers["bob"].get("/models/loans/versions/1.0.0?tab=promotion").text
    )


def test_a_token_that_may_less_than_its_owner_is_told_of_as_such(opened):
    _, secret = accounts_of(opened).tokens.make("ada", Role.VIEWER, label="test", days=1)
    shown = {"authorization": f"Bearer {secret}"}
    told = Browser(opened).ask("POST", "/runs/none/cancel", {}, seal="", **shown).json()["error"]
    assert told["found"] == "this token of ada is that of a viewer, and may not: stop a run"
    assert told["fix"] == "make one that may: mainspring tokens new 'WHAT FOR' --user ada --role editor"


def test_who_is_nobody_is_led_to_the_way_in_from_pages_that_are_none_too(opened):
    answer = Browser(opened).get("/nothing")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?then=/nothing")


def test_whether_it_lives_is_told_to_probes_under_any_name(tmp_path):
    with platform.open(write_settings(tmp_path, 'hosts = ["ml.example.org"]\nsign_in = "nobody"')) as found:
        probe = Browser(found, base="http://10.1.2.3:8090")
        assert probe.get("/healthz").json() == {"ok": True}
        assert probe.get("/api/me").status_code == 403


def test_a_person_who_is_refused_at_the_door_reads_words(tmp_path):
    with platform.open(write_settings(tmp_path, 'hosts = ["ml.example.org"]\nsign_in = "nobody"')) as found:
        answer = Browser(found, base="http://other.example").get("/runs")
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "the console is not called 'other.example'\n  expected: ml.example.org"


def test_a_form_without_a_seal_or_with_another_ones_does_nothing(opened, browsers):
    before = len(opened.models.history("loans"))
    bob = browsers["bob"]
    good = bob.seal()
    expired = Seals(_secret(opened), clock=lambda: 0.0).seal(_session(opened, "bob"))
    others = [browsers["eve"].seal(), Browser(opened).arrive(), "", "x", "text.x", good[:-1], "9" * 400 + ".a",
              "1e9." + "a" * 64, "\u0661.x", expired, Seals(b"1" * 32).seal(_session(opened, "bob"))]  # fmt: skip
    for seal in others:
        answer = bob.act("models.rollback", seal=seal, model="loans", reason="x")
        assert answer.status_code == 403, (seal, answer.text)
        headers = {"x-mainspring-seal": seal.encode()} if seal else {}
        answer = bob.client.post("/api/models/loans/rollback", json={"reason": "x"}, headers=headers)
        assert answer.status_code == 403, (seal, answer.text)
    assert len(opened.models.history("loans")) == before
    told = [one.entry for one in accounts_of(opened).book.all() if "rollback" in one.entry.operation]
    assert {one.outcome for one in told} == {Outcome.REFUSED}
    assert told[-1].operation == "POST /api/models/loans/rollback"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "https://localhost:8443"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": ""},
        {"host": "evil.example", "origin": "http://evil.example"},
        {"host": "localhost@evil.example"},
        {"host": "evil.example#localhost"},
        {"host": "[::1"},
        {"host": ""},
    ],
)
def test_requests_of_other_sites_and_for_other_names_are_refused(browsers, headers):
    bob = browsers["bob"]
    given = {"-seal": bob.seal(), "model": "loans", "reason": "x"}
    assert bob.client.post("/act/models.rollback", data=given, headers=headers).status_code == 403


def test_a_request_that_names_two_hosts_is_refused(browsers):
    headers = [("host", "localhost"), ("host", "evil.example")]
    assert browsers["bob"].client.get("/jobs", headers=headers).status_code == 403


def test_what_is_told_to_stand_for_a_host_is_not_looked_at(browsers):
    answer = browsers["bob"].client.get("/users/tokens", headers={"x-forwarded-host": "evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_json_that_another_site_could_send_is_not_read(browsers, kind):
    bob = browsers["bob"]
    headers = {"content-type": kind, "x-mainspring-seal": bob.seal()}
    answer = bob.client.post("/api/models/loans/rollback", content=b'{"reason": "x"}', headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["expected"] == "application/json"


@pytest.mark.parametrize(
    "shown", ["Bearer x", "Basic YWRhOng=", "Bearer", "", "Bearer mst_" + "a" * 54, "Bearer " + "x" * 999]
)
def test_a_header_that_is_no_token_is_nobody_though_the_session_counts(browsers, shown):
    answer = browsers["ada"].client.get("/api/me", headers={"authorization": shown})
    assert answer.status_code == 401


@pytest.mark.parametrize(("path", "kind"), [
    ("/api/models/loans/rollback", "application/json"),
    ("/act/models.rollback", "application/x-www-form-urlencoded"),
])  # fmt: skip
def test_who_sends_slowly_may_no_more_than_they_may_at_the_end(tmp_path, path, kind):
    with platform.open(write_settings(tmp_path)) as found:
        people(found)
        bob = Browser(found)
        bob.sign_in("bob")
        seal, cookies = bob.seal(), "; ".join(f"{name}={value}" for name, value in bob.client.cookies.items())
        answered = []

        async def receive():
            accounts_of(found).directory.set_role("bob", Role.VIEWER, by="ada")
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            answered.append(message.get("status"))

        told = {"host": "localhost", "cookie": cookies, "content-type": kind, "x-mainspring-seal": seal}
        headers = [(name.encode(), value.encode()) for name, value in told.items()]
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
                 "headers": headers, "client": ("10.0.0.1", 1), "scheme": "http", "http_version": "1.1",
                 "server": ("localhost", 80), "root_path": ""}  # fmt: skip
        asyncio.run(bob.application(scope, receive, send))
        assert answered[0] == 401


def test_the_trail_is_not_filled_with_tokens_that_somebody_thought_up(opened):
    def heard():
        return sum(1 for one in accounts_of(opened).book.all() if one.entry.operation == "tokens.show")

    before, program = heard(), Browser(opened)
    for number in range(20):
        assert program.ask("GET", "/me", authorization=f"Bearer mst_{number:010}_{'x' * 43}").status_code == 401
    assert heard() == before + 1


def test_tokens_that_ended_or_were_taken_back_count_no_longer_and_the_trail_knows(opened, secrets):
    accounts = accounts_of(opened)
    token, secret = accounts.tokens.make("bob", Role.APPROVER, label="gone", days=1)
    program = Browser(opened)
    shown = {"authorization": f"Bearer {secret}"}
    assert program.ask("GET", "/me", **shown).json()["way"] == "token"
    assert program.ask("GET", "/me", authorization=f"bearer {secret}").status_code == 200
    accounts.tokens.revoke(token.id, by="ada")
    for _ in range(3):
        assert program.ask("GET", "/me", **shown).status_code == 401
    told = [one.entry for one in accounts.book.all() if one.entry.operation == "tokens.show"]
    mine = [one for one in told if one.given.get("token") == token.id]
    assert [one.why for one in mine] == ["the token was taken back"]
    assert secret not in str(told)


def test_a_role_that_was_taken_away_takes_it_from_the_token_too(opened):
    accounts = accounts_of(opened)
    accounts.directory.add("fay", Role.APPROVER)
    _, secret = accounts.tokens.make("fay", Role.APPROVER, label="x", days=1)
    accounts.directory.set_role("fay", Role.VIEWER, by="ada")
    shown = {"authorization": f"Bearer {secret}"}
    assert Browser(opened).ask("GET", "/me", **shown).json()["role"] == "viewer"
    answer = Browser(opened).ask("POST", "/models/loans/rollback", {"reason": "x"}, seal="", **shown)
    assert answer.status_code == 403


def test_under_a_prefix_no_trick_leads_past_the_door(tmp_path):
    with platform.open(write_settings(tmp_path, 'root_path = "/console"\nhosts = ["localhost"]')) as found:
        people(found)
        browser = Browser(found)
        for path in ("/console/jobs", "/jobs", "/console//jobs", "/console/../jobs", "/console%2fjobs",
                     "/consolejobs", "/console/console/jobs", "//jobs", "/console/sign-in/../jobs",
                     "/console/static/../api/me", "/console/api/me", "/console;/jobs"):  # fmt: skip
            answer = browser.client.get(path, headers={"accept": "text/html"})
            assert answer.status_code in (303, 401, 404), (path, answer.status_code)
            assert answer.headers.get("location", "/console/").startswith("/console/"), path
        browser = Browser(found, root="/console")
        browser.sign_in("bob")
        assert browser.get("/jobs").status_code == 200


def test_a_body_is_not_read_for_whoever_is_nobody(opened):
    answer = Browser(opened).client.post("/act/models.rollback", content=b"x" * 1000)
    assert answer.status_code == 401


def test_pages_are_kept_by_nobody_and_run_nothing_of_others(browsers):
    headers = browsers["eve"].get("/users/me").headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == (
        "'none'",
        "'self'",
        "'none'",
    )


@pytest.mark.parametrize(
    ("seen", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "nonsense", "nonsense"),
        ("10.0.0.2", "10.0.0.4", "10.0.0.4"),
    ],
)
def test_an_address_is_the_last_that_is_no_proxys(seen, forwarded, address):
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    request = Request({"type": "http", "client": (seen, 1), "headers": headers})
    assert address_of(request, ["10.0.0.0/8"]) == address
    assert address_of(request) == seen


def _session(opened, name):
    return accounts_of(opened).sessions.of(name)[0].id


def _secret(opened):
    return bytes.fromhex((opened.settings.path(".mainspring/console/secret")).read_text())


def test_the_secret_is_its_owners_alone_and_stays_the_same(opened):
    console_of(opened)
    file = opened.settings.path(".mainspring/console/secret")
    assert file.stat().st_mode & 0o077 == 0
    before = file.read_text()
    console_of(opened)
    assert file.read_text() == before
