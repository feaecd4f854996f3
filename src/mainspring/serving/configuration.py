"""The file that says what a server serves, and how: YAML, or JSON if its name ends in ``.json``.

Values may name variables of the environment, ``${NAME}``: that is the place of secrets.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml
from msgspec import Meta

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving import strict_yaml
from mainspring.serving.caching.options import CacheOptions
from mainspring.serving.limits.options import LimitOptions
from mainspring.serving.payloads.options import PayloadOptions
from mainspring.serving.repository import ModelOptions, RepositoryOptions
from mainspring.serving.repository.names import check_name
from mainspring.serving.rpc.options import RpcOptions
from mainspring.serving.security.options import SecurityOptions
from mainspring.serving.telemetry.events.options import EventOptions
from mainspring.serving.telemetry.options import MetricsOptions
from mainspring.serving.telemetry.slo.options import SloOptions
from mainspring.serving.tracing.options import LogOptions, TracingOptions

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(ge=0)]


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a server serves, and how.

    Attributes:
        host: The address to listen on.
        port: The port of HTTP; 0 lets the system choose.
        workers: How many processes answer; 0 means one per core.
        threads: How many slow or large requests a process computes at once.
        drain: Seconds between the signal to stop, when the server begins to say that it is not ready, and the
            moment when it stops taking requests: the time a load balancer needs to notice.
        grace: Seconds that requests in flight are given to be finished.
        max_body: The largest request body, in bytes, compressed or not.
        explainer_url: The service that requests for explanations are sent on to.
        models: How models are served, by name.
        repository: Where models lie that are not named one by one.
        metrics: What is counted, and how it is shown.
        slo: What share of requests has to be fast, answered and right.
        events: What is looked for in rows and answers.
        rpc: How it answers over gRPC.
        cache: Where answers are remembered, of the models that have them remembered.
        limits: How much it takes on.
        payloads: What is logged of requests, and where it goes.
        security: Who may ask it for what, over which connections.
        tracing: Which requests are traced, and where their spans go.
        logging: Lines about requests, and about the server itself.
        state: The folder for what outlives the server: how rollouts stand, and what bandits have learned. By
            default the folder ``state`` in that of the payload log; without a log, it ends with the server.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    workers: Annotated[int, Meta(ge=0)] = 1
    threads: Annotated[int, Meta(ge=1)] = 4
    drain: Seconds = 0.0
    grace: Seconds = 30.0
    max_body: Annotated[int, Meta(ge=1)] = 32 << 20
    explainer_url: str | None = None
    models: Mapping[str, ModelOptions] = {}
    repository: RepositoryOptions = RepositoryOptions()
    metrics: MetricsOptions = MetricsOptions()
    slo: SloOptions = SloOptions()
    events: EventOptions = EventOptions()
    rpc: RpcOptions = RpcOptions()
    cache: CacheOptions = CacheOptions()
    limits: LimitOptions = LimitOptions()
    payloads: PayloadOptions = PayloadOptions()
    security: SecurityOptions = SecurityOptions()
    tracing: TracingOptions = TracingOptions()
    logging: LogOptions = LogOptions()
    state: str = ""

    @property
    def processes(self) -> int:
        """How many processes answer."""
        return self.workers or cores()


def cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """How many processors this process may use: those of the machine, or what its container is given of them."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        most, period = quota.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return found
    return found if most == "max" else max(1, min(found, round(int(most) / int(period))))


def read_options(path: Path, environment: Mapping[str, str] | None = None) -> ServerOptions:
    """Read the file of a server. Relative paths in it are relative to the file's folder.

    Args:
        path: The file.
        environment: Where ``${NAME}`` is looked up; that of the process by default.

    Raises:
        NotFoundError: If there is no such file.
        InputError: If it cannot be read, or is not of the right form, with the place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError("there is no such file of a server", where=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the file cannot be read: {error}", expected="text in UTF-8", where=str(path)) from error
    try:
        plain = msgspec.json.decode(text) if path.suffix == ".json" else strict_yaml.load(text)
        filled = _filled(plain or {}, os.environ if environment is None else environment)
        options = msgspec.convert(
            {**filled, **_models(filled)} if isinstance(filled, dict) else filled, ServerOptions
        )
    except (msgspec.DecodeError, yaml.YAMLError) as error:
        raise InputError(f"the file is wrong: {error}", where=str(path)) from error
    except InputError as error:
        where = str(path) if error.where is None else f"{path}, {error.where}"
        raise InputError(error.found, expected=error.expected, where=where, fix=error.fix) from error
    return _placed(options, path.resolve().parent)


def _models(filled: Mapping[str, Any]) -> dict[str, Any]:
    """The options of models by name, each converted by itself: so what is wrong with one is told with its name."""
    models = filled.get("models")
    if not isinstance(models, dict) or not all(isinstance(name, str) for name in models):
        return {}
    found = {}
    for name, plain in models.items():
        check_name(name, where="models")
        try:
            found[name] = msgspec.convert(plain, ModelOptions)
        except msgspec.ValidationError as error:
            told, _, place = str(error).partition(" - at `$")
            raise msgspec.ValidationError(f"{told} - at `$.models[{name!r}]{place or '`'}") from error
        except InputError as error:
            where = f"models[{name!r}]" + (f", {error.where}" if error.where else "")
            raise InputError(error.found, expected=error.expected, where=where, fix=error.fix) from error
    return {"models": found}


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    """The value with every ``${NAME}`` in it filled in."""
    if isinstance(value, dict):
        return {key: _filled(each, environment) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, environment) for each in value]
    if not isinstance(value, str):
        return value
    missing = [name for name in _VARIABLE.findall(value) if name not in environment]
    if missing:
        raise InputError(
            f"the variables {', '.join(missing)} of the environment are not set",
            fix=" ".join(f"export {name}=…" for name in missing),
        )
    return _VARIABLE.sub(lambda found: environment[found[1]], value)


def _placed(options: ServerOptions, folder: Path) -> ServerOptions:
    """The options with their paths made absolute."""
    models = {
        name: msgspec.structs.replace(
            one,
            package=str(folder / one.package) if one.package else "",
            component=None if one.component is None else one.component.placed(folder),
        )
        for name, one in options.models.items()
    }
    repository = options.repository
    if repository.folder:
        repository = msgspec.structs.replace(repository, folder=str(folder / repository.folder))
    slo = options.slo
    if slo.folder:
        slo = msgspec.structs.replace(slo, folder=str(folder / slo.folder))
    logging = options.logging
    if logging.file:
        logging = msgspec.structs.replace(logging, file=str(folder / logging.file))
    return msgspec.structs.replace(
        options,
        models=models,
        repository=repository,
        slo=slo,
        security=options.security.placed(folder),
        payloads=options.payloads.placed(folder),
        logging=logging,
        state=str(folder / options.state) if options.state else "",
    )
