"""Who sent a request: whoever has signed in, or whose token it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

from mainspring.app.accounts import Caller, Entry, Outcome, UnauthenticatedError, Way
from mainspring.app.accounts.keeping import Accounts
from mainspring.app.accounts.roles import Role
from mainspring.app.accounts.tokens import UNKNOWN
from mainspring.app.web.guarding import address_of
from mainspring.app.web.rooms.signing_in.cookies import SESSION, Cookies

_LONGEST: Final = 256
_QUIETLY: Final = "x-mainspring-quiet"
"""The header of what a page that is merely open asks by itself: that keeps nobody signed in."""
_QUIET: Final = 60.0
_KNOWN: Final = 500


class People:
    """A :class:`mainspring.app.web.guarding.SignIn` by sessions and tokens.

    A request that shows a token is the token's alone: its cookies are not looked at.

    Args:
        accounts: Who there is.
        cookies: Reads what browsers keep.
        proxies: Whose word on addresses is believed.
    """

    def __init__(self, accounts: Accounts, cookies: Cookies, proxies: Sequence[str] = ()) -> None:
        self._accounts, self._cookies, self._proxies = accounts, cookies, proxies
        self._told: dict[tuple[str, str], float] = {}

    def caller(self, request: Request) -> Caller:
        """Who sent a request.

        Raises:
            UnauthenticatedError: If nobody is signed in, and no token is shown that counts.
        """
        address = address_of(request, self._proxies)
        shown = request.headers.get("authorization")
        return self._by_session(request, address) if shown is None else self._by_token(shown, address)

    def still(self, request: Request) -> bool:
        """Whether the session or the token of a request that is still open counts."""
        shown = request.headers.get("authorization")
        if shown is not None:
            return not isinstance(self._accounts.tokens.find(shown.partition(" ")[2].strip()), str)
        secret = self._cookies.get(request, SESSION)
        return bool(secret) and self._accounts.sessions.find(secret, seen=False) is not None

    def _by_session(self, request: Request, address: str) -> Caller:
        secret = self._cookies.get(request, SESSION)
        seen = _QUIETLY not in request.headers
        found = self._accounts.sessions.find(secret, seen=seen) if secret else None
        if found is None:
            raise UnauthenticatedError(
                "nobody is signed in",
                expected="a session, or the header Authorization: Bearer TOKEN",
                fix="sign in, or make a token: mainspring tokens new",
            )
        session, held = found
        account = held.account
        return Caller(name=account.name, role=account.role, way=Way.SESSION, address=address, session=session.id)

    def _by_token(self, shown: str, address: str) -> Caller:
        scheme, _, secret = shown.partition(" ")
        if scheme.lower() != "bearer" or len(secret) > _LONGEST:
            raise UnauthenticatedError(
                "the header Authorization has no token", expected="Authorization: Bearer TOKEN"
            )
        found = self._accounts.tokens.find(secret.strip())
        if isinstance(found, str):
            self._tell(found, secret, address)
            raise UnauthenticatedError(found, fix="make another one: mainspring tokens new")
        token, held = found
        account = held.account
        role = min(token.role, account.role, key=list(Role).index)
        return Caller(name=account.name, role=role, way=Way.TOKEN, address=address, session=f"token:{token.id}")

    def _tell(self, why: str, secret: str, address: str) -> None:
        """The trail hears of a token that does not count once a minute, not once a request; of those that nobody
        ever made, once a minute from an address: anybody can think some up.
        """
        known, moment = (address, "" if why == UNKNOWN else secret[:14]), self._accounts.clock()
        if moment - self._told.get(known, 0.0) < _QUIET:
            return
        if len(self._told) > _KNOWN:
            self._told.clear()
        self._told[known] = moment
        self._accounts.book.write(
            Entry(
                at=moment,
                who="unknown",
                way=Way.TOKEN,
                address=address,
                operation="tokens.show",
                given={"token": secret[4:14]} if secret.startswith("mst_") else {},
                outcome=Outcome.REFUSED,
                why=why,
            )
        )
