"""Settings: one ``mainspring.toml`` per project; every value has a default, and an environment variable."""

from __future__ import annotations

import dataclasses
import os
import tomllib
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mainspring.core.errors import InputError, NotFoundError

FILE = "mainspring.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """``[project]``.

    Attributes:
        name: The project's name.
        pipeline: The file that defines the pipeline; ``file.py:name`` if it defines several.
    """

    name: str = ""
    pipeline: str = "pipeline.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """``[store]``.

    Attributes:
        record: Where the record is kept: ``sqlite:///path``, ``postgresql://…``, ``mysql://…``. Relative paths
            start at the project's folder.
        artifacts: Where artifacts are kept: a folder, or a URL.
    """

    record: str = "sqlite:///.mainspring/record.db"
    artifacts: str = ".mainspring/artifacts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """``[run]``.

    Attributes:
        home: The folder of logs and scratch space.
        workers: How many steps run at once; 0 means one per processor.
    """

    home: str = ".mainspring"
    workers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """``[serving]``.

    Attributes:
        host: The address that ``mainspring serve`` listens on.
        port: Its port.
        deployments: The folder to which models are pushed.
        log: The folder of the prediction log.
        desired: The folder of what deployment files ask for, and of what became of it.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    deployments: str = ".mainspring/deployments"
    log: str = ".mainspring/predictions"
    desired: str = ".mainspring/desired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """``[monitoring]``.

    Attributes:
        file: What is watched, and how.
        home: The folder of what was seen: profiles of windows, figures, alerts.
    """

    file: str = "monitoring.yaml"
    home: str = ".mainspring/monitoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """``[console.oidc]``: an identity provider that says who people are (OpenID Connect).

    Attributes:
        issuer: Its address; ``/.well-known/openid-configuration`` below it tells the rest.
        client: What it knows the console by (``client_id``).
        secret: What the console proves itself with; better in ``MAINSPRING_CONSOLE_OIDC_SECRET`` than in a file.
        label: What the button says; by default the name of the issuer.
        scopes: What it is asked for.
        name_claim: The claim that is somebody's name, with dots into nested ones.
        role_claim: The claim that says what they may do: a word, or a list of words. Without it, admins say so.
        roles: What such a word gives, by word: ``{ml-leads = "approver"}``. The highest counts.
        role: What somebody may do for whom no word gives anything; empty to turn them away.
    """

    issuer: str = ""
    client: str = ""
    secret: str = ""
    label: str = ""
    scopes: Sequence[str] = ("openid", "profile", "email")
    name_claim: str = "preferred_username"
    role_claim: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    role: str = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """``[console]``.

    Attributes:
        host: The address that ``mainspring ui`` listens on.
        port: Its port.
        root_path: The prefix under which a proxy shows it, such as ``/console``.
        server: The address of the prediction server that it shows and moves; by default the one of ``[serving]``.
        sign_in: Who has to sign in, and with what: ``accounts``, ``oidc``, ``nobody``; ``auto`` asks nobody on an
            address of this machine, and elsewhere for what there is.
        hosts: The names by which it may be addressed; requests to others are refused.
        secure: Whether people reach it by HTTPS alone: cookies are then sent in no other way.
        proxies: Addresses and networks whose ``X-Forwarded-For`` is believed, such as ``10.0.0.0/8``.
        idle_minutes: After how many minutes without a request somebody is signed out.
        session_hours: After how many hours somebody is signed out whatever they do.
        secret_file: The file with the secret that sessions are signed with, which consoles behind one name share;
            by default each makes its own.
        oidc: An identity provider.
    """

    host: str = "127.0.0.1"
    port: int = 8090
    root_path: str = ""
    server: str = ""
    sign_in: str = "auto"
    hosts: Sequence[str] = ()
    secure: bool = False
    proxies: Sequence[str] = ()
    idle_minutes: int = 480
    session_hours: int = 168
    secret_file: str = ""
    oidc: Oidc = field(default_factory=Oidc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """``[[schedule]]``: when ``mainspring scheduler`` starts a run. One of cron, every, data and topic is given.

    Attributes:
        name: To tell it from others; made from the rule by default.
        cron: Five fields, in the machine's local time: ``"0 3 * * *"``.
        every: An interval: ``"15m"``, ``"6h"``, ``"1d"``.
        data: A path, a glob or a pattern of spans; a run starts when its content changes.
        topic: A run starts for every message of this topic in the queue, such as ``"retrain"``.
        parameters: Parameters of the run.
    """

    name: str = ""
    cron: str = ""
    every: str = ""
    data: str = ""
    topic: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """``[[promotion]]``: what it takes to bring a version of a model into an environment.

    Attributes:
        environment: Its name, such as ``"production"``; it is the alias that is guarded.
        model: The model; every model by default.
        roles: Each of these must sign.
        people: Who may sign for a role, by role; anybody by default.
        same_person: Whether one person may sign for several roles.
        after: The environment that the version must have been promoted to before.
    """

    environment: str = ""
    model: str = "*"
    roles: Sequence[str] = ()
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)
    same_person: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a project, and where it lies."""

    root: Path
    project: Project = field(default_factory=Project)
    store: Store = field(default_factory=Store)
    run: Run = field(default_factory=Run)
    serving: Serving = field(default_factory=Serving)
    monitoring: Monitoring = field(default_factory=Monitoring)
    console: Console = field(default_factory=Console)
    schedule: Sequence[Schedule] = ()
    promotion: Sequence[Promotion] = ()

    def path(self, location: str) -> Path:
        """A location of these settings as an absolute path."""
        return self.root / location

    @property
    def workers(self) -> int:
        """How many steps run at once."""
        return self.run.workers or os.cpu_count() or 2


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
    import difflib

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
