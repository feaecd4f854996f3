"""What people may do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each role may do all that the ones before it may.

    Example:
        >>> Role.APPROVER.covers(Role.EDITOR), Role.VIEWER.covers(Role.EDITOR)
        (True, False)
    """

    VIEWER = "viewer"
    """Look at everything."""
    EDITOR = "editor"
    """Start and stop runs, change schemas, acknowledge alerts, answer reviews."""
    APPROVER = "approver"
    """Sign, promote, roll back, and move traffic."""
    ADMIN = "admin"
    """Make users and tokens, and change settings."""

    def covers(self, needed: Role) -> bool:
        """Whether somebody of this role may do what needs that one."""
        order = list(Role)
        return order.index(self) >= order.index(needed)
