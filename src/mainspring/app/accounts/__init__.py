"""Who uses a project: roles, users, tokens, and the trail of what they did.

=========== ==========================================================
module      what is in it
=========== ==========================================================
``roles``   viewer, editor, approver, admin
``caller``  whoever asks for something, and how they came in
``trail``   the audit trail: what was asked, by whom, what became of it
=========== ==========================================================
"""

from __future__ import annotations

from mainspring.app.accounts.caller import Caller, ForbiddenError, UnauthenticatedError, Way
from mainspring.app.accounts.roles import Role
from mainspring.app.accounts.trail import Entry, Outcome, Trail

__all__ = ["Caller", "Entry", "ForbiddenError", "Outcome", "Role", "Trail", "UnauthenticatedError", "Way"]
