"""What it takes to bring a version into an environment: policies, signatures, and what is missing.

Everything here is a plain function of the decisions that are in the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self, TypeAlias

from mainspring.core.clock import iso
from mainspring.core.digests import digest_json
from mainspring.core.errors import InputError, StateError
from mainspring.core.records import Value
from mainspring.models.registry.decisions import Blessing
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.registry.names import check_name
from mainspring.models.versions import Version

Verb: TypeAlias = Literal["request", "sign", "reject", "refuse", "promote", "attach", "archive"]
"""What a decision did."""

_WORDS: Mapping[str, str] = {
    "request": "requested",
    "sign": "signed",
    "reject": "rejected",
    "refuse": "refused",
    "promote": "promoted",
    "attach": "evidence added",
    "archive": "archived",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What it takes to bring a version of a model into an environment. An environment is the alias of its name.

    Attributes:
        environment: Its name: ``"staging"``, ``"production"``.
        model: The model; ``"*"`` for every model that has no policy of its own.
        roles: Each of these must sign.
        people: Who may sign for a role; anybody, for a role that is not named here.
        same_person: Whether one person may sign for several roles.
        after: The environment that the version must have been promoted to before.

    Example:
        >>> Policy(environment="production", roles=("reviewer", "risk"), people={"risk": ("carla",)})
        Policy(environment='production', model='*', roles=('reviewer', 'risk'), people={'risk': ('carla',)}, \
same_person=False, after='')
    """

    environment: str
    model: str = "*"
    roles: tuple[str, ...] = ()
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)
    same_person: bool = False
    after: str = ""

    def __post_init__(self) -> None:
        check_name(self.environment, "an environment")
        unknown = [role for role in self.people if role not in self.roles]
        if unknown:
            raise InputError(
                f"people are named for {_list(unknown)}, which need not sign",
                expected=f"one of the roles {_list(self.roles)}",
                where=f"promotion of {self.model} to {self.environment}",
            )
        object.__setattr__(self, "roles", tuple(self.roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A line in the history of what was decided about the versions of a model.

    Attributes:
        name: Name of the model.
        version: The version it is about.
        verb: What was done.
        environment: The environment it is about; empty if it is about none.
        role: For which role somebody signed or rejected.
        by: Who.
        comment: In their words.
        evidence: What it rests on: ``artifact:ID``, digests, addresses.
        subject: Digest of the version and of all evidence about it at that moment: what exactly was signed.
        missing: What was missing, for a refusal.
        number: The place in the history of the model, from 1.
        at: When, in seconds since the epoch.
    """

    name: str
    version: Version
    verb: Verb
    environment: str = ""
    role: str = ""
    by: str = ""
    comment: str = ""
    evidence: tuple[str, ...] = ()
    subject: str = ""
    missing: tuple[str, ...] = ()
    number: int = 1
    at: float = 0.0

    @property
    def title(self) -> str:
        """Its name in the record, which has every name once: a decision that came second is refused."""
        return f"{self.name}!{self.number}"

    def __str__(self) -> str:
        role = f" as {self.role}" if self.role else ""
        by = f" by {self.by}{role}" if self.by else role
        to = f" for {self.environment}" if self.environment else ""
        comment = f": {self.comment}" if self.comment else ""
        missing = f" (missing: {'; '.join(self.missing)})" if self.missing else ""
        return f"{iso(self.at)} {self.version} {_WORDS[self.verb]}{to}{by}{comment}{missing}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**self.told(), "number": self.number, "at": self.at}

    def told(self) -> dict[str, Value]:
        """What is written into the record; it knows the number and the time itself."""
        plain = {key: value for key, value in asdict(self).items() if key not in ("name", "number", "at")}
        lists = {"evidence": list(self.evidence), "missing": list(self.missing)}
        return {**plain, **lists, "model": self.name, "version": str(self.version)}

    @classmethod
    def read(cls, told: Mapping[str, Any], title: str | None, at: float) -> Self:
        """Read what the record has."""
        rest = {key: value for key, value in told.items() if key != "model"}
        return cls(
            **{
                **rest,
                "name": told["model"],
                "version": Version.parse(told["version"]),
                "evidence": tuple(told.get("evidence") or ()),
                "missing": tuple(told.get("missing") or ()),
                "number": int((title or "").rpartition("!")[2] or 1),
                "at": at,
            }
        )


class PromotionRefusedError(StateError):
    """A version may not be brought into an environment yet.

    Attributes:
        missing: What is missing, as sentences.
    """

    def __init__(
        self,
        found: str,
        *,
        missing: tuple[str, ...] = (),
        expected: str | None = None,
        where: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(found, expected=expected, where=where, fix=fix)
        self.missing = missing


def policy_for(policies: Sequence[Policy], model: str, environment: str) -> Policy | None:
    """The policy of a model for an environment: its own, or that of every model."""
    fitting = [one for one in policies if one.environment == environment and one.model in (model, "*")]
    return min(fitting, key=lambda one: one.model == "*", default=None)


def subject_of(version: ModelVersion, decisions: Sequence[Decision]) -> str:
    """What a signature is about: the package, its metrics, and all evidence that was attached to the version."""
    attached = [
        [one.comment, *one.evidence]
        for one in decisions
        if one.verb == "attach" and one.version == version.version
    ]
    return digest_json([version.name, str(version.version), version.digest, dict(version.metrics), attached])


def signatures(version: ModelVersion, environment: str, decisions: Sequence[Decision]) -> dict[str, Decision]:
    """The last word of every role on a version for an environment, as long as its evidence is what it was."""
    subject = subject_of(version, decisions)
    return {
        one.role: one
        for one in _about(version, environment, decisions)
        if one.verb in ("sign", "reject") and one.subject == subject
    }


def missing_for(
    policy: Policy | None,
    version: ModelVersion,
    environment: str,
    decisions: Sequence[Decision],
    blessings: Sequence[Blessing] = (),
) -> tuple[str, ...]:
    """What is missing before a version may be brought into an environment, as sentences; nothing if it may."""
    found: list[str] = []
    if any(one.verb == "archive" and one.version == version.version for one in decisions):
        found.append("it is archived")
    if blessings and not blessings[-1].ok:
        found.append(f"its blessing was taken back by {blessings[-1].by}: {blessings[-1].reason}")
    said = signatures(version, environment, decisions)
    found += _rejections(said)
    if policy is None:
        return tuple(found)
    found += _unsigned(policy, version, environment, decisions, said)
    if policy.after and not _was_in(policy.after, version, decisions):
        found.append(f"it was never promoted to {policy.after}")
    return tuple(found)


def check_signer(policy: Policy | None, role: str, by: str, said: Mapping[str, Decision]) -> None:
    """Refuse somebody who may not sign for a role.

    Raises:
        InputError: If the role need not sign, or its people are others.
        StateError: If the person signed for another role already, and the policy wants different people.
    """
    if policy is None:
        return
    where = f"promotion of {policy.model} to {policy.environment}"
    if role not in policy.roles:
        raise InputError(
            f"{role!r} need not sign", expected=f"one of the roles {_list(policy.roles)}", where=where
        )
    allowed = policy.people.get(role)
    if allowed is not None and _person(by) not in map(_person, allowed):
        raise InputError(f"{by} may not sign as {role}", expected=f"one of {_list(allowed)}", where=where)
    other = [one.role for one in said.values() if one.verb == "sign" and _person(one.by) == _person(by)]
    if not policy.same_person and any(one != role for one in other):
        raise StateError(
            f"{by} signed as {next(one for one in other if one != role)} already",
            expected=f"another person as {role}",
            where=where,
            fix="let somebody else sign, or allow it: same_person = true",
        )


def is_open(version: ModelVersion, environment: str, decisions: Sequence[Decision]) -> bool:
    """Whether a promotion was asked for and neither done nor rejected since."""
    about = [one.verb for one in _about(version, environment, decisions)]
    ends = [place for place, verb in enumerate(about) if verb in ("promote", "reject")]
    return "request" in about[ends[-1] + 1 if ends else 0 :]


def _about(version: ModelVersion, environment: str, decisions: Sequence[Decision]) -> Iterator[Decision]:
    for one in decisions:
        if one.version == version.version and one.environment == environment:
            yield one


def _rejections(said: Mapping[str, Decision]) -> Iterator[str]:
    for role, one in said.items():
        if one.verb == "reject":
            yield f"{role} ({one.by}) rejected it: {one.comment}"


def _unsigned(
    policy: Policy,
    version: ModelVersion,
    environment: str,
    decisions: Sequence[Decision],
    said: Mapping[str, Decision],
) -> Iterator[str]:
    taken: dict[str, str] = {}
    expired = {one.role: one for one in _about(version, environment, decisions) if one.verb == "sign"}
    for role in policy.roles:
        one = said.get(role)
        allowed = policy.people.get(role)
        if one is None and role in expired:
            yield f"the signature of {role} ({expired[role].by}) has expired: the evidence changed since"
        elif one is None:
            yield f"the signature of {role}" + (f" ({_list(allowed)})" if allowed else "")
        elif one.verb == "reject":
            continue
        elif allowed is not None and _person(one.by) not in map(_person, allowed):
            yield f"the signature of {role}: {one.by} is not one of {_list(allowed)}"
        elif not policy.same_person and _person(one.by) in taken:
            yield f"the signature of {role} by another person: {one.by} signed as {taken[_person(one.by)]}"
        else:
            taken[_person(one.by)] = role


def _was_in(environment: str, version: ModelVersion, decisions: Sequence[Decision]) -> bool:
    return any(one.verb == "promote" for one in _about(version, environment, decisions))


def _person(name: str) -> str:
    return " ".join(name.split()).casefold()


def _list(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"
