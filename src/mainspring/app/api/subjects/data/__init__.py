"""Data: versions, spans, statistics, schemas, anomalies, drift, rows."""

from __future__ import annotations

from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.data.anomaly_listing import anomalies
from mainspring.app.api.subjects.data.checking import check_schema
from mainspring.app.api.subjects.data.describing import columns
from mainspring.app.api.subjects.data.drafting import draft_column, suggest_schema
from mainspring.app.api.subjects.data.drifting import differences, drift
from mainspring.app.api.subjects.data.finding import find, waiting
from mainspring.app.api.subjects.data.gathering import stamp
from mainspring.app.api.subjects.data.keeping import kept_schema, save_schema
from mainspring.app.api.subjects.data.listing import listed, of_artifact, version_facts, versions
from mainspring.app.api.subjects.data.one_column import column_page
from mainspring.app.api.subjects.data.sampling import download, revealed, rows
from mainspring.app.api.subjects.data.schema_listing import schema, schemas
from mainspring.app.api.subjects.data.viewing import statistics, whole_page

SUBJECT = Subject(
    name="data",
    operations=operations_in(
        listed,
        versions,
        version_facts,
        of_artifact,
        columns,
        column_page,
        statistics,
        whole_page,
        anomalies,
        drift,
        differences,
        rows,
        revealed,
        download,
        schemas,
        schema,
        check_schema,
        draft_column,
        suggest_schema,
        save_schema,
        kept_schema,
    ),
    topics={"data": stamp},
    find=find,
    waiting=waiting,
)

__all__ = [
    "SUBJECT",
    "anomalies",
    "check_schema",
    "column_page",
    "columns",
    "differences",
    "download",
    "draft_column",
    "drift",
    "kept_schema",
    "listed",
    "of_artifact",
    "revealed",
    "rows",
    "save_schema",
    "schema",
    "schemas",
    "statistics",
    "suggest_schema",
    "version_facts",
    "versions",
    "whole_page",
]
