"""Recognising tokens of an identity provider: JSON Web Tokens (RFC 7519) signed with a public key.

What RFC 8725 (best current practices) asks for is kept: which signatures count is set here and never by the token;
the kind of the key has to fit the signature; issuer, audience and expiry have to be there; what a token says about
where to find its key is not followed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from mainspring.core.clock import Clock, now
from mainspring.core.errors import UnavailableError
from mainspring.serving.caller import Caller, Scope
from mainspring.serving.problems import LoadingError, UnauthenticatedError
from mainspring.serving.security.key_set import KeySet
from mainspring.serving.security.options import Oidc

LONGEST = 16_384
_REMEMBERED = 4096
_FAMILY = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


class Tokens:
    """Tells who has a token. For the thread of one event loop.

    A token that was found right is remembered until it expires, or the keys of its issuer change.

    Args:
        options: Whose tokens, and what they may do.

    Raises:
        UnavailableError: If the library that checks signatures is not installed.
        MainspringError: See :class:`mainspring.serving.security.key_set.KeySet`.
    """

    def __init__(self, options: Oidc, *, clock: Clock = now) -> None:
        if find_spec("jwt") is None or find_spec("cryptography") is None:
            raise UnavailableError(
                "tokens cannot be checked: PyJWT or cryptography is not installed",
                fix="pip install 'mainspring[oidc]'",
            )
        self._options, self._clock = options, clock
        self._keys = KeySet(options.issuer, options.keys, refresh=options.refresh)
        self._scopes = dict(options.scopes) or {f"mainspring:{scope.value}": (scope,) for scope in Scope}
        self._right: dict[bytes, tuple[Caller, float]] = {}
        self._generation = self._keys.generation

    def find(self, token: bytes) -> Caller | None:
        """Who has a token.

        Raises:
            UnauthenticatedError: If it is not right, or not valid any more, with the reason.
            LoadingError: If its key is not known yet, and is being asked for.
        """
        if self._generation != self._keys.generation:
            self._generation = self._keys.generation
            self._right.clear()
        digest = hashlib.sha256(token).digest()
        known = self._right.get(digest)
        if known is not None and self._clock() < known[1]:
            return known[0]
        claims = self._claims(token)
        caller = self._caller(claims)
        if len(self._right) >= _REMEMBERED:
            del self._right[next(iter(self._right))]
        self._right[digest] = caller, float(claims["exp"]) + self._options.leeway
        return caller

    def close(self) -> None:
        """Look for new keys no longer."""
        self._keys.close()

    def _claims(self, token: bytes) -> Mapping[str, Any]:
        import jwt

        if len(token) > LONGEST:
            raise UnauthenticatedError(f"the token is longer than {LONGEST} bytes")
        options = self._options
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in options.algorithms:
                raise jwt.InvalidAlgorithmError("it is not signed in a way that counts here")
            error: jwt.PyJWTError | None = None
            for found in self._found(header.get("kid"), algorithm):
                try:
                    return jwt.decode(
                        token,
                        jwt.PyJWK(dict(found), algorithm=algorithm),
                        algorithms=[algorithm],
                        audience=list(options.audience),
                        issuer=[options.issuer, options.issuer.rstrip("/")],
                        leeway=options.leeway,
                        options={"require": ["exp", "iss", "aud"]},
                    )
                except jwt.InvalidSignatureError as wrong:
                    error = wrong
            raise error or jwt.InvalidKeyError("its key is not known")
        except (jwt.PyJWTError, ValueError) as error:
            raise UnauthenticatedError(f"the token does not count: {error}") from error

    def _found(self, name: str | None, algorithm: str) -> list[Mapping[str, Any]]:
        family = _FAMILY[algorithm[:2]]
        found = [key for key in self._keys.find(name, family) if key.get("alg", algorithm) == algorithm]
        if not found and self._keys.look_soon():
            raise LoadingError("the key of the token is not known yet; it is being asked for", fix="ask again")
        return found[:8]

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        options = self._options
        scopes = {scope for word in _words(claims, options.scope_claim) for scope in self._scopes.get(word, ())}
        models = tuple(_words(claims, options.models_claim)) if options.models_claim else ("*",)
        name = _at(claims, options.name_claim)
        return Caller(name if isinstance(name, str) else "", frozenset(scopes), models)


def _at(claims: Mapping[str, Any], path: str) -> object:
    if path in claims:  # names with dots exist, such as those that are addresses
        return claims[path]
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _words(claims: Mapping[str, Any], path: str) -> list[str]:
    found = _at(claims, path)
    if isinstance(found, str):
        return found.split()
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []
