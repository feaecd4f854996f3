"""What the runtime of a package needs, pinned, and how another environment differs from that."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version

from mainspring.core.verdicts import Reason, Verdict

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was when the package was made.

    Attributes:
        what: ``"python"``, ``"system"``, ``"machine"`` or the name of a distribution.
        packaged: As it was then.
        here: As it is now; ``None`` for a distribution that is not installed.
    """

    what: str
    packaged: str
    here: str | None

    def __str__(self) -> str:
        return (
            f"{self.what} {'is not installed' if self.here is None else self.here}, packaged with {self.packaged}"
        )


def describe_environment() -> dict[str, str]:
    """This interpreter and machine: ``python``, ``implementation``, ``system`` and ``machine``."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine(),
    }


def pin(libraries: Iterable[str]) -> tuple[str, ...]:
    """Distributions with the versions that are installed here: ``"numpy==2.1.0"``, sorted.

    Raises:
        PackageNotFoundError: If one is not installed.
    """
    return tuple(f"{library}=={version(library)}" for library in sorted(set(libraries)))


def hashes(requirements: Sequence[str]) -> dict[str, str]:
    """The digests of the archives that distributions were installed from, by requirement, where pip kept them.

    pip writes them (https://packaging.python.org/en/latest/specifications/direct-url/) for archives that were
    named by file or URL, not for those that it chose from an index.
    """
    found: dict[str, str] = {}
    for requirement in requirements:
        name, wanted = _parts(requirement)
        if name and _installed(name) == wanted and (digest := _archive_digest(name)):
            found[requirement] = digest
    return found


def differences(requirements: Sequence[str], environment: Mapping[str, str]) -> tuple[Difference, ...]:
    """What differs here from the environment of a package.

    The third number of Python's version makes no difference. What the package does not tell is not compared.

    Args:
        requirements: Pinned distributions (``"numpy==2.1.0"``).
        environment: What :func:`describe_environment` gave when the package was made.
    """
    now = describe_environment()
    found = [
        Difference(what, environment[what], now[what])
        for what in ("python", "implementation", "system", "machine")
        if what in environment and _short(what, environment[what]) != _short(what, now[what])
    ]
    for requirement in requirements:
        name, wanted = _parts(requirement)
        here = _installed(name) if name else wanted
        if here != wanted:
            found.append(Difference(name, wanted, here))
    return tuple(found)


def judge_environment(requirements: Sequence[str], environment: Mapping[str, str]) -> Verdict:
    """The differences as the verdict of a gate: ok if there are none; each names both versions."""
    found = {difference.what: difference for difference in differences(requirements, environment)}
    packaged = {
        **{what: environment[what] for what in ("python", "system", "machine") if what in environment},
        **{name: wanted for name, wanted in map(_parts, requirements) if name},
    }
    reasons = []
    for what, wanted in packaged.items():
        other = found.get(what)
        if other is None:
            reasons.append(Reason(ok=True, code="SAME_VERSION", message=f"{what} {wanted}", subject=what))
        else:
            reasons.append(
                Reason(
                    ok=False,
                    code="NOT_INSTALLED" if other.here is None else "OTHER_VERSION",
                    message=str(other),
                    subject=what,
                    observed=other.here,
                    expected=other.packaged,
                )
            )
    return Verdict.of("environment", reasons)


def _parts(requirement: str) -> tuple[str, str]:
    match = _PIN.fullmatch(requirement.strip())
    return (match["name"], match["version"]) if match else ("", "")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _archive_digest(name: str) -> str | None:
    text = distribution(name).read_text("direct_url.json")
    digests = json.loads(text).get("archive_info", {}).get("hashes", {}) if text else {}
    return f"sha256:{digests['sha256']}" if "sha256" in digests else None


def _short(what: str, value: str) -> str:
    return ".".join(value.split(".")[:2]) if what == "python" else value
