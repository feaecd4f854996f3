"""Home: what runs, what waits, how the models in production are."""

from __future__ import annotations

from mainspring.app.accounts import Caller, Role, Way
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operations_in
from mainspring.app.api.shared import Shared
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.home.showing import show


def _prepare(shared: Shared) -> None:
    """Look once, so that the first person finds everything read."""
    show(Desk(shared, Caller(name="console", role=Role.VIEWER, way=Way.LOCAL)))


SUBJECT = Subject(name="home", operations=operations_in(show), prepare=_prepare)

__all__ = ["SUBJECT", "show"]
