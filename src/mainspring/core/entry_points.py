"""Finds entry points as :mod:`importlib.metadata` does, without what that costs at every start.

The standard library's finder imports e-mail, CSV and ZIP support before it has looked at anything. Nearly always
all distributions lie in plain folders of ``sys.path``; then only their ``entry_points.txt`` are looked at.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder


def entry_points(group: str) -> list[tuple[str, str]]:
    """The entry points of a group: name, and ``package.module`` or ``package.module:attribute``."""
    if any(hasattr(finder, "find_distributions") and finder is not PathFinder for finder in sys.meta_path):
        return _asked(group)
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - quick, as all of this
        except NotADirectoryError:
            return _asked(group)
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")) and _is_first(name, seen):
                found += _declared(f"{folder or '.'}/{name}/entry_points.txt", group)
    return found


def _asked(group: str) -> list[tuple[str, str]]:
    """The long way, for distributions in archives and behind finders of other kinds."""
    from importlib import metadata

    return [(entry.name, entry.value.partition("[")[0].strip()) for entry in metadata.entry_points(group=group)]


def _is_first(name: str, seen: set[str]) -> bool:
    """Of a distribution that is installed twice, the first on the path counts."""
    project = re.sub(r"[-_.]+", "_", name.rpartition(".")[0].partition("-")[0]).lower()
    new = project not in seen
    seen.add(project)
    return new


def _declared(file: str, group: str) -> Iterator[tuple[str, str]]:
    try:
        with open(file, encoding="utf-8") as lines:  # noqa: PTH123 - as above
            text = lines.read()
    except OSError:
        return
    if f"[{group}]" not in text:
        return
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == group and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), value.partition("[")[0].strip()
