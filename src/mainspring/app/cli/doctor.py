"""``mainspring doctor``."""

from __future__ import annotations

import importlib.metadata
import platform as machine
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import click

from mainspring.app import platform
from mainspring.app.cli.words import dim, json_option, print_json
from mainspring.core.errors import MainspringError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str


@click.command(epilog="\b\nExamples:\n  mainspring doctor\n  mainspring doctor --verify --json")
@click.option("--verify", is_flag=True, help="Read every artifact back and compare its digest.")
@json_option
def doctor(verify: bool, as_json: bool) -> int:
    """Check that this installation and this project are healthy. Exits with 1 if something is not."""
    checks = [_python(), _libraries(), *_project(verify)]
    if as_json:
        print_json({"ok": all(one.ok for one in checks), "checks": [vars_of(one) for one in checks]})
    else:
        for one in checks:
            sign = click.style("✓", fg="green") if one.ok else click.style("✗", fg="red")
            click.echo(f"{sign} {one.name.ljust(14)} {dim(one.found) if one.ok else one.found}")
    return 0 if all(one.ok for one in checks) else 1


def vars_of(check: Check) -> dict[str, object]:
    """A check as plain values."""
    return {"name": check.name, "ok": check.ok, "found": check.found}


def _python() -> Check:
    return Check("python", True, f"{machine.python_version()} on {machine.system()} {machine.machine()}")


def _libraries() -> Check:
    names = ("mainspring", "numpy", "duckdb", "scikit-learn", "lightgbm", "onnx", "onnxruntime", "starlette")
    versions, absent = [], []
    for name in names:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            absent.append(name)
    if absent:
        return Check("libraries", False, f"not installed: {', '.join(absent)}; run pip install mainspring")
    return Check("libraries", True, ", ".join(versions))


def _project(verify: bool) -> list[Check]:
    checks: list[Check] = []
    try:
        opened = platform.open()
    except MainspringError as error:
        return [Check("settings", False, str(error))]
    with opened:
        checks.append(Check("project", True, str(opened.settings.root)))
        for name, look in _looks(opened, verify).items():
            try:
                checks.append(Check(name, True, look()))
            except MainspringError as error:
                checks.append(Check(name, False, str(error)))
                if name == "record":
                    break  # nothing below can be looked at
    return checks


def _looks(opened: platform.Mainspring, verify: bool) -> dict[str, Callable[[], str]]:
    def record() -> str:
        count = len(opened.pipelines.records.runs(limit=1000))
        return f"{opened.settings.store.record.partition('@')[2] or opened.settings.store.record}, {count} runs"

    def artifacts() -> str:
        digest = opened.store.blobs.put_bytes(b"mainspring doctor")
        with opened.store.blobs.open(digest) as file:
            if file.read() != b"mainspring doctor":
                raise MainspringError("what was written is not what was read")
        free = shutil.disk_usage(opened.settings.root).free / 1e9
        return f"{opened.settings.store.artifacts}, {free:.0f} GB free"

    def pipeline() -> str:
        found, entry = opened.pipelines.load()
        return f"{found.name} in {entry.file}"

    def workers() -> str:
        lost = opened.pipelines.abandoned()
        return f"{len(lost)} runs or steps were marked as lost" if lost else "none lost"

    def dead_letters() -> str:
        dead = opened.store.record.dead()
        if dead:
            raise MainspringError(f"{len(dead)} messages failed for good; the last: {dead[-1].error}")
        return f"{opened.store.record.depth()} messages wait"

    def watch() -> str:
        from mainspring.app.watching import UNHEARD, declared_in, nobody_hears

        declared = declared_in(opened)
        unheard = nobody_hears(opened, declared)
        if unheard:
            raise MainspringError(f"{', '.join(unheard)}: {UNHEARD}")
        return f"{opened.settings.monitoring.file} watches {', '.join(declared) or 'nothing'}"

    def bytes_() -> str:
        from mainspring.app.collecting import verify as verify_all

        problems = verify_all(opened)
        if problems:
            raise MainspringError("; ".join(problems[:5]))
        return "every artifact reads back as it was written"

    looks: dict[str, Callable[[], str]] = {"record": record, "artifacts": artifacts}
    if (opened.settings.root / "mainspring.toml").exists():
        looks["pipeline"] = pipeline
    if opened.settings.path(opened.settings.monitoring.file).exists():
        looks["watch"] = watch
    looks |= {"workers": workers, "queue": dead_letters}
    return {**looks, "bytes": bytes_} if verify else looks
