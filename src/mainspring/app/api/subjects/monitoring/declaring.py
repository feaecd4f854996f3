"""The monitoring file: read, checked as it is typed, and saved."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.app.monitoring_file import starting_file
from mainspring.app.watching import UNHEARD, nobody_hears
from mainspring.core.digests import digest_text
from mainspring.core.durable import replace_file
from mainspring.core.errors import ConflictError
from mainspring.monitoring.alerts import AlertOptions
from mainspring.monitoring.alerts.destinations import shown
from mainspring.monitoring.declaration import Declared, read_text
from mainspring.serving.deploying.problems import DeclarationError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveCheck:
    """A check that looks at the windows of a model, with all its options as they are.

    Attributes:
        name: Its name.
        options: Option to value, those that were not said among them.
        said: The options that the file says otherwise than by default.
    """

    name: str
    options: Mapping[str, Any]
    said: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveWatch:
    """How a model is watched, as the file comes to.

    Attributes:
        model: The model.
        how: Windows, slices, alerts and so on: name to value.
        checks: What looks at its windows, in order.
        policy: When it is trained again; empty for never by itself.
        where: The place in the file.
    """

    model: str
    how: Mapping[str, Any]
    checks: Sequence[EffectiveCheck]
    policy: Mapping[str, Any]
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The monitoring file.

    Attributes:
        file: Where it is, as people name it.
        text: What it says; a beginning to be edited where there is none. Whoever may not edit it is not shown it:
            addresses of who is told may be secrets.
        digest: Of the text, by which one that was changed meanwhile is noticed; empty where there is no file.
        models: What it comes to, model by model; nothing while it is wrong.
        problems: What is wrong with it, with lines.
    """

    file: str
    text: str
    digest: str
    models: Sequence[EffectiveWatch] = ()
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a text would be as the monitoring file.

    Attributes:
        ok: Whether it could be saved.
        models: The models that it watches.
        problems: What is wrong with it, with lines.
        warnings: What is right and would still come to nothing.
        diff: What it changes, as a unified diff; empty if it changes nothing.
    """

    ok: bool
    models: Sequence[str] = ()
    problems: Sequence[Problem] = ()
    warnings: Sequence[str] = ()
    diff: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    models: Mapping[str, Declared] = field(default_factory=dict)
    problems: Sequence[Problem] = ()


@operation("monitoring.declaration", "GET", "/monitoring/declaration", command="mainspring monitor check")
def declaration(desk: Desk) -> Declaration:
    """The monitoring file: what it says, what that comes to, and what is wrong with it."""
    sight = Sight(desk.shared)
    text, may_edit = _text(sight), desk.caller.may(Role.EDITOR)
    if text is None:
        begun = starting_file(list(desk.platform.models.models()))
        return Declaration(file=sight.file.name, text=begun if may_edit else "", digest="")
    found = _read(text, sight.file.name)
    return Declaration(
        file=sight.file.name,
        text=text if may_edit else "",
        digest=digest_text(text),
        models=[effective(one) for one in found.models.values()],
        problems=found.problems,
    )


@operation(
    "monitoring.check_declaration",
    "POST",
    "/monitoring/declaration/check",
    command="mainspring monitor check",
    audited=False,
)
def check_declaration(desk: Desk, text: str) -> Checked:
    """Say all that is wrong with a text that is to become the monitoring file, with lines, and what it changes."""
    sight = Sight(desk.shared)
    plain = _lines(text)
    found = _read(plain, sight.file.name)
    return Checked(
        ok=not found.problems,
        models=list(found.models),
        problems=found.problems,
        warnings=[f"{name}: {UNHEARD}" for name in nobody_hears(desk.platform, found.models)],
        diff=_diff(_text(sight) or "", plain, sight.file.name),
    )


@operation("monitoring.save_declaration", "PUT", "/monitoring/declaration", done="The monitoring file is saved")
def save_declaration(desk: Desk, text: str, *, digest: str = "") -> Declaration:
    """Write the monitoring file. A monitor that is at work reads it again.

    Args:
        digest: The digest of the file when the editing began: if somebody changed it since, nothing is written.
    """
    sight = Sight(desk.shared)
    before, plain = _text(sight), _lines(text)
    if digest != ("" if before is None else digest_text(before)):
        raise ConflictError(
            f"{sight.file.name} was changed by somebody else meanwhile",
            fix="copy what you wrote, open it anew, and put it in again",
        )
    read_text(plain, sight.file.name)
    replace_file(sight.file, plain.encode())
    return declaration(desk)


def effective(declared: Declared) -> EffectiveWatch:
    """How a model is watched, with everything that was not said."""
    how = {one.name: getattr(declared.how, one.name) for one in fields(declared.how) if one.name != "retraining"}
    policy = declared.how.retraining
    return EffectiveWatch(
        model=declared.model,
        how={name: _plain(value) for name, value in how.items()},
        checks=[_check(name, check) for name, check in declared.checks.items()],
        policy={} if policy is None else policy.as_dict(),
        where=declared.where,
    )


def _check(name: str, check: Any) -> EffectiveCheck:
    usual = type(check)()
    named = [one.name for one in fields(check) if one.init and not one.name.startswith("_")]
    options = {one: getattr(check, one) for one in named}
    said = [one for one, value in options.items() if value != getattr(usual, one)]
    return EffectiveCheck(name=name, options={one: _plain(value) for one, value in options.items()}, said=said)


def _plain(value: Any) -> Any:
    """A value as JSON has it; addresses of who is told without what may be a secret."""
    if isinstance(value, AlertOptions):
        told = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return {**told, "to": [shown(one) for one in value.destinations]}
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.init}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _read(text: str, name: str) -> _Read:
    try:
        return _Read(models=read_text(text, name))
    except DeclarationError as error:
        return _Read(problems=error.problems)


def _text(sight: Sight) -> str | None:
    try:
        return sight.file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return sight.file.read_bytes().decode("utf-8", "replace")


def _lines(text: str) -> str:
    """A text as files have it: browsers send lines that end otherwise."""
    plain = text.replace("\r\n", "\n")
    return plain if plain.endswith("\n") or not plain else plain + "\n"


def _diff(before: str, after: str, name: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"{name} as it is", f"{name} as typed"
    )
    return "".join(lines)
