"""An objective: the share of what a server does that has to be good, over a time."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from mainspring.serving.telemetry.slo import windows

Kind: TypeAlias = Literal["latency", "errors", "quality"]

Measure: TypeAlias = Literal["", "assertions", "events", "confidence", "reward", "accuracy", "error"]

NEED_THRESHOLD: frozenset[str] = frozenset({"latency", "confidence", "reward", "error"})
"""Kinds and measures that compare with a number."""


class Objective(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What share has to be good.

    ============ ============== ====================================================================
    kind         measure        what is counted, and what is good
    ============ ============== ====================================================================
    ``latency``                 requests that were answered; those that took at most ``threshold`` seconds
    ``errors``                  requests; those whose status is not among ``codes``
    ``quality``  ``assertions`` rows answered; those that violate no assertion
    ``quality``  ``events``     rows examined; those about which nothing was odd
    ``quality``  ``confidence`` rows examined; those whose best class has a probability of ``threshold``
    ``quality``  ``reward``     rewards; those of at least ``threshold``
    ``quality``  ``accuracy``   rows whose truth became known; those that were answered right
    ``quality``  ``error``      the same; those that differ from it by at most ``threshold``
    ============ ============== ====================================================================

    Attributes:
        name: Its name: small letters, digits, ``-`` and ``_``.
        model: The model; empty for all.
        version: One version of it; empty for all.
        kind: What it is about.
        measure: Of quality: how it is measured.
        target: The share that has to be good, between 0 and 1.
        threshold: What is compared with; see above.
        window: Over which time, such as ``30d``.
        codes: Of errors: the statuses that are bad; ``x`` stands for any digit.
        least: Of how many events nobody is told, whatever their share.

    Raises:
        ValueError: If the parts do not fit each other; with everything that does not.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]*$", max_length=60)]
    kind: Kind
    target: Annotated[float, Meta(gt=0, lt=1)]
    model: str = ""
    version: str = ""
    measure: Measure = ""
    threshold: float | None = None
    window: Annotated[str, Meta(pattern=windows.PATTERN)] = "30d"
    codes: tuple[Annotated[str, Meta(pattern="^[1-5][0-9x][0-9x]$")], ...] = ("5xx",)
    least: Annotated[int, Meta(ge=0)] = 10

    def __post_init__(self) -> None:
        problems = []
        if (self.kind == "quality") != bool(self.measure):
            problems.append(f"{self.kind} {'needs a measure' if self.kind == 'quality' else 'has no measure'}")
        what = self.measure or self.kind
        if what in NEED_THRESHOLD and self.threshold is None:
            problems.append(f"{what} needs a threshold")
        if what not in NEED_THRESHOLD and self.threshold is not None:
            problems.append(f"{what} has no threshold")
        if windows.seconds(self.window) > windows.seconds("90d"):
            problems.append(f"a window of {self.window} is longer than 90d")
        if problems:
            raise ValueError(f"objective {self.name!r}: {'; '.join(problems)}")

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return 1.0 - self.target

    @property
    def sentence(self) -> str:
        """The objective in words.

        Example:
            >>> Objective(name="fast", kind="latency", target=0.99, threshold=0.05, model="taxi").sentence
            '99 % of requests to taxi are answered within 0.05 s, over 30d'
        """
        what = {
            "latency": f"of requests{self._to} are answered within {self.threshold} s",
            "errors": f"of requests{self._to} are not answered with {', '.join(self.codes)}",
            "assertions": f"of rows{self._to} violate no assertion",
            "events": f"of rows{self._to} have nothing odd about them",
            "confidence": f"of rows{self._to} are answered with a probability of {self.threshold} or more",
            "reward": f"of rewards{self._to} are {self.threshold} or more",
            "accuracy": f"of answers{self._to} turn out right",
            "error": f"of answers{self._to} turn out to differ by {self.threshold} or less",
        }[self.measure or self.kind]
        return f"{100 * self.target:.10g} % {what}, over {self.window}"

    @property
    def _to(self) -> str:
        return f" to {self.model}{f' {self.version}' if self.version else ''}" if self.model else ""
