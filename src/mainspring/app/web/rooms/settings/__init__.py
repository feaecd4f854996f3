"""Pages: settings in force, what is installed, and whether all is well."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from starlette.responses import Response

from mainspring.app.api.subjects import settings
from mainspring.app.api.subjects.settings import Setting
from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def shown(visit: Visit) -> Response:
    """The settings in force, and where each comes from."""
    found = visit.ask(settings.shown)
    sections = [(name, list(several)) for name, several in groupby(found.settings, key=lambda one: one.section)]
    return visit.render(
        "settings/settings.html.j2",
        room="settings",
        found=found,
        sections=sections,
        words={(one.section, one.name): _words(one) for one in found.settings},
        changed=_changed(found.settings),
    )


def health(visit: Visit) -> Response:
    """Whether all is well, looked at now."""
    return visit.render("settings/health.html.j2", room="settings", health=visit.ask(settings.healthy))


def installed(visit: Visit) -> Response:
    """What is installed."""
    return visit.render("settings/installed.html.j2", room="settings", found=visit.ask(settings.shown))


def _changed(several: Sequence[Setting]) -> int:
    return sum(one.origin != "default" for one in several)


def _words(one: Setting) -> str:
    """A value as it would stand in the file."""
    value = one.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{name} = {held}" for name, held in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


ROOM = Room(
    name="settings",
    title="Settings",
    icon="settings",
    key="s",
    admin=True,
    pages=[
        Page(path="/settings", show=shown),
        Page(path="/settings/health", show=health),
        Page(path="/settings/installed", show=installed),
    ],
)

__all__ = ["ROOM"]
