"""Settings: one ``mainspring.toml`` per project; every value has a default, and an environment variable."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
