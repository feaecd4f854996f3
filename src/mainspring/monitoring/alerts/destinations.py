"""Who is told: addresses with their secrets filled in, and never shown."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from mainspring.core.errors import InputError
from mainspring.monitoring.alerts.alert import Alert
from mainspring.monitoring.alerts.option_parts import Destination
from mainspring.monitoring.alerts.silences import matches

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PARTS = re.compile(r"[/:@?&=]")
_LEAST = 5
"""Shorter parts of an address are words, not secrets."""
_NATIVE = re.compile(r"(?:json\+)?https?://")


def key_of(destination: Destination) -> str:
    """What tells a destination from others in the book; its address cannot be read off it."""
    return hashlib.blake2b(destination.url.encode(), digest_size=6).hexdigest()


def shown(destination: Destination) -> str:
    """A destination as it may be shown and logged: what stands behind ``://`` may be a secret.

    Example:
        >>> shown(Destination(url="slack://T1/B2/secret"))
        'slack://…'
        >>> shown(Destination(url="https://hooks.example.com/in/secret?key=1"))
        'https://hooks.example.com/…'
    """
    kind, _, rest = destination.url.partition("://")
    if not rest:
        return "${…}"
    if not is_native(destination):
        return f"{kind}://…"
    parts = urlsplit(destination.url.removeprefix("json+"))
    host = parts.netloc.rpartition("@")[2]
    return f"{kind}://{host}/…" if "${" not in host else f"{kind}://…"


def is_native(destination: Destination) -> bool:
    """Whether JSON is sent to it by ourselves, without a library."""
    return _NATIVE.match(destination.url) is not None


def filled(destination: Destination, environment: Mapping[str, str] | None = None) -> str:
    """The address with every ``${NAME}`` filled in.

    Args:
        destination: It.
        environment: Where names are looked up; that of the process by default.

    Raises:
        InputError: If a variable is not set.
    """
    values = os.environ if environment is None else environment
    missing = [name for name in _VARIABLE.findall(destination.url) if not values.get(name)]
    if missing:
        raise InputError(
            f"the variables {', '.join(missing)} of the environment are not set",
            where=f"alerts.to ({shown(destination)})",
            fix=" ".join(f"export {name}=…" for name in missing),
        )
    return _VARIABLE.sub(lambda found: values[found[1]], destination.url)


def secrets_of(destination: Destination, environment: Mapping[str, str] | None = None) -> list[str]:
    """Texts that must not be seen: the address filled in, and what was filled in."""
    values = os.environ if environment is None else environment
    named = [values.get(name, "") for name in _VARIABLE.findall(destination.url)]
    url = _VARIABLE.sub(lambda found: values.get(found[1], ""), destination.url)
    _, _, rest = url.partition("://")
    parts = {url, rest, *_PARTS.split(rest), *named}
    return sorted((one for one in parts if len(one) >= _LEAST), key=len, reverse=True)


def wants(destination: Destination, alert: Alert) -> bool:
    """Whether somebody is to be told of an alert."""
    return alert.severity.rank >= destination.least.rank and matches(destination.only, alert)
