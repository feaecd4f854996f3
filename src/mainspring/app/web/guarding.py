"""What stands before every page: hosts, origins, headers, and who somebody is."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mainspring.app.accounts import Caller, ForbiddenError, Role, Way
from mainspring.app.api.door import failed
from mainspring.core.errors import InputError

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAFE: Final = ("GET", "HEAD", "OPTIONS")
PROBE: Final = "/healthz"
"""Where machines ask whether the console lives, by whatever name they know; it tells nothing else."""
_PASSED_ON: Final = ("x-forwarded-for", "forwarded", "x-real-ip")
"""Headers of requests that a proxy passes on."""
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class SignIn(Protocol):
    """Tells who somebody is."""

    def caller(self, request: Request) -> Caller:
        """Who sent a request.

        Raises:
            UnauthenticatedError: If nobody is signed in.
        """
        ...

    def still(self, request: Request) -> bool:
        """Whether whoever sent a request that is still open is signed in; that it is open keeps nobody so."""
        ...


class Opening(Protocol):
    """What is open to those who have not signed in."""

    def routes(self, visit: Callable[[Request, Caller], Any]) -> list[BaseRoute]:
        """Its addresses.

        Args:
            visit: Makes a visit, to show pages in.
        """
        ...


class Everybody:
    """On the machine itself nobody signs in: whoever reaches it may do everything.

    Args:
        name: What the record calls them.
        direct: Whether requests that a proxy passes on are refused: behind one, whoever asks is elsewhere.
    """

    def __init__(self, name: str, *, direct: bool = False) -> None:
        self._name, self._direct = name, direct

    def caller(self, request: Request) -> Caller:
        """Whoever started the console.

        Raises:
            ForbiddenError: If the request came through a proxy, and may not.
        """
        if self._direct and any(one in request.headers for one in _PASSED_ON):
            raise ForbiddenError(
                "the request came through a proxy, and nobody signs in here",
                expected="a request from this machine",
                fix='make an admin (mainspring users add NAME --role admin), and set sign_in = "accounts"',
            )
        address = request.client.host if request.client else ""
        return Caller(name=self._name, role=Role.ADMIN, way=Way.LOCAL, address=address, session="local")

    def still(self, request: Request) -> bool:
        """Nobody signs out."""
        return True


class Guard:
    """Stands before an application: refuses what comes from other sites, and adds headers to what goes out.

    Args:
        inner: The application.
        hosts: The names by which it may be addressed, so that no page of another site can make a browser read it;
            empty if any will do.
        secure: Whether it is reached by HTTPS alone.
    """

    def __init__(self, inner: ASGIApp, *, hosts: Sequence[str] = (), secure: bool = False) -> None:
        self._inner, self._hosts, self._secure = inner, frozenset(hosts), secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI has it."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        problem = self._problem(scope)
        if problem is not None:
            person = "text/html" in Headers(scope=scope).get("accept", "")
            told = PlainTextResponse(str(problem), status_code=403) if person else failed(problem)
            await told(scope, receive, self._with_headers(send))
            return
        await self._inner(scope, receive, self._with_headers(send))

    def _problem(self, scope: Scope) -> ForbiddenError | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if len(headers.getlist("host")) > 1:
            return ForbiddenError("the request names several hosts", expected="one")
        if scope["path"] == PROBE and scope["method"] in SAFE:
            return None
        if self._hosts and _name(host) not in self._hosts:
            return ForbiddenError(f"the console is not called {host!r}", expected=", ".join(sorted(self._hosts)))
        if scope["method"] in SAFE:
            return None
        site = headers.get("sec-fetch-site", "none")
        origin = headers.get("origin", "")
        if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != host):
            return ForbiddenError(
                "the request comes from another site",
                expected="one from a page of this console",
                where=origin or site,
            )
        return None

    def _with_headers(self, send: Send) -> Callable[[Message], Any]:
        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", POLICY)
                headers.setdefault("cache-control", "no-store")
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    headers.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        return sent


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def address_of(request: Request, proxies: Sequence[str] = ()) -> str:
    """The address that a request came from: that of the connection, or, where it is a proxy's, the one it tells.

    Of ``X-Forwarded-For`` the last address counts that is no proxy's: what stands before it, anybody can write.

    Args:
        request: It.
        proxies: Addresses and networks of proxies.
    """
    found = request.client.host if request.client else ""
    if not proxies:
        return found
    told = [one.strip() for line in request.headers.getlist("x-forwarded-for") for one in line.split(",")]
    while told and _among(found, proxies):
        found = told.pop()
    return found[:64]


def checked_networks(proxies: Sequence[str]) -> Sequence[str]:
    """Addresses and networks, as they are.

    Raises:
        InputError: If one is none.
    """
    for one in proxies:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError as error:
            raise InputError(
                f"{one!r} is no address or network", expected="such as 10.0.0.0/8", where="[console] proxies"
            ) from error
    return proxies


def _among(address: str, networks: Sequence[str]) -> bool:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(known in ipaddress.ip_network(one, strict=False) for one in networks)
