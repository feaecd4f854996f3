"""Signing in with an identity provider: a real one, small, with a key of its own, on this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.unit.app.console.accounts_world import Browser, write_settings
from tests.unit.app.console.conftest import words_of

from mainspring.app import platform
from mainspring.app.accounts import Origin, Role
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.accounts.provider import Provider, at, check_safe
from mainspring.app.settings import Oidc
from mainspring.app.web.starting import console_of
from mainspring.core.errors import InputError

SECRET = "the secret of the client"


class Idp(ThreadingHTTPServer):
    """An OpenID provider: discovery, keys, authorisation (whoever asks is let in), tokens for codes with PKCE."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, object] = {}
        self.headers: dict[str, str] = {}
        self.signs_with, self.algorithm = self.key, "RS256"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def reset(self):
        """Say the truth again."""
        self.claims, self.signs_with, self.algorithm = {}, self.key, "RS256"

    def authorise(self, address):
        """What the provider's page does: give the browser a code, and send it back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, given):
        """An ID token for a code, once, to whoever began."""
        asked = self.codes.pop(given["code"])
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest()).decode()
        if challenge.rstrip("=") != asked["code_challenge"] or given["redirect_uri"] != asked["redirect_uri"]:
            return None
        moment = time.time()
        claims = {
            "iss": self.issuer,
            "sub": "248289761001",
            "aud": "console",
            "exp": moment + 300,
            "iat": moment,
            "nonce": asked["nonce"],
            "preferred_username": "grace",
            "groups": ["ml", "leads"],
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, self.signs_with, algorithm=self.algorithm, headers={"kid": "k1"})


class _Handler(BaseHTTPRequestHandler):
    server: Idp

    def log_message(self, *_):
        """Say nothing."""

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        issuer = self.server.issuer
        if self.path.startswith("/.well-known"):
            self.answer(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorise",
                    "token_endpoint": f"{issuer}/token",
                    "jwks_uri": f"{issuer}/keys",
                }
            )
        else:
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.server.key.public_key()))
            self.answer({"keys": [{**public, "kid": "k1", "use": "sig"}]})

    def do_POST(self):
        given = self.rfile.read(int(self.headers["content-length"])).decode()
        named = base64.b64decode(self.headers["authorization"].removeprefix("Basic ")).decode()
        known = named == f"console:{SECRET.replace(' ', '%20')}"
        token = self.server.token({name: one[0] for name, one in parse_qs(given).items()}) if known else None
        self.answer(
            {"id_token": token, "token_type": "Bearer"} if token else {"error": "invalid_grant"},
            200 if token else 400,
        )


@pytest.fixture(scope="module")
def idp():
    made = Idp()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def opened(tmp_path, idp):
    idp.reset()
    settings = f"""sign_in = "oidc"
