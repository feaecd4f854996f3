"""Names and numbers for packages."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

from mainspring.core.errors import ConflictError, InputError, NotFoundError, StateError
from mainspring.evaluation import Better, better
from mainspring.models.files import Files
from mainspring.models.package import MANIFEST, SIGNATURE, Package
from mainspring.models.registry.decisions import Action, AliasMove, Blessing, held
from mainspring.models.registry.ledger import ALIAS_MOVE, BLESSING, REGISTRATION, Ledger
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.versions import Version, next_version
from mainspring.store.ports import BlobStore, MetadataStore

T = TypeVar("T")

_Choice: TypeAlias = Callable[[tuple[AliasMove, ...]], Version]
"""Which version an alias moves to, given its history."""

PRODUCTION = "production"
"""The alias that a bare name stands for."""

LATEST = "latest"
"""``taxi:latest`` is the highest version."""

MAIN_METRICS = ("auc", "auc_weighted", "accuracy", "rmse", "mae")
"""The first of these that both versions have is the main metric, unless one is named."""

ATTEMPTS = 100
"""How often a write is tried again when others write at the same time."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class _Saved(Protocol):
    def save(self, folder: Path) -> None: ...


class Registry:
    """Registered models. Safe for many threads and processes: no number is given twice, no move is lost.

    Args:
        record: The record.
        blobs: Where packages are kept.
    """

    def __init__(self, record: MetadataStore, blobs: BlobStore) -> None:
        self._ledger = Ledger(record)
        self._blobs = blobs

    def register(
        self,
        package: Package,
        *,
        name: str,
        metrics: Mapping[str, float] | None = None,
        metric: str | None = None,
        author: str = "",
        reason: str = "",
        alias: str | None = None,
        in_step: bool = False,
    ) -> ModelVersion:
        """Give a package the next version of a model. A package that has one keeps it.

        Args:
            package: What is registered.
            name: Name of the model: letters, digits, dot, dash and underscore.
            metrics: How good it is.
            metric: The metric by which MINOR grows; by default the first of :data:`MAIN_METRICS`.
            author: Who.
            reason: What for.
            alias: An alias to point at the version, if it is new.
            in_step: A pipeline step calls, and its engine records the returned version with its lineage.

        Raises:
            InputError: For a name that is none.
        """
        _check_name(name, "a model")
        if alias is not None:
            _check_name(alias, "an alias")
        digest = self._put(package)

        def attempt() -> ModelVersion:
            known = self.versions(name)
            for version in known:
                if version.digest == digest:
                    return version
            made = self._made(package, known[-1] if known else None, metric, metrics or {})
            version = ModelVersion(
                name=name,
                version=made[0],
                digest=digest,
                metrics=dict(metrics or {}),
                why=made[1],
                author=author,
                reason=reason,
            )
            artifact = None if in_step else self._ledger.version_artifact(version, self._put(version))
            told = reason or f"registered as {version.version}"
            moves = (
                [self._next_move(name, alias, lambda _: version.version, "move", author, told)] if alias else []
            )
            self._ledger.add_version(version, package, artifact, number=len(known) + 1, moves=moves)
            return version

        return _retried(attempt, f"registering {name}")

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
            reference: ``"taxi@production"``, ``"taxi:1.2.0"``, ``"taxi:latest"``, or ``"taxi"``: what the alias
                ``production`` points to, or the latest version while there is no such alias.

        Raises:
            NotFoundError: If there is no such model, version or alias: with those that there are.
        """
        name, mark, rest = _parted(reference)
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

    def move(self, name: str, alias: str, version: Version | str, *, by: str, reason: str) -> AliasMove:
        """Point an alias at a version; who, when and why stay in the record.

        Raises:
            NotFoundError: If there is no such version.
            InputError: For an alias that is no name.
        """
        _check_name(alias, "an alias")
        after = self.resolve(f"{name}:{version}").version
        return self._moved(name, alias, lambda _history: after, "move", by, reason)

    def rollback(self, name: str, alias: str = PRODUCTION, *, by: str, reason: str) -> ModelVersion:
        """Point an alias back at the version that held it before; once more goes back one more.

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

        move = self._moved(name, alias, before, "rollback", by, reason)
        return self.resolve(f"{name}:{move.after}")

    def aliases(self, name: str) -> dict[str, Version]:
        """Where every alias of a model points."""
        return {move.alias: move.after for move in self.history(name)}

    def history(self, name: str, alias: str | None = None) -> tuple[AliasMove, ...]:
        """Every move of an alias (or of all), oldest first."""
        equal = {} if alias is None else {"alias": alias}
        events = self._ledger.events(ALIAS_MOVE, name, **equal)
        return tuple(AliasMove.read(event.properties, event.name, event.created_at) for event in events)

    def bless(self, version: ModelVersion, *, by: str, reason: str, ok: bool = True) -> Blessing:
        """Say that a version may be used, or that it may not any more."""

        def attempt() -> Blessing:
            count = len(self.blessings(version))
            blessing = Blessing(name=version.name, version=version.version, ok=ok, by=by, reason=reason)
            self._ledger.add_event(BLESSING, f"{version}#{count + 1}", version.name, blessing.told())
            return self.blessings(version)[count]

        return _retried(attempt, f"blessing {version}")

    def blessings(self, version: ModelVersion) -> tuple[Blessing, ...]:
        """What was said about a version, oldest first; the last counts."""
        events = self._ledger.events(BLESSING, version.name, version=str(version.version))
        return tuple(Blessing.read(event.properties, event.created_at) for event in events)

    def _moved(self, name: str, alias: str, choose: _Choice, action: Action, by: str, reason: str) -> AliasMove:
        def attempt() -> AliasMove:
            move = self._next_move(name, alias, choose, action, by, reason)
            event = self._ledger.add_event(ALIAS_MOVE, move.title, name, move.told())
            return AliasMove.read(event.properties, event.name, event.created_at)

        return _retried(attempt, f"moving {name}@{alias}")

    def _next_move(
        self, name: str, alias: str, choose: _Choice, action: Action, by: str, reason: str
    ) -> AliasMove:
        history = self.history(name, alias)
        return AliasMove(
            name=name,
            alias=alias,
            before=history[-1].after if history else None,
            after=choose(history),
            action=action,
            by=by,
            reason=reason,
            number=len(history) + 1,
        )

    def _made(
        self, package: Package, previous: ModelVersion | None, metric: str | None, metrics: Mapping[str, float]
    ) -> tuple[Version, str]:
        """The number for a package, and why."""
        if previous is None:
            return next_version(None)
        before = self._described(previous)
        breaks = list(before.signature.breaks(package.signature))
        if before.details.get("label") != package.details.get("label"):
            breaks.insert(0, f"it predicts {package.details.get('label')!r}, not {before.details.get('label')!r}")
        improved, told = _compared(metric, previous.metrics, metrics)
        return next_version(
            previous.version,
            breaks=breaks,
            improved=told if improved else None,
            otherwise=f"the same signature; {told}",
        )

    def _described(self, version: ModelVersion) -> Package:
        """What a package says of itself, without its model."""
        content: dict[str, bytes | Path] = {}
        for name in (MANIFEST, SIGNATURE):
            with self._blobs.open(version.digest, name) as file:
                content[name] = file.read()
        return Package.from_files(Files(content))

    def _put(self, value: _Saved) -> str:
        with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
            target = Path(folder) / "value"
            target.mkdir()
            value.save(target)
            return self._blobs.put(target)


