"""The desk: what an operation works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.app.accounts import Caller
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

    @property
    def jobs(self) -> Jobs:
        """Long work, in processes of its own."""
        return self.shared.jobs
