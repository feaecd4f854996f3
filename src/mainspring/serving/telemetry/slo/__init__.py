"""Service level objectives: what share of requests must be fast, answered and right, and when somebody is told.

Follows chapters 4 and 5 of *The Site Reliability Workbook* (Google, 2018), https://sre.google/workbook/.
"""

from mainspring.serving.telemetry.slo.burning import Alert, Status, status_of
from mainspring.serving.telemetry.slo.objective import Objective
from mainspring.serving.telemetry.slo.objectives import Objectives

__all__ = ["Alert", "Objective", "Objectives", "Status", "status_of"]
