"""What a server serves: which versions are loaded, which should be, and the way from one to the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from mainspring.core.errors import ConflictError, MainspringError, NotFoundError, UnavailableError
from mainspring.serving.ports import Answering
from mainspring.serving.problems import LoadingError
from mainspring.serving.repository.catalogue import Catalogue
from mainspring.serving.repository.lasting import Lasting
from mainspring.serving.repository.loading import Loader, Opener
from mainspring.serving.repository.options import ModelOptions, RepositoryOptions
from mainspring.serving.repository.room import too_much
from mainspring.serving.repository.shelf import Shelf
from mainspring.serving.repository.sources import PackageAt, Source
from mainspring.serving.repository.states import State, VersionState
from mainspring.serving.repository.versions import order
from mainspring.serving.served import Served

_LOG = logging.getLogger(__name__)
_PLAIN = ModelOptions()


@dataclass(frozen=True, slots=True)
class Change:
    """Versions that were loaded and wait to take their place.

    Attributes:
        name: The model.
        versions: All versions of it that will be served.
        options: How.
        brought: Whether they came with an order, and do not lie in the repository.
    """

    name: str
    versions: Mapping[str, Served]
    options: ModelOptions
    brought: bool = False


class Repository:
    """The models of one server process. Changed on the thread of its event loop; :meth:`find` costs nothing.

    Args:
        opener: Opens a package as something that answers.
        sources: Where packages lie.
        options: How models are served, by name; every other as :class:`ModelOptions` says.
        settings: When they are loaded.
    """

    def __init__(
        self,
        opener: Opener | None = None,
        sources: Sequence[Source] = (),
        *,
        options: Mapping[str, ModelOptions] | None = None,
        settings: RepositoryOptions | None = None,
    ) -> None:
        self.settings = settings or RepositoryOptions()
        self._loader = None if opener is None else Loader(opener)
        self._catalogue = Catalogue(sources)
        self._options = dict(options or {})
        self._shelves: dict[str, Shelf] = {}
        self._moving: dict[tuple[str, str], VersionState] = {}
        self._wanted: set[str] = set()
        self._locks: dict[str, asyncio.Lock] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._brought: set[str] = set()
        self._lasting = Lasting()
        self._seen: dict[tuple[str, str], str] = {}
        self._broken: dict[str, dict[tuple[str, str], str]] = {}

    @classmethod
    def of(cls, models: Iterable[Answering]) -> Repository:
        """A repository of models that are loaded already, and of nothing else.

        Raises:
            ConflictError: If two have the same name and version.
        """
        repository = cls()
        for model in models:
            versions = {} if model.name not in repository else dict(repository._shelves[model.name].versions)
            if model.version in versions:
                raise ConflictError(
                    f"model {model.name!r} version {model.version!r} is given twice",
                    fix="give each package a name and version of its own",
                )
            versions[model.version] = Served(model)
            repository._shelves[model.name] = Shelf(versions)
            repository._wanted.add(model.name)
        return repository

    def __contains__(self, name: object) -> bool:
        return name in self._shelves

    def __iter__(self) -> Iterator[Served]:
        return (served for shelf in self._shelves.values() for served in shelf.versions.values())

    @property
    def names(self) -> list[str]:
        """The models that answer."""
        return list(self._shelves)

    def versions(self, name: str) -> list[str]:
        """The versions of a model that answer, growing: ``1.10.0`` comes after ``1.9.0``."""
        return list(self._shelf(name).versions)

    def labels(self, name: str) -> Mapping[str, str]:
        """The labels of a model, and the version that each stands for."""
        return self._shelf(name).labels

    def options(self, name: str) -> ModelOptions:
        """How a model is served."""
        return self._options.get(name, _PLAIN)

    def newest(self, name: str) -> Served | None:
        """The newest version of a model, if one is loaded and in order."""
        shelf = self._shelves.get(name)
        return None if shelf is None or shelf.newest.model.trouble else shelf.newest

    def find(self, name: str, version: str = "", label: str = "") -> Served | None:
        """What answers for a model: a version, the one that a label stands for, or the newest.

        Returns:
            ``None`` if it lies in the repository and is loaded on demand; see :meth:`demand`.

        Raises:
            NotFoundError: If it is not served here.
            LoadingError: If it is being loaded, or cannot answer at the moment.
        """
        shelf = self._shelves.get(name)
        if shelf is None:
            self._absent(name, version)
            return None
        served: Served | None = shelf.newest
        if label:
            version = shelf.labels.get(label, "") or self._on_demand(name, label)
            if not version:
                raise NotFoundError(
                    f"label {label!r} of model {name!r} stands for nothing",
                    expected="one of: " + (", ".join(map(repr, shelf.labels)) or "none"),
                )
        if version:
            served = shelf.versions.get(version)
            if served is None:
                self._absent(name, version)
                return None
        if served is not None and served.model.trouble:
            raise LoadingError(
                f"model {name!r} version {served.version!r} cannot answer at the moment: {served.model.trouble}",
                fix="ask again in a moment",
            )
        return served

    @property
    def ready(self) -> bool:
        """Whether every model that should be served has a version that answers, and there is one at all.

        A version that is being loaded beside others does not count against it, nor one that was unloaded by hand,
        nor, on demand, one that nobody has asked for.
        """
        shelves = self._shelves
        return (bool(shelves) or self.settings.on_demand) and all(
            name in shelves and any(not one.model.trouble for one in shelves[name].versions.values())
            for name in self._wanted
        )

    def index(self, *, ready: bool = False) -> list[VersionState]:
        """The state of every version that is known of.

        Args:
            ready: Only of those that answer.
        """
        found: dict[tuple[str, str], VersionState] = {}
        with contextlib.suppress(UnavailableError):  # the folder is away; what was loaded from it answers
            for at in self._catalogue.packages:
                found[at.name, at.version] = VersionState(at.name, at.version, State.UNAVAILABLE)
        found |= self._moving
        for served in self:
            trouble = served.model.trouble
            state = State.UNAVAILABLE if trouble else State.READY
            moving = self._moving.get((served.name, served.version))
            reason = trouble or ("" if moving is None or not moving.failed else moving.reason)
            found[served.name, served.version] = VersionState(served.name, served.version, state, reason)
        states = sorted(found.values(), key=lambda one: (one.name, order(one.version)))
        return [one for one in states if one.state is State.READY or not ready]

    def load_all(self) -> None:
        """Load what should be served from the start, before the server answers.

        Raises:
            MainspringError: If a package that was named cannot be loaded. One of the repository's folder that
                cannot is told in :meth:`index`, and keeps the server from being ready.
        """
        given = {at.name for at in self._catalogue.given}
        self._seen = self._catalogue.fingerprints()
        everything = self.settings.mode != "explicit" and not self.settings.on_demand
        for name, packages in self._catalogue.by_name().items():
            if not (everything or name in given or name in self._options):
                continue
            self._wanted.add(name)
            try:
                loaded = {
                    at.version: self._load_now(at) for at in self._catalogue.chosen(packages, self.options(name))
                }
                if not self.settings.on_demand:
                    _refuse_labels(name, self.options(name), loaded)
            except MainspringError as error:
                if name in given:
                    raise
                self._failed(name, packages, error)
            else:
                self.commit(Change(name, loaded, self.options(name)))
        if not self.settings.on_demand:
            for name in self._options.keys() - self._catalogue.by_name().keys():
                _LOG.warning("there is no model %r, which the options name: the server is not ready", name)
                self._wanted.add(name)

    async def load(
        self, name: str, *, options: ModelOptions | None = None, packages: Sequence[PackageAt] | None = None
    ) -> None:
        """Load a model, or load it anew; what was served before is served until then, and if it fails.

        Raises:
            NotFoundError: If there is no such model.
            MainspringError: If it cannot be loaded.
        """
        await self._lasting.do(self._load(name, options, packages))

    async def prepare(
        self, name: str, *, options: ModelOptions | None = None, packages: Sequence[PackageAt] | None = None
    ) -> Change:
        """Load the versions of a model that should be served, without serving them.

        Raises:
            NotFoundError: If there is no such model.
            MainspringError: If one of them cannot be loaded.
        """
        found = self._catalogue.by_name().get(name, []) if packages is None else list(packages)
        if not found:
            raise NotFoundError(
                f"there is no model {name!r} in the repository",
                expected="one of: " + (", ".join(map(repr, self._catalogue.by_name())) or "none"),
            )
        chosen = options or self.options(name)
        # Files that came with an order run no code on the word that was given for others.
        opened = chosen if packages is None else replace(chosen, trust=False, component=None)
        if not chosen.keep_old and name in self._shelves:
            self._remove(name)
        loaded = await self._load_each(self._catalogue.chosen(found, chosen), opened)
        if not loaded:
            raise NotFoundError(
                f"no version of model {name!r} is to be served",
                expected="versions among " + ", ".join(at.version for at in found),
            )
        try:
            _refuse_labels(name, chosen, loaded)
        except NotFoundError:
            self._retire(loaded.values())
            raise
        return Change(name, loaded, chosen, brought=packages is not None)

    def commit(self, change: Change) -> None:
        """Serve what was prepared, and let go of what it replaces once nothing is in flight there."""
        before = self._shelves.get(change.name)
        self._shelves[change.name] = Shelf(dict(change.versions), dict(change.options.labels))
        self._options[change.name] = change.options
        self._wanted.add(change.name)
        (self._brought.add if change.brought else self._brought.discard)(change.name)
        for version, served in change.versions.items():
            self._moving.pop((change.name, version), None)
            served.used = time.perf_counter()
        if before is not None:
            self._retire(before.versions.values())
        self._make_room()

    def expect(self, name: str) -> None:
        """Say that a model should be served: without it the server is not ready."""
        self._wanted.add(name)

    def abandon(self, change: Change) -> None:
        """Let go of what was prepared and will not be served."""
        self._retire(change.versions.values())

    async def unload(self, name: str, *, version: str | None = None) -> None:
        """Stop serving a model or one version of it; what is in flight is finished.

        Raises:
            NotFoundError: If it is not served.
        """
        async with self._lock(name):
            shelf = self._shelf(name)
            if version is None or list(shelf.versions) == [version]:
                self._wanted.discard(name)
                self._remove(name)
                return
            if version not in shelf.versions:
                self._absent(name, version)
            kept = {key: served for key, served in shelf.versions.items() if key != version}
            self._shelves[name] = Shelf(kept, {k: v for k, v in shelf.labels.items() if v != version})
            self._retire([shelf.versions[version]])

    async def demand(self, name: str, version: str = "", label: str = "") -> Served:
        """What answers for a model, loaded first if it is not. It is loaded even if the caller goes away.

        Raises:
            NotFoundError: If it does not lie in the repository.
            MainspringError: If it cannot be loaded.
        """
        await self._lasting.do(self._load_on_demand(name, version or self.options(name).labels.get(label, "")))
        served = self.find(name, version, label)
        if served is None:
            raise LoadingError(f"model {name!r} was unloaded again before it could answer")
        return served

    async def refresh(self) -> None:
        """Look at the sources, and serve what lies there now: new versions, and those written anew.

        A package whose files changed since the last look is left for the next one: it may still be written. Models
        that wait to be asked for, and those whose files came with an order, are left as they are.

        Raises:
            UnavailableError: If a source cannot be read; then nothing changes.
            ConflictError: If two packages have the same name and version; likewise.
        """
        packages, found = await asyncio.get_running_loop().run_in_executor(None, self._catalogue.look)
        stable = {key for key, print_ in found.items() if self._seen.get(key) == print_}
        self._seen = found
        every = self.settings.mode == "poll" and not self.settings.on_demand
        for name in {*(packages if every else self._shelves), *self._wanted} - self._brought:
            if name not in packages:
                if name in self._shelves:
                    await self.unload(name)
                continue
            chosen = {(name, at.version) for at in self._catalogue.chosen(packages[name], self.options(name))}
            wanted = {key: found[key] for key in chosen & found.keys()}
            loaded = {(one.name, one.version): one.digest for one in self if one.name == name}
            if chosen <= stable and wanted != loaded and self._broken.get(name) != wanted:
                await self._try(name, wanted)

    def close(self) -> None:
        """Let go of every model."""
        for served in self:
            served.model.close()
        if self._loader is not None:
            self._loader.close()

    def _shelf(self, name: str) -> Shelf:
        shelf = self._shelves.get(name)
        if shelf is None:
            self._absent(name, "")
            raise NotFoundError(f"model {name!r} is not loaded", fix="load it first")
        return shelf

    def _on_demand(self, name: str, label: str) -> str:
        """The version that a label stands for and that is loaded when it is asked for; empty if there is none."""
        return self.options(name).labels.get(label, "") if self.settings.on_demand else ""

    def _absent(self, name: str, version: str) -> None:
        """What to do about a version that is not loaded: nothing, if it can be loaded on demand."""
        if self.settings.on_demand and self._catalogue.has(name, version):
            return
        moving = [one for key, one in self._moving.items() if key[0] == name and version in ("", key[1])]
        if any(one.state is State.LOADING for one in moving):
            raise LoadingError(f"model {name!r} is being loaded", fix="ask again in a moment")
        if name not in self._shelves:
            known = ", ".join(map(repr, self._shelves)) or "none"
            raise NotFoundError(f"model {name!r} is not served here", expected=f"one of: {known}")
        raise NotFoundError(
            f"version {version!r} of model {name!r} is not served here",
            expected="one of: " + ", ".join(map(repr, self._shelves[name].versions)),
        )

    def _load_now(self, at: PackageAt) -> Served:
        return self._with_loader().load(at, self.options(at.name))

    async def _load_aside(self, at: PackageAt, options: ModelOptions) -> Served:
        key = (at.name, at.version)
        self._moving[key] = VersionState(*key, State.LOADING)
        try:
            served = await self._with_loader().load_aside(at, options)
        except MainspringError as error:
            self._failed(at.name, [at], error)
            raise
        self._moving.pop(key, None)
        return served

    async def _load_each(self, packages: Iterable[PackageAt], options: ModelOptions) -> dict[str, Served]:
        """Load several versions; if one of them cannot be, the others are let go of again."""
        loaded: dict[str, Served] = {}
        try:
            for at in packages:
                loaded[at.version] = await self._load_aside(at, options)
        except BaseException:
            self._retire(loaded.values())
            raise
        return loaded

    async def _load(self, name: str, options: ModelOptions | None, packages: Sequence[PackageAt] | None) -> None:
        async with self._lock(name):
            self.commit(await self.prepare(name, options=options, packages=packages))

    async def _load_on_demand(self, name: str, version: str) -> None:
        async with self._lock(name):
            if name not in self._shelves or (version and version not in self._shelves[name].versions):
                await self._fetch(name, version)

    async def _fetch(self, name: str, version: str) -> None:
        packages = self._catalogue.by_name().get(name, [])
        chosen = (
            [at for at in packages if at.version == version]
            if version
            else self._catalogue.chosen(packages, self.options(name))
        )
        if not chosen:
            self._absent(name, version)
            raise NotFoundError(f"model {name!r} is not in the repository")
        options = self.options(name)
        loaded = await self._load_each(chosen, options)
        shelf = self._shelves.get(name)
        kept = {**({} if shelf is None else shelf.versions), **loaded}
        self._shelves[name] = Shelf(kept, {key: one for key, one in options.labels.items() if one in kept})
        for served in loaded.values():
            served.used = time.perf_counter()
        self._make_room()

    def _make_room(self) -> None:
        if not self.settings.on_demand:
            return
        for served in too_much(self, self.settings):
            shelf = self._shelves[served.name]
            kept = {version: one for version, one in shelf.versions.items() if one is not served}
            if kept:
                labels = {key: version for key, version in shelf.labels.items() if version in kept}
                self._shelves[served.name] = Shelf(kept, labels)
            else:
                del self._shelves[served.name]
                self._wanted.discard(served.name)  # it is there again as soon as somebody asks for it
            self._retire([served])

    async def _try(self, name: str, wanted: dict[tuple[str, str], str]) -> None:
        try:
            await self.load(name)
        except MainspringError:
            # The index says why; what was served still is. It is not tried again before it is written anew.
            self._broken[name] = wanted

    def _failed(self, name: str, packages: Iterable[PackageAt], error: MainspringError) -> None:
        for at in packages:
            self._moving[name, at.version] = VersionState(
                name, at.version, State.UNAVAILABLE, str(error), failed=True
            )

    def _remove(self, name: str) -> None:
        self._brought.discard(name)
        self._retire(self._shelves.pop(name).versions.values())

    def _retire(self, gone: Iterable[Served]) -> None:
        for served in gone:
            key = (served.name, served.version)
            self._moving.setdefault(key, VersionState(*key, State.UNLOADING))
            try:
                task = asyncio.get_running_loop().create_task(self._let_go(served))
            except RuntimeError:  # no loop yet: nothing is in flight
                served.model.close()
                self._moving.pop(key, None)
                continue
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    async def _let_go(self, served: Served) -> None:
        await self._with_loader().retire(served)
        key = (served.name, served.version)
        if self._moving.get(key) == VersionState(*key, State.UNLOADING):
            del self._moving[key]

    def _with_loader(self) -> Loader:
        if self._loader is None:
            raise LookupError("this repository holds loaded models only")
        return self._loader

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())


def _refuse_labels(name: str, options: ModelOptions, loaded: Iterable[str]) -> None:
    """See that every label stands for a version that is loaded."""
    missing = {label: version for label, version in options.labels.items() if version not in loaded}
    if missing:
        raise NotFoundError(
            f"labels of model {name!r} stand for versions that are not loaded: {missing}",
            expected="versions among " + ", ".join(loaded),
        )
