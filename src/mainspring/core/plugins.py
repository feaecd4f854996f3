"""The plugin door: finds plugins by entry point, and loads what they offer only when it is asked for."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import pluggy

from mainspring.core import hookspecs
from mainspring.core.entry_points import entry_points
from mainspring.core.errors import InputError, NotFoundError

hookimpl = pluggy.HookimplMarker("mainspring")


@functools.cache
def manager() -> pluggy.PluginManager:
    """The one plugin manager, with every installed plugin registered."""
    found = pluggy.PluginManager("mainspring")
    found.add_hookspecs(hookspecs)
    for name, target in sorted(entry_points("mainspring"), key=lambda entry: (entry[0] != "builtins", entry[0])):
        found.register(load_string(target), name=name)
    try:
        found.check_pending()
    except pluggy.PluginValidationError as error:
        raise InputError(
            f"an installed plugin implements a hook that there is not: {error}",
            expected="the hooks of mainspring.core.hookspecs",
            fix="correct the name of the hook, or install a plugin for this version of Mainspring",
        ) from error
    return found


def offers(hook: str) -> dict[str, str]:
    """All names offered for a hook, with their import strings.

    Args:
        hook: The hook's name without the prefix, such as ``"trainers"``.
    """
    merged: dict[str, str] = {}
    # What was registered last answers first. The built-ins were registered first, so a plugin may replace one.
    for offer in reversed(getattr(manager().hook, f"mainspring_{hook}")()):
        merged.update(offer)
    return merged


def load(hook: str, name: str) -> Any:
    """Import what is offered under a name.

    Raises:
        NotFoundError: If no plugin offers that name.
    """
    known = offers(hook)
    if name not in known:
        raise NotFoundError(
            f"no plugin offers {name!r} for {hook}",
            expected="one of " + ", ".join(sorted(known)),
            fix="check the spelling, or install the plugin or extra that brings it",
        )
    return load_string(known[name])


def load_string(target: str) -> Any:
    """Import ``"package.module:attribute"``, or ``"package.module"``."""
    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in attribute.split(".") if attribute else ():
        found = getattr(found, part)
    return found
