"""Identity providers: OpenID Connect, by the authorisation code with PKCE (RFC 7636), state and nonce."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from mainspring.app.accounts.caller import UnauthenticatedError
from mainspring.app.accounts.roles import Role
from mainspring.app.settings import Oidc
from mainspring.core.clock import Clock, now
from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.security.key_set import KeySet
from mainspring.serving.security.trusted_json import is_safe, json_at

_ALGORITHMS: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
"""Signatures with a public key alone, and the family of the key of each."""

_SECONDS: Final = 10.0
_FRESH: Final = 3600.0
_LEEWAY: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The beginning of a way through the provider, which the browser keeps until it comes back.

    Attributes:
        state: Comes back with the browser, and so shows that it was sent from here.
        nonce: Comes back in the token, and so shows that it was made for this.
        verifier: Shows the provider that who fetches the token is who began.
    """

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, as the provider knows them.

    Attributes:
        subject: Issuer and subject, which nobody else ever has.
        name: Their name.
        role: What they may do; ``None`` where the provider does not say.
    """

    subject: str
    name: str
    role: Role | None


class Provider:
    """An identity provider. Safe for threads; it is asked when somebody signs in, and not before.

    Args:
        options: What it is, and what its words mean.
        clock: Gives the time.

    Raises:
        UnavailableError: If the library that checks signatures is not installed.
        InputError: If the settings name no provider, or one whose word anybody on the way could change.
    """

    def __init__(self, options: Oidc, *, clock: Clock = now) -> None:
        if find_spec("jwt") is None or find_spec("cryptography") is None:
            raise UnavailableError(
                "tokens cannot be checked: PyJWT or cryptography is not installed",
                fix="pip install 'mainspring[oidc]'",
            )
        if not options.issuer or not options.client:
            raise InputError(
                "no identity provider is named",
                expected="issuer and client",
                where="[console.oidc] in mainspring.toml",
            )
        check_safe(options.issuer)
        self.options, self._clock = options, clock
        self._guard = threading.Lock()
        self._told: Mapping[str, Any] = {}
        self._asked = 0.0
        self._keys: KeySet | None = None

    @property
    def label(self) -> str:
        """What it is called on the page of signing in."""
        return self.options.label or urlsplit(self.options.issuer).hostname or "the identity provider"

    def start(self) -> Start:
        """Begin: values that nobody can guess."""
        return Start(
            state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48)
        )

    def address(self, start: Start, back: str) -> str:
        """Where to send the browser.

        Args:
            start: What was begun.
            back: The address of the console that it shall come back to.

        Raises:
            UnavailableError: If the provider does not answer.
        """
        place = str(self._discovered()["authorization_endpoint"])
        challenge = base64.urlsafe_b64encode(hashlib.sha256(start.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self.options.client,
            "redirect_uri": back,
            "scope": " ".join(dict.fromkeys(("openid", *self.options.scopes))),
            "state": start.state,
            "nonce": start.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(asked)}"

    def person(self, start: Start, given: Mapping[str, str], back: str) -> Person:
        """Who came back.

        Args:
            start: What was begun in this browser.
            given: What the browser brought back, in the address.
            back: As for :meth:`address`.

        Raises:
            UnauthenticatedError: If what came back does not count, with the reason for the audit trail.
            UnavailableError: If the provider does not answer.
        """
        if not hmac.compare_digest(given.get("state", "").encode(), start.state.encode()):
            raise UnauthenticatedError("the state that came back is not the one that was sent")
        if given.get("error") or not given.get("code"):
            raise UnauthenticatedError(f"the provider said no: {given.get('error', 'no code')[:100]}")
        if given.get("iss", self.options.issuer).rstrip("/") != self.options.issuer.rstrip("/"):
            raise UnauthenticatedError("another provider than the one that was asked answers")
        answer = self._exchanged(given["code"], start, back)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise UnauthenticatedError("the provider gave no ID token")
        claims = self._claims(token)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), start.nonce.encode()):
            raise UnauthenticatedError("the token was made for another sign-in: its nonce is another one")
        return self._person(claims)

    def close(self) -> None:
        """Look for new keys no longer."""
        if self._keys is not None:
            self._keys.close()

    def _discovered(self) -> Mapping[str, Any]:
        with self._guard:
            if self._told and self._clock() - self._asked < _FRESH:
                return self._told
            issuer = self.options.issuer.rstrip("/")
            told = json_at(issuer + "/.well-known/openid-configuration", seconds=_SECONDS)
            if str(told.get("issuer", "")).rstrip("/") != issuer:
                raise UnavailableError(
                    f"the issuer there is {told.get('issuer')!r}", expected=issuer, where=issuer
                )
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(told.get(name), str):
                    raise UnavailableError(f"the provider does not tell its {name}", where=issuer)
                check_safe(told[name])
            if self._keys is None or self._keys.place != told["jwks_uri"]:
                self.close()
                self._keys = KeySet(issuer, told["jwks_uri"])
            self._told, self._asked = told, self._clock()
            return told

    def _exchanged(self, code: str, start: Start, back: str) -> Mapping[str, Any]:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self.options.client,
            "code_verifier": start.verifier,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if self.options.secret:
            named = ":".join(quote(one, safe="") for one in (self.options.client, self.options.secret))
            headers["authorization"] = "Basic " + base64.b64encode(named.encode()).decode()
        place = str(self._discovered()["token_endpoint"])
        try:
            return json_at(place, urlencode(asked).encode(), headers=headers, seconds=_SECONDS)
        except UnavailableError as error:
            raise UnauthenticatedError(f"the provider did not take the code: {error.found}") from error

    def _claims(self, token: str) -> Mapping[str, Any]:
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            algorithm = str(header.get("alg"))
            if algorithm not in _ALGORITHMS:
                raise UnauthenticatedError(f"the token is signed by {algorithm!r}, which does not count")
            for key in self._found(header.get("kid"), algorithm):
                try:
                    claims: Mapping[str, Any] = jwt.decode(
                        token,
                        jwt.PyJWK(dict(key), algorithm=algorithm),
                        algorithms=[algorithm],
                        audience=self.options.client,
                        issuer=[self.options.issuer, self.options.issuer.rstrip("/")],
                        leeway=_LEEWAY,
                        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
                    )
                except jwt.InvalidSignatureError:
                    continue
                several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
                if (several or "azp" in claims) and claims.get("azp") != self.options.client:
                    raise UnauthenticatedError("the token was made for another client")
                return claims
            raise UnauthenticatedError("no key of the provider signed the token")
        except (jwt.PyJWTError, ValueError) as error:
            raise UnauthenticatedError(f"the token does not count: {error}") from error

    def _found(self, name: str | None, algorithm: str) -> list[Mapping[str, Any]]:
        self._discovered()
        keys = self._keys
        found = [] if keys is None else keys.find(name, _ALGORITHMS[algorithm])
        if not found and keys is not None and keys.look_soon():
            raise UnauthenticatedError("the key of the token is not known yet; it is being asked for")
        return found[:8]

    def _person(self, claims: Mapping[str, Any]) -> Person:
        options = self.options
        name = at(claims, options.name_claim)
        if not isinstance(name, str) or not name.strip():
            raise UnauthenticatedError(f"the token has no name: {options.name_claim!r} is {name!r}"[:200])
        if options.name_claim == "email" and claims.get("email_verified") is not True:
            raise UnauthenticatedError("the provider has not verified the address that would be the name")
        subject = f"{options.issuer.rstrip('/')}#{claims['sub']}"
        return Person(subject=subject, name=name, role=self._role(claims))

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        if not self.options.role_claim:
            return None
        found = at(claims, self.options.role_claim)
        words = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
        given = [Role(self.options.roles[word]) for word in words if word in self.options.roles]
        if given:
            return max(given, key=list(Role).index)
        if not self.options.role:
            raise UnauthenticatedError(f"nothing in {self.options.role_claim!r} of the token gives a role")
        return Role(self.options.role)


def check_safe(place: str) -> None:
    """See that what is said at an address can be believed.

    Raises:
        InputError: If it is neither one with https, nor on this machine.
    """
    if not is_safe(place):
        raise InputError(
            f"{place!r} would say who people are, and anybody on the way could change what it says",
            expected="an address with https, or on this machine",
            where="[console.oidc] in mainspring.toml",
        )


def at(claims: Mapping[str, Any], path: str) -> object:
    """A claim, or one within others: ``realm_access.roles``.

    Example:
        >>> at({"a": {"b": 1}, "c.d": 2}, "a.b"), at({"c.d": 2}, "c.d")
        (1, 2)
    """
    if path in claims:
        return claims[path]
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
