"""``mainspring review label``, which is meant by ``mainspring review NAME``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.review.opening import opened_queue, queue_options, reviewer_option
from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from mainspring.monitoring.reviewing import ReviewItem, ReviewQueue


@click.command(
    epilog="\b\nExamples:\n  mainspring review census\n  mainspring review census --reviewer ann --guideline 2"
)
@click.argument("name")
@reviewer_option
@click.option("--guideline", default="", help="The version of the guideline that it is answered by.")
@click.option("--show-answer", is_flag=True, help="Show what the model answered, too: it may sway people.")
@queue_options
@json_option
def label(
    name: str,
    reviewer: str,
    guideline: str,
    show_answer: bool,
    log: Path | None,
    reviews: Path | None,
    as_json: bool,
) -> None:
    """Work off a queue in the terminal: a class (or its number), u for unsure, s to skip, q to stop.

    What comes after a second space-separated word is a comment: `1 dates do not fit`.
    """
    queue = opened_queue(name, log, reviews)
    done = 0
    while (item := queue.next(reviewer)) is not None:
        try:
            values = queue.values(item)
        except NotFoundError as error:
            click.echo(dim(f"skipped: {error.found}"), err=as_json)
            queue.answer(item.id, reviewer=reviewer, kind="skip", comment=error.found)
            continue
        _show(item, values, queue.classes, show_answer=show_answer, to_error=as_json)
        if not _answered(queue, item, reviewer, guideline, to_error=as_json):
            break
        done += 1
    status = queue.status()
    if as_json:
        print_json({"answered": done, **status.as_dict()})
        return
    click.echo(f"{done} answered; {status.waiting} waiting, {status.disputed} disputed, {status.settled} settled")
    if not done and not status.waiting:
        click.echo(dim("choose rows to look at: ") + f"mainspring review fill {name}")


def _show(
    item: ReviewItem, values: Mapping[str, Any], classes: tuple[str, ...], *, show_answer: bool, to_error: bool
) -> None:
    click.echo(f"\n{bold(item.id)}  {dim(item.chosen.why)}", err=to_error)
    click.echo(table([[column, str(value)] for column, value in values.items()]), err=to_error)
    if show_answer:
        click.echo(f"the model answered {item.chosen.said}", err=to_error)
    choices = "  ".join(f"{number}={one}" for number, one in enumerate(classes, 1)) or "a number"
    click.echo(dim(f"{choices}  u=unsure  s=skip  q=stop"), err=to_error)


def _answered(queue: ReviewQueue, item: ReviewItem, reviewer: str, guideline: str, *, to_error: bool) -> bool:
    """Ask until there is an answer; false to stop."""
    while True:
        word, _, comment = click.prompt("truth", prompt_suffix="? ", err=to_error).strip().partition(" ")
        if word == "q":
            return False
        kind = {"u": "unsure", "s": "skip"}.get(word, "label")
        classes = queue.classes
        named = (
            classes[int(word) - 1]
            if word.isdecimal() and word not in classes and 0 < int(word) <= len(classes)
            else word
        )
        try:
            queue.answer(
                item.id,
                named if kind == "label" else None,
                reviewer=reviewer,
                kind=kind,
                guideline=guideline,
                comment=comment,
            )
        except InputError as error:
            click.echo(f"{error.found}; {error.expected}", err=True)
            continue
        return True
