"""Writes a run's story as one offline HTML page."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring.app.stories import Story

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring


def write_report(opened: Mainspring, story: Story, target: Path) -> Path:
    """Write the page of a run; a page that is there already is replaced as a whole or not at all.

    Args:
        opened: The platform that has the run.
        story: The run, as :func:`mainspring.app.stories.tell` gives it.
        target: The file to write. Its folder is made if it is not there.

    Returns:
        The file.
    """
    from mainspring.app.report import gather, render

    text = render(gather(opened, story))
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    return target
