"""Whether an installation and a project are healthy: what ``mainspring doctor`` and the console look at."""

from __future__ import annotations

import importlib.metadata
import platform as machine
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import MainspringError

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

_NEEDED: Final = ("mainspring", "numpy", "duckdb", "scikit-learn", "lightgbm", "onnx", "onnxruntime", "starlette")
_EXTRAS: Final = (
    *("argon2-cffi", "PyJWT", "cryptography", "psycopg", "PyMySQL", "pyarrow", "torch", "xgboost", "catboost"),
    *("interpret-core", "umap-learn", "redis", "nats-py", "uvloop", "grpcio", "opentelemetry-sdk", "apprise"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What.
        ok: Whether it is as it should be.
        found: What was found.
    """

    name: str
    ok: bool
    found: str


def installation() -> list[Check]:
    """Whether what Mainspring needs is installed."""
    versions, absent = [], []
    for name, version in versions_of(_NEEDED).items():
        if version is None:
            absent.append(name)
        else:
            versions.append(f"{name} {version}")
    python = Check("python", True, f"{machine.python_version()} on {machine.system()} {machine.machine()}")
    if absent:
        return [
            python,
            Check("libraries", False, f"not installed: {', '.join(absent)}; pip install mainspring"),
        ]
    return [python, Check("libraries", True, ", ".join(versions))]


def versions() -> Mapping[str, str]:
    """What is installed, of all that Mainspring can use, with its version."""
    found = {"python": machine.python_version(), **versions_of((*_NEEDED, *_EXTRAS))}
    return {name: version for name, version in found.items() if version is not None}


def versions_of(names: tuple[str, ...]) -> Mapping[str, str | None]:
    """The versions of libraries; ``None`` for one that is not installed."""
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def project(opened: Mainspring, *, verify: bool = False, only_look: bool = False) -> list[Check]:
    """Whether a project is healthy.

    Args:
        opened: The project.
        verify: Whether every artifact is read back, and its digest compared.
        only_look: Whether nothing is changed: by default, runs and steps whose workers died are marked as lost.
    """
    checks = [Check("project", True, str(opened.settings.root))]
    for name, look in _looks(opened, verify, only_look).items():
        try:
            checks.append(Check(name, True, look(opened)))
        except MainspringError as error:
            checks.append(Check(name, False, str(error)))
            if name == "record":
                break  # nothing below can be looked at
        except OSError as error:
            checks.append(Check(name, False, f"{error.filename or 'the disk'}: {error.strerror or error}"))
    return checks


def bare(url: str) -> str:
    """An address without the name and the password in it.

    Example:
        >>> bare("postgresql://me:secret@host/db?password=x"), bare("sqlite:///a.db")
        ('postgresql://…@host/db?password=…', 'sqlite:///a.db')
    """
    without = re.sub(r"^([\w+.-]+://)[^/?#]*@", r"\1…@", url)
    return re.sub(r"(?i)([?&][^=&]*(?:password|secret|token|key)[^=&]*=)[^&#]*", r"\1…", without)


def _looks(opened: Mainspring, verify: bool, only_look: bool) -> dict[str, Callable[[Mainspring], str]]:
    looks: dict[str, Callable[[Mainspring], str]] = {"record": _record, "artifacts": _artifacts}
    if (opened.settings.root / "mainspring.toml").exists():
        looks["pipeline"] = _pipeline
    if opened.settings.path(opened.settings.monitoring.file).exists():
        looks["watch"] = _watch
    looks |= {} if only_look else {"workers": _workers}
    looks |= {"queue": _dead_letters}
    return {**looks, "bytes": _bytes} if verify else looks


def _record(opened: Mainspring) -> str:
    count = len(opened.pipelines.records.runs(limit=1000))
    return f"{bare(opened.settings.store.record)}, {count} runs"


def _artifacts(opened: Mainspring) -> str:
    digest = opened.store.blobs.put_bytes(b"mainspring doctor")
    with opened.store.blobs.open(digest) as file:
        if file.read() != b"mainspring doctor":
            raise MainspringError("what was written is not what was read")
    free = shutil.disk_usage(opened.settings.root).free / 1e9
    return f"{bare(opened.settings.store.artifacts)}, {free:.0f} GB free"


def _pipeline(opened: Mainspring) -> str:
    found, entry = opened.pipelines.load()
    return f"{found.name} in {entry.file}"


def _workers(opened: Mainspring) -> str:
    lost = opened.pipelines.abandoned()
    return f"{len(lost)} runs or steps were marked as lost" if lost else "none lost"


def _dead_letters(opened: Mainspring) -> str:
    dead = opened.store.record.dead()
    if dead:
        raise MainspringError(f"{len(dead)} messages failed for good; the last: {dead[-1].error}")
    return f"{opened.store.record.depth()} messages wait"


def _watch(opened: Mainspring) -> str:
    from mainspring.app.watching import UNHEARD, declared_in, nobody_hears

    declared = declared_in(opened)
    unheard = nobody_hears(opened, declared)
    if unheard:
        raise MainspringError(f"{', '.join(unheard)}: {UNHEARD}")
    return f"{opened.settings.monitoring.file} watches {', '.join(declared) or 'nothing'}"


def _bytes(opened: Mainspring) -> str:
    from mainspring.app.collecting import verify as verify_all

    problems = verify_all(opened)
    if problems:
        raise MainspringError("; ".join(problems[:5]))
    return "every artifact reads back as it was written"
