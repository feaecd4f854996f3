"""The page of signing in, and what its forms and links do."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mainspring.app.accounts import Caller, Entry, ForbiddenError, Origin, Outcome, Role, UnauthenticatedError, Way
from mainspring.app.accounts.account import checked_name
from mainspring.app.accounts.attempts import SIGN_IN, TooManyError, told_of
from mainspring.app.accounts.directory import Held
from mainspring.app.accounts.keeping import Accounts
from mainspring.app.accounts.passwords import LONGEST
from mainspring.app.accounts.provider import Person, Provider, Start
from mainspring.app.web import forms
from mainspring.app.web.guarding import SignIn, address_of
from mainspring.app.web.rooms.signing_in.cookies import ARRIVAL, SESSION, WAY, Cookies
from mainspring.app.web.seals import Seals
from mainspring.app.web.visit import Visit
from mainspring.core.errors import InputError, MainspringError, StateError, UnavailableError

_WAIT: Final = 600.0
_AT_ONCE: Final = 8
_STRIPES: Final = 64
_LARGEST: Final = 16_384
_WRONG: Final = "This name and this password do not go together"


class Entrance:
    """Where people come in.

    Args:
        accounts: Who there is.
        sign_in: Tells who has signed in already.
        cookies: What browsers keep.
        seals: What the forms are signed with.
        provider: An identity provider, if there is one.
        with_password: Whether people may come in with a password.
        proxies: Whose word on addresses is believed.
        secure: Whether people reach the console by HTTPS alone.
        root: The prefix under which it is shown.
    """

    def __init__(
        self,
        accounts: Accounts,
        sign_in: SignIn,
        cookies: Cookies,
        seals: Seals,
        *,
        provider: Provider | None = None,
        with_password: bool = True,
        proxies: Sequence[str] = (),
        secure: bool = False,
        root: str = "",
    ) -> None:
        self._accounts, self._sign_in, self._cookies, self._seals = accounts, sign_in, cookies, seals
        self._provider, self._with_password = provider, with_password
        self._proxies, self._secure, self._root = proxies, secure, root
        self._turns = [threading.Lock() for _ in range(_STRIPES)]
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._visit: Callable[[Request, Caller], Visit] = _nowhere

    def routes(self, visit: Callable[[Request, Caller], Visit]) -> list[BaseRoute]:
        """What is open to those who have not signed in.

        Args:
            visit: Makes a visit, to show pages in.
        """
        self._visit = visit
        return [
            Route("/sign-in", self._page, methods=["GET"]),
            Route("/sign-in", self._enter, methods=["POST"]),
            Route("/sign-in/provider", self._to_provider, methods=["GET"]),
            Route("/sign-in/back", self._back, methods=["GET"]),
            Route("/sign-out", self._leave, methods=["POST"]),
        ]

    def _page(self, request: Request) -> Response:
        then = inside(request.query_params.get("then", ""))
        try:
            self._sign_in.caller(request)
        except UnauthenticatedError:
            return self._shown(request, then=then)
        return self._to(then)

    async def _enter(self, request: Request) -> Response:
        fields = await _small_form(request)
        return await run_in_threadpool(self._entered, request, fields)

    def _entered(self, request: Request, fields: Mapping[str, str]) -> Response:
        then, name = inside(fields.get("then", "")), fields.get("name", "").strip()
        try:
            arrived = self._cookies.get(request, ARRIVAL)
            if not arrived:
                raise ForbiddenError("the browser did not send the cookie of this page: see that it keeps cookies")
            self._seals.check(f"arrival {arrived}", fields.get(forms.SEAL, ""))
            held = self._known(request, name, fields.get("password", ""))
        except TooManyError as error:
            return self._shown(request, then=then, name=name, problem=error, status=429)
        except ForbiddenError as error:
            return self._shown(request, then=then, name=name, problem=error, status=403)
        except UnauthenticatedError:
            wrong = UnauthenticatedError(_WRONG, fix="try again; an admin can set another password")
            return self._shown(request, then=then, name=name, problem=wrong, status=401)
        return self._opened(request, held, then)

    def _known(self, request: Request, name: str, password: str) -> Held:
        """Whose name and password these are; one guess at a time for each account.

        Raises:
            UnauthenticatedError: If they are nobody's.
            TooManyError: If there were too many guesses, or too many people come in at once.
        """
        if not self._with_password:
            raise ForbiddenError("nobody signs in here with a password")
        if not name or not password or len(name) > LONGEST or len(password) > LONGEST:
            raise UnauthenticatedError(_WRONG)
        if not self._room.acquire(blocking=False):
            raise TooManyError("too many people sign in at this moment", fix="try again in a few seconds")
        try:
            with self._turns[hash(told_of(name)) % _STRIPES]:
                return self._compared(address_of(request, self._proxies), name, password)
        finally:
            self._room.release()

    def _compared(self, address: str, name: str, password: str) -> Held:
        accounts = self._accounts
        accounts.attempts.check(name, address)
        held = accounts.directory.find(name)
        kept = held.hash if held is not None and held.account.origin is Origin.LOCAL else ""
        right = accounts.passwords.fits(kept, password)
        if held is None or not right or held.account.disabled:
            why = "no such account" if held is None else "the account is disabled" if right else "a wrong password"
            self._tell(held, name, address, Outcome.REFUSED, why)
            raise UnauthenticatedError(_WRONG)
        if accounts.passwords.is_old(kept):
            accounts.directory.set_hash(name, accounts.passwords.hash(password), by=held.account.name, ends=False)
        self._tell(held, name, address, Outcome.DONE, "")
        return held

    def _to_provider(self, request: Request) -> Response:
        if self._provider is None:
            return self._to("/")
        start = self._provider.start()
        try:
            there = self._provider.address(start, self._return_address(request))
        except UnavailableError:
            problem = UnavailableError(f"{self._provider.label} does not answer", fix="try again in a minute")
            return self._shown(request, then="/", problem=problem, status=503)
        kept = {
            "state": start.state,
            "nonce": start.nonce,
            "verifier": start.verifier,
            "then": inside(request.query_params.get("then", "")),
            "until": self._accounts.clock() + _WAIT,
        }
        response = RedirectResponse(there, status_code=303)
        self._cookies.put(request, response, WAY, json.dumps(kept), _WAIT)
        return response

    def _back(self, request: Request) -> Response:
        if self._provider is None:
            return self._to("/")
        address = address_of(request, self._proxies)
        try:
            kept = self._begun(request)
            start = Start(state=kept["state"], nonce=kept["nonce"], verifier=kept["verifier"])
            person = self._provider.person(start, dict(request.query_params), self._return_address(request))
            held = self._welcomed(person)
        except MainspringError as error:
            self._tell(None, "", address, Outcome.REFUSED, error.found)
            problem = UnauthenticatedError(
                f"{self._provider.label} did not let you in", fix="try again; the audit trail has the reason"
            )
            response = self._shown(request, then="/", problem=problem, status=401)
        else:
            self._tell(held, held.account.name, address, Outcome.DONE, "")
            response = self._opened(request, held, kept["then"])
        self._cookies.drop(response, WAY)
        return response

    def _begun(self, request: Request) -> Any:
        text = self._cookies.get(request, WAY)
        kept = json.loads(text) if text else {"until": 0.0}
        if kept["until"] < self._accounts.clock():
            raise UnauthenticatedError("this browser has not begun to sign in, or too long ago")
        return kept

    def _welcomed(self, person: Person) -> Held:
        """The account of somebody whom the provider knows, made when they first come in.

        Raises:
            UnauthenticatedError: If somebody else has an account of that name, or theirs is disabled.
        """
        directory, name = self._accounts.directory, checked_name(person.name)
        held = directory.find(name)
        if held is None:
            default = self._provider.options.role if self._provider is not None else ""
            if person.role is None and not default:
                raise UnauthenticatedError(f"{name} has no account here, and the provider gives no role")
            directory.add(name, person.role or Role(default), subject=person.subject, by="identity provider")
        elif held.subject != person.subject:
            raise UnauthenticatedError(f"the account {name} is not that of {person.subject}")
        elif held.account.disabled:
            raise UnauthenticatedError(f"the account {name} is disabled")
        elif person.role is not None and person.role is not held.account.role:
            directory.set_role(name, person.role, by="identity provider")
        return directory.get(name)

    def _opened(self, request: Request, held: Held, then: str) -> Response:
        """A new session, whatever the browser showed before, and on to where they wanted to go."""
        sessions, response = self._accounts.sessions, self._to(then)
        before = sessions.find(self._cookies.get(request, SESSION))
        if before is not None:
            sessions.end(before[0].id)
        agent = request.headers.get("user-agent", "")
        secret = sessions.open(held, address=address_of(request, self._proxies), agent=agent)
        self._cookies.put(request, response, SESSION, secret, sessions.longest)
        self._cookies.drop(response, ARRIVAL)
        return response

    async def _leave(self, request: Request) -> Response:
        fields = await _small_form(request)
        return await run_in_threadpool(self._left, request, fields)

    def _left(self, request: Request, fields: Mapping[str, str]) -> Response:
        response = RedirectResponse(f"{self._root}/sign-in", status_code=303)
        try:
            caller = self._sign_in.caller(request)
        except UnauthenticatedError:
            caller = None
        if caller is not None and caller.way is Way.SESSION:
            self._seals.check(caller.session, fields.get(forms.SEAL, ""))
            self._accounts.sessions.end(caller.session)
            self._write(caller.name, caller.address, "users.sign_out", {}, Outcome.DONE, "")
        self._cookies.drop(response, SESSION)
        return response

    def _shown(
        self,
        request: Request,
        *,
        then: str,
        name: str = "",
        problem: MainspringError | None = None,
        status: int = 200,
    ) -> Response:
        """The page, with a form that is sealed for this browser."""
        arrived = self._cookies.get(request, ARRIVAL) or secrets.token_urlsafe(18)
        visit = self._visit(
            request, Caller(name="", role=Role.VIEWER, way=Way.SESSION, session=f"arrival {arrived}")
        )
        response = visit.render(
            "signing_in/page.html.j2",
            status=status,
            then="" if then == "/" else then,
            name=name[:LONGEST],
            problem=problem,
            provider=self._provider.label if self._provider is not None else "",
            with_password=self._with_password,
        )
        self._cookies.put(request, response, ARRIVAL, arrived, 12 * 3600)
        return response

    def _to(self, then: str) -> Response:
        return RedirectResponse(self._root + then, status_code=303)

    def _return_address(self, request: Request) -> str:
        scheme = "https" if self._secure or request.url.scheme == "https" else "http"
        return f"{scheme}://{request.headers.get('host', '')}{self._root}/sign-in/back"

    def _tell(self, held: Held | None, name: str, address: str, outcome: Outcome, why: str) -> None:
        given = {"account": told_of(name)} if name else {}
        self._write(held.account.name if held is not None else "unknown", address, SIGN_IN, given, outcome, why)

    def _write(
        self, who: str, address: str, operation: str, given: Mapping[str, Any], outcome: Outcome, why: str
    ) -> None:
        self._accounts.book.write(
            Entry(
                at=self._accounts.clock(),
                who=who,
                way=Way.SESSION,
                address=address,
                operation=operation,
                given=given,
                outcome=outcome,
                why=why,
            )
        )


async def _small_form(request: Request) -> Mapping[str, str]:
    """The fields of a form that anybody can send: nobody has a megabyte read before they are known."""
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or len(length) > 6 or int(length) > _LARGEST:
        raise InputError("the form is too large, or does not say how large it is", expected=f"{_LARGEST} bytes")
    return dict(await forms.read(request))


def _nowhere(request: Request, caller: Caller) -> Visit:
    raise StateError("the entrance has no addresses: routes() was not called")


def inside(then: str) -> str:
    r"""A page of this console, for after signing in; the first page for anything else.

    Example:
        >>> inside("/runs?tab=x"), inside("//evil.example"), inside("/\t/evil.example"), inside("https://evil.example")
        ('/runs?tab=x', '/', '/', '/')
    """
    odd = any(not 32 < ord(letter) < 127 or letter == "\\" for letter in then)
    leads_back = then.startswith(("/sign-in", "/sign-out"))
    fits = then.startswith("/") and not then.startswith("//") and not odd and not leads_back and len(then) < 2000
    return then if fits else "/"


__all__ = ["Entrance", "inside"]
