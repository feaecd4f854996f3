"""Rooms: pages about one subject, and their place in the menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from mainspring.app.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page.

    Attributes:
        path: Its address; ``{name}`` or ``{name:path}`` is an argument.
        show: Makes it.
    """

    path: str
    show: Callable[[Visit], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Pages about one subject.

    Attributes:
        name: Its name, by which the menu knows where somebody is: ``runs``.
        title: What the menu calls it; empty for a room that is not in it.
        icon: The name of its sign in ``shell/icons.html.j2``.
        key: With ``g`` before it, the key that leads there.
        pages: They; the first one is the one that the menu leads to.
        admin: Whether the menu shows it below a line, with what has to do with the console itself.
    """

    name: str
    title: str = ""
    icon: str = ""
    key: str = ""
    pages: Sequence[Page] = ()
    admin: bool = False
