"""Deciding about versions: signing, rejecting, promoting, going back, evidence; each stays in the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.app.accounts import Role as Needs
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.models.nouns import Standing
from mainspring.app.api.subjects.models.shelf import shelf
from mainspring.app.api.subjects.models.standing import environments_of, standing
from mainspring.core.errors import InputError
from mainspring.core.records import Artifact, Kind, NodeType

if TYPE_CHECKING:
    from mainspring.models.registry import AliasMove, ModelVersion

_PRODUCTION: Final = "production"
_EVIDENCE: Final = "mainspring.Evidence"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Evidence that was added.

    Attributes:
        model: Name of the model.
        version: The version that it is about.
        evidence: What was added: ``artifact:ID``, a digest, an address.
        comment: What it is.
    """

    model: str
    version: str
    evidence: list[str]
    comment: str


@operation(
    "models.promotion",
    "GET",
    "/models/{model:path}/versions/{version}/promotion",
    command="mainspring promote {model}@{version} --status",
)
def promotion(desk: Desk, model: str, version: str) -> list[Standing]:
    """How a version stands with respect to every environment: who signed, and what is missing."""
    its = shelf(desk.shared, model)
    meant = its.version(version)
    return [standing(desk, its, meant, one) for one in environments_of(desk.shared, its)]


@operation(
    "models.request",
    "POST",
    "/models/{model:path}/versions/{version}/request",
    command="mainspring promote {model}@{version} --to {environment} --request",
    done="{environment} is asked for",
)
def request(desk: Desk, model: str, version: str, *, environment: str, comment: str = "") -> Standing:
    """Ask for a promotion, so that those who must sign hear of it."""
    meant = _meant(desk, model, version)
    desk.platform.models.request(model, meant.version, to=environment, by=desk.caller.name, comment=comment)
    return _standing(desk, meant, environment)


@operation(
    "models.sign",
    "POST",
    "/models/{model:path}/versions/{version}/sign",
    role=Needs.APPROVER,
    command='mainspring sign {model}@{version} --for {environment} --as {role} --by NAME --comment "{comment}"',
    done="You signed as {role}",
)
def sign(
    desk: Desk,
    model: str,
    version: str,
    *,
    environment: str,
    role: str,
    comment: str,
    evidence: str | list[str] = "",
) -> Standing:
    """Sign for a role that a version may be brought into an environment, on the evidence as it is now.

    The signature is the caller's. It expires when evidence is added. Evidence is ``artifact:ID``, a digest or an
    address; several are parted by spaces or lines.
    """
    meant = _meant(desk, model, version)
    desk.platform.models.sign(
        model,
        meant.version,
        to=environment,
        role=role,
        by=desk.caller.name,
        comment=comment,
        evidence=_references(evidence),
    )
    return _standing(desk, meant, environment)


@operation(
    "models.reject",
    "POST",
    "/models/{model:path}/versions/{version}/reject",
    role=Needs.APPROVER,
    command='mainspring sign {model}@{version} --for {environment} --as {role} --reject --comment "{comment}"',
    done="You rejected it as {role}",
)
def reject(
    desk: Desk,
    model: str,
    version: str,
    *,
    environment: str,
    role: str,
    comment: str,
    evidence: str | list[str] = "",
) -> Standing:
    """Say for a role that a version may not be brought into an environment; this takes back a signature, too."""
    meant = _meant(desk, model, version)
    desk.platform.models.reject(
        model,
        meant.version,
        to=environment,
        role=role,
        by=desk.caller.name,
        comment=comment,
        evidence=_references(evidence),
    )
    return _standing(desk, meant, environment)


@operation(
    "models.promote",
    "POST",
    "/models/{model:path}/versions/{version}/promote",
    role=Needs.APPROVER,
    command='mainspring promote {model}@{version} --to {environment} --comment "{comment}"',
    done="{model} {version} is in {environment}",
)
def promote(
    desk: Desk,
    model: str,
    version: str,
    *,
    environment: str,
    comment: str,
    evidence: str | list[str] = "",
    push: bool = False,
) -> Moved:
    """Bring a version into an environment, if its policy allows; else it is asked for, and what is missing told.

    What is served from the folder that models are pushed to follows the environment ``production``; ``push``
    serves it from there even if nothing was pushed before.
    """
    meant = _meant(desk, model, version)
    move = desk.platform.models.promote(
        model,
        meant.version,
        to=environment,
        by=desk.caller.name,
        comment=comment,
        evidence=_references(evidence),
    )
    _follow(desk, meant, environment, reason=comment, begin=push)
    return _moved(move)


