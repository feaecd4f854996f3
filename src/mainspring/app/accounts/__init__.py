"""Who uses a project: roles, users, tokens, and the trail of what they did.

================= ==========================================================
module            what is in it
================= ==========================================================
``roles``         viewer, editor, approver, admin
``caller``        whoever asks for something, and how they came in
``account``       an account, and what may name one
``directory``     the accounts of a project
``passwords``     their passwords, as hashes
``sessions``      that somebody signed in
``tokens``        what programs show instead of a password
``attempts``      how often somebody may guess
``provider``      identity providers: OpenID Connect
``trail``         the audit trail: what was asked, by whom, what became of it
``lines``         how an entry of it is written
``book``          the trail in the record, as a chain
``decisions``     what else the record knows that somebody decided
================= ==========================================================
"""

from __future__ import annotations

from mainspring.app.accounts.account import Account, Origin
from mainspring.app.accounts.caller import Caller, ForbiddenError, OldFormError, UnauthenticatedError, Way
from mainspring.app.accounts.roles import Role
from mainspring.app.accounts.trail import Entry, Outcome, Trail

__all__ = [
    "Account",
    "Caller",
    "Entry",
    "ForbiddenError",
    "OldFormError",
    "Origin",
    "Outcome",
    "Role",
    "Trail",
    "UnauthenticatedError",
    "Way",
]
