"""What is kept of a model, and what is archived: planned first, then done.

An archived version keeps its number, its metrics and its history; it can no longer be promoted, and its package is
given back by ``mainspring gc`` once nothing else needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.core.errors import InputError
from mainspring.models.registry.decisions import AliasMove, standing
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.registry.promotion import Decision, is_open
from mainspring.models.versions import Version

DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What was, or would be, archived.

    Attributes:
        archived: The versions that go.
        kept: Those that stay, with the reasons.
        gone: Those that were archived before.
        dry_run: Whether this is only a plan.
    """

    archived: tuple[ModelVersion, ...]
    kept: Mapping[Version, tuple[str, ...]]
    gone: tuple[ModelVersion, ...]
    dry_run: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "dry_run": self.dry_run,
            "archived": [str(one) for one in self.archived],
            "kept": {str(one): list(why) for one, why in self.kept.items()},
            "archived_before": [str(one) for one in self.gone],
        }


def reasons_to_keep(
    versions: Sequence[ModelVersion],
    *,
    registered: Mapping[Version, float],
    history: Sequence[AliasMove],
    decisions: Sequence[Decision],
    keep_last: int,
    keep_aliased: bool,
    since: float | None,
    in_use: Collection[str] = (),
) -> dict[Version, tuple[str, ...]]:
    """Why each version stays; a version without a reason may go.

    Args:
        versions: In the order of their numbers.
        registered: When each was registered.
        history: Every move of every alias.
        decisions: Every decision about the model.
        keep_last: How many of the highest stay.
        keep_aliased: Whether what an alias points to stays, and what a rollback would go back to.
        since: Whatever was registered after this moment stays; ``None`` if age does not count.
        in_use: Versions (``"taxi:1.2.0"``) that are served, or needed elsewhere.

    Raises:
        InputError: For a number that cannot be.
    """
    if keep_last < 1:
        raise InputError(f"keep_last={keep_last}", expected="1 or more: the newest version always stays")
    found: dict[Version, list[str]] = {one.version: [] for one in versions}
    for one in versions[-keep_last:]:
        found[one.version].append(f"it is one of the last {keep_last}")
    if keep_aliased:
        for alias in dict.fromkeys(move.alias for move in history):
            line = standing([move for move in history if move.alias == alias])
            for version, why in zip(
                line, (f"{alias} points at it", f"a rollback of {alias} goes back to it"), strict=False
            ):
                found.get(version, []).append(why)
    for one in versions:
        if since is not None and registered[one.version] >= since:
            found[one.version].append("it is young")
        if str(one) in in_use:
            found[one.version].append("it is served")
        for environment in sorted({each.environment for each in decisions if each.version == one.version}):
            if environment and is_open(one, environment, decisions):
                found[one.version].append(f"its promotion to {environment} is asked for")
    return {version: tuple(why) for version, why in found.items()}
