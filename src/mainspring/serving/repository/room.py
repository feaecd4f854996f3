"""What to let go of, so that models loaded on demand keep to their limits."""

from __future__ import annotations

from collections.abc import Iterable

from mainspring.serving.repository.options import RepositoryOptions
from mainspring.serving.served import Served


def too_much(loaded: Iterable[Served], settings: RepositoryOptions) -> list[Served]:
    """The versions not used for longest, as many as are over the limits; the last one used stays.

    Graphs take no room: they have nothing but the models that they ask.

    Args:
        loaded: Everything that is loaded.
        settings: The limits.
    """
    kept = sorted([one for one in loaded if not one.walks], key=lambda one: one.used)
    gone: list[Served] = []
    while len(kept) > 1 and _over(kept, settings):
        gone.append(kept.pop(0))
    return gone


def _over(loaded: Iterable[Served], settings: RepositoryOptions) -> bool:
    sizes = [one.size for one in loaded]
    return (settings.max_models is not None and len(sizes) > settings.max_models) or (
        settings.max_memory is not None and sum(sizes) > settings.max_memory
    )
