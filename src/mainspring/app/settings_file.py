"""Reads settings: from ``mainspring.toml``, with what the environment says over it, and all faults at once."""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mainspring.app.settings import (
    FILE,
    Console,
    Monitoring,
    Oidc,
    Project,
    Promotion,
    Run,
    Schedule,
    Serving,
    Settings,
    Store,
)
from mainspring.core.errors import InputError, NotFoundError

_SECTIONS = {
    "project": Project,
    "store": Store,
    "run": Run,
    "serving": Serving,
    "monitoring": Monitoring,
    "console": Console,
}

_LISTS = ("schedule", "promotion")

_INNER = {"console": {"oidc": Oidc}}
"""Sections within sections: ``[console.oidc]``."""

_SIGN_IN = ("auto", "accounts", "oidc", "nobody")
_ROLES = ("viewer", "editor", "approver", "admin")


def find_root(start: Path | None = None) -> Path:
    """The project's folder: the nearest one upwards with a ``mainspring.toml``, or the only one directly below.

    Raises:
        NotFoundError: If there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    below = sorted(file.parent for file in here.glob(f"*/{FILE}"))
    if len(below) == 1:
        return below[0]
    several = f"; there are several below: {', '.join(one.name for one in below)}" if below else ""
    raise NotFoundError(
        f"there is no {FILE} in {here} or above{several}",
        fix="make a project: mainspring init NAME --data FILE --label COLUMN, or name one: mainspring -C FOLDER …",
    )


def load(root: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read a project's settings; a project without a file has the defaults.

    Environment variables win over the file: ``MAINSPRING_STORE_RECORD`` sets ``record`` of ``[store]``.

    Raises:
        InputError: Listing every unknown name and every value of a wrong type.
    """
    file = root / FILE
    content = _content(file)
    problems = _wrong_shapes(content)
    sections: dict[str, Any] = {}
    for name, cls in _SECTIONS.items():
        given = content.get(name)
        values = dict(given) if isinstance(given, dict) else {}
        known = os.environ if environ is None else environ
        for part, inner in _INNER.get(name, {}).items():
            within = values.get(part, {})
            if isinstance(within, dict):
                within = within | _from_environment(f"{name}_{part}", inner, known)
                values[part] = _section(f"[{name}.{part}]", inner, within, problems)
        values |= _from_environment(name, cls, known)
        sections[name] = _section(f"[{name}]", cls, values, problems)
    schedules = [_schedule(number, values, problems) for number, values in _tables(content, "schedule")]
    promotions = [_promotion(number, values, problems) for number, values in _tables(content, "promotion")]
    problems += _out_of_range(sections)
    if problems:
        raise InputError("; ".join(problems), where=str(file), fix="see the page on settings in the documentation")
    return Settings(root=root, schedule=tuple(schedules), promotion=tuple(promotions), **sections)


def _tables(content: Mapping[str, Any], name: str) -> list[tuple[int, Mapping[str, Any]]]:
    given = content.get(name)
    found = enumerate(given if isinstance(given, list) else [], 1)
    return [(number, values) for number, values in found if isinstance(values, dict)]


def _wrong_shapes(content: Mapping[str, Any]) -> list[str]:
    problems = []
    for name, value in content.items():
        if name in _LISTS:
            if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
                problems.append(f"{name}: expected [[{name}]], in double brackets, for each rule")
        elif name not in _SECTIONS:
            problems.append(f"there is no section [{name}]{_like(name, [*_SECTIONS, *_LISTS])}")
        elif not isinstance(value, dict):
            problems.append(f"{name} = {value!r}: expected a section [{name}]")
    return problems


def _out_of_range(sections: Mapping[str, Any]) -> list[str]:
    problems = []
    if sections["run"].workers < 0:
        problems.append(f"[run] workers = {sections['run'].workers}: expected 0 or more")
    if not 0 <= sections["serving"].port <= 65535:
        problems.append(f"[serving] port = {sections['serving'].port}: expected 0 to 65535")
    return problems + _console_problems(sections["console"])


def _console_problems(console: Console) -> list[str]:
    problems = []
    if not 0 <= console.port <= 65535:
        problems.append(f"[console] port = {console.port}: expected 0 to 65535")
    if console.root_path and not console.root_path.startswith("/"):
        problems.append(f"[console] root_path = {console.root_path!r}: expected a path such as '/console'")
    if console.sign_in not in _SIGN_IN:
        problems.append(f"[console] sign_in = {console.sign_in!r}: expected one of {', '.join(_SIGN_IN)}")
    for name, lasting in (("idle_minutes", console.idle_minutes), ("session_hours", console.session_hours)):
        if lasting < 1:
            problems.append(f"[console] {name} = {lasting}: expected 1 or more")
    lists = {"hosts": console.hosts, "proxies": console.proxies, "oidc.scopes": console.oidc.scopes}
    for name, given in lists.items():
        if isinstance(given, str) or not all(isinstance(one, str) for one in given):
            problems.append(f"[console] {name} = {given!r}: expected a list of texts")
    given_roles = [*console.oidc.roles.values(), *filter(None, [console.oidc.role])]
    unknown = [role for role in given_roles if role not in _ROLES]
    problems += [f"[console.oidc] there is no role {role!r} (there are: {', '.join(_ROLES)})" for role in unknown]
    return problems


