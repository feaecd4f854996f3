"""Deciding about versions: signing, rejecting, promoting, going back, evidence; each stays in the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.accounts import Role as Needs
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.models.moving import Moved, follow, references_in, told_of
from mainspring.app.api.subjects.models.nouns import Standing
from mainspring.app.api.subjects.models.shelf import shelf
from mainspring.app.api.subjects.models.standing import environments_of, standing
from mainspring.core.errors import InputError
from mainspring.core.records import Artifact, Kind, NodeType

if TYPE_CHECKING:
    from mainspring.models.registry import ModelVersion

_EVIDENCE: Final = "mainspring.Evidence"


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
    given: dict[str, Any] = {"environment": environment, "role": role, "comment": comment, "evidence": evidence}
    return _said(desk, model, version, desk.platform.models.sign, **given)


@operation(
    "models.reject",
    "POST",
    "/models/{model:path}/versions/{version}/reject",
    role=Needs.APPROVER,
    command="mainspring sign {model}@{version} --for {environment} --as {role} --by NAME --reject "
    '--comment "{comment}"',
    done="You rejected it as {role}",
    like=sign,
)
def reject(desk: Desk, model: str, version: str, **given: Any) -> Standing:
    """Say for a role that a version may not be brought into an environment; this takes back a signature, too."""
    return _said(desk, model, version, desk.platform.models.reject, **given)


def _said(
    desk: Desk,
    model: str,
    version: str,
    say: Callable[..., Any],
    *,
    environment: str,
    role: str,
    comment: str,
    evidence: str | list[str] = "",
) -> Standing:
    meant, by = _meant(desk, model, version), desk.caller.name
    found = references_in(evidence)
    say(model, meant.version, to=environment, role=role, by=by, comment=comment, evidence=found)
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

    Args:
        push: Serve it from the folder that models are pushed to, even if nothing was pushed there before.
    """
    meant = _meant(desk, model, version)
    move = desk.platform.models.promote(
        model,
        meant.version,
        to=environment,
        by=desk.caller.name,
        comment=comment,
        evidence=references_in(evidence),
    )
    follow(desk, meant, environment, reason=comment, begin=push)
    return told_of(move)


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
    given = references_in(evidence)
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
    """Say that a version may be used, or that it may not any more: it cannot be promoted then.

    Args:
        ok: Whether it may be used.
    """
    meant = _meant(desk, model, version)
    if not reason.strip():
        raise InputError("a blessing needs a reason", expected="why; it stays in the record")
    desk.platform.models.bless(meant, by=desk.caller.name, reason=reason, ok=ok)
    return promotion(desk, model, str(meant.version))


def _meant(desk: Desk, model: str, version: str) -> ModelVersion:
    return shelf(desk.shared, model).version(version)


def _standing(desk: Desk, version: ModelVersion, environment: str) -> Standing:
    return standing(desk, shelf(desk.shared, version.name), version, environment)


def _kept(desk: Desk, text: str) -> str:
    """A text as an artifact of the record; gives its digest."""
    store = desk.platform.store
    digest = store.blobs.put_bytes(text.encode())
    store.record.put_type(
        NodeType(kind=Kind.ARTIFACT, name=_EVIDENCE, description="A text that somebody gave as evidence.")
    )
    store.record.publish([Artifact(type=_EVIDENCE, uri=f"blob:{digest}", digest=digest)])
    return digest
