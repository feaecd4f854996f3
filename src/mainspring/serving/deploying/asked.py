"""What deployments ask of a server as a whole, which it is given when it is started."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mainspring.serving.configuration import ServerOptions
    from mainspring.serving.deploying.reading import Declared


def server_options(
    options: ServerOptions, declared: Iterable[Declared], *, given: Collection[str] = ()
) -> ServerOptions:
    """The options of a server with what deployments ask of it as a whole: the largest of each, all objectives.

    Args:
        options: What is said where it is started.
        declared: The deployments.
        given: Options that were said there and stay.
    """
    several = [one.declaration for one in declared]
    changes: dict[str, object] = {}
    for name in ("workers", "threads"):
        asked = [value for one in several if (value := getattr(one.resources, name)) is not None]
        if asked and name not in given:
            changes[name] = 0 if name == "workers" and 0 in asked else max(asked)
    objectives = (*options.slo.objectives, *(each for one in several for each in one.slo))
    changes["slo"] = msgspec.structs.replace(options.slo, objectives=objectives)
    return msgspec.structs.replace(options, **changes)


@dataclass(frozen=True, kw_only=True)
class Started:
    """What a server was started with.

    Attributes:
        said: What was said where it was started.
        given: The options among them that stay whatever deployments ask.
        options: What it runs with: that, and what deployments asked when it was started.
    """

    said: ServerOptions
    given: frozenset[str]
    options: ServerOptions

    def waiting(self, declared: Iterable[Declared]) -> str:
        """What deployments ask for by now that the server has when it is started again; empty for nothing."""
        wanted, runs = server_options(self.said, declared, given=self.given), self.options
        lines = [
            f"{name} {before} -> {after}"
            for name, before, after in (
                ("workers", runs.processes, wanted.processes),
                ("threads", runs.threads, wanted.threads),
            )
            if before != after
        ]
        lines += _objectives(runs, wanted)
        return f"takes effect when the server is restarted: {', '.join(lines)}" if lines else ""


def _objectives(runs: ServerOptions, wanted: ServerOptions) -> Sequence[str]:
    """Objectives count in histograms whose bounds are laid out when the server starts."""
    before = {one.name: one for one in runs.slo.objectives}
    after = {one.name: one for one in wanted.slo.objectives}
    changed = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    return [
        f"objective {name} {word}"
        for word, names in (
            ("added", after.keys() - before.keys()),
            ("changed", changed),
            ("removed", before.keys() - after.keys()),
        )
        for name in sorted(names)
    ]
