"""Rows answered one by one, by whoever is signed in."""

from __future__ import annotations

from typing import Final, Literal

from mainspring.app.api.desk import Desk
from mainspring.app.api.jobs import Job
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.reviews.listing import queue_of
from mainspring.app.api.subjects.reviews.nouns import Next, ShownItem
from mainspring.app.reviewing import reviews_of
from mainspring.core.clock import seconds_of
from mainspring.core.errors import InputError, NotFoundError
from mainspring.monitoring.reviewing import ItemState, ReviewItem, ReviewQueue

MINUTES: Final = 15.0


@operation("reviews.next", "POST", "/reviews/{name}/next", command="mainspring review next {name}", audited=False)
def following(desk: Desk, name: str, *, shown: bool = False) -> Next:
    """The next row to look at; nobody else gets it for a quarter of an hour.

    ``shown`` tells what the model answered, too: it may sway people.
    """
    queue = queue_of(desk.platform, name)
    return _next(desk, queue, queue.next(desk.caller.name, minutes=MINUTES), shown=shown)


@operation("reviews.look", "GET", "/reviews/{name}/item", command="mainspring review next {name}")
def look(desk: Desk, name: str, item: str, *, shown: bool = False) -> Next:
    """A row of the reviews, by its id."""
    queue = queue_of(desk.platform, name)
    return _next(desk, queue, queue.item(item), shown=shown)


@operation(
    "reviews.answer", "POST", "/reviews/{name}/answer", command="mainspring review answer {name} {item} {label}"
)
def answer(
    desk: Desk,
    name: str,
    item: str,
    *,
    label: str = "",
    kind: Literal["label", "unsure", "skip"] = "label",
    comment: str = "",
    guideline: str = "",
    decide: bool = False,
    shown: bool = False,
) -> Next:
    """Say what the truth of a row is, or that you cannot say, and get the next one.

    A later answer replaces an earlier one. As soon as enough people agree, the feedback log is told.

    Args:
        label: The truth.
        kind: Whether it is said, cannot be said, or the row is left to others.
        comment: What others should know.
        guideline: The rule that was followed.
        decide: Whether it counts whatever others said.
    """
    queue, by = queue_of(desk.platform, name), desk.caller.name
    if decide:
        queue.decide(item, label, reviewer=by, guideline=guideline, comment=comment)
    else:
        given = label if kind == "label" and label else None
        queue.answer(item, given, reviewer=by, kind=kind, guideline=guideline, comment=comment)
    return _next(desk, queue, queue.next(by, minutes=MINUTES), shown=shown)


@operation("reviews.undo", "POST", "/reviews/{name}/undo", command="mainspring review undo {name}")
def undo(desk: Desk, name: str, *, shown: bool = False) -> Next:
    """Take up again the row that you answered last: what you say next replaces what you said."""
    queue, by = queue_of(desk.platform, name), desk.caller.name
    return _next(desk, queue, queue.last_of(by), shown=shown)


@operation("reviews.fill", "POST", "/reviews/{name}/fill", command="mainspring review fill {name} --rows {rows}")
def fill(
    desk: Desk,
    name: str,
    *,
    rows: int = 100,
    last: str = "",
    by: str = "",
    where: str = "",
    reviewers: int = 1,
) -> Job:
    """Choose rows of the log to be reviewed by chance: half from all alike, the others the more they tell.

    Args:
        rows: How many rows.
        last: Only rows of the last so long, such as `24h`.
        by: A column; each of its values gets as many rows.
        where: A condition; rows that meet it get a part of their own.
        reviewers: How many people look at each row.
    """
    if rows < 1 or reviewers < 1:
        raise InputError(f"{rows} rows for {reviewers} people", expected="at least one of each")
    reviews_of(desk.platform, name)
    arguments = ["review", "fill", name, "--rows", str(rows), "--reviewers", str(reviewers)]
    if last:
        seconds_of(last)
        arguments += ["--last", last]
    arguments += [*(["--by", by] if by else []), *(["--where", where] if where else [])]
    return desk.jobs.start(
        arguments, title=f"Choose rows of {name} to review", by=desk.caller.name, path=f"/reviews/{name}"
    )


def _next(desk: Desk, queue: ReviewQueue, item: ReviewItem | None, *, shown: bool) -> Next:
    items, me = queue.items(), desk.caller.name
    return Next(
        name=queue.model,
        item=None if item is None else _shown(queue, item, me, shown=shown),
        classes=queue.classes,
        answered=sum(me in one.answers for one in items),
        left=sum(one.state is ItemState.WAITING for one in items),
        items=len(items),
    )


def _shown(queue: ReviewQueue, item: ReviewItem, me: str, *, shown: bool) -> ShownItem:
    try:
        values, gone = queue.values(item), ""
    except NotFoundError as error:
        values, gone = {}, error.found
    said = item.answers.get(me)
    return ShownItem(
        id=item.id,
        why=item.chosen.why,
        time=item.chosen.time,
        values=values,
        gone=gone,
        said=item.chosen.said if shown else None,
        answer=None if said is None else said.label if said.label is not None else said.kind,
        version=item.chosen.version,
        request=item.chosen.request,
    )
