"""What a browser keeps: the session, and what shows that signing in was begun by the same browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mainspring.app.web.seals import Seals

SESSION: Final = "mainspring_session"
ARRIVAL: Final = "mainspring_arrival"
"""Who comes to the page of signing in; its form is sealed for it."""
WAY: Final = "mainspring_way"
"""What was begun with an identity provider."""

_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Cookies:
    """Writes and reads cookies. All are signed, each for its purpose, and no script reads them.

    Attributes:
        seals: What they are signed with.
        root: The prefix under which the console is shown; they are sent to nothing beside it.
        secure: Whether they are sent by HTTPS alone.
    """

    seals: Seals
    root: str
    secure: bool

    def put(self, request: Request, response: Response, name: str, value: str, seconds: float) -> None:
        """Have the browser keep a value for some time."""
        response.set_cookie(
            name,
            self.seals.sign(value, name),
            max_age=int(seconds),
            path=self.root or "/",
            httponly=True,
            samesite="lax",
            secure=self.secure or request.url.scheme == "https",
        )

    def get(self, request: Request, name: str) -> str:
        """The value that a browser sent; empty if there is none, or it was not signed here."""
        given = request.cookies.get(name, "")
        return "" if len(given) > _LONGEST else self.seals.read(given, name) or ""

    def drop(self, response: Response, name: str) -> None:
        """Have the browser forget a value."""
        response.delete_cookie(name, path=self.root or "/", httponly=True, samesite="lax", secure=self.secure)
