"""``mainspring review``: rows that people look at. One module per group of commands."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "agreement": "standing:agreement",
    "answer": "answering:answer",
    "fill": "filling:fill",
    "label": "labelling:label",
    "list": "standing:list_items",
    "next": "answering:next_item",
    "status": "standing:status",
    "undo": "answering:undo",
}
_SUMMARIES = {
    "agreement": "How far reviewers agree with each other, and with the model.",
    "answer": "Say what the truth of an item is, or that you cannot say.",
    "fill": "Choose rows of the log to be reviewed, by chance.",
    "label": "Work off a queue in the terminal, item by item.",
    "list": "The items of a queue.",
    "next": "Take the next item to look at.",
    "status": "How queues stand.",
    "undo": "Look again at the item that you answered last.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.review",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    default="label",
    epilog="\b\nExamples:\n  mainspring review fill census --rows 200 --by sex\n  mainspring review census\n"
    "  mainspring review status\n  mainspring review agreement census",
)
def review() -> None:
    """Rows that people look at: chosen from the log by chance, answered, and told as the truth.

    `mainspring review NAME` works off the queue of a model in the terminal.
    """
