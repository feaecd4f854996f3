"""The console as an application, and a server for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from mainspring.app.accounts import (
    Caller,
    Entry,
    ForbiddenError,
    OldFormError,
    Outcome,
    Role,
    UnauthenticatedError,
    Way,
)
from mainspring.app.api.desk import Desk
from mainspring.app.api.door import Door, MethodError, failed, status_of
from mainspring.app.api.operation import Operation
from mainspring.app.api.shared import Shared
from mainspring.app.api.subjects import SUBJECTS
from mainspring.app.web import forms
from mainspring.app.web.following import Following
from mainspring.app.web.guarding import PROBE, SAFE, Guard, Opening, SignIn
from mainspring.app.web.rendering import Renderer
from mainspring.app.web.room import Page
from mainspring.app.web.rooms import ROOMS
from mainspring.app.web.seals import Seals
from mainspring.app.web.static_files import serve as serve_static
from mainspring.app.web.visit import Visit
from mainspring.core.attempts import attempted
from mainspring.core.clock import now
from mainspring.core.errors import MainspringError, NotFoundError

SEAL_HEADER: Final = "x-mainspring-seal"
NOBODY: Final = Caller(name="", role=Role.VIEWER, way=Way.SESSION)
"""Who has not signed in."""


class BrokenError(MainspringError):
    """The console itself failed."""

    code: ClassVar[str] = "BROKEN"


class Console:
    """Pages and API of a project.

    Attributes:
        renderer: Fills its templates.

    Args:
        shared: What all requests share.
        sign_in: Tells who somebody is.
        seals: What forms are signed with.
        root: The prefix under which a proxy shows the console, such as ``/console``; paths may come with it or
            without.
        hosts: The names by which it may be addressed; empty if any will do.
        secure: Whether it is reached by HTTPS alone.
        opening: Where people sign in; none where nobody has to.
    """

    def __init__(
        self,
        shared: Shared,
        *,
        sign_in: SignIn,
        seals: Seals,
        root: str = "",
        hosts: Sequence[str] = (),
        secure: bool = False,
        opening: Opening | None = None,
    ) -> None:
        self._opening = opening
        self._shared, self._sign_in, self._seals, self._root = shared, sign_in, seals, root.rstrip("/")
        self._asked = time.monotonic()
        self._hosts, self._secure = hosts, secure
        self._door = Door(shared, SUBJECTS, caller=self._program, still=sign_in.still, root=self._root)
        self._following = Following(self._door.seen)
        settings = shared.platform.settings
        self.renderer = Renderer(
            ROOMS,
            self._door.operations,
            seals=seals,
            root=self._root,
            project=settings.project.name or settings.root.name,
        )

    def application(self) -> Guard:
        """What a web server runs."""
        routes: list[BaseRoute] = [
            _below("/api", self._door.routes()),
            Route("/static/{digest}/{name}", serve_static),
            Route("/act/{operation}", self._act, methods=["POST"]),
            Route(PROBE, _healthy),
            *self._entrance(),
            *(Route(page.path, self._page(page)) for room in ROOMS for page in room.pages),
        ]
        if self._root:
            routes = [_below(self._root, routes), Route(self._root, self._first), *routes]
        handlers: dict[Any, Any] = {
            MainspringError: self._failed,
            HTTPException: self._no_page,
            Exception: self._broken,
        }
        inner = Starlette(routes=routes, exception_handlers=handlers)
        inner.router.redirect_slashes = False
        return Guard(inner, hosts=self._hosts, secure=self._secure)

    def close(self) -> None:
        """End live updates, so that a server that stops waits for nobody; from any thread."""
        self._door.close()

    def prepare(self, over: threading.Event, *, quiet: float = 1.0) -> None:
        """Read and compile, piece by piece, what first pages would wait for; who asks meanwhile goes first.

        What fails here is told by the page that needs it.

        Args:
            over: Set when the console is being stopped, so that nothing more is begun.
            quiet: Seconds without a request before each piece.
        """
        read = [partial(one.prepare, self._shared) for one in SUBJECTS if one.prepare is not None]
        pieces: Sequence[Callable[[], object]] = [*read, *self.renderer.pieces()]
        for piece in pieces:
            while (left := self._asked + quiet - time.monotonic()) > 0 and not over.is_set():
                over.wait(left)
            if over.is_set():
                return
            attempted(piece)

    def _program(self, request: Request) -> Caller:
        """Who asks the API: whoever changes something with a browser's cookie has to show the seal of a page."""
        caller = self._sign_in.caller(request)
        if request.method not in SAFE and caller.way is Way.SESSION:
            asked = f"{request.method} {self.renderer.within(request.url.path)}"
            self._check(caller, request.headers.get(SEAL_HEADER, ""), asked)
        return caller

    def _check(self, caller: Caller, seal: str, asked: str) -> None:
        """See that a page of this caller asks; the trail hears of it if not: somebody may be lured."""
        try:
            self._seals.check(caller.session, seal)
        except ForbiddenError as error:
            told = Entry(
                at=now(),
                who=caller.name,
                way=caller.way,
                address=caller.address,
                operation=asked,
                outcome=Outcome.REFUSED,
                why=error.found,
            )
            self._shared.trail.write(told)
            raise

    def _entrance(self) -> list[BaseRoute]:
        if self._opening is not None:
            return self._opening.routes(self._visit)
        return [Route("/sign-in", self._first)]

    def _first(self, request: Request) -> Response:
        return RedirectResponse(f"{self._root}/", status_code=303)

    def _visit(self, request: Request, caller: Caller) -> Visit:
        return Visit(request, Desk(self._shared, caller), self.renderer, self._seals.seal(caller.session))

    def _page(self, page: Page) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            self._asked = time.monotonic()
            try:
                visit = self._visit(request, self._sign_in.caller(request))
                here = request.url.path
                made = page.show(replace(visit, seen=self._following.before(here)))
                if made.media_type == "text/html":
                    self._following.learn(here, made.body)
                return made
            finally:
                self._asked = time.monotonic()

        return answer

    async def _act(self, request: Request) -> Response:
        fields: list[tuple[str, str]] | None = None
        try:
            await run_in_threadpool(self._sign_in.caller, request)  # before anything of theirs is read
            fields = await forms.read(request)
            caller = await run_in_threadpool(
                self._sign_in.caller, request
            )  # it may have taken longer than they may
        except UnauthenticatedError as error:
            fields = await forms.typed(request) if fields is None else fields
            return await run_in_threadpool(self._unsent, request, NOBODY, fields, error)
        asked = self._door.operations.get(request.path_params["operation"])
        if asked is None or not asked.changes:
            raise NotFoundError(f"there is no form for {request.path_params['operation']!r}")
        return await run_in_threadpool(self._sent, request, caller, asked, fields)

    def _sent(self, request: Request, caller: Caller, asked: Operation, fields: list[tuple[str, str]]) -> Response:
        try:
            self._check(caller, dict(fields).get(forms.SEAL, ""), asked.name)
        except OldFormError as error:
            return self._unsent(request, caller, fields, error)
        return forms.act(self._visit(request, caller), asked, fields)

    def _unsent(
        self, request: Request, caller: Caller, fields: list[tuple[str, str]], error: MainspringError
    ) -> Response:
        """Whoever was signed out while they filled in a form, or had it open for too long, sees what they typed.

        Raises:
            MainspringError: The error itself, for a script, which keeps the form.
        """
        asked = self._door.operations.get(request.path_params["operation"])
        if "text/html" not in request.headers.get("accept", "") or asked is None:
            raise error
        kept = [(name, value) for name, value in fields if forms.is_typed(name, value, asked)]
        back = _back(request, self.renderer)
        visit = self._visit(request, caller)
        return visit.render(
            "signing_in/unsent.html.j2", status=status_of(error), kept=kept, back=back, out=caller is NOBODY
        )

    async def _failed(self, request: Request, error: Exception) -> Response:
        return await run_in_threadpool(self._told, request, error)

    def _told(self, request: Request, error: Exception) -> Response:
        """A page for people, JSON for programs, and the way in for whoever is not signed in."""
        if not isinstance(error, MainspringError):
            raise error
        inner = self.renderer.within(request.url.path)
        if inner.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
            return failed(error)
        if isinstance(error, UnauthenticatedError):
            asked = inner + (f"?{request.url.query}" if request.url.query else "")
            then = quote(asked if request.method == "GET" else _back(request, self.renderer), safe="/")
            return RedirectResponse(f"{self._root}/sign-in?then={then}", status_code=303)
        try:
            caller = self._sign_in.caller(request)
        except UnauthenticatedError as unknown:
            return self._told(request, unknown)
        except MainspringError as refused:
            return PlainTextResponse(str(refused), status_code=status_of(refused))
        back = _back(request, self.renderer)
        visit = self._visit(request, caller)
        return visit.render("shell/failed.html.j2", status=status_of(error), error=error, back=back)

    async def _broken(self, request: Request, error: Exception) -> Response:
        """A fault of the console itself: told as such; what it was stands in the output of the command."""
        fault = BrokenError(
            f"the console itself failed here: {type(error).__name__}",
            where=request.url.path,
            fix="what happened stands in the output of mainspring ui; please report it",
        )
        return await self._failed(request, fault)

    async def _no_page(self, request: Request, error: HTTPException) -> Response:
        inner = self.renderer.within(request.url.path).strip("/")
        if error.status_code == 404 and inner and request.url.path.endswith("/") and request.method in SAFE:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{self._root}/{inner}{query}", status_code=307)
        if error.status_code == 405 and request.method == "OPTIONS":
            return Response(status_code=204, headers=error.headers)
        if error.status_code != 404:
            allowed = (error.headers or {}).get("Allow")
            wrong = MethodError(f"{request.method} {request.url.path}: {error.detail.lower()}", expected=allowed)
            told = await self._failed(request, wrong)
            told.headers.update(error.headers or {})
            return told
        if f"/{inner}/".startswith("/api/"):
            unknown = NotFoundError(f"there is nothing at {request.url.path}", fix="see what there is: /rest")
            return failed(unknown)
        missing = NotFoundError(f"there is no page {request.url.path}", fix="look for it: press /")
        return await self._failed(request, missing)


def _below(prefix: str, routes: Sequence[BaseRoute]) -> Mount:
    """Routes below a prefix; a slash too many is seen to by the console, which knows how it is reached."""
    return Mount(prefix, app=Router(routes, redirect_slashes=False))


async def _healthy(_: Request) -> Response:
    return JSONResponse({"ok": True})


def _back(request: Request, renderer: Renderer) -> str:
    """The page that a failed form was on."""
    parts = urlsplit(request.headers.get("referer", ""))
    inside = parts.netloc == request.headers.get("host", "") and request.method == "POST"
    return renderer.within(parts.path) + (f"?{parts.query}" if parts.query else "") if inside else "/"
