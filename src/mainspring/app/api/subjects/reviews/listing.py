"""How reviews stand: rows that wait, what people said, how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.monitoring.sight import stat_of
from mainspring.app.api.subjects.reviews.nouns import Estimate, QueueStanding, ShownQueue
from mainspring.app.reviewing import reviews_folder, reviews_of
from mainspring.core.clock import now
from mainspring.core.errors import NotFoundError
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.monitoring.reviewing import ItemState, ReviewItem, ReviewQueue, queues, review_agreement
from mainspring.monitoring.reviewing.journal import FILE
from mainspring.monitoring.reviewing.standing import status_of

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

State = Literal["", "waiting", "disputed", "settled"]


@operation("reviews.list", "GET", "/reviews", command="mainspring review status")
def listed(desk: Desk) -> Sequence[QueueStanding]:
    """How the reviews of all models stand."""
    return [standing_of(desk, name) for name in names(desk.platform)]


@operation("reviews.show", "GET", "/reviews/{name}", command="mainspring review list {name}")
def shown(desk: Desk, name: str, *, state: State = "", limit: int = 50) -> ShownQueue:
    """The reviews of a model: how they stand, how far people agree, and the rows.

    Args:
        state: Only rows in this state.
    """
    items = items_of(desk, name)
    stamp = stat_of(reviews_folder(desk.platform) / name / FILE)
    agreement = desk.shared.remembered(("reviews.agreement", name), stamp, lambda: review_agreement(items))
    wanted = [one for one in items if not state or one.state is ItemState(state.upper())]
    return ShownQueue(
        standing=standing_of(desk, name),
        agreement=agreement,
        classes=queue_of(desk.platform, name).classes,
        items=wanted[:limit],
        left_out=max(len(wanted) - limit, 0),
    )


def names(opened: Mainspring) -> Sequence[str]:
    """The models that have reviews."""
    return queues(reviews_folder(opened))


def queue_of(opened: Mainspring, name: str) -> ReviewQueue:
    """The reviews of a model.

    Raises:
        NotFoundError: If nothing was chosen yet.
    """
    if name not in names(opened):
        raise NotFoundError(
            f"no rows of {name!r} were chosen to be reviewed", fix=f"choose some: mainspring review fill {name}"
        )
    return reviews_of(opened, name)


def items_of(desk: Desk, name: str) -> Sequence[ReviewItem]:
    """All items of a queue, those to be looked at first in front; remembered while nobody says anything."""
    queue = queue_of(desk.platform, name)
    file: Path = reviews_folder(desk.platform) / name / FILE
    return desk.shared.remembered(("reviews.items", name), stat_of(file), queue.items)


def standing_of(desk: Desk, name: str) -> QueueStanding:
    """How the reviews of a model stand, for whoever asks."""
    items, moment, me = items_of(desk, name), now(), desk.caller.name
    waiting = [one for one in items if one.state is ItemState.WAITING]
    return QueueStanding(
        name=name,
        status=status_of(items, moment),
        mine=sum(me not in one.answers and _free(one, me, moment) for one in waiting),
        quality=estimate(items),
        since=min((one.chosen.time for one in waiting), default=None),
    )


def estimate(items: Sequence[ReviewItem]) -> Estimate | None:
    """How good the model is by what people said of rows that were chosen by chance; ``None`` if that says nothing.

    Rows are weighed by the inverse of the probability that they were chosen, so that the figure is that of all
    rows; the interval is that of as many evenly chosen rows as these are worth.
    """
    known = [
        (1 / one.chosen.probability, str(one.chosen.said) == str(one.label))
        for one in items
        if isinstance(one.label, str) and one.chosen.said is not None and one.chosen.probability > 0
    ]
    if not known:
        return None
    total = sum(weight for weight, _ in known)
    value = sum(weight for weight, right in known if right) / total
    worth = max(round(total**2 / sum(weight**2 for weight, _ in known)), 1)
    low, high = wilson(round(value * worth), worth)
    return Estimate(value=value, low=min(low, value), high=max(high, value), rows=len(known))


def _free(item: ReviewItem, me: str, moment: float) -> bool:
    leased = item.leased(moment)
    return me in leased or len(item.given) + len(leased) < item.chosen.wanted
