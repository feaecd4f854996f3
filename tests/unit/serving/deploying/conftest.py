"""A registry in memory, and a server whose models are really loaded in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.core.verdicts import Verdict
from mainspring.serving.control import LocalControl
from mainspring.serving.deploying.deployments import Deployments
from mainspring.serving.deploying.ports import Found
from mainspring.serving.deploying.revision import File
from mainspring.serving.orders import Load, Told
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import ModelOptions, PackageAt, Repository


class Shelf:
    """A registry: references, and the packages that they mean."""

    def __init__(self, rule: ModuleType) -> None:
        self._rule = rule
        self.known: dict[str, Found] = {}
        self.made: dict[str, dict[str, float]] = {}
        self.blessings: dict[str, bool] = {}

    def put(self, name: str, version: str, *aliases: str, **options: float) -> Found:
        found = Found(name=name, version=version, digest=f"sha256:{name}-{version}-{sorted(options.items())}")
        self.made[found.digest] = options
        for reference in (f"{name}:{version}", *(f"{name}@{alias}" for alias in aliases)):
            self.known[reference] = found
        return found

    def resolve(self, reference: str) -> Found:
        if reference not in self.known:
            raise NotFoundError(f"there is no {reference}", expected="one of " + ", ".join(self.known))
        return self.known[reference]

    def blessed(self, found: Found) -> bool | None:
        return self.blessings.get(f"{found.name}:{found.version}")

    def fetch(self, found: Found, folder: Path) -> None:
        if found.digest not in self.made:
            raise NotFoundError("its bytes are gone")
        self._rule.write(folder, **self.made[found.digest])


class OneProcess:
    """A server of one process, with real models behind real orders; it counts what it was ordered."""

    def __init__(self, rule: ModuleType) -> None:
        def opened(at: PackageAt, options: ModelOptions, members: object = None) -> Predictor:
            package = rule.RulePackage.load(at.folder)
            predictor = Predictor(package, name=at.name, version=at.version)
            predictor.warm(package.input_example)
            return predictor

        self.models = Repository(opened)
        self.control = LocalControl(self.models)
        self.ordered: list[str] = []
        self.expected: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self.models.close()
        self._loop.close()

    def change(self, loads: Sequence[Load], unloads: Sequence[str]) -> None:
        asyncio.run_coroutine_threadsafe(self._change(loads, unloads), self._loop).result()

    def expect(self, names: Sequence[str]) -> None:
        self.expected += names

    def survey(self) -> Sequence[Mapping[str, Told]]:
        return [self.control.survey()]

    def unload(self, name: str) -> None:
        """What somebody does by hand."""
        asyncio.run_coroutine_threadsafe(self.control.unload(name), self._loop).result()

    def load(self, name: str, config: str) -> None:
        asyncio.run_coroutine_threadsafe(self.control.load(name, config=config), self._loop).result()

    @property
    def served(self) -> dict[str, list[str]]:
        return {name: self.models.versions(name) for name in sorted(self.models.names)}

    async def _change(self, loads: Sequence[Load], unloads: Sequence[str]) -> None:
        self.ordered += [one.name for one in loads] + [f"-{name}" for name in unloads]
        prepared = []
        try:
            for load in loads:
                change = await self.control.prepare_said(load)
                prepared.append(change)
        except MainspringError:
            for change in prepared:
                self.control.abandon(change)
            raise
        for change in prepared:
            self.control.commit(change)
        for name in unloads:
            if name in self.models:
                await self.control.unload(name)


class Recorded:
    def __init__(self) -> None:
        self.kept: list[tuple[int, Mapping[str, str], Verdict]] = []

    def record(self, number: int, told: Mapping[str, str], verdict: Verdict) -> None:
        self.kept.append((number, told, verdict))


@pytest.fixture
def shelf(rule: ModuleType) -> Shelf:
    """``taxi`` 1.0.0 (production) and 1.1.0 (candidate), ``bus`` 1.0.0 (production)."""
    made = Shelf(rule)
    made.put("taxi", "1.0.0", "production")
    made.put("taxi", "1.1.0", "candidate", shift=1.0)
    made.put("bus", "1.0.0", "production", shift=2.0)
    return made


@pytest.fixture
def server(rule: ModuleType) -> Iterator[OneProcess]:
    made = OneProcess(rule)
    yield made
    made.close()


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
def deployments(tmp_path: Path, shelf: Shelf, recorded: Recorded) -> Deployments:
    return Deployments(tmp_path / "desired", shelf, recorder=recorded, environment={"ALIAS": "production"})


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., File]:
    """A deployment file: its models by reference."""

    def make(name: str = "fares", text: str = "", **models: str) -> File:
        lines = "".join(f"  {model}: {said}\n" for model, said in models.items())
        return File(
            name=f"{name}.yaml",
            text=text or f"deployment: {name}\nmodels:\n{lines or '  {}'}",
            folder=str(tmp_path),
        )

    return make
