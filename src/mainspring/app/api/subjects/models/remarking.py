"""Saying something about models and versions: notes, descriptions, tags, what is archived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.models.nouns import Told
from mainspring.app.api.subjects.models.shelf import shelf
from mainspring.app.collecting import served_version
from mainspring.core.clock import now
from mainspring.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is archived, and what stays.

    Attributes:
        model: Name of the model.
        archived: The versions that went, or would go.
        stays: The versions that stay, with the reasons.
        before: Those that were archived before.
        planned: Whether nothing was done yet.
    """

    model: str
    archived: Sequence[str]
    stays: Mapping[str, Sequence[str]]
    before: Sequence[str]
    planned: bool


@operation(
    "models.note",
    "POST",
    "/models/{model:path}/notes",
    command='mainspring models note {model}@{version} "{text}"',
    done="The note is kept",
)
def note(desk: Desk, model: str, *, text: str, version: str = "") -> Told:
    """Remark something about a model or a version; it stays in the history.

    Args:
        text: The remark.
    """
    about = shelf(desk.shared, model).version(version).version if version else None
    made = desk.platform.models.note(model, about, text=text, by=desk.caller.name)
    return Told(at=made.at, kind="note", version=str(about or ""), by=made.by, text=made.text)


@operation(
    "models.describe",
    "POST",
    "/models/{model:path}/description",
    command='mainspring models describe {model}@{version} "{text}"',
    done="The description is kept",
)
def describe(desk: Desk, model: str, *, text: str, version: str = "") -> Told:
    """Say in words what a model or a version is: what it is meant for, and what not.

    Args:
        text: What is said of it.
    """
    about = shelf(desk.shared, model).version(version).version if version else None
    desk.platform.models.describe(model, about, text=text, by=desk.caller.name)
    return Told(at=now(), kind="note", version=str(about or ""), by=desk.caller.name, text=text)


@operation(
    "models.tag",
    "POST",
    "/models/{model:path}/tags",
    command="mainspring models tag {model}@{version} {tags}",
    done="The tags are kept",
)
def tag(desk: Desk, model: str, *, tags: str, version: str = "") -> Mapping[str, str]:
    """Give a model or a version tags: ``team=risk tier=1``; one without a value is taken away.

    Args:
        tags: `KEY=VALUE`; several are parted by spaces.
    """
    wrong = [one for one in tags.split() if "=" not in one]
    if wrong or not tags.split():
        raise InputError(f"{wrong[0]!r} is no tag" if wrong else "there is no tag", expected="KEY=VALUE")
    given = {key: value or None for key, _, value in (one.partition("=") for one in tags.split())}
    about = shelf(desk.shared, model).version(version).version if version else None
    return desk.platform.models.tag(model, about, tags=given, by=desk.caller.name).tags


@operation(
    "models.retention",
    "GET",
    "/models/{model:path}/retention",
    command="mainspring models archive {model} --keep-last {keep}",
)
def retention(desk: Desk, model: str, *, keep: int = 10, days: float | None = None) -> Kept:
    """What archiving would take away, and why the other versions stay.

    Args:
        keep: How many of the newest versions stay.
        days: Only versions that are older than so many days.
    """
    return _kept(desk, model, keep, days, reason="", planned=True)


@operation(
    "models.archive",
    "POST",
    "/models/{model:path}/archive",
    role=Role.APPROVER,
    command="mainspring models archive {model} --keep-last {keep} --yes",
    done="What nothing needs is archived",
)
def archive(
    desk: Desk, model: str, *, keep: int = 10, days: float | None = None, reason: str = "retention"
) -> Kept:
    """Archive the versions that no alias, deployment or open promotion needs; ``mainspring gc`` frees bytes.

    Args:
        keep: How many of the newest versions stay.
        days: Only versions that are older than so many days.
    """
    return _kept(desk, model, keep, days, reason=reason, planned=False)


def _kept(desk: Desk, model: str, keep: int, days: float | None, *, reason: str, planned: bool) -> Kept:
    shelf(desk.shared, model)
    found = desk.platform.models.retention(
        model,
        keep_last=keep,
        older_than=days,
        in_use={f"{model}:{served_version(desk.platform, model)}"},
        by=desk.caller.name,
        reason=reason,
        dry_run=planned,
    )
    return Kept(
        model=model,
        archived=[str(one.version) for one in found.archived],
        stays={str(version): why for version, why in found.kept.items()},
        before=[str(one.version) for one in found.gone],
        planned=planned,
    )
