"""A watch that begins anew: windows are cut otherwise, and the log is judged again from its beginning."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Final

from mainspring.core.clock import iso
from mainspring.core.errors import ConflictError

WINDOWS: Final = "windows"
PROFILES: Final = "profiles"
EARLIER: Final = "earlier"


def begin_anew(home: Path, model: str, *, at: float) -> Path | None:
    """Put aside what was seen of a model, so that the next look judges its log from the beginning.

    Figures, profiles, and what checks and the policy remember are moved, not removed. Alerts and the record stay.

    Args:
        home: The folder of what was seen.
        model: The model.
        at: What time it is, in seconds since the epoch.

    Returns:
        Where it lies now; ``None`` if nothing was seen of the model.

    Raises:
        ConflictError: If another process watches this model.
    """
    seen, profiles = home / model, home / PROFILES / model
    if not seen.is_dir():
        return None
    place = home / EARLIER / iso(at).replace(":", "-") / model
    place.mkdir(parents=True)
    with (seen / WINDOWS / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            place.rmdir()
            raise ConflictError(
                f"{model} is being watched", where=str(seen), fix="stop the monitor, then begin anew"
            ) from None
        seen.rename(place / "seen")
        if profiles.is_dir():
            profiles.rename(place / PROFILES)
    return place
