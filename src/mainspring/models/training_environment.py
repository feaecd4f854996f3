"""Where a model was trained: what another training has to find again to come out the same."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, distribution, version
from typing import Any, Self

THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables that say how many threads numeric libraries start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A lock of the environment.

    Attributes:
        python: Version of the interpreter.
        platform: Operating system and processor, such as ``"Linux-x86_64"``.
        distributions: Name to version of what the training needs, with all that these need in turn.
        cpus: How many processors the process may use.
        threads: Those of :data:`THREAD_SETTINGS` that are set.
        hash_seed: ``PYTHONHASHSEED``; ``"random"`` where strings hash differently in every process.
    """

    python: str
    platform: str
    distributions: Mapping[str, str]
    cpus: int
    threads: Mapping[str, str] = field(default_factory=dict)
    hash_seed: str = "random"

    @classmethod
    def here(cls, libraries: Iterable[str] = ()) -> Self:
        """That of this process.

        Args:
            libraries: Distributions that the training needs beside those of Mainspring.
        """
        return cls(
            python=platform.python_version(),
            platform=f"{platform.system()}-{platform.machine()}",
            distributions=_versions(["mainspring", *libraries]),
            cpus=_cpus(),
            threads={name: os.environ[name] for name in THREAD_SETTINGS if name in os.environ},
            hash_seed=os.environ.get("PYTHONHASHSEED", "random") if sys.flags.hash_randomization else "0",
        )

    @property
    def requirements(self) -> tuple[str, ...]:
        """The distributions as pinned requirements, for ``pip install``."""
        return tuple(f"{name}=={found}" for name, found in self.distributions.items())

    def differences(self, other: Environment) -> tuple[str, ...]:
        """What is not the same, in words; empty if a training here should give the same bytes as there.

        Example:
            >>> one = Environment(python="3.11.9", platform="Linux-x86_64", distributions={"numpy": "2.0"}, cpus=2)
            >>> two = Environment(python="3.11.9", platform="Linux-x86_64", distributions={"numpy": "2.1"}, cpus=2)
            >>> one.differences(two)
            ('numpy 2.0, there 2.1',)
        """
        mine, theirs = asdict(self), asdict(other)
        ours, yours = mine.pop("distributions"), theirs.pop("distributions")
        found = [f"{name} {mine[name]}, there {theirs[name]}" for name in mine if mine[name] != theirs[name]]
        found += [
            f"{name} {ours.get(name, 'not there')}, there {yours.get(name, 'not there')}"
            for name in sorted({*ours, *yours})
            if ours.get(name) != yours.get(name)
        ]
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(**value)


def _versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of distributions and of all that they need, as far as installed, by name."""
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = _canonical(waiting.pop())
        if name in found:
            continue
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
        needed = distribution(name).requires or ()
        waiting += [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in needed if "extra ==" not in text]
    return dict(sorted(found.items()))


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
