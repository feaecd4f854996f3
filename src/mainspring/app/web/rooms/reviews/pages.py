"""Pages of reviews: the queues, one of them, and its rows one at a time."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from mainspring.app.accounts import Role
from mainspring.app.api.subjects.reviews import answering, listing
from mainspring.app.web.visit import Visit

STATES: Final = ("", "waiting", "disputed", "settled")
_LONG: Final = 60


def listed(visit: Visit) -> Response:
    """All queues."""
    models = list(visit.desk.platform.models.models())
    queues = visit.ask(listing.listed)
    known = {one.name for one in queues}
    return visit.render(
        "reviews/list.html.j2",
        room="reviews",
        queues=queues,
        others=[one for one in models if one not in known and "/" not in one],
    )


def shown(visit: Visit) -> Response:
    """A queue: how it stands, how far people agree, its rows."""
    return _queue(visit)


def _queue(visit: Visit) -> Response:
    state = visit.query.get("state", "")
    found = visit.ask(listing.shown, name=visit.path["name"], state=state if state in STATES else "")
    return visit.render(
        "reviews/queue.html.j2",
        room="reviews",
        found=found,
        one=found.standing,
        rows=found.items,
        state=state,
        states=[
            (word, found.standing.status.items if not word else getattr(found.standing.status, word))
            for word in STATES
        ],
    )


def looked(visit: Visit) -> Response:
    """One row to answer: the next one, or the one that is named."""
    name, item = visit.path["name"], visit.query.get("item", "")
    shown_ = visit.query.get("said", "") == "yes"
    if not visit.desk.caller.may(Role.EDITOR):
        return _queue(visit)
    if item:
        following = visit.ask(answering.look, name=name, item=item, shown=shown_)
    else:
        following = visit.ask(answering.following, name=name, shown=shown_)
    return visit.render(
        "reviews/answer.html.j2",
        room="reviews",
        name=name,
        next=following,
        item=following.item,
        values=[] if following.item is None else _cells(following.item.values),
        said=shown_,
        again=bool(item),
        decide=visit.query.get("decide", "") == "yes",
        last=_last(visit, name),
    )


def _last(visit: Visit, name: str) -> str:
    """The row that the caller answered last; empty if none."""
    me = visit.desk.caller.name
    mine = [one for one in listing.items_of(visit.desk, name) if me in one.answers]
    return max(mine, key=lambda one: one.answers[me].at).id if mine else ""


def _cells(values: Any) -> list[tuple[str, Any, bool]]:
    """Columns with their values, and whether these are long."""
    return [
        (name, value, isinstance(value, str) and (len(value) > _LONG or "\n" in value))
        for name, value in values.items()
    ]
