"""Every room of the console, in the order of its menu."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.app.web.room import Room
from mainspring.app.web.rooms.api import ROOM as API
from mainspring.app.web.rooms.audit import ROOM as AUDIT
from mainspring.app.web.rooms.comparing import ROOM as COMPARING
from mainspring.app.web.rooms.data import ROOM as DATA
from mainspring.app.web.rooms.deployments import ROOM as DEPLOYMENTS
from mainspring.app.web.rooms.home import ROOM as HOME
from mainspring.app.web.rooms.jobs import ROOM as JOBS
from mainspring.app.web.rooms.lineage import ROOM as LINEAGE
from mainspring.app.web.rooms.models import ROOM as MODELS
from mainspring.app.web.rooms.monitoring import ROOM as MONITORING
from mainspring.app.web.rooms.reviews import ROOM as REVIEWS
from mainspring.app.web.rooms.runs import ROOM as RUNS
from mainspring.app.web.rooms.settings import ROOM as SETTINGS
from mainspring.app.web.rooms.signing_in import ROOM as SIGNING_IN
from mainspring.app.web.rooms.users import ROOM as USERS

ROOMS: Sequence[Room] = (
    HOME,
    RUNS,
    COMPARING,
    DATA,
    LINEAGE,
    MODELS,
    DEPLOYMENTS,
    MONITORING,
    REVIEWS,
    AUDIT,
    USERS,
    SETTINGS,
    JOBS,
    API,
    SIGNING_IN,
)