@operation(
    "models.rollback",
    "POST",
    "/models/{model:path}/rollback",
    role=Needs.APPROVER,
    command='mainspring rollback {model} --alias {alias} --reason "{reason}"',
    done="{alias} points at {version} again",
)
def rollback(desk: Desk, model: str, *, alias: str = _PRODUCTION, to: str = "", reason: str) -> Moved:
    """Point an alias back at the version that held it before, or at another one that held it."""
    its = shelf(desk.shared, model)
    if not reason.strip():
        raise InputError("a rollback needs a reason", expected="why; it stays in the record")
    registry = desk.platform.models
    if to:
        registry.move(model, alias, its.version(to).version, by=desk.caller.name, reason=reason)
    else:
        registry.rollback(model, alias, by=desk.caller.name, reason=reason)
    moved = registry.history(model, alias)[-1]
    _follow(desk, _meant(desk, model, str(moved.after)), alias, reason=reason)
    return _moved(moved)


@operation(
    "models.move",
    "POST",
    "/models/{model:path}/aliases/{alias}",
    role=Needs.APPROVER,
    command='mainspring rollback {model} --alias {alias} --to {version} --reason "{reason}"',
    done="{alias} points at {version}",
)
def move(
    desk: Desk, model: str, alias: str, *, version: str, reason: str, evidence: str | list[str] = ""
) -> Moved:
    """Point an alias at a version; where a policy guards the alias, it has to have been there before."""
    meant = _meant(desk, model, version)
    if not reason.strip():
        raise InputError("a move needs a reason", expected="why; it stays in the record")
    made = desk.platform.models.move(
        model, alias, meant.version, by=desk.caller.name, reason=reason, evidence=_references(evidence)
    )
    _follow(desk, meant, alias, reason=reason)
    return _moved(made)


@operation(
    "models.attach",
    "POST",
    "/models/{model:path}/versions/{version}/attach",
    role=Needs.APPROVER,
    command='mainspring attach {model}@{version} --evidence {evidence} --comment "{comment}"',
    done="The evidence is added; what was signed without it has expired",
)
def attach(
    desk: Desk, model: str, version: str, *, comment: str, evidence: str | list[str] = "", text: str = ""
) -> Attached:
    """Add evidence about a version. What was signed without it has expired.

    Args:
        desk: Whose.
        model: Name of the model.
        version: Its version.
        comment: What it is.
        evidence: ``artifact:ID``, ``sha256:…`` or an address; several are parted by spaces or lines.
        text: A file's content, or a note; it is kept in the record, and its digest is the evidence.
    """
    meant = _meant(desk, model, version)
    given = _references(evidence)
    if text.strip():
        given = [*given, _kept(desk, text)]
    desk.platform.models.attach(model, meant.version, evidence=given, by=desk.caller.name, comment=comment)
    return Attached(model=model, version=str(meant.version), evidence=given, comment=comment)


@operation(
    "models.bless",
    "POST",
    "/models/{model:path}/versions/{version}/bless",
    role=Needs.APPROVER,
    command='mainspring models bless {model}@{version} --reason "{reason}"',
    done="What was said about {version} is kept",
)
def bless(desk: Desk, model: str, version: str, *, ok: bool = True, reason: str) -> list[Standing]:
    """Say that a version may be used, or that it may not any more: it cannot be promoted then."""
    meant = _meant(desk, model, version)
    if not reason.strip():
        raise InputError("a blessing needs a reason", expected="why; it stays in the record")
    desk.platform.models.bless(meant, by=desk.caller.name, reason=reason, ok=ok)
    return promotion(desk, model, str(meant.version))


def _meant(desk: Desk, model: str, version: str) -> ModelVersion:
    return shelf(desk.shared, model).version(version)


def _standing(desk: Desk, version: ModelVersion, environment: str) -> Standing:
    return standing(desk, shelf(desk.shared, version.name), version, environment)


def _references(evidence: str | list[str]) -> list[str]:
    return evidence.replace(",", " ").split() if isinstance(evidence, str) else [one for one in evidence if one]


def _moved(move: AliasMove) -> Moved:
    return Moved(
        model=move.name,
        alias=move.alias,
        before="" if move.before is None else str(move.before),
        version=str(move.after),
        by=move.by,
        reason=move.reason,
        at=move.at,
    )


def _kept(desk: Desk, text: str) -> str:
    """A text as an artifact of the record; gives its digest."""
    store = desk.platform.store
    digest = store.blobs.put_bytes(text.encode())
    store.record.put_type(
        NodeType(kind=Kind.ARTIFACT, name=_EVIDENCE, description="A text that somebody gave as evidence.")
    )
    store.record.publish([Artifact(type=_EVIDENCE, uri=f"blob:{digest}", digest=digest)])
    return digest


def _follow(desk: Desk, version: ModelVersion, alias: str, *, reason: str, begin: bool = False) -> None:
    """Serve what production points to, if the model is served from this project's folder or is to be now."""
    # Imported here: the serving room is not needed to look at models.
    from mainspring.serving.push import Deployment

    settings = desk.platform.settings
    folder = settings.path(settings.serving.deployments)
    if alias == _PRODUCTION and (begin or (folder / version.name).is_dir()):
        package = desk.platform.models.fetch(version)
        Deployment(folder, version.name).serve(str(version.version), package, by=desk.caller.name, reason=reason)
