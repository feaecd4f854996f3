"""How things stand when it is decided whether to retrain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mainspring.core.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedWindow:
    """What the checks said of a window.

    Attributes:
        since: Where it begins, in seconds since the epoch.
        until: Where it ends.
        verdicts: By the name of the check.
        version: The version that answered most of its rows; empty if unknown.
    """

    since: float
    until: float
    verdicts: Mapping[str, Verdict]
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run that makes a new model, as the record has it.

    Attributes:
        asked: When it was asked for or begun, in seconds since the epoch.
        ended: When it ended; ``None`` while it waits or runs.
        running: Whether it runs, if it has not ended.
        version: The version that it made; empty if it made none.
        promoted: Whether that version came into use.
        failed: Whether it broke.
        name: Of the run, for people.
    """

    asked: float
    ended: float | None = None
    running: bool = False
    version: str = ""
    promoted: bool = False
    failed: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How things stand with a model.

    Attributes:
        time: Now, in seconds since the epoch.
        model: Its name.
        version: The version in use; empty if unknown.
        trained: When that version was trained; ``None`` if unknown.
        windows: Windows that were judged since it was last decided, or judged again as truth came in; those of
            before are remembered.
        labelled: Rows whose truth became known since the version in use was trained.
        data: What the data of ``new_data`` looks like, as :func:`look_at_data` says; ``None`` if nobody looked.
        runs: The last runs, those that wait and run among them.
        demand: Who asks for a new model now, and why; empty if nobody does.
    """

    time: float
    model: str
    version: str = ""
    trained: float | None = None
    windows: Sequence[JudgedWindow] = field(default=())
    labelled: int = 0
    data: str | None = None
    runs: Sequence[PastRun] = field(default=())
    demand: str = ""

    @property
    def under_way(self) -> PastRun | None:
        """A run that has not ended: one that runs, rather than one that waits."""
        found = [one for one in self.runs if one.ended is None]
        return next((one for one in found if one.running), found[0] if found else None)

    @property
    def tested(self) -> float | None:
        """When it was last found that no newer model is better, or when the model was trained."""
        kept = [one.ended for one in self.runs if one.ended is not None and not one.failed]
        moments = [one for one in (self.trained, *kept) if one is not None]
        return max(moments, default=None)
