"""What a server serves: which versions are loaded, which should be, and the way from one to the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from mainspring.core.errors import ConflictError, MainspringError, NotFoundError, UnavailableError
from mainspring.serving.graphs.ordering import asked_of, members_first
from mainspring.serving.graphs.ports import models_of
from mainspring.serving.ports import Answering
from mainspring.serving.problems import LoadingError
from mainspring.serving.repository.absence import absence
from mainspring.serving.repository.catalogue import Catalogue
from mainspring.serving.repository.change import Arrangement, Change, check_named
from mainspring.serving.repository.demand import Demand
from mainspring.serving.repository.index import Index
from mainspring.serving.repository.lasting import Lasting
from mainspring.serving.repository.loading import Loader, Opener
from mainspring.serving.repository.options import ModelOptions, RepositoryOptions
from mainspring.serving.repository.polling import Polling, Prints
from mainspring.serving.repository.porter import Porter
from mainspring.serving.repository.shelf import Shelf, Shelves
from mainspring.serving.repository.sources import UNVERSIONED, PackageAt, Source, graph_place
from mainspring.serving.repository.states import State, VersionState
from mainspring.serving.served import Served

_LOG = logging.getLogger(__name__)
_PLAIN = ModelOptions()


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
        self._catalogue, self._shelves, self._index = Catalogue(sources), Shelves(), Index()
        self._porter = Porter(None if opener is None else Loader(opener), self._index)
        self._polling = Polling(self._catalogue)
        self._demand = Demand(
            self._catalogue,
            self._shelves,
            self._index,
            self._porter,
            options=self.options,
            settings=self.settings,
        )
        self._options = dict(options or {})
        self._wanted: set[str] = set()
        self._brought: set[str] = set()
        self._ordered: dict[str, tuple[PackageAt, ...]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._lasting = Lasting()

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
            repository._shelves.fill(model.name, versions, {})
            repository._wanted.add(model.name)
        return repository

    def __contains__(self, name: object) -> bool:
        return name in self._shelves

    def __iter__(self) -> Iterator[Served]:
        return self._shelves.served()

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

    def ordered(self, name: str) -> Sequence[PackageAt]:
        """Where a model lies that whoever runs the server ordered from there; nothing for any other."""
        return self._ordered.get(name, ())

    def shelf(self, name: str) -> Shelf | None:
        """The loaded versions of a model; ``None`` if there are none."""
        return self._shelves.get(name)

    def watch(self, told: Callable[[str], None]) -> None:
        """Have somebody told whenever other versions of a model answer, or the same under other labels."""
        self._shelves.told = told
        for name in self._shelves:
            told(name)

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
            version = shelf.labels.get(label, "") or self._demand.version_of(name, label)
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
        lying: list[PackageAt] = []
        with contextlib.suppress(UnavailableError):  # the folder is away; what was loaded from it answers
            lying = self._catalogue.packages
        states = self._index.states(lying, self)
        return [one for one in states if one.state is State.READY or not ready]

    def load_all(self) -> None:
        """Load what should be served from the start, before the server answers.

        Raises:
            MainspringError: If a package that was named cannot be loaded. One of the repository's folder that
                cannot is told in :meth:`index`, and keeps the server from being ready.
        """
        given = {at.name for at in self._catalogue.given}
        self._polling.begin()
        everything = self.settings.mode != "explicit" and not self.settings.on_demand
        found = self._catalogue.by_name()
        needed = asked_of(one.graph for one in self._options.values())
        for name in members_first({one: self.options(one).graph for one in found}):
            packages = found[name]
            if not (everything or name in given or name in self._options or name in needed):
                continue
            self._wanted.add(name)
            try:
                options = self.options(name)
                chosen = self._catalogue.chosen(packages, options)
                loaded = {at.version: self._porter.load_now(at, options) for at in chosen}
                if not self.settings.on_demand:
                    check_named(name, options, loaded)
            except MainspringError as error:
                if name in given:
                    raise
                self._index.note_failed(packages, error)
            else:
                self.commit(Change(name, loaded, options))
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
        self,
        name: str,
        *,
        options: ModelOptions | None = None,
        packages: Sequence[PackageAt] | None = None,
        trusted: bool = False,
    ) -> Change:
        """Load the versions of a model that should be served, without serving them.

        Args:
            name: The model.
            options: How it is served, if otherwise than before.
            packages: Its versions, if they do not lie in the repository.
            trusted: Whether whoever runs the server says where these lie: they may run code, and the model comes
                back from there when it is loaded again.

        Raises:
            NotFoundError: If there is no such model.
            MainspringError: If one of them cannot be loaded.
        """
        chosen = options or self.options(name)
        if not packages and chosen.graph is not None:
            packages, trusted = [PackageAt(graph_place(name), name, chosen.version or UNVERSIONED)], True
        if packages is None and name in self._ordered:
            packages, trusted = self._ordered[name], True
        found = self._catalogue.by_name().get(name, []) if packages is None else list(packages)
        if not found:
            raise NotFoundError(
                f"there is no model {name!r} in the repository",
                expected="one of: " + (", ".join(map(repr, self._catalogue.by_name())) or "none"),
            )
        # Files that came with an order run no code on the word that was given for others.
        opened = chosen if packages is None or trusted else replace(chosen, trust=False, component=None)
        if not chosen.keep_old and name in self._shelves:
            self._remove(name)
        for member in () if chosen.graph is None else models_of(chosen.graph).values():
            if self._demand.may_load(member.name, member.version) and member.name not in self._shelves:
                await self.demand(*member)
        loaded = await self._porter.load_each(self._catalogue.chosen(found, chosen), opened)
        if not loaded:
            raise NotFoundError(
                f"no version of model {name!r} is to be served",
                expected="versions among " + ", ".join(at.version for at in found),
            )
        try:
            check_named(name, chosen, loaded)
        except MainspringError:
            self._porter.retire(loaded.values())
            raise
        return Change(name, loaded, chosen, brought=packages is not None, ordered=tuple(found) if trusted else ())

    def commit(self, change: Change) -> None:
        """Serve what was prepared, and let go of what it replaces once nothing is in flight there."""
        before = self._shelves.get(change.name)
        self._options[change.name] = change.options
        self._shelves.fill(change.name, change.versions, change.options.labels)
        self._wanted.add(change.name)
        (self._brought.add if change.brought else self._brought.discard)(change.name)
        if change.ordered:
            self._ordered[change.name] = change.ordered
        else:
            self._ordered.pop(change.name, None)
        for version, served in change.versions.items():
            self._index.note_loaded(change.name, version)
            served.used = time.perf_counter()
        if before is not None:
            self._porter.retire(before.versions.values())
        self._make_room()

    def arrange(self, name: str, options: ModelOptions) -> Arrangement:
        """See whether a model can be served by other labels or another rollout, with the versions that it has.

        Raises:
            NotFoundError: If it is not loaded, or these name a version that is not.
            InputError: If the rollout is one of a version to itself.
        """
        if not self.settings.on_demand:
            check_named(name, options, self._shelf(name).versions)
        return Arrangement(name, options)

    def rearrange(self, arrangement: Arrangement) -> None:
        """Serve a model so, from one request to the next; nothing is loaded, and nothing let go of."""
        self._options[arrangement.name] = arrangement.options
        shelf = self._shelves.get(arrangement.name)
        if shelf is not None:
            labels = {key: one for key, one in arrangement.options.labels.items() if one in shelf.versions}
            self._shelves.fill(arrangement.name, shelf.versions, labels)

    def relabel(self, name: str, labels: Mapping[str, str]) -> None:
        """Have labels stand for loaded versions, without telling whoever watches: it is they who ask for it."""
        self._shelves[name].labels = dict(labels)

    def expect(self, name: str) -> None:
        """Say that a model should be served: without it the server is not ready."""
        self._wanted.add(name)

    def abandon(self, change: Change) -> None:
        """Let go of what was prepared and will not be served."""
        self._porter.retire(change.versions.values())

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
            self._porter.retire([self._shelves.take(name, version)])

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
        look = await self._polling.look()
        every = self.settings.mode == "poll" and not self.settings.on_demand
        for name in {*(look.packages if every else self._shelves), *self._wanted} - self._brought:
            if name not in look.packages:
                if name in self._shelves:
                    await self.unload(name)
                continue
            loaded = {(one.name, one.version): one.digest for one in self if one.name == name}
            news = self._polling.news(look, name, self.options(name), loaded)
            if news is not None:
                await self._try(name, news)

    def close(self) -> None:
        """Let go of every model."""
        for served in self:
            served.model.close()
        self._porter.close()

    def _shelf(self, name: str) -> Shelf:
        shelf = self._shelves.get(name)
        if shelf is None:
            self._absent(name, "")
            raise NotFoundError(f"model {name!r} is not loaded", fix="load it first")
        return shelf

    def _absent(self, name: str, version: str) -> None:
        """What to do about a version that is not loaded: nothing, if it can be loaded on demand."""
        if not self._demand.may_load(name, version):
            raise absence(name, version, self._shelves, self._index)

    async def _load(self, name: str, options: ModelOptions | None, packages: Sequence[PackageAt] | None) -> None:
        async with self._lock(name):
            self.commit(await self.prepare(name, options=options, packages=packages))

    async def _load_on_demand(self, name: str, version: str) -> None:
        async with self._lock(name):
            if name not in self._shelves or (version and version not in self._shelves[name].versions):
                await self._demand.fetch(name, version)
                self._make_room()

    def _make_room(self) -> None:
        # What goes for want of room is there again as soon as somebody asks for it.
        self._wanted.difference_update(self._demand.make_room())

    async def _try(self, name: str, wanted: Prints) -> None:
        try:
            await self.load(name)
        except MainspringError:
            # The index says why; what was served still is.
            self._polling.note_broken(name, wanted)

    def _remove(self, name: str) -> None:
        self._brought.discard(name)
        self._porter.retire(self._shelves.clear_of(name).versions.values())

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())
