"""Simulations: the log of a model replayed under policies, as jobs whose results are kept."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from mainspring.app.api.desk import Desk
from mainspring.app.api.jobs import Job
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.monitoring.sight import Sight, moment
from mainspring.core.clock import iso, now, seconds_of
from mainspring.core.durable import replace_file
from mainspring.core.errors import InputError, MainspringError, NotFoundError
from mainspring.monitoring.retraining import RetrainingPolicy

_ID: Final = re.compile(r"[0-9a-f]{12}")
_NAME: Final = re.compile(r"[\w .-]{1,40}")
_LATEST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A simulation that was started from the console.

    Attributes:
        id: To find it by.
        model: The model.
        title: What was replayed, in a few words.
        by: Who started it.
        started: When, in seconds since the epoch.
        job: The job that does it; its page is ``/jobs/{job}``.
        state: ``running``, ``complete``, ``failed``, or ``canceled`` if somebody stopped it.
        error: Why it failed: what it said last.
        now: While it runs, how far it is, in words.
        options: What it was started with.
        result: What came of it: ``outcomes`` by policy and more, as ``mainspring simulate --json`` prints it;
            empty while it runs, and in lists.
    """

    id: str
    model: str
    title: str
    by: str
    started: float
    job: str
    state: str
    error: str = ""
    now: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)


class _Kept(msgspec.Struct, kw_only=True):
    id: str
    model: str
    title: str
    by: str
    started: float
    job: str
    options: dict[str, Any]


@operation("simulations.list", "GET", "/simulations")
def listed(desk: Desk, *, model: str = "") -> Sequence[Simulated]:
    """The simulations that were started from the console, the newest first, without their results."""
    kept = [_kept(file) for file in _home(desk).glob("*/simulation.json")]
    kept = sorted((one for one in kept if model in ("", one.model)), key=lambda one: -one.started)
    return [_told(desk, one) for one in kept[:_LATEST]]


@operation("simulations.show", "GET", "/simulations/{simulation}")
def shown(desk: Desk, simulation: str) -> Simulated:
    """A simulation, and what came of it policy by policy.

    Args:
        simulation: Its id.
    """
    file = _home(desk) / simulation / "simulation.json"
    if not _ID.fullmatch(simulation) or not file.is_file():
        raise NotFoundError(f"there is no simulation {simulation!r}", fix="see the list of simulations")
    return _told(desk, _kept(file), full=True)


@operation("simulations.start", "POST", "/simulations", command="mainspring simulate log {model}")
def start(
    desk: Desk,
    model: str,
    *,
    policy: str = "",
    name: str = "another",
    since: str = "",
    until: str = "",
    estimator: str = "",
    params: str = "",
    metric: str = "",
    positive: str = "",
    run_time: str = "",
    quick: bool = False,
    alone: bool = False,
) -> Simulated:
    """Replay the log of a model under its policy, and under another one beside it.

    Args:
        policy: The section ``retraining`` of a monitoring file, as YAML: ``when: [drift]`` and so on; without
            it only the policy of the monitoring file is replayed.
        estimator: What is trained whenever a policy asks for a run, such as ``lightgbm.LGBMClassifier``;
            without it nothing is trained, and only runs and alerts are counted.
        params: Its parameters, as a JSON object.
        metric: How good a model is by; the main one by default.
        positive: The class that is the positive one.
        run_time: How long a run takes, such as `1h`.
        quick: Judge windows again only once.
        alone: Leave out what every week and day would have come to.
    """
    sight = Sight(desk.shared)
    sight.known(model)
    identity = uuid.uuid4().hex[:12]
    folder = _home(desk) / identity
    folder.mkdir(parents=True)
    if run_time:
        seconds_of(run_time)
    options = {
        "--since": _iso(since),
        "--until": _iso(until),
        "--metric": metric,
        "--estimator": estimator,
        "--params": _json(params) if estimator and params else "",
        "--positive": positive,
        "--run-time": run_time,
    }
    arguments = ["simulate", "log", model, "--json", "--html", str(folder / "page.html"), *_given(options)]
    arguments += [*(["--quick"] if quick else []), *(["--alone"] if alone else [])]
    if policy.strip():
        arguments += ["--policy", str(_policy_file(sight, model, policy, name, folder))]
    title = f"{model}: " + ("its policy and " + name if policy.strip() else "its policy")
    job = desk.jobs.start(
        arguments, title=f"Simulate {title}", by=desk.caller.name, path=f"/monitoring/simulations/{identity}"
    )
    asked = {"policy": policy, "name": name, "since": since, "until": until, "estimator": estimator}
    return _keep(desk, identity, model, title, job, {**asked, "quick": quick, "alone": alone})


