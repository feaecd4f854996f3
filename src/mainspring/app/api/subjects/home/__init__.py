"""Home: what runs, what waits, how the models in production are."""

from __future__ import annotations

from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.home.showing import show

SUBJECT = Subject(name="home", operations=operations_in(show))

__all__ = ["SUBJECT", "show"]
