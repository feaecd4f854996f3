"""Monitoring: windows, figures, features, retraining, the monitoring file, simulations."""

from __future__ import annotations

from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.monitoring import (
    decisions,
    declaring,
    figures,
    finding,
    listing,
    simulating,
    windows,
)

SUBJECT = Subject(
    name="monitoring",
    operations=operations_in(
        listing.listed,
        listing.shown,
        windows.listed,
        windows.shown,
        figures.listed,
        figures.features,
        decisions.decisions,
        decisions.ask,
        declaring.declaration,
        declaring.check_declaration,
        declaring.save_declaration,
        simulating.listed,
        simulating.shown,
        simulating.start,
    ),
    topics={"monitoring": finding.stamp},
    find=finding.find,
)

__all__ = ["SUBJECT"]
