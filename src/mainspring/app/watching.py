"""Watching a project's models: its registry, its deployments and its record behind the ports of monitoring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mainspring.app.alerting import RegisteredExplainer, alert_ledger, causes_of
from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.core.records import Execution, ExecutionState, Kind
from mainspring.monitoring.alerts import AlertBook
from mainspring.monitoring.declaration import Declared, read_declarations
from mainspring.monitoring.ledger import WatchLedger
from mainspring.monitoring.retraining import TOPIC, PastRun
from mainspring.monitoring.retraining.deciding import GATE
from mainspring.pipelines.recording import RUN

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring
    from mainspring.models.package import Package
    from mainspring.monitoring.monitor import Known, Monitor
    from mainspring.serving.deploying.revision import Pinned

UNHEARD: Final = (
    "a policy asks for new models, and nobody starts the run: give mainspring.toml a [[schedule]] with "
    'topic = "retrain", and run mainspring scheduler'
)
"""What is told where :func:`nobody_hears`."""

_RUNS: Final = 50


class RegisteredVersions:
    """:class:`mainspring.monitoring.monitor.Versions` of a project.

    A version is looked for in the registry, under the name that it is served by and under the one that a
    deployment file gives for it, then among what deployments and pushes have put into folders.

    Args:
        opened: The project.
    """

    def __init__(self, opened: Mainspring) -> None:
        self._opened = opened
        self._known: dict[tuple[str, str], Known] = {}

    def known(self, model: str, version: str) -> Known:
        """What is known of a version."""
        key = (model, version)
        if key not in self._known:
            found = self._registered(model, version) or self._lying(model, version)
            if found is None:
                from mainspring.monitoring.monitor import Known

                return Known(version=version)
            self._known[key] = found
        return self._known[key]

    def _registered(self, model: str, version: str) -> Known | None:
        models = self._opened.models
        for name in self.names(model):
            try:
                found = models.resolve(f"{name}:{version}")
                package = models.fetch(found)
            except MainspringError:
                continue
            return _known(package, version, found.digest, self._registered_at(found.digest))
        return None

    def names(self, model: str) -> tuple[str, ...]:
        """The names under which a served model may be registered, the likeliest first."""
        return tuple(dict.fromkeys((model, *self._names(model))))

    def _names(self, model: str) -> Iterator[str]:
        """What deployment files say that a model is."""
        for pin in self._pins(model):
            if pin.registered:
                yield pin.reference.partition("@")[0].partition(":")[0]

    def _lying(self, model: str, version: str) -> Known | None:
        from mainspring.app.deploying import deployments_of
        from mainspring.models.package import MANIFEST, Package

        packages = deployments_of(self._opened).archive.packages
        pinned = [packages / pin.digest for pin in self._pins(model) if pin.version == version]
        served = self._opened.settings.path(self._opened.settings.serving.deployments) / model / version
        for folder in (*pinned, served):
            if (folder / MANIFEST).is_file():
                return _known(Package.load(folder), version, "", (folder / MANIFEST).stat().st_mtime)
        return None

    def _pins(self, model: str) -> Sequence[Pinned]:
        from mainspring.app.deploying import deployments_of

        revision = deployments_of(self._opened).archive.current
        if revision is None:
            return ()
        return [pin for pins in revision.pins.values() for pin in pins.get(model, ())]

    def _registered_at(self, digest: str) -> float | None:
        where = "type = 'mainspring.Package' AND digest = :digest"
        found = self._opened.store.record.find(Kind.ARTIFACT, where, {"digest": digest}, limit=1).items
        return found[0].created_at if found else None


def _known(package: Package, version: str, digest: str, trained: float | None) -> Known:
    from mainspring.monitoring.monitor import Known

    return Known(version=version, reference=package.reference, package=digest, trained=trained)


def past_runs(opened: Mainspring, model: str) -> list[PastRun]:
    """The runs that were asked for because of a model, those that wait and run among them, oldest first."""
    record = opened.store.record
    if not any(one.name == RUN for one in record.types(Kind.EXECUTION)):
        return []
    where, began = "type = :type AND state != 'NEW'", f"{GATE} of {model}:"
    runs = record.find(Kind.EXECUTION, where, {"type": RUN}, descending=True, limit=_RUNS).items
    mine = [one for one in runs if isinstance(one, Execution) and _because(one).startswith(began)]
    return [_past(one) for one in reversed(mine)]


def _because(run: Execution) -> str:
    return str(run.custom.get("because") or "")


def _past(run: Execution) -> PastRun:
    ended = run.state not in (ExecutionState.NEW, ExecutionState.RUNNING, ExecutionState.WAITING)
    return PastRun(
        asked=run.created_at,
        ended=run.updated_at if ended else None,
        running=run.state is ExecutionState.RUNNING,
        failed=run.state in (ExecutionState.FAILED, ExecutionState.LOST),
        name=str(run.name),
    )


def declared_in(opened: Mainspring, file: Path | None = None) -> dict[str, Declared]:
    """The models that a project's monitoring file names.

    Args:
        opened: The project.
        file: Another file than that of the settings.
    """
    return read_declarations(file or opened.settings.path(opened.settings.monitoring.file))


def nobody_hears(opened: Mainspring, declared: Mapping[str, Declared]) -> list[str]:
    """The models of which a policy asks for new ones, while no schedule of the project takes that up."""
    if any(one.topic == TOPIC for one in opened.settings.schedule):
        return []
    return [name for name, one in declared.items() if one.how.retraining is not None]


def alert_book(opened: Mainspring) -> AlertBook:
    """The alerts of a project."""
    return AlertBook(opened.settings.path(opened.settings.monitoring.home) / "alerts")


def monitors_of(
    opened: Mainspring, declared: dict[str, Declared], *, only: Sequence[str] = (), log: Path | None = None
) -> list[Monitor]:
    """A monitor for each model.

    Args:
        opened: The project.
        declared: The models, as the monitoring file has them.
        only: Only these.
        log: Another prediction log than that of the settings.

    Raises:
        NotFoundError: If one of ``only`` is not declared.
    """
    missing = [name for name in only if name not in declared]
    if missing:
        raise NotFoundError(
            f"the monitoring file does not name {', '.join(missing)}",
            expected="one of " + ", ".join(declared),
            fix="add it to the file",
        )
    # Imported here: a monitor brings along all that it judges with, which who only looks does without.
    from mainspring.monitoring.monitor import Monitor

    settings, versions = opened.settings, RegisteredVersions(opened)
    ledger = WatchLedger(opened.store.record, opened.store.blobs)
    return [
        Monitor(
            one,
            log=log or settings.path(settings.serving.log),
            home=settings.path(settings.monitoring.home),
            book=alert_book(opened),
            versions=versions,
            ledger=ledger,
            told=alert_ledger(opened),
            causes=causes_of(opened, versions.names),
            explain=RegisteredExplainer(opened, versions.names(name)),
            queue=opened.store.record,
            runs=lambda model: past_runs(opened, model),
            root=settings.root,
        )
        for name, one in declared.items()
        if not only or name in only
    ]