def _keep(desk: Desk, identity: str, model: str, title: str, job: Job, options: Mapping[str, Any]) -> Simulated:
    """Write down a simulation that was started, with the options that have a value."""
    kept = _Kept(
        id=identity,
        model=model,
        title=title,
        by=desk.caller.name,
        started=now(),
        job=job.id,
        options={key: value for key, value in options.items() if value},
    )
    replace_file(_home(desk) / identity / "simulation.json", msgspec.json.encode(kept))
    return _told(desk, kept)


def _given(options: Mapping[str, str]) -> list[str]:
    """Those options that have a value, as they are typed."""
    return [part for option, value in options.items() if value for part in (option, value)]


def page_of(desk: Desk, simulation: str) -> str:
    """The whole page of a simulation, as ``mainspring simulate --html`` writes it.

    Raises:
        NotFoundError: If there is none, or none yet.
    """
    file = _home(desk) / simulation / "page.html"
    if not _ID.fullmatch(simulation) or not file.is_file():
        raise NotFoundError(f"there is no page of simulation {simulation!r}", fix="wait until it is done")
    return file.read_text(encoding="utf-8")


def _policy_file(sight: Sight, model: str, policy: str, name: str, folder: Path) -> Path:
    """Another monitoring file, with another policy."""
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name of a policy", expected="up to 40 letters and digits", where="name")
    try:
        plain = yaml.safe_load(policy)
    except yaml.YAMLError as error:
        raise InputError(f"the policy is no YAML: {error}", where="policy", expected="when: [drift]") from error
    if not isinstance(plain, dict):
        raise InputError(f"the policy is {plain!r}", where="policy", expected="when: [drift] and so on")
    try:
        RetrainingPolicy(**plain)
    except TypeError as error:
        known = ", ".join(one.name for one in fields(RetrainingPolicy) if one.init)
        raise InputError(f"the policy cannot be read: {error}", where="policy", expected=known) from error
    except MainspringError as error:
        raise InputError(error.found, where="policy", expected=error.expected) from error
    declared = sight.declared.get(model)
    checks: dict[str, Any] = {} if declared is None else {one: {} for one in declared.checks}
    file = folder / f"{name.strip() or 'another'}.yaml"
    file.write_text(yaml.safe_dump({model: {"checks": checks, "retraining": plain}}, allow_unicode=True), "utf-8")
    return file


def _told(desk: Desk, kept: _Kept, *, full: bool = False) -> Simulated:
    try:
        job = desk.jobs.get(kept.job)
    except NotFoundError:
        return Simulated(**msgspec.structs.asdict(kept), state="failed", error="its job is gone")
    state = (
        "running" if job.running else "complete" if job.code == 0 else "canceled" if job.stopped_by else "failed"
    )
    error = job.errors.strip() if state == "failed" else ""
    said = job.errors.strip().rpartition("\n")[2] if state == "running" else ""
    result = _result(desk, kept) if full and state == "complete" else {}
    return Simulated(**msgspec.structs.asdict(kept), state=state, error=error, now=said, result=result)


def _result(desk: Desk, kept: _Kept) -> Mapping[str, Any]:
    """What the command printed, all of it."""
    printed = desk.shared.home / "jobs" / kept.job / "out"
    try:
        found = json.loads(printed.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _home(desk: Desk) -> Path:
    return desk.shared.home / "simulations"


def _kept(file: Path) -> _Kept:
    return msgspec.json.decode(file.read_bytes(), type=_Kept)


def _iso(text: str) -> str:
    at = moment(text)
    return "" if at is None else iso(at)


def _json(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(f"params is no JSON: {error}", where="params", expected='{"n_estimators": 50}') from error
    if not isinstance(found, dict):
        raise InputError(f"params is {text!r}", where="params", expected='a JSON object: {"n_estimators": 50}')
    return text
