"""Changes what this process serves: what stands behind the management calls of every door."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from mainspring.core.errors import InputError
from mainspring.models.package import MANIFEST
from mainspring.serving.graphs.ports import refuse_new_urls
from mainspring.serving.model_files import holds_model
from mainspring.serving.orders import Load, Told
from mainspring.serving.problems import ForbiddenError
from mainspring.serving.repository import Arrangement, Change, ModelOptions, PackageAt, Repository
from mainspring.serving.repository.lasting import Lasting
from mainspring.serving.repository.names import check_name

_UNVERSIONED = "1"
_ARRANGED = {"labels", "rollout"}
"""The options of a model that can be changed without loading it."""


class LocalControl:
    """A :class:`mainspring.serving.ports.Control` of one process. For the thread of its event loop.

    Args:
        repository: What is served.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository, self._lasting = repository, Lasting()
        self._prepared: dict[str, Load] = {}
        self._said: dict[str, Load] = {}

    async def load(
        self, name: str, *, config: str | None = None, files: Mapping[str, bytes] | None = None
    ) -> None:
        """Load a model, or load it anew; see :class:`mainspring.serving.ports.Control`.

        Raises:
            ForbiddenError: If the repository takes no orders.
            InputError: If the name, the options or the names of the files are wrong.
            NotFoundError: If there is no such model.
            MainspringError: If it cannot be loaded.
        """
        await self._lasting.do(self._load(name, config, files))

    async def prepare(
        self, name: str, *, config: str | None = None, files: Mapping[str, bytes] | None = None
    ) -> Change:
        """Load a model without serving it; :meth:`commit` or :meth:`abandon` has to follow.

        Raises:
            MainspringError: As :meth:`load` does.
        """
        self._refuse_if_fixed()
        check_name(name)
        options = None if config is None else options_of(config, self._repository.options(name))
        if not files:
            return await self._repository.prepare(name, options=options)
        folder = Path(tempfile.mkdtemp(prefix="mainspring-model-"))
        try:
            return await self._repository.prepare(name, options=options, packages=unpack(name, files, folder))
        finally:
            # A model is read whole when it is opened, and its files are not needed again.
            shutil.rmtree(folder)

    async def arrange(self, name: str, *, config: str | None = None) -> None:
        """Give a model other labels or another rollout; see :class:`mainspring.serving.ports.Control`.

        Raises:
            ForbiddenError: If the repository takes no orders.
            NotFoundError: If the model is not served, or a version that is named is not loaded.
            InputError: If the options say anything else.
        """
        self.commit(self.prepare_arrangement(name, config=config))

    def prepare_arrangement(self, name: str, *, config: str | None = None) -> Arrangement:
        """See whether a model can be served so; :meth:`commit` or :meth:`abandon` has to follow.

        Raises:
            MainspringError: As :meth:`arrange` does.
        """
        check_name(name)
        before = self._repository.options(name)
        if config is None:
            return Arrangement(name, before)
        self._refuse_if_fixed()
        options = options_of(config, before)
        others = msgspec.json.decode(config, type=dict[str, msgspec.Raw]).keys() - _ARRANGED
        if others:
            raise InputError(
                f"the config says {', '.join(sorted(others))}",
                expected="labels and rollout alone, for which nothing is loaded",
                fix="load the model with these options instead",
            )
        return self._repository.arrange(name, options)

    async def prepare_said(self, load: Load) -> Change | Arrangement:
        """Load a model as whoever runs the server says it: with places and code; as :meth:`prepare`.

        Where nothing but its labels and its rollout are other than before, nothing is loaded.

        Raises:
            MainspringError: If it cannot be loaded.
        """
        self._refuse_if_fixed()
        options = msgspec.json.decode(load.config, type=ModelOptions)
        if self._only_arranges(load, options):
            arrangement = self._repository.arrange(load.name, options)
            self._prepared[load.name] = load
            return arrangement
        packages = [PackageAt(Path(one.folder), load.name, one.version) for one in load.packages]
        change = await self._repository.prepare(load.name, options=options, packages=packages, trusted=True)
        self._prepared[load.name] = load
        return change

    def survey(self) -> dict[str, Told]:
        """What is served, by name."""
        models = self._repository
        return {
            name: Told(
                versions=tuple(models.versions(name)),
                packages=self._said[name].packages if models.ordered(name) and name in self._said else (),
                config=msgspec.json.encode(models.options(name)).decode(),
            )
            for name in models.names
        }

    def commit(self, change: Change | Arrangement) -> None:
        """Serve what was prepared."""
        if isinstance(change, Arrangement):
            self._repository.rearrange(change)
        else:
            self._repository.commit(change)
        if change.name in self._prepared:
            self._said[change.name] = self._prepared.pop(change.name)

    def expect(self, name: str) -> None:
        """Say that a model should be served: without it the server is not ready."""
        self._repository.expect(name)

    def abandon(self, change: Change | Arrangement) -> None:
        """Let go of what was prepared."""
        self._prepared.pop(change.name, None)
        if isinstance(change, Change):
            self._repository.abandon(change)

    async def unload(self, name: str, *, version: str | None = None) -> None:
        """Stop serving a model or a version of it; see :class:`mainspring.serving.ports.Control`.

        Raises:
            ForbiddenError: If the repository takes no orders.
            InputError: If no model can have the name.
            NotFoundError: If it is not served.
        """
        self._refuse_if_fixed()
        check_name(name)
        await self._repository.unload(name, version=version)

    async def _load(self, name: str, config: str | None, files: Mapping[str, bytes] | None) -> None:
        self.commit(await self.prepare(name, config=config, files=files))

    def _only_arranges(self, load: Load, options: ModelOptions) -> bool:
        """Whether a model is served already as it is said, but for what needs no loading."""
        told = self.survey().get(load.name) if load.name in self._repository else None
        if told is None or told.packages != load.packages:
            return False
        before = self._repository.options(load.name)
        alike = {name: getattr(options, name) for name in _ARRANGED}
        loaded = {one.version for one in load.packages} <= set(told.versions)
        return loaded and before != options and msgspec.structs.replace(before, **alike) == options

    def _refuse_if_fixed(self) -> None:
        if self._repository.settings.mode != "explicit":
            raise ForbiddenError(
                f"this server takes no orders: its repository's mode is {self._repository.settings.mode!r}",
                expected="mode 'explicit'",
                fix="start the server with it, or change the repository's folder in mode 'poll'",
            )


