"""``mainspring review next``, ``mainspring review answer`` and ``mainspring review undo``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.review.opening import opened_queue, plain, queue_options, reviewer_option
from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.monitoring.reviewing import ReviewItem, ReviewQueue


@click.command(
    name="next",
    epilog="\b\nExamples:\n  mainspring review next census\n"
    "  mainspring review next census --reviewer ann --minutes 30 --json",
)
@click.argument("name")
@reviewer_option
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    default=15.0,
    show_default=True,
    help="How long nobody else gets it.",
)
@queue_options
@json_option
def next_item(
    name: str, reviewer: str, minutes: float, log: Path | None, reviews: Path | None, as_json: bool
) -> None:
    """Take the next item to look at; nobody else gets it for a while. The model's answer is not shown."""
    queue = opened_queue(name, log, reviews)
    item = queue.next(reviewer, minutes=minutes)
    if item is None:
        if as_json:
            print_json({"item": None})
            return
        click.echo("there is nothing to look at")
        return
    _show(queue, item, as_json=as_json)


@click.command(
    epilog="\b\nExamples:\n  mainspring review undo census\n  mainspring review undo census --reviewer ann --json"
)
@click.argument("name")
@reviewer_option
@queue_options
@json_option
def undo(name: str, reviewer: str, log: Path | None, reviews: Path | None, as_json: bool) -> None:
    """Look again at the item that you answered last: what you say next replaces what you said."""
    queue = opened_queue(name, log, reviews)
    _show(queue, queue.last_of(reviewer), as_json=as_json)


def _show(queue: ReviewQueue, item: ReviewItem, *, as_json: bool) -> None:
    values = queue.values(item)
    if as_json:
        print_json({"item": item.id, "values": values, "classes": list(queue.classes), "why": item.chosen.why})
        return
    click.echo(f"{bold(item.id)}  {dim(item.chosen.why)}")
    click.echo(table([[column, str(value)] for column, value in values.items()]))
    first = shlex.quote(str(queue.classes[0])) if queue.classes else "1.5"
    click.echo(f"one of {', '.join(queue.classes)}" if queue.classes else "a number")
    click.echo(dim("then: ") + f"mainspring review answer {shlex.quote(queue.model)} {item.id} {first}")


@click.command(
    epilog="\b\nExamples:\n  mainspring review answer census r17/0 '>50K' --guideline 2\n"
    "  mainspring review answer census r17/0 --unsure --comment 'no occupation'\n"
    "  mainspring review answer census r17/0 '<=50K' --decide --reviewer lead"
)
@click.argument("name")
@click.argument("item")
@click.argument("label", required=False)
@reviewer_option
@click.option("--unsure", is_flag=True, help="Looked at it, and cannot say.")
@click.option("--skip", is_flag=True, help="Somebody else should look.")
@click.option("--decide", is_flag=True, help="Whatever reviewers said, this is the truth.")
@click.option("--guideline", default="", help="The version of the guideline that it is answered by.")
@click.option("--comment", default="", help="Why.")
@queue_options
@json_option
def answer(
    name: str,
    item: str,
    label: str | None,
    reviewer: str,
    unsure: bool,
    skip: bool,
    decide: bool,
    guideline: str,
    comment: str,
    log: Path | None,
    reviews: Path | None,
    as_json: bool,
) -> None:
    """Say what the truth of an item is. As soon as enough people agree, it is told to the feedback log."""
    if (label is not None) + unsure + skip != 1 or (decide and label is None):
        raise InputError("it is not said what the truth is", expected="one of LABEL, --unsure and --skip")
    queue = opened_queue(name, log, reviews)
    if decide and label is not None:
        found = queue.decide(item, label, reviewer=reviewer, guideline=guideline, comment=comment)
    else:
        kind = "unsure" if unsure else "skip" if skip else "label"
        found = queue.answer(item, label, reviewer=reviewer, kind=kind, guideline=guideline, comment=comment)
    if as_json:
        print_json(plain(found))
        return
    told = "" if found.label is None else f": {found.label}"
    click.echo(f"{bold(found.id)}  {found.state.value.lower()}{told}")
