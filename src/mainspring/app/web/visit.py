"""A visit: what a page is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import of
from mainspring.app.api.performing import perform
from mainspring.app.web.seals import Seals

_DIGITS: Final = 9

TOLD: Final = "mainspring_told"
"""The cookie with what the next page says first."""


class Fills(Protocol):
    """Fills templates; see :class:`mainspring.app.web.rendering.Renderer`."""

    seals: Seals

    def render(self, visit: Visit, template: str, shown: Mapping[str, Any]) -> str:
        """A page as HTML."""
        ...

    def url(self, *parts: object, **query: Any) -> str:
        """An address within the console."""
        ...

    def within(self, path: str) -> str:
        """A path as the console knows it, without the prefix of a proxy."""
        ...


@dataclass(frozen=True)
class Visit:
    """A request for a page, by somebody.

    Attributes:
        request: The request.
        desk: What operations work with.
        renderer: Fills templates.
        seal: For the forms of the page.
        seen: The stamps of what the page follows, from before it was made.
    """

    request: Request
    desk: Desk
    renderer: Fills
    seal: str
    seen: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Mapping[str, Any]:
        """The arguments in the address's path."""
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        """The arguments behind the question mark; the last of each name."""
        return self.request.query_params

    def many(self, name: str) -> Sequence[str]:
        """All arguments of a name behind the question mark; one text with commas is taken apart."""
        return [part for one in self.request.query_params.getlist(name) for part in one.split(",") if part]

    def whole(self, name: str, otherwise: int = 0) -> int:
        """A count behind the question mark; what is none, or too large, is left out."""
        text = self.request.query_params.get(name, "")
        return int(text) if text.isdecimal() and len(text) <= _DIGITS else otherwise

    @cached_property
    def here(self) -> str:
        """The address of this page within the console, with what is behind the question mark."""
        query = self.request.url.query
        return self.renderer.within(self.request.url.path) + (f"?{query}" if query else "")

    def who_may(self, role: Role) -> Sequence[str]:
        """Who has a role, looked up once for a page."""
        if role not in self._able:
            self._able[role] = self.desk.who_may(role)
        return self._able[role]

    @cached_property
    def _able(self) -> dict[Role, Sequence[str]]:
        return {}

    @property
    def secure(self) -> bool:
        """Whether the reader came by HTTPS: to the console itself, or to a proxy that the settings tell of."""
        return self.desk.platform.settings.console.secure or self.request.url.scheme == "https"

    @property
    def origin(self) -> str:
        """Scheme and name by which the reader addresses the console."""
        return f"{'https' if self.secure else 'http'}://{self.request.headers.get('host', '')}"

    def ask(self, function: Callable[..., Any], **given: Any) -> Any:
        """What an operation gives, asked by this caller: its role is checked as at every door.

        Args:
            function: The operation.
            given: Its arguments; texts from the address are read as what they stand for.
        """
        return perform(self.desk, of(function), given)

    def render(self, template: str, /, *, status: int = 200, **shown: Any) -> Response:
        """A page.

        Args:
            template: Below ``templates``, such as ``runs/list.html.j2``.
            status: Of HTTP.
            shown: What the template names.
        """
        made = HTMLResponse(self.renderer.render(self, template, shown), status_code=status)
        if TOLD in self.request.cookies:
            made.delete_cookie(TOLD, path=self.renderer.url("") or "/")
        return made
