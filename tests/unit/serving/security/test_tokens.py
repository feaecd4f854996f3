"""Tokens of a real issuer: a local HTTP server with keys made here."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

jwt = pytest.importorskip("jwt", reason="needs the extra oidc")
asymmetric = pytest.importorskip("cryptography.hazmat.primitives.asymmetric", reason="needs the extra oidc")

from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: E402

from mainspring.core.errors import InputError, UnavailableError  # noqa: E402
from mainspring.serving.caller import Scope  # noqa: E402
from mainspring.serving.problems import LoadingError, UnauthenticatedError  # noqa: E402
from mainspring.serving.security.gatekeeper import Gatekeeper  # noqa: E402
from mainspring.serving.security.key_set import KeySet  # noqa: E402
from mainspring.serving.security.options import Oidc, SecurityOptions  # noqa: E402
from mainspring.serving.security.tokens import Tokens  # noqa: E402


def jwk(key: Any, number: str, **more: str) -> dict[str, Any]:
    """The public half of a key, as issuers publish it."""
    kinds = {rsa.RSAPrivateKey: "RSA", ec.EllipticCurvePrivateKey: "EC", ed25519.Ed25519PrivateKey: "Ed"}
    [kind] = [name for cls, name in kinds.items() if isinstance(key, cls)]
    algorithm = {
        "RSA": jwt.algorithms.RSAAlgorithm,
        "EC": jwt.algorithms.ECAlgorithm,
        "Ed": jwt.algorithms.OKPAlgorithm,
    }
    plain = algorithm[kind].to_jwk(key.public_key(), as_dict=True)
    return {**plain, "kid": number, "use": "sig", **more}


class Issuer:
    """An identity provider on loopback.

    Attributes:
        keys: What it publishes.
        asked: How often its keys were fetched.
        broken: Whether it fails.
    """

    def __init__(self) -> None:
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.ed = ed25519.Ed25519PrivateKey.generate()
        self.keys = [jwk(self.rsa, "r1"), jwk(self.ec, "e1"), jwk(self.ed, "d1")]
        self.asked, self.broken, self.fetched = 0, False, threading.Condition()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if issuer.broken:
                    self.send_error(500)
                    return
                found = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
                if self.path == "/elsewhere":
                    self.send_response(302)
                    self.send_header("location", f"{issuer.url}/keys")
                    self.end_headers()
                    return
                answer = found if self.path == "/.well-known/openid-configuration" else {"keys": issuer.keys}
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                if self.path == "/keys":
                    with issuer.fetched:
                        issuer.asked += 1
                        issuer.fetched.notify_all()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def token(self, *, key: Any = None, algorithm: str = "RS256", kid: str | None = "r1", **claims: Any) -> bytes:
        """A token; claims that are ``None`` are left out."""
        all_claims = {
            "iss": self.url,
            "aud": "models",
            "sub": "ann",
            "exp": time.time() + 60,
            "scope": "openid mainspring:inference",
            **claims,
        }
        kept = {name: value for name, value in all_claims.items() if value is not None}
        headers = {"kid": kid} if kid else None
        return jwt.encode(kept, key or self.rsa, algorithm=algorithm, headers=headers).encode()

    def wait_until_asked(self, times: int) -> None:
        with self.fetched:
            assert self.fetched.wait_for(lambda: self.asked >= times, timeout=20)


@pytest.fixture(scope="module")
def one_issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def issuer(one_issuer: Issuer) -> Iterator[Issuer]:
    keys = list(one_issuer.keys)
    one_issuer.asked = 0
    yield one_issuer
    one_issuer.keys, one_issuer.broken = keys, False


@pytest.fixture
def tokens(issuer: Issuer) -> Iterator[Callable[..., Tokens]]:
    made: list[Tokens] = []

    def make(**options: Any) -> Tokens:
        found = Tokens(Oidc(**{"issuer": issuer.url, "audience": ("models",), **options}))
        made.append(found)
        return found

    yield make
    for one in made:
        one.close()


def test_a_token_tells_who_asks_and_what_they_may(issuer: Issuer, tokens: Callable[..., Tokens]) -> None:
    caller = tokens().find(issuer.token())
    assert caller is not None
    assert (caller.name, caller.scopes, caller.models) == ("ann", {Scope.INFERENCE}, ("*",))


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [("ec", "ES256", "e1"), ("ed", "EdDSA", "d1"), ("rsa", "PS256", "r1"), ("rsa", "RS256", None)],
)
def test_signatures_with_public_keys(
    issuer: Issuer, tokens: Callable[..., Tokens], key: str, algorithm: str, kid: str | None
) -> None:
    token = issuer.token(key=getattr(issuer, key), algorithm=algorithm, kid=kid)
    assert tokens().find(token).name == "ann"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_600_000_000},
        {"exp": None},
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"aud": "others"},
        {"aud": None},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"exp": "soon"},
        {"sub": 7},
    ],
)
def test_claims_that_do_not_hold(issuer: Issuer, tokens: Callable[..., Tokens], claims: Mapping[str, Any]) -> None:
    with pytest.raises(UnauthenticatedError, match="the token does not count"):
        tokens().find(issuer.token(**claims))


def test_clocks_may_differ_a_little(issuer: Issuer, tokens: Callable[..., Tokens]) -> None:
    found = tokens(leeway=30)
    assert found.find(issuer.token(exp=time.time() - 10, nbf=time.time() + 10)) is not None
    with pytest.raises(UnauthenticatedError, match="expired"):
        found.find(issuer.token(exp=time.time() - 40))


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_does_not_choose_how_it_is_checked(issuer: Issuer, tokens: Callable[..., Tokens]) -> None:
    found = tokens()
    good = issuer.token().decode()
    claims = good.split(".")[1]
    unsigned = f"{part({'alg': 'none', 'kid': 'r1'})}.{claims}."
    # The public key taken as a shared secret: what a library falls for that believes the token's "alg".
    public = issuer.rsa.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    start = f"{part({'alg': 'HS256', 'kid': 'r1', 'typ': 'JWT'})}.{claims}"
    mac = base64.urlsafe_b64encode(hmac.digest(public, start.encode(), hashlib.sha256)).decode().rstrip("=")
    weak = issuer.token(algorithm="RS384").decode()
    for forged in (unsigned, f"{start}.{mac}", weak):
        with pytest.raises(UnauthenticatedError, match="not signed in a way that counts"):
            found.find(forged.encode())


def test_a_token_does_not_bring_its_own_key(issuer: Issuer, tokens: Callable[..., Tokens]) -> None:
    mine = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    found = tokens()
    headers = {"kid": "r1", "jwk": jwk(mine, "r1"), "jku": f"{issuer.url}/mine", "x5u": f"{issuer.url}/mine"}
    claims = {"iss": issuer.url, "aud": "models", "exp": time.time() + 60, "sub": "ann"}
    forged = jwt.encode(claims, mine, algorithm="RS256", headers=headers).encode()
    with pytest.raises(UnauthenticatedError, match="Signature verification failed"):
        found.find(forged)


@pytest.mark.parametrize("key", ["kid", "oct"])
def test_the_kind_of_key_has_to_fit(issuer: Issuer, tokens: Callable[..., Tokens], key: str) -> None:
    issuer.keys.append({"kty": "oct", "k": "c2VjcmV0", "kid": "oct", "use": "sig"})
    found = tokens()
    token = issuer.token(key=issuer.ec, algorithm="ES256", kid="r1" if key == "kid" else "oct")
    with pytest.raises(UnauthenticatedError, match="key is not known"):
        found.find(token)


def test_a_key_for_another_use_or_algorithm_does_not_count(issuer: Issuer, tokens: Callable[..., Tokens]) -> None:
    issuer.keys = [jwk(issuer.rsa, "r1", use="enc"), jwk(issuer.rsa, "r2", alg="PS256")]
    found = tokens()
    assert found.find(issuer.token(kid="r2", algorithm="PS256")) is not None
    for kid in ("r1", "r2"):
        with pytest.raises(UnauthenticatedError, match="key is not known"):
            found.find(issuer.token(kid=kid))


@pytest.mark.parametrize(
    "token", [b"", b"ey", b"ey.ey.ey", b"eyJ9.x.y", b"ey" + b"x" * 20_000, b"ey\xff.\xff.\xff", b"a.b.c.d"]
)
def test_what_is_no_token_is_refused(tokens: Callable[..., Tokens], token: bytes) -> None:
    with pytest.raises(UnauthenticatedError) as error:
        tokens().find(token)
    assert len(str(error.value)) < 200


def test_an_altered_token_is_refused(issuer: Issuer, tokens: Callable[..., Tokens]) -> None:
    found = tokens()
    head, claims, signature = issuer.token().split(b".")
    assert found.find(b".".join((head, claims, signature))) is not None
    more = json.loads(base64.urlsafe_b64decode(claims + b"=="))
    forged = part({**more, "scope": "mainspring:management"}).encode()
    with pytest.raises(UnauthenticatedError, match="Signature"):
        found.find(b".".join((head, forged, signature)))


def test_a_token_is_checked_once_and_forgotten_when_it_expires(
    issuer: Issuer, tokens: Callable[..., Tokens], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tokens(leeway=0)
    checked: list[int] = []
    decode = jwt.decode
    monkeypatch.setattr(jwt, "decode", lambda *given, **options: checked.append(1) or decode(*given, **options))
    token = issuer.token(exp=int(time.time()) + 60)
    assert found.find(token) is found.find(token)
    assert len(checked) == 1
    found._clock = lambda: time.time() + 61  # the right answer of before is not given any more
    assert found.find(token) is not None
    assert len(checked) == 2


def test_a_flood_of_tokens_does_not_fill_the_memory(
    issuer: Issuer, tokens: Callable[..., Tokens], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mainspring.serving.security import tokens as module

    monkeypatch.setattr(module, "_REMEMBERED", 3)
    found = tokens()
    for number in range(6):
        found.find(issuer.token(key=issuer.ed, algorithm="EdDSA", kid="d1", sub=f"ann-{number}"))
    assert len(found._right) == 3


def test_keys_are_rotated_while_the_server_runs(issuer: Issuer, tokens: Callable[..., Tokens]) -> None:
    found = tokens()
    found._keys._pause = 0.0
    old = issuer.token(key=issuer.ed, algorithm="EdDSA", kid="d1")
    assert found.find(old) is not None
    fresh = ed25519.Ed25519PrivateKey.generate()
    issuer.keys = [jwk(fresh, "d2")]
    new = issuer.token(key=fresh, algorithm="EdDSA", kid="d2")
    with pytest.raises(LoadingError, match="not known yet"):
        found.find(new)
    wait_for(lambda: found._keys.generation == 2)
    assert found.find(new) is not None
    # What was signed with a key that was taken back counts no more, though it was found right before.
    found._keys._pause = 1000.0
    with pytest.raises(UnauthenticatedError, match="key is not known"):
        found.find(old)


def test_unknown_keys_do_not_make_the_issuer_be_asked_all_the_time(
    issuer: Issuer, tokens: Callable[..., Tokens]
) -> None:
    found = tokens()
    for number in range(20):
        with pytest.raises(UnauthenticatedError, match="key is not known"):
            found.find(issuer.token(key=issuer.ed, algorithm="EdDSA", kid=f"made-up-{number}"))
    assert issuer.asked == 1


def test_an_issuer_that_fails_changes_nothing(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    keys = KeySet(issuer.url, f"{issuer.url}/keys", pause=0.0)
    try:
        issuer.broken = True
        keys.look_soon()
        wait_for(lambda: any("trying again" in record.getMessage() for record in caplog.records))
        assert len(keys.find(None, "RSA")) == 1
    finally:
        keys.close()


def test_a_server_starts_without_its_issuer_and_asks_again(
    issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.broken = True
    keys = KeySet(issuer.url, pause=0.0)
    try:
        assert keys.find(None, "RSA") == []
        assert "trying again" in caplog.text
        issuer.broken = False
        keys.look_soon()
        wait_for(lambda: keys.find("r1", "RSA"))
    finally:
        keys.close()


def test_keys_may_lie_in_a_file(issuer: Issuer, tokens: Callable[..., Tokens], tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(UnavailableError, match="cannot be read"):
        tokens(keys=str(path))
    path.write_text(json.dumps({"keys": issuer.keys}))
    found = tokens(issuer="https://issuer.example", keys=str(path))
    assert found.find(issuer.token(iss="https://issuer.example")) is not None
    assert issuer.asked == 0


@pytest.mark.parametrize("content", ["[]", "{}", '{"keys": 7}', '{"keys": [7]}', "{", '{"keys": []}'])
def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(UnavailableError, match=str(path)):
        KeySet("https://issuer.example", str(path))


@pytest.mark.parametrize(
    "place", ["http://issuer.example/keys", "http://127.0.0.1.issuer.example/keys", "http://10.0.0.1/keys"]
)
def test_keys_are_not_taken_from_anybody_on_the_way(place: str) -> None:
    with pytest.raises(InputError, match="https"):
        KeySet("https://issuer.example", place)
    with pytest.raises(InputError, match="https"):
        KeySet(place)


def test_an_issuer_cannot_pass_the_question_on(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    keys = KeySet(issuer.url, f"{issuer.url}/elsewhere")
    keys.close()
    assert keys.find(None, "RSA") == []
    assert "302" in caplog.text


def test_an_issuer_has_to_be_who_it_says(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    keys = KeySet(issuer.url.replace("127.0.0.1", "localhost"))
    keys.close()
    assert keys.find(None, "RSA") == []
    assert "the issuer there is" in caplog.text


def test_scopes_names_and_models_come_from_claims_that_are_set(
    issuer: Issuer, tokens: Callable[..., Tokens]
) -> None:
    found = tokens(
        scope_claim="realm_access.roles",
        scopes={"data-scientist": (Scope.INFERENCE, Scope.METRICS), "operator": (Scope.MANAGEMENT,)},
        name_claim="https://example.com/email",
        models_claim="models",
    )
    claims = {
        "realm_access": {"roles": ["data-scientist", "other", 7]},
        "https://example.com/email": "ann@example.com",
        "models": ["taxi*"],
    }
    caller = found.find(issuer.token(**claims))
    assert caller is not None
    assert (caller.name, caller.scopes) == ("ann@example.com", {Scope.INFERENCE, Scope.METRICS})
    assert caller.may_ask("taxi-eu")
    assert not caller.may_ask("flowers")
    poor = found.find(issuer.token(realm_access="none"))
    assert poor is not None
    assert (poor.name, poor.scopes, poor.models) == ("", frozenset(), ())


def test_the_gate_takes_tokens_and_keys(issuer: Issuer) -> None:
    gate = Gatekeeper(SecurityOptions(oidc=Oidc(issuer=issuer.url, audience=("models", "x"))))
    try:
        headers = {b"authorization": b"Bearer " + issuer.token()}
        assert gate.admit(Scope.INFERENCE, headers, "203.0.113.9").name == "ann"
        with pytest.raises(UnauthenticatedError):
            gate.admit(Scope.INFERENCE, {b"x-api-key": b"msk_aaaaaaaa_x"}, "203.0.113.9")
    finally:
        gate.close()


def test_what_tokens_need_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from mainspring.serving.security import tokens as module

    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match=r"pip install 'mainspring\[oidc\]'"):
        Tokens(Oidc(issuer="https://issuer.example", audience=("models",)))


def wait_for(true: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)
