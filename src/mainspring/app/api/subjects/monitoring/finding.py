"""What the search and live pages ask of monitoring."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.subject import Hit
from mainspring.app.api.subjects.monitoring.sight import Sight

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

_MOST: Final = 20
_DRIFT: Final = "drift/"


def find(desk: Desk, text: str) -> Sequence[Hit]:
    """Models that are watched, and their features."""
    sight, wanted = Sight(desk.shared), text.lower()
    hits: list[Hit] = []
    for model in sight.names():
        looked = sight.looked_at(model) or 0.0
        if wanted in model.lower():
            hits.append(Hit(kind="watch", name=model, path=f"/monitoring/{model}", detail="watched", at=looked))
        features = _features(sight, model)
        hits += [
            Hit(
                kind="feature",
                name=one,
                path=f"/monitoring/{model}/features/{one}",
                detail=f"of {model}",
                at=looked,
            )
            for one in features
            if wanted in one.lower()
        ][:_MOST]
    return hits[: 2 * _MOST]


def _features(sight: Sight, model: str) -> Sequence[str]:
    """The features that are looked at for drift; remembered while nothing is new."""
    return sight.remembered(("monitoring.features", model), sight.stamp(model), lambda: _read(sight, model))


def _read(sight: Sight, model: str) -> Sequence[str]:
    return [name.removeprefix(_DRIFT) for name in sight.seen.history(model).names(_DRIFT) if "|" not in name]


def stamp(shared: Shared, model: str) -> Hashable:
    """Another value after everything that is seen of a model; of all models, for an empty name."""
    sight = Sight(shared)
    return tuple(sight.stamp(one) for one in ([model] if model else sight.names()))
