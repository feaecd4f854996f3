"""Pages: accounts, one's own, and the tokens of programs."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from mainspring.app.accounts import Role, Way
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.accounts.passwords import SHORTEST
from mainspring.app.api.subjects.users import own, people, tokens
from mainspring.app.api.subjects.users.tokens import just_made
from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit
from mainspring.core.clock import now

_DAYS = [("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("3650", "ten years")]


def listed(visit: Visit) -> Response:
    """Every account; whoever may not see them sees their own."""
    caller = visit.desk.caller
    if not caller.may(Role.ADMIN):
        return RedirectResponse(visit.renderer.url("/users/me"), status_code=303)
    return visit.render(
        "users/list.html.j2",
        room="users",
        users=visit.ask(people.listed),
        roles=_roles(Role.ADMIN),
        shortest=SHORTEST,
        nobody_signs_in=caller.way is Way.LOCAL,
    )


def own_page(visit: Visit) -> Response:
    """One's own account and sessions."""
    return visit.render("users/me.html.j2", room="users", me=visit.ask(own.me), shortest=SHORTEST, browser=browser)


def token_page(visit: Visit) -> Response:
    """Tokens: one's own, or, for admins, everybody's; and the one that was just made, once."""
    caller, made = visit.desk.caller, visit.query.get("made", "")
    known = accounts_of(visit.desk.platform).directory
    return visit.render(
        "users/tokens.html.j2",
        room="users",
        tokens=visit.ask(tokens.listed),
        made=made,
        secret=just_made(visit.desk, made) if made else "",
        roles=_roles(caller.role),
        days=_DAYS,
        now=now(),
        owners=[one.name for one in known.all() if not one.disabled] if caller.may(Role.ADMIN) else [caller.name],
        address=visit.origin + visit.renderer.url("/api/me"),
    )


def browser(agent: str) -> str:
    """What somebody came with, in words; browsers tell more names than their own.

    Example:
        >>> browser("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36")
        'Chrome on Linux'
    """
    names = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}
    name = next((told for mark, told in names.items() if mark in agent), "")
    system = next((told for mark, told in {**systems, "Linux": "Linux"}.items() if mark in agent), "")
    return " on ".join(one for one in (name, system) if one) if name else agent[:40] or "unknown"


def _roles(most: Role) -> list[tuple[str, str]]:
    told = {
        Role.VIEWER: "viewer: looks at everything",
        Role.EDITOR: "editor: starts runs, changes schemas",
        Role.APPROVER: "approver: signs, promotes, moves traffic",
        Role.ADMIN: "admin: makes users and tokens",
    }
    return [(role.value, told[role]) for role in Role if most.covers(role)]


ROOM = Room(
    name="users",
    title="Users",
    icon="users",
    key="u",
    admin=True,
    pages=[
        Page(path="/users", show=listed),
        Page(path="/users/me", show=own_page),
        Page(path="/users/tokens", show=token_page),
    ],
)

__all__ = ["ROOM"]
