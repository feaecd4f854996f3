"""How the command line says things: tables, marks, times, and JSON for machines."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from mainspring.app.timing import duration
from mainspring.core.records import Artifact, ExecutionState
from mainspring.core.verdicts import Verdict

__all__ = [
    "ago",
    "bold",
    "dim",
    "duration",
    "json_option",
    "mark",
    "print_json",
    "print_left_out",
    "print_verdict",
    "short",
    "state_word",
    "table",
]

_MARKS = {
    ExecutionState.COMPLETE: ("✓", "green"),
    ExecutionState.CACHED: ("●", "cyan"),
    ExecutionState.RUNNING: ("▸", "blue"),
    ExecutionState.WAITING: ("⏸", "yellow"),
    ExecutionState.HELD: ("■", "red"),
    ExecutionState.FAILED: ("✗", "red"),
    ExecutionState.CANCELED: ("✗", "yellow"),
    ExecutionState.SKIPPED: ("○", "bright_black"),
    ExecutionState.LOST: ("✗", "red"),
    ExecutionState.NEW: ("·", "white"),
}
_FEW = 6
_PLAIN = {"✓": "+", "●": "=", "▸": ">", "⏸": "?", "■": "!", "✗": "x", "○": "-", "·": "."}

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")


def mark(state: ExecutionState) -> str:
    """A coloured sign for a state, in ASCII where the terminal cannot show more."""
    sign, colour = _MARKS[state]
    if "utf" not in (sys.stdout.encoding or "").lower():
        sign = _PLAIN[sign]
    return click.style(sign, fg=colour)


def state_word(state: ExecutionState) -> str:
    """A state as a coloured word."""
    return click.style(state.value.lower(), fg=_MARKS[state][1])


def dim(text: str) -> str:
    """Less important text."""
    return click.style(text, fg="bright_black")


def bold(text: str) -> str:
    """A heading."""
    return click.style(text, bold=True)


def ago(moment: float) -> str:
    """How long ago a moment was."""
    passed = max(0.0, time.time() - moment)
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if passed >= size:
            return f"{int(passed // size)} {word} ago"
    return "just now" if passed < 10 else f"{int(passed)} s ago"


def who() -> str:
    """Who sits at the keyboard; in a container nobody may be known."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def short(digest: str | None, length: int = 12) -> str:
    """The part of a digest that people read.

    Example:
        >>> short("sha256:0123456789abcdef0123")
        '0123456789ab'
    """
    return (digest or "").removeprefix("sha256:")[:length]


def table(rows: Sequence[Sequence[str]], headers: Sequence[str] = ()) -> str:
    """Columns aligned, with their styles kept; the last one is cut to the terminal's width."""
    everything = [list(map(dim, headers)), *map(list, rows)] if headers else [list(row) for row in rows]
    if not everything:
        return ""
    widths = [max(len(click.unstyle(row[column])) for row in everything) for column in range(len(everything[0]))]
    limit = shutil.get_terminal_size((110, 24)).columns
    lines = []
    for row in everything:
        cells = [cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(row, widths, strict=True)]
        line = "  ".join(cells).rstrip()
        if len(click.unstyle(line)) > limit and sys.stdout.isatty():
            line = click.unstyle(line)[: limit - 1] + "…"
        lines.append(line)
    return "\n".join(lines)


def print_json(value: Any) -> None:
    """One JSON object on a line of its own; a figure that is no number becomes null."""
    plain = json.loads(json.dumps(value, default=_plain), parse_constant=lambda _: None)
    click.echo(json.dumps(plain, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


def print_left_out(transforms: Sequence[Artifact]) -> None:
    """The columns that a transform does not use, and why: nobody should have to find out by chance."""
    for transform in transforms:
        left_out = [one for one in str(transform.properties.get("left_out") or "").split("; ") if one]
        for one in left_out[:_FEW]:
            click.echo(f"  not used: {one}")
        if len(left_out) > _FEW:
            click.echo(dim(f"  not used: {len(left_out) - _FEW} more columns"))


def print_verdict(
    verdict: Verdict, *, all_reasons: bool = False, how: str = "mainspring show --all-reasons"
) -> None:
    """A verdict in words: the reasons against first; ``how`` they are all seen."""
    sign = mark(ExecutionState.COMPLETE if verdict.ok else ExecutionState.HELD)
    click.echo(f"{sign} {bold(verdict.gate)}: {'yes' if verdict.ok else 'no'}")
    shown = verdict.reasons if all_reasons else verdict.failures or verdict.reasons
    if verdict.ok and not all_reasons and len(shown) > _FEW:
        click.echo(dim(f"    {len(shown)} things were looked at (all of them: {how})"))
        return
    for reason in shown:
        subject = f"{bold(reason.subject)}: " if reason.subject and reason.subject not in reason.message else ""
        click.echo(f"    {'' if reason.ok else click.style('✗ ', fg='red')}{subject}{reason.message}")