def _schedule(number: int, values: Mapping[str, Any], problems: list[str]) -> Schedule:
    made: Schedule = _section(f"[[schedule]] {number}", Schedule, values, problems)
    rules = [rule for rule in ("cron", "every", "data", "topic") if getattr(made, rule)]
    if len(rules) != 1:
        problems.append(f"[[schedule]] {number} has {rules or 'no rule'}; give one of cron, every, data, topic")
        return made
    return dataclasses.replace(made, name=made.name or f"{rules[0]} {getattr(made, rules[0])}")


def _promotion(number: int, values: Mapping[str, Any], problems: list[str]) -> Promotion:
    made: Promotion = _section(f"[[promotion]] {number}", Promotion, values, problems)
    if not made.environment:
        problems.append(f'[[promotion]] {number} names no environment; such as environment = "production"')
    for name, given in [("roles", made.roles), *((f"people.{role}", who) for role, who in made.people.items())]:
        if isinstance(given, str) or not all(isinstance(one, str) for one in given):
            problems.append(f"[[promotion]] {number} {name} = {given!r}: expected a list of names")
            return dataclasses.replace(made, roles=(), people={})
    unknown = [role for role in made.people if role not in made.roles]
    if unknown:
        problems.append(f"[[promotion]] {number} names people for {', '.join(unknown)}, which need not sign")
    return made


def _section(title: str, cls: Any, values: Mapping[str, Any], problems: list[str]) -> Any:
    hints = typing.get_type_hints(cls)
    known: dict[str, Any] = {}
    for name, value in values.items():
        wanted = typing.get_origin(hints.get(name)) or hints.get(name)
        if wanted is None:
            problems.append(f"{title} has no setting {name!r}{_like(name, hints)}")
        elif not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            problems.append(f"{title} {name} = {value!r}: expected {getattr(wanted, '__name__', wanted)}")
        else:
            known[name] = value
    return cls(**known)


def _like(name: str, known: typing.Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else f" (there are: {', '.join(known)})"


def _from_environment(section: str, cls: Any, environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in dataclasses.fields(cls):
        text = environ.get(f"MAINSPRING_{section}_{one.name}".upper())
        if text is not None:
            found[one.name] = _read(text, str(one.type))
    return found


def _read(text: str, kind: str) -> Any:
    """The value of a variable; a text that is none of its kind stays one, and is complained about."""
    if kind == "int" and text.isdigit():
        return int(text)
    if kind == "bool" and text.lower() in ("true", "1", "yes", "false", "0", "no"):
        return text.lower() in ("true", "1", "yes")
    if kind.startswith("Sequence"):
        return [one.strip() for one in text.split(",") if one.strip()]
    return text


def _content(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig")) if file.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"it is not TOML: {error}", where=str(file)) from error


def origins(settings: Settings, environ: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Where each value comes from: ``environment``, ``file`` or ``default``, by names such as ``console.port``.

    Args:
        settings: As :func:`load` gave them.
        environ: The environment that they were read in.

    Raises:
        InputError: If the file is no TOML any more.
    """
    content = _content(settings.root / FILE)
    known = os.environ if environ is None else environ
    found: dict[str, str] = {}
    for name, cls in _SECTIONS.items():
        given = content.get(name)
        section = given if isinstance(given, dict) else {}
        inner = _INNER.get(name, {})
        found |= _origins((name,), cls, section, known, without=tuple(inner))
        for part, kind in inner.items():
            within = section.get(part)
            found |= _origins((name, part), kind, within if isinstance(within, dict) else {}, known)
    return found


def _origins(
    path: Sequence[str],
    cls: Any,
    given: Mapping[str, Any],
    environ: Mapping[str, str],
    without: Sequence[str] = (),
) -> dict[str, str]:
    found = {}
    for one in dataclasses.fields(cls):
        if one.name not in without:
            variable = "_".join(("MAINSPRING", *path, one.name)).upper()
            where = "environment" if variable in environ else "file" if one.name in given else "default"
            found[".".join((*path, one.name))] = where
    return found
