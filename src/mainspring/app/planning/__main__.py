"""Reads a project's file and says what is in it: ``python -m mainspring.app.planning``.

It is asked on standard input and answers on standard output, both as JSON.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mainspring.app import platform
from mainspring.app.planning.foretelling import Foresight
from mainspring.app.planning.nouns import Plan, Wish
from mainspring.app.planning.signatures import offer_of
from mainspring.core.errors import InputError, MainspringError
from mainspring.pipelines.arguments import File
from mainspring.pipelines.fingerprints import is_there
from mainspring.pipelines.graph import select
from mainspring.pipelines.loading import load_module, pipelines_in


def offers(opened: platform.Mainspring, file: str) -> list[Any]:
    """The pipelines of a file."""
    given = (file or opened.settings.project.pipeline).partition(":")[0]
    module = load_module(opened.settings.root / given, opened.settings.root)
    return [offer_of(one, given) for one in pipelines_in(module)]


def plan(opened: platform.Mainspring, wish: Wish) -> Plan:
    """What a run would do."""
    pipeline, _ = opened.pipelines.load(wish.file or None, wish.pipeline or None)
    values = pipeline.parse(wish.parameters)
    _check_files(values, opened.settings.root)
    graph = pipeline.build(**values)
    chosen = select(graph, start=wish.start, end=wish.end, only=wish.only)
    return Foresight(opened, graph, chosen if wish.start or wish.end or wish.only else None).plan()


def _check_files(values: Mapping[str, Any], root: Path) -> None:
    given = {name: one.location for name, one in values.items() if isinstance(one, File)}
    missing = {name: where for name, where in given.items() if not is_there(where, root)}
    if missing:
        raise InputError(
            "; ".join(f"{name}={where}: there is no such file" for name, where in missing.items()),
            expected=f"a path from {root}, or an absolute one",
            fields=dict.fromkeys(missing, "there is no such file"),
        )


def main() -> int:
    """Answer one question."""
    asked = msgspec.json.decode(sys.stdin.buffer.read())
    answer: dict[str, Any]
    # What the file prints while it is read is no part of the answer.
    with contextlib.redirect_stdout(io.StringIO()), platform.open() as opened:
        try:
            if asked["what"] == "offers":
                answer = {"found": offers(opened, asked["file"])}
            else:
                answer = {"found": plan(opened, msgspec.convert(asked["wish"], Wish))}
        except MainspringError as error:
            answer = {"error": {"kind": type(error).__name__, **error.as_dict()}}
    sys.stdout.buffer.write(msgspec.json.encode(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
