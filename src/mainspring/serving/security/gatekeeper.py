"""Who may ask a server for what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from mainspring.core.clock import Clock, now
from mainspring.serving.caller import Caller, Scope
from mainspring.serving.problems import ForbiddenError, UnauthenticatedError
from mainspring.serving.security.certificates import Certificate, recognise
from mainspring.serving.security.key_ring import KeyRing
from mainspring.serving.security.options import Access, SecurityOptions
from mainspring.serving.security.peers import from_this_machine
from mainspring.serving.security.tokens import Tokens

ANYBODY = Caller()
"""Who did not say who they are, where that is not asked."""

_WHAT = {
    Scope.INFERENCE: "ask for predictions",
    Scope.MANAGEMENT: "manage models",
    Scope.METRICS: "read the metrics",
}


def check(caller: Caller, model: str) -> None:
    """See whether a model is the caller's to ask. Comes before it is looked for: whether it exists is not told.

    Raises:
        ForbiddenError: If it is not.
    """
    if caller.models != ANYBODY.models and not caller.may_ask(model):
        raise ForbiddenError(
            f"{caller.name!r} may not ask model {model!r}", expected="one of: " + ", ".join(caller.models)
        ).to(caller)


class Gatekeeper:
    """Lets requests in, and says who asks. For the thread of one event loop.

    Args:
        options: Who may ask for what.

    Raises:
        MainspringError: If the file of keys cannot be read, or what tokens need is not installed.

    Example:
        >>> gate = Gatekeeper()
        >>> gate.admit(Scope.INFERENCE, {}, "203.0.113.9").name
        ''
        >>> gate.admit(Scope.MANAGEMENT, {}, "203.0.113.9")
        Traceback (most recent call last):
            ...
        mainspring.serving.problems.ForbiddenError: only programs on the same machine may manage models
        ...
    """

    def __init__(self, options: SecurityOptions | None = None, *, clock: Clock = now) -> None:
        options = SecurityOptions() if options is None else options
        self._keys = KeyRing(Path(options.keys), clock=clock) if options.keys else None
        self._tokens = Tokens(options.oidc, clock=clock) if options.oidc is not None else None
        self._rules = options.certificates
        self._subjects: dict[Certificate, Caller | None] = {}
        self._key_headers = tuple(name.strip().lower().encode("latin-1") for name in options.key_headers)
        self._tells = bool(self._keys or self._tokens or self._rules)
        guarded = Access.CREDENTIALS if self._tells else None
        self._access = {
            Scope.INFERENCE: options.inference or guarded or Access.OPEN,
            Scope.METRICS: options.metrics or guarded or Access.OPEN,
            Scope.MANAGEMENT: options.management or guarded or Access.LOOPBACK,
        }

    def admit(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        peer: str | None,
        certificate: Certificate | None = None,
    ) -> Caller:
        """Let a request in.

        Args:
            scope: What it is about. Whether the server is alive and ready is not asked here: everybody may know.
            headers: By name in lower case; the metadata of gRPC in the same form.
            peer: The address it came from; ``None`` for a local socket.
            certificate: What the client showed, if TLS has checked it.

        Returns:
            Who asks. Before a model is looked for, see whether it is theirs to ask: :func:`check`.

        Raises:
            UnauthenticatedError: If it is not known who asks, and it has to be.
            ForbiddenError: If it is known, and they may not.
        """
        access = self._access[scope]
        caller = self._identify(headers, certificate) if self._tells else None
        if caller is None:
            if access is Access.OPEN or (access is Access.LOOPBACK and from_this_machine(peer, headers)):
                return ANYBODY
            self._refuse(scope, access)
        if scope not in caller.scopes and access is not Access.OPEN:
            raise ForbiddenError(
                f"{caller.name!r} may not {_WHAT[scope]}", expected=f"the scope {scope.value!r}"
            ).to(caller)
        return caller

    def close(self) -> None:
        """Look for new keys no longer."""
        if self._tokens is not None:
            self._tokens.close()

    def _identify(self, headers: Mapping[bytes, bytes], certificate: Certificate | None) -> Caller | None:
        keys, tokens, given = self._keys, self._tokens, None
        if keys is not None or tokens is not None:  # else what a header says is for somebody else
            given = headers.get(b"authorization", b"")
            given = given[7:].strip() if given[:7].lower() == b"bearer " else self._given(headers)
        if given is not None:
            found = None
            if tokens is not None and given.startswith(b"ey"):  # as every JSON object does in base64
                found = tokens.find(given)
            elif keys is not None:
                found = keys.find(given)
            if found is None:
                raise UnauthenticatedError("the key or token is not known here, or not valid any more")
            return found
        if certificate is None or not self._rules:
            return None
        if certificate not in self._subjects:
            if len(self._subjects) >= 1024:
                self._subjects.clear()
            self._subjects[certificate] = recognise(certificate, self._rules)
        return self._subjects[certificate]

    def _given(self, headers: Mapping[bytes, bytes]) -> bytes | None:
        """The key in a header of its own."""
        for name in self._key_headers:
            given = headers.get(name)
            if given is not None:
                return given.strip()
        return None

    def _refuse(self, scope: Scope, access: Access) -> NoReturn:
        what = _WHAT[scope]
        if self._tells:
            raise UnauthenticatedError(
                f"who wants to {what} has to say who they are",
                expected="Authorization: Bearer KEY, with an API key or a token"
                + (", or a client certificate" if self._rules else ""),
            )
        fix = f"mainspring keys new NAME --scope {scope.value}, and start the server with --keys FILE"
        if access is Access.LOOPBACK:
            raise ForbiddenError(
                f"only programs on the same machine may {what}",
                expected="a request to localhost that nobody passed on",
                fix=f"ask there, or {fix}",
            )
        raise ForbiddenError(f"nobody may {what}, because there is nothing to tell callers by", fix=fix)
