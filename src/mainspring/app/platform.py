"""The platform as one object, with one attribute per room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mainspring.app import wiring
from mainspring.app.settings import Settings
from mainspring.app.settings_file import find_root, load
from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Execution
from mainspring.pipelines.engine import Engine, RunResult
from mainspring.pipelines.events import Listener, ignore
from mainspring.pipelines.graph import select
from mainspring.pipelines.loading import load_pipeline
from mainspring.pipelines.pipeline import Pipeline
from mainspring.pipelines.records import Records
from mainspring.pipelines.snapshots import Entry

if TYPE_CHECKING:
    from mainspring.models.registry import Registry
    from mainspring.models.registry.webhooks import Courier
    from mainspring.pipelines.approvals import Approval


def open(location: str | Path | None = None) -> Mainspring:  # noqa: A001 - mainspring.open() reads well
    """Open a project's platform.

    Args:
        location: The project's folder; by default the nearest one upwards that has a ``mainspring.toml``, or the
            current folder with default settings.

    Raises:
        NotFoundError: If there is no such folder.
        InputError: If its settings cannot be read.

    Example:
        >>> import mainspring
        >>> with mainspring.open() as platform:
        ...     runs = platform.pipelines.records.runs()
    """
    if location is not None:
        root = Path(location).resolve()
        if not root.is_dir():
            raise NotFoundError(
                f"there is no folder {root}", fix="make a project: mainspring init NAME --data FILE …"
            )
        return Mainspring(load(root))
    try:
        root = find_root()
    except NotFoundError:
        root = Path.cwd()
    return Mainspring(load(root))


def existing() -> Mainspring:
    """Open the project that is here, for looking at it: unlike :func:`open`, nothing is made where there is none.

    Raises:
        NotFoundError: If there is no project here, and nothing was ever run here.
    """
    opened = open()
    if not opened.settings.path(opened.settings.run.home).is_dir():
        find_root()  # says what to do where there is no project
    return opened


class Mainspring:
    """A platform.

    Attributes:
        settings: What it was opened with.
        store: The memory: ``store.record`` (artifacts, executions, lineage, queue) and ``store.blobs``.
        pipelines: Runs: start, resume, approve, cancel, look at.
        models: The model registry.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def store(self) -> wiring.Stores:
        """The memory; opened when first used."""
        return wiring.open_stores(self.settings)

    @cached_property
    def pipelines(self) -> Pipelines:
        """The motion."""
        return Pipelines(self)

    @cached_property
    def models(self) -> Registry:
        """The product."""
        return wiring.open_registry(self.store, self.settings)

    @property
    def courier(self) -> Courier:
        """What tells webhooks."""
        return wiring.open_courier(self.store, self.settings)

    def close(self) -> None:
        """Give back what is held."""
        if "store" in self.__dict__:
            wiring.close(self.store)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Pipelines:
    """Runs of pipelines."""

    def __init__(self, platform: Mainspring) -> None:
        self._platform = platform

    @cached_property
    def records(self) -> Records:
        """Reads runs back."""
        return Records(self._platform.store.record)

    @contextmanager
    def engine(self, listener: Listener = ignore) -> Iterator[Engine]:
        """An engine, its runners closed at the end."""
        engine = wiring.build_engine(self._platform.settings, self._platform.store, listener)
        try:
            yield engine
        finally:
            for runner in engine.runners.values():
                runner.close()

    def load(self, file: str | None = None, name: str | None = None) -> tuple[Pipeline[...], Entry]:
        """The project's pipeline, and where it is."""
        settings = self._platform.settings
        given, _, inside = (file or settings.project.pipeline).partition(":")
        pipeline = load_pipeline(settings.root / given, name or inside or None, settings.root)
        return pipeline, Entry(given, pipeline.name)

    def run(
        self,
        pipeline: Pipeline[...] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        start: Sequence[str] = (),
        end: Sequence[str] = (),
        only: Sequence[str] = (),
        entry: Entry | None = None,
        because: str | None = None,
        evidence: Sequence[str] = (),
        listener: Listener = ignore,
    ) -> RunResult:
        """Run a pipeline, the project's own by default.

        Args:
            pipeline: What to run.
            parameters: Its parameters by name.
            name: The run's name.
            start: Run these steps and all after them.
            end: Run these steps and all they need.
            only: Run just these steps.
            entry: Where the pipeline was found, for resuming by name.
            because: What started it, if not a person.
            evidence: Digests of the verdicts that it is started because of.
            listener: Told of all that happens.
        """
        if pipeline is None:
            pipeline, entry = self.load()
        graph = pipeline.build(**(parameters or {}))
        entry = None if entry is None else replace(entry, given=tuple(parameters or ()))
        selection = select(graph, start=start, end=end, only=only) if start or end or only else None
        with self.engine(listener) as engine:
            return engine.run(
                graph, name=name, entry=entry, selection=selection, because=because, evidence=evidence
            )

    def resume(
        self, run: str = "latest", pipeline: Pipeline[...] | None = None, *, listener: Listener = ignore
    ) -> RunResult:
        """Take up a run that failed, was held, parked, cancelled or killed, with the code as it is now.

        Parameters that were given for the run stay; the others are what the code says now.

        Raises:
            InputError: If the record does not know where its pipeline is, and none is given.
            StateError: If it is complete, or still runs.
        """
        execution = self.records.run(run)
        entry = execution.custom.get("entry")
        if pipeline is None:
            if not isinstance(entry, Mapping):
                raise InputError(
                    f"run {execution.name} was started from code, not from a file", fix="pass the pipeline"
                )
            pipeline, _ = self.load(str(entry["file"]), str(entry["pipeline"]))
        recorded, given = execution.custom.get("parameters"), execution.custom.get("given")
        kept = {
            name: value
            for name, value in (recorded.items() if isinstance(recorded, Mapping) else ())
            if not isinstance(given, Sequence) or name in given
        }
        graph = pipeline.build(**pipeline.revive(kept))
        with self.engine(listener) as engine:
            return engine.resume(graph, str(execution.name))

    def approve(
        self, run: str, *, by: str, reason: str, reject: bool = False, step: str | None = None
    ) -> Sequence[Approval]:
        """Answer what a run waits for; :meth:`resume` lets it go on."""
        from mainspring.pipelines.approvals import answer

        name = str(self.records.run(run).name)
        return answer(
            self.records, self._platform.store.blobs, name, ok=not reject, by=by, reason=reason, node=step
        )

    def cancel(self, run: str, *, by: str, reason: str) -> Execution:
        """Stop a run: one that is running stops within seconds, one that waits or is held ends at once."""
        from mainspring.pipelines.cancelling import cancel

        return cancel(self.records, run, by=by, reason=reason)

    def abandoned(self) -> Sequence[Execution]:
        """Mark runs and steps whose workers died as lost, and name them."""
        return self._platform.store.record.reap()


__all__ = ["Mainspring", "Pipelines", "existing", "open"]
