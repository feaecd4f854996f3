"""The arms of a rollout: what they are called, and which loaded versions they stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import replace

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.rollout.options import Rollout
from mainspring.serving.served import Served


class Loaded(Protocol):
    """The loaded versions of one model.

    Attributes:
        versions: By version, growing.
        labels: Versions by label.
        newest: The newest of them.
    """

    versions: dict[str, Served]
    labels: dict[str, str]
    newest: Served


@dataclass(frozen=True, slots=True)
class Arm:
    """One way that requests may go.

    Attributes:
        name: The label or version by which the rollout names it.
        place: Its number among the arms.
        version: The loaded version that it means; empty if there is none.
        served: That version.
    """

    name: str
    place: int
    version: str
    served: Served | None

    @property
    def trouble(self) -> str:
        """Why it cannot answer; empty if it can."""
        return f"version {self.name!r} is not loaded" if self.served is None else self.served.model.trouble


def version_of(name: str, labels: Mapping[str, str]) -> str:
    """The version that an arm stands for: that of the label of this name, or the version of this name."""
    return labels.get(name, name)


def declared(rollout: Rollout) -> list[str]:
    """The arms among which requests are divided, by name: the primary one first if it is one of them."""
    if rollout.experiment is not None:
        return list(rollout.experiment.arms)
    if rollout.bandit is not None:
        return list(rollout.bandit.arms)
    return [rollout.primary] if rollout.canary is None else [rollout.primary, rollout.canary.to]


def awake(rollout: Rollout, labels: Mapping[str, str]) -> Rollout:
    """A rollout without the canary or shadow that has nothing to be held against at the moment.

    That is so where two labels stand for one version: a candidate that has become the primary version, until there
    is another candidate.
    """
    primary = labels.get(rollout.primary)

    def rests(to: str) -> bool:
        return to != rollout.primary and primary is not None and labels.get(to) == primary

    canary = None if rollout.canary is None or rests(rollout.canary.to) else rollout.canary
    shadow = None if rollout.shadow is None or rests(rollout.shadow.to) else rollout.shadow
    return replace(rollout, canary=canary, shadow=shadow)


def arms_of(names: list[str], loaded: Loaded) -> tuple[Arm, ...]:
    """The arms of these names, with what they stand for now; an empty name is that of the newest version."""
    found = []
    for place, name in enumerate(names):
        version = version_of(name, loaded.labels) if name else loaded.newest.version
        served = loaded.versions.get(version)
        found.append(Arm(name or version, place, version if served is not None else "", served))
    return tuple(found)


def check_arms(model: str, rollout: Rollout, versions: Collection[str], labels: Mapping[str, str]) -> None:
    """See that a rollout names nothing but loaded versions and their labels, and no version against itself.

    Raises:
        NotFoundError: If it names something else.
        InputError: If a candidate or a shadow is named that is the primary version itself; two labels may meet,
            see :func:`awake`.
    """
    missing = {f"{role}: {name}" for role, name in _named(rollout) if version_of(name, labels) not in versions}
    if missing:
        raise NotFoundError(
            f"the rollout of model {model!r} names what is not loaded: {', '.join(sorted(missing))}",
            expected="one of the versions "
            + ", ".join(versions)
            + (f" or of the labels {', '.join(labels)}" if labels else ""),
            fix="load these versions, too: versions: {specific: […]} or {latest: 2}",
        )
    rollout = awake(rollout, labels)
    primary = version_of(rollout.primary, labels) if rollout.primary else next(reversed(list(versions)), "")
    for role, one in (("canary", rollout.canary), ("shadow", rollout.shadow)):
        if one is not None and version_of(one.to, labels) == primary:
            raise InputError(
                f"the {role} of model {model!r} is version {primary!r}, which is the primary one",
                expected="another version",
                fix="say which version is the primary one: rollout: {primary: …}",
            )


def _named(rollout: Rollout) -> Iterator[tuple[str, str]]:
    if rollout.primary:
        yield "primary", rollout.primary
    for role, one in (("canary", rollout.canary), ("shadow", rollout.shadow)):
        if one is not None:
            yield role, one.to
    if rollout.experiment is not None:
        yield from (("experiment", name) for name in rollout.experiment.arms)
    if rollout.bandit is not None:
        yield from (("bandit", name) for name in rollout.bandit.arms)
