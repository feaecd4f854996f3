"""What a monitor remembers from one window to the next, in one file that is replaced as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from mainspring.core.durable import replace_file
from mainspring.core.errors import IntegrityError
from mainspring.core.records import Value

FILE: Final = "memory.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a monitor remembers.

    Attributes:
        checks: What each check remembers.
        before: The same before the last window, for when the monitor was killed before it was done with it.
        last: The window that was judged last: its beginning and its revision.
        version: The version that answered most of it.
        labelled: Rows of each window whose truth is known, by the beginning of the window, of that version.
        retraining: What the policy remembers.
        erasures: How much was erased from the log when that was last looked for.
        wish: The end of the window because of which a run is being asked for, as text, ``policy`` where it is
            none, and empty where none is.
    """

    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    last: tuple[float, int] | None = None
    version: str = ""
    labelled: Mapping[str, int] = field(default_factory=dict)
    retraining: Mapping[str, Any] = field(default_factory=dict)
    erasures: int = 0
    wish: str = ""

    def for_window(self, since: float, revision: int) -> Mapping[str, Mapping[str, Any]]:
        """What checks remember when they judge this window, whether it is judged for the first time or again."""
        return self.before if self.last == (since, revision) else self.checks

    def judged(
        self,
        since: float,
        revision: int,
        *,
        version: str,
        labelled: int,
        checks: Mapping[str, Mapping[str, Value]],
    ) -> Memory:
        """With a window that was judged.

        Args:
            since: Its beginning.
            revision: How often it was judged before.
            version: The version that answered most of it.
            labelled: Its rows whose truth is known.
            checks: What those checks remember now that were asked.
        """
        before = self.for_window(since, revision)
        same = not version or version == self.version
        known = dict(self.labelled) if same else {}
        return replace(
            self,
            before=before,
            checks={**before, **checks},
            last=(since, revision),
            version=version or self.version,
            labelled={**known, repr(since): labelled} if labelled else known,
        )

    def without(self, checks: Collection[str]) -> Memory:
        """What is left when some checks forget everything."""
        left = [
            {name: one for name, one in known.items() if name not in checks}
            for known in (self.checks, self.before)
        ]
        return replace(self, checks=left[0], before=left[1])

    @classmethod
    def load(cls, folder: Path) -> Memory:
        """Read it; nothing is remembered where there is none.

        Raises:
            IntegrityError: If it cannot be read.
        """
        file = folder / FILE
        try:
            return msgspec.json.decode(file.read_bytes(), type=cls)
        except FileNotFoundError:
            return cls()
        except msgspec.DecodeError as error:
            raise IntegrityError(
                f"the memory of the monitor is damaged: {error}",
                where=str(file),
                fix="move it away: the monitor then begins anew, and judges no window twice",
            ) from error

    def save(self, folder: Path) -> None:
        """Write it: the old or the new one is there, whatever happens."""
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / FILE, msgspec.json.encode(self))
