"""Wiring: turns settings into parts. The only module that knows which technology stands behind a port."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote
from weakref import WeakKeyDictionary

from mainspring.app.settings import Settings
from mainspring.app.settings_file import load
from mainspring.core import plugins
from mainspring.core.errors import InputError, NotFoundError
from mainspring.pipelines.ports import Platform
from mainspring.store.ports import BlobStore, MetadataStore, Queue

if TYPE_CHECKING:
    from mainspring.models.registry import Policy, Registry
    from mainspring.models.registry.webhooks import Courier
    from mainspring.pipelines.engine import Engine
    from mainspring.pipelines.events import Listener


class Record(MetadataStore, Queue, Protocol):
    """One database holds the record and the queue."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Stores:
    """The memory of a platform.

    Attributes:
        record: The record and the queue.
        blobs: The bytes.
    """

    record: Record
    blobs: BlobStore


_COURIERS: WeakKeyDictionary[Stores, Courier] = WeakKeyDictionary()


def open_stores(settings: Settings) -> Stores:
    """Open the record and the blobs, making them if they are not there.

    Raises:
        InputError: If no installed part speaks the URL's scheme.
        UnavailableError: If the database does not answer.
    """
    return Stores(
        _opener("stores", settings.store.record, settings.root),
        _opener("blob_stores", settings.store.artifacts, settings.root),
    )


def _opener(hook: str, url: str, root: Path) -> Any:
    scheme, found, rest = url.partition(":")
    if not found or (len(scheme) == 1 and rest.startswith("\\")):
        scheme, url = "file", str((root / url).resolve())
    elif scheme == "sqlite":
        url = _sqlite(rest, root)
    elif scheme == "file":
        url = f"file://{quote(str(root.resolve()))}/{rest.removeprefix('//')}" if _is_relative(rest) else url
    try:
        open_it: Callable[[str], Any] = plugins.load(hook, scheme)
    except NotFoundError as error:
        raise InputError(
            f"nothing installed can open {url!r}", expected=error.expected, where="[store] in mainspring.toml"
        ) from error
    return open_it(url)


def _is_relative(rest: str) -> bool:
    """``file:blobs`` and ``file://blobs``; ``file:///blobs`` and ``file:/blobs`` are absolute."""
    return not rest.removeprefix("//").startswith("/")


def _sqlite(rest: str, root: Path) -> str:
    """``sqlite:///relative`` and ``sqlite:////absolute``, as an absolute URL with its folder made."""
    path = Path(rest[3:]) if rest.startswith("////") else root / rest.removeprefix("//").removeprefix("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path.resolve()}"


def open_registry(stores: Stores, settings: Settings) -> Registry:
    """The model registry over these stores."""
    from mainspring.models.registry import Registry

    policies, wake = policies_of(settings), open_courier(stores, settings).wake
    return Registry(stores.record, stores.blobs, policies=policies, wake=wake)


def policies_of(settings: Settings) -> list[Policy]:
    """What it takes to bring a version into an environment, as ``mainspring.toml`` declares it."""
    from mainspring.models.registry import Policy

    return [
        Policy(
            environment=one.environment,
            model=one.model,
            roles=tuple(one.roles),
            people=one.people,
            same_person=one.same_person,
            after=one.after,
        )
        for one in settings.promotion
    ]


def open_courier(stores: Stores, settings: Settings) -> Courier:
    """What tells webhooks; one for each opened memory."""
    from mainspring.models.registry.webhooks import Courier

    if stores not in _COURIERS:
        _COURIERS[stores] = Courier(stores.record, settings.root)
    return _COURIERS[stores]


def close(stores: Stores) -> None:
    """Give back what is held; what webhooks are to be told now is told first, the rest stays in the record."""
    courier = _COURIERS.pop(stores, None)
    if courier is not None:
        courier.close()
    stores.record.close()


def factories(settings: Settings, stores: Stores) -> Mapping[str, Callable[[], Any]]:
    """What steps may ask for with ``resource(name)``."""
    return {
        "registry": lambda: open_registry(stores, settings),
        "deployments": lambda: settings.path(settings.serving.deployments),
        "predictions": lambda: settings.path(settings.serving.log),
        "trainers": _trainers,
    }


def _trainers() -> Callable[..., Any]:
    from mainspring.app.trainers import fit_with

    return fit_with


def factories_elsewhere(given: Mapping[str, Any]) -> Mapping[str, Callable[[], Any]]:
    """The same in another process: from the project's folder."""
    settings = load(Path(str(given["root"])))
    return factories(settings, open_stores(settings))


def build_engine(settings: Settings, stores: Stores, listener: Listener) -> Engine:
    """An engine with local threads and processes."""
    from mainspring.pipelines.adapters.processes import ProcessRunner
    from mainspring.pipelines.adapters.threads import ThreadRunner
    from mainspring.pipelines.engine import Engine
    from mainspring.pipelines.options import Isolation

    resources = factories(settings, stores)
    return Engine(
        metadata=stores.record,
        blobs=stores.blobs,
        home=settings.path(settings.run.home),
        root=settings.root,
        runners={
            Isolation.THREAD: ThreadRunner(resources),
            Isolation.PROCESS: ProcessRunner(),
        },
        platform=Platform("mainspring.app.wiring:factories_elsewhere", {"root": str(settings.root)}),
        resources=resources,
        workers=settings.workers,
        listener=listener,
    )