def options_of(config: str, before: ModelOptions) -> ModelOptions:
    """The options of a model from JSON; what is not said stays as it was.

    Raises:
        InputError: If it is not JSON of the right form, or names a place on the server.
    """
    try:
        given = msgspec.json.decode(config, type=dict[str, msgspec.Raw])
        options = msgspec.json.decode(config, type=ModelOptions)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"the config is wrong: {error}", expected="an object with a model's options") from error
    barred = sorted(given.keys() & ModelOptions.SET_AT_START)
    if barred:
        raise InputError(
            f"the config says {', '.join(barred)}",
            expected="options without it: a place or a program on the server is named where the server is started",
        )
    if options.graph is not None:
        refuse_new_urls(options.graph, before.graph)
    return msgspec.structs.replace(before, **{name: getattr(options, name) for name in given})


def unpack(name: str, files: Mapping[str, bytes], folder: Path) -> Sequence[PackageAt]:
    """Write the files of a package that came with an order, and say which versions they are.

    Args:
        name: The model.
        files: By path: ``<version>/<file of the package>``, or the file alone.
        folder: Where they are written to; new and empty.

    Raises:
        InputError: If a path leads out of the folder, or no file is a package's.
    """
    bad = [path for path in files if not _inside(path)]
    if bad:
        raise InputError(
            f"these are no paths of files: {', '.join(map(repr, bad))}",
            expected="names with '/' between them, such as '1/package.json'",
        )
    plain = MANIFEST in files or not any("/" in path for path in files)
    for path, content in files.items():
        place = folder / _UNVERSIONED / path if plain else folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    found = [
        PackageAt(one, name, one.name) for one in sorted(folder.iterdir()) if one.is_dir() and holds_model(one)
    ]
    if not found:
        raise InputError(
            f"none of the files is a {MANIFEST}",
            expected=f"the files of a package, its {MANIFEST} among them, or one file such as 1/model.onnx",
        )
    return found


def _inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and "\\" not in path and "\0" not in path and not {"..", "/", "."} & set(parts)
