"""What the commands write: pages, and lines that go through a pager where they fill more than the screen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mainspring.data.viewing import Page


def show(lines: Sequence[str]) -> None:
    """Print lines; in a pager if they are more than a terminal shows at once."""
    if sys.stdout.isatty() and len(lines) > shutil.get_terminal_size().lines - 2:
        click.echo_via_pager("\n".join(lines) + "\n")
    else:
        for line in lines:
            click.echo(line)


def write_page(page: Page, path: Path, *, quiet: bool) -> str:
    """Write a page and say where it is."""
    written = page.save(path)
    if not quiet:
        click.echo(f"wrote {written}")
    return str(written)


def width() -> int:
    """How many signs fit a line; wide where nobody looks, so that nothing is lost."""
    return shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 160
