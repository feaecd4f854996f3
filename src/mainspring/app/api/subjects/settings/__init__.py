"""Settings: what is in force and where it comes from, what is installed, and whether all is well."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mainspring.app import health
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation, operations_in
from mainspring.app.api.subject import Subject
from mainspring.app.health import Check
from mainspring.app.settings import FILE
from mainspring.app.settings_file import origins

_SECRETS: Final = frozenset({"console.oidc.secret"})
_HIDDEN: Final = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value that is in force.

    Attributes:
        section: Where it stands in the file, such as ``console``.
        name: Its name there.
        value: It; of a secret only whether there is one, and of an address no password.
        origin: Where it comes from: ``file``, ``environment``, or ``default``.
        variable: The environment variable that would win over the file.
        secret: Whether it is not shown.
    """

    section: str
    name: str
    value: Any
    origin: str
    variable: str
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """All settings of the project.

    Attributes:
        file: Where they are read from.
        settings: They, section by section.
        schedules: How many runs are started by themselves.
        promotions: What it takes to bring a version into an environment, one for each rule.
        versions: What is installed, by name.
    """

    file: str
    settings: Sequence[Setting]
    schedules: int
    promotions: Sequence[Mapping[str, Any]]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether all is well.

    Attributes:
        ok: Whether every check is.
        checks: What was looked at.
    """

    ok: bool
    checks: Sequence[Check]


@operation("settings.show", "GET", "/settings")
def shown(desk: Desk) -> InForce:
    """The settings in force, where each comes from, and what is installed. Secrets are left out."""
    settings = desk.platform.settings
    found = []
    for place, origin in origins(settings).items():
        section, _, name = place.rpartition(".")
        held: Any = settings
        for part in place.split("."):
            held = getattr(held, part)
        secret = place in _SECRETS
        value = (_HIDDEN if held else "") if secret else health.bare(held) if isinstance(held, str) else held
        variable = f"MAINSPRING_{place}".replace(".", "_").upper()
        found.append(
            Setting(section=section, name=name, value=value, origin=origin, variable=variable, secret=secret)
        )
    return InForce(
        file=str(settings.root / FILE),
        settings=found,
        schedules=len(settings.schedule),
        promotions=[dataclasses.asdict(one) for one in settings.promotion],
        versions=health.versions(),
    )


@operation("settings.health", "GET", "/health", command="mainspring doctor")
def healthy(desk: Desk) -> Health:
    """Whether this installation and this project are healthy."""
    checks = [*health.installation(), *health.project(desk.platform, only_look=True)]
    return Health(ok=all(one.ok for one in checks), checks=checks)


SUBJECT = Subject(name="settings", operations=operations_in(shown, healthy))
