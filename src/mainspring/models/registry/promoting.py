"""Bringing versions into environments: asked for, signed, rejected, done; each decision a line of one history.

The decisions of a model are numbered, and the record has every number once. Whoever decides has therefore seen all
that was decided before: a promotion that races with a rejection, with new evidence or with another promotion is
worked out again from what they wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from mainspring.core.errors import InputError
from mainspring.core.records import Artifact, Execution, Value
from mainspring.models.registry.decisions import AliasMove, Blessing
from mainspring.models.registry.ledger import ALIAS_MOVE, DECISION, Ledger, event_of
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.registry.names import check_name, retried
from mainspring.models.registry.promotion import (
    Decision,
    Policy,
    PromotionRefusedError,
    check_signer,
    is_open,
    missing_for,
    policy_for,
    signatures,
    subject_of,
)
from mainspring.models.registry.webhooks.events import Notice
from mainspring.models.versions import Version


class _Versions(Protocol):
    """What is asked of the registry."""

    def blessings(self, version: ModelVersion) -> tuple[Blessing, ...]: ...

    def next_move(
        self, name: str, alias: str, after: Version, *, by: str, reason: str, evidence: tuple[str, ...]
    ) -> tuple[AliasMove, dict[Version, dict[str, Value]]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """How a version stands with respect to an environment.

    Attributes:
        name: Name of the model.
        version: The version.
        environment: The environment.
        policy: What it takes; ``None`` if nothing.
        signed: The last word of each role, as long as the evidence is what it was.
        missing: What is missing; nothing if it may be promoted.
        asked: Whether it was asked for, and neither done nor rejected since.
    """

    name: str
    version: Version
    environment: str
    policy: Policy | None
    signed: tuple[Decision, ...]
    missing: tuple[str, ...]
    asked: bool


class Promotions:
    """Decides. Safe for many threads and processes.

    Args:
        ledger: The record.
        versions: The registry.
        policies: What it takes, by model and environment.
    """

    def __init__(self, ledger: Ledger, versions: _Versions, policies: Sequence[Policy] = ()) -> None:
        self._ledger = ledger
        self._versions = versions
        self.policies = tuple(policies)

    def history(self, name: str) -> tuple[Decision, ...]:
        """Every decision about a model, oldest first."""
        events = self._ledger.events(DECISION, name)
        return tuple(Decision.read(event.properties, event.name, event.created_at) for event in events)

    def state(self, version: ModelVersion, environment: str) -> Promotion:
        """How a version stands with respect to an environment."""
        return self._state(version, environment, self.history(version.name))

    def request(self, version: ModelVersion, environment: str, *, by: str, comment: str = "") -> Promotion:
        """Ask for a promotion; asking again changes nothing."""
        check_name(environment, "an environment")

        def attempt() -> Promotion:
            known = self.history(version.name)
            if not is_open(version, environment, known):
                asked = requested(version, environment, known, by=by, comment=comment)
                self._write(version.name, [asked[0]], tell=[asked[1]])
            return self.state(version, environment)

        return retried(attempt, f"asking for {version} in {environment}")

    def say(
        self,
        version: ModelVersion,
        environment: str,
        *,
        ok: bool,
        role: str,
        by: str,
        comment: str,
        evidence: Sequence[str] = (),
    ) -> Decision:
        """Sign, or reject."""
        _check_words(by, comment)
        check_name(environment, "an environment")
        policy = policy_for(self.policies, version.name, environment)
        used = self._ledger.evidence(evidence)

        def attempt() -> Decision:
            known = self.history(version.name)
            if ok:
                check_signer(policy, role, by, signatures(version, environment, known))
            elif policy is not None and role not in policy.roles:
                check_signer(policy, role, by, {})
            given = Decision(
                name=version.name,
                version=version.version,
                verb="sign" if ok else "reject",
                environment=environment,
                role=role,
                by=by,
                comment=comment,
                evidence=tuple(evidence),
                subject=subject_of(version, known),
                number=len(known) + 1,
            )
            tell = (
                []
                if ok
                else [_told("promotion.refused", given, missing=[f"{role} ({by}) rejected it: {comment}"])]
            )
            return self._write(version.name, [given], used=used, tell=tell)[0]

        return retried(attempt, f"signing {version} for {environment}")

    def attach(self, version: ModelVersion, evidence: Sequence[str], *, by: str, comment: str) -> Decision:
        """Add evidence about a version; what was signed before it was there has expired."""
        _check_words(by, comment)
        used = self._ledger.evidence(evidence)

        def attempt() -> Decision:
            known = self.history(version.name)
            given = Decision(
                name=version.name,
                version=version.version,
                verb="attach",
                by=by,
                comment=comment,
                evidence=tuple(evidence),
                number=len(known) + 1,
            )
            return self._write(version.name, [given], used=used)[0]

        return retried(attempt, f"adding evidence to {version}")

    def promote(
        self, version: ModelVersion, environment: str, *, by: str, comment: str, evidence: Sequence[str] = ()
    ) -> AliasMove:
        """Move the alias of the environment to the version, or refuse and say what is missing."""
        _check_words(by, comment)
        check_name(environment, "an environment")
        used = self._ledger.evidence(evidence)

        def attempt() -> AliasMove:
            known = self.history(version.name)
            state = self._state(version, environment, known)
            if state.missing:
                self._refuse(version, environment, state, known, by=by, comment=comment)
            signed = tuple(f"{one.name}!{one.number}" for one in state.signed)
            given = tuple(dict.fromkeys([*evidence, *(ref for one in state.signed for ref in one.evidence)]))
            move, facts = self._versions.next_move(
                version.name, environment, version.version, by=by, reason=comment, evidence=(*given, *signed)
            )
            if move.before == move.after:  # somebody promoted it in the meantime
                return move
            done = Decision(
                name=version.name,
                version=version.version,
                verb="promote",
                environment=environment,
                by=by,
                comment=comment,
                evidence=(*given, *signed),
                subject=subject_of(version, known),
                number=len(known) + 1,
            )
            stored = self._ledger.write(
                version.name,
                [(event_of(ALIAS_MOVE, move.title, move.told()), used), (decided(done), used)],
                facts=facts,
                tell=[_told("promotion.approved", done), moved(move)],
            )
            return AliasMove.read(stored[0].properties, stored[0].name, stored[0].created_at)

        return retried(attempt, f"promoting {version} to {environment}")

    def archive(self, version: ModelVersion, known: Sequence[Decision], *, by: str, comment: str) -> Decision:
        """Mark a version as archived, unless something was decided since ``known`` was read.

        Raises:
            ConflictError: If something was.
        """
        given = Decision(
            name=version.name,
            version=version.version,
            verb="archive",
            by=by,
            comment=comment,
            number=len(known) + 1,
        )
        facts: dict[Version, dict[str, Value]] = {version.version: {"archived": True}}
        return self._write(version.name, [given], facts=facts, tell=[_told("version.archived", given)])[0]

    def _state(self, version: ModelVersion, environment: str, known: Sequence[Decision]) -> Promotion:
        policy = policy_for(self.policies, version.name, environment)
        blessings = self._versions.blessings(version)
        said = signatures(version, environment, known)
        return Promotion(
            name=version.name,
            version=version.version,
            environment=environment,
            policy=policy,
            signed=tuple(one for one in said.values() if one.verb == "sign"),
            missing=missing_for(policy, version, environment, known, blessings),
            asked=is_open(version, environment, known),
        )

    def _refuse(
        self,
        version: ModelVersion,
        environment: str,
        state: Promotion,
        known: Sequence[Decision],
        *,
        by: str,
        comment: str,
    ) -> None:
        """Write down that somebody tried, ask for what is missing, and say so.

        Raises:
            PromotionRefusedError: Always.
        """
        asked = [] if state.asked else [requested(version, environment, known, by=by, comment=comment)]
        refused = Decision(
            name=version.name,
            version=version.version,
            verb="refuse",
            environment=environment,
            by=by,
            comment=comment,
            missing=state.missing,
            number=len(known) + 1 + len(asked),
        )
        tell = [*(notice for _, notice in asked), _told("promotion.refused", refused, missing=list(state.missing))]
        self._write(version.name, [*(one for one, _ in asked), refused], tell=tell)
        role = next((one for one in (state.policy.roles if state.policy else ())), "ROLE")
        raise PromotionRefusedError(
            f"{version} may not be promoted to {environment} yet; missing: {'; '.join(state.missing)}",
            missing=state.missing,
            expected="every role's signature on the evidence as it is now",
            fix=f'mainspring sign {version.name}@{version.version} --for {environment} --as {role} --comment "…"',
        )

    def _write(
        self,
        name: str,
        decisions: Sequence[Decision],
        *,
        used: Sequence[Artifact] = (),
        facts: dict[Version, dict[str, Value]] | None = None,
        tell: Sequence[Notice] = (),
    ) -> list[Decision]:
        stored = self._ledger.write(name, [(decided(one), used) for one in decisions], facts=facts, tell=tell)
        return [replace(one, at=event.created_at) for one, event in zip(decisions, stored, strict=True)]


def requested(
    version: ModelVersion, environment: str, known: Sequence[Decision], *, by: str, comment: str
) -> tuple[Decision, Notice]:
    """A request that comes after all that is known, and what webhooks are told of it."""
    asked = Decision(
        name=version.name,
        version=version.version,
        verb="request",
        environment=environment,
        by=by,
        comment=comment,
        number=len(known) + 1,
    )
    return asked, _told("promotion.requested", asked)


def moved(move: AliasMove) -> Notice:
    """What webhooks are told of a move of an alias."""
    told = {name: value for name, value in move.told().items() if name != "evidence"}
    return Notice(event="alias.moved", key=move.title, data={**told, "evidence": list(move.evidence)})


def decided(decision: Decision) -> Execution:
    """A decision, not yet in the record."""
    return event_of(DECISION, decision.title, decision.told())


def _told(event: str, decision: Decision, **more: Value) -> Notice:
    keys = ("model", "version", "environment", "role", "by", "comment", "evidence")
    told = {name: value for name, value in decision.told().items() if name in keys and value not in ("", [])}
    return Notice(event=event, key=decision.title, data={**told, **more})


def _check_words(by: str, comment: str) -> None:
    if not by.strip() or not comment.strip():
        raise InputError("a decision needs a name and a comment", fix='--by NAME --comment "…"')
