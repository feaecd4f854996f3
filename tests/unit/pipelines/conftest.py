"""A place to run pipelines in: real stores in a folder, real runners."""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.app.settings_file import load
from mainspring.app.wiring import Stores, open_stores
from mainspring.core.records import ExecutionState
from mainspring.pipelines.adapters.processes import ProcessRunner
from mainspring.pipelines.adapters.threads import ThreadRunner
from mainspring.pipelines.engine import Engine, RunResult
from mainspring.pipelines.events import Event
from mainspring.pipelines.graph import Graph, Selection
from mainspring.pipelines.options import Isolation
from mainspring.pipelines.records import Records


class Place:
    """A folder with stores and an engine; remembers every event."""

    def __init__(self, root: Path, resources: Mapping[str, Callable[[], Any]]) -> None:
        self.root = root
        self.stores: Stores = open_stores(load(root, {}))
        self.events: list[Event] = []
        self.runners = {Isolation.THREAD: ThreadRunner(resources), Isolation.PROCESS: ProcessRunner()}
        self.resources = resources

    @property
    def records(self) -> Records:
        """Reads runs back."""
        return Records(self.stores.record)

    def engine(self, *, workers: int = 4) -> Engine:
        """An engine."""
        return Engine(
            metadata=self.stores.record,
            blobs=self.stores.blobs,
            home=self.root / ".mainspring",
            root=self.root,
            runners=self.runners,
            resources=self.resources,
            workers=workers,
            listener=self.events.append,
        )

    def run(
        self, graph: Graph, *, name: str | None = None, selection: Selection | None = None, workers: int = 4
    ) -> RunResult:
        """Run a graph."""
        return self.engine(workers=workers).run(graph, name=name, selection=selection)

    def resume(self, graph: Graph, run: str) -> RunResult:
        """Resume a run."""
        return self.engine().resume(graph, run)

    def value(self, result: RunResult, node: str, output: str = "result") -> Any:
        """What a node of a run gave, loaded."""
        from mainspring.core.records import Artifact
        from mainspring.pipelines.codecs import decode

        def load_one(artifact: Artifact | None) -> Any:
            if artifact is None:
                return None
            return decode(artifact.type, self.stores.blobs.local(str(artifact.digest)), None)

        slot = result.nodes[node].outputs[output]
        return [load_one(one) for one in slot] if isinstance(slot, list) else load_one(slot)

    def close_runners(self) -> None:
        """Let go of threads and processes; nothing runs any more afterwards."""
        for runner in self.runners.values():
            runner.close()
        self.runners = {}

    def close(self) -> None:
        """Let go of it all."""
        self.close_runners()
        self.stores.record.close()


def states(result: RunResult) -> dict[str, str]:
    """How each node ended, as words."""
    return {name: node.state.value for name, node in result.nodes.items()}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A place to run pipelines in."""
    made = Place(tmp_path, {"greeting": lambda: "hello"})
    yield made
    made.close()
    assert not (tmp_path / ".mainspring/scratch").exists() or not any(
        (tmp_path / ".mainspring/scratch").iterdir()
    ), "a run left scratch behind"


Edition = Callable[..., ModuleType]


@pytest.fixture
def edition(tmp_path: Path) -> Iterator[Edition]:
    """Imports a module, and its neighbours, from texts: each time from a new folder, as if moved."""
    count = 0
    names: set[str] = set()
    before = list(sys.path)

    def forget() -> None:
        for name in [one for one in sys.modules if one.partition(".")[0] in names]:
            del sys.modules[name]
        sys.path[:] = before

    def make(text: str, *, load: bool = True, **neighbours: str) -> ModuleType:
        nonlocal count
        count += 1
        folder = tmp_path / f"edition{count}"
        for name, content in {"ms_steps": text, **neighbours}.items():
            file = folder / f"{name.replace('__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
            names.add(name.partition("__")[0])
        forget()
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
        return importlib.import_module("ms_steps")

    yield make
    forget()


COMPLETE, CACHED = ExecutionState.COMPLETE.value, ExecutionState.CACHED.value
