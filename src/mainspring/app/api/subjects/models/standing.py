"""How versions stand with respect to environments: who signed, who could, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.shared import Shared
from mainspring.app.api.subjects.models.nouns import Role, Signed, Standing
from mainspring.app.api.subjects.models.shelf import Shelf
from mainspring.app.wiring import policies_of
from mainspring.core.errors import MainspringError

if TYPE_CHECKING:
    from mainspring.models.registry import Decision, ModelVersion, Policy

_PRODUCTION: Final = "production"


def environments_of(shared: Shared, its: Shelf) -> Sequence[str]:
    """The environments of a model: those of the policies about it in their order, and those that it was in."""
    named = [one.environment for one in shared.platform.settings.promotion if one.model in ("*", its.name)]
    asked = [one.environment for one in its.decisions if one.environment]
    moved = [one.alias for one in its.moves]
    return list(dict.fromkeys([*named, *asked, *moved, _PRODUCTION]))


def is_asked(its: Shelf, version: ModelVersion, environment: str) -> bool:
    """Whether a promotion is asked for."""
    # Imported here: the registry brings NumPy along, which a console that shows no model does without.
    from mainspring.models.registry.promotion import is_open

    return is_open(version, environment, its.decisions_on(version.version))


def signatures_on(its: Shelf, version: ModelVersion) -> int:
    """How many signatures on a version count, over all environments."""
    from mainspring.models.registry.promotion import signatures

    about = its.decisions_on(version.version)
    names = {one.environment for one in about if one.verb == "sign"}
    return sum(one.verb == "sign" for name in names for one in signatures(version, name, about).values())


def standing(desk: Desk, its: Shelf, version: ModelVersion, environment: str) -> Standing:
    """How a version stands with respect to an environment, as the caller sees it."""
    from mainspring.models.registry.promotion import missing_for, policy_for, signatures

    about = its.decisions_on(version.version)
    policy = policy_for(policies_of(desk.platform.settings), its.name, environment)
    said = signatures(version, environment, about)
    current = its.aliases.get(environment)
    return Standing(
        model=its.name,
        version=str(version.version),
        environment=environment,
        current="" if current is None else str(current),
        guarded=policy is not None,
        after=policy.after if policy else "",
        same_person=policy.same_person if policy else True,
        roles=[_role(one, policy, said, desk.caller.name) for one in policy.roles] if policy else [],
        signed=[_signed(one) for one in said.values() if one.verb == "sign"],
        missing=missing_for(policy, version, environment, about, its.blessings.get(version.version, ())),
        asked=is_asked(its, version, environment),
    )


def _role(name: str, policy: Policy, said: Mapping[str, Decision], caller: str) -> Role:
    from mainspring.models.registry.promotion import check_signer

    last = said.get(name)
    signed = last if last is not None and last.verb == "sign" else None
    why = ""
    if signed is not None:
        why = f"{signed.by} signed"
    else:
        try:
            check_signer(policy, name, caller, dict(said))
        except MainspringError as error:
            why = error.found
    people: Sequence[str] = tuple(policy.people.get(name) or ())
    return Role(
        name=name, people=people, signed=None if signed is None else _signed(signed), open=not why, why=why
    )


def _signed(decision: Any) -> Signed:
    return Signed(
        role=decision.role,
        by=decision.by,
        comment=decision.comment,
        at=decision.at,
        evidence=decision.evidence,
    )
