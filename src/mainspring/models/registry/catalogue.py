"""What the registry says: models, versions, aliases, decisions, and versions found by them. It changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from mainspring.core.errors import NotFoundError, StateError
from mainspring.core.plugins import load as load_plugin
from mainspring.core.records import Value
from mainspring.evaluation.assertions import Assertion
from mainspring.models.package import Package
from mainspring.models.registry import remarks
from mainspring.models.registry.comparison import Comparison, compare, described
from mainspring.models.registry.decisions import Action, AliasMove, Blessing, standing
from mainspring.models.registry.facts import Facts, facts_of
from mainspring.models.registry.ledger import (
    ALIAS_MOVE,
    BLESSING,
    COMPANION,
    REGISTRATION,
    REPRODUCTION,
    Ledger,
)
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.registry.names import LATEST, PRODUCTION, parted
from mainspring.models.registry.promoting import Promotion, Promotions
from mainspring.models.registry.promotion import Decision, Policy, policy_for
from mainspring.models.registry.remarks import Note
from mainspring.models.registry.reproductions import Reproduction
from mainspring.models.registry.rule import Explanation
from mainspring.models.versions import Version
from mainspring.store.ports import BlobStore, MetadataStore

if TYPE_CHECKING:
    from mainspring.evaluation.explanation.explainer import Explainer

EXPLAINER: Final = "mainspring.Explainer"

FactsByVersion: TypeAlias = dict[Version, dict[str, Value]]
"""Free properties of versions, by their number."""


class Catalogue:
    """Registered models, to be read.

    Args:
        record: The record.
        blobs: Where packages are kept.
        policies: What it takes to bring a version into an environment.
        wake: Called after something was written that webhooks are told of.
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

    def explainer(self, version: ModelVersion) -> Explainer:
        """The explainer of a version, verified.

        Raises:
            NotFoundError: If it has none, or its bytes are gone.
            IntegrityError: If they are not what was registered.
        """
        digest = self.companion(version, EXPLAINER)
        if digest is None:
            raise NotFoundError(
                f"{version} has no explainer",
                expected="one that was registered with it",
                fix="explainer = fit_explainer(examples, model, …) in the pipeline, and register(…, explainer)",
            )
        found: Explainer = load_plugin("artifact_types", EXPLAINER).load(self._blobs.local(digest))
        return found

    def companion(self, version: ModelVersion, kind: str) -> str | None:
        """The digest of what is kept beside a version, of one kind of artifact; ``None`` if nothing is."""
        events = self._ledger.events(COMPANION, version.name, version=str(version.version), what=kind)
        return next((str(event.properties["digest"]) for event in reversed(list(events))), None)

    def assertions(self, version: ModelVersion) -> tuple[Assertion, ...]:
        """What the answers of a version are held to; nothing is told where its bytes are gone."""
        try:
            return described(version, self._blobs).assertions
        except NotFoundError:
            return ()

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

    def blessings(self, version: ModelVersion) -> tuple[Blessing, ...]:
        """What was said about a version, oldest first; the last counts."""
        events = self._ledger.events(BLESSING, version.name, version=str(version.version))
        return tuple(Blessing.read(event.properties, event.created_at) for event in events)

    def promotion(self, name: str, version: Version | str, *, to: str) -> Promotion:
        """How a version stands with respect to an environment: who signed, and what is missing."""
        return self._promotions.state(self.resolve(f"{name}:{version}"), to)

    def decisions(self, name: str) -> tuple[Decision, ...]:
        """Every request, signature, rejection, refusal, promotion, evidence and archiving, oldest first."""
        return self._promotions.history(name)

    def facts(self, name: str, version: Version | str | None = None) -> Facts:
        """Tags, description and state of a version, or of the model."""
        return remarks.facts(self._ledger, name, version)

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

    def reproductions(self, name: str) -> tuple[Reproduction, ...]:
        """How versions of a model came out when they were trained again, oldest first."""
        events = self._ledger.events(REPRODUCTION, name)
        return tuple(Reproduction.read(event.properties, event.created_at) for event in events)

    def archived(self, name: str) -> frozenset[Version]:
        """The versions of a model that are archived, and that no alias points to."""
        away = {one.version for one in self.decisions(name) if one.verb == "archive"}
        return frozenset(away - set(self.aliases(name).values()))

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

    def _times(self, name: str) -> dict[Version, float]:
        events = self._ledger.events(REGISTRATION, name)
        return {_version(event.properties).version: event.created_at for event in events}

    def _backfill(self, name: str) -> FactsByVersion:
        """What is searched for of the versions of a model that was registered before it was kept."""
        found: FactsByVersion = {}
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
    ) -> tuple[AliasMove, FactsByVersion]:
        """A move that comes after all that the record has, and what is then true of the versions."""
        known = self.history(name, alias) if history is None else history
        before = known[-1].after if known else None
        facts: FactsByVersion = {} if before is None else {before: {f"alias.{alias}": None}}
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


def _version(properties: Mapping[str, object]) -> ModelVersion:
    return ModelVersion.from_dict({name: value for name, value in properties.items() if name != "model"})
