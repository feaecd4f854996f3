"""Where the reviews of a project lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from mainspring.monitoring.reviewing import ReviewQueue

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

_FOLDER: Final = "reviews"


def reviews_folder(opened: Mainspring) -> Path:
    """The folder of the reviews of all models."""
    return opened.settings.path(opened.settings.run.home) / _FOLDER


def reviews_of(opened: Mainspring, model: str) -> ReviewQueue:
    """The reviews of a model.

    Raises:
        InputError: If that is no name of a model.
    """
    return ReviewQueue(reviews_folder(opened), model=model, log=opened.settings.path(opened.settings.serving.log))
