"""Where in the user's files something went wrong."""

from __future__ import annotations

from pathlib import Path


def place_in(error: BaseException, file: Path) -> str:
    """The file and the last line of it through which an exception went: ``pipeline.py, line 12``."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{file}, line {line}" if line else str(file)
