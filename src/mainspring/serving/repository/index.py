"""The state of every version that is known of: what answers, what lies there, and what is under way."""

from __future__ import annotations

from collections.abc import Iterable

from mainspring.core.errors import MainspringError
from mainspring.serving.repository.sources import PackageAt
from mainspring.serving.repository.states import State, VersionState
from mainspring.serving.repository.versions import order
from mainspring.serving.served import Served


class Index:
    """Notes what becomes of versions that are neither simply loaded nor simply there. Not safe for threads."""

    def __init__(self) -> None:
        self._moving: dict[tuple[str, str], VersionState] = {}

    def note_loading(self, at: PackageAt) -> None:
        """A version is being loaded."""
        self._moving[at.name, at.version] = VersionState(at.name, at.version, State.LOADING)

    def note_failed(self, packages: Iterable[PackageAt], error: MainspringError) -> None:
        """Versions should be ready, and cannot be loaded."""
        for at in packages:
            self._moving[at.name, at.version] = VersionState(
                at.name, at.version, State.UNAVAILABLE, str(error), failed=True
            )

    def note_loaded(self, name: str, version: str) -> None:
        """A version is loaded: nothing is under way any more."""
        self._moving.pop((name, version), None)

    def note_leaving(self, served: Served) -> None:
        """A version is let go of once nothing is in flight there. If the same one comes again, that counts."""
        key = (served.name, served.version)
        self._moving.setdefault(key, VersionState(*key, State.UNLOADING))

    def note_gone(self, served: Served) -> None:
        """A version was let go of."""
        key = (served.name, served.version)
        if self._moving.get(key) == VersionState(*key, State.UNLOADING):
            del self._moving[key]

    def is_loading(self, name: str, version: str = "") -> bool:
        """Whether that version of a model, or any, is being loaded."""
        return any(
            one.state is State.LOADING and one.name == name and version in ("", one.version)
            for one in self._moving.values()
        )

    def states(self, lying: Iterable[PackageAt], loaded: Iterable[Served]) -> list[VersionState]:
        """The state of every version, by name and growing version.

        Args:
            lying: What lies in the sources.
            loaded: What is loaded.
        """
        found = {(at.name, at.version): VersionState(at.name, at.version, State.UNAVAILABLE) for at in lying}
        found |= self._moving
        for served in loaded:
            trouble = served.model.trouble
            state = State.UNAVAILABLE if trouble else State.READY
            moving = self._moving.get((served.name, served.version))
            reason = trouble or ("" if moving is None or not moving.failed else moving.reason)
            found[served.name, served.version] = VersionState(served.name, served.version, state, reason)
        return sorted(found.values(), key=lambda one: (one.name, order(one.version)))
