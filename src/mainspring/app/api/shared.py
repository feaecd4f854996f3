"""What all requests to a console share."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mainspring.app.api.jobs import Jobs, home_of, jobs_of
from mainspring.app.api.memo import Memo

if TYPE_CHECKING:
    from mainspring.app.accounts import Trail
    from mainspring.app.platform import Mainspring

T = TypeVar("T")


@dataclass(frozen=True)
class Shared:
    """What all requests share. Safe for threads.

    Attributes:
        platform: The project.
        trail: Where the audit trail is kept.
        memo: What was made a moment ago.
    """

    platform: Mainspring
    trail: Trail
    memo: Memo

    @property
    def home(self) -> Path:
        """The folder of what the console itself keeps."""
        return home_of(self.platform)

    @cached_property
    def jobs(self) -> Jobs:
        """Long work, in processes of its own."""
        return jobs_of(self.platform)

    def remembered(self, key: Hashable, stamp: Hashable, make: Callable[[], T]) -> T:
        """What was made before for this key, if the stamp is still the same; else it is made now."""
        return self.memo.get(key, stamp, make)
