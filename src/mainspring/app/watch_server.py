"""The pages of the watch over HTTP: an overview, a page per model, figures as JSON, metrics."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from mainspring.app.listening import LOOPBACK, listening
from mainspring.core.clock import from_iso, now
from mainspring.core.errors import InputError, MainspringError, NotFoundError
from mainspring.monitoring.metrics import watch_exposition
from mainspring.serving.telemetry.exposition import CONTENT_TYPES, negotiated

if TYPE_CHECKING:
    from mainspring.app.seen_models import SeenModels
    from mainspring.monitoring.seen import Series
    from mainspring.monitoring.viewing import Watch

MOST_SERIES: Final = 200
"""Figures in one answer."""

MOST_POINTS: Final = 100_000
"""Windows of all figures in one answer; one figure is given however long it is."""

_KEEP: Final = 5.0
"""For so many seconds an answer is given again: many who look at once cost no more than one."""
_HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_FIELDS: Final = ("times", "values", "low", "high", "least", "most")


class WatchPages:
    """Answers requests from what was seen. Safe for threads.

    Args:
        seen: What was seen.
        root: The prefix under which a proxy shows it, such as ``/watch``; paths may come with it or without.
    """

    def __init__(self, seen: SeenModels, *, root: str = "") -> None:
        self._seen, self._root = seen, root.rstrip("/")
        self._kept: dict[str, tuple[float, Any]] = {}
        self._guard = threading.Lock()

    def application(self, *, only_local: bool = False) -> Starlette:
        """What a web server runs.

        Args:
            only_local: Whether requests must be addressed to this machine by name, so that no page of another site
                can make a browser read it.
        """
        routes: list[BaseRoute] = [
            Route("/", self._overview),
            Route("/models/{model:path}", self._model),
            Route("/metrics", self._metrics),
            Route("/healthz", self._health),
            Route("/api/models", self._names),
            Route("/api/models/{model:path}/figures", self._figures),
        ]
        if self._root:
            routes = [Mount(self._root, routes=routes), *routes]
        hosts = [*LOOPBACK, "[::1]"]
        middleware = [Middleware(TrustedHostMiddleware, allowed_hosts=hosts)] if only_local else []
        handlers: Mapping[Any, Any] = {MainspringError: _failed}
        return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)

    def _overview(self, request: Request) -> Response:
        since, until = _bounds(request)

        def made() -> str:
            from mainspring.monitoring.viewing import view_overview

            watches = [self._seen.watch(one, since=since, until=until, full=False) for one in self._seen.names()]
            links = {one.model: f"{self._root}/models/{quote(one.model, safe='')}" for one in watches}
            return view_overview(watches, links=links).html

        return HTMLResponse(self._once(f"/?{request.url.query}", made), headers=_HEADERS)

    def _model(self, request: Request) -> Response:
        model, (since, until) = request.path_params["model"], _bounds(request)

        def made() -> str:
            from mainspring.monitoring.viewing import view

            watch = self._seen.watch(model, since=since, until=until)
            return view(watch, home=f"{self._root}/", ranges=self._ranges(watch)).html

        return HTMLResponse(self._once(f"/models/{model}?{request.url.query}", made), headers=_HEADERS)

    def _ranges(self, watch: Watch) -> Mapping[str, str]:
        """Addresses of stretches of time up to the last window."""
        page = f"{self._root}/models/{quote(watch.model, safe='')}"
        last = watch.bounds[1]
        lengths = {"day": 86_400.0, "week": 7 * 86_400.0, "month": 30 * 86_400.0, "year": 365 * 86_400.0}
        return {name: f"{page}?since={last - length:.0f}" for name, length in lengths.items()} | {
            "all": f"{page}?since=0"
        }

    def _metrics(self, request: Request) -> Response:
        form = negotiated(request.headers.get("accept"))
        body = self._once(f"/metrics {form}", lambda: watch_exposition(self._seen.metrics(), now=now(), form=form))
        return Response(body, headers={**_HEADERS, "content-type": CONTENT_TYPES[form]})

    def _health(self, _: Request) -> Response:
        return JSONResponse({"ok": True}, headers=_HEADERS)

    def _names(self, _: Request) -> Response:
        return JSONResponse({"models": list(self._seen.names())}, headers=_HEADERS)

    def _figures(self, request: Request) -> Response:
        model, prefix = request.path_params["model"], request.query_params.get("prefix", "")
        if model not in self._seen.names():
            raise NotFoundError(f"nothing is known of a model {model!r}")
        history = self._seen.history(model)
        names = history.names(prefix)
        since, until = _bounds(request)
        shown: dict[str, Any] = {}
        room = MOST_POINTS
        for name in names[:MOST_SERIES]:
            series = history.series(name, since=since, until=until)
            room -= len(series.times)
            if room < 0 and shown:
                break
            shown[name] = _plain(series)
        told = {"model": model, "figures": shown, "left_out": len(names) - len(shown)}
        return JSONResponse(told, headers=_HEADERS)

    def _once(self, key: str, make: Callable[[], Any]) -> Any:
        """What was made a moment ago, or is made now."""
        with self._guard:
            at, made = self._kept.get(key, (0.0, None))
            if made is None or time.monotonic() - at > _KEEP:
                made = make()
                fresh = {one: kept for one, kept in self._kept.items() if time.monotonic() - kept[0] <= _KEEP}
                self._kept = {**fresh, key: (time.monotonic(), made)}
            return made


@contextmanager
def serving(pages: WatchPages, *, host: str, port: int, local: bool | None = None) -> Iterator[str]:
    """Serve pages while the block runs, in a thread.

    Args:
        pages: They.
        host: The address to listen on.
        port: Its port; 0 for any that is free.
        local: Whether only requests addressed to this machine are answered; by default if the address is its own.

    Yields:
        Where they are.

    Raises:
        UnavailableError: If the port is taken.
    """
    only_local = host in LOOPBACK if local is None else local
    with listening(pages.application(only_local=only_local), host=host, port=port) as url:
        yield url


def _bounds(request: Request) -> tuple[float | None, float | None]:
    """The time that is asked for: ``since`` and ``until`` as days or moments, or in seconds since the epoch."""
    return _moment(request.query_params.get("since")), _moment(request.query_params.get("until"))


def _moment(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return from_iso(text)


def _plain(series: Series) -> dict[str, list[float | None]]:
    return {name: [None if math.isnan(one) else float(one) for one in getattr(series, name)] for name in _FIELDS}


async def _failed(_: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NotFoundError) else 400 if isinstance(error, InputError) else 500
    return JSONResponse({"error": str(error)}, status_code=status, headers=_HEADERS)