[console.oidc]
issuer = "{idp.issuer}"
client = "console"
secret = "{SECRET}"
label = "Example Inc."
role_claim = "groups"
roles = {{ml = "editor", leads = "approver"}}
role = ""
"""
    with platform.open(write_settings(tmp_path, settings)) as found:
        yield found


def begin(browser, then="/jobs"):
    return browser.get(f"/sign-in/provider?then={then}").headers["location"]


def back(browser, given):
    return browser.client.get("/sign-in/back", params=given, headers={"accept": "text/html"})


def why(opened):
    return [one.entry.why for one in accounts_of(opened).book.all()][-1]


def test_somebody_comes_in_with_the_name_and_the_role_that_the_provider_gives(opened, idp):
    browser = Browser(opened)
    page = browser.get("/sign-in").text
    assert "Sign in with Example Inc." in words_of(page)
    assert 'type="password"' not in page
    answer = back(browser, idp.authorise(begin(browser)))
    assert answer.headers["location"] == "/jobs"
    me = browser.ask("GET", "/me").json()
    assert (me["name"], me["role"]) == ("grace", "approver")
    held = accounts_of(opened).directory.get("grace")
    assert (held.account.origin, held.hash) == (Origin.PROVIDER, "")
    assert [one.entry.who for one in accounts_of(opened).book.all()] == ["grace"]


def test_another_role_at_the_provider_is_another_one_here(opened, idp):
    accounts_of(opened).directory.add("ada", Role.ADMIN)
    first, second = Browser(opened), Browser(opened)
    back(first, idp.authorise(begin(first)))
    idp.claims = {"groups": ["ml"]}
    back(second, idp.authorise(begin(second)))
    assert second.ask("GET", "/me").json()["role"] == "editor"
    assert first.ask("GET", "/me").status_code == 401


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "somebody-else"}, "Audience"),
        ({"aud": ["console", "other"]}, "another client"),
        ({"azp": "other"}, "another client"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"exp": 1_000_000_000}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        ({"iat": 4_000_000_000}, "iat"),
        ({"sub": None}, "sub"),
        ({"preferred_username": None}, "no name"),
        ({"preferred_username": "a/b\n"}, "cannot name an account"),
        ({"groups": ["other"]}, "gives a role"),
        ({"groups": None}, "gives a role"),
    ],
)
def test_a_token_that_does_not_count_lets_nobody_in(opened, idp, claims, reason):
    browser = Browser(opened)
    idp.claims = claims
    answer = back(browser, idp.authorise(begin(browser)))
    assert answer.status_code == 401
    assert "did not let you in" in words_of(answer.text)
    assert reason in why(opened)
    assert browser.get("/jobs").status_code == 303
    assert accounts_of(opened).directory.all() == []


def test_a_token_with_a_wrong_signature_lets_nobody_in(opened, idp):
    browser = Browser(opened)
    idp.signs_with = idp.other
    assert back(browser, idp.authorise(begin(browser))).status_code == 401
    assert "no key of the provider" in why(opened)
    idp.signs_with, idp.algorithm = None, "none"
    assert back(browser, idp.authorise(begin(browser))).status_code == 401
    idp.signs_with, idp.algorithm = "a shared secret, long enough to be one", "HS256"
    assert back(browser, idp.authorise(begin(browser))).status_code == 401
    assert "does not count" in why(opened)


def test_who_comes_back_has_to_have_begun_in_this_browser_and_once(opened, idp):
    one, other = Browser(opened), Browser(opened)
    given = idp.authorise(begin(one))
    begin(other)
    assert back(other, given).status_code == 401
    assert "state" in why(opened)
    assert back(Browser(opened), given).status_code == 401
    assert "has not begun" in why(opened)
    assert back(one, {**given, "state": "x"}).status_code == 401
    assert back(one, given).status_code == 401  # what was begun has ended with the wrong state
    given = idp.authorise(begin(one))
    assert back(one, given).status_code == 303
    fresh = Browser(opened)
    begin(fresh)
    assert back(fresh, given).status_code == 401


@pytest.mark.parametrize(
    "given", [{"error": "access_denied"}, {"code": ""}, {"code": "code-99"}, {"code": "x", "iss": "https://evil"}]
)
def test_what_the_provider_refuses_is_refused(opened, idp, given):
    browser = Browser(opened)
    state = parse_qs(urlsplit(begin(browser)).query)["state"][0]
    assert back(browser, {"state": state, **given}).status_code == 401


def test_an_account_of_somebody_else_with_that_name_is_not_taken_over(opened, idp):
    accounts_of(opened).directory.add("Grace", Role.ADMIN, hashed="x")
    browser = Browser(opened)
    assert back(browser, idp.authorise(begin(browser))).status_code == 401
    assert "is not that of" in why(opened)
    idp.claims = {"preferred_username": "linus"}
    assert back(browser, idp.authorise(begin(browser))).status_code == 303
    idp.claims = {"preferred_username": "linus", "sub": "7"}
    assert back(Browser(opened), {}).status_code == 401
    other = Browser(opened)
    assert back(other, idp.authorise(begin(other))).status_code == 401


def test_who_is_disabled_here_stays_out(opened, idp):
    accounts_of(opened).directory.add("ada", Role.ADMIN)
    browser = Browser(opened)
    back(browser, idp.authorise(begin(browser)))
    accounts_of(opened).directory.set_disabled("grace", True, by="ada")
    assert browser.get("/jobs").status_code == 303
    assert back(browser, idp.authorise(begin(browser))).status_code == 401


def test_the_browser_is_sent_nowhere_but_back(opened, idp):
    browser = Browser(opened)
    answer = back(browser, idp.authorise(begin(browser, "//evil.example")))
    assert answer.headers["location"] == "/"


def test_a_provider_that_does_not_answer_is_said_to(tmp_path):
    settings = 'sign_in = "oidc"\n[console.oidc]\nissuer = "http://127.0.0.1:9"\nclient = "c"'
    with platform.open(write_settings(tmp_path, settings)) as found:
        answer = Browser(found).get("/sign-in/provider")
        assert answer.status_code == 503
        assert "does not answer" in words_of(answer.text)


def test_a_provider_whose_word_could_be_changed_on_the_way_is_refused(tmp_path):
    with pytest.raises(InputError, match="anybody on the way"):
        check_safe("http://login.example.org")
    with pytest.raises(InputError, match="no identity provider"):
        Provider(Oidc())
    with platform.open(write_settings(tmp_path, 'sign_in = "oidc"')) as found, pytest.raises(InputError):
        console_of(found)


def test_claims_lie_within_others():
    assert at({"realm_access": {"roles": ["a"]}}, "realm_access.roles") == ["a"]
    assert at({"https://x/roles": "a b"}, "https://x/roles") == "a b"
    assert at({"a": 1}, "a.b") is None
