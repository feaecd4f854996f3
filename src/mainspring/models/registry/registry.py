"""Names and numbers for packages."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from mainspring.core.clock import now
from mainspring.core.errors import NotFoundError, StateError
from mainspring.core.records import Value
from mainspring.models.package import Package
from mainspring.models.registry import remarks
from mainspring.models.registry.comparison import Comparison, compare, described
from mainspring.models.registry.decisions import Action, AliasMove, Blessing, held, standing
from mainspring.models.registry.facts import Facts, facts_of
from mainspring.models.registry.ledger import ALIAS_MOVE, BLESSING, REGISTRATION, REPRODUCTION, Ledger, event_of
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.registry.names import LATEST, PRODUCTION, check_name, parted, retried
from mainspring.models.registry.promoting import Promotion, Promotions, decided, moved, requested
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

_Facts: TypeAlias = dict[Version, dict[str, Value]]


class _Saved(Protocol):
    def save(self, folder: Path) -> None: ...


class Registry:
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
        self._ledger = Ledger(record, wake)
        self._blobs = blobs
        self._promotions = Promotions(self._ledger, self, policies)
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
            facts: _Facts = {version.version: {**facts_of(version, package, explanation), **tagged}}
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

        return retried(attempt, f"registering {name}")

    def models(self) -> tuple[str, ...]:
        """Names of all models, sorted."""
        return tuple(sorted(context.name for context in self._ledger.models()))

    def versions(self, name: str) -> tuple[ModelVersion, ...]:
        """All versions of a model, in the order of their numbers; none for a name that is not known."""
        found = [_version(event.properties) for event in self._ledger.events(REGISTRATION, name)]
        return tuple(sorted(found, key=lambda one: one.version))

    def resolve(self, reference: str) -> ModelVersion:
        """The version that is meant.

        Args:
            reference: ``"taxi@production"``, ``"taxi:1.2.0"`` (or ``"taxi@1.2.0"``), ``"taxi:latest"``, or
                ``"taxi"``: what the alias ``production`` points to, or the latest version while there is none.

        Raises:
            NotFoundError: If there is no such model, version or alias: with those that there are.
        """
        name, mark, rest = parted(reference)
        versions = self.versions(name)
        if not versions:
            known = self.models()
            raise NotFoundError(
                f"no model is registered as {name!r}",
                expected="one of " + ", ".join(known) if known else "a registered model",
                fix="register one: a pipeline's register step does it",
            )
        aliases = self.aliases(name)
        if not mark:
            wanted = aliases.get(PRODUCTION, versions[-1].version)
        elif mark == "@":
            if rest not in aliases:
                raise NotFoundError(
                    f"{name} has no alias {rest!r}",
                    expected="one of " + (", ".join(sorted(aliases)) or "none yet"),
                )
            wanted = aliases[rest]
        else:
            wanted = versions[-1].version if rest == LATEST else Version.parse(rest)
        for version in versions:
            if version.version == wanted:
                return version
        listed = ", ".join(str(version.version) for version in versions)
        raise NotFoundError(f"{name} has no version {wanted}", expected=f"one of {listed}")

    def fetch(self, version: ModelVersion) -> Package:
        """The package of a version, verified.

        Raises:
            NotFoundError: If its bytes are gone.
            IntegrityError: If they are not what was registered.
        """
        return Package.load(self._blobs.local(version.digest))

    def explain(self, name: str, version: Version | str) -> Explanation | None:
        """Why a version has its number, part by part; ``None`` for one registered before this was kept."""
        return self.facts(name, version).explanation

    def compare(self, name: str, before: Version | str, after: Version | str) -> Comparison:
        """Two versions side by side: code, data, parameters, metrics, environment, size, signature.

        Args:
            name: Name of the model.
            before: A version, or an alias with its ``@``.
            after: Another.

        Raises:
            NotFoundError: If there is no such version, or the bytes of one are gone.
        """
        pair = [
            self.resolve(name + (str(one) if str(one).startswith("@") else f":{one}")) for one in (before, after)
        ]
        return compare(pair[0], pair[1], record=self._ledger.record, blobs=self._blobs)

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

    def check_move(self, version: ModelVersion, alias: str) -> None:
        """Refuse to point an alias at a version where it takes a promotion, or where the version is archived.

        Raises:
            StateError: If that is so.
        """
        held_by = [one.after for one in self.history(version.name, alias)]
        guarded = policy_for(self._promotions.policies, version.name, alias) is not None
        if guarded and version.version not in held_by:
            raise StateError(
                f"{version.name}@{alias} is guarded by a policy, and {version.version} never held it",
                expected="a promotion, with the signatures that it takes",
                fix=f'mainspring promote {version.name}@{version.version} --to {alias} --comment "…"',
            )
        if self.facts(version.name, version.version).archived:
            raise StateError(f"{version} is archived", expected="a version that is not")

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

    def aliases(self, name: str) -> dict[str, Version]:
        """Where every alias of a model points."""
        return {move.alias: move.after for move in self.history(name)}

    def history(self, name: str, alias: str | None = None) -> tuple[AliasMove, ...]:
        """Every move of an alias (or of all), oldest first."""
        equal = {} if alias is None else {"alias": alias}
        events = self._ledger.events(ALIAS_MOVE, name, **equal)
        return tuple(AliasMove.read(event.properties, event.name, event.created_at) for event in events)

    def standing(self, name: str, alias: str = PRODUCTION) -> tuple[Version, ...]:
        """The versions that may serve as a baseline: what the alias points to, then what it pointed to before,
        without those that it was taken back from; none while there is no such alias.
        """
        return standing(self.history(name, alias))

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

    def blessings(self, version: ModelVersion) -> tuple[Blessing, ...]:
        """What was said about a version, oldest first; the last counts."""
        events = self._ledger.events(BLESSING, version.name, version=str(version.version))
        return tuple(Blessing.read(event.properties, event.created_at) for event in events)

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

    def promotion(self, name: str, version: Version | str, *, to: str) -> Promotion:
        """How a version stands with respect to an environment: who signed, and what is missing."""
        return self._promotions.state(self.resolve(f"{name}:{version}"), to)

    def decisions(self, name: str) -> tuple[Decision, ...]:
        """Every request, signature, rejection, refusal, promotion, evidence and archiving, oldest first."""
        return self._promotions.history(name)

    # Tags, notes, search, retention

    def facts(self, name: str, version: Version | str | None = None) -> Facts:
        """Tags, description and state of a version, or of the model."""
        return remarks.facts(self._ledger, name, version)

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

    def notes(self, name: str, version: Version | str | None = None) -> tuple[Note, ...]:
        """What was remarked about a model and its versions, or about one version, oldest first."""
        return remarks.notes(self._ledger, name, version)

    def search(self, where: str, parameters: Mapping[str, Value] | None = None) -> tuple[ModelVersion, ...]:
        """The versions of all models that satisfy a question, by model and number.

        Args:
            where: ``"accuracy > 0.9 and tag.team = 'risk'"``: see :mod:`mainspring.models.registry.facts`.
            parameters: Values for ``:names`` in it.

        Raises:
            InputError: For a question that cannot be read.
        """
        wanted = remarks.search(self._ledger, where, parameters or {}, self._backfill)
        names = sorted({name for name, _ in wanted})
        return tuple(one for name in names for one in self.versions(name) if (name, str(one.version)) in wanted)

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

    # Reproduction

    def reproduced(self, found: Reproduction) -> Reproduction:
        """Write down how a version came out when it was trained again, linked to both packages."""
        version = self.resolve(f"{found.name}:{found.version}")
        packages = self._ledger.evidence(list(dict.fromkeys([version.digest, found.digest])))
        event = event_of(REPRODUCTION, None, found.told())
        stored = self._ledger.write(found.name, [(event, packages)])[0]
        return Reproduction.read(stored.properties, stored.created_at)

    def reproductions(self, name: str) -> tuple[Reproduction, ...]:
        """How versions of a model came out when they were trained again, oldest first."""
        events = self._ledger.events(REPRODUCTION, name)
        return tuple(Reproduction.read(event.properties, event.created_at) for event in events)

    def archived(self, name: str) -> frozenset[Version]:
        """The versions of a model that are archived, and that no alias points to."""
        away = {one.version for one in self.decisions(name) if one.verb == "archive"}
        return frozenset(away - set(self.aliases(name).values()))

    # What the parts above are made of

    def next_move(
        self,
        name: str,
        alias: str,
        after: Version,
        *,
        by: str,
        reason: str,
        evidence: tuple[str, ...] = (),
        action: Action = "move",
        history: tuple[AliasMove, ...] | None = None,
    ) -> tuple[AliasMove, _Facts]:
        """A move that comes after all that the record has, and what is then true of the versions."""
        known = self.history(name, alias) if history is None else history
        before = known[-1].after if known else None
        facts: _Facts = {} if before is None else {before: {f"alias.{alias}": None}}
        facts[after] = {f"alias.{alias}": True}
        move = AliasMove(
            name=name,
            alias=alias,
            before=before,
            after=after,
            action=action,
            by=by,
            reason=reason,
            evidence=evidence,
            number=len(known) + 1,
        )
        return move, facts

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
        self, version: ModelVersion, alias: str | None, *, by: str, reason: str, facts: _Facts, tell: list[Notice]
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

    def _times(self, name: str) -> dict[Version, float]:
        events = self._ledger.events(REGISTRATION, name)
        return {_version(event.properties).version: event.created_at for event in events}

    def _backfill(self, name: str) -> _Facts:
        """What is searched for of the versions of a model that was registered before it was kept."""
        found: _Facts = {}
        for version in self.versions(name):
            try:
                package = described(version, self._blobs)
            except NotFoundError:  # the bytes are gone; what the record knows is searched
                package = None
            found[version.version] = facts_of(version, package, None)
            said = self.blessings(version)
            if said:
                found[version.version]["blessed"] = said[-1].ok
        for alias, held_by in self.aliases(name).items():
            found[held_by][f"alias.{alias}"] = True
        return found

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


def _version(properties: Mapping[str, object]) -> ModelVersion:
    return ModelVersion.from_dict({name: value for name, value in properties.items() if name != "model"})
