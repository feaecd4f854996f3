"""The first page, and the page of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from mainspring.app.api.subjects import SUBJECTS
from mainspring.app.api.subjects import home as asked
from mainspring.app.web.rooms.home.words import word_for
from mainspring.app.web.visit import Visit
from mainspring.evaluation.drawing import sparkline

_TASKS: Final = 5
_SEARCH: Final = {name: one for each in SUBJECTS for name, one in each.operations.items()}["search"].function


def home(visit: Visit) -> Response:
    """The first page."""
    found = visit.ask(asked.show)
    mine = [one.waiting for one in found.tasks if one.mine]
    others = [one for one in found.tasks if not one.mine]
    return visit.render(
        "home/home.html.j2",
        room="home",
        found=found,
        mine=mine[:_TASKS],
        more=max(0, len(mine) - _TASKS),
        others=others,
        left=[one for one in found.first if not one.done],
        spark=_spark,
        word=word_for(found, mine),
    )


def search(visit: Visit) -> Response:
    """What a search found, as a page."""
    text = visit.query.get("text", "")
    found = visit.ask(_SEARCH, text=text, limit=60) if text.strip() else None
    return visit.render("home/search.html.j2", room="home", text=text, found=found)


def _spark(values: Sequence[float | None], title: str) -> str:
    """A sparkline; nothing for fewer than two points."""
    known = [math.nan if value is None else value for value in values]
    return sparkline(known, title=title) if sum(map(math.isfinite, known)) > 1 else ""
