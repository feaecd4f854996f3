"""Alerts of a project: its record, its servers' folders and its explainers behind the ports of alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from mainspring.core.clock import interval, now
from mainspring.core.errors import InputError, MainspringError, NotFoundError
from mainspring.monitoring.alerts import AlertLedger, AllCauses, RecordedCauses, ServedCauses

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring
    from mainspring.data import Table
    from mainspring.models.registry.model_version import ModelVersion

SECONDS: Final = 20.0
"""The most time that is spent on explaining the rows of an alert."""


def alert_ledger(opened: Mainspring) -> AlertLedger:
    """Where a project records what happens to alerts."""
    return AlertLedger(opened.store.record, opened.store.blobs)


def causes_of(opened: Mainspring, names: Callable[[str], Sequence[str]] = lambda name: (name,)) -> AllCauses:
    """What a project knows of changes: its record, and what servers and deployment files left in its folders.

    Args:
        opened: The project.
        names: The names under which a served model may be registered, by its served name.
    """
    from mainspring.serving.routing import ROLLOUTS, STATE

    settings = opened.settings
    served = ServedCauses(
        desired=settings.path(settings.serving.desired),
        rollouts=settings.path(settings.serving.log) / STATE / ROLLOUTS,
    )
    return AllCauses((RecordedCauses(opened.store.record, names), served))


@dataclass(frozen=True, slots=True)
class RegisteredExplainer:
    """An explainer of example rows: the one that was registered with the version that answered them.

    Rows of a version that has no explainer, or one whose first method gives no contributions, are shown without.

    Args:
        opened: The project.
        names: Under which names the model may be registered, the likeliest first.
        seconds: The most time that is spent.
    """

    opened: Mainspring
    names: Sequence[str]
    seconds: float = SECONDS

    def __call__(self, rows: Table, version: str) -> Sequence[Mapping[str, float]]:
        """For each row what each feature added to the answer, the largest first.

        Raises:
            NotFoundError: If the version is not registered, or has no explainer.
            BudgetError: If the time is up and the method cannot stop early.
        """
        from mainspring.evaluation.explanation import Attributions, Budget

        models = self.opened.models
        found = self._version(version)
        package, explainer = models.fetch(found), models.explainer(found)
        table = explainer.table({name: rows.column(name) for name in rows.names if name in explainer.columns})
        answers = explainer.explain(package, table, budget=Budget(seconds=self.seconds), model=found.digest)
        return [
            {part.feature: part.amount for part in one.found.row(0)} if isinstance(one.found, Attributions) else {}
            for one in answers
        ]

    def _version(self, version: str) -> ModelVersion:
        for name in dict.fromkeys(self.names):
            try:
                return self.opened.models.resolve(f"{name}:{version}")
            except MainspringError:
                continue
        raise NotFoundError(f"version {version} of {', '.join(self.names)} is not registered")


def silence_end(length: str | None, until: str | None) -> float:
    """When a silence ends, in seconds since the epoch.

    Args:
        length: How long it is, such as ``2d``; or
        until: up to when (ISO 8601).

    Raises:
        InputError: If neither or both are said, or one cannot be read.
    """
    if bool(length) == bool(until):
        raise InputError(
            "it is not said how long", expected="either a length (2d), or until when (2030-01-31T08:00)"
        )
    if length:
        return now() + interval(length)
    try:
        return datetime.fromisoformat(str(until)).timestamp()
    except ValueError as error:
        raise InputError(f"{until!r} is no time", expected="ISO 8601, such as 2030-01-31T08:00") from error
