"""What to tell somebody who asks for a version that is not loaded."""

from __future__ import annotations

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.serving.problems import LoadingError
from mainspring.serving.repository.index import Index
from mainspring.serving.repository.shelf import Shelves


def absence(name: str, version: str, shelves: Shelves, index: Index) -> MainspringError:
    """Why a model, or a version of it, does not answer.

    Args:
        name: The model.
        version: The version asked for; empty for any.
        shelves: What is loaded.
        index: What is under way.
    """
    if index.is_loading(name, version):
        return LoadingError(f"model {name!r} is being loaded", fix="ask again in a moment")
    if name not in shelves:
        known = ", ".join(map(repr, shelves)) or "none"
        return NotFoundError(f"model {name!r} is not served here", expected=f"one of: {known}")
    return NotFoundError(
        f"version {version!r} of model {name!r} is not served here",
        expected="one of: " + ", ".join(map(repr, shelves[name].versions)),
    )
