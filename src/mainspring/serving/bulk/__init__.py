"""Answers to many rows at once: files larger than memory, and streams.

:func:`run` answers the rows of a file, a folder, a query or a table, in parts over all cores; a run that was
killed goes on where it stopped. :func:`predict_table` is the same for use in a notebook.

.. code-block:: python

    from mainspring.models.package import Package
    from mainspring.serving.bulk import Options, PackageAnswerer, run

    model = PackageAnswerer(Package.load("package"), name="taxi", version="1.2.0")
    report = run("trips/*.parquet", model, "answers.parquet", options=Options(keep=("trip_id",)))
    print(report.rate, report.notes)

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.serving.bulk.answerer import Answerer, PackageAnswerer
    from mainspring.serving.bulk.options import Options
    from mainspring.serving.bulk.parts import BadRowsError
    from mainspring.serving.bulk.progress import Progress, Told
    from mainspring.serving.bulk.report import Report
    from mainspring.serving.bulk.running import run
    from mainspring.serving.bulk.server import ServerAnswerer
    from mainspring.serving.bulk.sources import Reading
    from mainspring.serving.bulk.tables import predict_table

_EXPORTS = {
    "Answerer": "answerer",
    "BadRowsError": "parts",
    "Options": "options",
    "PackageAnswerer": "answerer",
    "Progress": "progress",
    "Reading": "sources",
    "Report": "report",
    "ServerAnswerer": "server",
    "Told": "progress",
    "predict_table": "tables",
    "run": "running",
}

__all__ = [
    "Answerer",
    "BadRowsError",
    "Options",
    "PackageAnswerer",
    "Progress",
    "Reading",
    "Report",
    "ServerAnswerer",
    "Told",
    "predict_table",
    "run",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
