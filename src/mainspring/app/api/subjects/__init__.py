"""Every subject of the console, in the order in which it shows them."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.alerts import SUBJECT as ALERTS
from mainspring.app.api.subjects.audit import SUBJECT as AUDIT
from mainspring.app.api.subjects.comparing import SUBJECT as COMPARING
from mainspring.app.api.subjects.data import SUBJECT as DATA
from mainspring.app.api.subjects.deployments import SUBJECT as DEPLOYMENTS
from mainspring.app.api.subjects.home import SUBJECT as HOME
from mainspring.app.api.subjects.jobs import SUBJECT as JOBS
from mainspring.app.api.subjects.lineage import SUBJECT as LINEAGE
from mainspring.app.api.subjects.models import SUBJECT as MODELS
from mainspring.app.api.subjects.monitoring import SUBJECT as MONITORING
from mainspring.app.api.subjects.reviews import SUBJECT as REVIEWS
from mainspring.app.api.subjects.runs import SUBJECT as RUNS
from mainspring.app.api.subjects.search import searching
from mainspring.app.api.subjects.settings import SUBJECT as SETTINGS
from mainspring.app.api.subjects.users import SUBJECT as USERS

_ROOMS: Sequence[Subject] = (
    HOME,
    RUNS,
    COMPARING,
    DATA,
    LINEAGE,
    MODELS,
    DEPLOYMENTS,
    MONITORING,
    ALERTS,
    REVIEWS,
    AUDIT,
    USERS,
    SETTINGS,
    JOBS,
)

SUBJECTS: Sequence[Subject] = (*_ROOMS, searching(_ROOMS))
