"""``mainspring review status``, ``list`` and ``agreement``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.review.opening import folders, opened_queue, plain, queue_options
from mainspring.app.cli.words import ago, json_option, print_json, table

if TYPE_CHECKING:
    from mainspring.monitoring.reviewing import Pair

_STATES = ("waiting", "disputed", "settled")


@click.command(epilog="\b\nExamples:\n  mainspring review status\n  mainspring review status census --json")
@click.argument("name", required=False)
@queue_options
@json_option
def status(name: str | None, log: Path | None, reviews: Path | None, as_json: bool) -> None:
    """How the queue of a model stands, or those of all."""
    from mainspring.monitoring.reviewing import ReviewQueue, queues

    where, folder = folders(log, reviews)
    names = queues(folder) if name is None else [name]
    found = {one: ReviewQueue(folder, model=one, log=where).status() for one in names}
    if as_json:
        print_json({one: standing.as_dict() for one, standing in found.items()})
        return
    if not found:
        click.echo("nothing was chosen yet: mainspring review fill NAME")
        return
    rows = [
        [
            one,
            *(str(getattr(standing, column)) for column in ("items", *_STATES)),
            ", ".join(f"{who} {count}" for who, count in standing.reviewers.items()),
        ]
        for one, standing in found.items()
    ]
    click.echo(table(rows, ("model", "items", *_STATES, "reviewers")))


@click.command(
    name="list",
    epilog="\b\nExamples:\n  mainspring review list census\n  mainspring review list census --state disputed",
)
@click.argument("name")
@click.option("--state", type=click.Choice(_STATES), help="Only items in this state.")
@click.option("-n", "--number", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@queue_options
@json_option
def list_items(
    name: str, state: str | None, number: int, log: Path | None, reviews: Path | None, as_json: bool
) -> None:
    """The items of a queue, those to be looked at first in front."""
    queue = opened_queue(name, log, reviews)
    items = queue.items(None if state is None else state.upper())[:number]
    if as_json:
        print_json({"items": [plain(one) for one in items]})
        return
    rows = [
        [
            one.id,
            one.state.value.lower(),
            "" if one.label is None else str(one.label),
            one.chosen.why,
            f"{one.chosen.probability:.3g}",
            ago(one.chosen.time),
            ", ".join(f"{who}: {said.label or said.kind.value}" for who, said in one.answers.items()),
        ]
        for one in items
    ]
    click.echo(table(rows, ("item", "state", "truth", "chosen for", "chance", "asked", "answers")))


@click.command(
    epilog="\b\nExamples:\n  mainspring review agreement census\n  mainspring review agreement census --json"
)
@click.argument("name")
@queue_options
@json_option
def agreement(name: str, log: Path | None, reviews: Path | None, as_json: bool) -> None:
    """How far reviewers agree with each other, and with the model."""
    found = opened_queue(name, log, reviews).agreement()
    if as_json:
        print_json(found.as_dict())
        return
    low, high = found.interval
    sure = "" if math.isnan(low) else f" (95 %: {low:.2f} to {high:.2f})"
    if found.items:
        click.echo(
            f"{found.items} items that two or more labelled: Krippendorff's alpha {_told(found.alpha)}{sure}, "
            f"Fleiss' kappa {_told(found.fleiss)}"
        )
    else:
        click.echo("no item was labelled by two people yet: whether they agree is not known")
    pairs = [*found.pairs, *found.with_model]
    if pairs:
        click.echo(table(list(map(_row, pairs)), ("one", "other", "items", "same", "95 %", "Cohen's kappa")))


def _row(pair: Pair) -> list[str]:
    ends = f"{pair.interval.low:.1%} to {pair.interval.high:.1%}"
    return [pair.one, pair.other, str(pair.items), f"{pair.same:.1%}", ends, _told(pair.cohen)]


def _told(value: float) -> str:
    return "does not exist" if math.isnan(value) else f"{value:.2f}"
