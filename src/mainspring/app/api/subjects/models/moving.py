"""Moving aliases: back to a version that held one before, and to any other; what is served follows production."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.models.shelf import shelf
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.models.registry import AliasMove, ModelVersion

_PRODUCTION: Final = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A move of an alias.

    Attributes:
        model: Name of the model.
        alias: The alias.
        before: The version that held it before; empty if none did.
        version: The version that holds it now.
        by: Who.
        reason: Why.
        at: When, in seconds since the epoch.
    """

    model: str
    alias: str
    before: str
    version: str
    by: str
    reason: str
    at: float


@operation(
    "models.rollback",
    "POST",
    "/models/{model:path}/rollback",
    role=Role.APPROVER,
    command='mainspring rollback {model} --alias {alias} --reason "{reason}"',
    done="{alias} points at {version} again",
)
def rollback(desk: Desk, model: str, *, alias: str = _PRODUCTION, to: str = "", reason: str) -> Moved:
    """Point an alias back at the version that held it before, or at another one that held it.

    Args:
        alias: The alias.
        to: The version; by default the one that held the alias before.
    """
    its = shelf(desk.shared, model)
    if not reason.strip():
        raise InputError("a rollback needs a reason", expected="why; it stays in the record")
    registry = desk.platform.models
    if to:
        registry.move(model, alias, its.version(to).version, by=desk.caller.name, reason=reason)
    else:
        registry.rollback(model, alias, by=desk.caller.name, reason=reason)
    moved = registry.history(model, alias)[-1]
    follow(desk, shelf(desk.shared, model).version(str(moved.after)), alias, reason=reason)
    return told_of(moved)


@operation(
    "models.move",
    "POST",
    "/models/{model:path}/aliases/{alias}",
    role=Role.APPROVER,
    command='mainspring rollback {model} --alias {alias} --to {version} --reason "{reason}"',
    done="{alias} points at {version}",
)
def move(
    desk: Desk, model: str, alias: str, *, version: str, reason: str, evidence: str | list[str] = ""
) -> Moved:
    """Point an alias at a version; where a policy guards the alias, it has to have been there before.

    Args:
        alias: The alias, such as `production`.
    """
    meant = shelf(desk.shared, model).version(version)
    if not reason.strip():
        raise InputError("a move needs a reason", expected="why; it stays in the record")
    made = desk.platform.models.move(
        model, alias, meant.version, by=desk.caller.name, reason=reason, evidence=references_in(evidence)
    )
    follow(desk, meant, alias, reason=reason)
    return told_of(made)


def references_in(evidence: str | list[str]) -> list[str]:
    """Evidence as a list; several in a text are parted by spaces, commas or lines."""
    return evidence.replace(",", " ").split() if isinstance(evidence, str) else [one for one in evidence if one]


def told_of(move: AliasMove) -> Moved:
    """A move as it is told."""
    return Moved(
        model=move.name,
        alias=move.alias,
        before="" if move.before is None else str(move.before),
        version=str(move.after),
        by=move.by,
        reason=move.reason,
        at=move.at,
    )


def follow(desk: Desk, version: ModelVersion, alias: str, *, reason: str, begin: bool = False) -> None:
    """Serve what production points to, if the model is served from this project's folder or is to be now."""
    # Imported here: the serving room is not needed to look at models.
    from mainspring.serving.push import Deployment

    settings = desk.platform.settings
    folder = settings.path(settings.serving.deployments)
    if alias == _PRODUCTION and (begin or (folder / version.name).is_dir()):
        package = desk.platform.models.fetch(version)
        Deployment(folder, version.name).serve(str(version.version), package, by=desk.caller.name, reason=reason)
