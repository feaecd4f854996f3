"""Who asks a server, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class Scope(StrEnum):
    """A part of what a server does; who asks needs the right to it."""

    INFERENCE = "inference"
    MANAGEMENT = "management"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        name: Of a key, a subject or a certificate; ``""`` for nobody in particular.
        scopes: What they may do.
        models: Patterns of the models that they may do it to.
    """

    name: str = ""
    scopes: frozenset[Scope] = frozenset(Scope)
    models: tuple[str, ...] = ("*",)

    def may_ask(self, model: str) -> bool:
        """Whether a model is theirs to ask."""
        return any(pattern == "*" or fnmatchcase(model, pattern) for pattern in self.models)

    @property
    def may_ask_all(self) -> bool:
        """Whether every model is theirs to ask."""
        return "*" in self.models
