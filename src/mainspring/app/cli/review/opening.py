"""Which queue a command is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mainspring.app import platform
from mainspring.app.cli.words import who
from mainspring.app.reviewing import reviews_folder
from mainspring.monitoring.reviewing import ReviewQueue

if TYPE_CHECKING:
    from mainspring.monitoring.reviewing import ReviewItem

F = TypeVar("F", bound=Callable[..., Any])


def queue_options(command: F) -> F:
    """``--log`` and ``--reviews``."""
    command = click.option(
        "--reviews",
        type=click.Path(file_okay=False, path_type=Path),
        help="The folder of reviews; by default that of the project.",
    )(command)
    return click.option(
        "--log",
        type=click.Path(file_okay=False, exists=True, path_type=Path),
        help="The prediction log; by default that of the project.",
    )(command)


def reviewer_option(command: F) -> F:
    """``--reviewer``."""
    return click.option(
        "--reviewer", default=who, show_default="who is logged in", help="Who looks at it, or decides."
    )(command)


def folders(log: Path | None, reviews: Path | None) -> tuple[Path, Path]:
    """The folders of the log and of reviews."""
    if log is not None and reviews is not None:
        return log, reviews
    with platform.existing() as opened:
        settings = opened.settings
        return (
            settings.path(settings.serving.log) if log is None else log,
            reviews_folder(opened) if reviews is None else reviews,
        )


def opened_queue(model: str, log: Path | None, reviews: Path | None) -> ReviewQueue:
    """The queue of a model."""
    where, folder = folders(log, reviews)
    return ReviewQueue(folder, model=model, log=where)


def plain(item: ReviewItem) -> dict[str, Any]:
    """An item, for JSON."""
    return {
        "id": item.id,
        "state": item.state.value,
        "label": item.label,
        "by": item.by if item.label is not None else "",
        **item.chosen.as_dict(),
        "answers": [one.as_dict() for one in item.answers.values()],
        "decision": None if item.decision is None else item.decision.as_dict(),
    }