def _compared(metric: str | None, before: Mapping[str, float], after: Mapping[str, float]) -> tuple[bool, str]:
    """Whether the main metric got better, and a sentence with both figures."""
    both = [name for name in ([metric] if metric else MAIN_METRICS) if name in before and name in after]
    if not both:
        return False, f"no figure of {metric or 'a main metric'} to compare"
    name = both[0]
    told = f"{name} {before[name]:.4g} → {after[name]:.4g}"
    if better(name) is Better.LOWER:
        return after[name] < before[name], told
    return after[name] > before[name], told


def _parted(reference: str) -> tuple[str, str, str]:
    for mark in ("@", ":"):
        name, found, rest = reference.partition(mark)
        if found:
            return name, mark, rest
    return reference, "", ""


def _version(properties: Mapping[str, object]) -> ModelVersion:
    return ModelVersion.from_dict({name: value for name, value in properties.items() if name != "model"})


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot name {what}", expected="letters, digits, dot, dash and underscore, such as taxi"
        )


def _retried(attempt: Callable[[], T], doing: str) -> T:
    """Try again while others write at the same time: each try sees what they wrote."""
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except ConflictError as error:
            last = error
    raise ConflictError(f"{doing}: others wrote at the same time, {ATTEMPTS} times over") from last
