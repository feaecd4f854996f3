"""Print the public names of every room, one per line: what the snapshot in ``tests/architecture`` guards.

A room's public names are its ``__all__``; of a class also its public attributes, fields and methods. Signatures
are left out: they are the type checker's business and look different from one Python to the next.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import mainspring


def public_packages() -> Iterator[str]:
    """The package itself and its rooms."""
    yield "mainspring"
    for module in pkgutil.iter_modules(mainspring.__path__, "mainspring."):
        if not module.name.rpartition(".")[2].startswith("_"):
            yield module.name


def members(cls: type[Any]) -> set[str]:
    """The public names that a class defines, or takes over from a class in its own package."""
    names: set[str] = set()
    for origin in cls.__mro__:
        if origin.__module__.rpartition(".")[0] == cls.__module__.rpartition(".")[0]:
            names |= set(vars(origin)) | set(vars(origin).get("__annotations__", {}))
    if is_dataclass(cls):
        names |= {field.name for field in fields(cls)}
    return {name for name in names if not name.startswith("_")}


def public_names() -> Iterator[str]:
    """Every public name with its full path."""
    for package in public_packages():
        module = importlib.import_module(package)
        for name in sorted(getattr(module, "__all__", ())):
            yield f"{package}.{name}"
            value = getattr(module, name)
            if isinstance(value, type):
                yield from (f"{package}.{name}.{member}" for member in sorted(members(value)))


if __name__ == "__main__":
    for line in public_names():
        print(line)
