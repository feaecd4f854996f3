"""Names and numbers for packages."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from mainspring.core.clock import now
from mainspring.core.errors import StateError
from mainspring.core.records import Value
from mainspring.models.package import Package
from mainspring.models.registry import remarks
from mainspring.models.registry.catalogue import Catalogue, FactsByVersion
from mainspring.models.registry.comparison import described
from mainspring.models.registry.decisions import Action, AliasMove, Blessing, held
from mainspring.models.registry.facts import Facts, facts_of
from mainspring.models.registry.ledger import ALIAS_MOVE, BLESSING, REPRODUCTION, Companion, event_of
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.registry.names import LATEST, PRODUCTION, check_name, retried
from mainspring.models.registry.promoting import Promotion, decided, moved, requested
from mainspring.models.registry.promotion import Decision, Policy, policy_for
from mainspring.models.registry.remarks import Note
from mainspring.models.registry.reproductions import Reproduction
from mainspring.models.registry.retention import DAY, Retention, reasons_to_keep
from mainspring.models.registry.rule import MAIN_METRICS, Explanation, judge
from mainspring.models.registry.webhooks.events import Notice
from mainspring.models.registry.webhooks.subscriptions import Webhooks
from mainspring.models.versions import Version
from mainspring.store.ports import BlobStore, MetadataStore

if TYPE_CHECKING:
    from mainspring.core.records import Execution

__all__ = ["LATEST", "MAIN_METRICS", "PRODUCTION", "Registry"]

_Choice: TypeAlias = Callable[[tuple[AliasMove, ...]], Version]
"""Which version an alias moves to, given its history."""


class _Saved(Protocol):
    def save(self, folder: Path) -> None: ...


class Registry(Catalogue):
    """Registered models. Safe for many threads and processes: no number is given twice, no move is lost.

    Args:
        record: The record.
        blobs: Where packages are kept.
        policies: What it takes to bring a version into an environment.
        wake: Called after something was written that webhooks are told of.

    Attributes:
        webhooks: Who is told of what happens.
    """

    def __init__(
        self,
        record: MetadataStore,
        blobs: BlobStore,
        *,
        policies: Sequence[Policy] = (),
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(record, blobs, policies=policies, wake=wake)
        self.webhooks = Webhooks(record, wake)

    def register(
        self,
        package: Package,
        *,
        name: str,
        metrics: Mapping[str, float] | None = None,
        metric: str | None = None,
        better: str | None = None,
        margin: float = 0.0,
        author: str = "",
        reason: str = "",
        alias: str | None = None,
        tags: Mapping[str, str] | None = None,
        explainer: Companion | None = None,
        in_step: bool = False,
    ) -> ModelVersion:
        """Give a package the next version of a model. A package that has one keeps it.

        Args:
            package: What is registered.
            name: Name of the model: letters, digits, dot, dash and underscore.
            metrics: How good it is.
            metric: The metric by which MINOR grows; by default the first of :data:`MAIN_METRICS`.
            better: ``"higher"`` or ``"lower"``; by default what the metric's name says.
            margin: By how much the metric must get better for MINOR.
            author: Who.
            reason: What for.
            alias: An alias to point at the version, if it is new. Where a policy guards it, its promotion is asked
                for instead.
            tags: Names with values, to be found by.
            explainer: What explains its answers, kept beside it.
            in_step: A pipeline step calls, and its engine records the returned version with its lineage.

        Raises:
            InputError: For a name that is none.
        """
        check_name(name, "a model")
        if alias is not None:
            check_name(alias, "an alias")
        tagged = remarks.tag_facts(tags or {})
        digest = self._put(package)

        def attempt() -> ModelVersion:
            known = self.versions(name)
            for version in known:
                if version.digest == digest:
                    return version
            last = known[-1] if known else None
            made, why, explanation = judge(
                last.version if last else None,
                described(last, self._blobs) if last else None,
                package,
                metrics_before=last.metrics if last else {},
                metrics=metrics or {},
                metric=metric,
                direction=better,
                margin=margin,
            )
            version = ModelVersion(
                name=name,
                version=made,
                digest=digest,
                metrics=dict(metrics or {}),
                why=why,
                author=author,
                reason=reason,
            )
            told = reason or f"registered as {version.version}"
            tell = [_registered(version, explanation)]
            facts: FactsByVersion = {version.version: {**facts_of(version, package, explanation), **tagged}}
            moves, events = self._pointed(version, alias, by=author, reason=told, facts=facts, tell=tell)
            self._ledger.add_version(
                version,
                package,
                None if in_step else self._ledger.version_artifact(version, self._put(version)),
                number=len(known) + 1,
                moves=moves,
                events=events,
                facts=facts,
                tell=tell,
            )
            return version

        version = retried(attempt, f"registering {name}")
        if explainer is not None:
            self.accompany(name, version.version, explainer, by=author)
        return version

    def accompany(self, name: str, version: Version | str, value: Companion, *, by: str) -> str:
        """Keep an artifact beside a version, such as its explainer; the newest of its kind counts.

        Returns:
            Its digest. What is kept there already changes nothing.

        Raises:
            NotFoundError: If there is no such version.
        """
        beside, digest = self.resolve(f"{name}:{version}"), self._put(value)
        if self.companion(beside, value.ARTIFACT_TYPE) != digest:
            self._ledger.add_companion(name, beside.version, beside.digest, digest, value, by)
        return digest

    # Aliases

    def move(
        self, name: str, alias: str, version: Version | str, *, by: str, reason: str, evidence: Sequence[str] = ()
    ) -> AliasMove:
        """Point an alias at a version; who, when, why and on what evidence stays in the record.

        Args:
            name: Name of the model.
            alias: Name of the alias.
            version: Where to.
            by: Who.
            reason: Why.
            evidence: What it rests on: ``"artifact:ID"``, a digest, an address.

        Raises:
            NotFoundError: If there is no such version.
            InputError: For an alias that is no name, or evidence that is none.
            StateError: If a policy guards the alias and the version never held it, or the version is archived.
        """
        check_name(alias, "an alias")
        after = self.resolve(f"{name}:{version}")
        self.check_move(after, alias)
        return self._moved(name, alias, lambda _history: after.version, "move", by, reason, evidence)

    def rollback(
        self, name: str, alias: str = PRODUCTION, *, by: str, reason: str, evidence: Sequence[str] = ()
    ) -> ModelVersion:
        """Point an alias back at the version that held it before; once more goes back one more.

        No signatures are needed: that version was brought there before.

        Raises:
            StateError: If no other version held it before.
        """

        def before(history: tuple[AliasMove, ...]) -> Version:
            stack = held(history)
            if len(stack) < 2:
                raise StateError(
                    f"{name}@{alias} cannot go back: no other version held it before",
                    fix=f"see its history: mainspring models {name}",
                )
            return stack[-2]

        move = self._moved(name, alias, before, "rollback", by, reason, evidence)
        return self.resolve(f"{name}:{move.after}")

    # Blessings

    def bless(self, version: ModelVersion, *, by: str, reason: str, ok: bool = True) -> Blessing:
        """Say that a version may be used, or that it may not any more; then it cannot be promoted either."""

        def attempt() -> Blessing:
            known = self.blessings(version)
            blessing = Blessing(name=version.name, version=version.version, ok=ok, by=by, reason=reason)
            events = [(event_of(BLESSING, f"{version}#{len(known) + 1}", blessing.told()), ())]
            if not ok or (known and not known[-1].ok):
                # What was signed before this was known has expired.
                said = "blessed again" if ok else "blessing taken back"
                decisions = self._promotions.history(version.name)
                seen = Decision(
                    name=version.name,
                    version=version.version,
                    verb="attach",
                    by=by,
                    comment=f"{said}: {reason}",
                    number=len(decisions) + 1,
                )
                events.append((decided(seen), ()))
            self._ledger.write(version.name, events, facts={version.version: {"blessed": ok}})
            return self.blessings(version)[len(known)]

        return retried(attempt, f"blessing {version}")

    # Promotion

    def promote(
        self, name: str, version: Version | str, *, to: str, by: str, comment: str, evidence: Sequence[str] = ()
    ) -> AliasMove:
        """Bring a version into an environment: point the alias of that name at it, if its policy allows.

        Args:
            name: Name of the model.
            version: Its version.
            to: The environment.
            by: Who.
            comment: Why.
            evidence: What it rests on: ``"artifact:ID"``, a digest, an address.

        Raises:
            PromotionRefusedError: With all that is missing. The promotion is then asked for, and the refusal is
                part of the history.
        """
        meant = self.resolve(f"{name}:{version}")
        return self._promotions.promote(meant, to, by=by, comment=comment, evidence=evidence)

    def request(self, name: str, version: Version | str, *, to: str, by: str, comment: str = "") -> Promotion:
        """Ask for a promotion, so that those who must sign hear of it; asking again changes nothing."""
        return self._promotions.request(self.resolve(f"{name}:{version}"), to, by=by, comment=comment)

    def sign(
        self,
        name: str,
        version: Version | str,
        *,
        to: str,
        role: str,
        by: str,
        comment: str,
        evidence: Sequence[str] = (),
    ) -> Decision:
        """Sign for a role that a version may be brought into an environment, on the evidence as it is now.

        Args:
            name: Name of the model.
            version: Its version.
            to: The environment.
            role: For which role.
            by: Who signs.
            comment: What was looked at, and found.
            evidence: What it rests on: ``"artifact:ID"`` of a verdict or an evaluation, a digest, an address.

        Raises:
            InputError: If the role need not sign, or the person may not sign for it.
            StateError: If the person signed for another role, and the policy wants different people.
        """
        meant = self.resolve(f"{name}:{version}")
        return self._promotions.say(meant, to, ok=True, role=role, by=by, comment=comment, evidence=evidence)

    def reject(
        self,
        name: str,
        version: Version | str,
        *,
        to: str,
        role: str,
        by: str,
        comment: str,
        evidence: Sequence[str] = (),
    ) -> Decision:
        """Say for a role that a version may not be brought into an environment. Its signature takes it back."""
        meant = self.resolve(f"{name}:{version}")
        return self._promotions.say(meant, to, ok=False, role=role, by=by, comment=comment, evidence=evidence)

    def attach(
        self, name: str, version: Version | str, *, evidence: Sequence[str], by: str, comment: str
    ) -> Decision:
        """Add evidence about a version. What was signed without it has expired."""
        return self._promotions.attach(self.resolve(f"{name}:{version}"), evidence, by=by, comment=comment)

    # Tags, notes, search, retention

    def tag(
        self,
        name: str,
        version: Version | str | None = None,
        *,
        tags: Mapping[str, str | None],
        by: str,
    ) -> Facts:
        """Give a version (or the model) tags; a value of ``None`` takes one away.

        Raises:
            NotFoundError: If there is no such model or version.
            InputError: For a name that is none.
        """
        told = ", ".join(
            f"{key} = {value}" if value is not None else f"{key} taken away" for key, value in tags.items()
        )
        self._remark(name, version, remarks.tag_facts(tags), by=by, text=f"tag {told}")
        return self.facts(name, version)

    def describe(self, name: str, version: Version | str | None = None, *, text: str, by: str) -> Facts:
        """Say in words what a version (or the model) is."""
        self._remark(name, version, {"description": text}, by=by, text=f"description: {text}")
        return self.facts(name, version)

    def note(self, name: str, version: Version | str | None = None, *, text: str, by: str) -> Note:
        """Remark something about a version (or the model); it stays."""
        return self._remark(name, version, {}, by=by, text=text)

    def retention(
        self,
        name: str,
        *,
        keep_last: int = 10,
        keep_aliased: bool = True,
        older_than: float | None = None,
        in_use: Collection[str] = (),
        by: str = "",
        reason: str = "retention",
        dry_run: bool = True,
    ) -> Retention:
        """Archive the versions that nothing needs; ``mainspring gc`` then gives back their packages.

        Args:
            name: Name of the model.
            keep_last: How many of the highest stay.
            keep_aliased: Whether what an alias points to stays, and what a rollback would go back to.
            older_than: Only what was registered more than this many days ago goes.
            in_use: Versions (``"taxi:1.2.0"``) that are served, or needed elsewhere; they stay.
            by: Who.
            reason: Why.
            dry_run: Only say what would go.
        """
        done: list[ModelVersion] = []

        def attempt() -> Retention:
            known, versions = self.decisions(name), self.versions(name)
            if not versions:
                self.resolve(name)  # says which models there are
            away = {one.version for one in known if one.verb == "archive"}
            why = reasons_to_keep(
                versions,
                registered=self._times(name),
                history=self.history(name),
                decisions=known,
                keep_last=keep_last,
                keep_aliased=keep_aliased,
                since=None if older_than is None else now() - older_than * DAY,
                in_use=in_use,
            )
            going = [one for one in versions if not why[one.version] and one.version not in away]
            for one in () if dry_run else going:
                known = (*known, self._promotions.archive(one, known, by=by, comment=reason))
                done.append(one)
            return Retention(
                archived=tuple(going if dry_run else done),
                kept={version: reasons for version, reasons in why.items() if reasons},
                gone=tuple(one for one in versions if one.version in away and one not in done),
                dry_run=dry_run,
            )

        return retried(attempt, f"archiving versions of {name}")

    def reproduced(self, found: Reproduction) -> Reproduction:
        """Write down how a version came out when it was trained again, linked to both packages."""
        version = self.resolve(f"{found.name}:{found.version}")
        packages = self._ledger.evidence(list(dict.fromkeys([version.digest, found.digest])))
        event = event_of(REPRODUCTION, None, found.told())
        stored = self._ledger.write(found.name, [(event, packages)])[0]
        return Reproduction.read(stored.properties, stored.created_at)

    def _moved(
        self, name: str, alias: str, choose: _Choice, action: Action, by: str, reason: str, evidence: Sequence[str]
    ) -> AliasMove:
        used = self._ledger.evidence(evidence)

        def attempt() -> AliasMove:
            history = self.history(name, alias)
            move, facts = self.next_move(
                name,
                alias,
                choose(history),
                by=by,
                reason=reason,
                evidence=tuple(evidence),
                action=action,
                history=history,
            )
            event = event_of(ALIAS_MOVE, move.title, move.told())
            stored = self._ledger.write(name, [(event, used)], facts=facts, tell=[moved(move)])[0]
            return AliasMove.read(stored.properties, stored.name, stored.created_at)

        return retried(attempt, f"moving {name}@{alias}")

    def _pointed(
        self,
        version: ModelVersion,
        alias: str | None,
        *,
        by: str,
        reason: str,
        facts: FactsByVersion,
        tell: list[Notice],
    ) -> tuple[list[AliasMove], list[Execution]]:
        """The move of an alias to a new version; the request for it, where a policy guards the alias."""
        if alias is None:
            return [], []
        if policy_for(self._promotions.policies, version.name, alias) is not None:
            known = self._promotions.history(version.name)
            asked, notice = requested(version, alias, known, by=by, comment=reason)
            tell.append(notice)
            return [], [decided(asked)]
        move, told = self.next_move(version.name, alias, version.version, by=by, reason=reason)
        for one, values in told.items():
            facts[one] = {**facts.get(one, {}), **values}
        tell.append(moved(move))
        return [move], []

    def _remark(
        self, name: str, version: Version | str | None, told: Mapping[str, Value], *, by: str, text: str
    ) -> Note:
        found = self.resolve(name if version is None else f"{name}:{version}")
        about = None if version is None else found.version
        return remarks.write(self._ledger, name, about, told, by=by, text=text)

    def _put(self, value: _Saved) -> str:
        with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
            target = Path(folder) / "value"
            target.mkdir()
            value.save(target)
            return self._blobs.put(target)


def _registered(version: ModelVersion, explanation: Explanation) -> Notice:
    told: dict[str, Value] = {name: value for name, value in version.as_dict().items() if name != "name"}
    return Notice(
        event="version.registered",
        key=str(version),
        data={"model": version.name, **told, "part": explanation.part},
    )
