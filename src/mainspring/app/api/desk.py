"""The desk: what an operation works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.app.accounts import Caller, Role
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.api.shared import Shared

if TYPE_CHECKING:
    from mainspring.app.api.jobs import Jobs
    from mainspring.app.platform import Mainspring


@dataclass(frozen=True, slots=True)
class Desk:
    """What an operation works with: one caller's view of what is shared.

    Attributes:
        shared: What all requests share.
        caller: Who asks.
    """

    shared: Shared
    caller: Caller

    @property
    def platform(self) -> Mainspring:
        """The project."""
        return self.shared.platform

    def who_may(self, role: Role) -> Sequence[str]:
        """The names of those who have a role, or one above it; those with least come first."""
        able = [
            one for one in accounts_of(self.platform).directory.all() if not one.disabled and one.role.covers(role)
        ]
        return [one.name for one in sorted(able, key=lambda one: list(Role).index(one.role))]

    @property
    def jobs(self) -> Jobs:
        """Long work, in processes of its own."""
        return self.shared.jobs
